//! Running a network over a data set.

use crate::augment::to_unit;
use crate::data::{CLASSES, DataError, DataSet, IMAGE_PIXELS};
use lekka_nn::{NetworkError, Predictor};

/// Images read at once.
const BATCH: usize = 256;

/// Logits `[N, 10]` of all images of a set.
///
/// # Errors
/// When the network does not take images of 28x28 pixels.
pub fn logits_of(predictor: &Predictor, set: &DataSet) -> Result<Vec<f32>, NetworkError> {
    logits_with(set, |images, logits| predictor.logits(images, logits))
}

/// Logits `[N, 10]` of all images of a set, by a function that replaces its second argument by the
/// logits of its first, `[n, 28, 28, 1]` with values in 0 to 1.
///
/// # Errors
/// Those of the function.
pub fn logits_with<E>(
    set: &DataSet,
    mut classify: impl FnMut(&[f32], &mut Vec<f32>) -> Result<(), E>,
) -> Result<Vec<f32>, E> {
    let mut all = Vec::with_capacity(set.len() * CLASSES);
    let (mut input, mut logits) = (Vec::new(), Vec::new());
    for images in set.images().chunks(BATCH * IMAGE_PIXELS) {
        input.resize(images.len(), 0.0);
        to_unit(images, &mut input);
        classify(&input, &mut logits)?;
        all.extend_from_slice(&logits);
    }
    Ok(all)
}

/// Mean cross-entropy and accuracy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Share of images whose greatest logit is that of their label.
    pub accuracy: f64,
}

/// Mean cross-entropy and accuracy of a labelled set.
///
/// # Errors
/// When the set has no labels.
pub fn score(logits: &[f32], set: &DataSet) -> Result<Score, DataError> {
    let labels = set.require_labels()?;
    let (mut loss, mut correct) = (0.0, 0_usize);
    for (row, &label) in logits.chunks_exact(CLASSES).zip(labels) {
        loss += cross_entropy(row, label);
        correct += usize::from(argmax(row) == label as usize);
    }
    let count = labels.len() as f64;
    Ok(Score {
        loss: loss / count,
        accuracy: correct as f64 / count,
    })
}

/// Index of the greatest value; the first of equals.
pub(crate) fn argmax(row: &[f32]) -> usize {
    (0..row.len())
        .reduce(|best, index| if row[index] > row[best] { index } else { best })
        .unwrap_or(0)
}

/// Cross-entropy of one row of logits, in nats.
pub(crate) fn cross_entropy(row: &[f32], label: u8) -> f64 {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max) as f64;
    let sum: f64 = row
        .iter()
        .map(|&value| (value as f64 - greatest).exp())
        .sum();
    greatest + sum.ln() - row[label as usize] as f64
}
