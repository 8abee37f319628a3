//! What between digits is no digit, by its shape.

use crate::reading::Separator;
use lekka_page::CutCandidate;

/// Ink less spread than this is a straight stroke. No Kannada digit is.
pub(super) const STRAIGHT: f32 = 0.2;

/// The same for short strokes, whose width counts for more.
const STRAIGHT_SHORT: f32 = 0.4;

/// Which separator a candidate looks like, if any.
pub(super) fn separator(candidate: &CutCandidate) -> Option<Separator> {
    let shape = candidate.shape;
    let (width, height) = (shape.width, shape.height);
    let low = candidate.middle >= 0.6;
    let straight = shape.spread < STRAIGHT;
    if height >= 0.6 && straight && width <= 0.8 * height {
        return Some(if width < 0.3 * height {
            Separator::Bar
        } else {
            Separator::Slash
        });
    }
    if width.max(height) <= 0.24 && low {
        return Some(if height > 1.5 * width {
            Separator::Comma
        } else {
            Separator::Point
        });
    }
    if low && height <= 0.55 && width <= 0.35 && height >= width {
        return Some(Separator::Comma);
    }
    let level = (0.2..0.8).contains(&candidate.middle) && shape.spread < STRAIGHT_SHORT;
    if level && height <= 0.35 && (0.15..=0.9).contains(&width) && width >= 1.5 * height {
        return Some(Separator::Hyphen);
    }
    None
}
