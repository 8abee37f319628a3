//! A field as it is seen on a scan, and the ink in it.

use crate::decide::{Seen, Way};
use crate::design::box_lines;
use crate::locate::Located;
use crate::template::{Digits, Field, FieldKind};
use lekka::numbers::NumberReading;
use lekka::{ClassifierError, Recognizer, Separator};
use lekka_image::normalize::Glyph;
use lekka_image::{GrayImage, Perspective, Polarity, Rect, warp_perspective};
use lekka_page::{FieldLayout, NumberLine, PrintedBoxes, PrintedNumber};

/// How much of the page around a field is looked at, in millimetres: lines may be off, strokes reach out.
const MARGIN: f64 = 4.0;

/// The finest view of a field, in pixels for a millimetre (610 dpi).
const FINEST: f64 = 24.0;

/// The least share of a field's printed lines that must be seen.
const LEAST_COVER: f64 = 0.4;

/// A field as it is seen upright.
pub(crate) struct View {
    /// From pixels of the scan to pixels of the view; `None` when it cannot be seen.
    map: Option<Perspective>,
    window: Rect,
    boxes: PrintedBoxes,
}

/// The ink of a field.
pub(crate) enum Ink {
    NotFound,
    Boxes(FieldLayout),
    Area(PrintedNumber),
}

impl View {
    pub(crate) fn new(field: &Field, located: &Located) -> Self {
        let scale = located.scale.min(FINEST);
        let [x, y, width, height] = field.rect;
        let (left, top) = (x - MARGIN, y - MARGIN);
        // The middle of the first pixel is half a pixel from the edge.
        let pixel = |mm: f64, origin: f64| (mm - origin) * scale - 0.5;
        let to_view = Perspective::from_matrix([
            scale,
            0.0,
            pixel(0.0, left),
            0.0,
            scale,
            pixel(0.0, top),
            0.0,
            0.0,
            1.0,
        ]);
        let side = |mm: f64| ((mm + 2.0 * MARGIN) * scale).round().clamp(1.0, 20_000.0) as u32;
        Self {
            map: located.map.inverse().map(|back| back.then(&to_view)),
            window: Rect::new(0, 0, side(width), side(height)),
            boxes: PrintedBoxes {
                columns: box_lines(field).iter().map(|&x| pixel(x, left)).collect(),
                rows: [pixel(y, top), pixel(y + height, top)],
            },
        }
    }

    pub(crate) fn picture(&self, image: &GrayImage) -> GrayImage {
        match &self.map {
            Some(map) => warp_perspective(image, map, self.window, 255),
            None => GrayImage::from_pixel(1, 1, image::Luma([255])),
        }
    }

    pub(crate) fn ink(&self, field: &Field, image: &GrayImage) -> Ink {
        let view = self.picture(image);
        let found = match field.kind {
            FieldKind::Boxes => self
                .boxes
                .digits(&view, Polarity::DarkOnLight)
                .map(|found| (found.cover, Ink::Boxes(found.layout))),
            FieldKind::Area => self
                .boxes
                .number(&view, Polarity::DarkOnLight)
                .map(|found| (found.field.cover, Ink::Area(found))),
        };
        found
            .filter(|(cover, _)| *cover >= LEAST_COVER)
            .map_or(Ink::NotFound, |(_, ink)| ink)
    }
}

/// What the ink of all fields of a page says.
pub(crate) fn all_seen(
    recognizer: &Recognizer,
    fields: &[Field],
    inks: &[Ink],
) -> Result<Vec<Seen>, ClassifierError> {
    let in_boxes = |ink: &Ink| match ink {
        Ink::Boxes(layout) => layout
            .glyphs
            .iter()
            .filter_map(|glyph| glyph.pixels)
            .collect(),
        _ => Vec::new(),
    };
    let glyphs: Vec<Glyph> = inks.iter().flat_map(in_boxes).collect();
    let mut probabilities = recognizer
        .probabilities(&glyphs)?
        .into_iter()
        .map(|row| row.map(f64::from));
    let areas: Vec<(&FieldLayout, Option<&NumberLine>)> = inks
        .iter()
        .filter_map(|ink| match ink {
            Ink::Area(found) => Some((&found.field.layout, found.line.as_ref())),
            _ => None,
        })
        .collect();
    let mut numbers = recognizer.numbers(&areas)?.into_iter();
    let seen = fields.iter().zip(inks).map(|(field, ink)| match ink {
        Ink::NotFound => Seen::Unclear(
            String::new(),
            "its boxes were not found on the scan".to_owned(),
        ),
        Ink::Boxes(layout) => seen_in_boxes(layout, field.digits, &mut probabilities),
        Ink::Area(found) => seen_in_area(found, numbers.next().unwrap_or_default()),
    });
    Ok(seen.collect())
}

