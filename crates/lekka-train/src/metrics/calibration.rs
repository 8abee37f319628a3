//! How far probabilities can be trusted.

/// Bins of the calibration error.
const BINS: usize = 15;

/// Expected calibration error: the mean difference between confidence and accuracy over 15 bins of
/// equal width (Guo et al. 2017). Each pair is the probability of a reading and whether it is
/// right.
pub fn expected_calibration_error(readings: impl IntoIterator<Item = (f32, bool)>) -> f64 {
    let mut bins = [(0_usize, 0_usize, 0.0_f64); BINS];
    let mut total = 0_usize;
    for (probability, right) in readings {
        let bin = ((probability * BINS as f32) as usize).min(BINS - 1);
        bins[bin].0 += 1;
        bins[bin].1 += usize::from(right);
        bins[bin].2 += f64::from(probability);
        total += 1;
    }
    let gaps = bins
        .iter()
        .map(|&(_, right, confidence)| (confidence - right as f64).abs());
    gaps.sum::<f64>() / total.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_the_weighted_gap() {
        let half_right = [(0.9, true), (0.9, false), (0.9, true), (0.9, false)];
        assert!((expected_calibration_error(half_right) - 0.4).abs() < 1e-6);
        assert!(expected_calibration_error([(1.0, true)]) < 1e-6);
        assert!(expected_calibration_error([]) < 1e-6);
    }
}
