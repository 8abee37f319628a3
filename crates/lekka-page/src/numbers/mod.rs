//! Lines of digits that may touch: where their ink may be cut, and what then stands between two cuts.
//!
//! The cuts are more than there are digits ("over-segmentation"); which of them are real is for a network to say, by
//! a best path through the [`CutLattice`].

mod candidates;
mod picture;
mod seam;

pub use candidates::{CutCandidate, CutLattice};
pub use picture::{LINE_HEIGHT, LinePicture, line_picture};
pub use seam::LEAST_WIDTH_OF_TWO;

use crate::ink::Ink;
use crate::piece::Piece;
use crate::units::Unit;
use lekka_image::components::Run;
use lekka_image::{GrayImage, Rect, crop};

/// The ink of a line of digits outside of grids.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberLine {
    /// Which of the page's fields it is.
    pub field: usize,
    /// The usual height of a digit in it, in pixels.
    pub height: f64,
    /// The part of the page around it.
    ink: Ink,
    /// Where that part begins on the page.
    origin: (u32, u32),
    /// All ink that belongs to the line, in that part.
    pieces: Vec<Piece>,
    /// For each glyph of the field the pieces it is made of.
    units: Vec<Vec<usize>>,
}

/// The shape of some ink; lengths are parts of the usual height of a digit in its line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InkShape {
    /// Width of the box around it.
    pub width: f32,
    /// Height of the box around it.
    pub height: f32,
    /// The spread of the ink across its main direction, as part of that along it: 0 is a straight stroke, 1 is round.
    pub spread: f32,
}

impl NumberLine {
    /// The line of these units; `more` are pieces beside them that are too small for a digit.
    pub(crate) fn new(
        ink: &Ink,
        pieces: &[Piece],
        units: &[&Unit],
        more: &[usize],
    ) -> Option<Self> {
        let own = units.iter().flat_map(|unit| &unit.pieces).chain(more);
        let bounds = own
            .clone()
            .map(|&i| pieces[i].bounds)
            .reduce(|a, b| a.union(&b))?;
        let window = bounds.grown(2, ink.width() as u32, ink.height() as u32);
        let shifted = |i: &usize| moved(&pieces[*i], window);
        let mut first = 0;
        let units: Vec<Vec<usize>> = units
            .iter()
            .map(|unit| {
                let range = first..first + unit.pieces.len();
                first = range.end;
                range.collect()
            })
            .collect();
        let pieces: Vec<Piece> = own.map(shifted).collect();
        let bounds: Vec<Rect> = units
            .iter()
            .filter_map(|unit| Piece::union(unit.iter().map(|&i| &pieces[i])))
            .map(|piece| piece.bounds)
            .collect();
        Some(Self {
            field: 0,
            height: usual_height(&bounds),
            ink: Ink {
                image: crop(&ink.image, window),
                threshold: ink.threshold,
            },
            origin: (window.x, window.y),
            pieces,
            units,
        })
    }

    /// The same line as that of another field.
    pub(crate) fn of_field(self, field: usize) -> Self {
        Self { field, ..self }
    }

    /// The same line on a page of which what it was found on is a part, with its corner there.
    pub(crate) fn moved_by(self, left: u32, top: u32) -> Self {
        let (x, y) = self.origin;
        Self {
            origin: (x + left, y + top),
            ..self
        }
    }

    /// The shape of the glyph with this index.
    pub fn glyph_shape(&self, index: usize) -> Option<InkShape> {
        let pieces = self.units.get(index)?.iter().map(|&i| &self.pieces[i]);
        Some(self.shape(&Piece::union(pieces)?))
    }

    fn shape(&self, piece: &Piece) -> InkShape {
        let part = |length: u32| (f64::from(length) / self.height) as f32;
        InkShape {
            width: part(piece.bounds.width),
            height: part(piece.bounds.height),
            spread: spread(piece) as f32,
        }
    }

