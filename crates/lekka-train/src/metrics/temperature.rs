//! Calibration by one temperature (Guo et al. 2017).

use super::inference::cross_entropy;
use crate::data::CLASSES;

/// The temperature by which logits must be divided so that their softmax is as likely as can be:
/// the one with the least mean cross-entropy, in 0.05 to 20.
///
/// `logits` is `[N, 10]`, by images that the network has not been trained on; `labels` is `[N]`.
/// Label smoothing and augmentation make a network too modest, overfitting too sure; dividing all
/// logits by one number changes no reading.
///
/// ```
/// // Right in three of four cases, but as sure as e^8 to 1.
/// let mut logits = vec![0.0; 40];
/// for row in 0..4 {
///     logits[row * 10] = 8.0;
/// }
/// let temperature = lekka_train::metrics::fit_temperature(&logits, &[0, 0, 0, 1]);
/// assert!(temperature > 2.0);
/// ```
pub fn fit_temperature(logits: &[f32], labels: &[u8]) -> f32 {
    let loss = |log_temperature: f64| -> f64 {
        let scale = (-log_temperature).exp() as f32;
        let rows = logits.chunks_exact(CLASSES).zip(labels);
        rows.map(|(row, &label)| {
            let mut scaled = [0.0; CLASSES];
            for (to, &from) in scaled.iter_mut().zip(row) {
                *to = from * scale;
            }
            cross_entropy(&scaled, label)
        })
        .sum()
    };
    // The loss is convex in 1 / temperature, so it has one minimum: golden-section search.
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.05_f64.ln(), 20.0_f64.ln());
    for _ in 0..40 {
        let left = high - ratio * (high - low);
        let right = low + ratio * (high - low);
        if loss(left) < loss(right) {
            high = right;
        } else {
            low = left;
        }
    }
    f64::midpoint(low, high).exp() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_nn::random::Random;

    #[test]
    fn logits_that_were_scaled_are_scaled_back() {
        // Labels drawn from the softmax of the logits are calibrated at temperature 1.
        let mut random = Random::new(7);
        let (mut logits, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..20_000 {
            let row: Vec<f32> = (0..CLASSES).map(|_| 2.0 * random.normal()).collect();
            let sum: f32 = row.iter().map(|value| value.exp()).sum();
            let mut left = random.uniform() * sum;
            let drawn = row.iter().position(|value| {
                left -= value.exp();
                left < 0.0
            });
            labels.push(drawn.unwrap_or(CLASSES - 1) as u8);
            logits.extend(row);
        }
        for factor in [0.5, 1.0, 3.0] {
            let scaled: Vec<f32> = logits.iter().map(|value| value * factor).collect();
            let temperature = fit_temperature(&scaled, &labels);
            assert!(
                (temperature / factor - 1.0).abs() < 0.05,
                "{temperature} for {factor}"
            );
        }
    }
}
