//! `POST /v1/read`: pictures to readings.

use super::options::{Ink, ScriptName, options, review};
use crate::body::{self, Upload, uploads};
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use lekka::export::{AltoExporter, HocrExporter, TextExporter, write_all};
use lekka::{
    DecodeLimits, Exporter, OutputFormat, PageReading, ReadError, ReadOptions, Recognizer,
};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadQuery {
    #[serde(default = "json")]
    format: String,
    #[serde(default)]
    script: ScriptName,
    #[serde(default)]
    ink: Ink,
    review_below: Option<f32>,
    max_error: Option<f64>,
    /// The name under which the readings of a single picture stand.
    source: Option<String>,
}

fn json() -> String {
    OutputFormat::Json.as_str().to_owned()
}

pub(super) async fn read(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Problem> {
    let query: ReadQuery = options(request.uri())?;
    let format: OutputFormat =
        query
            .format
            .parse()
            .map_err(|error: lekka::export::UnknownFormat| {
                Problem::bad_request("bad_option", error.to_string())
            })?;
    let limits = state.limits();
    let read_options = ReadOptions {
        limits: DecodeLimits {
            max_pixels: limits.max_pixels,
            max_pages: limits.max_pages,
        },
        polarity: query.ink.polarity(),
        review: review(query.review_below, query.max_error)?,
        ..ReadOptions::default()
    };
    let most = limits.max_pictures;
    let headers = request.headers().clone();
    let mut buffered = body::read(request, &state).await?;
    let bytes = std::mem::take(&mut buffered.bytes);
    let pictures = uploads(&headers, bytes, query.source, most).await?;
    let one = matches!(format, OutputFormat::Alto | OutputFormat::Hocr);
    if one && pictures.len() > 1 {
        let name = format.as_str();
        let detail = format!("{name} is a document of one file; send each in a request of its own");
        return Err(Problem::bad_request("bad_option", detail));
    }
    let script = query.script.script();
    let metrics = state.metrics().clone();
    let work = move |recognizer: &Recognizer| {
        let headings = pictures.len() > 1;
        let pages = read_all(recognizer, pictures, &read_options)?;
        metrics.read_pages(pages.len());
        let mut exporter: Box<dyn Exporter> = match format {
            OutputFormat::Text => Box::new(TextExporter::new(script, headings)),
            OutputFormat::Alto => Box::new(AltoExporter::new(script)),
            OutputFormat::Hocr => Box::new(HocrExporter::new(script)),
            other => other.exporter(),
        };
        let mut text = Vec::new();
        write_all(exporter.as_mut(), &pages, &mut text)
            .map_err(|error| Problem::internal(error.to_string()))?;
        // Only now is the memory of the body free.
        drop(buffered);
        Ok::<_, Problem>(text)
    };
    let text = state.recognize(work).await??;
    Ok(([(header::CONTENT_TYPE, format.media_type())], text).into_response())
}

/// The pages of all pictures. One that cannot be read is an entry with the reason, as on the
/// command line; when none can, the first reason is the answer.
fn read_all(
    recognizer: &Recognizer,
    pictures: Vec<Upload>,
    options: &ReadOptions,
) -> Result<Vec<PageReading>, Problem> {
    let mut pages = Vec::new();
    let mut first = None;
    let mut any = false;
    for Upload { name, bytes } in pictures {
        match recognizer.read(&bytes, &name, options) {
            Ok(readings) => {
                any |= readings.iter().any(|page| page.errors.is_empty());
                let damaged = readings.iter().find(|page| !page.errors.is_empty());
                if let (None, Some(page)) = (&first, damaged) {
                    first = Some(unreadable(page));
                }
                pages.extend(readings);
            }
            // Others would fail as this one.
            Err(error @ (ReadError::Classifier { .. } | ReadError::Logits { .. })) => {
                return Err(Problem::from(&error));
            }
            Err(error) => {
                first.get_or_insert_with(|| Problem::from(&error));
                pages.push(PageReading::failed(name, error.to_string()));
            }
        }
    }
    match first {
        Some(problem) if !any => Err(problem),
        _ => Ok(pages),
    }
}

/// A damaged page among several of a file.
fn unreadable(page: &PageReading) -> Problem {
    let (source, number) = (&page.source, page.page);
    let reason = page.errors.join("; ");
    let detail = format!("{source}, page {number}: {reason}");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unreadable", detail)
}
