//! What a page says: the result of a reading, and its JSON.

use serde::{Deserialize, Serialize, Serializer};

/// The version of the JSON that [`PageReading`] serialises to. It grows by one when a member
/// changes its meaning or goes away; new members do not change it.
pub const SCHEMA_VERSION: u32 = 1;

/// One page of one picture, read.
///
/// Serialises to one JSON object:
///
/// ```
/// let page = lekka::PageReading::failed("notes.txt", "not a picture");
/// assert_eq!(
///     serde_json::to_string(&page)?,
///     r#"{"schema_version":1,"source":"notes.txt","page":1,"width":0,"height":0,"skew_degrees":0.0,"fields":[],"errors":["not a picture"]}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageReading {
    /// Always [`SCHEMA_VERSION`] in what this version writes.
    pub schema_version: u32,
    /// Where the picture came from, as the caller named it (for the program: the path as given).
    pub source: String,
    /// Number of the page in its file, counted from 1 as people count pages.
    pub page: usize,
    /// Width of the picture as stored, in pixels; 0 when it could not be read.
    pub width: u32,
    /// Height of the picture as stored, in pixels; 0 when it could not be read.
    pub height: u32,
    /// How far the content is turned in the upright picture, in degrees, positive
    /// counter-clockwise.
    #[serde(serialize_with = "three_decimals")]
    pub skew_degrees: f64,
    /// What was found, in reading order.
    pub fields: Vec<FieldReading>,
    /// What went wrong with this page, each a sentence for people. Empty when all went well.
    pub errors: Vec<String>,
}

impl PageReading {
    /// The entry for a picture that could not be read at all, so that a list of readings has a row
    /// for every picture that was asked for.
    pub fn failed(source: impl Into<String>, error: impl Into<String>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            source: source.into(),
            page: 1,
            width: 0,
            height: 0,
            skew_degrees: 0.0,
            fields: Vec::new(),
            errors: vec![error.into()],
        }
    }

    /// All digits of the page in reading order, blanks included.
    pub fn digits(&self) -> impl Iterator<Item = &DigitReading> {
        self.fields.iter().flat_map(|field| &field.digits)
    }
}

/// A single digit, a number or a grid of cells on a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldReading {
    /// `field_1`, `field_2`, ... in reading order over the page, whatever their kind.
    pub name: String,
    /// What the field is.
    pub kind: FieldKind,
    /// Left, top, width and height in pixels of the picture as stored.
    #[serde(rename = "box")]
    pub bounds: [u32; 4],
    /// Number of rows; 1 for a digit or a number.
    pub rows: usize,
    /// Number of columns; 1 for a digit, the number of digits for a number.
    pub columns: usize,
    /// The best reading in Kannada digits (U+0CE6 to U+0CEF), `_` for blank, a newline between
    /// rows.
    pub text: String,
    /// The same in ASCII digits.
    pub ascii: String,
    /// Blank when all digits are, review when one digit is to be looked at, otherwise ok.
    pub status: Status,
    /// The digits, row by row.
    pub digits: Vec<DigitReading>,
    /// What stands between the digits of a number and is no digit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub separators: Vec<SeparatorReading>,
}

/// A mark between digits, such as the point of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeparatorReading {
    /// What it looks like.
    pub mark: Separator,
    /// Index of the digit that it stands before; the number of digits when it stands behind the last.
    pub before: usize,
    /// Left, top, width and height in pixels of the picture as stored.
    #[serde(rename = "box")]
    pub bounds: [u32; 4],
}

/// What a mark between digits looks like. Whether a point or a comma was meant is often in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Separator {
    /// A dot at the foot of the digits.
    Point,
    /// A short stroke there.
    Comma,
    /// A tall leaning stroke.
    Slash,
    /// A short level stroke.
    Hyphen,
    /// A tall upright stroke, as of a ruled column.
    Bar,
}

/// One digit or empty cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DigitReading {
    /// The best reading, 0 to 9; none when blank.
    pub digit: Option<u8>,
    /// Calibrated probability of that reading, 0 to 1. For a blank it is 1: the cell holds no ink.
    #[serde(serialize_with = "six_decimals")]
    pub probability: f32,
    /// Whether the reading can be trusted.
    pub status: Status,
    /// Left, top, width and height in pixels of the picture as stored.
    #[serde(rename = "box")]
    pub bounds: [u32; 4],
    /// Row in the field, counted from 0.
    pub row: usize,
    /// Column in the field, counted from 0.
    pub column: usize,
    /// The runners-up, most probable first; empty when blank.
    pub alternatives: Vec<Alternative>,
}

/// A digit that it might have been; `[digit, probability]` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "(u8, f64)", from = "(u8, f64)")]
pub struct Alternative {
    /// 0 to 9.
    pub digit: u8,
    /// Calibrated probability, 0 to 1.
    pub probability: f32,
}

impl From<Alternative> for (u8, f64) {
    fn from(alternative: Alternative) -> Self {
        (
            alternative.digit,
            rounded(alternative.probability.into(), 1e6),
        )
    }
}

impl From<(u8, f64)> for Alternative {
    fn from((digit, probability): (u8, f64)) -> Self {
        Self {
            digit,
            probability: probability as f32,
        }
    }
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// One digit on its own.
    Digit,
    /// Digits in a line that belong together.
    Number,
    /// Cells in rows and columns.
    Grid,
}

