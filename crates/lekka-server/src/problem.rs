//! Errors as RFC 9457 wants them: `application/problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lekka::{DecodeError, ReadError, TensorError};
use serde::Serialize;
use std::time::Duration;

/// Seconds after which a refused client may try again.
const RETRY_AFTER: u64 = 1;

/// What went wrong, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is, `code` more exactly.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// A word for programs; `docs/server.md` lists them.
    code: &'static str,
    /// What was wrong, and what to do.
    detail: String,
}

impl Problem {
    /// A problem of a kind. `detail` says what was wrong and what to do.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
        }
    }

    /// The word for programs.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What was wrong.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub(crate) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    pub(crate) fn busy() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "busy",
            "as many requests wait as may; try again after the time in Retry-After",
        )
    }

    pub(crate) fn out_of_memory() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "buffers_full",
            "the bodies of other requests fill the memory that is set aside for them; try again \
             after the time in Retry-After",
        )
    }

    pub(crate) fn too_long(limit: Duration) -> Self {
        let limit = limit.as_secs_f64();
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_long",
            format!(
                "no answer after {limit} s; send smaller or fewer pictures, or try when less is to \
                 do"
            ),
        )
    }

    pub(crate) fn slow_body(limit: Duration) -> Self {
        let limit = limit.as_secs_f64();
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "slow_body",
            format!("the body was not complete after {limit} s; send less, or faster"),
        )
    }

    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl From<&DecodeError> for Problem {
    fn from(error: &DecodeError) -> Self {
        use DecodeError as E;
        let (status, code) = match error {
            E::Empty => (StatusCode::BAD_REQUEST, "empty"),
            E::NotAPicture => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_picture"),
            E::Unsupported { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported"),
            E::TooLarge { .. } | E::TooLargeTogether { .. } | E::TooManyPages { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large")
            }
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "unreadable"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<&ReadError> for Problem {
    fn from(error: &ReadError) -> Self {
        let whole = error.to_string();
        match error {
            ReadError::Decode { source, .. } => Self {
                detail: whole,
                ..Self::from(source)
            },
            ReadError::Strokes { .. } => Self::bad_request("bad_strokes", whole),
            ReadError::Review { .. } => Self::bad_request("no_threshold", whole),
            _ => Self::internal(whole),
        }
    }
}

impl From<&TensorError> for Problem {
    fn from(error: &TensorError) -> Self {
        match error {
            TensorError::Classifier(_) => Self::internal(error.to_string()),
            TensorError::Review(_) => Self::bad_request("no_threshold", error.to_string()),
            _ => Self::bad_request("no_tensor", error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let json = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, json)], body).into_response();
        let headers = response.headers_mut();
        if matches!(self.code, "busy" | "buffers_full" | "too_long") {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"lekka\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        // For the log and the counters.
        response.extensions_mut().insert(self);
        response
    }
}
