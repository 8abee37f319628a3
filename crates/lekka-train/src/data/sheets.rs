//! A labelled data set from scanned sheets: pages with a ruled grid of known size, whose labels
//! follow from the row.

use super::error::{DataError, DataErrorKind};
use super::set::{CLASSES, DataSet, IMAGE_PIXELS};
use super::writers::Writers;
use image::GrayImage;
use lekka_nn::random::Random;
use lekka_page::{CellView, GridError, PageOptions, extract_grid_tensors, extract_grid_views};

/// How the digits of a sheet are taken out and labelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetOptions {
    /// Rows of the grid.
    pub rows: usize,
    /// Columns of the grid.
    pub columns: usize,
    /// Which digit is in which cell.
    pub labels: LabelRule,
    /// In which order the cells become images.
    pub order: CellOrder,
    /// How the page is looked at.
    pub page: PageOptions,
    /// In place of each digit as it stands there, that many as other hands and other cuts might have
    /// given it through the official procedure, in official proportions; 0 takes the digits as they
    /// are.
    pub variations: u16,
    /// Seed of the variations.
    pub seed: u64,
}

/// Which digit is in which cell of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelRule {
    /// Row `r`, counted from 0, holds the digit `r mod 10`, as on the sheets of Kannada-MNIST.
    RowModulo10,
    /// The digit of each row, from the top.
    Rows(Vec<u8>),
    /// The digit of each column, from the left.
    Columns(Vec<u8>),
}

/// In which order the cells of a sheet become images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CellOrder {
    /// Column by column, each from top to bottom, as in Kannada-MNIST: its labels cycle 0 to 9.
    #[default]
    ByColumn,
    /// Row by row, each from left to right.
    ByRow,
}

impl Default for SheetOptions {
    /// The sheets of Kannada-MNIST: 40 rows of 32 cells, row `r` holding the digit `r mod 10`.
    fn default() -> Self {
        Self {
            rows: 40,
            columns: 32,
            labels: LabelRule::RowModulo10,
            order: CellOrder::default(),
            page: PageOptions::default(),
            variations: 0,
            seed: 1,
        }
    }
}

impl SheetOptions {
    /// The glyphs of each cell, row by row.
    fn glyphs(
        &self,
        writer: &str,
        page: &GrayImage,
    ) -> Result<Vec<Vec<Option<[u8; IMAGE_PIXELS]>>>, GridError> {
        let Self { rows, columns, .. } = *self;
        if self.variations == 0 {
            let glyphs = extract_grid_tensors(page, rows, columns, &self.page)?;
            return Ok(glyphs.into_iter().map(|glyph| vec![glyph]).collect());
        }
        extract_grid_views(page, rows, columns, &self.page, |row, column| {
            let cell = [row as u64, column as u64];
            let random = &mut Random::stream(self.seed, writer, &cell);
            (0..self.variations).map(|_| draw_view(random)).collect()
        })
    }

    pub(super) fn label(&self, row: usize, column: usize) -> Result<u8, String> {
        let given = |labels: &[u8], index: usize, what: &str| match labels.get(index) {
            Some(&label) if (label as usize) < CLASSES => Ok(label),
            Some(label) => Err(format!(
                "the label {label} of {what} {index} is not a digit"
            )),
            None => Err(format!(
                "there is no label for {what} {index}, only {} are given",
                labels.len()
            )),
        };
        match &self.labels {
            LabelRule::RowModulo10 => Ok((row % CLASSES) as u8),
            LabelRule::Rows(labels) => given(labels, row, "row"),
            LabelRule::Columns(labels) => given(labels, column, "column"),
        }
    }
}

/// Another hand (rotation, slant, width and height), and a cut that is off by less than the margin.
fn draw_view(random: &mut Random) -> CellView {
    let angle = random.range(-10.0, 10.0).to_radians();
    let slant = random.range(-0.15, 0.15);
    let [width, height] = [0.2_f32, 0.2].map(|most| random.range(-most, most).exp());
    let mut offset = || f64::from(random.normal() * 4.0).clamp(-12.0, 12.0);
    let offset = (offset(), offset());
    // A cell of 148 x 83 pixels on the paper has 148 x 118 in the official square; the hand turns on the paper.
    let squeeze = 118.1 / 83.0;
    let (sin, cos) = angle.sin_cos();
    let hand = [
        width * cos,
        width * (slant * cos - sin) / squeeze,
        height * sin * squeeze,
        height * (slant * sin + cos),
    ];
    CellView {
        hand: hand.map(f64::from),
        offset,
    }
}

