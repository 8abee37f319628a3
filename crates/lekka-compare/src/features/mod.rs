//! What the methods see of an image.

mod dag;
mod gradient;
mod hog;

pub use dag::Dag;
pub use hog::Hog;

use crate::error::CompareError;
use lekka_train::data::{IMAGE_PIXELS, IMAGE_SIDE};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A kind of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    /// The 784 pixels, 0 to 1.
    Pixels,
    /// Histograms of oriented gradients: see [`Hog`]; 324 numbers.
    Hog,
    /// Distributed averages of gradients: see [`Dag`]; 144 numbers.
    Dag,
}

impl FeatureKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Pixels, Self::Hog, Self::Dag];

    /// The name used in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pixels => "pixels",
            Self::Hog => "hog",
            Self::Dag => "dag",
        }
    }

    /// Numbers that describe one image.
    pub fn length(self) -> usize {
        match self {
            Self::Pixels => IMAGE_PIXELS,
            Self::Hog => Hog::default().length(IMAGE_SIDE, IMAGE_SIDE),
            Self::Dag => Dag::default().length(IMAGE_SIDE, IMAGE_SIDE),
        }
    }

    /// Describes one image of 28x28 pixels; all values are in 0 to 1.
    pub fn describe(self, image: &[u8]) -> Vec<f32> {
        match self {
            Self::Pixels => image.iter().map(|&p| f32::from(p) / 255.0).collect(),
            Self::Hog => Hog::default().describe(image, IMAGE_SIDE, IMAGE_SIDE),
            Self::Dag => Dag::default().describe(image, IMAGE_SIDE, IMAGE_SIDE),
        }
    }

    /// Describes images `[N, 28, 28]`; one vector of [`FeatureKind::length`] numbers each.
    pub fn describe_all(self, images: &[u8]) -> Vec<Vec<f32>> {
        images
            .par_chunks_exact(IMAGE_PIXELS)
            .map(|image| self.describe(image))
            .collect()
    }
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FeatureKind {
    type Err = CompareError;

    fn from_str(name: &str) -> Result<Self, CompareError> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| {
            CompareError::Settings(format!(
                "there are no features '{name}'; there are {}",
                Self::ALL.map(Self::name).join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_image_gives_finite_values_in_the_unit_interval(
            image in proptest::collection::vec(any::<u8>(), IMAGE_PIXELS),
        ) {
            for kind in FeatureKind::ALL {
                let values = kind.describe(&image);
                prop_assert_eq!(values.len(), kind.length());
                prop_assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
            }
        }
    }

    #[test]
    fn an_empty_image_has_no_gradients() {
        let image = [0; IMAGE_PIXELS];
        for kind in FeatureKind::ALL {
            assert!(kind.describe(&image).iter().all(|&value| value == 0.0));
        }
    }

    #[test]
    fn lengths_and_names() {
        assert_eq!(FeatureKind::ALL.map(FeatureKind::length), [784, 324, 144]);
        for kind in FeatureKind::ALL {
            assert_eq!(kind.name().parse::<FeatureKind>().unwrap(), kind);
        }
        let message = "sift".parse::<FeatureKind>().unwrap_err().to_string();
        assert_eq!(
            message,
            "there are no features 'sift'; there are pixels, hog, dag"
        );
    }
}
