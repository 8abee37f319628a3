//! Softmax cross-entropy with label smoothing.

use crate::network::{NO_CLASS, StepOutcome};

/// Loss and number of right answers of a batch, and the gradient of the mean loss with respect to
/// the logits. `logits` and `d_logits` are `[N, classes]`; labels are below `classes` or [`NO_CLASS`].
///
/// With smoothing `s` the target is `1 - s + s / classes` for the label and `s / classes` for the
/// others, as in Keras; for [`NO_CLASS`] it is `1 / classes` for all. Computed in `f64`: it is a few hundred numbers.
pub(crate) fn softmax_cross_entropy(
    logits: &[f32],
    labels: &[u8],
    smoothing: f32,
    d_logits: &mut [f32],
) -> StepOutcome {
    let mut outcome = StepOutcome::default();
    if labels.is_empty() {
        return outcome;
    }
    let classes = logits.len() / labels.len();
    let share = 1.0 / labels.len() as f64;
    let rows = logits
        .chunks_exact(classes)
        .zip(d_logits.chunks_exact_mut(classes));
    for ((logits, d_logits), &label) in rows.zip(labels) {
        let smoothing = match label {
            NO_CLASS => 1.0,
            _ => f64::from(smoothing),
        };
        let spread = smoothing / classes as f64;
        let label = usize::from(label);
        let max = logits
            .iter()
            .fold(f32::NEG_INFINITY, |max, &logit| max.max(logit));
        let sum: f64 = logits
            .iter()
            .map(|&logit| f64::from(logit - max).exp())
            .sum();
        let log_sum = sum.ln();
        for (class, (&logit, d_logit)) in logits.iter().zip(d_logits).enumerate() {
            let log_probability = f64::from(logit - max) - log_sum;
            let target = spread + if class == label { 1.0 - smoothing } else { 0.0 };
            if target != 0.0 {
                outcome.loss -= share * target * log_probability;
            }
            *d_logit = (share * (log_probability.exp() - target)) as f32;
        }
        outcome.correct += usize::from(greatest(logits) == label);
    }
    outcome
}

/// Index of the greatest value; the first of equal ones, 0 when there is none.
fn greatest(values: &[f32]) -> usize {
    let better = |best: usize, index: usize| {
        if values[index] > values[best] {
            index
        } else {
            best
        }
    };
    (1..values.len()).fold(0, better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_losses() {
        // Equal logits: ln(2) whatever the smoothing. Then ln(1 + e^-2), and its smoothed form
        // 0.9 * 0.1269 + 0.1 * 2.1269 with s = 0.2 and two classes.
        let cases = [
            ([0.0, 0.0], 0.3, std::f64::consts::LN_2, 1),
            ([2.0, 0.0], 0.0, 0.126_928, 1),
            ([2.0, 0.0], 0.2, 0.326_928, 1),
            ([0.0, 2.0], 0.0, 2.126_928, 0),
        ];
        for (logits, smoothing, loss, correct) in cases {
            let outcome = softmax_cross_entropy(&logits, &[0], smoothing, &mut [0.0; 2]);
            assert!(
                (outcome.loss - loss).abs() < 1e-5,
                "{logits:?}: {outcome:?}"
            );
            assert_eq!(outcome.correct, correct);
        }
    }

    #[test]
    fn a_picture_of_no_class_pulls_all_probabilities_together() {
        let mut gradient = [0.0; 2];
        let outcome = softmax_cross_entropy(&[2.0, 0.0], &[NO_CLASS], 0.0, &mut gradient);
        // The mean of 0.1269 and 2.1269, and the probabilities 0.8808 and 0.1192 less a half.
        assert!((outcome.loss - 1.126_928).abs() < 1e-5, "{outcome:?}");
        assert_eq!(outcome.correct, 0);
        assert!((gradient[0] - 0.380_797).abs() < 1e-5 && gradient[0] == -gradient[1]);
    }

    #[test]
    fn gradient_is_the_slope_of_the_loss() {
        let logits = [0.3, -1.2, 2.0, 0.1, 0.2, -0.5];
        let labels = [2, 0];
        let mut gradient = [0.0; 6];
        softmax_cross_entropy(&logits, &labels, 0.1, &mut gradient);
        for index in 0..6 {
            let loss_at = |change: f32| {
                let mut moved = logits;
                moved[index] += change;
                softmax_cross_entropy(&moved, &labels, 0.1, &mut [0.0; 6]).loss
            };
            let slope = (loss_at(1e-3) - loss_at(-1e-3)) / 2e-3;
            assert!((slope - f64::from(gradient[index])).abs() < 1e-4);
        }
    }
}
