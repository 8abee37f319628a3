//! Pictures that are no digit: what stands in a cell or is cut out of a page by mistake.
//!
//! The network is to be in doubt about them ([`lekka_nn::NO_CLASS`]). They are drawn from scratch or
//! put together from the training images, and go through the same changes as these. What measures
//! the refusal, such as letters of fonts, is none of it.

use super::glyph::Glyph;
use crate::data::{IMAGE_PIXELS, IMAGE_SIDE};
use lekka_nn::random::Random;

/// A picture as the data set's are, ink bright on black.
pub(crate) type Picture = [u8; IMAGE_PIXELS];

/// Draws one. `digit` gives one of the training images.
pub(crate) fn non_digit<'a>(
    random: &mut Random,
    mut digit: impl FnMut(&mut Random) -> &'a [u8],
) -> Picture {
    match random.below(20) {
        0..9 => strokes(random),
        9..14 => {
            let (first, second) = (digit(random), digit(random));
            two_digits(first, second, random)
        }
        14..16 => part_of_digit(digit(random), random),
        16..18 => lines(random),
        _ => blots(random),
    }
}

/// A canvas in units of pixels on which pens of even width draw.
struct Canvas {
    values: [f32; IMAGE_PIXELS],
}

impl Canvas {
    fn new() -> Self {
        Self {
            values: [0.0; IMAGE_PIXELS],
        }
    }

    /// A straight stroke with round ends; its rim is grey.
    fn line(&mut self, from: [f32; 2], to: [f32; 2], radius: f32) {
        let along = [to[0] - from[0], to[1] - from[1]];
        let squared = along[0] * along[0] + along[1] * along[1];
        let reach = radius + 1.0;
        let range = |axis: usize| {
            let low = (from[axis].min(to[axis]) - reach).floor().max(0.0) as usize;
            let high = (from[axis].max(to[axis]) + reach).ceil().max(0.0) as usize + 1;
            low..high.min(IMAGE_SIDE)
        };
        for y in range(1) {
            for x in range(0) {
                let (dx, dy) = (x as f32 - from[0], y as f32 - from[1]);
                let t = if squared > 0.0 {
                    ((dx * along[0] + dy * along[1]) / squared).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let distance = (dx - t * along[0]).hypot(dy - t * along[1]);
                let value = &mut self.values[y * IMAGE_SIDE + x];
                *value = value.max((radius - distance + 0.5).clamp(0.0, 1.0));
            }
        }
    }

    fn polyline(&mut self, points: &[[f32; 2]], radius: f32) {
        for pair in points.windows(2) {
            self.line(pair[0], pair[1], radius);
        }
    }

    fn picture(&self) -> Picture {
        self.values.map(|value| (255.0 * value).round() as u8)
    }
}

/// A point inside the frame of a usual glyph.
fn point(random: &mut Random) -> [f32; 2] {
    [random.range(4.0, 24.0), random.range(4.0, 24.0)]
}

fn pen(random: &mut Random) -> f32 {
    random.range(0.8, 1.9)
}

/// One to four strokes: straight ones, arcs and curves, as letters and scribbles are made of. Some
/// begin where the last one ended.
fn strokes(random: &mut Random) -> Picture {
    const PIECES: usize = 12;
    let mut canvas = Canvas::new();
    let radius = pen(random);
    let count = 1 + random.below(4);
    let mut end = point(random);
    for _ in 0..count {
        let start = if random.uniform() < 0.4 {
            end
        } else {
            point(random)
        };
        let mut points = [[0.0; 2]; PIECES + 1];
        match random.below(4) {
            // Straight, often upright or level as in printed letters.
            0 => {
                let mut to = point(random);
                match random.below(3) {
                    0 => to[0] = start[0] + random.range(-1.0, 1.0),
                    1 => to[1] = start[1] + random.range(-1.0, 1.0),
                    _ => {}
                }
                for (index, p) in points.iter_mut().enumerate() {
                    let t = index as f32 / PIECES as f32;
                    *p = [
                        start[0] + t * (to[0] - start[0]),
                        start[1] + t * (to[1] - start[1]),
                    ];
                }
            }
            // A part of an ellipse, up to a whole one.
            1 => {
                let radii = [random.range(2.5, 10.0), random.range(2.5, 10.0)];
                let centre = point(random);
                let from = random.range(0.0, std::f32::consts::TAU);
                let sweep = random.range(1.5, std::f32::consts::TAU);
                for (index, p) in points.iter_mut().enumerate() {
                    let angle = from + sweep * index as f32 / PIECES as f32;
                    *p = [
                        centre[0] + radii[0] * angle.cos(),
                        centre[1] + radii[1] * angle.sin(),
                    ];
                }
            }
            // A cubic Bezier curve.
            2 => {
                let control = [start, point(random), point(random), point(random)];
                for (index, p) in points.iter_mut().enumerate() {
                    *p = bezier(control, index as f32 / PIECES as f32);
                }
            }
            // A zigzag, as where something was crossed out.
            _ => {
                for p in &mut points[..=PIECES / 2] {
                    *p = point(random);
                }
                let last = points[PIECES / 2];
                points[PIECES / 2..].fill(last);
            }
        }
        end = points[PIECES];
        canvas.polyline(&points, radius);
    }
    canvas.picture()
}

fn bezier(control: [[f32; 2]; 4], t: f32) -> [f32; 2] {
    let s = 1.0 - t;
    let weights = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
    [0, 1].map(|axis| {
        let terms = control.iter().zip(weights);
        terms.map(|(point, weight)| point[axis] * weight).sum()
    })
}

/// Two digits in one cell, side by side or one above the other, sometimes touching.
fn two_digits(first: &[u8], second: &[u8], random: &mut Random) -> Picture {
    let upright = random.uniform() < 0.15;
    // Side by side they share the width of a cell and keep more of their height.
    let across = random.range(0.42, 0.62);
    let along = random.range(across, 1.0);
    let [shrink_x, shrink_y] = if upright {
        [along, across]
    } else {
        [across, along]
    };
    let distance = random.range(0.75, 1.1) * 26.0 * across;
    let glyphs = [Glyph::new(first), Glyph::new(second)];
    let offset = [random.range(-2.0, 2.0), random.range(-2.0, 2.0)];
    let mut canvas = Canvas::new();
    for (index, value) in canvas.values.iter_mut().enumerate() {
        let (x, y) = ((index % IMAGE_SIDE) as f32, (index / IMAGE_SIDE) as f32);
        for (glyph, (side, offset)) in glyphs.iter().zip([-0.5, 0.5].into_iter().zip(offset)) {
            let (dx, dy) = if upright {
                (x - 14.0 - offset, y - 14.0 - side * distance)
            } else {
                (x - 14.0 - side * distance, y - 14.0 - offset)
            };
            // Four samples, since thin strokes would be missed by one.
            let mut sum = 0.0;
            for (u, v) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
                sum += glyph.sample((dx + u) / shrink_x + 14.0, (dy + v) / shrink_y + 14.0);
            }
            *value = value.max(0.25 * sum);
        }
    }
    canvas.picture()
}

