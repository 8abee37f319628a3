//! Layout and logits of a page put together to its reading.

use lekka_image::normalize::PIXELS;
use lekka_image::{Picture, Rect};
use lekka_page::{FieldKind as LayoutKind, FieldLayout, GlyphRegion, PageLayout};

use crate::numbers::FoundSeparator;
use crate::reading::{
    Alternative, DigitReading, FieldKind, FieldReading, PageReading, SCHEMA_VERSION, Script,
    SeparatorReading, Status,
};
use crate::recognizer::CLASSES;

/// How many runners-up a digit has.
const ALTERNATIVES: usize = 3;

/// How logits are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge {
    /// Logits are divided by it.
    pub(crate) temperature: f32,
    /// Readings with a lower probability are for review.
    pub(crate) review_threshold: f32,
}

/// All digits of a page, `[N, 28, 28, 1]`, in reading order; places without ink are left out.
pub(crate) fn glyphs(layout: &PageLayout) -> Vec<f32> {
    let inked = layout.fields.iter().flat_map(|field| &field.glyphs);
    let inked: Vec<_> = inked.filter_map(|glyph| glyph.pixels.as_ref()).collect();
    let mut images = Vec::with_capacity(inked.len() * PIXELS);
    for pixels in inked {
        images.extend(pixels.iter().map(|&pixel| f32::from(pixel) / 255.0));
    }
    images
}

/// The reading of a page from where its digits are and the logits of those that have ink, in the
/// order of [`glyphs`], with the separators of its fields.
pub(crate) fn assemble(
    picture: &Picture,
    source: &str,
    layout: &PageLayout,
    separators: &[FoundSeparator],
    logits: &[f32],
    judge: Judge,
) -> PageReading {
    let stored = |bounds: Rect| {
        let Rect {
            x,
            y,
            width,
            height,
        } = picture.to_stored(bounds);
        [x, y, width, height]
    };
    let mut logits = logits.as_chunks::<CLASSES>().0.iter();
    let mut digit = |glyph: &GlyphRegion| {
        // Only inked places have logits: a blank does not take one.
        let logits = glyph.pixels.as_ref().and_then(|_| logits.next());
        judge.digit(logits, stored(glyph.bounds), glyph.row, glyph.column)
    };
    let mut field = |(index, field): (usize, &FieldLayout)| {
        let digits: Vec<DigitReading> = field.glyphs.iter().map(&mut digit).collect();
        FieldReading {
            name: format!("field_{}", index + 1),
            kind: match field.kind {
                LayoutKind::Digit => FieldKind::Digit,
                LayoutKind::Number => FieldKind::Number,
                LayoutKind::Grid => FieldKind::Grid,
            },
            bounds: stored(field.bounds),
            rows: field.rows,
            columns: field.columns,
            text: Script::Kannada.text(&digits),
            ascii: Script::Ascii.text(&digits),
            status: Status::of_field(&digits),
            digits,
            separators: separators
                .iter()
                .filter(|separator| separator.field == index)
                .map(|separator| SeparatorReading {
                    mark: separator.mark,
                    before: separator.before,
                    bounds: stored(separator.bounds),
                })
                .collect(),
        }
    };
    PageReading {
        schema_version: SCHEMA_VERSION,
        source: source.to_owned(),
        page: picture.page + 1,
        width: picture.stored_width,
        height: picture.stored_height,
        skew_degrees: layout.skew_degrees,
        fields: layout.fields.iter().enumerate().map(&mut field).collect(),
        errors: Vec::new(),
    }
}

impl Judge {
    fn digit(
        self,
        logits: Option<&[f32; CLASSES]>,
        bounds: [u32; 4],
        row: usize,
        column: usize,
    ) -> DigitReading {
        let Some(logits) = logits else {
            return DigitReading {
                digit: None,
                probability: 1.0,
                status: Status::Blank,
                bounds,
                row,
                column,
                alternatives: Vec::new(),
            };
        };
        let [best, rest @ ..] = ranked(logits, self.temperature);
        DigitReading {
            digit: Some(best.digit),
            probability: best.probability,
            status: Status::of_digit(best.probability, self.review_threshold),
            bounds,
            row,
            column,
            alternatives: rest[..ALTERNATIVES].to_vec(),
        }
    }
}

/// The digits with their probabilities, most probable first, the lower digit first among equals.
/// Without any finite logit nothing is known, and every digit has probability 0.
pub(crate) fn ranked(logits: &[f32; CLASSES], temperature: f32) -> [Alternative; CLASSES] {
    let finite = |logit: f32| {
        if logit.is_nan() {
            f32::NEG_INFINITY
        } else {
            logit.min(f32::MAX)
        }
    };
    let greatest = logits
        .iter()
        .copied()
        .map(finite)
        .fold(f32::NEG_INFINITY, f32::max);
    let powers = logits.map(|logit| ((finite(logit) - greatest) / temperature).exp());
    let sum: f32 = powers.iter().sum();
    let mut ranked = std::array::from_fn(|digit| Alternative {
        digit: digit as u8,
        // With no finite logit, the powers are of infinity less infinity.
        probability: if sum.is_finite() {
            powers[digit] / sum
        } else {
            0.0
        },
    });
    ranked.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    ranked
}

#[cfg(test)]
mod tests {
    use lekka_image::GrayImage;
    use lekka_image::decode::Orientation;
    use proptest::prelude::*;

    use super::*;

    const JUDGE: Judge = Judge {
        temperature: 1.0,
        review_threshold: 0.9,
    };

    /// Logits that give one digit about the probability given.
    fn logits(digit: usize, probability: f32) -> [f32; CLASSES] {
        let mut logits = [0.0; CLASSES];
        logits[digit] = (probability * 9.0 / (1.0 - probability)).ln();
        logits
    }

