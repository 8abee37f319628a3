//! From the lines of a page, as they were found, to their digits.

use super::path::DigitScores;
use super::ways::{Doubtful, LineReading, read_lines};
use super::{CandidateLogits, NumberReader};
use crate::classifier::{Classifier, ClassifierError};
use crate::reading::Separator;
use crate::recognizer::CLASSES;
use lekka_image::Rect;
use lekka_image::normalize::PIXELS;
use lekka_page::{FieldKind, FieldLayout, GlyphRegion, PageLayout};
use rayon::prelude::*;

/// A separator on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FoundSeparator {
    pub(crate) field: usize,
    pub(crate) mark: Separator,
    pub(crate) before: usize,
    pub(crate) bounds: Rect,
}

/// Replaces the glyphs of lines that are in doubt, and their logits, by what the lines are read as; gives the separators
/// of all lines. `logits` are those of all glyphs of the page, ten each.
pub(crate) fn resolve_lines(
    classifier: &dyn Classifier,
    layout: &mut PageLayout,
    logits: &mut Vec<f32>,
    temperature: f32,
    reader: &NumberReader,
) -> Result<Vec<FoundSeparator>, ClassifierError> {
    let mut rows = logits.as_chunks::<CLASSES>().0.iter();
    let inked = |field: &FieldLayout| {
        let glyphs = field.glyphs.iter();
        glyphs.filter(|glyph| glyph.pixels.is_some()).count()
    };
    let mut of_fields: Vec<Vec<CandidateLogits>> = layout
        .fields
        .iter()
        .map(|field| rows.by_ref().take(inked(field)).copied().collect())
        .collect();
    let doubtful = doubtful(layout, &of_fields, temperature, reader)?;
    if doubtful.is_empty() {
        return Ok(Vec::new());
    }
    let ways = read_lines(classifier, &doubtful, temperature, reader, 1)?;
    let fields: Vec<usize> = doubtful.iter().map(|line| line.line.field).collect();
    drop(doubtful);
    let mut separators = Vec::new();
    for (field, mut ways) in fields.into_iter().zip(ways) {
        // Ink in which there is no digit may still be a sloppy one: it stays as it was found.
        if ways.is_empty() {
            continue;
        }
        let reading = ways.swap_remove(0).reading;
        if let (Some(layout), Some(logits)) =
            (layout.fields.get_mut(field), of_fields.get_mut(field))
        {
            let as_logits =
                |(_, scores): &(Rect, DigitScores)| scores.map(|score| score * temperature);
            *logits = reading.digits.iter().map(as_logits).collect();
            take(layout, &reading);
            separators.extend(
                reading
                    .separators
                    .into_iter()
                    .map(|(before, mark, bounds)| FoundSeparator {
                        field,
                        mark,
                        before,
                        bounds,
                    }),
            );
        }
    }
    *logits = of_fields.into_iter().flatten().flatten().collect();
    Ok(separators)
}

/// The lines whose glyphs are not all beyond doubt.
fn doubtful<'a>(
    layout: &'a PageLayout,
    of_fields: &[Vec<CandidateLogits>],
    temperature: f32,
    reader: &NumberReader,
) -> Result<Vec<Doubtful<'a>>, ClassifierError> {
    let lines = layout.lines.par_iter().filter_map(|line| {
        let glyphs = of_fields.get(line.field)?;
        Doubtful::new(line, glyphs, temperature, reader).transpose()
    });
    lines.collect()
}

/// Makes what a line says the glyphs of its field.
fn take(field: &mut FieldLayout, reading: &LineReading) {
    let digits = reading.digits.iter().map(|digit| digit.0);
    let marks = reading.separators.iter().map(|mark| mark.2);
    let bounds = digits.clone().chain(marks).reduce(|a, b| a.union(&b));
    field.bounds = bounds.unwrap_or(field.bounds);
    field.columns = reading.digits.len();
    field.kind = if field.columns == 1 {
        FieldKind::Digit
    } else {
        FieldKind::Number
    };
    let glyph = |(column, bounds): (usize, Rect)| GlyphRegion {
        row: 0,
        column,
        bounds,
        // They are read already; what counts is that there is ink.
        pixels: Some([0; PIXELS]),
    };
    field.glyphs = digits.enumerate().map(glyph).collect();
}
