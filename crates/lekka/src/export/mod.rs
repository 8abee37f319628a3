//! Readings as text, JSON lines, CSV, ALTO or hOCR; one file per format.

mod alto;
mod csv;
mod hocr;
mod json;
mod text;
mod words;
mod xml;

use std::io::{self, Write};
use std::str::FromStr;

use thiserror::Error;

pub use self::alto::AltoExporter;
pub use self::csv::CsvExporter;
pub use self::hocr::HocrExporter;
pub use self::json::JsonExporter;
pub use self::text::TextExporter;

use crate::reading::PageReading;

/// Writes readings in one format, page by page as they come, so that a folder of any size can be
/// written while it is read.
pub trait Exporter {
    /// Writes what comes before the first page, such as the header of a table.
    ///
    /// # Errors
    ///
    /// Whatever `out` answers.
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let _ = out;
        Ok(())
    }

    /// Writes one page.
    ///
    /// # Errors
    ///
    /// Whatever `out` answers.
    fn page(&mut self, page: &PageReading, out: &mut dyn Write) -> io::Result<()>;

    /// Writes what comes after the last page, such as the end of a document.
    ///
    /// # Errors
    ///
    /// Whatever `out` answers.
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let _ = out;
        Ok(())
    }
}

/// Writes all pages at once.
///
/// # Errors
///
/// Whatever `out` answers.
pub fn write_all(
    exporter: &mut dyn Exporter,
    pages: &[PageReading],
    out: &mut dyn Write,
) -> io::Result<()> {
    exporter.begin(out)?;
    pages.iter().try_for_each(|page| exporter.page(page, out))?;
    exporter.end(out)
}

/// The formats by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// The digits alone, a grid as rows.
    #[default]
    Text,
    /// One JSON object per page and line.
    Json,
    /// A table with one line per digit.
    Csv,
    /// ALTO 4 XML: one document for the pages of one file.
    Alto,
    /// hOCR, XHTML with the boxes in it: one document for the pages of one file.
    Hocr,
}

impl OutputFormat {
    /// All formats, in the order in which they are listed to people.
    pub const ALL: [Self; 5] = [Self::Text, Self::Json, Self::Csv, Self::Alto, Self::Hocr];

    /// The name, as [`OutputFormat::from_str`] takes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Alto => "alto",
            Self::Hocr => "hocr",
        }
    }

    /// The media type, as HTTP names it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Alto => "application/xml",
            Self::Hocr => "application/xhtml+xml",
        }
    }

    /// An exporter of this format with its defaults.
    pub fn exporter(self) -> Box<dyn Exporter> {
        match self {
            Self::Text => Box::new(TextExporter::default()),
            Self::Json => Box::new(JsonExporter),
            Self::Csv => Box::new(CsvExporter),
            Self::Alto => Box::new(AltoExporter::default()),
            Self::Hocr => Box::new(HocrExporter::default()),
        }
    }
}

impl FromStr for OutputFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
            })
    }
}

/// A format of that name does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no output format `{name}`; use one of text, json, csv, alto, hocr")]
pub struct UnknownFormat {
    /// The name that was given.
    pub name: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::reading::{
        Alternative, DigitReading, FieldKind, FieldReading, SCHEMA_VERSION, Status,
    };

    /// A page with a grid of two rows, one cell of it blank and one doubtful, and a lone digit.
    pub(crate) fn sample() -> PageReading {
        let digit = |digit: Option<u8>, row, column| DigitReading {
            digit,
            probability: if digit == Some(2) { 0.75 } else { 1.0 },
            status: match digit {
                None => Status::Blank,
                Some(2) => Status::Review,
                Some(_) => Status::Ok,
            },
            bounds: [10 + 20 * column as u32, 5 + 30 * row as u32, 16, 24],
            row,
            column,
            alternatives: match digit {
                Some(2) => vec![Alternative {
                    digit: 3,
                    probability: 0.25,
                }],
                _ => Vec::new(),
            },
        };
        PageReading {
            schema_version: SCHEMA_VERSION,
            source: "a, \"b\".png".to_owned(),
            page: 1,
            width: 100,
            height: 80,
            skew_degrees: -0.25,
            fields: vec![
                FieldReading {
                    name: "field_1".to_owned(),
                    kind: FieldKind::Grid,
                    bounds: [8, 4, 44, 60],
                    rows: 2,
                    columns: 2,
                    text: "೧೨\n_೪".to_owned(),
                    ascii: "12\n_4".to_owned(),
                    status: Status::Review,
                    digits: vec![
                        digit(Some(1), 0, 0),
                        digit(Some(2), 0, 1),
                        digit(None, 1, 0),
                        digit(Some(4), 1, 1),
                    ],
                    separators: Vec::new(),
                },
                FieldReading {
                    name: "field_2".to_owned(),
                    kind: FieldKind::Digit,
                    bounds: [10, 5, 16, 24],
                    rows: 1,
                    columns: 1,
                    text: "೯".to_owned(),
                    ascii: "9".to_owned(),
                    status: Status::Ok,
                    digits: vec![digit(Some(9), 0, 0)],
                    separators: Vec::new(),
                },
            ],
            errors: Vec::new(),
        }
    }

    pub(super) fn exported(exporter: &mut dyn Exporter, pages: &[PageReading]) -> String {
        let mut out = Vec::new();
        write_all(exporter, pages, &mut out).expect("a vector takes all");
        String::from_utf8(out).expect("all formats are UTF-8")
    }

    #[test]
    fn formats_are_found_by_name() {
        for format in OutputFormat::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert_eq!(
            "xml".parse::<OutputFormat>().unwrap_err().to_string(),
            "there is no output format `xml`; use one of text, json, csv, alto, hocr"
        );
    }

    #[test]
    fn a_refusing_writer_is_an_error_in_every_format() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for format in OutputFormat::ALL {
            let error = write_all(format.exporter().as_mut(), &[sample()], &mut Full).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{format:?}");
        }
    }
}
