//! Calling the router without a socket.

#![allow(dead_code, reason = "each test file uses a part")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use lekka::{Classifier, ClassifierError, Model};
use lekka_server::{AppState, Settings, app};
use serde_json::Value;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};
use tower::ServiceExt;

static MODEL: LazyLock<Model> = LazyLock::new(|| lekka::embedded_model().unwrap());

/// A white page, on which nothing is written.
pub(crate) const BLANK: &[u8] = b"P2 4 2 255  255 255 255 255  255 255 255 255";

/// A router with the weights that are shipped.
pub(crate) fn real(settings: Settings) -> Router {
    app(AppState::new(&MODEL, settings).unwrap())
}

/// Takes every digit for what a tenth of its brightest pixel's value says, when it is let.
struct Gated {
    entered: Mutex<Sender<usize>>,
    gate: Mutex<Receiver<()>>,
}

impl Classifier for Gated {
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
        self.entered.lock().unwrap().send(images.len() / 784)?;
        self.gate.lock().unwrap().recv()?;
        logits.clear();
        for image in images.chunks_exact(784) {
            let brightest = image.iter().copied().fold(0.0, f32::max);
            let digit = (brightest * 10.0).round() as usize % 10;
            logits.extend((0..10).map(|class| if class == digit { 20.0 } else { 0.0 }));
        }
        Ok(())
    }
}

/// A router whose network waits: it says when a batch is there, and goes on when it is let.
pub(crate) struct Waiting {
    pub(crate) router: Router,
    pub(crate) state: AppState,
    /// The size of each batch, when it begins.
    pub(crate) entered: Receiver<usize>,
    /// Lets one batch end.
    pub(crate) open: Sender<()>,
}

pub(crate) fn waiting(settings: Settings) -> Waiting {
    let (entered, batches) = channel();
    let (open, gate) = channel();
    let classifier = Gated {
        entered: Mutex::new(entered),
        gate: Mutex::new(gate),
    };
    let state = AppState::with_classifier(&MODEL, Box::new(classifier), settings).unwrap();
    Waiting {
        router: app(state.clone()),
        state,
        entered: batches,
        open,
    }
}

/// A tensor of which [`Waiting`] says that it is this digit.
pub(crate) fn tensor(digit: u8) -> Vec<u8> {
    let mut bytes = vec![0; 784];
    bytes[400] = ((f32::from(digit) / 10.0) * 255.0).round() as u8;
    bytes
}

/// What the router answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem, whose form is checked.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16(), "{json}");
        assert!(
            json["detail"].as_str().is_some_and(|d| !d.is_empty()),
            "{json}"
        );
        json["code"].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(router: &Router, path: &str, body: impl Into<Body>) -> Answer {
    send(router, Request::post(path).body(body.into()).unwrap()).await
}

/// A body with parts, and its content type.
pub(crate) fn parts(files: &[(&str, &[u8])]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, bytes) in files {
        let head = format!(
            "--line\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--line--\r\n");
    Request::post("/v1/read")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=line")
        .body(body.into())
        .unwrap()
}

/// A sample picture of the repository.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    std::fs::read(folder.join(name)).unwrap()
}

/// The folder of templates of the repository.
pub(crate) fn forms() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/forms")
}