impl FieldKind {
    /// The word that stands in JSON and CSV.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Digit => "digit",
            Self::Number => "number",
            Self::Grid => "grid",
        }
    }
}

/// Whether somebody has to look at a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The reading is as sure as was asked for.
    Ok,
    /// The reading is in doubt: somebody should look at it.
    Review,
    /// Nothing is written here.
    Blank,
}

impl Status {
    /// The word that stands in JSON and CSV.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Review => "review",
            Self::Blank => "blank",
        }
    }

    /// The status of a digit by its probability. What is not a number is in doubt.
    pub(crate) fn of_digit(probability: f32, review_threshold: f32) -> Self {
        if probability >= review_threshold {
            Self::Ok
        } else {
            Self::Review
        }
    }

    /// The status of a field from those of its digits.
    pub(crate) fn of_field(digits: &[DigitReading]) -> Self {
        if digits.iter().all(|digit| digit.status == Self::Blank) {
            Self::Blank
        } else if digits.iter().any(|digit| digit.status == Self::Review) {
            Self::Review
        } else {
            Self::Ok
        }
    }
}

/// The scripts a reading can be written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Script {
    /// ೦ ೧ ೨ ೩ ೪ ೫ ೬ ೭ ೮ ೯.
    #[default]
    Kannada,
    /// 0 1 2 3 4 5 6 7 8 9.
    Ascii,
}

impl Script {
    /// The character for a digit 0 to 9, `_` for none.
    ///
    /// ```
    /// use lekka::Script;
    /// assert_eq!(Script::Kannada.character(Some(7)), '೭');
    /// assert_eq!(Script::Ascii.character(Some(7)), '7');
    /// assert_eq!(Script::Ascii.character(None), '_');
    /// ```
    pub fn character(self, digit: Option<u8>) -> char {
        const KANNADA: [char; 10] = ['೦', '೧', '೨', '೩', '೪', '೫', '೬', '೭', '೮', '೯'];
        const ASCII: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
        let characters = match self {
            Self::Kannada => &KANNADA,
            Self::Ascii => &ASCII,
        };
        digit
            .and_then(|digit| characters.get(usize::from(digit)).copied())
            .unwrap_or('_')
    }

    /// The digits of a field as text, a newline between rows.
    pub(crate) fn text(self, digits: &[DigitReading]) -> String {
        let mut text = String::with_capacity(digits.len() * 4);
        let mut row = digits.first().map_or(0, |digit| digit.row);
        for digit in digits {
            if digit.row != row {
                text.push('\n');
                row = digit.row;
            }
            text.push(self.character(digit.digit));
        }
        text
    }
}

/// Rounds to a multiple of `1 / scale`. The digits that this cuts off are noise of f32 arithmetic,
/// and would only make files longer and harder to compare.
fn rounded(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn six_decimals<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(f64::from(*value), 1e6))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn three_decimals<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(*value, 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digit(value: Option<u8>, row: usize, column: usize, status: Status) -> DigitReading {
        DigitReading {
            digit: value,
            probability: 0.987_654_3,
            status,
            bounds: [0, 0, 10, 20],
            row,
            column,
            alternatives: vec![Alternative {
                digit: 1,
                probability: 0.012_345_678,
            }],
        }
    }

    #[test]
    fn rows_are_lines_and_blanks_underscores() {
        let digits = [
            digit(Some(1), 0, 0, Status::Ok),
            digit(None, 0, 1, Status::Blank),
            digit(Some(9), 1, 0, Status::Ok),
            digit(Some(0), 1, 1, Status::Ok),
        ];
        assert_eq!(Script::Kannada.text(&digits), "೧_\n೯೦");
        assert_eq!(Script::Ascii.text(&digits), "1_\n90");
    }

    #[test]
    fn a_field_is_as_doubtful_as_its_worst_digit() {
        use Status::{Blank, Ok, Review};
        for (statuses, expected) in [
            (&[][..], Blank),
            (&[Blank, Blank], Blank),
            (&[Ok, Blank], Ok),
            (&[Ok, Ok], Ok),
            (&[Ok, Review, Blank], Review),
        ] {
            let digits: Vec<_> = statuses
                .iter()
                .map(|status| digit(Some(1), 0, 0, *status))
                .collect();
            assert_eq!(Status::of_field(&digits), expected, "{statuses:?}");
        }
    }

    #[test]
    fn json_has_the_documented_members() {
        let json = serde_json::to_string(&digit(Some(3), 0, 2, Status::Review)).unwrap();
        assert_eq!(
            json,
            r#"{"digit":3,"probability":0.987654,"status":"review","box":[0,0,10,20],"row":0,"column":2,"alternatives":[[1,0.012346]]}"#
        );
        let blank = DigitReading {
            alternatives: Vec::new(),
            ..digit(None, 0, 0, Status::Blank)
        };
        let json = serde_json::to_string(&blank).unwrap();
        assert!(json.starts_with(r#"{"digit":null,"#), "{json}");
        assert_eq!(
            serde_json::from_str::<DigitReading>(&json).unwrap().digit,
            None
        );
    }
}
