//! hOCR, the format of OCR results in XHTML.

use std::io::{self, Write};

use super::Exporter;
use super::words::{Word, edges, lines};
use super::xml::Xml;
use crate::reading::{PageReading, Script};

/// Writes the pages of one file as one hOCR 1.2 document, coordinates in pixels of the stored
/// pictures: fields as areas, rows as lines, numbers and cells as words with their confidence in
/// percent, digits with their own. Blanks are left out. A page that could not be read is an empty
/// page whose text says why.
#[derive(Debug, Clone, Copy, Default)]
pub struct HocrExporter {
    script: Script,
    begun: bool,
}

impl HocrExporter {
    /// An exporter of digits in the given script.
    pub fn new(script: Script) -> Self {
        Self {
            script,
            begun: false,
        }
    }

    fn head(&mut self, source: &str, xml: &mut Xml) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        xml.raw(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \
             \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n",
        )?;
        xml.open(
            "html",
            &[
                ("xmlns", "http://www.w3.org/1999/xhtml"),
                ("xml:lang", "kn"),
                ("lang", "kn"),
            ],
        )?;
        xml.open("head", &[])?;
        xml.text("title", &[], source)?;
        xml.raw("\n")?;
        let system = format!("lekka {}", env!("CARGO_PKG_VERSION"));
        let metas = [
            ("ocr-system", system.as_str()),
            (
                "ocr-capabilities",
                "ocr_page ocr_carea ocr_line ocrx_word ocrp_wconf",
            ),
            ("ocr-langs", "kn"),
            ("ocr-scripts", "Knda"),
        ];
        xml.empty(
            "meta",
            &[
                ("http-equiv", "Content-Type"),
                ("content", "text/html; charset=utf-8"),
            ],
        )?;
        for (name, content) in metas {
            xml.empty("meta", &[("name", name), ("content", content)])?;
        }
        xml.close("head")?;
        xml.open("body", &[])
    }

    fn word(self, word: &Word, id: &str, xml: &mut Xml) -> io::Result<()> {
        let title = format!(
            "{}; x_wconf {:.0}",
            bbox(word.bounds()),
            100.0 * word.probability()
        );
        xml.start(
            "span",
            &[("class", "ocrx_word"), ("id", id), ("title", &title)],
        )?;
        for digit in &word.digits {
            let [left, top, right, bottom] = edges(digit.bounds);
            let title = format!(
                "x_bboxes {left} {top} {right} {bottom}; x_confs {:.1}",
                100.0 * digit.probability.clamp(0.0, 1.0)
            );
            let text = self.script.character(digit.digit).to_string();
            xml.text("span", &[("class", "ocr_cinfo"), ("title", &title)], &text)?;
        }
        xml.end("span")
    }
}

impl Exporter for HocrExporter {
    fn page(&mut self, page: &PageReading, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Xml::new(out);
        self.head(&page.source, &mut xml)?;
        let id = format!("page_{}", page.page);
        // The name stands between quotes, and there is no way to write one within them.
        let name = page.source.replace('"', "'");
        let title = format!(
            "image \"{name}\"; {}; ppageno {}",
            bbox([0, 0, page.width, page.height]),
            page.page.saturating_sub(1)
        );
        xml.open(
            "div",
            &[("class", "ocr_page"), ("id", &id), ("title", &title)],
        )?;
        for error in &page.errors {
            xml.text("p", &[("class", "lekka_error")], error)?;
            xml.raw("\n")?;
        }
        for field in &page.fields {
            let block = format!("{id}_{}", field.name);
            let title = bbox(edges(field.bounds));
            xml.open(
                "div",
                &[("class", "ocr_carea"), ("id", &block), ("title", &title)],
            )?;
            for (row, line) in lines(field).enumerate() {
                let id = format!("{block}_l{}", row + 1);
                let title = bbox(line.bounds());
                xml.start(
                    "span",
                    &[("class", "ocr_line"), ("id", &id), ("title", &title)],
                )?;
                for (index, word) in line.words.iter().enumerate() {
                    if index > 0 {
                        xml.raw("\n")?;
                    }
                    self.word(word, &format!("{id}_w{}", index + 1), &mut xml)?;
                }
                xml.close("span")?;
            }
            xml.close("div")?;
        }
        xml.close("div")
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Xml::new(out);
        self.head("", &mut xml)?;
        self.begun = false;
        xml.close("body")?;
        xml.close("html")
    }
}

fn bbox([left, top, right, bottom]: [u32; 4]) -> String {
    format!("bbox {left} {top} {right} {bottom}")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{exported, sample};
    use super::*;

    #[test]
    fn fields_are_areas_rows_lines_and_cells_words() {
        let failed = PageReading {
            page: 2,
            ..PageReading::failed("a", "damaged <TIFF>")
        };
        let text = exported(&mut HocrExporter::new(Script::Ascii), &[sample(), failed]);
        let body = text.split("<body>\n").nth(1).unwrap();
        assert_eq!(
            body,
            r#"<div class="ocr_page" id="page_1" title="image &quot;a, &apos;b&apos;.png&quot;; bbox 0 0 100 80; ppageno 0">
<div class="ocr_carea" id="page_1_field_1" title="bbox 8 4 52 64">
<span class="ocr_line" id="page_1_field_1_l1" title="bbox 10 5 46 29"><span class="ocrx_word" id="page_1_field_1_l1_w1" title="bbox 10 5 26 29; x_wconf 100"><span class="ocr_cinfo" title="x_bboxes 10 5 26 29; x_confs 100.0">1</span></span>
<span class="ocrx_word" id="page_1_field_1_l1_w2" title="bbox 30 5 46 29; x_wconf 75"><span class="ocr_cinfo" title="x_bboxes 30 5 46 29; x_confs 75.0">2</span></span></span>
<span class="ocr_line" id="page_1_field_1_l2" title="bbox 30 35 46 59"><span class="ocrx_word" id="page_1_field_1_l2_w1" title="bbox 30 35 46 59; x_wconf 100"><span class="ocr_cinfo" title="x_bboxes 30 35 46 59; x_confs 100.0">4</span></span></span>
</div>
<div class="ocr_carea" id="page_1_field_2" title="bbox 10 5 26 29">
<span class="ocr_line" id="page_1_field_2_l1" title="bbox 10 5 26 29"><span class="ocrx_word" id="page_1_field_2_l1_w1" title="bbox 10 5 26 29; x_wconf 100"><span class="ocr_cinfo" title="x_bboxes 10 5 26 29; x_confs 100.0">9</span></span></span>
</div>
</div>
<div class="ocr_page" id="page_2" title="image &quot;a&quot;; bbox 0 0 0 0; ppageno 1">
<p class="lekka_error">damaged &lt;TIFF&gt;</p>
</div>
</body>
</html>
"#
        );
    }
}
