//! `POST /v1/strokes`: the movement of a pen to a reading.

use super::options::{options, review};
use crate::body;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use lekka::{OutputFormat, ReadOptions, Recognizer, Stroke};
use serde::Deserialize;

/// Bytes of the longest body: [`lekka::MAX_POINTS`] points take less. A list of strokes takes
/// several times the memory of its JSON.
const MOST_BYTES: usize = 4 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrokesQuery {
    review_below: Option<f32>,
    max_error: Option<f64>,
    /// The name under which the reading stands.
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drawn {
    strokes: Vec<Stroke>,
    /// Whether digits were written without lifting the pen.
    #[serde(default)]
    joined: bool,
}

pub(super) async fn strokes(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Problem> {
    let query: StrokesQuery = options(request.uri())?;
    let read_options = ReadOptions {
        review: review(query.review_below, query.max_error)?,
        ..ReadOptions::default()
    };
    let source = query.source.unwrap_or_else(|| "-".to_owned());
    let buffered = body::read(request, &state).await?;
    if buffered.bytes.len() > MOST_BYTES {
        let detail = format!("the strokes have more than {MOST_BYTES} bytes; send them in parts");
        return Err(Problem::too_large(detail));
    }
    let work = move |recognizer: &Recognizer| {
        let drawn: Drawn = serde_json::from_slice(&buffered.bytes).map_err(|error| {
            let detail = format!("{error}; send {{\"strokes\": [[[x, y], ...], ...]}}");
            Problem::bad_request("bad_strokes", detail)
        })?;
        drop(buffered);
        let read = if drawn.joined {
            Recognizer::read_joined
        } else {
            Recognizer::read_strokes
        };
        let page = read(recognizer, &drawn.strokes, &source, &read_options);
        let page = page.map_err(|error| Problem::from(&error))?;
        let mut text = Vec::new();
        lekka::export::write_all(&mut lekka::export::JsonExporter, &[page], &mut text)
            .map_err(|error| Problem::internal(error.to_string()))?;
        Ok::<_, Problem>(text)
    };
    let text = state.recognize(work).await??;
    let json = OutputFormat::Json.media_type();
    Ok(([(header::CONTENT_TYPE, json)], text).into_response())
}
