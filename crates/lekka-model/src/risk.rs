//! Which digits need no second look: thresholds on the probability for wanted rates of errors.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::figure::share;
use crate::metadata::MetadataError;

/// Thresholds on the probability of a reading, each for an error rate among the digits that are
/// accepted, which are those at least as probable.
///
/// They are found on writers that the network was not trained on, and hold for digits of other
/// writers and scans only as far as these are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RiskTable {
    /// With this confidence the error rate of a level is not above its `max_error`, 0 to 1, for
    /// each level by itself.
    pub confidence: f64,
    /// Digits that the levels were found on.
    pub images: u64,
    /// Writers of these digits.
    pub writers: u64,
    /// The least error rate that these digits could show, 0 to 1: no threshold is known for less.
    pub least_error: f64,
    /// The levels, the strictest first.
    pub levels: Vec<RiskLevel>,
}

/// A threshold for an error rate, and what it accepts of a set: of the digits that a [`RiskTable`] was found on, or of
/// those that a [`Figure`](crate::Figure) was measured on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RiskLevel {
    /// The error rate among accepted digits that the level promises not to exceed, 0 to 1.
    pub max_error: f64,
    /// Digits at least as probable are accepted, 0 to 1.
    pub threshold: f32,
    /// Digits of the set that are accepted.
    pub accepted: u64,
    /// Errors among the accepted.
    pub errors: u64,
}

impl RiskLevel {
    /// Share of errors among the accepted digits, 0 to 1; 0 when none is accepted.
    pub fn error_rate(&self) -> f64 {
        self.errors as f64 / self.accepted.max(1) as f64
    }

    /// Refuses rates that are none, and more digits than the set has.
    pub(crate) fn check(&self, images: u64) -> Result<(), MetadataError> {
        share("greatest error of a level", self.max_error)?;
        share("threshold of a level", self.threshold.into())?;
        let counts = [
            ("accepted digits of a level", self.accepted, images),
            ("errors of a level", self.errors, self.accepted),
        ];
        for (what, value, most) in counts {
            if value > most {
                return Err(MetadataError::Count { what, value, most });
            }
        }
        Ok(())
    }
}

impl RiskTable {
    /// The level for an error rate: the loosest whose `max_error` is at most `max_error`.
    ///
    /// # Errors
    ///
    /// When no level is as strict.
    ///
    /// ```
    /// use lekka_model::{RiskLevel, RiskTable};
    /// let level = |max_error, threshold| RiskLevel { max_error, threshold, accepted: 900, errors: 0 };
    /// let table = RiskTable {
    ///     confidence: 0.95,
    ///     images: 1_000,
    ///     writers: 10,
    ///     least_error: 0.004,
    ///     levels: vec![level(0.005, 0.99), level(0.01, 0.9)],
    /// };
    /// assert_eq!(table.level(0.007)?.threshold, 0.99);
    /// assert!(table.level(0.001).is_err());
    /// # Ok::<(), lekka_model::RiskLevelError>(())
    /// ```
    pub fn level(&self, max_error: f64) -> Result<&RiskLevel, RiskLevelError> {
        // The negation keeps out what is not a number.
        if !(max_error > 0.0 && max_error <= 1.0) {
            return Err(RiskLevelError::Range { wanted: max_error });
        }
        let Some(least) = self.levels.first() else {
            return Err(RiskLevelError::NoLevels {
                wanted: max_error,
                images: self.images,
                least: self.least_error,
            });
        };
        let strict_enough = |level: &&RiskLevel| level.max_error <= max_error;
        self.levels
            .iter()
            .rev()
            .find(strict_enough)
            .ok_or(RiskLevelError::TooStrict {
                wanted: max_error,
                least: least.max_error,
                images: self.images,
                writers: self.writers,
                percent: 100.0 * self.confidence,
            })
    }

    /// Share of the digits that a level accepts, of those that it was found on.
    pub fn accepted_share(&self, level: &RiskLevel) -> f64 {
        level.accepted as f64 / self.images.max(1) as f64
    }

