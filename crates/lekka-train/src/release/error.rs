//! Why no weights can be released.

use crate::data::DataError;
use crate::metrics::RiskError;
use crate::training::TrainError;
use lekka_model::{FileError, LoadError, SaveError};
use lekka_nn::NetworkError;
use std::path::PathBuf;

/// Why no weights can be released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// A run without its result.
    #[error(
        "{} is not finished: it holds no model.safetensors; go on with `lekka train --resume`",
        run.display()
    )]
    Unfinished {
        /// The run folder.
        run: PathBuf,
    },
    /// A run of another recipe.
    #[error(
        "{} is of another recipe: its {key} is {found}, that of {} is {expected}; folds may \
         differ in split, seed and epochs only",
        fold.display(), run.display()
    )]
    Recipe {
        /// The run that held out writers.
        fold: PathBuf,
        /// The run to release.
        run: PathBuf,
        /// The key of the configuration.
        key: String,
        /// Its value in the fold.
        found: String,
        /// Its value in the run to release.
        expected: String,
    },
    /// The run to release was not trained on all writers.
    #[error(
        "{} held a part of the images out itself; calibrate it on these without folds, or release \
         a run that was trained with --hold-out 0",
        run.display()
    )]
    HoldsOut {
        /// The run to release.
        run: PathBuf,
    },
    /// A run that knows no unseen writers.
    #[error(
        "{} held no writers out, so nothing tells how it reads those it has not seen; give runs \
         that were trained with --hold-out-fold K/N",
        run.display()
    )]
    NoWriters {
        /// The run folder.
        run: PathBuf,
    },
    /// The folds are not a partition of the writers.
    #[error(
        "each writer must be held out by exactly one fold; held out by none: {}; by several: {}; \
         give all N runs of --hold-out-fold K/N, each once and of one seed, or some of them and --partial",
        list(never),
        list(several)
    )]
    Coverage {
        /// Writers that no fold held out.
        never: Vec<String>,
        /// Writers that several folds held out.
        several: Vec<String>,
    },
    /// The data are not those of the run.
    #[error(
        "{} was made with other images than those in {data} (SHA-256 {expected} is not among its \
         {use_} sets); give the data that it was trained on",
        run.display()
    )]
    OtherData {
        /// The run folder.
        run: PathBuf,
        /// Name of the data set.
        data: String,
        /// `train` or `validation`.
        use_: &'static str,
        /// Sum of the images and labels in the set.
        expected: String,
    },
    /// The model of a run does not tell ten digits apart.
    #[error(
        "{} tells {found} classes apart, calibration needs the 10 digits; train it on digits alone",
        run.display()
    )]
    Classes {
        /// The run folder.
        run: PathBuf,
        /// Number of its classes.
        found: usize,
    },
    /// No threshold can be chosen.
    #[error(transparent)]
    Risk(#[from] RiskError),
    /// A run folder or its configuration is damaged.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network cannot be run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Weights cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Weights cannot be rounded.
    #[error("{}: {source}", run.display())]
    Round {
        /// The run folder.
        run: PathBuf,
        /// Why.
        source: SaveError,
    },
    /// Weights cannot be read after rounding. Not known to happen.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Names of writers, or a dash.
fn list(writers: &[String]) -> String {
    match writers {
        [] => "-".to_owned(),
        writers => writers.join(" "),
    }
}
