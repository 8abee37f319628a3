//! A weighted vote of recurrent networks (Chherawala, Roy and Cheriet, "Feature set evaluation for
//! offline handwriting recognition systems: application to the recurrent neural network model",
//! IEEE Transactions on Cybernetics 2016).
//!
//! They combine recurrent networks on different features of a line of writing. A digit is no line,
//! so our voters differ in how they go through the picture and in their cells: rows or columns as
//! time steps, GRU or LSTM. Each votes for one digit with its accuracy on writers that none of them
//! was trained on as its weight.

use crate::classifier::{Classifier, Fitted, Lesson, agreement};
use crate::error::CompareError;
use crate::network::{PixelNetwork, train};
use lekka_nn::{Activation, LayerSpec, NetworkSpec};
use lekka_train::data::CLASSES;
use std::fmt::Write;
use std::time::Instant;

/// Length of a voter's state in each direction.
const UNITS: usize = 48;
const EPOCHS: u32 = 15;
const RATE: f32 = 4e-3;

/// The voters: name, whether the columns are the time steps, whether the cells are LSTM.
const VOTERS: [(&str, bool, bool); 4] = [
    ("rows GRU", false, false),
    ("columns GRU", true, false),
    ("rows LSTM", false, true),
    ("columns LSTM", true, true),
];

/// Networks with the weights of their votes.
#[derive(Debug)]
struct Vote {
    voters: Vec<(PixelNetwork, f64)>,
}

impl Classifier for Vote {
    fn classify(&self, images: &[u8]) -> Result<Vec<u8>, CompareError> {
        let mut ballots = Vec::with_capacity(self.voters.len());
        for (network, weight) in &self.voters {
            ballots.push((network.classify(images)?, *weight));
        }
        let count = ballots.first().map_or(0, |(digits, _)| digits.len());
        let votes = |index: usize| ballots.iter().map(move |(digits, w)| (digits[index], *w));
        Ok((0..count).map(|index| winner(votes(index))).collect())
    }

    fn bytes(&self) -> u64 {
        let networks = self.voters.iter().map(|(network, _)| network.bytes() + 4);
        networks.sum()
    }
}

/// The digit with the greatest sum of weights; the smallest of equals.
fn winner(votes: impl Iterator<Item = (u8, f64)>) -> u8 {
    let mut sums = [0.0; CLASSES];
    for (digit, weight) in votes {
        sums[usize::from(digit)] += weight;
    }
    let best = (0..CLASSES).reduce(|best, i| if sums[i] > sums[best] { i } else { best });
    best.unwrap_or(0) as u8
}

/// A bidirectional network whose last states go straight to the output.
fn spec(columns: bool, lstm: bool) -> NetworkSpec {
    let (units, bidirectional, return_sequences) = (UNITS, true, false);
    let steps = if columns {
        LayerSpec::ColumnsToSequence
    } else {
        LayerSpec::RowsToSequence
    };
    let recurrent = if lstm {
        LayerSpec::Lstm {
            units,
            bidirectional,
            return_sequences,
        }
    } else {
        LayerSpec::Gru {
            units,
            bidirectional,
            return_sequences,
        }
    };
    let output = LayerSpec::Dense {
        units: CLASSES,
        activation: Activation::Linear,
    };
    NetworkSpec {
        input: [28, 28, 1],
        layers: vec![steps, recurrent, output],
    }
}

/// Trains the voters and weighs their votes.
///
/// # Errors
/// When training fails or the user asks to stop.
pub fn fit(lesson: &Lesson) -> Result<Fitted, CompareError> {
    let began = Instant::now();
    let labels = lesson.choosing.require_labels()?;
    let mut voters = Vec::with_capacity(VOTERS.len());
    let mut settings = format!("bidirectional, {UNITS} units, {EPOCHS} epochs");
    for (name, columns, lstm) in VOTERS {
        let network = train(
            &spec(columns, lstm),
            &lesson.inner,
            EPOCHS,
            RATE,
            lesson,
            name,
        )?;
        let weight = agreement(&network.classify(lesson.choosing.images())?, labels);
        // Writing to a string cannot fail.
        let _ = write!(settings, ", {name} {:.2} %", 100.0 * weight);
        voters.push((network, weight));
    }
    Ok(Fitted {
        settings,
        training_images: lesson.inner.len(),
        choosing_seconds: 0.0,
        training_seconds: began.elapsed().as_secs_f64(),
        classifier: Box::new(Vote { voters }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::tests::{lesson, unseen};

    #[test]
    fn weights_decide() {
        let votes = |weights: [f64; 3]| winner([7, 2, 2].into_iter().zip(weights));
        assert_eq!(votes([0.9, 0.5, 0.5]), 2);
        assert_eq!(votes([0.9, 0.4, 0.4]), 7);
        assert_eq!(winner(std::iter::empty()), 0);
    }

    #[test]
    fn voters_learn_bars_and_weigh_what_they_read_rightly() {
        let (set, labels) = unseen();
        let fitted = fit(&lesson()).unwrap();
        let found = fitted.classifier.classify(set.images()).unwrap();
        assert!(agreement(&found, &labels) > 0.95, "{found:?}");
        assert!(
            fitted.settings.contains("columns LSTM 1"),
            "{}",
            fitted.settings
        );
    }
}