    pub(crate) fn check(&self) -> Result<(), MetadataError> {
        share("confidence of the table of levels", self.confidence)?;
        share("least error of the table of levels", self.least_error)?;
        let mut before = 0.0;
        for level in &self.levels {
            level.check(self.images)?;
            if level.max_error <= before {
                let (before, found) = (before, level.max_error);
                return Err(MetadataError::LevelOrder { before, found });
            }
            before = level.max_error;
        }
        Ok(())
    }
}

/// Why there is no threshold for an error rate.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RiskLevelError {
    /// It is no error rate.
    #[error("{wanted} is no error rate; give a number above 0 and at most 1, such as 0.001")]
    Range {
        /// What was asked for.
        wanted: f64,
    },
    /// Stricter than the data could show.
    #[error(
        "no threshold is known for an error rate of {wanted}: {images} digits of {writers} writers \
         show {least} at the least, at {percent} % confidence; ask for {least} or more"
    )]
    TooStrict {
        /// What was asked for.
        wanted: f64,
        /// The strictest level.
        least: f64,
        /// Digits that the levels were found on.
        images: u64,
        /// Their writers.
        writers: u64,
        /// Confidence in percent.
        percent: f64,
    },
    /// The data could show none of the levels.
    #[error(
        "no threshold is known for an error rate of {wanted}: the {images} digits that the weights \
         were calibrated on can show {least:.4} at the least; give a probability as threshold, or \
         weights that were calibrated on more digits"
    )]
    NoLevels {
        /// What was asked for.
        wanted: f64,
        /// Digits that levels were looked for on.
        images: u64,
        /// What these could show.
        least: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> RiskTable {
        let level = |max_error, threshold, accepted| RiskLevel {
            max_error,
            threshold,
            accepted,
            errors: 1,
        };
        RiskTable {
            confidence: 0.95,
            images: 10_000,
            writers: 8,
            least_error: 0.0008,
            levels: vec![level(0.001, 0.999, 8_000), level(0.01, 0.9, 9_500)],
        }
    }

    #[test]
    fn the_loosest_level_that_is_strict_enough_is_taken() {
        let table = table();
        for (wanted, expected) in [(0.001, 0.001), (0.009, 0.001), (0.01, 0.01), (1.0, 0.01)] {
            let level = table.level(wanted).unwrap();
            assert!((level.max_error - expected).abs() < 1e-12, "{wanted}");
        }
        assert!((table.accepted_share(&table.levels[0]) - 0.8).abs() < 1e-12);
    }

    #[test]
    fn levels_that_are_not_known_are_refused_with_the_least() {
        let message = |table: &RiskTable, wanted| table.level(wanted).unwrap_err().to_string();
        let strict = message(&table(), 0.0005);
        assert!(
            strict.contains("error rate of 0.0005")
                && strict.contains("10000 digits of 8 writers show 0.001"),
            "{strict}"
        );
        let mut none = table();
        none.levels.clear();
        assert!(message(&none, 0.0005).contains("0.0008 at the least"));
        for wrong in [0.0, -1.0, 1.5, f64::NAN] {
            assert!(message(&table(), wrong).contains("is no error rate"));
        }
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        assert_eq!(table().check(), Ok(()));
        let with = |change: fn(&mut RiskTable)| {
            let mut table = table();
            change(&mut table);
            table.check().unwrap_err().to_string()
        };
        for (message, expected) in [
            (with(|t| t.confidence = 95.0), "levels 95, it must"),
            (with(|t| t.least_error = f64::NAN), "least error"),
            (
                with(|t| t.levels[0].threshold = 1.5),
                "threshold of a level 1.5",
            ),
            (
                with(|t| t.levels[1].accepted = 10_001),
                "10001 accepted digits of a level, of 10000",
            ),
            (
                with(|t| t.levels[1].errors = 9_501),
                "9501 errors of a level, of 9500",
            ),
            (
                with(|t| t.levels.reverse()),
                "the level 0.001 behind the level 0.01",
            ),
        ] {
            assert!(message.contains(expected), "{message}");
        }
    }
}
