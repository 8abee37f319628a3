//! Bodies of requests, within limits of size, time and memory.

use crate::limits::Limits;
use crate::problem::Problem;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Memory for bodies is counted in blocks of so many bytes: a semaphore does not count to 2^32.
const BLOCK: usize = 1 << 10;

/// The memory for all bodies, in blocks.
pub(crate) fn buffers(limits: &Limits) -> Arc<Semaphore> {
    let blocks = limits.max_buffered.div_ceil(BLOCK);
    Arc::new(Semaphore::new(blocks.min(Semaphore::MAX_PERMITS)))
}

/// A body in memory, for as long as it is counted.
pub(crate) struct Buffered {
    pub(crate) bytes: Bytes,
    held: Option<OwnedSemaphorePermit>,
    state: AppState,
}

impl Drop for Buffered {
    fn drop(&mut self) {
        self.state.metrics().buffered.dec_by(self.counted());
    }
}

impl Buffered {
    fn counted(&self) -> i64 {
        let blocks = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        (blocks * BLOCK) as i64
    }

    /// Counts memory for a body of `length` bytes.
    fn hold(&mut self, length: usize) -> Result<(), Problem> {
        let held = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let more = length.div_ceil(BLOCK).saturating_sub(held);
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).map_err(|_| Problem::out_of_memory())?;
        let permit = self.state.buffers().clone().try_acquire_many_owned(more);
        let permit = permit.map_err(|_| Problem::out_of_memory())?;
        self.state
            .metrics()
            .buffered
            .inc_by(i64::from(more) * BLOCK as i64);
        match &mut self.held {
            Some(held) => held.merge(permit),
            none => *none = Some(permit),
        }
        Ok(())
    }
}

/// Reads a body to its end. Refuses it before its first byte when it says itself that it is too
/// long, or when the answer would be 429 anyway.
pub(crate) async fn read(request: Request, state: &AppState) -> Result<Buffered, Problem> {
    let limits = state.limits();
    state.gate().check()?;
    let too_large = || {
        let limit = limits.max_body;
        Problem::too_large(format!(
            "the body has more than {limit} bytes; send smaller or fewer pictures"
        ))
    };
    if announced(request.headers()).is_some_and(|length| length > limits.max_body as u64) {
        return Err(too_large());
    }
    let until = Instant::now() + limits.body_time;
    let mut body: Body = request.into_body();
    let mut buffered = Buffered {
        bytes: Bytes::new(),
        held: None,
        state: state.clone(),
    };
    // Grows with what comes, not with what was announced.
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let frame = timeout_at(until, body.frame()).await;
        let frame = frame.map_err(|_| Problem::slow_body(limits.body_time))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| {
            let detail = format!("the body broke off: {error}; send it again");
            Problem::bad_request("broken_body", detail)
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > limits.max_body {
            return Err(too_large());
        }
        buffered.hold(bytes.len() + data.len())?;
        bytes.extend_from_slice(&data);
    }
    buffered.bytes = bytes.into();
    Ok(buffered)
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// The media type of a request, without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next());
    kind.unwrap_or_default().trim().to_ascii_lowercase()
}

/// A picture with its name.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

/// The pictures of a body: it is one, or it has parts that are. `name` is that of a single one.
pub(crate) async fn uploads(
    headers: &HeaderMap,
    bytes: Bytes,
    name: Option<String>,
    most: usize,
) -> Result<Vec<Upload>, Problem> {
    if media_type(headers) != "multipart/form-data" {
        let name = name.unwrap_or_else(|| "-".to_owned());
        return Ok(vec![Upload { name, bytes }]);
    }
    let refused = |error: multer::Error| {
        let detail = format!("the parts cannot be told apart: {error}; send them as curl -F does");
        Problem::bad_request("bad_parts", detail)
    };
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(refused)?;
    let whole = futures_util::stream::iter([Ok::<_, Infallible>(bytes)]);
    let mut parts = multer::Multipart::new(whole, boundary);
    let mut uploads = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(refused)? {
        if uploads.len() == most {
            let detail = format!("the body has more than {most} pictures; send several requests");
            return Err(Problem::too_large(detail));
        }
        let own = part.file_name().or(part.name()).unwrap_or("-").to_owned();
        let bytes = part.bytes().await.map_err(refused)?;
        uploads.push(Upload { name: own, bytes });
    }
    match uploads.as_mut_slice() {
        [] => Err(Problem::bad_request(
            "empty",
            "the body has no part; send a picture as curl -F picture=@page.png does",
        )),
        [single] => {
            if let Some(name) = name {
                single.name = name;
            }
            Ok(uploads)
        }
        _ => Ok(uploads),
    }
}
