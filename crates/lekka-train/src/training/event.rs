//! What a run tells about itself while it goes on.

use super::history::{EpochMetrics, RunSummary};
use std::path::Path;

/// Something happened in a run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum TrainEvent<'a> {
    /// The run begins or goes on.
    Started(&'a RunStart),
    /// A step was made.
    Step(StepProgress),
    /// All steps of an epoch are made, validation begins.
    Validating {
        /// The epoch, counted from 1.
        epoch: u32,
        /// Images to be read.
        images: usize,
    },
    /// An epoch is over.
    EpochFinished(&'a EpochMetrics),
    /// A checkpoint is on the disk.
    CheckpointSaved(&'a Path),
    /// The run stops before its time as there was no better epoch for long.
    StoppedEarly {
        /// The epoch, counted from 1.
        epoch: u32,
    },
    /// The run was interrupted and saved.
    Interrupted {
        /// The epoch, counted from 1.
        epoch: u32,
        /// Steps of this epoch that are made.
        step: usize,
    },
    /// The run is over.
    Finished(&'a RunSummary),
}

/// What a run begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStart {
    /// Images to train on.
    pub training_images: usize,
    /// Names and sizes of the sets to validate on.
    pub validation: Vec<(String, usize)>,
    /// Epochs of the whole run.
    pub epochs: u32,
    /// Steps of each epoch.
    pub steps_per_epoch: usize,
    /// Numbers in the network's weights.
    pub parameters: usize,
    /// Epochs that are already over, and steps of the one begun, when the run is resumed.
    pub resumed_after: Option<(u32, usize)>,
}

/// Where a run is after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepProgress {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// Epochs of the whole run.
    pub epochs: u32,
    /// The step within the epoch, counted from 1.
    pub step: usize,
    /// Steps of the epoch.
    pub steps: usize,
    /// Mean loss of the epoch so far.
    pub loss: f64,
    /// Accuracy of the epoch so far, 0 to 1.
    pub accuracy: f64,
    /// Learning rate of this step.
    pub learning_rate: f32,
    /// Training images per second, of the last steps.
    pub images_per_second: f64,
    /// Estimated seconds until the end of the run, validation not counted before the first.
    pub seconds_left: f64,
}
