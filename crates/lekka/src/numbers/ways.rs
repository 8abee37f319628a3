//! The ways to read a line whose digits are not all beyond doubt one by one.

use super::line_reader::LineLogits;
use super::path::{DigitScores, LinePath, PathItem, best_path, best_path_to};
use super::{CandidateLogits, NumberMethod, NumberReader, digit_scores, sure_glyphs, unseen};
use crate::assemble::ranked;
use crate::classifier::{Classifier, ClassifierError, logits_of};
use crate::reading::Separator;
use crate::recognizer::CLASSES;
use lekka_image::Rect;
use lekka_page::{CutLattice, InkShape, LEAST_WIDTH_OF_TWO, NumberLine};
use std::collections::BTreeSet;

/// Ways less probable than the best by more than this, in natural logarithms, are left out.
const NEGLIGIBLE: f32 = 12.0;

/// A line that has to be read again.
pub(super) struct Doubtful<'a> {
    pub(super) line: &'a NumberLine,
    /// None where the line is too long for a number, or the method needs none.
    lattice: Option<CutLattice>,
    /// The logits of its glyphs.
    glyphs: Vec<CandidateLogits>,
    /// What a network says of it as a whole, where one is asked and the line is not too long.
    whole: Option<LineLogits>,
}

/// What a line says: its digits with the logarithms of their probabilities, and what is between them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LineReading {
    pub(super) digits: Vec<(Rect, DigitScores)>,
    pub(super) separators: Vec<(usize, Separator, Rect)>,
}

/// A way to divide a line into digits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Way {
    pub(super) reading: LineReading,
    /// The logarithm of its probability, up to a constant that all ways of the line share.
    pub(super) weight: f32,
}

/// The ways to read each of the lines, the best first, `most` of each; none where there is no digit.
pub(super) fn read_lines(
    classifier: &dyn Classifier,
    lines: &[Doubtful],
    temperature: f32,
    reader: &NumberReader,
    most: usize,
) -> Result<Vec<Vec<Way>>, ClassifierError> {
    let candidates = candidate_logits(classifier, lines)?;
    let mut all = Vec::with_capacity(lines.len());
    for (line, logits) in lines.iter().zip(&candidates) {
        let scores = digit_scores(logits, temperature);
        let mut ways = line.ways(&scores, reader, most);
        ways.retain(|way| !way.reading.digits.is_empty());
        all.push(ways);
    }
    Ok(all)
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
    let mut found = logits_of(classifier, &images)?.into_iter();
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

impl<'a> Doubtful<'a> {
    /// The line, unless its glyphs, whose logits these are, are all beyond doubt: the network for digits is sure of each,
    /// and a network for whole lines, where there is one, reads the same. Some glyphs may be two digits that touch, or
    /// parts of one, as sure as the network for digits may be of them.
    pub(super) fn new(
        line: &'a NumberLine,
        glyphs: &[CandidateLogits],
        temperature: f32,
        reader: &NumberReader,
    ) -> Result<Option<Self>, ClassifierError> {
        let mut sure = sure_glyphs(line, glyphs, temperature, &reader.costs);
        if stands_alone(line, &sure) {
            return Ok(None);
        }
        let whole = whole(line, reader)?;
        let best = whole
            .as_ref()
            .and_then(|whole| whole.readings().into_iter().next());
        let mut agrees = true;
        if let Some(best) = best {
            if best.len() != glyphs.len() {
                sure.fill(false);
            }
            let digits = glyphs
                .iter()
                .map(|logits| ranked(logits, temperature)[0].digit);
            agrees = digits.eq(best);
        }
        if agrees && sure.iter().all(|&sure| sure) && !line.has_more_ink() {
            return Ok(None);
        }
        let ctc_only = reader.method == NumberMethod::Ctc && reader.lines.is_some();
        Ok(Some(Self {
            line,
            lattice: if ctc_only { None } else { line.lattice(&sure) },
            glyphs: glyphs.to_vec(),
            whole,
        }))
    }

    /// The ways to read the line, the best first: `scores` are those of its candidates.
    fn ways(&self, scores: &[DigitScores], reader: &NumberReader, most: usize) -> Vec<Way> {
        let whole = self.whole.as_ref();
        let Some(lattice) = &self.lattice else {
            return whole.map_or_else(Vec::new, |whole| self.ways_of_whole(whole, most));
        };
        let costs = &reader.costs;
        let best = best_path(lattice, scores, costs);
        let Some(whole) = whole else {
            let only = best.map(|path| Way {
                reading: reading(lattice, &path, scores),
                weight: 0.0,
            });
            return only.into_iter().collect();
        };
        let mut texts = whole.readings();
        texts.extend(best.as_ref().map(|path| text(path, scores)));
        texts.dedup();
        // The ink may be cut in no place where a reading needs it.
        let without_path = best.as_ref().map(|path| path.score - costs.no_path);
        let mut rated: Vec<(f32, Vec<u8>, Option<LinePath>)> = texts
            .into_iter()
            .filter(|text| !text.is_empty())
            .filter_map(|text| {
                let path = best_path_to(&text, lattice, scores, costs);
                let of_path = path.as_ref().map(|path| path.score).or(without_path)?;
                let score = of_path + costs.whole_line * whole.score(&text);
                score.is_finite().then_some((score, text, path))
            })
            .collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0));
        let Some(&(greatest, ..)) = rated.first() else {
            return self.ways_of_whole(whole, most);
        };
        // The mean of both: they have seen the same ink.
        let share = 1.0 / (1.0 + costs.whole_line);
        let mut ways: Vec<Way> = Vec::new();
        let mut divisions: Vec<Division> = Vec::new();
        for (score, text, path) in rated {
            if ways.len() >= most || (greatest - score) * share > NEGLIGIBLE {
                break;
            }
            // Other digits in the same places are among the alternatives of the better reading.
            let division = Division::of(path.as_ref(), text.len());
            if divisions.contains(&division) {
                continue;
            }
            divisions.push(division);
            let reading = match path {
                Some(path) => {
                    let mut reading = reading(lattice, &path, scores);
                    let others = whole.digit_scores(&text);
                    for ((_, scores), others) in reading.digits.iter_mut().zip(others) {
                        for (score, other) in scores.iter_mut().zip(others) {
                            *score = (*score + costs.whole_line * other) * share;
                        }
                    }
                    reading
                }
                None => self.reading_of_whole(whole, &text),
            };
            ways.push(Way::of_text(reading, &text, score * share));
        }
        ways
    }

    /// What the network for lines says alone: its best reading of each length.
    fn ways_of_whole(&self, whole: &LineLogits, most: usize) -> Vec<Way> {
        let mut lengths = BTreeSet::new();
        whole
            .readings()
            .into_iter()
            .filter(|digits| lengths.insert(digits.len()))
            .take(most)
            .map(|digits| {
                let reading = self.reading_of_whole(whole, &digits);
                Way::of_text(reading, &digits, whole.score(&digits))
            })
            .collect()
    }

    /// These digits where the network for lines sees them.
    fn reading_of_whole(&self, whole: &LineLogits, digits: &[u8]) -> LineReading {
        let boxes = whole.boxes(digits, self.line).unwrap_or_default();
        LineReading {
            digits: boxes.into_iter().zip(whole.digit_scores(digits)).collect(),
            separators: Vec::new(),
        }
    }
}

