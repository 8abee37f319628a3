//! Pieces of ink: connected components, and parts of them where they are cut.

use crate::cut::natural_glyph;
use crate::ink::Ink;
use crate::strokes::Strokes;
use lekka_image::{
    GrayImage, Rect,
    components::{Component, Components, Run},
    normalize::Glyph,
    slant::shear,
};

/// Some ink, as the runs it is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) runs: Vec<Run>,
    /// The tight box around it.
    pub(crate) bounds: Rect,
    /// Its number of pixels.
    pub(crate) area: u64,
}

impl Piece {
    /// The ink of one component.
    pub(crate) fn of(found: &Components, index: usize) -> Self {
        let Component { bounds, area, .. } = found.components[index];
        Self {
            runs: found.runs(index).to_vec(),
            bounds,
            area,
        }
    }

    /// The ink of these runs; `None` when there are none.
    pub(crate) fn from_runs(runs: Vec<Run>) -> Option<Self> {
        let bounds = runs
            .iter()
            .map(|run| Rect::from_corners(run.start, run.y, run.end, run.y + 1))
            .reduce(|a, b| a.union(&b))?;
        let area = runs.iter().map(|run| u64::from(run.end - run.start)).sum();
        Some(Self { runs, bounds, area })
    }

    /// The pieces as one.
    pub(crate) fn union<'a>(pieces: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut pieces = pieces.into_iter();
        let mut whole = pieces.next()?.clone();
        for piece in pieces {
            whole.runs.extend_from_slice(&piece.runs);
            whole.bounds = whole.bounds.union(&piece.bounds);
            whole.area += piece.area;
        }
        Some(whole)
    }

    /// What is left of a seam and what is right of it: `seam` gives for a row the first column that is right.
    pub(crate) fn split_at(&self, seam: impl Fn(u32) -> u32) -> (Option<Self>, Option<Self>) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for run in &self.runs {
            let at = seam(run.y);
            if run.start < at {
                let end = run.end.min(at);
                left.push(Run { end, ..*run });
            }
            if run.end > at {
                let start = run.start.max(at);
                right.push(Run { start, ..*run });
            }
        }
        (Self::from_runs(left), Self::from_runs(right))
    }

    /// What is above a row and what is from it on downwards.
    pub(crate) fn split_below(&self, row: u32) -> (Option<Self>, Option<Self>) {
        let (above, below) = self.runs.iter().copied().partition(|run| run.y < row);
        (Self::from_runs(above), Self::from_runs(below))
    }

    /// The longer side of its box.
    pub(crate) fn side(&self) -> f64 {
        longer(&self.bounds)
    }

    /// The middle of its ink `(x, y)`.
    pub(crate) fn centroid(&self) -> (f64, f64) {
        let (mut x, mut y) = (0.0, 0.0);
        for run in &self.runs {
            let length = f64::from(run.end - run.start);
            x += length * f64::midpoint(f64::from(run.start), f64::from(run.end));
            y += length * (f64::from(run.y) + 0.5);
        }
        let area = self.area.max(1) as f64;
        (x / area, y / area)
    }

    /// The ink as white on black in a window of the page.
    fn draw(&self, window: Rect) -> GrayImage {
        let mut image = GrayImage::new(window.width, window.height);
        let stride = window.width as usize;
        let pixels: &mut [u8] = &mut image;
        for run in &self.runs {
            let (start, end) = (run.start.max(window.x), run.end.min(window.right()));
            if run.y >= window.y && run.y < window.bottom() && start < end {
                let row = (run.y - window.y) as usize * stride;
                pixels[row + (start - window.x) as usize..row + (end - window.x) as usize]
                    .fill(255);
            }
        }
        image
    }

    /// The grey ink, with a pixel around it, where the ink fades.
    pub(crate) fn ink(&self, ink: &Ink) -> GrayImage {
        let window = self
            .bounds
            .grown(1, ink.width() as u32, ink.height() as u32);
        ink.masked(&self.draw(window), window)
    }

    /// The picture of this ink for the network, at its true proportions, leant back by `slant` degrees.
    pub(crate) fn glyph(&self, ink: &Ink, strokes: Strokes, slant: f64) -> Option<Glyph> {
        let picked = self.ink(ink);
        let upright = if slant.abs() < 0.5 {
            picked
        } else {
            shear(&picked, -slant)
        };
        natural_glyph(&upright, Rect::of(&upright)).map(|glyph| strokes.thinned(&glyph))
    }
}

/// The longer side of a box.
pub(crate) fn longer(bounds: &Rect) -> f64 {
    f64::from(bounds.width.max(bounds.height))
}

/// The distance between two boxes, 0 when they touch or overlap.
pub(crate) fn gap(a: &Rect, b: &Rect) -> f64 {
    let along = |a0: u32, a1: u32, b0: u32, b1: u32| {
        f64::from(b0.saturating_sub(a1).max(a0.saturating_sub(b1)))
    };
    along(a.x, a.right(), b.x, b.right()).hypot(along(a.y, a.bottom(), b.y, b.bottom()))
}

/// How many columns two boxes share.
pub(crate) fn shared_columns(a: &Rect, b: &Rect) -> u32 {
    a.right().min(b.right()).saturating_sub(a.x.max(b.x))
}

/// How many rows two boxes share.
pub(crate) fn shared_rows(a: &Rect, b: &Rect) -> u32 {
    a.bottom().min(b.bottom()).saturating_sub(a.y.max(b.y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_image::{components::find_components, grid, to_text};

    fn piece(rows: &[&str]) -> Piece {
        let found = find_components(&grid(rows));
        assert_eq!(found.components.len(), 1);
        Piece::of(&found, 0)
    }

    fn text(piece: Option<&Piece>) -> String {
        piece.map_or_else(String::new, |piece| {
            to_text(&piece.draw(Rect::new(0, 0, 6, 3)))
        })
    }

    #[test]
    fn a_seam_divides_ink() {
        let whole = piece(&["##..##", ".####.", ".#...."]);
        let (left, right) = whole.split_at(|y| if y == 1 { 2 } else { 3 });
        assert_eq!(text(left.as_ref()), "##....\n.#....\n.#....\n");
        assert_eq!(text(right.as_ref()), "....##\n..###.\n......\n");
        let both = Piece::union([left.as_ref().unwrap(), right.as_ref().unwrap()]).unwrap();
        assert_eq!((both.bounds, both.area), (whole.bounds, whole.area));
        assert_eq!(whole.split_at(|_| 0).0, None);
    }

    #[test]
    fn a_row_divides_ink() {
        let (above, below) = piece(&["##..##", ".####.", ".#...."]).split_below(2);
        assert_eq!(text(above.as_ref()), "##..##\n.####.\n......\n");
        assert_eq!(text(below.as_ref()), "......\n......\n.#....\n");
    }

    #[test]
    fn the_centroid_is_in_the_middle_of_the_ink() {
        assert_eq!(piece(&["....", ".##.", ".##."]).centroid(), (2.0, 2.0));
    }
}
