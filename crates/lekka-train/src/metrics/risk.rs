//! Which digits need no second look: the risk-coverage curve, and thresholds that keep the rate of
//! errors among the digits that are accepted below a wanted one.
//!
//! A threshold is chosen by fixed-sequence testing (A. N. Angelopoulos, S. Bates, E. J. Candès,
//! M. I. Jordan and L. Lei 2021, "Learn then Test: Calibrating Predictive Algorithms to Achieve
//! Risk Control", arXiv:2110.01052): thresholds of a grid that does not depend on the data are
//! tested from strict to loose, and the first at which the upper bound of the error rate is above
//! the wanted rate ends the sequence; the one before it is taken. A threshold that is too loose is
//! then taken in no more than 5 % of all draws of the data, although the same data choose it,
//! and no correction for the number of thresholds is needed.
//!
//! What this rests on:
//! - The readings are of writers that the network was not trained on, and writers and digits to
//!   come are drawn as these were. Other hands, scanners or forms are not covered.
//! - The bound is the greater of the binomial one and the one that counts writers,
//!   [`clustered_upper`]. The latter cannot see how errors gather in writers when there are hardly
//!   any errors.
//! - The sequence begins where half of the digits are accepted. Which threshold this is depends on
//!   the probabilities, but not on which readings are right, and moves little from draw to draw.

use super::binomial::{Group, clopper_pearson_upper, clustered_upper};
use lekka_model::{RiskLevel, RiskTable};
use serde::Serialize;
use thiserror::Error;

/// The confidence of all bounds.
pub const CONFIDENCE: f64 = 0.95;

/// The error rates of a table of levels.
pub const LEVELS: [f64; 10] = [
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
];

/// Share of the digits that the first threshold to be tested accepts.
const FIRST_COVERAGE: f64 = 0.5;

/// A reading of a digit whose label is known, by a network that was not trained on its writer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedReading {
    /// Probability of the digit that was read, 0 to 1.
    pub probability: f32,
    /// Whether it is the right digit.
    pub correct: bool,
    /// Number of the writer, counted from 0.
    pub writer: usize,
}

/// A point of the risk-coverage curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RiskPoint {
    /// Share of the digits that are accepted, above 0 to 1.
    pub coverage: f64,
    /// Share of errors among them, 0 to 1.
    pub error: f64,
    /// The least probability that is accepted, 0 to 1.
    pub threshold: f32,
}

/// Errors among the digits that are accepted, for each share that is accepted (R. El-Yaniv and
/// Y. Wiener 2010; Y. Geifman and R. El-Yaniv 2017).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RiskCoverage {
    /// Area under the curve, 0 to 1: the mean error over all numbers of accepted digits. The less,
    /// the better the probabilities tell right readings from wrong ones.
    pub area: f64,
    /// Points of the curve, by rising coverage.
    pub points: Vec<RiskPoint>,
}

impl RiskCoverage {
    /// The curve of readings, each the probability and whether it is right, with about as many
    /// `points`, evenly over the coverage. Equal probabilities are accepted together.
    ///
    /// ```
    /// use lekka_train::metrics::RiskCoverage;
    /// let curve = RiskCoverage::new([(0.9, true), (0.8, false), (0.99, true), (0.7, true)], 50);
    /// // 0, 0, 1/3 and 1/4 of one to four accepted digits are wrong.
    /// assert!((curve.area - (1.0 / 3.0 + 1.0 / 4.0) / 4.0).abs() < 1e-12);
    /// ```
    pub fn new(readings: impl IntoIterator<Item = (f32, bool)>, points: usize) -> Self {
        let mut readings: Vec<_> = readings.into_iter().collect();
        readings.sort_by(|a, b| b.0.total_cmp(&a.0));
        let total = readings.len().max(1) as f64;
        let mut curve = Self {
            area: 0.0,
            points: Vec::new(),
        };
        let (mut accepted, mut errors) = (0, 0);
        for equal in readings.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            accepted += equal.len();
            errors += equal.iter().filter(|reading| !reading.1).count();
            let coverage = accepted as f64 / total;
            let error = errors as f64 / accepted as f64;
            curve.area += error * equal.len() as f64 / total;
            let next = (curve.points.len() + 1) as f64 / points.max(1) as f64;
            // The last point is that of all digits.
            if coverage >= next - 1e-9 || accepted == readings.len() {
                curve.points.push(RiskPoint {
                    coverage,
                    error,
                    threshold: equal[0].0,
                });
            }
        }
        curve
    }
}

