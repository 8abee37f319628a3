//! What was measured on a set of pictures.

use serde::{Deserialize, Serialize};

use crate::metadata::MetadataError;
use crate::risk::RiskLevel;

/// What was measured on a set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Name of the set, such as `test` or `dig`.
    pub set: String,
    /// Part of the digits that were read rightly, 0 to 1.
    pub accuracy: f64,
    /// Number of pictures.
    pub images: u64,
    /// The same for the pictures of each digit; empty when it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digits: Vec<PartFigure>,
    /// The same for the pictures of each writer; empty when it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writers: Vec<PartFigure>,
    /// Expected calibration error of the readings over 15 bins of equal width, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
    /// What each level of the weights' table accepts of this set; empty when it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<RiskLevel>,
    /// The commonest confusions, most frequent first; empty when they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confusions: Vec<ConfusionFigure>,
}

/// The accuracy on a part of a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartFigure {
    /// The digit or the writer.
    pub name: String,
    /// Part of the digits that were read rightly, 0 to 1.
    pub accuracy: f64,
    /// Number of pictures.
    pub images: u64,
}

/// A rate in percent for people, with as many decimals as it has, six at most.
///
/// ```
/// assert_eq!(lekka_model::percent(0.0005), "0.05");
/// assert_eq!(lekka_model::percent(1.0), "100");
/// ```
pub fn percent(rate: f64) -> String {
    let text = format!("{:.6}", 100.0 * rate);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number for people, with commas between the thousands.
///
/// ```
/// let numbers = [0, 999, 1_000, 1_418_570].map(lekka_model::grouped);
/// assert_eq!(numbers, ["0", "999", "1,000", "1,418,570"]);
/// ```
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How often a digit was read as another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionFigure {
    /// The true digit.
    pub digit: String,
    /// What was read.
    pub reading: String,
    /// How often.
    pub images: u64,
}

impl Figure {
    pub(crate) fn check(&self) -> Result<(), MetadataError> {
        share("accuracy", self.accuracy)?;
        for part in self.digits.iter().chain(&self.writers) {
            share("accuracy of a digit or writer", part.accuracy)?;
        }
        if let Some(error) = self.calibration_error {
            share("calibration error", error)?;
        }
        for level in &self.levels {
            level.check(self.images)?;
        }
        Ok(())
    }
}

/// Refuses what is not from 0 to 1.
pub(crate) fn share(what: &'static str, value: f64) -> Result<(), MetadataError> {
    match value {
        0.0..=1.0 => Ok(()),
        _ => Err(MetadataError::Range {
            what,
            value,
            range: "0 to 1",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_older_programs_load_and_are_written_as_they_were() {
        let json = r#"{"set":"test","accuracy":0.9,"images":10}"#;
        let figure: Figure = serde_json::from_str(json).unwrap();
        assert_eq!(figure.check(), Ok(()));
        assert_eq!(serde_json::to_string(&figure).unwrap(), json);
    }

    #[test]
    fn levels_that_cannot_be_are_refused() {
        let with = |accepted, errors| {
            let level = RiskLevel {
                max_error: 0.01,
                threshold: 0.9,
                accepted,
                errors,
            };
            let figure = Figure {
                images: 10,
                levels: vec![level],
                ..Figure::default()
            };
            figure.check().map_err(|error| error.to_string())
        };
        assert_eq!(with(10, 10), Ok(()));
        assert!(
            with(11, 0)
                .unwrap_err()
                .contains("11 accepted digits of a level, of 10")
        );
        assert!(
            with(3, 4)
                .unwrap_err()
                .contains("4 errors of a level, of 3")
        );
        let wrong = Figure {
            calibration_error: Some(-0.1),
            ..Figure::default()
        };
        assert!(
            wrong
                .check()
                .unwrap_err()
                .to_string()
                .contains("calibration error -0.1")
        );
    }
}
