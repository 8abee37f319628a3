//! The pictures a network was trained on.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What was done to a digit before the network saw it. A reader has to do the same, so weights
/// that ask for something it cannot do are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// Height and width of a picture.
    pub size: [usize; 2],
    /// Which is ink: [`Preprocessing::WHITE_ON_BLACK`], ink 1 and paper 0.
    pub ink: String,
    /// How the digit was brought into the picture, with a version:
    /// [`Preprocessing::KANNADA_MNIST`].
    pub normalization: String,
    /// The proportions of the digits that the network was trained on.
    pub proportions: Proportions,
}

/// Heights of the digits that a network was trained on, as parts of the height in the official
/// training tensors, which are stretched to nearly twice the height of what the pen wrote.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Proportions {
    /// The flattest: 0.5 is half the official height, about what stands on paper.
    pub lowest: f32,
    /// The tallest: 1 is as in the official tensors.
    pub highest: f32,
}

impl Proportions {
    /// As the official tensors are.
    pub const OFFICIAL: Self = Self {
        lowest: 1.0,
        highest: 1.0,
    };
}

impl Preprocessing {
    /// Ink is 1, paper is 0.
    pub const WHITE_ON_BLACK: &str = "white-on-black";
    /// As Kannada-MNIST was made: Otsu, tight bounding box, longest side to 20 (bilinear), padded
    /// to 28x28, centre of mass moved to (14, 14).
    pub const KANNADA_MNIST: &str = "kannada-mnist/1";

    /// A line of digits of any width: level, its ink scaled to 26 pixels of a height of 32, proportions kept, four
    /// empty columns on both sides.
    pub const LINE: &str = "line/1";

    /// Whole lines, of which a network for them takes any width; the size's width says nothing.
    pub fn line(width: usize) -> Self {
        Self {
            size: [32, width],
            ink: Self::WHITE_ON_BLACK.to_owned(),
            normalization: Self::LINE.to_owned(),
            proportions: Proportions {
                lowest: 0.5,
                highest: 0.5,
            },
        }
    }

    /// Whether the pictures are whole lines rather than single digits.
    pub fn is_line(&self) -> bool {
        self.normalization == Self::LINE
    }

    /// That of Kannada-MNIST, with digits of the given proportions.
    pub fn kannada_mnist(proportions: Proportions) -> Self {
        Self {
            size: [28, 28],
            ink: Self::WHITE_ON_BLACK.to_owned(),
            normalization: Self::KANNADA_MNIST.to_owned(),
            proportions,
        }
    }

    /// Whether this program can do it.
    ///
    /// # Errors
    ///
    /// Names the first thing it cannot do.
    pub fn check(&self) -> Result<(), PreprocessingError> {
        let unknown = |what, found: &str, known| {
            Err(PreprocessingError::Unknown {
                what,
                found: found.to_owned(),
                known,
            })
        };
        let fits = if self.is_line() {
            self.size[0] == 32 && self.size[1] > 0
        } else {
            self.size == [28, 28]
        };
        if !fits {
            let [height, width] = self.size;
            return unknown("size", &format!("{height}x{width}"), "28x28");
        }
        if self.ink != Self::WHITE_ON_BLACK {
            return unknown("ink", &self.ink, Self::WHITE_ON_BLACK);
        }
        if self.normalization != Self::KANNADA_MNIST && !self.is_line() {
            return unknown("normalization", &self.normalization, Self::KANNADA_MNIST);
        }
        let Proportions { lowest, highest } = self.proportions;
        if !(lowest > 0.0 && lowest <= highest && highest.is_finite()) {
            return Err(PreprocessingError::Proportions { lowest, highest });
        }
        Ok(())
    }
}

/// Why pictures for these weights cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PreprocessingError {
    /// A step that this program does not have.
    #[error(
        "the weights need pictures prepared with {what} `{found}`, this program knows `{known}`; \
         use the version of Lekka that made the weights, or a newer one"
    )]
    Unknown {
        /// Which step.
        what: &'static str,
        /// What the weights need.
        found: String,
        /// What there is.
        known: &'static str,
    },
    /// Proportions that no digit can have.
    #[error(
        "the weights claim digits of {lowest} to {highest} of the official height, which is no \
         range of positive numbers; copy or download the file again"
    )]
    Proportions {
        /// The flattest.
        lowest: f32,
        /// The tallest.
        highest: f32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let known = Preprocessing::kannada_mnist(Proportions::OFFICIAL);
        assert_eq!(known.check(), Ok(()));
        let with = |change: fn(&mut Preprocessing)| {
            let mut changed = known.clone();
            change(&mut changed);
            changed.check().unwrap_err().to_string()
        };
        for (message, expected) in [
            (
                with(|p| p.size = [32, 28]),
                "size `32x28`, this program knows `28x28`",
            ),
            (
                with(|p| p.ink = "black".into()),
                "ink `black`, this program knows `white-on-black`",
            ),
            (
                with(|p| p.normalization = "kannada-mnist/2".into()),
                "`kannada-mnist/2`, this program knows `kannada-mnist/1`",
            ),
            (
                with(|p| p.proportions.lowest = 0.0),
                "0 to 1 of the official height",
            ),
            (with(|p| p.proportions.highest = f32::NAN), "1 to NaN"),
            (with(|p| p.proportions.highest = 0.5), "1 to 0.5"),
        ] {
            assert!(message.contains(expected), "{message}");
        }
    }
}
