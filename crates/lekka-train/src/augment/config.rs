//! Ranges and chances of the changes.

use serde::{Deserialize, Serialize};

/// What is changed in an image, and how far. All ranges off is [`Augmentation::off`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Chance that an image is changed at all, 0 to 1.
    pub probability: f32,
    /// Greatest rotation to either side, degrees.
    pub rotation: f32,
    /// Greatest horizontal shear to either side, pixels per pixel of height.
    pub shear: f32,
    /// Range of the factor on the glyph's height. The official digits are stretched in height by
    /// about 1.9 against what the pen wrote, so 0.5 is about the true proportion.
    pub height: [f32; 2],
    /// Chance that the height is changed, 0 to 1; else the glyph keeps the official proportions.
    pub height_probability: f32,
    /// Whether a changed glyph is scaled and centred again as the data set's procedure does: its
    /// longest side to 20 pixels, its centre of mass to the middle.
    pub refit: bool,
    /// Range of the factor on the size after that.
    pub scale: [f32; 2],
    /// Greatest shift in each direction after that, as a share of the picture's side.
    pub shift: f32,
    /// Smooth random displacement.
    pub elastic: Elastic,
    /// Thinner and thicker strokes.
    pub thickness: Thickness,
    /// A strip cut off one side.
    pub edge_crop: EdgeCrop,
    /// Remnants of ruled lines and smudges beside the glyph.
    pub clutter: Clutter,
    /// Blur, faded ink and noise.
    pub noise: Noise,
    /// Share of the images in whose place the network sees something that is no digit, with the
    /// same probability for all digits as target, 0 to 1.
    pub non_digits: f32,
}

/// Smooth random displacement, as of an unsteady hand (Simard, Steinkraus and Platt 2003).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Elastic {
    /// Chance, 0 to 1.
    pub probability: f32,
    /// Standard deviation of the displacement of a control point, pixels.
    pub amplitude: f32,
}

/// Thinner and thicker strokes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thickness {
    /// Chance, 0 to 1.
    pub probability: f32,
    /// Greatest share of a one-pixel erosion, 0 to 1.
    pub thinner: f32,
    /// Greatest share of a one-pixel dilation, 0 to 1.
    pub thicker: f32,
}

/// A strip cut off one side of the glyph, as by a cell border in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeCrop {
    /// Chance, 0 to 1.
    pub probability: f32,
    /// Greatest width of the strip as a share of the glyph's side.
    pub share: f32,
}

/// Remnants of ruled lines and smudges that were cut out together with the glyph.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clutter {
    /// Chance of a piece of a ruled line, 0 to 1.
    pub line: f32,
    /// Chance of one to three smudges, 0 to 1.
    pub smudge: f32,
}

/// Blur, faded ink and noise of single pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Noise {
    /// Chance of each of the three, 0 to 1.
    pub probability: f32,
    /// Greatest share of a 3x3 binomial blur, 0 to 1.
    pub blur: f32,
    /// Least brightness of the ink, 0 to 1.
    pub fade: f32,
    /// Greatest standard deviation of the noise on each pixel.
    pub deviation: f32,
}

impl Default for Augmentation {
    /// Nothing: see [`Augmentation::off`].
    fn default() -> Self {
        Self::off()
    }
}

impl Default for Elastic {
    fn default() -> Self {
        Self {
            probability: 0.0,
            amplitude: 1.0,
        }
    }
}

impl Default for Thickness {
    fn default() -> Self {
        Self {
            probability: 0.0,
            thinner: 0.5,
            thicker: 0.7,
        }
    }
}

impl Default for EdgeCrop {
    fn default() -> Self {
        Self {
            probability: 0.0,
            share: 0.12,
        }
    }
}

impl Default for Clutter {
    fn default() -> Self {
        Self {
            line: 0.0,
            smudge: 0.0,
        }
    }
}

impl Default for Noise {
    fn default() -> Self {
        Self {
            probability: 0.0,
            blur: 0.6,
            fade: 0.6,
            deviation: 0.08,
        }
    }
}

impl Augmentation {
    /// Nothing is changed.
    pub fn off() -> Self {
        Self {
            probability: 0.0,
            rotation: 0.0,
            shear: 0.0,
            height: [1.0, 1.0],
            height_probability: 1.0,
            refit: false,
            scale: [1.0, 1.0],
            shift: 0.0,
            elastic: Elastic::default(),
            thickness: Thickness::default(),
            edge_crop: EdgeCrop::default(),
            clutter: Clutter::default(),
            noise: Noise::default(),
            non_digits: 0.0,
        }
    }

