//! Changes of a whole line of digits.

use super::config::{AugmentationError, Elastic, Thickness};
use super::elastic::Displacement;
use super::glyph::thickened;
use lekka_nn::random::Random;
use serde::{Deserialize, Serialize};

/// What is changed in a composed line, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineAugmentation {
    /// Greatest change of the width against the height, as the natural logarithm of a factor.
    pub stretch: f32,
    /// Least scale of the scan, 0 to 1; half of the lines are scaled down before they come to the network's height.
    pub scale: f32,
    /// Smooth random displacement, in pixels of the line's picture.
    pub elastic: Elastic,
    /// Thinner and thicker strokes, in pixels of the line's picture.
    pub thickness: Thickness,
}

impl LineAugmentation {
    /// Nothing but the scale of the scan.
    pub fn off() -> Self {
        Self {
            stretch: 0.0,
            scale: 0.4,
            elastic: Elastic::default(),
            thickness: Thickness::default(),
        }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// Names the value that is out of range.
    pub fn check(&self) -> Result<(), AugmentationError> {
        for (field, value, [low, high]) in [
            ("numbers.augmentation.stretch", self.stretch, [0.0, 1.0]),
            ("numbers.augmentation.scale", self.scale, [0.05, 1.0]),
            ("elastic.probability", self.elastic.probability, [0.0, 1.0]),
            ("elastic.amplitude", self.elastic.amplitude, [0.0, 7.0]),
            (
                "thickness.probability",
                self.thickness.probability,
                [0.0, 1.0],
            ),
            ("thickness.thinner", self.thickness.thinner, [0.0, 1.0]),
            ("thickness.thicker", self.thickness.thicker, [0.0, 1.0]),
        ] {
            if !(low..=high).contains(&value) {
                return Err(AugmentationError::Range {
                    field,
                    value,
                    low,
                    high,
                });
            }
        }
        Ok(())
    }

    /// Factors on width and height of the ink before it comes to the network's height; `None` leaves it as it is.
    pub(crate) fn draw_scale(&self, random: &mut Random) -> Option<[f32; 2]> {
        let scale = random.range(self.scale, 1.0);
        let scale = (random.uniform() >= 0.5).then_some(scale);
        if self.stretch > 0.0 {
            let stretch = random.range(-self.stretch, self.stretch).exp();
            let scale = scale.unwrap_or(1.0);
            return Some([scale * stretch, scale]);
        }
        scale.map(|scale| [scale, scale])
    }

    /// Changes a line's picture of this width, values in 0 to 1, whose rim is empty.
    pub(crate) fn apply(&self, pixels: &mut [f32], width: usize, random: &mut Random) {
        let height = pixels.len() / width.max(1);
        if self.thickness.probability > 0.0 && random.uniform() < self.thickness.probability {
            let amount = random.range(-self.thickness.thinner, self.thickness.thicker);
            let before = pixels.to_vec();
            for y in 1..height.saturating_sub(1) {
                for x in 1..width.saturating_sub(1) {
                    let at = y * width + x;
                    pixels[at] = thickened(&before, width, at, amount);
                }
            }
        }
        if self.elastic.probability > 0.0 {
            let moved = Displacement::draw(self.elastic, [width, height], random);
            if moved.is_none() {
                return;
            }
            let before = pixels.to_vec();
            for (index, value) in pixels.iter_mut().enumerate() {
                let [dx, dy] = moved.at(index);
                let (x, y) = ((index % width) as f32 + dx, (index / width) as f32 + dy);
                *value = sample(&before, [width, height], x, y);
            }
        }
    }
}

impl Default for LineAugmentation {
    /// That of the preset `numbers`.
    fn default() -> Self {
        Self {
            stretch: 0.2,
            elastic: Elastic {
                probability: 0.6,
                amplitude: 1.0,
            },
            thickness: Thickness {
                probability: 0.5,
                ..Thickness::default()
            },
            ..Self::off()
        }
    }
}

/// The value between pixels, bilinear; black outside.
fn sample(pixels: &[f32], [width, height]: [usize; 2], x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (x - left, y - top);
    let at = |x: f32, y: f32| {
        let inside = x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32;
        if inside {
            pixels[y as usize * width + x as usize]
        } else {
            0.0
        }
    };
    let row = |y: f32| at(left, y) + across * (at(left + 1.0, y) - at(left, y));
    row(top) + down * (row(top + 1.0) - row(top))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar three pixels wide in a picture of 40 by 32.
    fn bar() -> Vec<f32> {
        let inside =
            |index: usize| (19..22).contains(&(index % 40)) && (6..26).contains(&(index / 40));
        (0..40 * 32)
            .map(|index| f32::from(u8::from(inside(index))))
            .collect()
    }

    fn ink(pixels: &[f32]) -> f32 {
        pixels.iter().sum()
    }

    #[test]
    fn nothing_is_changed_that_is_off() {
        let mut pixels = bar();
        LineAugmentation::off().apply(&mut pixels, 40, &mut Random::new(1));
        assert_eq!(pixels, bar());
        LineAugmentation::default().apply(&mut [], 0, &mut Random::new(1));
    }

    #[test]
    fn strokes_become_thicker_and_thinner() {
        for (thinner, thicker) in [(0.0, 1.0), (1.0, 0.0)] {
            let augmentation = LineAugmentation {
                thickness: Thickness {
                    probability: 1.0,
                    thinner,
                    thicker,
                },
                ..LineAugmentation::off()
            };
            let mut pixels = bar();
            augmentation.apply(&mut pixels, 40, &mut Random::new(3));
            assert_eq!(ink(&pixels) > ink(&bar()), thicker > 0.0);
        }
    }

    #[test]
    fn displacement_keeps_about_the_ink_and_moves_it() {
        let augmentation = LineAugmentation {
            elastic: Elastic {
                probability: 1.0,
                amplitude: 1.0,
            },
            ..LineAugmentation::off()
        };
        let mut pixels = bar();
        augmentation.apply(&mut pixels, 40, &mut Random::new(3));
        assert!((ink(&pixels) / ink(&bar()) - 1.0).abs() < 0.25);
        assert_ne!(pixels, bar());
    }

    #[test]
    fn ranges_are_checked() {
        let wrong = LineAugmentation {
            scale: 0.0,
            ..LineAugmentation::default()
        };
        let error = wrong.check().unwrap_err().to_string();
        assert!(error.contains("numbers.augmentation.scale"), "{error}");
        assert!(LineAugmentation::default().check().is_ok());
    }
}
