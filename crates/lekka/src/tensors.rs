//! Digits that are already tensors of the data set's form.

use lekka_image::normalize::PIXELS;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::classifier::ClassifierError;
use crate::reading::Status;
use crate::recognizer::{CLASSES, Recognizer, by_digit};
use crate::review::{ReviewError, ReviewRule};

/// What stands on one tensor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TensorReading {
    /// The best reading, 0 to 9; none when the tensor has no ink.
    pub digit: Option<u8>,
    /// Calibrated probability of that reading, 0 to 1; of a tensor without ink 1.
    #[serde(serialize_with = "six_decimals")]
    pub probability: f32,
    /// Whether the reading can be trusted.
    pub status: Status,
    /// Calibrated probabilities of the digits 0 to 9; all 0 when the tensor has no ink.
    #[serde(serialize_with = "each_six_decimals")]
    pub probabilities: [f32; CLASSES],
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn six_decimals<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(*value))
}

fn each_six_decimals<S: Serializer>(
    values: &[f32; CLASSES],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    values.map(rounded).serialize(serializer)
}

fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e6).round() / 1e6
}

/// Why tensors were not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The values are no whole number of images.
    #[error("{values} values are no whole number of images of 28x28; give 784 values for each")]
    Length {
        /// Number of values.
        values: usize,
    },
    /// A value is no share of ink.
    #[error(
        "image {image}, row {row}, column {column} (from 0) is {value}, and pixels are 0 (paper) \
         to 1 (ink); divide bytes by 255"
    )]
    Value {
        /// Number of the image, from 0.
        image: usize,
        /// Row in it, from 0.
        row: usize,
        /// Column in it, from 0.
        column: usize,
        /// What stands there.
        value: f32,
    },
    /// The weights know no threshold for the rule for review.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The classifier failed.
    #[error("the classifier failed: {0}")]
    Classifier(ClassifierError),
}

impl Recognizer {
    /// Reads digits that somebody else has normalised as the data set is: `images` is
    /// `[N, 28, 28, 1]`, ink 1 on paper 0. An image without any ink is blank.
    ///
    /// # Errors
    ///
    /// When the length is no multiple of 784, a value is not within 0 to 1, the weights know no
    /// threshold for the rule, or the classifier fails.
    ///
    /// ```
    /// use lekka::{Recognizer, ReviewRule, Status};
    /// let recognizer = Recognizer::embedded()?;
    /// let blank = recognizer.read_tensors(&[0.0; 784], ReviewRule::default())?;
    /// assert_eq!((blank[0].digit, blank[0].status), (None, Status::Blank));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_tensors(
        &self,
        images: &[f32],
        review: ReviewRule,
    ) -> Result<Vec<TensorReading>, TensorError> {
        let (whole, rest) = images.as_chunks::<PIXELS>();
        if !rest.is_empty() {
            return Err(TensorError::Length {
                values: images.len(),
            });
        }
        check_values(images)?;
        let threshold = self.review_threshold(review)?;
        let inked = |image: &&[f32; PIXELS]| image.iter().any(|&value| value > 0.0);
        let written: Vec<f32> = whole.iter().filter(inked).flatten().copied().collect();
        let ranks = self.ranks(&written).map_err(TensorError::Classifier)?;
        let mut ranks = ranks.iter();
        let reading = |image: &[f32; PIXELS]| {
            let ranks = inked(&image).then(|| ranks.next()).flatten();
            ranks.map_or(BLANK, |ranks| TensorReading {
                digit: Some(ranks[0].digit),
                probability: ranks[0].probability,
                status: Status::of_digit(ranks[0].probability, threshold),
                probabilities: by_digit(ranks),
            })
        };
        Ok(whole.iter().map(reading).collect())
    }
}

const BLANK: TensorReading = TensorReading {
    digit: None,
    probability: 1.0,
    status: Status::Blank,
    probabilities: [0.0; CLASSES],
};

fn check_values(images: &[f32]) -> Result<(), TensorError> {
    // What is not a number is in no range.
    let wrong = images.iter().position(|value| !(0.0..=1.0).contains(value));
    wrong.map_or(Ok(()), |index| {
        Err(TensorError::Value {
            image: index / PIXELS,
            row: index % PIXELS / 28,
            column: index % 28,
            value: images[index],
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Classifier;

    /// Takes a digit for the tenth part of its first pixel, and is less sure of greater ones.
    struct FirstPixel;

    impl Classifier for FirstPixel {
        fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
            logits.clear();
            for image in images.chunks_exact(PIXELS) {
                let digit = (image[0] * 10.0).round() as usize;
                let sure = if digit > 5 { 1.0 } else { 9.0 };
                logits.extend((0..CLASSES).map(|class| if class == digit { sure } else { 0.0 }));
            }
            Ok(())
        }
    }

    fn image(first: f32) -> [f32; PIXELS] {
        let mut image = [0.0; PIXELS];
        image[0] = first;
        image
    }

    #[test]
    fn blanks_keep_their_place_among_the_digits() {
        let images = [image(0.3), image(0.0), image(0.7)].concat();
        let recognizer = Recognizer::with_classifier(FirstPixel);
        let readings = recognizer
            .read_tensors(&images, ReviewRule::Weights)
            .unwrap();
        let said: Vec<_> = readings.iter().map(|r| (r.digit, r.status)).collect();
        assert_eq!(
            said,
            [
                (Some(3), Status::Ok),
                (None, Status::Blank),
                (Some(7), Status::Review)
            ]
        );
        let json = serde_json::to_string(&readings[1]).unwrap();
        assert_eq!(
            json,
            r#"{"digit":null,"probability":1.0,"status":"blank","probabilities":[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]}"#
        );
    }

    #[test]
    fn what_is_no_tensor_is_named() {
        let recognizer = Recognizer::with_classifier(FirstPixel);
        let refused = |images: &[f32]| {
            recognizer
                .read_tensors(images, ReviewRule::Weights)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(&[0.0; 785]).starts_with("785 values"));
        let mut images = [image(0.1), image(0.2)].concat();
        for value in [f32::NAN, 1.5, -0.1, f32::INFINITY] {
            images[PIXELS + 28 + 3] = value;
            let message = refused(&images);
            assert!(
                message.contains("image 1, row 1, column 3"),
                "{value}: {message}"
            );
        }
    }
}
