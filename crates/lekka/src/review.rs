//! Which readings are for review.

use lekka_model::{Metadata, RiskLevelError, RiskTable};
use thiserror::Error;

/// Readings less probable than this are for review, unless the weights or the caller say otherwise.
pub const DEFAULT_REVIEW_THRESHOLD: f32 = 0.9;

/// What decides whether a reading is for review.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum ReviewRule {
    /// The weights' own threshold, or [`DEFAULT_REVIEW_THRESHOLD`] where they have none.
    #[default]
    Weights,
    /// Readings with a lower probability are for review, 0 to 1.
    Threshold(f32),
    /// No more than this share, above 0 and at most 1, of the readings that are not for review
    /// shall be wrong. The threshold is that of the weights' table of error rates: it was found
    /// on writers that the network had not seen, and holds with the confidence of the table for
    /// further writers who write, and pages that are scanned, as these were. It promises nothing
    /// for a single page, other hands, or what is no digit.
    MaxError(f64),
}

/// What weights know about their own doubt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Review {
    threshold: Option<f32>,
    risk: Option<RiskTable>,
}

impl Review {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            threshold: metadata.review_threshold,
            risk: metadata.risk.clone(),
        }
    }

    /// The least probability that needs no review.
    pub(crate) fn threshold(&self, rule: ReviewRule) -> Result<f32, ReviewError> {
        match rule {
            ReviewRule::Weights => Ok(self.threshold.unwrap_or(DEFAULT_REVIEW_THRESHOLD)),
            ReviewRule::Threshold(threshold) => Ok(threshold),
            ReviewRule::MaxError(wanted) => {
                let risk = self.risk.as_ref().ok_or(ReviewError::NoTable { wanted })?;
                Ok(risk.level(wanted)?.threshold)
            }
        }
    }
}

/// Why there is no threshold for an error rate.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// The weights say nothing about error rates.
    #[error(
        "the weights have no table of error rates, so no threshold is known for an error rate of \
         {wanted}; give a probability as threshold, or weights made by `lekka model release`"
    )]
    NoTable {
        /// What was asked for.
        wanted: f64,
    },
    /// Their table has no threshold for this rate.
    #[error(transparent)]
    Level(#[from] RiskLevelError),
}

#[cfg(test)]
mod tests {
    use lekka_model::RiskLevel;

    use super::*;

    #[test]
    fn rules_have_their_thresholds() {
        let mut metadata = Metadata::new("paper");
        let threshold = |metadata: &Metadata, rule| Review::of(metadata).threshold(rule);
        assert_eq!(threshold(&metadata, ReviewRule::Weights), Ok(0.9));
        let strict = ReviewRule::MaxError(0.002);
        let none = threshold(&metadata, strict).unwrap_err().to_string();
        assert!(none.contains("error rate of 0.002"), "{none}");

        metadata.review_threshold = Some(0.8);
        metadata.risk = Some(RiskTable {
            confidence: 0.95,
            images: 1_000,
            writers: 10,
            least_error: 0.004,
            levels: vec![RiskLevel {
                max_error: 0.01,
                threshold: 0.97,
                accepted: 900,
                errors: 2,
            }],
        });
        assert_eq!(threshold(&metadata, ReviewRule::Weights), Ok(0.8));
        assert_eq!(threshold(&metadata, ReviewRule::Threshold(0.5)), Ok(0.5));
        assert_eq!(threshold(&metadata, ReviewRule::MaxError(0.02)), Ok(0.97));
        assert!(matches!(
            threshold(&metadata, strict),
            Err(ReviewError::Level(RiskLevelError::TooStrict { .. }))
        ));
    }
}
