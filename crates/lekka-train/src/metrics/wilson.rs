//! The interval of an accuracy.

use serde::Serialize;

/// An interval that holds the true accuracy with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end, 0 to 1.
    pub low: f64,
    /// Upper end, 0 to 1.
    pub high: f64,
}

/// Wilson's score interval at 95 % for `correct` of `total` (E. B. Wilson 1927). Unlike the normal
/// approximation it stays within 0 to 1 and is right near the ends.
///
/// ```
/// let interval = lekka_train::metrics::wilson_interval(9_800, 10_000);
/// assert!((interval.low - 0.97706).abs() < 1e-5 && (interval.high - 0.98256).abs() < 1e-5);
/// ```
pub fn wilson_interval(correct: usize, total: usize) -> Interval {
    /// The 97.5 % point of the normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    if total == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let n = total as f64;
    let share = correct as f64 / n;
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Interval {
        low: ((centre - spread) / scale).max(0.0),
        high: ((centre + spread) / scale).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `statsmodels.stats.proportion.proportion_confint(.., method="wilson")`.
    #[test]
    fn matches_statsmodels() {
        let cases = [
            (0, 10, 0.0, 0.277_533),
            (10, 10, 0.722_467, 1.0),
            (5, 10, 0.236_593, 0.763_407),
            (0, 0, 0.0, 1.0),
        ];
        for (correct, total, low, high) in cases {
            let found = wilson_interval(correct, total);
            assert!(
                (found.low - low).abs() < 1e-6 && (found.high - high).abs() < 1e-6,
                "{found:?}"
            );
        }
    }
}
