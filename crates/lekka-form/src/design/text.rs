//! Text as outlines: shaped, so that Kannada letters join as they should, and the same on every printer.

use super::shapes::Segment;
use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder};
use rustybuzz::{Face, UnicodeBuffer, shape};
use std::sync::OnceLock;

/// The face with Latin and Kannada letters; see `fonts/README.md`.
fn face() -> &'static Face<'static> {
    static FACE: OnceLock<Face<'static>> = OnceLock::new();
    FACE.get_or_init(|| {
        Face::from_slice(include_bytes!("../../fonts/NotoSansKannada.ttf"), 0)
            .expect("the embedded font parses; a test sees to that")
    })
}

/// A line of text as outlines.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TextLine {
    /// The outlines, the base line beginning at (0, 0), y down, in millimetres.
    pub(crate) segments: Vec<Segment>,
    /// How far the pen moves.
    pub(crate) advance: f64,
    /// Characters that the font has not.
    pub(crate) missing: Vec<char>,
}

/// Sets a line of text in letters of `size` millimetres.
pub(crate) fn text_line(text: &str, size: f64) -> TextLine {
    let face = face();
    let scale = size / f64::from(face.units_per_em());
    let mut line = TextLine::default();
    for run in runs(text) {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(run);
        buffer.guess_segment_properties();
        let glyphs = shape(face, &[], buffer);
        for (info, position) in glyphs.glyph_infos().iter().zip(glyphs.glyph_positions()) {
            if info.glyph_id == 0
                && let Some(character) = run
                    .get(info.cluster as usize..)
                    .and_then(|r| r.chars().next())
            {
                line.missing.push(character);
            }
            let mut outline = Outline {
                segments: &mut line.segments,
                origin: [
                    line.advance + f64::from(position.x_offset) * scale,
                    -f64::from(position.y_offset) * scale,
                ],
                scale,
            };
            let glyph = GlyphId(u16::try_from(info.glyph_id).unwrap_or(0));
            face.outline_glyph(glyph, &mut outline);
            line.advance += f64::from(position.x_advance) * scale;
        }
    }
    line
}

/// Stretches of one script each: shaping needs to know it.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let is_kannada = |c: char| matches!(c, '\u{0C80}'..='\u{0CFF}' | '\u{200C}' | '\u{200D}');
    let mut rest = text;
    std::iter::from_fn(move || {
        let kannada = is_kannada(rest.chars().next()?);
        let end = rest
            .char_indices()
            .find(|&(_, c)| is_kannada(c) != kannada)
            .map_or(rest.len(), |(at, _)| at);
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

struct Outline<'a> {
    segments: &'a mut Vec<Segment>,
    origin: [f64; 2],
    scale: f64,
}

impl Outline<'_> {
    fn point(&self, x: f32, y: f32) -> [f64; 2] {
        [
            self.origin[0] + f64::from(x) * self.scale,
            self.origin[1] - f64::from(y) * self.scale,
        ]
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let point = self.point(x, y);
        self.segments.push(Segment::Move(point));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let point = self.point(x, y);
        self.segments.push(Segment::Line(point));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (control, end) = (self.point(x1, y1), self.point(x, y));
        self.segments.push(Segment::Quadratic(control, end));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, end) = (self.point(x1, y1), self.point(x2, y2), self.point(x, y));
        self.segments.push(Segment::Cubic(first, second, end));
    }

    fn close(&mut self) {
        self.segments.push(Segment::Close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_scripts_are_set() {
        for text in [
            "Marks 0123456789 (a-z), %",
            "ಅಂಕ ಪಟ್ಟಿ",
            "ಒಟ್ಟು / Total",
            "೦೧೨೩೪೫೬೭೮೯ ₹",
        ] {
            let line = text_line(text, 4.0);
            assert!(line.missing.is_empty(), "{text}: {:?}", line.missing);
            assert!(line.advance > 4.0 && !line.segments.is_empty(), "{text}");
        }
        assert_eq!(text_line("a漢", 4.0).missing, ['漢']);
        assert_eq!(text_line("", 4.0), TextLine::default());
    }

    #[test]
    fn kannada_letters_join() {
        // Three characters become one letter with a mark below it: no wider than two letters.
        let (joined, letter) = (text_line("ಟ್ಟ", 10.0), text_line("ಟ", 10.0));
        assert!(
            joined.advance < 2.0 * letter.advance,
            "{} {}",
            joined.advance,
            letter.advance
        );
    }
}
