//! Finds where the digits are on a scanned page: ruled grids, single digits, lines of digits.
//!
//! [`analyze`] is the way in: a grey picture goes in, a [`PageLayout`] comes out, its glyphs cut and normalised as the
//! network was trained on.

mod aligned;
mod analyze;
mod cells;
mod comb;
mod cut;
mod erase;
mod frame;
mod ink;
mod lattice;
mod layout;
mod loose;
mod numbers;
mod outline;
mod piece;
mod printed;
mod refine;
mod regular;
mod rules;
mod strokes;
mod units;
mod vary;

pub use analyze::{GridError, analyze, analyze_watched, extract_grid_inks, extract_grid_tensors};
pub use erase::without_rules;
pub use layout::{CellProportions, FieldKind, FieldLayout, GlyphRegion, PageLayout, PageOptions};
pub use numbers::{
    CutCandidate, CutLattice, InkShape, LEAST_WIDTH_OF_TWO, LINE_HEIGHT, LinePicture, NumberLine,
    line_picture,
};
pub use printed::{DigitInk, PrintedBoxes, PrintedField, PrintedNumber};
pub use strokes::Strokes;
pub use vary::{CellView, extract_grid_views};
