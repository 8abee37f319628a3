//! From a picture to its fields.

use crate::cells::CellReader;
use crate::cut::{cell_glyph, natural_glyph};
use crate::frame::Frames;
use crate::ink::Ink;
use crate::lattice::{Lattice, find_lattices};
use crate::loose::loose_fields;
use crate::refine::{RuledGrid, refine};
use crate::rules::{RuleScale, find_rules, transposed};
use crate::{
    CellProportions, DigitInk, FieldKind, FieldLayout, GlyphRegion, PageLayout, PageOptions,
};
use lekka_image::{
    GrayImage, Polarity, Rect,
    binarize::invert,
    crop,
    normalize::{Glyph, is_normalized},
};
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
///
/// A ruled sheet gives a [`FieldKind::Grid`] with all its cells (one field for each grid on the page), its digits
/// stretched as those of the data set were. Without rules, ink that hangs together gives a [`FieldKind::Digit`], or a
/// [`FieldKind::Number`] where several stand in a line, at their true proportions. A picture that already has the
/// form of the data set, 28 x 28 pixels, is taken as it is.
pub fn analyze(image: &GrayImage, options: &PageOptions) -> PageLayout {
    if let Some(field) = normalized(image, options.polarity) {
        return PageLayout {
            skew_degrees: 0.0,
            fields: vec![field],
            lines: Vec::new(),
        };
    }
    let Some(ink) = Ink::of(image, options.polarity) else {
        return PageLayout::default();
    };
    let grids = ruled_grids(&ink);
    let size = |grid: &&RuledGrid| grid.lattice.rows() * grid.lattice.columns();
    if let Some(largest) = grids.iter().max_by_key(size) {
        return PageLayout {
            skew_degrees: largest.lattice.skew_degrees(),
            fields: grids
                .iter()
                .map(|grid| grid_field(&ink, grid, options.cells))
                .collect(),
            lines: Vec::new(),
        };
    }
    let loose = loose_fields(&ink);
    PageLayout {
        // Rows count downwards: a line that rises to the right has a negative slope. 0 is added to have no -0.
        skew_degrees: (-loose.slope).atan().to_degrees() + 0.0,
        fields: loose.fields,
        lines: loose.lines,
    }
}

/// The field of a picture that needs no more preparation: a digit of the data set, in white on black or the reverse.
fn normalized(image: &GrayImage, polarity: Option<Polarity>) -> Option<FieldLayout> {
    let light = || is_normalized(image);
    let dark = || is_normalized(&invert(image));
    let pixels = match polarity {
        Some(Polarity::LightOnDark) => light(),
        Some(Polarity::DarkOnLight) => dark(),
        None => light().or_else(dark),
    }?;
    let bounds = Rect::of(image);
    Some(FieldLayout {
        kind: FieldKind::Digit,
        bounds,
        rows: 1,
        columns: 1,
        glyphs: vec![GlyphRegion {
            row: 0,
            column: 0,
            bounds,
            pixels: Some(pixels),
        }],
    })
}

/// The ruled grids of a page, from top to bottom.
fn ruled_grids(ink: &Ink) -> Vec<RuledGrid> {
    let factor = ink.width().max(ink.height()).div_ceil(SEARCH_SIDE).max(1);
    let reduced = ink.reduced(factor);
    lattices(&reduced)
        .iter()
        .map(|lattice| refine(ink, lattice, factor))
        .filter(|grid| grid.is_plausible(factor))
        .collect()
}

/// The cells of a grid and their digits.
fn grid_field(ink: &Ink, grid: &RuledGrid, proportions: CellProportions) -> FieldLayout {
    let (rows, columns) = (grid.lattice.rows(), grid.lattice.columns());
    let reader = CellReader::new(ink, grid);
    let frames = Frames::of(ink, grid);
    let glyphs = (0..rows * columns)
        .into_par_iter()
        .map(|i| {
            let (row, column) = (i / columns, i % columns);
            let found = reader.cell_ink(row, column);
            let pixels = found.and_then(|found| match proportions {
                CellProportions::Official => cell_glyph(
                    &found.image,
                    found.origin,
                    found.bounds,
                    &frames.cell(row, column),
                ),
                CellProportions::Paper => natural_glyph(&found.image, found.tight()),
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

/// The ink of the cells of the ruled sheet on a page, row by row, at the scale of the page; `None` for an empty cell.
///
/// What [`extract_grid_tensors`] makes its pictures of, for those who put other pictures together from it.
///
/// # Errors
///
/// [`GridError::NotFound`] when the page has no grid of that size.
pub fn extract_grid_inks(
    image: &GrayImage,
    rows: usize,
    columns: usize,
    options: &PageOptions,
) -> Result<Vec<Option<DigitInk>>, GridError> {
    let ink = Ink::of(image, options.polarity);
    let grids = ink.as_ref().map(ruled_grids).unwrap_or_default();
    let size = |grid: &RuledGrid| (grid.lattice.rows(), grid.lattice.columns());
    let grid = grids.iter().find(|grid| size(grid) == (rows, columns));
    let (Some(ink), Some(grid)) = (&ink, grid) else {
        return Err(GridError::NotFound {
            rows,
            columns,
            found: grids.iter().map(size).collect(),
        });
    };
    let reader = CellReader::new(ink, grid);
    let inks = (0..rows * columns).into_par_iter().map(|i| {
        let found = reader.cell_ink(i / columns, i % columns)?;
        Some(DigitInk {
            image: crop(&found.image, found.tight()),
            bounds: found.bounds,
        })
    });
    Ok(inks.collect())
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
