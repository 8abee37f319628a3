//! Readings corrected by a person.

use thiserror::Error;

use crate::reading::{Alternative, PageReading, Script, Status};

/// What a person says that a place of a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// The field, from 0.
    pub field: usize,
    /// The digit in it, from 0, row by row.
    pub digit: usize,
    /// What stands there, 0 to 9; none for nothing.
    pub value: Option<u8>,
}

/// Why a reading was not corrected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CorrectionError {
    /// There is no such place.
    #[error("the page has no digit {digit} in field {field}, counted from 0")]
    Place {
        /// The field asked for.
        field: usize,
        /// The digit asked for.
        digit: usize,
    },
    /// That is no digit.
    #[error("{value} is no digit; give 0 to 9, or none for an empty place")]
    Value {
        /// What was given.
        value: u8,
    },
}

impl PageReading {
    /// Puts what a person says in place of what was read: probability 1, nothing left to review,
    /// the former reading the first of the alternatives. The texts and the status of the field
    /// follow.
    ///
    /// # Errors
    ///
    /// When there is no such place or the value is no digit; the reading is then unchanged.
    pub fn correct(&mut self, correction: Correction) -> Result<(), CorrectionError> {
        let Correction {
            field,
            digit,
            value,
        } = correction;
        if let Some(value) = value.filter(|value| *value > 9) {
            return Err(CorrectionError::Value { value });
        }
        let missing = CorrectionError::Place { field, digit };
        let field = self.fields.get_mut(field).ok_or(missing.clone())?;
        let place = field.digits.get_mut(digit).ok_or(missing)?;
        if let Some(before) = place.digit.filter(|before| Some(*before) != value) {
            place
                .alternatives
                .retain(|other| Some(other.digit) != value);
            place.alternatives.insert(
                0,
                Alternative {
                    digit: before,
                    probability: place.probability,
                },
            );
        }
        place.digit = value;
        place.probability = 1.0;
        place.status = if value.is_some() {
            Status::Ok
        } else {
            Status::Blank
        };
        field.text = Script::Kannada.text(&field.digits);
        field.ascii = Script::Ascii.text(&field.digits);
        field.status = Status::of_field(&field.digits);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::sample;

    #[test]
    fn a_correction_changes_the_texts_and_the_status() {
        let mut page = sample();
        let correct = |page: &mut PageReading, digit, value| {
            page.correct(Correction {
                field: 0,
                digit,
                value,
            })
        };
        correct(&mut page, 1, Some(3)).unwrap();
        let field = &page.fields[0];
        assert_eq!(
            (field.ascii.as_str(), field.text.as_str()),
            ("13\n_4", "೧೩\n_೪")
        );
        assert_eq!(
            (field.status, field.digits[1].status),
            (Status::Ok, Status::Ok)
        );
        assert_eq!(
            field.digits[1].alternatives,
            [Alternative {
                digit: 2,
                probability: 0.75
            }]
        );

        // A mark that is no digit, and a digit that was taken for paper.
        correct(&mut page, 0, None).unwrap();
        correct(&mut page, 2, Some(9)).unwrap();
        assert_eq!(page.fields[0].ascii, "_3\n94");
        // Confirmed as it is.
        correct(&mut page, 3, Some(4)).unwrap();
        assert!(page.fields[0].digits[3].alternatives.is_empty());
        for digit in 0..4 {
            correct(&mut page, digit, None).unwrap();
        }
        assert_eq!(page.fields[0].status, Status::Blank);
    }

    #[test]
    fn what_is_not_there_is_not_corrected() {
        let mut page = sample();
        for (field, digit, value, reason) in [
            (2, 0, Some(1), "no digit 0 in field 2"),
            (0, 4, Some(1), "no digit 4 in field 0"),
            (0, 0, Some(10), "10 is no digit"),
        ] {
            let error = page
                .correct(Correction {
                    field,
                    digit,
                    value,
                })
                .unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
        assert_eq!(page, sample());
    }
}
