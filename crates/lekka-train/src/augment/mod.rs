//! Augmentation on the fly: the same digit as another hand, pen, page or crop would have given it.
//!
//! Every image is drawn afresh in every epoch from `(seed, epoch, index)`, so a resumed run, or one
//! with another number of threads, sees the same pictures. All geometry is one inverse map with
//! one bilinear sampling; clutter is drawn in the same pass.
//!
//! Real glyphs are scaled so that the longest side of their ink is 20 pixels, and shifted so that
//! their centre of mass is in the middle. A changed glyph is *re-fitted* in the same way: the
//! network sees a squeezed "1" as wide as the real procedure would make it.

mod clutter;
mod config;
mod elastic;
mod glyph;
mod lines;
mod non_digits;
mod pixels;

pub use config::{Augmentation, AugmentationError, Clutter, EdgeCrop, Elastic, Noise, Thickness};
pub use lines::LineAugmentation;
pub(crate) use non_digits::non_digit;

use crate::data::{IMAGE_PIXELS, IMAGE_SIDE};
use clutter::Shapes;
use elastic::Displacement;
use glyph::Glyph;
use lekka_nn::random::Random;

/// Pixels of the longest side of a fitted glyph.
const FITTED: f32 = 20.0;
/// Where the centre of mass of a fitted glyph is, as a pixel index in both directions.
const CENTRE: f32 = 14.0;

/// Applies an [`Augmentation`] to images.
///
/// ```
/// use lekka_train::augment::{Augmentation, Augmenter};
///
/// let mut image = [0_u8; 784];
/// image[10 * 28 + 14] = 255;
/// let augmenter = Augmenter::new(Augmentation::off())?;
/// let mut out = [0.0; 784];
/// augmenter.apply(&image, 1, &mut out);
/// assert_eq!(out[10 * 28 + 14], 1.0);
/// # Ok::<(), lekka_train::augment::AugmentationError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Augmenter {
    config: Augmentation,
}

impl Augmenter {
    /// An augmenter with these ranges and chances.
    ///
    /// # Errors
    /// When a range is reversed or a chance is not in 0 to 1.
    pub fn new(config: Augmentation) -> Result<Self, AugmentationError> {
        config.check()?;
        Ok(Self { config })
    }

    /// The ranges and chances.
    pub fn config(&self) -> &Augmentation {
        &self.config
    }

    /// Writes the image (784 bytes) to `out` (784 values in 0 to 1), changed as `seed` draws it.
    ///
    /// # Panics
    /// When one of the slices is shorter than an image.
    pub fn apply(&self, image: &[u8], seed: u64, out: &mut [f32]) {
        let (image, out) = (&image[..IMAGE_PIXELS], &mut out[..IMAGE_PIXELS]);
        let random = &mut Random::new(seed);
        let config = &self.config;
        let glyph = if random.uniform() < config.probability {
            let mut glyph = Glyph::new(image);
            glyph.crop_edge(config.edge_crop, random);
            glyph.change_thickness(&config.thickness, random);
            // A glyph that was cropped away entirely, or never was, has no proportions.
            glyph.ink().map(|ink| (glyph, ink))
        } else {
            None
        };
        match glyph {
            Some((glyph, ink)) => {
                self.draw(&glyph, ink, random, out);
                pixels::disturb(&config.noise, random, out);
            }
            None => to_unit(image, out),
        }
    }

    fn draw(&self, glyph: &Glyph, ink: glyph::Ink, random: &mut Random, out: &mut [f32]) {
        let config = &self.config;
        let placed = self.draw_placement(glyph, ink, random);
        let elastic = Displacement::draw(config.elastic, [IMAGE_SIDE; 2], random);
        // Where the glyph is made much smaller, one sample per pixel would miss thin strokes.
        let samples: &[f32] = if placed.smallest < 0.7 {
            &[-0.25, 0.25]
        } else {
            &[0.0]
        };
        let weight = 1.0 / samples.len() as f32;
        for (index, value) in out.iter_mut().enumerate() {
            let (x, y) = ((index % IMAGE_SIDE) as f32, (index / IMAGE_SIDE) as f32);
            let moved = elastic.at(index);
            let mut sum = 0.0;
            for offset in samples {
                let [u, v] = placed.unplace(x, y + offset);
                sum += glyph.sample(
                    placed.inverse[0] * u + placed.inverse[1] * v + ink.centre[0] + moved[0],
                    placed.inverse[2] * u + placed.inverse[3] * v + ink.centre[1] + moved[1],
                );
            }
            *value = sum * weight;
        }
        placed.shapes.draw(&placed, out);
    }

