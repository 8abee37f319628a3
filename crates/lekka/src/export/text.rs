//! The digits alone.

use std::io::{self, Write};

use super::Exporter;
use crate::reading::{PageReading, Script};

/// Writes the digits of each field, a grid as one line per row, an empty line between the fields
/// of a page. Pages without digits and pictures that could not be read write nothing: what went
/// wrong with them is no digit, and belongs on another stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextExporter {
    /// The script of the digits.
    pub script: Script,
    /// Puts a line `SOURCE:` (`SOURCE, page N:` from the second page on) before each page, and an
    /// empty line between pages. For more than one picture.
    pub headings: bool,
    /// Whether something was already written.
    begun: bool,
}

impl TextExporter {
    /// An exporter of digits in the given script, with or without headings.
    pub fn new(script: Script, headings: bool) -> Self {
        Self {
            script,
            headings,
            begun: false,
        }
    }

    /// One that goes on behind what another has written.
    #[must_use]
    pub fn going_on(self) -> Self {
        Self {
            begun: true,
            ..self
        }
    }
}

impl Exporter for TextExporter {
    fn page(&mut self, page: &PageReading, out: &mut dyn Write) -> io::Result<()> {
        if page.fields.is_empty() {
            return Ok(());
        }
        let mut separate = std::mem::replace(&mut self.begun, true);
        if self.headings {
            if separate {
                writeln!(out)?;
            }
            match page.page {
                0 | 1 => writeln!(out, "{}:", page.source)?,
                number => writeln!(out, "{}, page {number}:", page.source)?,
            }
            separate = false;
        }
        for field in &page.fields {
            // Lone digits and numbers on their own lines need no empty line around them.
            if field.rows > 1 && separate {
                writeln!(out)?;
            }
            let text = match self.script {
                Script::Kannada => &field.text,
                Script::Ascii => &field.ascii,
            };
            writeln!(out, "{text}")?;
            separate = true;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{exported, sample};
    use super::*;

    #[test]
    fn a_grid_is_rows() {
        let pages = [sample()];
        assert_eq!(
            exported(&mut TextExporter::default(), &pages),
            "೧೨\n_೪\n೯\n"
        );
        assert_eq!(
            exported(&mut TextExporter::new(Script::Ascii, false), &pages),
            "12\n_4\n9\n"
        );
    }

    #[test]
    fn several_pictures_have_headings() {
        let second = PageReading {
            page: 2,
            ..sample()
        };
        let pages = [
            sample(),
            PageReading::failed("b.png", "not a picture"),
            second,
        ];
        assert_eq!(
            exported(&mut TextExporter::new(Script::Ascii, true), &pages),
            "a, \"b\".png:\n12\n_4\n9\n\na, \"b\".png, page 2:\n12\n_4\n9\n"
        );
    }
}
