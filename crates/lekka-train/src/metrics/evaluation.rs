//! Everything measured on a labelled set.

use super::calibration::expected_calibration_error;
use super::classification::ClassificationReport;
use super::confusion::ConfusionMatrix;
use super::predictions::Predictions;
use super::wilson::{Interval, wilson_interval};
use crate::data::{DataError, DataErrorKind, DataSet};
use serde::Serialize;

/// What a network makes of a labelled set. Serialises to JSON with `accuracy` at the top.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Name of the set.
    pub set: String,
    /// Number of images.
    pub images: usize,
    /// Images read rightly.
    pub correct: usize,
    /// Share of the images read rightly, 0 to 1.
    pub accuracy: f64,
    /// 95 % interval of the accuracy.
    pub interval: Interval,
    /// Mean negative logarithm of the probability of the true digit, in nats.
    pub negative_log_likelihood: f64,
    /// Expected calibration error, 0 to 1.
    pub calibration_error: f64,
    /// Precision, recall and F1.
    pub report: ClassificationReport,
    /// How often each digit was read as each, rows are true digits.
    pub confusion: ConfusionMatrix,
    /// Accuracy for each writer, in order of appearance, when writers are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writers: Option<Vec<WriterAccuracy>>,
    /// The misread images, in the set's order.
    pub misread: Vec<Misread>,
}

/// Accuracy on the images of one writer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WriterAccuracy {
    /// The writer.
    pub writer: String,
    /// Number of images.
    pub images: usize,
    /// Images read rightly.
    pub correct: usize,
    /// Share of the images read rightly, 0 to 1.
    pub accuracy: f64,
}

/// An image that was misread.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Misread {
    /// Index in the set.
    pub index: usize,
    /// The true digit.
    pub label: u8,
    /// The digit that was read.
    pub prediction: u8,
    /// Probability of each digit.
    pub probabilities: Vec<f32>,
}

impl Evaluation {
    /// Measures predictions against the labels of their set.
    ///
    /// # Errors
    /// When the set has no labels, or the predictions are of another number of images.
    pub fn new(set: &DataSet, predictions: &Predictions) -> Result<Self, DataError> {
        let labels = set.require_labels()?;
        if predictions.len() != labels.len() {
            let kind = DataErrorKind::CountMismatch {
                images: predictions.len(),
                labels: labels.len(),
            };
            return Err(DataError::new(set.name(), kind));
        }
        let readings: Vec<u8> = (0..labels.len())
            .map(|index| predictions.digit(index))
            .collect();
        let right = |index: usize| readings[index] == labels[index];
        let confusion = ConfusionMatrix::new(labels.iter().copied().zip(readings.iter().copied()));
        let (images, correct) = (confusion.total(), confusion.correct());
        let report = ClassificationReport::new(&confusion);
        let likelihood = |index: usize| {
            let probability = predictions.probabilities(index)[labels[index] as usize];
            // The smallest probability that f32 can tell from 0.
            -f64::from(probability.max(f32::MIN_POSITIVE)).ln()
        };
        let misread = (0..images)
            .filter(|&index| !right(index))
            .map(|index| Misread {
                index,
                label: labels[index],
                prediction: readings[index],
                probabilities: predictions.probabilities(index).to_vec(),
            });
        let confidence = (0..images).map(|index| {
            (
                predictions.probabilities(index)[readings[index] as usize],
                right(index),
            )
        });
        let writers = set.writers().map(|writers| {
            let mut rows: Vec<WriterAccuracy> = writers
                .counts()
                .into_iter()
                .map(|(writer, images)| WriterAccuracy {
                    writer,
                    images,
                    correct: 0,
                    accuracy: 0.0,
                })
                .collect();
            for index in (0..images).filter(|&index| right(index)) {
                rows[writers.number_of(index)].correct += 1;
            }
            for row in &mut rows {
                row.accuracy = row.correct as f64 / row.images.max(1) as f64;
            }
            rows
        });
        Ok(Self {
            set: set.name().to_owned(),
            images,
            correct,
            accuracy: report.accuracy,
            interval: wilson_interval(correct, images),
            negative_log_likelihood: (0..images).map(likelihood).sum::<f64>() / images as f64,
            calibration_error: expected_calibration_error(confidence),
            report,
            confusion,
            writers,
            misread: misread.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Writers;

    #[test]
    fn counts_agree_and_json_has_accuracy_on_top() {
        let labels = vec![0, 1, 2, 3];
        let set = DataSet::new("s", vec![0; 4 * 784], Some(labels)).unwrap();
        let set = set.with_writers(Writers::in_runs_of(2, 4)).unwrap();
        let mut logits = vec![0.0; 40];
        for (index, digit) in [0, 1, 2, 7].into_iter().enumerate() {
            logits[index * 10 + digit] = 20.0;
        }
        let evaluation = Evaluation::new(&set, &Predictions::from_logits(&logits, 1.0)).unwrap();
        assert_eq!((evaluation.images, evaluation.correct), (4, 3));
        assert_eq!(evaluation.misread.len(), 1);
        let Misread {
            index,
            label,
            prediction,
            ..
        } = evaluation.misread[0];
        assert_eq!((index, label, prediction), (3, 3, 7));
        assert!((evaluation.calibration_error - 0.25).abs() < 1e-3);
        assert!((evaluation.negative_log_likelihood - 5.0).abs() < 1e-3);
        let writers = evaluation.writers.as_ref().unwrap();
        assert_eq!((writers[0].correct, writers[1].correct), (2, 1));
        let json = serde_json::to_value(&evaluation).unwrap();
        assert_eq!(json["accuracy"], 0.75);
        assert_eq!(json["confusion"][3][7], 1);
    }

    #[test]
    fn unlabelled_sets_are_refused() {
        let set = DataSet::new("kaggle", vec![0; 784], None).unwrap();
        let predictions = Predictions::from_logits(&[0.0; 10], 1.0);
        let message = Evaluation::new(&set, &predictions).unwrap_err().to_string();
        assert!(message.contains("kaggle: has no labels"), "{message}");
    }
}
