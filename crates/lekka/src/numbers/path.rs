//! The best path through the lattice of a line.

use super::separator::separator;
use crate::reading::Separator;
use lekka_page::{CutCandidate, CutLattice};
use serde::{Deserialize, Serialize};

/// What a path through a line's cuts costs, in natural logarithms of probability; lengths are parts of the usual
/// height of a digit in the line. Found on composed numbers of training writers (`docs/numbers.md`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineCosts {
    /// Each digit.
    pub digit: f32,
    /// The square of the logarithm of a digit's longer side over `side`.
    pub size: f32,
    /// The usual longer side of a digit.
    pub side: f32,
    /// Each length of ink that the cuts of a digit go through.
    pub cut: f32,
    /// Each length of a gap within a digit.
    pub gap: f32,
    /// A separator.
    pub separator: f32,
    /// A speck that is left out.
    pub speck: f32,
    /// How much what a network says of the whole line counts, against what is said of its digits.
    pub whole_line: f32,
    /// A reading of the whole line that no path gives, against the best path.
    pub no_path: f32,
    /// Glyphs that are at least this probable are not cut or joined.
    pub sure: f32,
    /// Glyphs wider than this are not sure.
    pub usual_width: f32,
}

impl Default for LineCosts {
    fn default() -> Self {
        Self {
            digit: 0.0,
            size: 1.8,
            side: 1.1,
            cut: 1.5,
            gap: 8.0,
            separator: 0.5,
            speck: 0.75,
            whole_line: 1.0,
            no_path: 4.0,
            sure: 0.995,
            usual_width: 1.7,
        }
    }
}

/// The logarithms of the probabilities of the digits 0 to 9.
pub type DigitScores = [f32; 10];

/// What a candidate on the path is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathItem {
    /// A digit: the index of the candidate.
    Digit(usize),
    /// A separator: the index of the candidate, and which it looks like.
    Separator(usize, Separator),
    /// Nothing: the index of the candidate.
    Speck(usize),
}

/// A way through all of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct LinePath {
    /// Its items from left to right.
    pub items: Vec<PathItem>,
    /// The sum of what its digits score, less its costs.
    pub score: f32,
}

impl LinePath {
    /// The candidates that are digits, from left to right.
    pub fn digits(&self) -> impl Iterator<Item = usize> {
        self.items.iter().filter_map(|item| match *item {
            PathItem::Digit(index) => Some(index),
            _ => None,
        })
    }
}

/// The path with the greatest score, by dynamic programming over the cuts. `scores` has for each candidate the
/// logarithm of its probability as each digit. `None` when no path goes through, or a score is not a number.
pub fn best_path(
    lattice: &CutLattice,
    scores: &[DigitScores],
    costs: &LineCosts,
) -> Option<LinePath> {
    let greatest: Vec<f32> = scores
        .iter()
        .map(|scores| scores.iter().copied().fold(f32::NEG_INFINITY, f32::max))
        .collect();
    search(lattice, costs, 0, |index, _| greatest.get(index).copied())
}

/// The path with the greatest score whose digits are just these.
pub fn best_path_to(
    digits: &[u8],
    lattice: &CutLattice,
    scores: &[DigitScores],
    costs: &LineCosts,
) -> Option<LinePath> {
    if digits.is_empty() {
        return None;
    }
    search(lattice, costs, digits.len(), |index, position| {
        let digit = usize::from(*digits.get(position)?);
        scores.get(index)?.get(digit).copied()
    })
}

/// Dynamic programming over cuts and, where `count` is not 0, the number of digits so far. `score` gives what a candidate
/// scores as the digit of this position.
fn search(
    lattice: &CutLattice,
    costs: &LineCosts,
    count: usize,
    score: impl Fn(usize, usize) -> Option<f32>,
) -> Option<LinePath> {
    /// Score, where the item begins, the digits before it, and the item.
    type Step = (f32, usize, usize, PathItem);
    let width = count + 1;
    let mut best: Vec<Option<Step>> = vec![None; (lattice.segments + 1) * width];
    let mut ending: Vec<Vec<usize>> = vec![Vec::new(); lattice.segments + 1];
    for (index, candidate) in lattice.candidates.iter().enumerate() {
        if candidate.first < candidate.end
            && let Some(ending) = ending.get_mut(candidate.end)
        {
            ending.push(index);
        }
    }
    for end in 1..=lattice.segments {
        for &index in &ending[end] {
            let candidate = &lattice.candidates[index];
            for position in 0..width {
                let before = match (candidate.first, position) {
                    (0, 0) => 0.0,
                    (0, _) => continue,
                    (first, _) => match best[first * width + position] {
                        Some((score, ..)) => score,
                        None => continue,
                    },
                };
                let digit = score(index, position);
                for (item, gain) in choices(index, candidate, digit, costs) {
                    let is_digit = matches!(item, PathItem::Digit(_));
                    let after = position + usize::from(is_digit && count > 0);
                    let total = before + gain;
                    if after >= width || !total.is_finite() {
                        continue;
                    }
                    let place = &mut best[end * width + after];
                    if place.is_none_or(|(best, ..)| total > best) {
                        *place = Some((total, candidate.first, position, item));
                    }
                }
            }
        }
    }
    let (score, ..) = best[lattice.segments * width + count]?;
    let (mut items, mut at, mut position) = (Vec::new(), lattice.segments, count);
    while at > 0 {
        let (_, first, before, item) = best[at * width + position]?;
        items.push(item);
        (at, position) = (first, before);
    }
    items.reverse();
    Some(LinePath { items, score })
}

