//! ALTO 4 XML.

use std::io::{self, Write};

use super::Exporter;
use super::words::{Word, edges, lines};
use super::xml::Xml;
use crate::reading::{PageReading, Script};

/// Writes the pages of one file as one ALTO document, coordinates in pixels of the stored pictures:
/// fields as text blocks, rows as lines, numbers and cells as strings, digits as glyphs with their
/// probability and, as variants, the runners-up. Blanks are left out. A page that could not be read
/// is there without content and says why.
///
/// The schema is version 4.2 of <https://www.loc.gov/standards/alto/>; the elements used are the
/// same in 4.0 to 4.4.
#[derive(Debug, Clone, Copy, Default)]
pub struct AltoExporter {
    script: Script,
    begun: bool,
}

impl AltoExporter {
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
        xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        xml.open(
            "alto",
            &[
                ("xmlns", "http://www.loc.gov/standards/alto/ns-v4#"),
                ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
                (
                    "xsi:schemaLocation",
                    "http://www.loc.gov/standards/alto/ns-v4# https://www.loc.gov/standards/alto/v4/alto-4-2.xsd",
                ),
            ],
        )?;
        xml.open("Description", &[])?;
        xml.text("MeasurementUnit", &[], "pixel")?;
        xml.raw("\n")?;
        xml.open("sourceImageInformation", &[])?;
        xml.text("fileName", &[], source)?;
        xml.raw("\n")?;
        xml.close("sourceImageInformation")?;
        xml.open("Processing", &[("ID", "lekka")])?;
        xml.open("processingSoftware", &[])?;
        xml.text("softwareCreator", &[], "The Lekka authors")?;
        xml.text("softwareName", &[], "lekka")?;
        xml.text("softwareVersion", &[], env!("CARGO_PKG_VERSION"))?;
        xml.raw("\n")?;
        xml.close("processingSoftware")?;
        xml.close("Processing")?;
        xml.close("Description")?;
        xml.open("Layout", &[])
    }

    fn word(self, word: &Word, id: &str, xml: &mut Xml) -> io::Result<()> {
        let content: String = word
            .digits
            .iter()
            .map(|digit| self.script.character(digit.digit))
            .collect();
        let place = Place::of(word.bounds());
        let probability = format!("{:.6}", word.probability());
        let [x, y, width, height] = place.attributes();
        xml.open(
            "String",
            &[
                ("ID", id),
                ("CONTENT", &content),
                ("WC", &probability),
                x,
                y,
                width,
                height,
            ],
        )?;
        for (index, digit) in word.digits.iter().enumerate() {
            let place = Place::of(edges(digit.bounds));
            let [x, y, width, height] = place.attributes();
            xml.open(
                "Glyph",
                &[
                    ("ID", &format!("{id}_g{}", index + 1)),
                    ("CONTENT", &self.script.character(digit.digit).to_string()),
                    ("GC", &format!("{:.6}", digit.probability.clamp(0.0, 1.0))),
                    x,
                    y,
                    width,
                    height,
                ],
            )?;
            for other in &digit.alternatives {
                let content = self.script.character(Some(other.digit)).to_string();
                let probability = format!("{:.6}", other.probability.clamp(0.0, 1.0));
                xml.empty("Variant", &[("CONTENT", &content), ("VC", &probability)])?;
            }
            xml.close("Glyph")?;
        }
        xml.close("String")
    }
}

impl Exporter for AltoExporter {
    fn page(&mut self, page: &PageReading, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Xml::new(out);
        self.head(&page.source, &mut xml)?;
        let id = format!("page_{}", page.page);
        let (number, width, height) = (
            page.page.to_string(),
            page.width.to_string(),
            page.height.to_string(),
        );
        let errors = page.errors.join("; ");
        let mut attributes = vec![
            ("ID", id.as_str()),
            ("PHYSICAL_IMG_NR", &number),
            ("WIDTH", &width),
            ("HEIGHT", &height),
            ("PROCESSINGREFS", "lekka"),
        ];
        if !page.errors.is_empty() {
            attributes.extend([("QUALITY", "Damaged"), ("QUALITY_DETAIL", &errors)]);
        }
        if page.width == 0 || page.height == 0 {
            return xml.empty("Page", &attributes);
        }
        xml.open("Page", &attributes)?;
        let whole = Place::of([0, 0, page.width, page.height]);
        xml.open("PrintSpace", &whole.attributes())?;
        for field in &page.fields {
            let block = format!("{id}_{}", field.name);
            let place = Place::of(edges(field.bounds));
            let [x, y, width, height] = place.attributes();
            let attributes = [("ID", block.as_str()), ("LANG", "kn"), x, y, width, height];
            let mut lines = lines(field).enumerate().peekable();
            if lines.peek().is_none() {
                xml.empty("TextBlock", &attributes)?;
                continue;
            }
            xml.open("TextBlock", &attributes)?;
            for (row, line) in lines {
                let id = format!("{block}_l{}", row + 1);
                let place = Place::of(line.bounds());
                let [x, y, width, height] = place.attributes();
                xml.open("TextLine", &[("ID", id.as_str()), x, y, width, height])?;
                for (index, word) in line.words.iter().enumerate() {
                    if index > 0 {
                        xml.empty("SP", &[])?;
                    }
                    self.word(word, &format!("{id}_s{}", index + 1), &mut xml)?;
                }
                xml.close("TextLine")?;
            }
            xml.close("TextBlock")?;
        }
        xml.close("PrintSpace")?;
        xml.close("Page")
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Xml::new(out);
        self.head("", &mut xml)?;
        self.begun = false;
        xml.close("Layout")?;
        xml.close("alto")
    }
}

