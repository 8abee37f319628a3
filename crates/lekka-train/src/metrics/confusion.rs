//! The confusion matrix.

use crate::data::CLASSES;
use serde::Serialize;
use std::fmt;

/// How often each digit was read as each: `counts[label][prediction]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ConfusionMatrix {
    /// Rows are true digits, columns are readings.
    pub counts: [[usize; CLASSES]; CLASSES],
}

impl ConfusionMatrix {
    /// The matrix of these labels and readings, all below 10.
    ///
    /// # Panics
    /// When one is not.
    pub fn new(pairs: impl IntoIterator<Item = (u8, u8)>) -> Self {
        let mut counts = [[0; CLASSES]; CLASSES];
        for (label, prediction) in pairs {
            counts[label as usize][prediction as usize] += 1;
        }
        Self { counts }
    }

    /// Number of images.
    pub fn total(&self) -> usize {
        self.counts.iter().flatten().sum()
    }

    /// Images read rightly.
    pub fn correct(&self) -> usize {
        (0..CLASSES).map(|class| self.counts[class][class]).sum()
    }

    /// Images of a digit.
    pub fn support(&self, class: usize) -> usize {
        self.counts[class].iter().sum()
    }

    /// Images read as a digit.
    pub fn predicted(&self, class: usize) -> usize {
        self.counts.iter().map(|row| row[class]).sum()
    }
}

impl fmt::Display for ConfusionMatrix {
    /// A table with the true digit at the left and the readings across.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self
            .counts
            .iter()
            .flatten()
            .max()
            .map_or(1, |count| count.to_string().len());
        let width = widest.max(2) + 1;
        write!(f, "true")?;
        for class in 0..CLASSES {
            write!(f, "{class:>width$}")?;
        }
        for (class, row) in self.counts.iter().enumerate() {
            write!(f, "\n{class:>4}")?;
            for count in row {
                write!(f, "{count:>width$}")?;
            }
        }
        Ok(())
    }
}
