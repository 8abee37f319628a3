//! The glyph to be changed: its ink, its bounds, its samples between pixels.

use super::config::{EdgeCrop, Thickness};
use crate::data::IMAGE_SIDE;
use lekka_nn::random::Random;

/// Side of the picture with a rim, so that sampling needs no test for the border: one pixel of
/// black before, two after.
const SIDE: usize = IMAGE_SIDE + 3;
/// Ink fainter than this does not count for the bounds.
const FAINT: f32 = 0.125;

/// A glyph with a black rim, values in 0 to 1.
#[derive(Debug, Clone)]
pub(crate) struct Glyph {
    pixels: [f32; SIDE * SIDE],
}

/// Where the ink is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ink {
    /// Centre of mass, in pixel indices.
    pub(crate) centre: [f32; 2],
    /// Sum of all pixels.
    pub(crate) mass: f32,
}

impl Glyph {
    pub(crate) fn new(image: &[u8]) -> Self {
        let mut pixels = [0.0; SIDE * SIDE];
        for (row, source) in image.chunks_exact(IMAGE_SIDE).enumerate() {
            let start = (row + 1) * SIDE + 1;
            super::to_unit(source, &mut pixels[start..start + IMAGE_SIDE]);
        }
        Self { pixels }
    }

    fn get(&self, x: usize, y: usize) -> f32 {
        self.pixels[(y + 1) * SIDE + x + 1]
    }

    /// Where the ink is; `None` when there is hardly any.
    pub(crate) fn ink(&self) -> Option<Ink> {
        let (mut sum_x, mut sum_y, mut mass) = (0.0, 0.0, 0.0);
        let mut visible = false;
        for y in 0..IMAGE_SIDE {
            for x in 0..IMAGE_SIDE {
                let value = self.get(x, y);
                sum_x += value * x as f32;
                sum_y += value * y as f32;
                mass += value;
                visible |= value >= FAINT;
            }
        }
        visible.then(|| Ink {
            centre: [sum_x / mass, sum_y / mass],
            mass,
        })
    }

    /// Bounds `[left, top, right, bottom]` of the ink after `matrix` is applied around `centre`,
    /// relative to it. A pixel counts with its whole area.
    pub(crate) fn bounds_under(&self, matrix: [f32; 4], centre: [f32; 2]) -> [f32; 4] {
        let [mut left, mut top] = [f32::INFINITY; 2];
        let [mut right, mut bottom] = [f32::NEG_INFINITY; 2];
        for y in 0..IMAGE_SIDE {
            for x in 0..IMAGE_SIDE {
                if self.get(x, y) < FAINT {
                    continue;
                }
                let (dx, dy) = (x as f32 - centre[0], y as f32 - centre[1]);
                let u = matrix[0] * dx + matrix[1] * dy;
                let v = matrix[2] * dx + matrix[3] * dy;
                (left, top) = (left.min(u), top.min(v));
                (right, bottom) = (right.max(u), bottom.max(v));
            }
        }
        let half_width = f32::midpoint(matrix[0].abs(), matrix[1].abs());
        let half_height = f32::midpoint(matrix[2].abs(), matrix[3].abs());
        [
            left - half_width,
            top - half_height,
            right + half_width,
            bottom + half_height,
        ]
    }

    /// The value between pixels, bilinear; black outside.
    pub(crate) fn sample(&self, x: f32, y: f32) -> f32 {
        let limit = IMAGE_SIDE as f32;
        let (x, y) = (x.clamp(-1.0, limit) + 1.0, y.clamp(-1.0, limit) + 1.0);
        let (column, row) = (x as usize, y as usize);
        let (across, down) = (x - column as f32, y - row as f32);
        let at = row * SIDE + column;
        let (upper, lower) = (
            &self.pixels[at..at + 2],
            &self.pixels[at + SIDE..at + SIDE + 2],
        );
        let upper = upper[0] + across * (upper[1] - upper[0]);
        let lower = lower[0] + across * (lower[1] - lower[0]);
        upper + down * (lower - upper)
    }