/// How a line is divided into digits.
#[derive(Debug, PartialEq)]
enum Division {
    /// By a path through its cuts.
    Path(Vec<PathItem>),
    /// Into so many digits, by the network for lines alone.
    Whole(usize),
}

impl Division {
    fn of(path: Option<&LinePath>, digits: usize) -> Self {
        path.map_or(Self::Whole(digits), |path| Self::Path(path.items.clone()))
    }
}

/// Whether there is but one glyph, too narrow for two digits: it is what it is, in doubt or not.
fn stands_alone(line: &NumberLine, sure: &[bool]) -> bool {
    let narrow = |shape: InkShape| f64::from(shape.width) < LEAST_WIDTH_OF_TWO;
    sure.len() == 1 && line.glyph_shape(0).is_some_and(narrow) && !line.has_more_ink()
}

/// What a network says of a line as a whole; `None` where none is asked, or the line is far too long.
fn whole(line: &NumberLine, reader: &NumberReader) -> Result<Option<LineLogits>, ClassifierError> {
    match (&reader.lines, reader.method) {
        (None, _) | (_, NumberMethod::Segmentation) => Ok(None),
        (Some(lines), _) => lines.read(line),
    }
}

impl Way {
    /// The way of which one reading has this logarithm of its probability.
    fn of_text(reading: LineReading, text: &[u8], score: f32) -> Self {
        let digits = reading.digits.iter().zip(text);
        let of_text: f32 = digits
            .map(|((_, scores), &digit)| scores[usize::from(digit)] - log_sum(scores))
            .sum();
        Self {
            reading,
            weight: score - of_text,
        }
    }
}

/// The logarithm of the sum of what these are the logarithms of.
pub(super) fn log_sum(scores: &DigitScores) -> f32 {
    let greatest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !greatest.is_finite() {
        return greatest;
    }
    let sum: f32 = scores.iter().map(|score| (score - greatest).exp()).sum();
    greatest + sum.ln()
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
