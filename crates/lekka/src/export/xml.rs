//! Writing XML that is well-formed whatever the names of files are.

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// A writer of elements, one to a line.
pub(super) struct Xml<'a> {
    writer: Writer<&'a mut dyn Write>,
}

impl<'a> Xml<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self {
            writer: Writer::new(out),
        }
    }

    /// Text as it stands, such as declarations.
    pub(super) fn raw(&mut self, text: &str) -> io::Result<()> {
        self.writer.get_mut().write_all(text.as_bytes())
    }

    /// `<name attributes>` and a new line.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.start(name, attributes)?;
        self.raw("\n")
    }

    /// `</name>` and a new line.
    pub(super) fn close(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Event::End(BytesEnd::new(name)))?;
        self.raw("\n")
    }

    /// `<name attributes/>` and a new line.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer
            .write_event(Event::Empty(element(name, attributes)))?;
        self.raw("\n")
    }

    /// `<name attributes>text</name>`, without a new line.
    pub(super) fn text(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> io::Result<()> {
        self.start(name, attributes)?;
        self.writer
            .write_event(Event::Text(BytesText::new(&allowed(text))))?;
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// `<name attributes>`, without a new line.
    pub(super) fn start(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer
            .write_event(Event::Start(element(name, attributes)))
    }

    /// `</name>`, without a new line.
    pub(super) fn end(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }
}

fn element<'n>(name: &'n str, attributes: &[(&str, &str)]) -> BytesStart<'n> {
    let mut element = BytesStart::new(name);
    for (name, value) in attributes {
        element.push_attribute((*name, &*allowed(value)));
    }
    element
}

/// Text without the characters that XML has no way to write; names of files may have them.
fn allowed(text: &str) -> Cow<'_, str> {
    let refused = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(refused) {
        text.replace(refused, "\u{fffd}").into()
    } else {
        text.into()
    }
}