    /// Cuts a strip off one side, by chance.
    pub(crate) fn crop_edge(&mut self, config: EdgeCrop, random: &mut Random) {
        if random.uniform() >= config.probability {
            return;
        }
        let [left, top, right, bottom] = self.bounds_under([1.0, 0.0, 0.0, 1.0], [0.0, 0.0]);
        if left > right {
            return;
        }
        let share = random.range(0.0, config.share);
        let side = random.below(4);
        let keep: [f32; 4] = match side {
            0 => [left + share * (right - left), top, right, bottom],
            1 => [left, top + share * (bottom - top), right, bottom],
            2 => [left, top, right - share * (right - left), bottom],
            _ => [left, top, right, bottom - share * (bottom - top)],
        };
        for y in 0..IMAGE_SIDE {
            for x in 0..IMAGE_SIDE {
                let (cx, cy) = (x as f32, y as f32);
                if cx < keep[0] || cy < keep[1] || cx > keep[2] || cy > keep[3] {
                    self.pixels[(y + 1) * SIDE + x + 1] = 0.0;
                }
            }
        }
    }

    /// Makes strokes thinner or thicker by up to one pixel, by chance: a share of the grey
    /// erosion or dilation with a cross of five pixels.
    pub(crate) fn change_thickness(&mut self, config: &Thickness, random: &mut Random) {
        if random.uniform() >= config.probability {
            return;
        }
        let amount = random.range(-config.thinner, config.thicker);
        let before = self.pixels;
        for y in 1..=IMAGE_SIDE {
            for x in 1..=IMAGE_SIDE {
                let at = y * SIDE + x;
                self.pixels[at] = thickened(&before, SIDE, at, amount);
            }
        }
    }
}

/// A pixel with a share of its grey erosion (below 0) or dilation by a cross of five pixels. It must not be at the rim.
pub(crate) fn thickened(pixels: &[f32], width: usize, at: usize, amount: f32) -> f32 {
    let cross = [at - width, at - 1, at + 1, at + width].map(|at| pixels[at]);
    let value = pixels[at];
    let target = if amount < 0.0 {
        cross.into_iter().fold(value, f32::min)
    } else {
        cross.into_iter().fold(value, f32::max)
    };
    value + amount.abs() * (target - value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot() -> Glyph {
        let mut image = [0; 784];
        image[5 * 28 + 9] = 255;
        Glyph::new(&image)
    }

    #[test]
    fn samples_are_bilinear_and_black_outside() {
        let glyph = dot();
        for (x, y, expected) in [
            (9.0, 5.0, 1.0),
            (9.5, 5.0, 0.5),
            (8.5, 4.5, 0.25),
            (-50.0, 5.0, 0.0),
            (99.0, 99.0, 0.0),
            (28.0, 28.0, 0.0),
        ] {
            assert_eq!(glyph.sample(x, y), expected, "{x} {y}");
        }
    }

    #[test]
    fn bounds_and_centre() {
        let glyph = dot();
        assert_eq!(
            glyph.ink().unwrap(),
            Ink {
                centre: [9.0, 5.0],
                mass: 1.0
            }
        );
        assert_eq!(
            glyph.bounds_under([1.0, 0.0, 0.0, 2.0], [9.0, 4.0]),
            [-0.5, 1.0, 0.5, 3.0]
        );
    }

    #[test]
    fn thickness_changes_the_mass() {
        let config = Thickness {
            probability: 1.0,
            thinner: 0.0,
            thicker: 1.0,
        };
        let mut glyph = dot();
        glyph.change_thickness(&config, &mut Random::new(1));
        let amount = glyph.get(8, 5);
        assert!(amount > 0.0 && glyph.get(9, 5) == 1.0 && glyph.get(8, 4) == 0.0);
    }
}