/// What a candidate may be taken for, with what that adds to the score.
fn choices(
    index: usize,
    candidate: &CutCandidate,
    score: Option<f32>,
    costs: &LineCosts,
) -> impl Iterator<Item = (PathItem, f32)> {
    let shape = candidate.shape;
    let side = shape.width.max(shape.height).max(0.01);
    let size = (side / costs.side).ln();
    let digit = score.map(|score| {
        score
            - costs.digit
            - costs.size * size * size
            - costs.cut * candidate.cut_ink
            - costs.gap * candidate.gap.max(0.0)
    });
    let whole = candidate.end == candidate.first + 1 && candidate.cut_ink == 0.0;
    let mark = if whole { separator(candidate) } else { None };
    let is_speck = candidate.end == candidate.first + 1 && side < 0.25;
    [
        digit.map(|digit| (PathItem::Digit(index), digit)),
        mark.map(|mark| (PathItem::Separator(index, mark), -costs.separator)),
        is_speck.then_some((PathItem::Speck(index), -costs.speck)),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_image::{Rect, normalize::PIXELS};
    use lekka_page::InkShape;

    fn candidate(first: usize, end: usize, width: f32, height: f32) -> CutCandidate {
        CutCandidate {
            first,
            end,
            glyph: None,
            bounds: Rect::new(0, 0, 1, 1),
            pixels: [0; PIXELS],
            shape: InkShape {
                width,
                height,
                spread: 0.6,
            },
            middle: 0.5,
            cut_ink: 0.0,
            gap: 0.0,
        }
    }

    /// A three of this score, and hardly anything else.
    fn threes(score: f32) -> DigitScores {
        let mut scores = [-9.0; 10];
        scores[3] = score;
        scores
    }

    /// Two halves and their union.
    fn lattice() -> CutLattice {
        CutLattice {
            segments: 2,
            candidates: vec![
                candidate(0, 1, 0.8, 1.0),
                candidate(1, 2, 0.8, 1.0),
                candidate(0, 2, 1.6, 1.0),
            ],
        }
    }

    #[test]
    fn the_more_probable_reading_wins() {
        let costs = LineCosts::default();
        let digits = |best: [f32; 3]| {
            best_path(&lattice(), &best.map(threes), &costs)
                .unwrap()
                .items
        };
        assert_eq!(
            digits([-0.01, -0.01, -3.0]),
            [PathItem::Digit(0), PathItem::Digit(1)]
        );
        assert_eq!(digits([-3.0, -2.0, -0.01]), [PathItem::Digit(2)]);
    }

    #[test]
    fn a_path_to_given_digits_has_just_these() {
        let costs = LineCosts::default();
        let scores = [-0.01, -0.01, -3.0].map(threes);
        let path = |digits: &[u8]| best_path_to(digits, &lattice(), &scores, &costs);
        let both = path(&[3, 3]).unwrap();
        assert_eq!(Some(&both), best_path(&lattice(), &scores, &costs).as_ref());
        assert_eq!(path(&[3]).unwrap().items, [PathItem::Digit(2)]);
        assert!(path(&[3, 4]).unwrap().score < both.score - 5.0);
        assert_eq!(path(&[3, 3, 3]), None);
        assert_eq!(path(&[]), None);
        assert_eq!(path(&[33]), None);
    }

    #[test]
    fn gaps_and_cuts_cost() {
        let mut lattice = lattice();
        let costs = LineCosts::default();
        let score = |lattice: &CutLattice| {
            best_path(lattice, &[threes(-0.1); 3], &costs)
                .unwrap()
                .score
        };
        let before = score(&lattice);
        for candidate in &mut lattice.candidates {
            candidate.cut_ink = 0.5;
            candidate.gap = 0.2;
        }
        assert!(score(&lattice) < before - 0.5);
    }

    #[test]
    fn a_hyphen_between_digits_is_a_separator() {
        let mut hyphen = candidate(1, 2, 0.5, 0.12);
        hyphen.shape.spread = 0.1;
        let lattice = CutLattice {
            segments: 3,
            candidates: vec![candidate(0, 1, 0.8, 1.0), hyphen, candidate(2, 3, 0.8, 1.0)],
        };
        let path = best_path(
            &lattice,
            &[-0.01, -1.5, -0.01].map(threes),
            &LineCosts::default(),
        )
        .unwrap();
        assert_eq!(
            path.items,
            [
                PathItem::Digit(0),
                PathItem::Separator(1, Separator::Hyphen),
                PathItem::Digit(2)
            ]
        );
    }

    #[test]
    fn without_a_way_through_there_is_no_path() {
        let mut gone = lattice();
        gone.candidates.truncate(1);
        let costs = LineCosts::default();
        assert_eq!(best_path(&gone, &[threes(0.0)], &costs), None);
        assert_eq!(best_path(&lattice(), &[[f32::NAN; 10]; 3], &costs), None);
        assert_eq!(best_path(&lattice(), &[], &costs), None);
    }
}
