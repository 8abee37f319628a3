//! Digits of writers as they stand on their sheets, to compose numbers from.

use crate::data::error::{DataError, DataErrorKind};
use crate::data::set::CLASSES;
use crate::data::sheets::SheetOptions;
use crate::data::sums::sha256_hex;
use image::GrayImage;
use lekka_image::{DecodeLimits, decode};
use lekka_page::{DigitInk, extract_grid_inks};
use std::path::{Path, PathBuf};

/// The digits of some writers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GlyphBank {
    writers: Vec<WriterGlyphs>,
}

/// The digits of one writer, at the scale of the scan.
#[derive(Debug, Clone, PartialEq)]
pub struct WriterGlyphs {
    /// The writer's name.
    pub name: String,
    /// For each digit 0 to 9 its pictures: ink alone, light on dark, cut to the ink's box.
    pub digits: [Vec<GrayImage>; CLASSES],
    /// The usual longer side of this writer's digits, in pixels.
    pub size: f64,
    /// The usual width of this writer's strokes, in pixels.
    pub stroke: f64,
}

impl WriterGlyphs {
    /// A writer's digits by their labels.
    ///
    /// # Errors
    /// When a digit has no picture.
    pub fn new(
        name: impl Into<String>,
        digits: [Vec<GrayImage>; CLASSES],
    ) -> Result<Self, DataError> {
        let name = name.into();
        if let Some(missing) = digits.iter().position(Vec::is_empty) {
            let text = format!("there is no {missing} by this writer to compose numbers from");
            return Err(DataError::new(name, DataErrorKind::Sheet(text)));
        }
        let all = || digits.iter().flatten();
        let size = middle(all().map(|glyph| f64::from(glyph.width().max(glyph.height()))));
        let stroke = middle(all().filter_map(stroke_width));
        Ok(Self {
            name,
            digits,
            size: size.max(1.0),
            stroke: stroke.max(1.0),
        })
    }

    /// The digits of a scanned sheet whose labels follow from its cells.
    ///
    /// # Errors
    /// When the page has no such grid, or a digit is in none of its cells.
    pub fn from_sheet(
        name: &str,
        page: &GrayImage,
        options: &SheetOptions,
    ) -> Result<Self, DataError> {
        let refuse = |text: String| DataError::new(name, DataErrorKind::Sheet(text));
        let SheetOptions { rows, columns, .. } = *options;
        let inks = extract_grid_inks(page, rows, columns, &options.page)
            .map_err(|error| refuse(error.to_string()))?;
        let mut digits: [Vec<GrayImage>; CLASSES] = Default::default();
        for (index, ink) in inks.into_iter().enumerate() {
            let label = options
                .label(index / columns, index % columns)
                .map_err(refuse)?;
            digits[usize::from(label)].extend(ink.map(|DigitInk { image, .. }| image));
        }
        Self::new(name, digits)
    }
}

impl GlyphBank {
    /// A bank of these writers.
    pub fn new(writers: Vec<WriterGlyphs>) -> Self {
        Self { writers }
    }

    /// The digits of scanned sheets, laid out as those of Kannada-MNIST: files, or folders whose PNG files are taken.
    /// Each is a writer of its file's name.
    ///
    /// # Errors
    /// When a file cannot be read, or is no such sheet.
    pub fn from_pages(paths: &[PathBuf]) -> Result<Self, DataError> {
        let refuse = |path: &Path, error: std::io::Error| {
            DataError::new(path.display().to_string(), error.into())
        };
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                let mut found = Vec::new();
                for entry in std::fs::read_dir(path).map_err(|error| refuse(path, error))? {
                    found.push(entry.map_err(|error| refuse(path, error))?.path());
                }
                found.retain(|file| {
                    file.extension()
                        .is_some_and(|ext| ext.eq_ignore_ascii_case("png"))
                });
                found.sort();
                files.extend(found);
            } else {
                files.push(path.clone());
            }
        }
        let writer = |file: PathBuf| {
            let bytes = std::fs::read(&file).map_err(|error| refuse(&file, error))?;
            let name = file.display().to_string();
            let decoded = decode(&bytes, &DecodeLimits::default());
            let pages = decoded
                .map_err(|error| DataError::new(&*name, DataErrorKind::Sheet(error.to_string())))?;
            let Some(page) = pages.first() else {
                return Err(DataError::new(
                    &*name,
                    DataErrorKind::Sheet("there is no page in it".to_owned()),
                ));
            };
            let stem = file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            WriterGlyphs::from_sheet(&stem, &page.gray, &SheetOptions::default())
        };
        let writers: Result<Vec<_>, _> = files.into_iter().map(writer).collect();
        Ok(Self::new(writers?))
    }

    /// The bank of these writers only.
    #[must_use]
    pub fn only(&self, names: &[String]) -> Self {
        let kept = self
            .writers
            .iter()
            .filter(|writer| names.contains(&writer.name));
        Self::new(kept.cloned().collect())
    }

    /// The writers.
    pub fn writers(&self) -> &[WriterGlyphs] {
        &self.writers
    }

    /// Whether there are no writers.
    pub fn is_empty(&self) -> bool {
        self.writers.is_empty()
    }

    /// Number of pictures of digits.
    pub fn len(&self) -> usize {
        let digits = self.writers.iter().flat_map(|writer| &writer.digits);
        digits.map(Vec::len).sum()
    }

    /// SHA-256 of all names and pictures.
    pub fn digest(&self) -> String {
        let mut bytes = Vec::new();
        for writer in &self.writers {
            bytes.extend(writer.name.as_bytes());
            for (digit, glyph) in (0_u8..)
                .zip(&writer.digits)
                .flat_map(|(d, all)| all.iter().map(move |g| (d, g)))
            {
                bytes.push(digit);
                bytes.extend(glyph.width().to_le_bytes());
                bytes.extend(glyph.as_raw());
            }
        }
        sha256_hex(&bytes)
    }
}

/// About the width of the strokes of a glyph: twice its ink over the length of its outline.
fn stroke_width(glyph: &GrayImage) -> Option<f64> {
    let ink = |x: i64, y: i64| {
        x >= 0
            && y >= 0
            && x < i64::from(glyph.width())
            && y < i64::from(glyph.height())
            && glyph.get_pixel(x as u32, y as u32).0[0] > 127
    };
    let (mut area, mut outline) = (0_u32, 0_u32);
    for (x, y, _) in glyph.enumerate_pixels() {
        let (x, y) = (i64::from(x), i64::from(y));
        if ink(x, y) {
            area += 1;
            let around = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)];
            outline += around.iter().filter(|&&(x, y)| !ink(x, y)).count() as u32;
        }
    }
    (outline > 0).then(|| 2.0 * f64::from(area) / f64::from(outline))
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
