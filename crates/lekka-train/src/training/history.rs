//! The figures of a run: one row per epoch, and their summary.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Figures of one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// Learning rate of its last step.
    pub learning_rate: f32,
    /// Mean loss of the training images as they were seen, dropout on.
    pub train_loss: f64,
    /// Accuracy on the training images as they were seen, 0 to 1.
    pub train_accuracy: f64,
    /// One for each validation set, in their order.
    pub validation: Vec<ValidationMetrics>,
    /// Training images per second.
    pub images_per_second: f64,
    /// Seconds that training took, without validation.
    pub seconds: f64,
}

/// Figures of one validation set after an epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationMetrics {
    /// Name of the set.
    pub name: String,
    /// Number of images.
    pub images: usize,
    /// Mean cross-entropy.
    pub loss: f64,
    /// Accuracy, 0 to 1.
    pub accuracy: f64,
}

impl EpochMetrics {
    /// What epochs are compared by: the mean accuracy over the validation sets, each counting
    /// alike; that of training when there are none.
    pub fn score(&self) -> f64 {
        if self.validation.is_empty() {
            return self.train_accuracy;
        }
        let sum: f64 = self.validation.iter().map(|set| set.accuracy).sum();
        sum / self.validation.len() as f64
    }
}

/// Figures of a whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Number of epochs.
    pub epochs: u32,
    /// Training accuracy averaged over the epochs, as the paper reports it.
    pub mean_train_accuracy: f64,
    /// Validation accuracy averaged over the epochs, as the paper reports it; of the first set.
    pub mean_validation_accuracy: Option<f64>,
    /// The epoch with the best score, counted from 1.
    pub best_epoch: u32,
    /// The last epoch.
    pub last: EpochMetrics,
    /// Seconds of training, without validation.
    pub seconds: f64,
}

impl RunSummary {
    /// The summary of these epochs; `None` when there are none.
    pub fn of(history: &[EpochMetrics]) -> Option<Self> {
        let last = history.last()?.clone();
        let count = history.len() as f64;
        let mean =
            |value: &dyn Fn(&EpochMetrics) -> f64| history.iter().map(value).sum::<f64>() / count;
        let first_set = |epoch: &EpochMetrics| epoch.validation.first().map(|set| set.accuracy);
        Some(Self {
            epochs: last.epoch,
            mean_train_accuracy: mean(&|epoch| epoch.train_accuracy),
            mean_validation_accuracy: first_set(&last)
                .map(|_| mean(&|epoch| first_set(epoch).unwrap_or(0.0))),
            best_epoch: best(history)?.epoch,
            seconds: history.iter().map(|epoch| epoch.seconds).sum(),
            last,
        })
    }
}

/// The epoch with the best score; the earlier one of equals.
pub(crate) fn best(history: &[EpochMetrics]) -> Option<&EpochMetrics> {
    history.iter().reduce(|best, epoch| {
        if epoch.score() > best.score() {
            epoch
        } else {
            best
        }
    })
}

/// The table of a run as CSV, one row per epoch. Further validation sets have columns of their
/// own, with their names.
pub(crate) fn to_csv(history: &[EpochMetrics]) -> String {
    let mut text = String::from("epoch,learning_rate,train_loss,train_accuracy");
    let sets = history.first().map_or(&[][..], |epoch| &epoch.validation);
    for (index, set) in sets.iter().enumerate() {
        let name = if index == 0 {
            "val".to_owned()
        } else {
            format!("val_{}", set.name)
        };
        let name = name.replace([',', '"', '\n', '\r'], "_");
        let _ = write!(text, ",{name}_loss,{name}_accuracy");
    }
    text.push_str(",images_per_second,seconds\n");
    for epoch in history {
        let _ = write!(
            text,
            "{},{},{:.6},{:.6}",
            epoch.epoch, epoch.learning_rate, epoch.train_loss, epoch.train_accuracy
        );
        for set in &epoch.validation {
            let _ = write!(text, ",{:.6},{:.6}", set.loss, set.accuracy);
        }
        let _ = writeln!(text, ",{:.1},{:.1}", epoch.images_per_second, epoch.seconds);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn epoch(epoch: u32, train: f64, validation: &[f64]) -> EpochMetrics {
        EpochMetrics {
            epoch,
            learning_rate: 0.001,
            train_loss: 0.5,
            train_accuracy: train,
            validation: validation
                .iter()
                .enumerate()
                .map(|(index, &accuracy)| ValidationMetrics {
                    name: format!("set{index}"),
                    images: 10,
                    loss: 0.25,
                    accuracy,
                })
                .collect(),
            images_per_second: 100.0,
            seconds: 2.0,
        }
    }

    #[test]
    fn summary_averages_over_epochs() {
        let history = [epoch(1, 0.5, &[0.9, 0.5]), epoch(2, 1.0, &[0.8, 0.8])];
        let summary = RunSummary::of(&history).unwrap();
        assert!((summary.mean_train_accuracy - 0.75).abs() < 1e-12);
        assert!((summary.mean_validation_accuracy.unwrap() - 0.85).abs() < 1e-12);
        assert_eq!(summary.best_epoch, 2);
        assert_eq!(RunSummary::of(&[]), None);
    }

    #[test]
    fn table_has_a_column_pair_for_each_set() {
        let text = to_csv(&[epoch(1, 0.5, &[0.9, 0.5])]);
        assert_eq!(
            text,
            "epoch,learning_rate,train_loss,train_accuracy,val_loss,val_accuracy,val_set1_loss,\
             val_set1_accuracy,images_per_second,seconds\n\
             1,0.001,0.500000,0.500000,0.250000,0.900000,0.250000,0.500000,100.0,2.0\n"
        );
    }
}
