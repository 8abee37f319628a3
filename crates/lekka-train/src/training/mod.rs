//! Training: configuration, the loop, its events, checkpoints and the run folder.

mod average;
mod batches;
mod checkpoint;
mod config;
mod error;
mod event;
mod history;
mod learner;
mod lines;
mod log;
mod presets;
mod run;
mod run_folder;
mod sources;
mod trainer;

pub use config::{DataConfig, ExtraData, FinalWeights, NetworkChoice, NumbersConfig, TrainConfig};
pub use error::TrainError;
pub use event::{RunStart, StepProgress, TrainEvent};
pub use history::{EpochMetrics, RunSummary, ValidationMetrics};
pub use presets::{Preset, preset};
pub use run::Outcome;
pub use run_folder::RunFolder;
pub use sources::{NumberSources, TrainingData, TrainingSource};
pub use trainer::Trainer;
