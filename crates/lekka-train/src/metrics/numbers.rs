//! How well numbers of several digits are read.

use crate::data::Spacing;
use serde::Serialize;
use std::collections::BTreeMap;

/// The least number of digits inserted, deleted and replaced that makes one text of another (Levenshtein 1966).
///
/// ```
/// use lekka_train::metrics::edit_distance;
/// assert_eq!(edit_distance(b"1234", b"1234"), 0);
/// assert_eq!(edit_distance(b"1234", b"124"), 1);
/// assert_eq!(edit_distance(b"", b"12"), 2);
/// ```
pub fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Counts of some numbers that were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NumberCounts {
    /// Numbers.
    pub numbers: usize,
    /// Numbers read without any error.
    pub right: usize,
    /// Their digits.
    pub digits: usize,
    /// Digits inserted, deleted and replaced.
    pub errors: usize,
}

impl NumberCounts {
    /// Adds a number that was read.
    pub fn add(&mut self, truth: &[u8], reading: &[u8]) {
        self.numbers += 1;
        self.right += usize::from(truth == reading);
        self.digits += truth.len();
        self.errors += edit_distance(truth, reading);
    }

    /// Share of the numbers read without any error, 0 to 1; 0 when there are none.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.numbers.max(1) as f64
    }

    /// Errors per digit.
    pub fn digit_error_rate(&self) -> f64 {
        self.errors as f64 / self.digits.max(1) as f64
    }
}

/// Counts by spacing and number of digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberScores {
    counts: BTreeMap<(Spacing, usize), NumberCounts>,
}

impl NumberScores {
    /// Adds a number that was read.
    pub fn add(&mut self, spacing: Spacing, truth: &[u8], reading: &[u8]) {
        let counts = self.counts.entry((spacing, truth.len())).or_default();
        counts.add(truth, reading);
    }

    /// The counts of numbers of a spacing and a number of digits, `None` for all.
    pub fn of(&self, spacing: Option<Spacing>, digits: Option<usize>) -> NumberCounts {
        let mut sum = NumberCounts::default();
        for (key, counts) in &self.counts {
            if spacing.is_none_or(|s| s == key.0) && digits.is_none_or(|d| d == key.1) {
                sum.numbers += counts.numbers;
                sum.right += counts.right;
                sum.digits += counts.digits;
                sum.errors += counts.errors;
            }
        }
        sum
    }

    /// The numbers of digits that there are, ascending.
    pub fn lengths(&self) -> Vec<usize> {
        let mut lengths: Vec<usize> = self.counts.keys().map(|key| key.1).collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }

    /// All counts, by spacing and number of digits.
    pub fn cells(&self) -> impl Iterator<Item = (Spacing, usize, NumberCounts)> {
        self.counts
            .iter()
            .map(|(key, counts)| (key.0, key.1, *counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_add_up() {
        let mut scores = NumberScores::default();
        scores.add(Spacing::Close, b"1234", b"1234");
        scores.add(Spacing::Close, b"1234", b"1244");
        scores.add(Spacing::Touching, b"12", b"");
        let close = scores.of(Some(Spacing::Close), None);
        assert_eq!(
            (close.numbers, close.right, close.digits, close.errors),
            (2, 1, 8, 1)
        );
        assert_eq!(scores.of(None, None).errors, 3);
        assert_eq!(scores.lengths(), [2, 4]);
        assert_eq!(NumberCounts::default().accuracy(), 0.0);
    }

    proptest! {
        #[test]
        fn the_distance_is_a_metric(
            a in prop::collection::vec(0_u8..4, 0..8),
            b in prop::collection::vec(0_u8..4, 0..8),
            c in prop::collection::vec(0_u8..4, 0..8),
        ) {
            prop_assert_eq!(edit_distance(&a, &a), 0);
            prop_assert_eq!(edit_distance(&a, &b), edit_distance(&b, &a));
            prop_assert!(edit_distance(&a, &c) <= edit_distance(&a, &b) + edit_distance(&b, &c));
            prop_assert!(edit_distance(&a, &b) >= a.len().abs_diff(b.len()));
        }
    }
}