    fn glyph(row: usize, column: usize, inked: bool) -> GlyphRegion {
        GlyphRegion {
            row,
            column,
            bounds: Rect::new(10 + 20 * column as u32, 10 + 30 * row as u32, 18, 28),
            pixels: inked.then_some([255; PIXELS]),
        }
    }

    fn page(orientation: Orientation, fields: Vec<FieldLayout>) -> (Picture, PageLayout) {
        let picture = Picture {
            gray: GrayImage::new(200, 100),
            page: 0,
            stored_width: 200,
            stored_height: 100,
            orientation,
        };
        (
            picture,
            PageLayout {
                skew_degrees: 1.234_56,
                fields,
                lines: Vec::new(),
            },
        )
    }

    fn grid() -> FieldLayout {
        FieldLayout {
            kind: LayoutKind::Grid,
            bounds: Rect::new(9, 9, 40, 60),
            rows: 2,
            columns: 2,
            glyphs: vec![
                glyph(0, 0, true),
                glyph(0, 1, false),
                glyph(1, 0, true),
                glyph(1, 1, true),
            ],
        }
    }

    #[test]
    fn a_page_is_put_together_in_order() {
        let single = FieldLayout {
            kind: LayoutKind::Digit,
            bounds: Rect::new(100, 10, 18, 28),
            rows: 1,
            columns: 1,
            glyphs: vec![glyph(0, 0, true)],
        };
        let (picture, layout) = page(Orientation::NoTransforms, vec![grid(), single]);
        assert_eq!(glyphs(&layout).len(), 4 * PIXELS);
        let logits = [
            logits(3, 0.99),
            logits(0, 0.95),
            logits(9, 0.6),
            logits(7, 0.999),
        ]
        .concat();
        let reading = assemble(&picture, "scans/a.png", &layout, &[], &logits, JUDGE);
        insta::assert_snapshot!(serde_json::to_string_pretty(&reading).unwrap());
    }

    #[test]
    fn a_field_without_ink_is_blank() {
        let mut field = grid();
        for glyph in &mut field.glyphs {
            glyph.pixels = None;
        }
        let (picture, layout) = page(Orientation::NoTransforms, vec![field]);
        assert!(glyphs(&layout).is_empty());
        let reading = assemble(&picture, "", &layout, &[], &[], JUDGE);
        assert_eq!(reading.fields[0].ascii, "__\n__");
        assert_eq!(reading.fields[0].status, Status::Blank);
        assert!(reading.digits().all(|digit| digit.digit.is_none()));
    }

    #[test]
    fn boxes_are_those_of_the_stored_picture() {
        let (mut picture, layout) = page(Orientation::Rotate180, vec![grid()]);
        let turned = assemble(&picture, "", &layout, &[], &[0.0; 30], JUDGE);
        assert_eq!(
            turned.fields[0].bounds,
            [200 - 9 - 40, 100 - 9 - 60, 40, 60]
        );
        assert_eq!(
            turned.fields[0].digits[0].bounds,
            [200 - 10 - 18, 100 - 10 - 28, 18, 28]
        );

        picture.orientation = Orientation::Rotate90;
        (picture.stored_width, picture.stored_height) = (100, 200);
        let turned = assemble(&picture, "", &layout, &[], &[0.0; 30], JUDGE);
        assert_eq!((turned.width, turned.height), (100, 200));
        assert_eq!(turned.fields[0].bounds, [9, 200 - 9 - 40, 60, 40]);
    }

    #[test]
    fn the_threshold_and_the_temperature_decide_what_is_for_review() {
        let status = |probability, temperature, review_threshold| {
            let judge = Judge {
                temperature,
                review_threshold,
            };
            judge
                .digit(Some(&logits(4, probability)), [0; 4], 0, 0)
                .status
        };
        for (probability, temperature, threshold, expected) in [
            (0.95, 1.0, 0.9, Status::Ok),
            (0.85, 1.0, 0.9, Status::Review),
            // Less sure of itself: 0.95 becomes about 0.59.
            (0.95, 2.0, 0.9, Status::Review),
            (0.95, 2.0, 0.5, Status::Ok),
            (0.95, 1.0, f32::NAN, Status::Review),
        ] {
            assert_eq!(
                status(probability, temperature, threshold),
                expected,
                "{probability}"
            );
        }
    }

    #[test]
    fn broken_logits_are_never_sure() {
        for broken in [f32::NAN, f32::NEG_INFINITY] {
            let digit = JUDGE.digit(Some(&[broken; CLASSES]), [0; 4], 0, 0);
            assert_eq!((digit.status, digit.probability), (Status::Review, 0.0));
        }
        let all = ranked(&[f32::INFINITY; CLASSES], 1.0);
        assert!((all[0].probability - 0.1).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn ranks_are_probabilities(
            logits in prop::array::uniform10(-1e4_f32..1e4),
            temperature in 1e-3_f32..1e3,
        ) {
            let ranked = ranked(&logits, temperature);
            let sum: f32 = ranked.iter().map(|rank| rank.probability).sum();
            prop_assert!((sum - 1.0).abs() < 1e-5);
            prop_assert!(ranked.is_sorted_by(|a, b| a.probability >= b.probability));
            prop_assert!(ranked.iter().all(|rank| (0.0..=1.0).contains(&rank.probability)));
            let greatest = logits.iter().copied().fold(f32::MIN, f32::max);
            let best = logits[usize::from(ranked[0].digit)];
            // Logits that are nearly equal may be equal after the division.
            prop_assert!(best >= greatest || ranked[0].probability <= ranked[1].probability);
        }
    }
}
