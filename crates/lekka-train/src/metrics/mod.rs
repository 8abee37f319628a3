//! How good a network is: accuracy with its interval, the classification report, the confusion
//! matrix, what was misread, and how far the probabilities can be trusted.

mod binomial;
mod calibration;
mod classification;
mod confusion;
mod evaluation;
mod inference;
mod levels;
mod numbers;
mod predictions;
mod risk;
mod temperature;
mod wilson;

pub use binomial::{Group, clopper_pearson_upper, clustered_upper};
pub use calibration::{CALIBRATION_BINS, ReliabilityBin, expected_calibration_error, reliability};
pub use classification::{Average, ClassMetrics, ClassificationReport};
pub use confusion::ConfusionMatrix;
pub use evaluation::{Evaluation, Misread, WriterAccuracy};
pub use inference::{Score, logits_of, logits_with, score};
pub(crate) use levels::readings;
pub use levels::{judged_readings, levels_on};
pub use numbers::{NumberCounts, NumberScores, edit_distance};
pub use predictions::Predictions;
pub use risk::{
    CONFIDENCE, JudgedReading, LEVELS, RiskControl, RiskCoverage, RiskError, RiskPoint,
};
pub use temperature::fit_temperature;
pub use wilson::{Interval, wilson_interval};