/// What boxes say; takes as many rows of probabilities as there are glyphs.
fn seen_in_boxes(
    layout: &FieldLayout,
    wanted: Digits,
    probabilities: &mut impl Iterator<Item = [f64; 10]>,
) -> Seen {
    let slots: Vec<Option<[f64; 10]>> = layout
        .glyphs
        .iter()
        .map(|glyph| glyph.pixels.and_then(|_| probabilities.next()))
        .collect();
    let Some(first) = slots.iter().position(Option::is_some) else {
        return Seen::Blank;
    };
    let last = slots.iter().rposition(Option::is_some).unwrap_or(first);
    let written = &slots[first..=last];
    let digits: Vec<[f64; 10]> = written.iter().copied().flatten().collect();
    let number = digits.len();
    let reason = if number < written.len() {
        "there is an empty box between its digits".to_owned()
    } else if !wanted.allow(number) {
        format!("it has {number} digits where {wanted} belong")
    } else {
        return Seen::digits(digits);
    };
    let text = written
        .iter()
        .map(|slot| slot.as_ref().map_or('_', likeliest))
        .collect();
    Seen::Unclear(text, reason)
}

/// What an area says, read as these.
fn seen_in_area(found: &PrintedNumber, readings: Vec<NumberReading>) -> Seen {
    let Some(best) = readings.first() else {
        return Seen::Blank;
    };
    if found.rows > 1 {
        let text = best.digits.iter().map(likeliest).collect();
        return Seen::Unclear(text, "there are several lines of writing in it".to_owned());
    }
    let caution = caution(best).map(str::to_owned);
    let way = |reading: NumberReading| Way {
        probability: reading.probability,
        digits: reading.digits,
    };
    Seen::Number(readings.into_iter().map(way).collect(), caution)
}

/// What a mark says that makes a number other than its digits.
fn caution(reading: &NumberReading) -> Option<&'static str> {
    let digits = reading.digits.len();
    reading
        .separators
        .iter()
        .find_map(|&(before, mark)| match mark {
            Separator::Point | Separator::Comma
                if before > 0 && (1..=2).contains(&digits.saturating_sub(before)) =>
            {
                Some("a point or comma stands before its last digits; numbers are whole")
            }
            Separator::Hyphen if before == 0 => Some("a stroke stands before its digits"),
            _ => None,
        })
}

/// The most probable digit.
fn likeliest(row: &[f64; 10]) -> char {
    let best = (0..10_u8).max_by(|&a, &b| row[usize::from(a)].total_cmp(&row[usize::from(b)]));
    char::from(b'0' + best.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_change_the_number_are_told() {
        let reading = |digits: usize, separators: &[(usize, Separator)]| NumberReading {
            probability: 1.0,
            digits: vec![[0.1; 10]; digits],
            bounds: Vec::new(),
            separators: separators.to_vec(),
        };
        let told = |digits, mark| caution(&reading(digits, &[mark])).is_some();
        // 12.50 and 12.5 are told, 12,345, 98450-12345 and 1250/- are not.
        assert!(told(4, (2, Separator::Point)) && told(3, (2, Separator::Comma)));
        assert!(!told(5, (2, Separator::Comma)) && !told(10, (5, Separator::Hyphen)));
        assert!(!told(4, (4, Separator::Slash)) && !told(4, (4, Separator::Point)));
        assert!(told(2, (0, Separator::Hyphen)));
        assert_eq!(caution(&reading(3, &[])), None);
    }
}
