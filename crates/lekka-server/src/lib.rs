//! Reads handwritten Kannada digits over HTTP.
//!
//! [`app`] is an axum router that can be called without a socket; [`serve`] puts it on one, with
//! TLS, limits on slow clients and an end that finishes what was taken. What the routes answer
//! stands in `/openapi.json`, and `docs/server.md` of the repository has all of it in words.
//!
//! ```
//! use axum::body::Body;
//! use axum::http::Request;
//! use lekka_server::{AppState, Settings, app};
//! use tower::ServiceExt;
//!
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let state = AppState::new(&lekka::embedded_model()?, Settings::default())?;
//! let blank = Request::post("/v1/digits").body(Body::from(vec![0; 28 * 28]))?;
//! let response = app(state).oneshot(blank).await?;
//! assert_eq!(response.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Digits of all connections go through the network together: [`Batcher`]. Nothing is computed on
//! the threads that talk to clients, and how much is computed at a time, waits, or is held in
//! memory is bounded by [`Limits`].

mod auth;
mod batch;
mod body;
mod forms;
mod gate;
mod headers;
mod limits;
mod metrics;
mod observe;
mod origin;
mod problem;
mod routes;
mod serve;
mod state;
pub mod tensors;
mod ticket;
pub mod tls;

pub use auth::{TokenError, Tokens};
pub use batch::Batcher;
pub use forms::{Forms, FormsError};
pub use limits::Limits;
pub use origin::{Origin, OriginError};
pub use problem::Problem;
pub use routes::app;
pub use serve::{ServeError, Serving, serve, signal};
pub use state::{AppState, Settings, StartError};
pub use ticket::Ticket;
