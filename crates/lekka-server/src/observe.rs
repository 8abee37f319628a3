//! Around every request: its id, its line in the log, its counters.

use crate::metrics::Counted;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;
use std::time::Instant;
use uuid::Uuid;

/// The header of the id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ids of clients are replaced.
const LONGEST_ID: usize = 128;

/// Who is at the other end; the accept loop knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

pub(crate) async fn observe(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let id = request_id(&request);
    let route = request.extensions().get::<MatchedPath>();
    // What is no route is one name: strangers try thousands.
    let route = route.map_or_else(|| "other".to_owned(), |route| route.as_str().to_owned());
    let method = known(request.method());
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);

    let metrics = state.metrics();
    let mut flight = Flight {
        _counted: Counted::new(&metrics.in_flight),
        answered: false,
        id: &id,
        path: &path,
    };
    let mut response = next.run(request).await;
    flight.answered = true;
    drop(flight);

    let time = start.elapsed();
    let status = response.status().as_u16();
    let problem = response.extensions().get::<Problem>();
    metrics.answer(&route, method, status, problem.map(Problem::code), time);
    let ms = time.as_secs_f64() * 1e3;
    let id_text = id.to_str().unwrap_or_default();
    let peer = peer.map(tracing::field::display);
    let code = problem.map(Problem::code);
    let detail = problem.map(Problem::detail);
    // The level of an event is part of its place in the program.
    macro_rules! log {
        ($level:ident, $what:literal) => {
            tracing::$level!(
                id = id_text,
                peer,
                method,
                path,
                status,
                ms,
                code,
                detail,
                $what
            )
        };
    }
    match problem {
        None => log!(info, "answered"),
        Some(_) if status >= 500 => log!(error, "failed"),
        Some(_) => log!(warn, "refused"),
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// A request on its way. It is dropped without an answer when the client goes away.
struct Flight<'a> {
    _counted: Counted,
    answered: bool,
    id: &'a HeaderValue,
    path: &'a str,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if !self.answered {
            let id = self.id.to_str().unwrap_or_default();
            tracing::info!(id, path = self.path, "the client went away");
        }
    }
}

/// The client's own id where it has a sensible one, so that its log and ours can be joined.
fn request_id(request: &Request) -> HeaderValue {
    let given = request.headers().get(&REQUEST_ID);
    let given = given.filter(|id| {
        let bytes = id.as_bytes();
        (1..=LONGEST_ID).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    });
    given.cloned().unwrap_or_else(|| {
        let id = Uuid::new_v4().to_string();
        HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown"))
    })
}

fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
