//! Precision, recall and F1, in the layout of scikit-learn's `classification_report`, which is the
//! paper's table.

use super::confusion::ConfusionMatrix;
use crate::data::CLASSES;
use serde::Serialize;
use std::fmt;

/// Figures of one digit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassMetrics {
    /// The digit.
    pub digit: u8,
    /// Share of the images read as this digit that are it; 0 when none was.
    pub precision: f64,
    /// Share of the images of this digit that were read as it; 0 when there is none.
    pub recall: f64,
    /// Harmonic mean of the two; 0 when both are.
    pub f1: f64,
    /// Images of this digit.
    pub support: usize,
}

/// A mean over the digits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Average {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1.
    pub f1: f64,
    /// Images.
    pub support: usize,
}

/// The classification report. Digits that neither occur nor were read are left out, as in
/// scikit-learn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassificationReport {
    /// One row for each digit.
    pub classes: Vec<ClassMetrics>,
    /// Share of all images read rightly.
    pub accuracy: f64,
    /// Each digit counting alike.
    pub macro_average: Average,
    /// Each digit counting by its images.
    pub weighted_average: Average,
}

impl ClassificationReport {
    /// The report of a confusion matrix.
    pub fn new(matrix: &ConfusionMatrix) -> Self {
        let classes: Vec<ClassMetrics> = (0..CLASSES)
            .filter(|&class| matrix.support(class) + matrix.predicted(class) > 0)
            .map(|class| {
                let right = matrix.counts[class][class];
                let precision = ratio(right, matrix.predicted(class));
                let recall = ratio(right, matrix.support(class));
                let sum = precision + recall;
                let f1 = if sum > 0.0 {
                    2.0 * precision * recall / sum
                } else {
                    0.0
                };
                let support = matrix.support(class);
                ClassMetrics {
                    digit: class as u8,
                    precision,
                    recall,
                    f1,
                    support,
                }
            })
            .collect();
        Self {
            macro_average: average(&classes, |_| 1.0),
            weighted_average: average(&classes, |class| class.support as f64),
            accuracy: ratio(matrix.correct(), matrix.total()),
            classes,
        }
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

fn average(classes: &[ClassMetrics], weight: impl Fn(&ClassMetrics) -> f64) -> Average {
    let total: f64 = classes.iter().map(&weight).sum();
    let mean = |value: fn(&ClassMetrics) -> f64| {
        let sum: f64 = classes
            .iter()
            .map(|class| weight(class) * value(class))
            .sum();
        if total > 0.0 { sum / total } else { 0.0 }
    };
    Average {
        precision: mean(|class| class.precision),
        recall: mean(|class| class.recall),
        f1: mean(|class| class.f1),
        support: classes.iter().map(|class| class.support).sum(),
    }
}

impl fmt::Display for ClassificationReport {
    /// Two decimals, or as many as the format's precision asks for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        writeln!(
            f,
            "{:>12}  {:>9} {:>9} {:>9} {:>9}\n",
            "", "precision", "recall", "f1-score", "support"
        )?;
        for class in &self.classes {
            let ClassMetrics {
                digit,
                precision,
                recall,
                f1,
                support,
            } = class;
            writeln!(
                f,
                "{digit:>12}  {precision:>9.digits$} {recall:>9.digits$} {f1:>9.digits$} {support:>9}"
            )?;
        }
        let support = self.macro_average.support;
        write!(
            f,
            "\n{:>12}  {:>9} {:>9} {:>9.digits$} {support:>9}",
            "accuracy", "", "", self.accuracy
        )?;
        for (name, average) in [
            ("macro avg", self.macro_average),
            ("weighted avg", self.weighted_average),
        ] {
            let Average {
                precision,
                recall,
                f1,
                support,
            } = average;
            write!(
                f,
                "\n{name:>12}  {precision:>9.digits$} {recall:>9.digits$} {f1:>9.digits$} {support:>9}"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by scikit-learn 1.9.1:
    /// `classification_report([0,0,0,1,1,2,2,2,2,9], [0,0,1,1,1,2,2,0,9,9])`.
    const EXPECTED: &str = "              precision    recall  f1-score   support

           0       0.67      0.67      0.67         3
           1       0.67      1.00      0.80         2
           2       1.00      0.50      0.67         4
           9       0.50      1.00      0.67         1

    accuracy                           0.70        10
   macro avg       0.71      0.79      0.70        10
weighted avg       0.78      0.70      0.69        10";

    #[test]
    fn layout_is_that_of_scikit_learn() {
        let labels = [0, 0, 0, 1, 1, 2, 2, 2, 2, 9];
        let readings = [0, 0, 1, 1, 1, 2, 2, 0, 9, 9];
        let matrix = ConfusionMatrix::new(labels.into_iter().zip(readings));
        let report = ClassificationReport::new(&matrix);
        assert_eq!(report.to_string(), EXPECTED);
        assert!(format!("{report:.4}").contains("0.6667"));
    }
}
