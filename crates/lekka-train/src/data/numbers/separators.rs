//! Marks that people write between the digits of amounts and dates.

use super::place::Canvas;
use lekka_nn::random::Random;
use serde::{Deserialize, Serialize};

/// A mark between digits that is no digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeparatorMark {
    /// A dot at the foot of the digits.
    Point,
    /// A short stroke below it, downwards to the left.
    Comma,
    /// A tall stroke, downwards to the left.
    Slash,
    /// A short level stroke at half height.
    Hyphen,
    /// An upright stroke, as of a ruled column.
    Bar,
}

impl SeparatorMark {
    /// All marks.
    pub const ALL: [Self; 5] = [
        Self::Point,
        Self::Comma,
        Self::Slash,
        Self::Hyphen,
        Self::Bar,
    ];

    /// Draws the mark with a pen of `stroke` pixels for digits that stand between `top` and `bottom`, its left side at
    /// `x`; gives its right side.
    pub(super) fn draw(
        self,
        canvas: &mut Canvas,
        x: f64,
        [top, bottom]: [f64; 2],
        stroke: f64,
        random: &mut Random,
    ) -> f64 {
        let height = bottom - top;
        let mut vary = |low: f64, high: f64| low + (high - low) * random.uniform_f64();
        let radius = stroke / 2.0;
        let points: Vec<(f64, f64)> = match self {
            Self::Point => {
                let y = bottom - height * vary(0.0, 0.12);
                let long = stroke * vary(0.0, 0.6);
                vec![(0.0, y), (long, y + long * vary(-0.3, 0.3))]
            }
            Self::Comma => {
                let y = bottom - height * vary(-0.05, 0.12);
                let (long, aside) = (height * vary(0.14, 0.3), height * vary(0.04, 0.14));
                vec![(aside, y), (aside * 0.9, y + long * 0.5), (0.0, y + long)]
            }
            Self::Slash => {
                let lean = height * vary(0.2, 0.5);
                let over = height * vary(0.0, 0.2);
                vec![
                    (lean, top - over),
                    (lean * 0.5, f64::midpoint(top, bottom)),
                    (0.0, bottom + over),
                ]
            }
            Self::Hyphen => {
                let y = f64::midpoint(top, bottom) + height * vary(-0.12, 0.12);
                let long = height * vary(0.3, 0.6);
                vec![(0.0, y), (long, y + height * vary(-0.05, 0.05))]
            }
            Self::Bar => {
                let lean = height * vary(-0.06, 0.06);
                let over = height * vary(0.0, 0.25);
                vec![
                    (lean.max(0.0), top - over),
                    ((-lean).max(0.0), bottom + over),
                ]
            }
        };
        let width = points.iter().map(|point| point.0).fold(0.0, f64::max);
        let radius = match self {
            Self::Point => radius * vary(1.0, 1.5),
            _ => radius * vary(0.8, 1.2),
        };
        for pair in points.windows(2) {
            canvas.stroke(
                [pair[0], pair[1]].map(|(px, py)| (px + x + radius, py)),
                radius,
            );
        }
        x + width + 2.0 * radius
    }
}
