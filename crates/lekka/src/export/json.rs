//! JSON lines: one object per page and line.

use std::io::{self, Write};

use super::Exporter;
use crate::reading::PageReading;

/// Writes each page as one JSON object on one line, failed pictures with their error.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonExporter;

impl Exporter for JsonExporter {
    fn page(&mut self, page: &PageReading, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, page)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{exported, sample};
    use super::*;

    #[test]
    fn one_line_per_page_that_reads_back() {
        let pages = [sample(), PageReading::failed("b.png", "truncated\nfile")];
        let text = exported(&mut JsonExporter, &pages);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        for (line, page) in lines.iter().zip(&pages) {
            assert_eq!(&serde_json::from_str::<PageReading>(line).unwrap(), page);
        }
    }
}
