//! The lines and words of a field, for formats that know text but no cells.

use crate::reading::{DigitReading, FieldKind, FieldReading};

/// A line of a field: its words, none of them empty.
pub(super) struct Line<'a> {
    pub(super) words: Vec<Word<'a>>,
}

/// Digits that stand together: a number, or a cell of a grid.
pub(super) struct Word<'a> {
    pub(super) digits: Vec<&'a DigitReading>,
}

/// The lines of a field in reading order; blanks are no words, and a row of blanks is no line.
pub(super) fn lines(field: &FieldReading) -> impl Iterator<Item = Line<'_>> {
    let rows = field.digits.chunk_by(|a, b| a.row == b.row);
    let apart = field.kind == FieldKind::Grid;
    let line = move |row: &'_ [DigitReading]| -> Vec<Vec<usize>> {
        let mut words: Vec<Vec<usize>> = Vec::new();
        let mut blank_before = true;
        for (index, digit) in row.iter().enumerate() {
            let blank = digit.digit.is_none();
            match words.last_mut() {
                _ if blank => {}
                Some(word) if !apart && !blank_before => word.push(index),
                _ => words.push(vec![index]),
            }
            blank_before = blank;
        }
        words
    };
    rows.map(move |row| Line {
        words: line(row)
            .into_iter()
            .map(|word| Word {
                digits: word.into_iter().map(|index| &row[index]).collect(),
            })
            .collect(),
    })
    .filter(|line| !line.words.is_empty())
}

impl Word<'_> {
    /// The probability that it is right as a whole.
    pub(super) fn probability(&self) -> f64 {
        let all = self.digits.iter();
        all.map(|digit| f64::from(digit.probability).clamp(0.0, 1.0))
            .product()
    }

    /// Left, top, right and bottom.
    pub(super) fn bounds(&self) -> [u32; 4] {
        around(self.digits.iter().map(|digit| edges(digit.bounds)))
    }
}

impl Line<'_> {
    /// Left, top, right and bottom.
    pub(super) fn bounds(&self) -> [u32; 4] {
        around(self.words.iter().map(Word::bounds))
    }
}

/// Left, top, right and bottom of left, top, width and height.
pub(super) fn edges([x, y, width, height]: [u32; 4]) -> [u32; 4] {
    [x, y, x.saturating_add(width), y.saturating_add(height)]
}

fn around(boxes: impl Iterator<Item = [u32; 4]>) -> [u32; 4] {
    boxes
        .reduce(|a, b| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn cells_are_words_of_their_own_and_numbers_are_not() {
        let mut field = sample().fields.swap_remove(0);
        let count = |field: &FieldReading| -> Vec<Vec<usize>> {
            lines(field)
                .map(|line| line.words.iter().map(|word| word.digits.len()).collect())
                .collect()
        };
        assert_eq!(count(&field), [vec![1, 1], vec![1]]);
        field.kind = FieldKind::Number;
        assert_eq!(count(&field), [vec![2], vec![1]]);
        let first = lines(&field).next().unwrap();
        assert_eq!(first.bounds(), [10, 5, 46, 29]);
        assert!((first.words[0].probability() - 0.75).abs() < 1e-9);
        for digit in &mut field.digits {
            digit.digit = None;
        }
        assert_eq!(count(&field), [[0; 0]; 0]);
    }
}
