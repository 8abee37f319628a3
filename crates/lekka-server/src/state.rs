//! What all requests share.

use crate::auth::Tokens;
use crate::batch::Batcher;
use crate::forms::Forms;
use crate::gate::Gate;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::origin::Origin;
use crate::problem::Problem;
use crate::ticket::Ticket;
use lekka::numbers::LineReader;
use lekka::{Classifier, Model, Recognizer, RecognizerError};
use lekka_model::{Metadata, ModelInfo};
use lekka_nn::{NetworkError, Predictor, SpecError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use thiserror::Error;
use tokio::sync::Semaphore;

/// What an operator decides.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Bounds.
    pub limits: Limits,
    /// Who may read; without tokens, everybody.
    pub tokens: Tokens,
    /// The forms that are known.
    pub forms: Forms,
    /// Pages of these origins may call the server from a browser. None by default.
    pub cors_origins: Vec<Origin>,
    /// Threads for the network; 0 is one for each core.
    pub threads: usize,
}

/// Why a server could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The network cannot be run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The network cannot be described.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The network tells other things apart than ten digits.
    #[error("the network does not tell ten digits apart ({0} classes); give weights that do")]
    Classes(usize),
    /// The network for lines cannot be run.
    #[error(transparent)]
    Lines(Box<RecognizerError>),
    /// No threads.
    #[error("cannot start the threads of the network: {0}; fewer may do")]
    Threads(std::io::Error),
}

/// What all requests share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Settings,
    batcher: Batcher,
    metadata: Metadata,
    /// Reads lines of digits that touch.
    lines: Option<Arc<LineReader>>,
    /// The answer to `/v1/model`.
    model: Vec<u8>,
    gate: Gate,
    buffers: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    ready: AtomicBool,
}

impl AppState {
    /// Prepares the weights and starts the thread of the network.
    ///
    /// # Errors
    ///
    /// When the weights cannot be run, or there are no threads.
    pub fn new(model: &Model, settings: Settings) -> Result<Self, StartError> {
        let predictor = Predictor::new(&model.spec, &model.parameters)?;
        let lines = LineReader::embedded().map_err(|error| StartError::Lines(Box::new(error)))?;
        Self::start(model, Box::new(predictor), Some(Arc::new(lines)), settings)
    }

    /// The same with another classifier in place of the model's network, for tests.
    ///
    /// # Errors
    ///
    /// As for [`AppState::new`].
    pub fn with_classifier(
        model: &Model,
        classifier: Box<dyn Classifier>,
        settings: Settings,
    ) -> Result<Self, StartError> {
        Self::start(model, classifier, None, settings)
    }

    fn start(
        model: &Model,
        classifier: Box<dyn Classifier>,
        lines: Option<Arc<LineReader>>,
        settings: Settings,
    ) -> Result<Self, StartError> {
        if model.metadata.classes.len() != 10 || model.metadata.preprocessing.is_line() {
            return Err(StartError::Classes(model.metadata.classes.len()));
        }
        let metrics = Arc::new(Metrics::new(&model.metadata.name));
        let limits = &settings.limits;
        let batcher = Batcher::start(classifier, settings.threads, limits, metrics.clone());
        let info = ModelInfo::new(&model.spec, Some(&model.metadata))?;
        let mut described = serde_json::to_vec(&info).unwrap_or_default();
        described.push(b'\n');
        Ok(Self(Arc::new(Shared {
            batcher: batcher.map_err(StartError::Threads)?,
            metadata: model.metadata.clone(),
            lines,
            model: described,
            gate: Gate::new(limits, metrics.clone()),
            buffers: crate::body::buffers(limits),
            metrics,
            ready: AtomicBool::new(true),
            settings,
        })))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.settings.limits
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.settings.tokens
    }

    pub(crate) fn forms(&self) -> &Forms {
        &self.0.settings.forms
    }

    pub(crate) fn cors_origins(&self) -> &[Origin] {
        &self.0.settings.cors_origins
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn buffers(&self) -> &Arc<Semaphore> {
        &self.0.buffers
    }

    /// The answer to `/v1/model`.
    pub(crate) fn model(&self) -> Vec<u8> {
        self.0.model.clone()
    }

    /// Whether new requests are wanted.
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Relaxed)
    }

    /// From now on `/readyz` says no: the server is about to end.
    pub fn end(&self) {
        self.0.ready.store(false, Ordering::Relaxed);
    }

    /// Computes with a recogniser, when it is the request's turn, away from the threads that talk
    /// to clients.
    pub(crate) async fn recognize<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Recognizer) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let state = self.clone();
        let recognize = move |ticket: Ticket| {
            let classifier = state.0.batcher.classifier(ticket);
            let mut recognizer = Recognizer::calibrated(classifier, &state.0.metadata);
            if let Some(lines) = &state.0.lines {
                recognizer = recognizer.with_line_reader(Arc::clone(lines));
            }
            work(&recognizer)
        };
        self.0.gate.run(recognize).await
    }
}
