//! Data sets, augmentation, training, metrics and reports for Lekka networks.
//!
//! - [`data`]: reading and writing Kannada-MNIST (IDX, plain or gzip, and Kaggle's CSV), its sums,
//!   its writers, and splits by chance or by writer.
//! - [`augment`]: changing images on the fly.
//! - [`training`]: configuration, the loop, checkpoints and the run folder.
//! - [`metrics`]: how good a network is.
//! - [`release`]: from runs to weights that can be shipped.
//! - [`report`]: an evaluation as a page of HTML.

#![cfg_attr(
    test,
    allow(
        clippy::float_cmp,
        reason = "tests compare values that are exact by construction"
    )
)]

pub mod augment;
pub mod data;
pub mod metrics;
pub mod release;
pub mod report;
pub mod training;

pub use data::{DataError, DataErrorKind, DataSet};
pub use metrics::{Evaluation, Predictions};
pub use report::Report;
pub use training::{
    EpochMetrics, Outcome, RunFolder, RunSummary, TrainConfig, TrainError, TrainEvent, Trainer,
    TrainingData,
};
