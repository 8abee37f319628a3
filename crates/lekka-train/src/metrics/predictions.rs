//! What a network reads of each image, and the files it can be written to.

use super::inference::argmax;
use crate::data::{CLASSES, DataSet};
use std::io::{self, Write};

/// Probabilities of all images of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    probabilities: Vec<f32>,
}

impl Predictions {
    /// Probabilities from logits `[N, 10]`: softmax of the logits divided by `temperature`.
    pub fn from_logits(logits: &[f32], temperature: f32) -> Self {
        let mut probabilities = Vec::with_capacity(logits.len());
        for row in logits.chunks_exact(CLASSES) {
            let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let powers = row
                .iter()
                .map(|&value| f64::from((value - greatest) / temperature).exp());
            let sum: f64 = powers.clone().sum();
            probabilities.extend(powers.map(|power| (power / sum) as f32));
        }
        Self { probabilities }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.probabilities.len() / CLASSES
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.probabilities.is_empty()
    }

    /// The ten probabilities of an image.
    ///
    /// # Panics
    /// When `index` is not below [`Predictions::len`].
    pub fn probabilities(&self, index: usize) -> &[f32] {
        &self.probabilities[index * CLASSES..(index + 1) * CLASSES]
    }

    /// The most probable digit of an image.
    ///
    /// # Panics
    /// When `index` is not below [`Predictions::len`].
    pub fn digit(&self, index: usize) -> u8 {
        argmax(self.probabilities(index)) as u8
    }

    /// Writes `index,label,prediction,p0,...,p9`; the label is empty when it is not known.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_csv(&self, set: &DataSet, mut to: impl Write) -> io::Result<()> {
        write!(to, "index,label,prediction")?;
        for class in 0..CLASSES {
            write!(to, ",p{class}")?;
        }
        writeln!(to)?;
        for index in 0..self.len() {
            let label = set
                .label(index)
                .map(|label| label.to_string())
                .unwrap_or_default();
            write!(to, "{index},{label},{}", self.digit(index))?;
            for probability in self.probabilities(index) {
                write!(to, ",{probability:.6}")?;
            }
            writeln!(to)?;
        }
        to.flush()
    }

    /// Writes Kaggle's submission `id,label`, with the ids of `test.csv`, or indices.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_kaggle(&self, set: &DataSet, mut to: impl Write) -> io::Result<()> {
        writeln!(to, "id,label")?;
        for index in 0..self.len() {
            let id = set
                .ids()
                .and_then(|ids| ids.get(index))
                .copied()
                .unwrap_or(index as u64);
            writeln!(to, "{id},{}", self.digit(index))?;
        }
        to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_their_columns() {
        let mut logits = vec![0.0; 20];
        logits[3] = 100.0;
        logits[19] = 100.0;
        let predictions = Predictions::from_logits(&logits, 1.0);
        let set = DataSet::new("s", vec![0; 2 * 784], Some(vec![3, 1])).unwrap();
        let mut text = Vec::new();
        predictions.write_csv(&set, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "index,label,prediction,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9"
        );
        assert!(lines[1].starts_with("0,3,3,0.000000,0.000000,0.000000,1.000000"));
        assert!(lines[2].starts_with("1,1,9,"));
        let mut text = Vec::new();
        let set = DataSet::new("s", vec![0; 2 * 784], None)
            .unwrap()
            .with_ids(vec![7, 8])
            .unwrap();
        predictions.write_kaggle(&set, &mut text).unwrap();
        assert_eq!(text, b"id,label\n7,3\n8,9\n");
    }

    #[test]
    fn temperature_flattens() {
        let logits = [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let sharp = Predictions::from_logits(&logits, 1.0).probabilities(0)[0];
        let flat = Predictions::from_logits(&logits, 2.0).probabilities(0)[0];
        assert!(
            (sharp - 0.450_853).abs() < 1e-5 && flat < sharp,
            "{sharp} {flat}"
        );
    }
}
