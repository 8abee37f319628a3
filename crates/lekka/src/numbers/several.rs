//! All likely readings of numbers whose places are known.

use super::ways::{Doubtful, Way, log_sum, read_lines};
use super::{CandidateLogits, DigitScores, NumberReader, digit_scores};
use crate::classifier::{Classifier, ClassifierError, logits_of};
use crate::reading::Separator;
use crate::recognizer::CLASSES;
use lekka_image::Rect;
use lekka_page::{FieldLayout, NumberLine};

/// The ways to divide a line into digits that are followed.
const MOST_WAYS: usize = 8;

/// One way to read the ink of a number: where its digits are, and what each may be.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberReading {
    /// The probability that the ink is divided so, 0 to 1; those of all ways add up to 1.
    pub probability: f64,
    /// For each digit from the left the probability of being 0 to 9, each row adding up to 1; a row of zeros where the
    /// network says nothing.
    pub digits: Vec<[f64; CLASSES]>,
    /// The boxes around the digits, where their layout has them.
    pub bounds: Vec<Rect>,
    /// What is no digit: each mark with the number of digits before it.
    pub separators: Vec<(usize, Separator)>,
}

/// Reads numbers; each has the glyphs of its layout and the line that they are of. The likeliest way comes first, none
/// where there is no ink.
pub(crate) fn read_several(
    classifier: &dyn Classifier,
    numbers: &[(&FieldLayout, Option<&NumberLine>)],
    temperature: f32,
    reader: &NumberReader,
) -> Result<Vec<Vec<NumberReading>>, ClassifierError> {
    let inked = |layout: &FieldLayout| {
        let pixels = layout.glyphs.iter().filter_map(|glyph| glyph.pixels);
        pixels.collect::<Vec<_>>()
    };
    let images: Vec<f32> = numbers
        .iter()
        .flat_map(|(layout, _)| inked(layout))
        .flatten()
        .map(|pixel| f32::from(pixel) / 255.0)
        .collect();
    let mut rows = logits_of(classifier, &images)?.into_iter();
    let logits: Vec<Vec<CandidateLogits>> = numbers
        .iter()
        .map(|(layout, _)| rows.by_ref().take(inked(layout).len()).collect())
        .collect();
    let mut doubtful: Vec<Option<Doubtful>> = Vec::with_capacity(numbers.len());
    for ((_, line), logits) in numbers.iter().zip(&logits) {
        doubtful.push(match line {
            None => None,
            Some(line) => Doubtful::new(line, logits, temperature, reader)?,
        });
    }
    let lines: Vec<usize> = (0..doubtful.len())
        .filter(|&index| doubtful[index].is_some())
        .collect();
    let doubtful: Vec<Doubtful> = doubtful.into_iter().flatten().collect();
    let read = read_lines(classifier, &doubtful, temperature, reader, MOST_WAYS)?;
    let mut readings: Vec<Vec<NumberReading>> = numbers
        .iter()
        .zip(&logits)
        .map(|((layout, _), logits)| as_found(layout, logits, temperature))
        .collect();
    for (index, ways) in lines.into_iter().zip(read) {
        // Ink in which there is no digit may still be a sloppy one: it stays as it was found.
        if !ways.is_empty() {
            readings[index] = probable(ways);
        }
    }
    Ok(readings)
}

/// Each glyph as a digit.
fn as_found(
    layout: &FieldLayout,
    logits: &[CandidateLogits],
    temperature: f32,
) -> Vec<NumberReading> {
    if logits.is_empty() {
        return Vec::new();
    }
    let inked = layout.glyphs.iter().filter(|glyph| glyph.pixels.is_some());
    let known = |logits: &CandidateLogits| logits.iter().any(|logit| logit.is_finite());
    let digits = digit_scores(logits, temperature);
    let digits = digits.iter().zip(logits).map(|(scores, logits)| {
        if known(logits) {
            probabilities(scores)
        } else {
            [0.0; CLASSES]
        }
    });
    vec![NumberReading {
        probability: 1.0,
        digits: digits.collect(),
        bounds: inked.map(|glyph| glyph.bounds).collect(),
        separators: Vec::new(),
    }]
}

/// The ways with their probabilities, the likeliest first.
fn probable(ways: Vec<Way>) -> Vec<NumberReading> {
    let greatest = ways.iter().map(|way| way.weight).fold(f32::MIN, f32::max);
    let part = |way: &Way| f64::from(way.weight - greatest).exp();
    let sum: f64 = ways.iter().map(part).sum();
    let mut readings: Vec<NumberReading> = ways
        .into_iter()
        .map(|way| {
            let digits = way.reading.digits.iter();
            NumberReading {
                probability: part(&way) / sum,
                digits: digits.clone().map(|(_, row)| probabilities(row)).collect(),
                bounds: digits.map(|(bounds, _)| *bounds).collect(),
                separators: way
                    .reading
                    .separators
                    .iter()
                    .map(|&(before, mark, _)| (before, mark))
                    .collect(),
            }
        })
        .collect();
    readings.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    readings
}

/// What these are the logarithms of, brought to a sum of 1.
fn probabilities(scores: &DigitScores) -> [f64; CLASSES] {
    let sum = log_sum(scores);
    scores.map(|score| f64::from(score - sum).exp())
}

#[cfg(test)]
mod tests {
    use super::super::ways::LineReading;
    use super::*;

    fn way(digits: &[u8], weight: f32) -> Way {
        let digit = |&digit: &u8| {
            let mut scores = [-9.0; CLASSES];
            scores[usize::from(digit)] = 0.0;
            (Rect::new(0, 0, 1, 1), scores)
        };
        Way {
            reading: LineReading {
                digits: digits.iter().map(digit).collect(),
                separators: Vec::new(),
            },
            weight,
        }
    }

    #[test]
    fn weights_become_probabilities_that_add_up() {
        let readings = probable(vec![way(&[3], -2.0), way(&[1, 2], -1.0), way(&[4], -40.0)]);
        let sum: f64 = readings.iter().map(|reading| reading.probability).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        assert_eq!(readings[0].digits.len(), 2);
        let ratio = readings[0].probability / readings[1].probability;
        assert!((ratio - 1.0_f64.exp()).abs() < 1e-6, "{ratio}");
        for row in readings.iter().flat_map(|reading| &reading.digits) {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{row:?}");
        }
    }

    #[test]
    fn what_no_logit_tells_of_has_no_probability() {
        assert!(log_sum(&[f32::NEG_INFINITY; CLASSES]) < f32::MIN);
        assert!((log_sum(&[0.0; CLASSES]) - 10_f32.ln()).abs() < 1e-6);
    }
}
