//! What is trained: a network for digits, or one for lines.

use super::batches::Batch;
use super::error::TrainError;
use super::history::ValidationMetrics;
use super::lines::Line;
use crate::data::DataSet;
use crate::metrics::{logits_of, score};
use lekka_nn::ctc::{ctc_loss, greedy};
use lekka_nn::sequence::Lines;
use lekka_nn::{
    Network, NetworkError, NetworkSpec, Optimizer, Parameters, Predictor, SequenceNetwork,
    SequencePredictor, StepOptions, StepOutcome,
};
use std::collections::BTreeMap;

/// A network in training.
#[derive(Debug)]
pub(super) enum Learner {
    /// Of single digits.
    Digits(Network),
    /// Of lines.
    Lines(SequenceNetwork),
}

/// What is held out.
#[derive(Debug)]
pub(super) enum HeldOut<'a> {
    Digits(&'a [DataSet]),
    Lines(Vec<Line>),
}

impl Learner {
    pub(super) fn parameters(&self) -> &Parameters {
        match self {
            Self::Digits(network) => network.parameters(),
            Self::Lines(network) => network.parameters(),
        }
    }

    pub(super) fn train_step(
        &mut self,
        batch: &Batch,
        options: &StepOptions,
        optimizer: &mut Optimizer,
        rate: f32,
    ) -> Result<StepOutcome, NetworkError> {
        match self {
            Self::Digits(network) => {
                network.train_step(&batch.images, &batch.labels, options, optimizer, rate)
            }
            Self::Lines(network) => {
                let lines = Lines {
                    images: &batch.images,
                    width: batch.lines.width,
                    widths: &batch.lines.widths,
                    labels: &batch.lines.labels,
                };
                network.train_step(&lines, options, optimizer, rate)
            }
        }
    }
}

impl HeldOut<'_> {
    /// Names and sizes of the sets.
    pub(super) fn sets(&self) -> Vec<(String, usize)> {
        match self {
            Self::Digits(sets) => sets
                .iter()
                .map(|set| (set.name().to_owned(), set.len()))
                .collect(),
            Self::Lines(lines) if lines.is_empty() => Vec::new(),
            Self::Lines(lines) => vec![("numbers".to_owned(), lines.len())],
        }
    }

    pub(super) fn validate(
        &self,
        spec: &NetworkSpec,
        weights: &Parameters,
    ) -> Result<Vec<ValidationMetrics>, TrainError> {
        match self {
            Self::Digits(sets) => validate_digits(spec, weights, sets),
            Self::Lines(lines) => validate_lines(spec, weights, lines),
        }
    }
}

fn validate_digits(
    spec: &NetworkSpec,
    weights: &Parameters,
    sets: &[DataSet],
) -> Result<Vec<ValidationMetrics>, TrainError> {
    let predictor = Predictor::new(spec, weights)?;
    let mut all = Vec::with_capacity(sets.len());
    for set in sets {
        let score = score(&logits_of(&predictor, set)?, set)?;
        all.push(ValidationMetrics {
            name: set.name().to_owned(),
            images: set.len(),
            loss: score.loss,
            accuracy: score.accuracy,
        });
    }
    Ok(all)
}

/// Numbers read whole by their best paths, by spacing.
fn validate_lines(
    spec: &NetworkSpec,
    weights: &Parameters,
    lines: &[Line],
) -> Result<Vec<ValidationMetrics>, TrainError> {
    let predictor = SequencePredictor::new(spec, weights)?;
    let classes = predictor.classes();
    let blank = (classes - 1) as u8;
    let mut sets: BTreeMap<&str, (usize, usize, f64)> = BTreeMap::new();
    for line in lines {
        let (logits, _) = predictor.logits(&line.pixels, line.width)?;
        let mut gradient = vec![0.0; logits.len()];
        let loss = ctc_loss(&logits, classes, &line.digits, blank, 0.0, &mut gradient);
        let (count, right, sum) = sets.entry(line.spacing.as_str()).or_default();
        *count += 1;
        *right += usize::from(greedy(&logits, classes, blank) == line.digits);
        // A line with too few steps for its digits cannot be read: as if it were all but impossible.
        *sum += loss.unwrap_or(100.0) / line.digits.len().max(1) as f64;
    }
    let metrics = sets
        .into_iter()
        .map(|(name, (images, right, loss))| ValidationMetrics {
            name: name.to_owned(),
            images,
            loss: loss / images as f64,
            accuracy: right as f64 / images as f64,
        });
    Ok(metrics.collect())
}
