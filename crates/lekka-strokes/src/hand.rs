//! How a writer holds the pen.

use crate::alphabet::{Point, Variant};
use crate::curve::{is_corner, smooth};
use crate::random::Rng;

/// How strokes of the unit box become lines on paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Hand {
    /// Side of the unit box in pixels.
    pub size: f32,
    /// Width of the line in pixels.
    pub thickness: f32,
    /// Lean of upright lines to the right, in degrees.
    pub slant_degrees: f32,
    /// Turn of the whole character, counter-clockwise, in degrees.
    pub rotation_degrees: f32,
    /// Width and height relative to the strokes' own.
    pub stretch: [f32; 2],
    /// Random displacement of each point, as a fraction of the unit box (standard deviation).
    pub jitter: f32,
}

impl Hand {
    /// A steady hand: upright, no jitter, lines an eighteenth of the size wide.
    pub fn plain(size: f32) -> Self {
        Self {
            size,
            thickness: (size / 18.0).max(1.0),
            slant_degrees: 0.0,
            rotation_degrees: 0.0,
            stretch: [1.0, 1.0],
            jitter: 0.0,
        }
    }

    /// A writer: slant, thickness and proportions drawn at random within what people do.
    pub fn random(size: f32, rng: &mut Rng) -> Self {
        Self {
            size,
            thickness: size * rng.between(0.04, 0.09),
            slant_degrees: rng.normal() * 7.0,
            rotation_degrees: rng.normal() * 2.0,
            stretch: [rng.between(0.9, 1.1), rng.between(0.9, 1.1)],
            jitter: rng.between(0.008, 0.018),
        }
    }

    /// The same writer's next character, a little different from the last.
    #[must_use]
    pub fn vary(&self, rng: &mut Rng) -> Self {
        Self {
            size: self.size * (1.0 + 0.05 * rng.normal()),
            thickness: self.thickness * (1.0 + 0.06 * rng.normal()),
            slant_degrees: self.slant_degrees + 2.0 * rng.normal(),
            rotation_degrees: self.rotation_degrees + 1.5 * rng.normal(),
            ..self.clone()
        }
    }

    /// The lines of a character with its unit box centred at `center`, in pixels.
    pub fn place(&self, variant: &Variant, center: Point, rng: &mut Rng) -> Vec<Vec<Point>> {
        let (sin, cos) = (-self.rotation_degrees).to_radians().sin_cos();
        let slant = self.slant_degrees.to_radians().tan();
        let place = |p: &Point, rng: &mut Rng| {
            let x = (p[0] - 0.5 + self.jitter * rng.normal()) * self.stretch[0] * self.size;
            let y = (p[1] - 0.5 + self.jitter * rng.normal()) * self.stretch[1] * self.size;
            let x = x - slant * y;
            [center[0] + cos * x - sin * y, center[1] + sin * x + cos * y]
        };
        variant
            .iter()
            .map(|stroke| {
                let mut placed: Vec<Point> = Vec::with_capacity(stroke.len());
                for (i, point) in stroke.iter().enumerate() {
                    // The two halves of a corner stay together.
                    if i > 0 && is_corner(stroke[i - 1], *point) {
                        placed.push(placed[i - 1]);
                    } else {
                        placed.push(place(point, rng));
                    }
                }
                smooth(&placed)
            })
            .collect()
    }
}