/// Collects the digits of sheets into one set; each sheet is a writer of its own name.
///
/// ```no_run
/// use lekka_train::data::{SheetOptions, SheetSet};
/// # let page = image::GrayImage::new(1, 1);
///
/// let mut sheets = SheetSet::default();
/// let blank = sheets.add("page_01", &page, &SheetOptions::default())?;
/// let set = sheets.finish("sheets")?;
/// # Ok::<(), lekka_train::DataError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SheetSet {
    images: Vec<u8>,
    labels: Vec<u8>,
    writers: Vec<String>,
}

/// What was taken from a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetCount {
    /// Digits taken.
    pub digits: usize,
    /// Row and column, counted from 0, of cells that are blank; they are left out.
    pub blank: Vec<(usize, usize)>,
}

impl SheetSet {
    /// Adds the digits of a sheet by this writer.
    ///
    /// # Errors
    /// When the page has no grid of the size, or the labels do not fit it. Nothing is added then.
    pub fn add(
        &mut self,
        writer: &str,
        page: &GrayImage,
        options: &SheetOptions,
    ) -> Result<SheetCount, DataError> {
        let refuse = |text: String| DataError::new(writer, DataErrorKind::Sheet(text));
        let SheetOptions { rows, columns, .. } = *options;
        let glyphs = options
            .glyphs(writer, page)
            .map_err(|error| refuse(error.to_string()))?;
        let cells: Vec<(usize, usize)> = match options.order {
            CellOrder::ByColumn => (0..columns)
                .flat_map(|column| (0..rows).map(move |row| (row, column)))
                .collect(),
            CellOrder::ByRow => (0..rows)
                .flat_map(|row| (0..columns).map(move |column| (row, column)))
                .collect(),
        };
        let (mut images, mut labels, mut blank) = (Vec::new(), Vec::new(), Vec::new());
        for (row, column) in cells {
            let label = options.label(row, column).map_err(refuse)?;
            let seen = glyphs.get(row * columns + column);
            let before = labels.len();
            for glyph in seen.into_iter().flatten().flatten() {
                images.extend_from_slice(glyph);
                labels.push(label);
            }
            if labels.len() == before {
                blank.push((row, column));
            }
        }
        debug_assert_eq!(images.len(), labels.len() * IMAGE_PIXELS);
        let digits = labels.len();
        self.images.extend(images);
        self.labels.extend(labels);
        self.writers
            .extend(std::iter::repeat_n(writer.to_owned(), digits));
        Ok(SheetCount { digits, blank })
    }

    /// The set of all digits, with their writers.
    ///
    /// # Errors
    /// When there are no digits.
    pub fn finish(self, name: &str) -> Result<DataSet, DataError> {
        let writers = Writers::from_names(self.writers.iter().map(String::as_str))
            .map_err(|kind| DataError::new(name, kind))?;
        DataSet::new(name, self.images, Some(self.labels))?.with_writers(writers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_their_rule() {
        let rule = |labels| SheetOptions {
            labels,
            ..SheetOptions::default()
        };
        assert_eq!(rule(LabelRule::RowModulo10).label(23, 5), Ok(3));
        assert_eq!(rule(LabelRule::Rows(vec![7, 8])).label(1, 5), Ok(8));
        assert_eq!(rule(LabelRule::Columns(vec![7, 8])).label(5, 0), Ok(7));
        assert!(
            rule(LabelRule::Rows(vec![7]))
                .label(1, 0)
                .unwrap_err()
                .contains("row 1")
        );
        assert!(
            rule(LabelRule::Rows(vec![10]))
                .label(0, 0)
                .unwrap_err()
                .contains("not a digit")
        );
    }

    #[test]
    fn pages_without_the_grid_are_refused() {
        let mut sheets = SheetSet::default();
        let page = GrayImage::from_pixel(300, 200, image::Luma([255]));
        let error = sheets
            .add("page_01", &page, &SheetOptions::default())
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("page_01: no grid of 40 rows x 32"),
            "{error}"
        );
        assert!(
            sheets
                .finish("none")
                .unwrap_err()
                .to_string()
                .contains("holds no images")
        );
    }
}
