//! From a picture to its fields.

use crate::cells::CellReader;
use crate::cut::{cell_glyph, natural_glyph};
use crate::erase::{erased, long_rules};
use crate::frame::Frames;
use crate::ink::Ink;
use crate::lattice::{Lattice, find_lattices};
use crate::loose::loose_fields;
use crate::refine::{RuledGrid, refine};
use crate::rules::{RuleScale, find_rules, median, transposed};
use crate::{
    CellProportions, DigitInk, FieldKind, FieldLayout, GlyphRegion, PageLayout, PageOptions,
};
use lekka_image::{
    GrayImage, Polarity, Rect, Watcher, binarize,
    binarize::invert,
    connected_components, crop,
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
    analyze_watched(image, options, &mut Watcher::nobody())
}

/// [`analyze`] under the eyes of a watcher, who sees the stages `ink` (white on black) and `digits` (the ink that
/// belongs to digits, without rules and specks).
pub fn analyze_watched(
    image: &GrayImage,
    options: &PageOptions,
    watcher: &mut Watcher<'_>,
) -> PageLayout {
    if let Some(field) = normalized(image, options.polarity) {
        return PageLayout {
            skew_degrees: 0.0,
            fields: vec![field],
            lines: Vec::new(),
        };
    }
    let Some(mut ink) = Ink::of(image, options.polarity) else {
        return PageLayout::default();
    };
    watcher.see("ink", || {
        let note = format!("ink differs from paper by more than {}", ink.threshold);
        (note, Some(binarize(&ink.image, ink.threshold)))
    });
    let grids = ruled_grids(&ink);
    let layout = if grids.is_empty() {
        let rules = if options.keep_rules {
            Vec::new()
        } else {
            long_rules(&ink)
        };
        if !rules.is_empty() {
            ink = erased(&ink, &rules);
            watcher.see("rules", || {
                let note = format!("{} ruled lines taken out", rules.len());
                (note, Some(binarize(&ink.image, ink.threshold)))
            });
        }
        let loose = loose_fields(&ink, options.strokes);
        PageLayout {
            // Rows count downwards: a line that rises to the right has a negative slope. 0 is added to have no -0.
            skew_degrees: (-loose.slope).atan().to_degrees() + 0.0,
            fields: loose.fields,
            lines: loose.lines,
        }
    } else {
        grids_layout(&ink, &grids, *options)
    };
    watcher.see("digits", || {
        let glyphs = layout.fields.iter().flat_map(|field| &field.glyphs);
        let inked = glyphs.filter(|glyph| glyph.pixels.is_some());
        let note = format!("{} digits found", inked.count());
        (note, Some(digits_alone(&ink, &grids, &layout)))
    });
    layout
}

fn grids_layout(ink: &Ink, grids: &[RuledGrid], options: PageOptions) -> PageLayout {
    let size = |grid: &&RuledGrid| grid.lattice.rows() * grid.lattice.columns();
    let largest = grids.iter().max_by_key(size);
    PageLayout {
        skew_degrees: largest.map_or(0.0, |grid| grid.lattice.skew_degrees()),
        fields: grids
            .iter()
            .map(|grid| grid_field(ink, grid, options))
            .collect(),
        lines: Vec::new(),
    }
}

