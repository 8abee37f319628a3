//! What the server answers.

mod assets;
mod digits;
mod forms;
mod health;
mod options;
mod read;
mod strokes;

use crate::origin::Origin;
use crate::problem::Problem;
use crate::state::AppState;
use crate::{auth, headers, observe};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

/// The whole server as a router.
pub fn app(state: AppState) -> Router {
    let with_token = Router::new()
        .route("/v1/read", post(read::read))
        .route("/v1/digits", post(digits::digits))
        .route("/v1/strokes", post(strokes::strokes))
        .route("/v1/forms", get(forms::list))
        .route("/v1/forms/{name}", get(forms::template).post(forms::read))
        .route("/v1/model", get(model))
        .route("/metrics", get(health::metrics))
        .route_layer(from_fn_with_state(state.clone(), auth::require));
    let mut router = Router::new()
        .merge(with_token)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .fallback(assets::asset)
        .method_not_allowed_fallback(wrong_method);
    // Inside of the log: a preflight is logged too.
    if let Some(cors) = cors(state.cors_origins()) {
        router = router.layer(cors);
    }
    router
        .layer(from_fn(headers::add))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}

/// Answers a browser that asks whether another page may call; none may unless it was said.
fn cors(origins: &[Origin]) -> Option<CorsLayer> {
    let origin = match origins {
        [] => return None,
        origins if origins.iter().any(Origin::is_all) => AllowOrigin::from(Any),
        origins => AllowOrigin::list(origins.iter().map(Origin::header)),
    };
    let retry_after = header::RETRY_AFTER;
    let exposed: [HeaderName; 2] = [observe::REQUEST_ID, retry_after];
    Some(
        CorsLayer::new()
            .allow_origin(origin)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                observe::REQUEST_ID,
            ])
            .expose_headers(exposed),
    )
}

async fn model(State(state): State<AppState>) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, state.model()).into_response()
}

async fn wrong_method(method: Method, uri: axum::http::Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        format!(
            "{method} is not for {}; the header Allow and /openapi.json say what is",
            uri.path()
        ),
    )
}