/// A box as ALTO writes it.
struct Place([String; 4]);

impl Place {
    fn of([left, top, right, bottom]: [u32; 4]) -> Self {
        Self(
            [
                left,
                top,
                right.saturating_sub(left),
                bottom.saturating_sub(top),
            ]
            .map(|n| n.to_string()),
        )
    }

    fn attributes(&self) -> [(&str, &str); 4] {
        let [x, y, width, height] = &self.0;
        [
            ("HPOS", x),
            ("VPOS", y),
            ("WIDTH", width),
            ("HEIGHT", height),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{exported, sample};
    use super::*;

    #[test]
    fn fields_are_blocks_rows_lines_and_cells_strings() {
        let failed = PageReading {
            page: 2,
            ..PageReading::failed("a", "damaged <TIFF> & \u{1}")
        };
        let text = exported(&mut AltoExporter::default(), &[sample(), failed]);
        let page = text.split("<Layout>\n").nth(1).unwrap();
        assert_eq!(
            page,
            r#"<Page ID="page_1" PHYSICAL_IMG_NR="1" WIDTH="100" HEIGHT="80" PROCESSINGREFS="lekka">
<PrintSpace HPOS="0" VPOS="0" WIDTH="100" HEIGHT="80">
<TextBlock ID="page_1_field_1" LANG="kn" HPOS="8" VPOS="4" WIDTH="44" HEIGHT="60">
<TextLine ID="page_1_field_1_l1" HPOS="10" VPOS="5" WIDTH="36" HEIGHT="24">
<String ID="page_1_field_1_l1_s1" CONTENT="೧" WC="1.000000" HPOS="10" VPOS="5" WIDTH="16" HEIGHT="24">
<Glyph ID="page_1_field_1_l1_s1_g1" CONTENT="೧" GC="1.000000" HPOS="10" VPOS="5" WIDTH="16" HEIGHT="24">
</Glyph>
</String>
<SP/>
<String ID="page_1_field_1_l1_s2" CONTENT="೨" WC="0.750000" HPOS="30" VPOS="5" WIDTH="16" HEIGHT="24">
<Glyph ID="page_1_field_1_l1_s2_g1" CONTENT="೨" GC="0.750000" HPOS="30" VPOS="5" WIDTH="16" HEIGHT="24">
<Variant CONTENT="೩" VC="0.250000"/>
</Glyph>
</String>
</TextLine>
<TextLine ID="page_1_field_1_l2" HPOS="30" VPOS="35" WIDTH="16" HEIGHT="24">
<String ID="page_1_field_1_l2_s1" CONTENT="೪" WC="1.000000" HPOS="30" VPOS="35" WIDTH="16" HEIGHT="24">
<Glyph ID="page_1_field_1_l2_s1_g1" CONTENT="೪" GC="1.000000" HPOS="30" VPOS="35" WIDTH="16" HEIGHT="24">
</Glyph>
</String>
</TextLine>
</TextBlock>
<TextBlock ID="page_1_field_2" LANG="kn" HPOS="10" VPOS="5" WIDTH="16" HEIGHT="24">
<TextLine ID="page_1_field_2_l1" HPOS="10" VPOS="5" WIDTH="16" HEIGHT="24">
<String ID="page_1_field_2_l1_s1" CONTENT="೯" WC="1.000000" HPOS="10" VPOS="5" WIDTH="16" HEIGHT="24">
<Glyph ID="page_1_field_2_l1_s1_g1" CONTENT="೯" GC="1.000000" HPOS="10" VPOS="5" WIDTH="16" HEIGHT="24">
</Glyph>
</String>
</TextLine>
</TextBlock>
</PrintSpace>
</Page>
<Page ID="page_2" PHYSICAL_IMG_NR="2" WIDTH="0" HEIGHT="0" PROCESSINGREFS="lekka" QUALITY="Damaged" QUALITY_DETAIL="damaged &lt;TIFF&gt; &amp; �"/>
</Layout>
</alto>
"#
        );
        assert!(
            text.contains("<fileName>a, &quot;b&quot;.png</fileName>"),
            "{text}"
        );
    }

    #[test]
    fn a_document_without_pages_is_one_too() {
        let text = exported(&mut AltoExporter::new(Script::Ascii), &[]);
        assert!(text.ends_with("<Layout>\n</Layout>\n</alto>\n"), "{text}");
    }
}