/// The ink of the digits, white on black: without rules and specks where there are grids, what is in the boxes of the
/// digits elsewhere.
fn digits_alone(ink: &Ink, grids: &[RuledGrid], layout: &PageLayout) -> GrayImage {
    let mut page = GrayImage::new(ink.image.width(), ink.image.height());
    let mut draw = |part: &GrayImage, origin: (u32, u32), bounds: Rect| {
        for y in bounds.y..bounds.bottom() {
            for x in bounds.x..bounds.right() {
                let value = part.get_pixel(x - origin.0, y - origin.1).0[0];
                if value > ink.threshold {
                    page.put_pixel(x, y, image::Luma([255]));
                }
            }
        }
    };
    for grid in grids {
        let reader = CellReader::new(ink, grid);
        for row in 0..grid.lattice.rows() {
            for column in 0..grid.lattice.columns() {
                if let Some(found) = reader.cell_ink(row, column) {
                    draw(&found.image, found.origin, found.bounds);
                }
            }
        }
    }
    if grids.is_empty() {
        let glyphs = layout.fields.iter().flat_map(|field| &field.glyphs);
        for glyph in glyphs.filter(|glyph| glyph.pixels.is_some()) {
            draw(&ink.image, (0, 0), glyph.bounds);
        }
    }
    page
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

/// The page as rules are looked for on it, and what it was reduced by.
pub(crate) fn searched(ink: &Ink) -> (GrayImage, usize) {
    let factor = ink.width().max(ink.height()).div_ceil(SEARCH_SIDE).max(1);
    (ink.reduced(factor), factor)
}

/// The ruled grids of a page, from top to bottom.
pub(crate) fn ruled_grids(ink: &Ink) -> Vec<RuledGrid> {
    let (reduced, factor) = searched(ink);
    lattices(&reduced)
        .iter()
        .map(|lattice| refine(ink, lattice, factor))
        .filter(|grid| grid.is_plausible(factor))
        .filter(|grid| !is_writing(grid, &reduced, factor))
        .collect()
}

/// A grid under this part of the page, with less than this part of its ink, may be strokes of digits that cross.
const SMALL_AREA: f64 = 0.003;
const LITTLE_INK: f64 = 0.05;

/// Pieces whose longer side is shorter than this are specks, in pixels of the reduced page.
const SPECK: u32 = 5;

/// Whether a grid is a small piece of a page full of writing, and has cells that the writing would not go into.
fn is_writing(grid: &RuledGrid, reduced: &GrayImage, factor: usize) -> bool {
    let whole = Rect::of(reduced);
    let place = |v: f64, end: u32| (v / factor as f64).clamp(0.0, f64::from(end)) as u32;
    let corners = grid.lattice.corners();
    let xs = corners.map(|corner| place(corner.0, whole.width));
    let ys = corners.map(|corner| place(corner.1, whole.height));
    let (left, right) = (xs[0].min(xs[3]), xs[1].max(xs[2]));
    let (top, bottom) = (ys[0].min(ys[1]), ys[2].max(ys[3]));
    if right <= left || bottom <= top {
        return true;
    }
    let area = f64::from(right - left) * f64::from(bottom - top);
    if area > SMALL_AREA * f64::from(whole.width) * f64::from(whole.height) {
        return false;
    }
    let ink_in = |bounds: Rect| {
        let part = crop(reduced, bounds);
        part.as_raw().iter().filter(|&&value| value > 0).count() as f64
    };
    if ink_in(Rect::new(left, top, right - left, bottom - top)) > LITTLE_INK * ink_in(whole) {
        return false;
    }
    let pieces = connected_components(reduced);
    let sides = pieces
        .iter()
        .map(|piece| piece.bounds.width.max(piece.bounds.height))
        .filter(|&side| side >= SPECK);
    let (width, height) = grid.lattice.pitch();
    let cell = width.min(height) / factor as f64;
    median(sides.map(f64::from)).is_some_and(|usual| cell < usual)
}

/// The cells of a grid and their digits.
fn grid_field(ink: &Ink, grid: &RuledGrid, options: PageOptions) -> FieldLayout {
    let (rows, columns) = (grid.lattice.rows(), grid.lattice.columns());
    let reader = CellReader::new(ink, grid);
    let frames = Frames::of(ink, grid);
    let slants: Vec<f64> = (0..rows)
        .into_par_iter()
        .map(|row| {
            options.strokes.slant_of(|| {
                let cells = (0..columns).filter_map(|column| reader.cell_ink(row, column));
                cells
                    .map(|found| crop(&found.image, found.tight()))
                    .collect()
            })
        })
        .collect();
    let glyphs = (0..rows * columns)
        .into_par_iter()
        .map(|i| {
            let (row, column) = (i / columns, i % columns);
            let found = reader.cell_ink(row, column);
            let pixels = found.and_then(|found| {
                let found = found.upright(slants[row]);
                match options.cells {
                    CellProportions::Official => cell_glyph(
                        &found.image,
                        found.origin,
                        found.bounds,
                        &frames.cell(row, column),
                    ),
                    CellProportions::Paper => natural_glyph(&found.image, found.tight()),
                }
            });
            GlyphRegion {
                row,
                column,
                bounds: grid.cell_bounds(row, column, ink.width(), ink.height()),
                pixels: pixels.map(|glyph| options.strokes.thinned(&glyph)),
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