    fn draw_placement(&self, glyph: &Glyph, ink: glyph::Ink, random: &mut Random) -> Placement {
        let config = &self.config;
        let angle = random.range(-config.rotation, config.rotation).to_radians();
        let shear = random.range(-config.shear, config.shear);
        let height = if random.uniform() < config.height_probability {
            draw_log(config.height, random)
        } else {
            1.0
        };
        let scale = draw_log(config.scale, random);
        let limit = config.shift * IMAGE_SIDE as f32;
        let shift = [random.range(-limit, limit), random.range(-limit, limit)];

        // First the hand's slant and rotation, then the procedure's change of height.
        let (sin, cos) = angle.sin_cos();
        let forward = [
            cos,
            cos * shear - sin,
            height * sin,
            height * (sin * shear + cos),
        ];
        let [mut left, mut top, mut right, mut bottom] = glyph.bounds_under(forward, ink.centre);
        let shapes = Shapes::draw_random(config.clutter, [left, top, right, bottom], random);
        let mut mass = [0.0, 0.0, ink.mass * height];
        for shape in shapes.iter() {
            let [x0, y0, x1, y1] = shape.bounds();
            (left, top) = (left.min(x0), top.min(y0));
            (right, bottom) = (right.max(x1), bottom.max(y1));
            let [x, y, weight] = shape.mass();
            mass = [mass[0] + x * weight, mass[1] + y * weight, mass[2] + weight];
        }
        // Coordinates are relative to the ink's centre of mass, where the glyph itself adds 0.
        let (fit, centre) = if config.refit {
            let longest = (right - left).max(bottom - top).max(1.0);
            (FITTED / longest, [mass[0] / mass[2], mass[1] / mass[2]])
        } else {
            (1.0, [CENTRE - ink.centre[0], CENTRE - ink.centre[1]])
        };
        let determinant = forward[0] * forward[3] - forward[1] * forward[2];
        let inverse = [forward[3], -forward[1], -forward[2], forward[0]].map(|v| v / determinant);
        Placement {
            factor: fit * scale,
            origin: [CENTRE + shift[0], CENTRE + shift[1]],
            centre,
            inverse,
            smallest: fit * scale * height.min(1.0),
            shapes,
        }
    }
}

/// How a glyph is put into the picture.
#[derive(Debug)]
struct Placement {
    /// Pixels of the picture per pixel of the changed glyph.
    factor: f32,
    /// Pixel of the picture at which `centre` ends up.
    origin: [f32; 2],
    /// Point of the changed glyph, relative to its ink's centre of mass.
    centre: [f32; 2],
    /// Matrix from the changed glyph back to the original.
    inverse: [f32; 4],
    /// Smallest scale in any direction.
    smallest: f32,
    shapes: Shapes,
}

impl Placement {
    /// The point of the changed glyph that a pixel of the picture shows.
    fn unplace(&self, x: f32, y: f32) -> [f32; 2] {
        [
            (x - self.origin[0]) / self.factor + self.centre[0],
            (y - self.origin[1]) / self.factor + self.centre[1],
        ]
    }
}

/// Draws a factor evenly on the logarithmic scale: 1/2 is as likely as 2.
fn draw_log([low, high]: [f32; 2], random: &mut Random) -> f32 {
    random.range(low.ln(), high.ln()).exp()
}

/// Bytes to values in 0 to 1.
pub(crate) fn to_unit(image: &[u8], out: &mut [f32]) {
    for (value, &byte) in out.iter_mut().zip(image) {
        *value = byte as f32 / 255.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A filled ellipse-like "0", 12 wide and 20 high, centred.
    fn zero() -> Vec<u8> {
        let mut image = vec![0; IMAGE_PIXELS];
        for (index, value) in image.iter_mut().enumerate() {
            let (x, y) = ((index % 28) as f32 - 14.0, (index / 28) as f32 - 14.0);
            let radius = (x / 6.0).hypot(y / 10.0);
            *value = if (0.75..=1.03).contains(&radius) {
                255
            } else {
                0
            };
        }
        image
    }

    fn extent(image: &[f32]) -> [usize; 4] {
        let inked = |index: &usize| image[*index] > 0.3;
        let columns = (0..IMAGE_PIXELS).filter(inked).map(|index| index % 28);
        let rows = (0..IMAGE_PIXELS).filter(inked).map(|index| index / 28);
        [
            columns.clone().min().unwrap(),
            rows.clone().min().unwrap(),
            columns.max().unwrap(),
            rows.max().unwrap(),
        ]
    }

    fn apply(config: Augmentation, seed: u64) -> Vec<f32> {
        let mut out = vec![0.0; IMAGE_PIXELS];
        Augmenter::new(config)
            .unwrap()
            .apply(&zero(), seed, &mut out);
        out
    }

    #[test]
    fn squeezed_glyphs_are_fitted_again() {
        let half = Augmentation {
            height: [0.5, 0.5],
            refit: true,
            probability: 1.0,
            ..Augmentation::off()
        };
        let [left, top, right, bottom] = extent(&apply(half, 1));
        // 13 x 21 becomes 13 x 10.5, then 20 x 16.
        let (width, height) = (right - left + 1, bottom - top + 1);
        assert!(
            (19..=21).contains(&width) && (15..=18).contains(&height),
            "{width}x{height}"
        );
        assert!((left + right).abs_diff(28) <= 1 && (top + bottom).abs_diff(28) <= 1);
    }

    #[test]
    fn without_ranges_a_fitted_glyph_stays_as_it_is() {
        let config = Augmentation {
            probability: 1.0,
            ..Augmentation::off()
        };
        let out = apply(config, 1);
        for (value, &byte) in out.iter().zip(&zero()) {
            assert!((value - byte as f32 / 255.0).abs() < 1e-5);
        }
    }

    #[test]
    fn same_seed_same_picture_in_range() {
        for seed in 0..200 {
            let out = apply(Augmentation::strong(), seed);
            assert!(out.iter().all(|value| (0.0..=1.0).contains(value)));
            assert!(out.iter().sum::<f32>() > 5.0, "seed {seed} lost its ink");
            assert_eq!(out, apply(Augmentation::strong(), seed));
        }
        assert_ne!(
            apply(Augmentation::strong(), 1),
            apply(Augmentation::strong(), 2)
        );
    }

    #[test]
    fn blank_pictures_stay_blank() {
        let mut out = vec![1.0; IMAGE_PIXELS];
        Augmenter::new(Augmentation::strong())
            .unwrap()
            .apply(&[0; IMAGE_PIXELS], 3, &mut out);
        assert!(out.iter().all(|&value| value == 0.0));
    }
}
