//! Why a run cannot be started, or must stop.

use crate::data::DataError;
use std::io;
use std::path::PathBuf;

/// Why a run cannot be started, or must stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A wrong configuration.
    #[error("{0}")]
    Config(String),
    /// Data that cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Arithmetic that cannot be done.
    #[error(transparent)]
    Network(#[from] lekka_nn::NetworkError),
    /// A weight file that cannot be used or written.
    #[error("{0}")]
    Weights(String),
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A checkpoint that does not fit.
    #[error("{}: {reason}", path.display())]
    Checkpoint {
        /// The checkpoint or run folder.
        path: PathBuf,
        /// What is wrong with it and what to do.
        reason: String,
    },
    /// The folder already has a run in it.
    #[error(
        "{} already holds a run; resume it, or give a folder that does not exist yet",
        path.display()
    )]
    RunExists {
        /// The run folder.
        path: PathBuf,
    },
    /// The loss is infinite or not a number.
    #[error(
        "training has diverged: the loss of step {step} in epoch {epoch} is {loss}; try a lower \
         learning rate"
    )]
    Diverged {
        /// The epoch, counted from 1.
        epoch: u32,
        /// The step within it, counted from 1.
        step: usize,
        /// The loss.
        loss: f64,
    },
}

impl TrainError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io {
            path: path.into(),
            source,
        }
    }
}