    /// Rotation, shear, height, scale and shift only.
    pub fn affine() -> Self {
        Self {
            probability: 1.0,
            rotation: 12.0,
            shear: 0.2,
            height: [0.45, 1.05],
            refit: true,
            scale: [0.85, 1.1],
            shift: 0.08,
            ..Self::off()
        }
    }

    /// [`Augmentation::affine`] and a little of everything else.
    pub fn strong() -> Self {
        Self {
            elastic: Elastic {
                probability: 0.5,
                ..Elastic::default()
            },
            thickness: Thickness {
                probability: 0.5,
                ..Thickness::default()
            },
            edge_crop: EdgeCrop {
                probability: 0.1,
                ..EdgeCrop::default()
            },
            clutter: Clutter {
                line: 0.08,
                smudge: 0.08,
            },
            noise: Noise {
                probability: 0.15,
                ..Noise::default()
            },
            ..Self::affine()
        }
    }

    /// Checks all ranges.
    ///
    /// # Errors
    /// Names the field that is out of range.
    pub fn check(&self) -> Result<(), AugmentationError> {
        let within = |field: &'static str, value: f32, [low, high]: [f32; 2]| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(AugmentationError::Range {
                    field,
                    value,
                    low,
                    high,
                })
            }
        };
        for (field, value) in [
            ("probability", self.probability),
            ("elastic.probability", self.elastic.probability),
            ("thickness.probability", self.thickness.probability),
            ("thickness.thinner", self.thickness.thinner),
            ("thickness.thicker", self.thickness.thicker),
            ("edge_crop.probability", self.edge_crop.probability),
            ("clutter.line", self.clutter.line),
            ("clutter.smudge", self.clutter.smudge),
            ("noise.probability", self.noise.probability),
            ("noise.blur", self.noise.blur),
            ("noise.fade", self.noise.fade),
            ("noise.deviation", self.noise.deviation),
            ("shift", self.shift),
            ("height_probability", self.height_probability),
            ("non_digits", self.non_digits),
        ] {
            within(field, value, [0.0, 1.0])?;
        }
        within("rotation", self.rotation, [0.0, 180.0])?;
        within("shear", self.shear, [0.0, 2.0])?;
        within("elastic.amplitude", self.elastic.amplitude, [0.0, 5.0])?;
        within("edge_crop.share", self.edge_crop.share, [0.0, 0.5])?;
        for (field, [low, high]) in [("height", self.height), ("scale", self.scale)] {
            within(field, low, [0.1, 10.0])?;
            within(field, high, [0.1, 10.0])?;
            if low > high {
                return Err(AugmentationError::Reversed { field, low, high });
            }
        }
        Ok(())
    }
}

/// A range or chance that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AugmentationError {
    /// A value out of its range.
    #[error("augmentation.{field} is {value}, it must be in {low} to {high}")]
    Range {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: f32,
        /// Least value allowed.
        low: f32,
        /// Greatest value allowed.
        high: f32,
    },
    /// A range from high to low.
    #[error("augmentation.{field} goes from {low} down to {high}; write the smaller value first")]
    Reversed {
        /// Name of the field.
        field: &'static str,
        /// First value.
        low: f32,
        /// Second value.
        high: f32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_in_range_and_faults_are_named() {
        for preset in [
            Augmentation::off(),
            Augmentation::affine(),
            Augmentation::strong(),
        ] {
            preset.check().unwrap();
        }
        let cases = [
            (
                Augmentation {
                    shift: 2.0,
                    ..Augmentation::off()
                },
                "augmentation.shift is 2",
            ),
            (
                Augmentation {
                    shear: f32::NAN,
                    ..Augmentation::off()
                },
                "augmentation.shear is NaN",
            ),
            (
                Augmentation {
                    height: [1.0, 0.5],
                    ..Augmentation::off()
                },
                "from 1 down to 0.5",
            ),
            (
                Augmentation {
                    scale: [0.0, 1.0],
                    ..Augmentation::off()
                },
                "augmentation.scale is 0",
            ),
        ];
        for (config, expected) in cases {
            let message = config.check().unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
