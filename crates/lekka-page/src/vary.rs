//! The cells of a ruled sheet as the official procedure might have cut them, had the hand or the cut been another.
//!
//! The official digits were squeezed to 28 x 28 pixels as whole cells, before the digit was cut out: what is lost there
//! depends on where the strokes fall between the pixels, and whatever else lies in the cell (the rim of a rule, the end
//! of a neighbour's stroke) is squeezed and cut out with the digit. None of that can be had from the finished digit; so
//! a digit is moved on the page, at the page's resolution, and goes through the procedure again.

use crate::analyze::{GridError, ruled_grids};
use crate::cells::CellReader;
use crate::cut::cell_view;
use crate::frame::Frames;
use crate::ink::Ink;
use crate::{PageOptions, refine::RuledGrid};
use lekka_image::{GrayImage, normalize::Glyph};
use rayon::prelude::*;

/// How a cell is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellView {
    /// What the hand did differently: a linear map `[a, b, c, d]` of the writing around the cell's middle, in
    /// official cells of 147.6 x 118.1 pixels (x to the right, y down): `x' = a x + b y`, `y' = c x + d y`.
    pub hand: [f64; 4],
    /// How far the cut is off, in pixels of the official cell; the margin that is left out is 18.
    pub offset: (f64, f64),
}

impl CellView {
    /// The cell as the official procedure cut it.
    pub const OFFICIAL: Self = Self {
        hand: [1.0, 0.0, 0.0, 1.0],
        offset: (0.0, 0.0),
    };
}

/// The cells of the ruled sheet on a page, row by row, each seen as each of `views` says for it; `None` for an empty
/// cell, and where a view shows no ink.
///
/// `views(row, column)` gives the views of one cell. In contrast to [`extract_grid_tensors`](crate::extract_grid_tensors)
/// remnants of rules and neighbours are left in, as the official procedure left them.
///
/// # Errors
///
/// [`GridError::NotFound`] when the page has no grid of that size.
pub fn extract_grid_views(
    image: &GrayImage,
    rows: usize,
    columns: usize,
    options: &PageOptions,
    views: impl Fn(usize, usize) -> Vec<CellView> + Sync,
) -> Result<Vec<Vec<Option<Glyph>>>, GridError> {
    let ink = Ink::of(image, options.polarity);
    let grids = ink.as_ref().map(ruled_grids).unwrap_or_default();
    let size = |grid: &RuledGrid| (grid.lattice.rows(), grid.lattice.columns());
    let found = grids.iter().find(|grid| size(grid) == (rows, columns));
    let (Some(ink), Some(grid)) = (&ink, found) else {
        return Err(GridError::NotFound {
            rows,
            columns,
            found: grids.iter().map(size).collect(),
        });
    };
    let reader = CellReader::new(ink, grid);
    let frames = Frames::of(ink, grid);
    let cells = (0..rows * columns).into_par_iter().map(|i| {
        let (row, column) = (i / columns, i % columns);
        let views = views(row, column);
        if reader.cell_ink(row, column).is_none() {
            return vec![None; views.len()];
        }
        let frame = frames.cell(row, column);
        views
            .iter()
            .map(|view| cell_view(&ink.image, &frame, view))
            .collect()
    });
    Ok(cells.collect())
}
