//! How far probabilities can be trusted.

use serde::Serialize;

/// Bins of the calibration error and of the reliability diagram, of equal width over the
/// probability of the reading.
pub const CALIBRATION_BINS: usize = 15;

/// The readings of which the probability lies in one bin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Number of readings.
    pub count: usize,
    /// Right ones among them.
    pub correct: usize,
    /// Mean probability, 0 to 1; 0 in an empty bin.
    pub confidence: f64,
}

impl ReliabilityBin {
    /// Share of right readings, 0 to 1; 0 in an empty bin.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.count.max(1) as f64
    }
}

/// The reliability diagram's bins: bin `k` of 15 has the readings with a probability of `k / 15`
/// to `(k + 1) / 15`, the last one with 1 included (A. Niculescu-Mizil and R. Caruana 2005; Guo et
/// al. 2017). Each pair is the probability of a reading and whether it is right.
pub fn reliability(
    readings: impl IntoIterator<Item = (f32, bool)>,
) -> [ReliabilityBin; CALIBRATION_BINS] {
    let mut bins = [ReliabilityBin::default(); CALIBRATION_BINS];
    for (probability, right) in readings {
        let index = ((probability * CALIBRATION_BINS as f32) as usize).min(CALIBRATION_BINS - 1);
        let bin = &mut bins[index];
        bin.count += 1;
        bin.correct += usize::from(right);
        // The sum for now.
        bin.confidence += f64::from(probability);
    }
    for bin in &mut bins {
        bin.confidence /= bin.count.max(1) as f64;
    }
    bins
}

/// Expected calibration error: the mean difference between confidence and accuracy over the 15
/// bins of [`reliability`], each counting by its readings (Guo et al. 2017). Each pair is the
/// probability of a reading and whether it is right.
pub fn expected_calibration_error(readings: impl IntoIterator<Item = (f32, bool)>) -> f64 {
    let bins = reliability(readings);
    let total: usize = bins.iter().map(|bin| bin.count).sum();
    let gaps = bins
        .iter()
        .map(|bin| bin.count as f64 * (bin.confidence - bin.accuracy()).abs());
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
        // Three at 0.95, all right, and one at 0.5, wrong: (3 * 0.05 + 0.5) / 4.
        let mixed = [(0.95, true), (0.95, true), (0.5, false), (0.95, true)];
        assert!((expected_calibration_error(mixed) - 0.1625).abs() < 1e-6);
    }

    #[test]
    fn bins_are_of_equal_width() {
        let bins = reliability([(0.0, false), (0.066, false), (0.067, true), (1.0, true)]);
        let counts = bins.map(|bin| bin.count);
        assert_eq!((counts[0], counts[1], counts[14]), (2, 1, 1));
        assert_eq!(bins[1].correct, 1);
        assert!((bins[0].confidence - 0.033).abs() < 1e-6);
    }
}
