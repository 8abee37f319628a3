//! Readings corrected by a person.

use crate::read::FormReading;
use crate::template::MOST_DIGITS;
use lekka::Status;

/// Why a field was not corrected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormCorrectionError {
    /// The page has no such field.
    #[error("page {page} of {from} has no field `{field}`", from = .file)]
    Field {
        /// Where the page comes from.
        file: String,
        /// Its number, from 1.
        page: usize,
        /// The field asked for.
        field: String,
    },
    /// That is no number.
    #[error(
        "field `{field}`: `{value}` is not made of 1 to {MOST_DIGITS} digits; give nothing for a blank field"
    )]
    Value {
        /// The field.
        field: String,
        /// What was given.
        value: String,
    },
}

impl FormReading {
    /// Puts what a person says of a field in place of what was read: probability 1, nothing left to review. The likely
    /// readings stay to choose from; other fields are left as they are, also those that rules tie to this one.
    ///
    /// Digits may be Kannada or ASCII. Their number may be another than the template's: it is what stands on the paper.
    ///
    /// # Errors
    ///
    /// When there is no such field or the value is no number; the reading is then unchanged.
    pub fn correct(&mut self, field: &str, value: Option<&str>) -> Result<(), FormCorrectionError> {
        let Some(place) = self.fields.iter_mut().find(|place| place.name == field) else {
            return Err(FormCorrectionError::Field {
                file: self.source.clone(),
                page: self.page,
                field: field.to_owned(),
            });
        };
        let value = match value.filter(|value| !value.is_empty()) {
            None => None,
            Some(value) => {
                let digits: Option<String> = value.chars().map(ascii_digit).collect();
                let fits = |digits: &String| digits.len() <= MOST_DIGITS;
                let digits = digits.filter(fits).ok_or_else(|| {
                    let (field, value) = (field.to_owned(), value.to_owned());
                    FormCorrectionError::Value { field, value }
                })?;
                Some(digits)
            }
        };
        place.status = if value.is_some() {
            Status::Ok
        } else {
            Status::Blank
        };
        place.value = value;
        place.probability = 1.0;
        place.reason = None;
        place.settled_by.clear();
        Ok(())
    }
}

/// A Kannada or ASCII digit as an ASCII one.
fn ascii_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{CE6}'..='\u{CEF}' => char::from_digit(u32::from(c) - 0xCE6, 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Candidate, FieldValue};

    fn reading() -> FormReading {
        let mut reading = FormReading::failed("a.png", 2, "");
        reading.error = None;
        reading.fields.push(FieldValue {
            name: "roll".to_owned(),
            value: Some("1_3".to_owned()),
            status: Status::Review,
            probability: 0.0,
            readings: vec![Candidate {
                value: "123".to_owned(),
                probability: 0.4,
            }],
            reason: Some("there is an empty box between its digits".to_owned()),
            settled_by: Vec::new(),
            picture: None,
        });
        reading
    }

    #[test]
    fn a_corrected_field_is_not_for_review_any_more() {
        let mut reading = reading();
        reading.correct("roll", Some("೧2೩")).unwrap();
        assert_eq!(reading.review().count(), 0);
        let field = &reading.fields[0];
        assert_eq!(field.value.as_deref(), Some("123"));
        assert_eq!((field.probability, field.reason.as_deref()), (1.0, None));
        assert_eq!(field.readings.len(), 1, "they can still be chosen");
        for nothing in [None, Some("")] {
            reading.correct("roll", nothing).unwrap();
            assert_eq!(reading.fields[0].status, Status::Blank);
            assert_eq!(reading.fields[0].value, None);
        }
    }

    #[test]
    fn what_is_no_number_or_no_field_changes_nothing() {
        let mut reading = reading();
        let before = reading.clone();
        for value in ["12a", "_", "1234567890123456789", " 1"] {
            let error = reading.correct("roll", Some(value)).unwrap_err();
            assert!(error.to_string().contains(&format!("`{value}`")), "{error}");
        }
        let error = reading.correct("sum", None).unwrap_err().to_string();
        assert_eq!(error, "page 2 of a.png has no field `sum`");
        assert_eq!(reading, before);
    }

    #[test]
    fn a_reading_is_the_same_after_it_was_written_and_read() {
        let mut written = Vec::new();
        crate::table::write_json(&reading(), &mut written).unwrap();
        assert_eq!(
            serde_json::from_slice::<FormReading>(&written).unwrap(),
            reading()
        );
    }
}