    /// Whether there is ink that is part of no glyph.
    pub fn has_more_ink(&self) -> bool {
        self.pieces.len() > self.units.iter().map(Vec::len).sum()
    }

    /// The line as a network for whole lines wants it; `None` when it is far too long for its height.
    pub fn picture(&self) -> Option<LinePicture> {
        line_picture(&self.alone(), self.origin)
    }

    /// The box around the line's ink between two columns of the page; `None` when there is none.
    pub fn ink_between(&self, from: f64, to: f64) -> Option<Rect> {
        let at = |x: f64| {
            (x - f64::from(self.origin.0))
                .round()
                .clamp(0.0, f64::from(u32::MAX)) as u32
        };
        let (from, to) = (at(from), at(to));
        let inside = |run: &Run| {
            let (start, end) = (run.start.max(from), run.end.min(to));
            (start < end).then(|| Rect::from_corners(start, run.y, end, run.y + 1))
        };
        let runs = self.pieces.iter().flat_map(|piece| &piece.runs);
        let bounds = runs.filter_map(inside).reduce(|a, b| a.union(&b))?;
        Some(self.on_page(bounds))
    }

    /// The line's ink alone, light on dark.
    fn alone(&self) -> GrayImage {
        let all = Rect::of(&self.ink.image);
        let mut mask = GrayImage::new(all.width, all.height);
        let stride = all.width as usize;
        let pixels: &mut [u8] = &mut mask;
        for run in self.pieces.iter().flat_map(|piece| &piece.runs) {
            let row = run.y as usize * stride;
            pixels[row + run.start as usize..row + run.end as usize].fill(255);
        }
        self.ink.masked(&mask, all)
    }

    /// A box of the line's part of the page, on the page.
    fn on_page(&self, bounds: Rect) -> Rect {
        Rect {
            x: bounds.x + self.origin.0,
            y: bounds.y + self.origin.1,
            ..bounds
        }
    }
}

/// The usual height of a digit among those with these boxes. Where all are flat, as twos are, it is what other digits
/// of their width would have.
fn usual_height(bounds: &[Rect]) -> f64 {
    let middle = |mut lengths: Vec<u32>, at: usize| {
        lengths.sort_unstable();
        lengths
            .get(at.min(lengths.len().saturating_sub(1)))
            .copied()
    };
    let heights: Vec<u32> = bounds.iter().map(|b| b.height).collect();
    let count = heights.len();
    let height = middle(heights, count * 3 / 4).map_or(1.0, f64::from);
    // The narrowest is one digit, the others may be several that touch.
    let single = bounds.iter().filter(|b| 10 * b.width <= 33 * b.height);
    let width = single.map(|b| b.width).min().map_or(0.0, f64::from);
    height.max(0.5 * width).max(1.0)
}

/// A piece as it lies in a window around it.
fn moved(piece: &Piece, window: Rect) -> Piece {
    let run = |run: &Run| Run {
        y: run.y - window.y,
        start: run.start - window.x,
        end: run.end - window.x,
    };
    Piece {
        runs: piece.runs.iter().map(run).collect(),
        bounds: Rect {
            x: piece.bounds.x - window.x,
            y: piece.bounds.y - window.y,
            ..piece.bounds
        },
        area: piece.area,
    }
}

/// The standard deviation of ink across its main direction over that along it.
fn spread(piece: &Piece) -> f64 {
    let (middle_x, middle_y) = piece.centroid();
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for run in &piece.runs {
        let y = f64::from(run.y) + 0.5 - middle_y;
        for x in run.start..run.end {
            let x = f64::from(x) + 0.5 - middle_x;
            xx += x * x;
            xy += x * y;
            yy += y * y;
        }
    }
    let root = ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt();
    let (along, across) = (xx + yy + root, xx + yy - root);
    if along > 0.0 {
        (across.max(0.0) / along).sqrt()
    } else {
        1.0
    }
}
