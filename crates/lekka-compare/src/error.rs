//! What can go wrong in a comparison.

use lekka_nn::NetworkError;
use lekka_train::{DataError, TrainError};
use thiserror::Error;

/// Why a method has no figures.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompareError {
    /// The images, or their division by writers.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The training of a network.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The search for neighbours.
    #[error("nearest neighbours: {0}")]
    Neighbours(String),
    /// The training of a support vector machine.
    #[error("support vector machine: {0}")]
    SupportVectors(String),
    /// A setting that cannot be.
    #[error("{0}")]
    Settings(String),
    /// The table cannot be written in this form.
    #[error("cannot write the table as {format}: {reason}")]
    Format {
        /// The form.
        format: &'static str,
        /// What the writer said.
        reason: String,
    },
    /// The user has asked to stop.
    #[error("interrupted")]
    Interrupted,
}
