//! `POST /v1/digits`: tensors to digits.

use super::options::{options, review};
use crate::body::{self, media_type};
use crate::problem::Problem;
use crate::state::AppState;
use crate::tensors::{BodyError, from_bytes, from_json};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use lekka::{Recognizer, TensorReading};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DigitsQuery {
    review_below: Option<f32>,
    max_error: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Digits {
    digits: Vec<TensorReading>,
}

pub(super) async fn digits(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Problem> {
    let query: DigitsQuery = options(request.uri())?;
    let review = review(query.review_below, query.max_error)?;
    let most = state.limits().max_digits;
    let json = media_type(request.headers()) == "application/json";
    let buffered = body::read(request, &state).await?;
    let work = move |recognizer: &Recognizer| {
        let parse = if json { from_json } else { from_bytes };
        let images = parse(&buffered.bytes, most).map_err(|error| match error {
            BodyError::TooMany { .. } => Problem::too_large(error.to_string()),
            _ => Problem::bad_request("no_tensor", error.to_string()),
        })?;
        drop(buffered);
        let digits = recognizer.read_tensors(&images, review);
        let digits = digits.map_err(|error| Problem::from(&error))?;
        serde_json::to_vec(&Digits { digits }).map_err(|error| Problem::internal(error.to_string()))
    };
    let text = state.recognize(work).await??;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
