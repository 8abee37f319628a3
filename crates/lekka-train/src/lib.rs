//! Data sets, augmentation, training, metrics and reports for Lekka networks.
//!
//! - [`data`]: reading and writing Kannada-MNIST (IDX, plain or gzip, and Kaggle's CSV), its sums,
//!   its writers, and splits by chance or by writer.
//! - [`augment`]: changing images on the fly.
//! - [`training`]: configuration, the loop, checkpoints and the run folder.
//! - [`metrics`]: how good a network is.

pub mod augment;
pub mod data;
pub mod metrics;
pub mod training;

pub use data::{DataError, DataErrorKind, DataSet};
pub use training::{
    EpochMetrics, Outcome, RunFolder, RunSummary, TrainConfig, TrainError, TrainEvent, Trainer,
    TrainingData,
};
