//! For those who run the server: is it alive, does it want requests, what has it done.

use crate::metrics::MEDIA_TYPE;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The server wants requests: it is not about to end, and its queue has room.
pub(super) async fn readyz(State(state): State<AppState>) -> Result<&'static str, Problem> {
    let not_ready =
        |detail: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail);
    if !state.is_ready() {
        return Err(not_ready("the server is ending; use another one"));
    }
    if state.gate().check().is_err() {
        return Err(not_ready(
            "as many requests wait as may; use another server",
        ));
    }
    Ok("ready\n")
}

/// The counters.
pub(super) async fn metrics(State(state): State<AppState>) -> Result<Response, Problem> {
    let text = state.metrics().text();
    let text = text.map_err(|error| Problem::internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}
