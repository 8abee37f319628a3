//! What thresholds accept of a labelled set.

use super::predictions::Predictions;
use super::risk::JudgedReading;
use crate::data::{DataError, DataErrorKind, DataSet};
use lekka_model::RiskLevel;

/// What levels accept of a labelled set, in their order.
///
/// # Errors
/// When the set has no labels, or the predictions are of another number of images.
///
/// # Examples
///
/// ```
/// use lekka_model::RiskLevel;
/// use lekka_train::metrics::{Predictions, levels_on};
/// use lekka_train::DataSet;
///
/// let set = DataSet::new("two", vec![0; 2 * 784], Some(vec![3, 7]))?;
/// let mut logits = vec![0.0; 20];
/// logits[3] = 9.0; // a sure and right 3
/// logits[10] = 1.0; // an unsure and wrong 0
/// let level = RiskLevel { max_error: 0.01, threshold: 0.9, accepted: 900, errors: 2 };
/// let found = levels_on(&set, &Predictions::from_logits(&logits, 1.0), &[level])?;
/// assert_eq!((found[0].accepted, found[0].errors), (1, 0));
/// # Ok::<(), lekka_train::DataError>(())
/// ```
pub fn levels_on(
    set: &DataSet,
    predictions: &Predictions,
    levels: &[RiskLevel],
) -> Result<Vec<RiskLevel>, DataError> {
    let readings = readings(set, predictions)?;
    let of = |level: &RiskLevel| {
        let accepted = readings
            .iter()
            .filter(|reading| reading.0 >= level.threshold);
        RiskLevel {
            max_error: level.max_error,
            threshold: level.threshold,
            accepted: accepted.clone().count() as u64,
            errors: accepted.filter(|reading| !reading.1).count() as u64,
        }
    };
    Ok(levels.iter().map(of).collect())
}

/// The readings of a set whose labels and writers are known, for
/// [`RiskControl`](super::RiskControl).
///
/// # Errors
/// When labels or writers are not known, or the predictions are of another number of images.
pub fn judged_readings(
    set: &DataSet,
    predictions: &Predictions,
) -> Result<Vec<JudgedReading>, DataError> {
    let readings = readings(set, predictions)?;
    let writers = set.writers().ok_or_else(|| {
        let text = "its writers are not known, and bounds on errors count them; put writers.csv beside the data";
        DataError::new(set.name(), DataErrorKind::Writers(text.to_owned()))
    })?;
    let judged = readings.into_iter().enumerate();
    Ok(judged
        .map(|(index, (probability, correct))| JudgedReading {
            probability,
            correct,
            writer: writers.number_of(index),
        })
        .collect())
}

/// Probability of each reading and whether it is right.
pub(crate) fn readings(
    set: &DataSet,
    predictions: &Predictions,
) -> Result<Vec<(f32, bool)>, DataError> {
    let labels = set.require_labels()?;
    if predictions.len() != labels.len() {
        let kind = DataErrorKind::CountMismatch {
            images: predictions.len(),
            labels: labels.len(),
        };
        return Err(DataError::new(set.name(), kind));
    }
    let reading = |(index, &label): (usize, &u8)| {
        let digit = predictions.digit(index);
        let probability = predictions.probabilities(index)[usize::from(digit)];
        (probability, digit == label)
    };
    Ok(labels.iter().enumerate().map(reading).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Writers;

    #[test]
    fn writers_and_labels_must_be_known() {
        let predictions = Predictions::from_logits(&[0.0; 20], 1.0);
        let unlabelled = DataSet::new("s", vec![0; 2 * 784], None).unwrap();
        assert!(levels_on(&unlabelled, &predictions, &[]).is_err());
        let set = DataSet::new("s", vec![0; 2 * 784], Some(vec![0, 1])).unwrap();
        let message = judged_readings(&set, &predictions).unwrap_err().to_string();
        assert!(message.contains("writers.csv"), "{message}");
        let set = set.with_writers(Writers::from_names(["b", "a"]).unwrap());
        let judged = judged_readings(&set.unwrap(), &predictions).unwrap();
        // All digits are as probable; the first is read.
        assert!(judged[0].correct && !judged[1].correct && judged[1].writer == 1);
        let one = Predictions::from_logits(&[0.0; 10], 1.0);
        assert!(levels_on(&unlabelled, &one, &[]).is_err());
    }
}
