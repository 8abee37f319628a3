//! Remnants of ruled lines and smudges: what lies beside a glyph and is cut out with it.

use super::Placement;
use super::config::Clutter;
use crate::data::IMAGE_SIDE;
use lekka_nn::random::Random;

/// A stroke of even width with round ends; a smudge is one of no length. Coordinates are those of
/// the changed glyph, relative to its centre of mass.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shape {
    from: [f32; 2],
    to: [f32; 2],
    radius: f32,
    ink: f32,
}

impl Shape {
    /// `[left, top, right, bottom]`.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        let Self {
            from, to, radius, ..
        } = self;
        [
            from[0].min(to[0]) - radius,
            from[1].min(to[1]) - radius,
            from[0].max(to[0]) + radius,
            from[1].max(to[1]) + radius,
        ]
    }

    /// Centre and weight of the ink.
    pub(crate) fn mass(&self) -> [f32; 3] {
        let Self {
            from,
            to,
            radius,
            ink,
        } = self;
        let length = (to[0] - from[0]).hypot(to[1] - from[1]);
        let area = 2.0 * radius * length + std::f32::consts::PI * radius * radius;
        [
            f32::midpoint(from[0], to[0]),
            f32::midpoint(from[1], to[1]),
            area * ink,
        ]
    }

    fn distance(&self, x: f32, y: f32) -> f32 {
        let along = [self.to[0] - self.from[0], self.to[1] - self.from[1]];
        let (dx, dy) = (x - self.from[0], y - self.from[1]);
        let length = along[0] * along[0] + along[1] * along[1];
        let t = if length > 0.0 {
            ((dx * along[0] + dy * along[1]) / length).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (dx - t * along[0]).hypot(dy - t * along[1])
    }
}

/// What lies beside one glyph: at most a line and three smudges.
#[derive(Debug)]
pub(crate) struct Shapes {
    shapes: [Shape; 4],
    count: usize,
}

impl Shapes {
    /// Draws clutter around a glyph of these bounds, by chance.
    pub(crate) fn draw_random(config: Clutter, bounds: [f32; 4], random: &mut Random) -> Self {
        let mut all = Self {
            shapes: [Shape::default(); 4],
            count: 0,
        };
        if random.uniform() < config.line {
            all.push(line(bounds, random));
        }
        if random.uniform() < config.smudge {
            for _ in 0..=random.below(3) {
                all.push(smudge(bounds, random));
            }
        }
        all
    }

    fn push(&mut self, shape: Shape) {
        self.shapes[self.count] = shape;
        self.count += 1;
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Shape> {
        self.shapes[..self.count].iter()
    }

    /// Draws the shapes into a picture.
    pub(crate) fn draw(&self, placed: &Placement, out: &mut [f32]) {
        for shape in self.iter() {
            for (index, value) in out.iter_mut().enumerate() {
                let (x, y) = ((index % IMAGE_SIDE) as f32, (index / IMAGE_SIDE) as f32);
                let [u, v] = placed.unplace(x, y);
                // Pixels that the rim crosses are partly covered.
                let inside = (shape.radius - shape.distance(u, v)) * placed.factor + 0.5;
                *value = value.max(inside.clamp(0.0, 1.0) * shape.ink);
            }
        }
    }
}

/// A piece of a ruled line along one side of the cell that the glyph was written in.
fn line([left, top, right, bottom]: [f32; 4], random: &mut Random) -> Shape {
    let (width, height) = (right - left, bottom - top);
    let size = width.max(height);
    let gap = size * random.range(0.0, 0.35);
    let length = size * random.range(0.2, 1.3);
    let radius = size * random.range(0.015, 0.05);
    let slope = length * random.range(-0.06, 0.06) / 2.0;
    let ink = random.range(0.5, 1.0);
    let side = random.below(4);
    let along = random.range(-0.3, 1.3);
    let half = length / 2.0;
    let (from, to) = if side.is_multiple_of(2) {
        let x = if side == 0 { left - gap } else { right + gap };
        let y = top + along * height;
        ([x - slope, y - half], [x + slope, y + half])
    } else {
        let y = if side == 1 { top - gap } else { bottom + gap };
        let x = left + along * width;
        ([x - half, y - slope], [x + half, y + slope])
    };
    // A line ends where its cell does.
    let reach = size * 0.5;
    let within = |[x, y]: [f32; 2]| {
        [
            x.clamp(left - reach, right + reach),
            y.clamp(top - reach, bottom + reach),
        ]
    };
    Shape {
        from: within(from),
        to: within(to),
        radius,
        ink,
    }
}

fn smudge([left, top, right, bottom]: [f32; 4], random: &mut Random) -> Shape {
    let size = (right - left).max(bottom - top);
    let reach = size * 0.2;
    let at = [
        random.range(left - reach, right + reach),
        random.range(top - reach, bottom + reach),
    ];
    let reach = size * 0.05;
    let to = [
        at[0] + random.range(-reach, reach),
        at[1] + random.range(-reach, reach),
    ];
    Shape {
        from: at,
        to,
        radius: size * random.range(0.01, 0.06),
        ink: random.range(0.4, 1.0),
    }
}