/// A threshold with what it accepts.
#[derive(Debug, Clone, Copy)]
struct Step {
    threshold: f32,
    accepted: usize,
    errors: usize,
    /// Upper bound on the error rate among the accepted.
    bound: f64,
}

/// Chooses thresholds for wanted rates of errors, as the module describes.
#[derive(Debug, Clone)]
pub struct RiskControl {
    images: usize,
    writers: usize,
    /// The thresholds that are tested, the strictest first; at least one.
    steps: Vec<Step>,
}

impl RiskControl {
    /// Counts what each threshold accepts.
    ///
    /// # Errors
    /// When the readings are of fewer than two writers.
    pub fn new(readings: &[JudgedReading]) -> Result<Self, RiskError> {
        let slots = readings.iter().map(|reading| reading.writer + 1).max();
        let mut seen = vec![false; slots.unwrap_or(0)];
        for reading in readings {
            seen[reading.writer] = true;
        }
        let writers = seen.iter().filter(|&&seen| seen).count();
        if writers < 2 {
            return Err(RiskError::Writers { found: writers });
        }
        let mut sorted = readings.to_vec();
        sorted.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        let mut left = sorted.as_slice();
        let mut groups = vec![Group::default(); seen.len()];
        let mut steps: Vec<Step> = Vec::new();
        for threshold in grid() {
            let count = left.partition_point(|reading| reading.probability >= threshold);
            let (accepted, rest) = left.split_at(count);
            left = rest;
            for reading in accepted {
                groups[reading.writer].total += 1;
                groups[reading.writer].errors += usize::from(!reading.correct);
            }
            let total = readings.len() - left.len();
            if (total as f64) < FIRST_COVERAGE * readings.len() as f64 {
                continue;
            }
            let errors = groups.iter().map(|group| group.errors).sum();
            let bound = match steps.last() {
                // Nothing came to the digits before.
                Some(last) if last.accepted == total => last.bound,
                _ => clopper_pearson_upper(errors as f64, total as f64, CONFIDENCE)
                    .max(clustered_upper(&groups)),
            };
            steps.push(Step {
                threshold,
                accepted: total,
                errors,
                bound,
            });
        }
        Ok(Self {
            images: readings.len(),
            writers,
            steps,
        })
    }

    /// The least error rate for which there is a threshold, 0 to 1: with no error among the `n`
    /// accepted digits of the strictest threshold, a little above `3 / n`.
    pub fn least_error(&self) -> f64 {
        self.steps.first().map_or(1.0, |step| step.bound)
    }

    /// The loosest threshold that keeps the error rate among accepted digits at `max_error` or
    /// below, with 95 % confidence.
    ///
    /// # Errors
    /// When `max_error` is not above 0 and at most 1, or the data cannot show as little.
    pub fn threshold(&self, max_error: f64) -> Result<RiskLevel, RiskError> {
        if !(max_error > 0.0 && max_error <= 1.0) {
            return Err(RiskError::Level { found: max_error });
        }
        let last = self
            .steps
            .iter()
            .take_while(|step| step.bound <= max_error)
            .last();
        let step = last.ok_or(RiskError::TooStrict {
            wanted: max_error,
            least: self.least_error(),
            images: self.images,
            writers: self.writers,
        })?;
        Ok(RiskLevel {
            max_error,
            threshold: step.threshold,
            accepted: step.accepted as u64,
            errors: step.errors as u64,
        })
    }

    /// The table for weights: those of [`LEVELS`] for which there is a threshold.
    pub fn table(&self) -> RiskTable {
        RiskTable {
            confidence: CONFIDENCE,
            images: self.images as u64,
            writers: self.writers as u64,
            least_error: self.least_error(),
            levels: LEVELS
                .iter()
                .filter_map(|&level| self.threshold(level).ok())
                .collect(),
        }
    }
}

