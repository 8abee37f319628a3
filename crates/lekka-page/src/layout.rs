//! What is found on a page.

use crate::NumberLine;
use crate::strokes::Strokes;
use lekka_image::{Polarity, Rect, normalize::Glyph};

/// How to look at a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageOptions {
    /// Which of light and dark is ink; `None` finds out for each page.
    pub polarity: Option<Polarity>,
    /// The proportions that digits in the cells of a grid get.
    pub cells: CellProportions,
    /// Whether long ruled lines on a page without a grid are left in, as if they were writing.
    pub keep_rules: bool,
    /// What is done to the strokes of digits before they are read; by default nothing.
    pub strokes: Strokes,
}

/// The proportions of digits in the cells of a grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CellProportions {
    /// Stretched in height as the data set's procedure stretched them.
    #[default]
    Official,
    /// As they stand on the paper, like digits outside of grids.
    Paper,
}

impl PageOptions {
    /// The same options with the colour of the ink given.
    #[must_use]
    pub const fn with_polarity(mut self, polarity: Polarity) -> Self {
        self.polarity = Some(polarity);
        self
    }

    /// The same options with ruled lines left in.
    #[must_use]
    pub const fn with_rules_kept(mut self) -> Self {
        self.keep_rules = true;
        self
    }

    /// The same options with this done to the strokes.
    #[must_use]
    pub const fn with_strokes(mut self, strokes: Strokes) -> Self {
        self.strokes = strokes;
        self
    }

    /// The same options with these proportions of the digits in cells.
    #[must_use]
    pub const fn with_cells(mut self, cells: CellProportions) -> Self {
        self.cells = cells;
        self
    }
}

/// What kind of place for digits a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// One digit by itself.
    Digit,
    /// Digits side by side in a line.
    Number,
    /// Cells between ruled lines.
    Grid,
}

/// Where the digits of a page are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageLayout {
    /// How far the content is turned, in degrees, positive counter-clockwise; 0 when nothing tells.
    pub skew_degrees: f64,
    /// The places where digits are, in reading order.
    pub fields: Vec<FieldLayout>,
    /// The ink of the fields outside of grids, whose digits may touch or be broken: [`FieldLayout::glyphs`] has one
    /// glyph for each piece that hangs together, and here is what else its pieces may be.
    pub lines: Vec<NumberLine>,
}

/// One place where digits are.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldLayout {
    /// What kind of place it is.
    pub kind: FieldKind,
    /// The upright box around it, in pixels of the picture given.
    pub bounds: Rect,
    /// The number of rows of glyphs, 1 unless it is a grid.
    pub rows: usize,
    /// The number of glyphs in a row.
    pub columns: usize,
    /// The glyphs row by row, `rows * columns` of them.
    pub glyphs: Vec<GlyphRegion>,
}

/// One digit or the place for one.
#[derive(Clone, Debug, PartialEq)]
pub struct GlyphRegion {
    /// The row in its field, from 0.
    pub row: usize,
    /// The column in its field, from 0.
    pub column: usize,
    /// The upright box around the cell, or around the ink outside of grids, in pixels of the picture given.
    pub bounds: Rect,
    /// The digit in the form of the data set (see [`lekka_image::normalize`]); `None` when the place is empty.
    pub pixels: Option<Glyph>,
}