/// Less than half of a digit, as where a cell was cut in the wrong place.
fn part_of_digit(digit: &[u8], random: &mut Random) -> Picture {
    let keep = random.range(7.0, 11.0) as usize;
    let side = random.below(4);
    let mut picture = [0; IMAGE_PIXELS];
    for (index, (value, &byte)) in picture.iter_mut().zip(digit).enumerate() {
        let (x, y) = (index % IMAGE_SIDE, index / IMAGE_SIDE);
        let inside = match side {
            0 => x < 4 + keep,
            1 => y < 4 + keep,
            2 => x >= IMAGE_SIDE - 4 - keep,
            _ => y >= IMAGE_SIDE - 4 - keep,
        };
        if inside {
            *value = byte;
        }
    }
    picture
}

/// Pieces of ruled lines: one, a cross, a corner, a double line.
fn lines(random: &mut Random) -> Picture {
    let mut canvas = Canvas::new();
    let radius = random.range(0.6, 2.2);
    for _ in 0..=random.below(3) {
        let (low, high) = (random.range(2.0, 12.0), random.range(16.0, 26.0));
        let (at, slope) = (random.range(4.0, 24.0), random.range(-1.5, 1.5));
        if random.below(2) == 0 {
            canvas.line([low, at - slope], [high, at + slope], radius);
        } else {
            canvas.line([at - slope, low], [at + slope, high], radius);
        }
    }
    canvas.picture()
}

/// Specks, blots and noise.
fn blots(random: &mut Random) -> Picture {
    let mut canvas = Canvas::new();
    match random.below(3) {
        // Pixels at random, sparse to dense.
        0 => {
            let share = random.range(0.02, 0.5);
            for value in &mut canvas.values {
                if random.uniform() < share {
                    *value = random.range(0.4, 1.0);
                }
            }
        }
        // One or two blots.
        1 => {
            for _ in 0..=random.below(2) {
                let radius = random.range(2.5, 9.0);
                let from = point(random);
                let to = [
                    from[0] + random.range(-4.0, 4.0),
                    from[1] + random.range(-4.0, 4.0),
                ];
                canvas.line(from, to, radius);
            }
        }
        // Specks.
        _ => {
            for _ in 0..2 + random.below(12) {
                let at = point(random);
                canvas.line(at, at, random.range(0.5, 1.8));
            }
        }
    }
    canvas.picture()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_ink_and_depend_on_the_seed() {
        let digit = {
            let mut canvas = Canvas::new();
            canvas.polyline(&[[8.0, 6.0], [20.0, 8.0], [14.0, 22.0]], 1.5);
            canvas.picture()
        };
        let draw = |seed| non_digit(&mut Random::new(seed), |_| &digit);
        for seed in 0..300 {
            let ink: u32 = draw(seed).iter().map(|&value| u32::from(value)).sum();
            assert!(ink > 255, "seed {seed} drew nothing");
            assert_eq!(draw(seed), draw(seed));
        }
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn lines_are_as_wide_as_the_pen() {
        let mut canvas = Canvas::new();
        canvas.line([5.0, 10.0], [20.0, 10.0], 1.0);
        let column: Vec<f32> = (8..13)
            .map(|y| canvas.values[y * IMAGE_SIDE + 12])
            .collect();
        assert_eq!(column, [0.0, 0.5, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn curves_end_at_their_control_points() {
        let control = [[1.0, 2.0], [5.0, 9.0], [7.0, 0.0], [3.0, 4.0]];
        assert_eq!(bezier(control, 0.0), control[0]);
        assert_eq!(bezier(control, 1.0), control[3]);
    }
}
