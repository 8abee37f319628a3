//! From a picture to its fields.

use crate::cells::CellReader;
use crate::cut::cell_glyph;
use crate::frame::Frames;
use crate::ink::Ink;
use crate::lattice::{Lattice, find_lattices};
use crate::refine::{RuledGrid, refine};
use crate::rules::{RuleScale, find_rules, transposed};
use crate::{FieldKind, FieldLayout, GlyphRegion, PageLayout, PageOptions};
use lekka_image::{GrayImage, normalize::Glyph};
use rayon::prelude::*;

/// Rules are looked for on the page reduced so that its longer side is at most this many pixels.
const SEARCH_SIDE: usize = 2048;

/// Why the cells of a sheet could not be taken out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// The page has no grid of the size asked for.
    #[error(
        "no grid of {rows} rows x {columns} columns on the page, found {}; \
         check that the whole sheet is on the picture and upright",
        describe(found)
    )]
    NotFound {
        /// The rows asked for.
        rows: usize,
        /// The columns asked for.
        columns: usize,
        /// Rows and columns of the grids that there are.
        found: Vec<(usize, usize)>,
    },
}

fn describe(found: &[(usize, usize)]) -> String {
    if found.is_empty() {
        return "none".to_owned();
    }
    let sizes: Vec<String> = found.iter().map(|(r, c)| format!("{r} x {c}")).collect();
    sizes.join(", ")
}

/// Finds the digits of a page. Never fails: a page on which nothing is found has no fields.
pub fn analyze(image: &GrayImage, options: &PageOptions) -> PageLayout {
    let Some(ink) = Ink::of(image, options.polarity) else {
        return PageLayout::default();
    };
    let factor = ink.width().max(ink.height()).div_ceil(SEARCH_SIDE).max(1);
    let reduced = ink.reduced(factor);
    let lattices = lattices(&reduced);
    let grids: Vec<RuledGrid> = lattices
        .iter()
        .map(|lattice| refine(&ink, lattice, factor))
        .filter(RuledGrid::is_plausible)
        .collect();
    let skew_degrees = match grids
        .iter()
        .max_by_key(|g| g.lattice.rows() * g.lattice.columns())
    {
        Some(grid) => grid.lattice.skew_degrees(),
        None => 0.0,
    };
    PageLayout {
        skew_degrees,
        fields: grids.iter().map(|grid| grid_field(&ink, grid)).collect(),
    }
}

/// The cells of a grid and their digits.
fn grid_field(ink: &Ink, grid: &RuledGrid) -> FieldLayout {
    let (rows, columns) = (grid.lattice.rows(), grid.lattice.columns());
    let reader = CellReader::new(ink, grid);
    let frames = Frames::of(grid);
    let glyphs = (0..rows * columns)
        .into_par_iter()
        .map(|i| {
            let (row, column) = (i / columns, i % columns);
            let pixels = reader.cell_ink(row, column).and_then(|found| {
                cell_glyph(
                    &found.image,
                    found.origin,
                    found.bounds,
                    &frames.cell(row, column),
                )
            });
            GlyphRegion {
                row,
                column,
                bounds: grid.cell_bounds(row, column, ink.width(), ink.height()),
                pixels,
            }
        })
        .collect();
    FieldLayout {
        kind: FieldKind::Grid,
        bounds: grid.bounds(ink.width(), ink.height()),
        rows,
        columns,
        glyphs,
    }
}

/// The cells of the ruled sheet on a page, row by row, each as the network wants it; `None` for an empty cell.
///
/// This is [`analyze`] for sheets whose size is known, such as those a data set is built from.
///
/// # Errors
///
/// [`GridError::NotFound`] when the page has no grid of that size.
pub fn extract_grid_tensors(
    image: &GrayImage,
    rows: usize,
    columns: usize,
    options: &PageOptions,
) -> Result<Vec<Option<Glyph>>, GridError> {
    let grids: Vec<FieldLayout> = analyze(image, options)
        .fields
        .into_iter()
        .filter(|field| field.kind == FieldKind::Grid)
        .collect();
    match grids
        .iter()
        .find(|grid| (grid.rows, grid.columns) == (rows, columns))
    {
        Some(grid) => Ok(grid.glyphs.iter().map(|glyph| glyph.pixels).collect()),
        None => Err(GridError::NotFound {
            rows,
            columns,
            found: grids.iter().map(|grid| (grid.rows, grid.columns)).collect(),
        }),
    }
}

/// The grids on a reduced page.
fn lattices(reduced: &GrayImage) -> Vec<Lattice> {
    let scale = RuleScale::for_side(reduced.width().max(reduced.height()) as usize);
    let (horizontal, vertical) = rayon::join(
        || find_rules(reduced, scale),
        || find_rules(&transposed(reduced), scale),
    );
    find_lattices(&horizontal, &vertical)
}