/// The thresholds from strict to loose: 1 less 1e-6 to 0.93, in steps of a 32nd of a decade, and 0
/// at the end, which accepts all.
fn grid() -> impl Iterator<Item = f32> {
    let doubts = (1..=6 * 32).rev().map(|step| f64::from(step) / 32.0);
    doubts
        .map(|decades| (1.0 - 10_f64.powf(-decades)) as f32)
        .chain([0.0])
}

/// Why there is no threshold.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RiskError {
    /// Too few writers.
    #[error(
        "the readings are of {found} writers, at least 2 are needed to tell how errors gather in \
         writers; hold out more of them"
    )]
    Writers {
        /// Number of writers.
        found: usize,
    },
    /// It is no error rate.
    #[error("{found} is no error rate; give a number above 0 and at most 1, such as 0.001")]
    Level {
        /// What was asked for.
        found: f64,
    },
    /// The data cannot show as little.
    #[error(
        "{images} digits of {writers} writers cannot show an error rate of {wanted}; the least that \
         they can is {least:.6}; ask for that or more, or measure more digits"
    )]
    TooStrict {
        /// What was asked for.
        wanted: f64,
        /// The least that can be shown.
        least: f64,
        /// Number of digits.
        images: usize,
        /// Number of their writers.
        writers: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_nn::random::Random;
    use proptest::prelude::*;

    /// `count` readings of ten writers in turn.
    fn readings(count: usize, of: impl Fn(usize) -> (f32, bool)) -> Vec<JudgedReading> {
        let reading = |index| {
            let (probability, correct) = of(index);
            JudgedReading {
                probability,
                correct,
                writer: index % 10,
            }
        };
        (0..count).map(reading).collect()
    }

    #[test]
    fn equal_probabilities_are_accepted_together() {
        let curve = RiskCoverage::new([(0.9, true), (0.5, false), (0.9, false), (0.5, true)], 4);
        // Two of two with one error, then four of four with two.
        let points: Vec<_> = curve.points.iter().map(|p| (p.coverage, p.error)).collect();
        assert_eq!(points, [(0.5, 0.5), (1.0, 0.5)]);
        assert!((curve.area - 0.5).abs() < 1e-12);
        assert!(RiskCoverage::new([], 50).points.is_empty());
    }

    #[test]
    fn curves_have_about_as_many_points_as_wanted() {
        let readings = (0..10_000_u16).map(|index| (f32::from(index) / 1e4, index > 500));
        let curve = RiskCoverage::new(readings, 50);
        assert_eq!(curve.points.len(), 50);
        let last = curve.points[49];
        assert!((last.coverage - 1.0).abs() < 1e-12 && (last.error - 0.0501).abs() < 1e-12);
        assert!(curve.points.is_sorted_by(|a, b| a.coverage < b.coverage));
    }

    #[test]
    fn the_sequence_ends_at_the_first_bound_above_the_level() {
        // 900 sure and right, 100 doubtful of which every fifth is wrong.
        let all = readings(1_000, |index| match index {
            0..900 => (0.999, true),
            _ => (0.6, index % 5 != 0),
        });
        let control = RiskControl::new(&all).unwrap();
        // 3 / 900 and a little more for the ten writers.
        let least = control.least_error();
        assert!((0.0033..0.0045).contains(&least), "{least}");
        let strict = control.threshold(0.01).unwrap();
        assert_eq!((strict.accepted, strict.errors), (900, 0));
        assert!(strict.threshold > 0.6 && strict.threshold <= 0.999);
        // 20 of 1000 are wrong, all of them of two writers.
        let loose = control.threshold(0.1).unwrap();
        assert_eq!((loose.accepted, loose.errors), (1_000, 20));
        assert!(loose.threshold < f32::MIN_POSITIVE);
    }

    #[test]
    fn what_the_data_cannot_show_is_refused_with_the_least_that_they_can() {
        let control = RiskControl::new(&readings(3_000, |_| (1.0, true))).unwrap();
        let least = control.least_error();
        assert!((0.000_998..0.0013).contains(&least), "{least}");
        let message = control.threshold(0.0005).unwrap_err().to_string();
        assert!(
            message.contains("3000 digits of 10 writers cannot show an error rate of 0.0005")
                && message.contains(&format!("{least:.6}")),
            "{message}"
        );
        assert!(control.threshold(least).is_ok());
        let table = control.table();
        assert!((table.levels[0].max_error - 0.002).abs() < 1e-12);
        for wrong in [0.0, 1.1, f64::NAN] {
            assert!(matches!(
                control.threshold(wrong),
                Err(RiskError::Level { .. })
            ));
        }
        let one_writer = JudgedReading {
            probability: 1.0,
            correct: true,
            writer: 3,
        };
        let error = RiskControl::new(&[one_writer; 9]).unwrap_err();
        assert_eq!(error, RiskError::Writers { found: 1 });
    }

    /// The probability of an error of a reading with this probability, in the simulations.
    fn true_error(probability: f32, factor: f64) -> f64 {
        (f64::from(1.0 - probability) * factor).min(1.0)
    }

    /// A probability: its doubt is 10 to the power of -4 to 0, each power as likely.
    fn draw(random: &mut Random) -> f32 {
        1.0 - 0.9 * 10_f32.powf(-4.0 * random.uniform())
    }

    /// How often, of 300 draws, the error rate that a threshold has in truth is above the level.
    /// `factor` draws what a writer's errors are multiplied by; its mean is 1.
    fn exceeded(factor: impl Fn(&mut Random) -> f64) -> usize {
        const LEVEL: f64 = 0.02;
        let mut random = Random::new(5);
        let mut truth: Vec<f32> = (0..40_000).map(|_| draw(&mut random)).collect();
        truth.sort_by(|a, b| b.total_cmp(a));
        let mut exceeded = 0;
        for _ in 0..300 {
            let mut drawn = Vec::new();
            for writer in 0..40 {
                let factor = factor(&mut random);
                for _ in 0..50 {
                    let probability = draw(&mut random);
                    let error = true_error(probability, factor);
                    drawn.push(JudgedReading {
                        probability,
                        correct: f64::from(random.uniform()) >= error,
                        writer,
                    });
                }
            }
            let control = RiskControl::new(&drawn).unwrap();
            let Ok(level) = control.threshold(LEVEL) else {
                continue;
            };
            let accepted = truth.iter().take_while(|&&p| p >= level.threshold);
            let count = accepted.clone().count().max(1) as f64;
            let risk = accepted.map(|&p| true_error(p, 1.0)).sum::<f64>() / count;
            exceeded += usize::from(risk > LEVEL);
        }
        exceeded
    }

    #[test]
    fn the_level_is_kept_in_95_of_100_draws() {
        // 15 of 300 are expected at most; 24 would happen once in a hundred times at that rate.
        let independent = exceeded(|_| 1.0);
        assert!(independent <= 23, "{independent} of 300");
    }

    #[test]
    fn the_level_is_kept_when_errors_gather_in_writers() {
        // One writer in five makes nearly all errors.
        let gathered = exceeded(|random| if random.uniform() < 0.2 { 4.6 } else { 0.1 });
        assert!(gathered <= 23, "{gathered} of 300");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_looser_level_has_no_stricter_threshold(
            seed in any::<u64>(),
            levels in prop::array::uniform2(0.005_f64..0.5),
        ) {
            let mut random = Random::new(seed);
            let drawn: Vec<_> = (0..400).map(|index| {
                let probability = draw(&mut random);
                let correct = f64::from(random.uniform()) >= true_error(probability, 1.0);
                JudgedReading { probability, correct, writer: index % 7 }
            }).collect();
            let control = RiskControl::new(&drawn).unwrap();
            let [low, high] = if levels[0] < levels[1] { levels } else { [levels[1], levels[0]] };
            if let Ok(strict) = control.threshold(low) {
                let loose = control.threshold(high).unwrap();
                prop_assert!(loose.threshold <= strict.threshold);
                prop_assert!(loose.accepted >= strict.accepted);
            }
            if let Ok(level) = control.threshold(high) {
                let accepted = drawn.iter().filter(|r| r.probability >= level.threshold);
                prop_assert_eq!(accepted.clone().count() as u64, level.accepted);
                prop_assert_eq!(accepted.filter(|r| !r.correct).count() as u64, level.errors);
            }
        }
    }
}
