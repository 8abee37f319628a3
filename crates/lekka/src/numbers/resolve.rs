//! From the lines of a page, as they were found, to their digits.

use super::line_reader::LineLogits;
use super::path::{DigitScores, LinePath, PathItem, best_path, best_path_to};
use super::{CandidateLogits, NumberMethod, NumberReader, digit_scores, sure_glyphs, unseen};
use crate::classifier::{Classifier, ClassifierError};
use crate::reading::Separator;
use crate::recognizer::CLASSES;
use lekka_image::Rect;
use lekka_image::normalize::PIXELS;
use lekka_page::{
    CutLattice, FieldKind, FieldLayout, GlyphRegion, LEAST_WIDTH_OF_TWO, NumberLine, PageLayout,
};

/// A separator on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FoundSeparator {
    pub(crate) field: usize,
    pub(crate) mark: Separator,
    pub(crate) before: usize,
    pub(crate) bounds: Rect,
}

/// A line that has to be read again.
struct Doubtful<'a> {
    line: &'a NumberLine,
    /// None where the line is too long for a number, or the method needs none.
    lattice: Option<CutLattice>,
    /// The logits of its glyphs.
    glyphs: Vec<CandidateLogits>,
}

/// What a line says: its digits with the logarithms of their probabilities, and what is between them.
#[derive(Default)]
struct LineReading {
    digits: Vec<(Rect, DigitScores)>,
    separators: Vec<(usize, Separator, Rect)>,
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
    let doubtful = doubtful(layout, &of_fields, temperature, reader);
    if doubtful.is_empty() {
        return Ok(Vec::new());
    }
    let candidates = candidate_logits(classifier, &doubtful)?;
    let mut readings = Vec::with_capacity(doubtful.len());
    for (line, logits) in doubtful.iter().zip(&candidates) {
        let scores = digit_scores(logits, temperature);
        let whole = match (&reader.lines, reader.method) {
            (None, _) | (_, NumberMethod::Segmentation) => None,
            (Some(lines), _) => lines.read(line.line)?,
        };
        readings.push((line.line.field, line.read(&scores, whole.as_ref(), reader)));
    }
    drop(doubtful);
    let mut separators = Vec::new();
    for (field, reading) in readings {
        // Ink in which there is no digit may still be a sloppy one: it stays as it was found.
        if reading.digits.is_empty() {
            continue;
        }
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
) -> Vec<Doubtful<'a>> {
    let lines = layout.lines.iter().filter_map(|line| {
        let glyphs = of_fields.get(line.field)?.clone();
        let sure = sure_glyphs(line, &glyphs, temperature, &reader.costs);
        // A glyph that stands alone and is too narrow for two is what it is, in doubt or not.
        let alone = glyphs.len() == 1
            && line
                .glyph_shape(0)
                .is_some_and(|shape| f64::from(shape.width) < LEAST_WIDTH_OF_TWO);
        if (alone || sure.iter().all(|&sure| sure)) && !line.has_more_ink() {
            return None;
        }
        let ctc_only = reader.method == NumberMethod::Ctc && reader.lines.is_some();
        let lattice = if ctc_only { None } else { line.lattice(&sure) };
        Some(Doubtful {
            line,
            lattice,
            glyphs,
        })
    });
    lines.collect()
}

/// The logits of the candidates of each line; those that are no glyphs of the page are read now, all at once.
fn candidate_logits(
    classifier: &dyn Classifier,
    lines: &[Doubtful],
) -> Result<Vec<Vec<CandidateLogits>>, ClassifierError> {
    let images: Vec<f32> = lines
        .iter()
        .filter_map(|line| line.lattice.as_ref())
        .flat_map(unseen)
        .flat_map(|candidate| candidate.pixels.map(|pixel| f32::from(pixel) / 255.0))
        .collect();
    let mut found = Vec::new();
    if !images.is_empty() {
        classifier.logits(&images, &mut found)?;
    }
    let expected = images.len() / PIXELS * CLASSES;
    if found.len() != expected {
        return Err(format!(
            "the classifier gave {} logits, ten per digit are {expected}; repair the classifier",
            found.len()
        )
        .into());
    }
    let mut found = found.as_chunks::<CLASSES>().0.iter().copied();
    let of_line = |line: &Doubtful| {
        let candidates = line.lattice.iter().flat_map(|lattice| &lattice.candidates);
        let logits = candidates.map(|candidate| {
            let seen = candidate.glyph.map(|glyph| line.glyphs.get(glyph).copied());
            seen.unwrap_or_else(|| found.next())
                .unwrap_or([0.0; CLASSES])
        });
        logits.collect()
    };
    Ok(lines.iter().map(of_line).collect())
}

impl Doubtful<'_> {
    /// Reads the line: `scores` are those of its candidates, `whole` is what a network says of it as a whole.
    fn read(
        &self,
        scores: &[DigitScores],
        whole: Option<&LineLogits>,
        reader: &NumberReader,
    ) -> LineReading {
        let Some(lattice) = &self.lattice else {
            return whole
                .map(|whole| self.read_whole(whole))
                .unwrap_or_default();
        };
        let costs = &reader.costs;
        let best = best_path(lattice, scores, costs);
        let Some(whole) = whole else {
            return best
                .map(|path| reading(lattice, &path, scores))
                .unwrap_or_default();
        };
        let mut texts = whole.readings();
        texts.extend(best.as_ref().map(|path| text(path, scores)));
        texts.dedup();
        let rated = texts
            .iter()
            .filter(|text| !text.is_empty())
            .filter_map(|text| {
                let path = best_path_to(text, lattice, scores, costs)?;
                Some((
                    path.score + costs.whole_line * whole.score(text),
                    text,
                    path,
                ))
            });
        let Some((_, text, path)) = rated.max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return self.read_whole(whole);
        };
        let mut reading = reading(lattice, &path, scores);
        for ((_, scores), others) in reading.digits.iter_mut().zip(whole.digit_scores(text)) {
            // The geometric mean: both have seen the same ink.
            for (score, other) in scores.iter_mut().zip(others) {
                *score = (*score + costs.whole_line * other) / (1.0 + costs.whole_line);
            }
        }
        reading
    }

    /// What the network for lines says alone.
    fn read_whole(&self, whole: &LineLogits) -> LineReading {
        let digits = whole.readings().swap_remove(0);
        let boxes = whole.boxes(&digits, self.line).unwrap_or_default();
        LineReading {
            digits: boxes.into_iter().zip(whole.digit_scores(&digits)).collect(),
            separators: Vec::new(),
        }
    }
}

/// The digits that a path's candidates most probably are.
fn text(path: &LinePath, scores: &[DigitScores]) -> Vec<u8> {
    let best = |scores: &DigitScores| {
        (1..CLASSES).fold(0, |best, digit| {
            if scores[digit] > scores[best] {
                digit
            } else {
                best
            }
        }) as u8
    };
    path.digits().map(|index| best(&scores[index])).collect()
}

/// What a path says.
fn reading(lattice: &CutLattice, path: &LinePath, scores: &[DigitScores]) -> LineReading {
    let mut reading = LineReading::default();
    for item in &path.items {
        match *item {
            PathItem::Digit(index) => reading
                .digits
                .push((lattice.candidates[index].bounds, scores[index])),
            PathItem::Separator(index, mark) => {
                let before = reading.digits.len();
                reading
                    .separators
                    .push((before, mark, lattice.candidates[index].bounds));
            }
            PathItem::Speck(_) => {}
        }
    }
    reading
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
