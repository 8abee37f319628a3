//! Kaggle's form of Kannada-MNIST: `train.csv` and `Dig-MNIST.csv` (`label,pixel0,...,pixel783`)
//! and `test.csv` (`id,pixel0,...`).

use super::error::{DataError, DataErrorKind};
use super::idx::MAXIMUM_BYTES;
use super::set::{CLASSES, DataSet, IMAGE_PIXELS};
use std::io::{self, ErrorKind, Read};

/// The longest row that is read, in bytes: the header of 784 pixels has 7,000.
const MAXIMUM_ROW: usize = 1 << 18;

/// Reads a data set from CSV. Columns are found by their names, in any order; others are ignored.
///
/// # Errors
/// When a column is missing, a row has another number of fields than the header, or a field is not
/// a whole number in range; with the line and the column.
pub fn parse_csv(file: &str, text: impl Read) -> Result<DataSet, DataError> {
    let refuse = |kind| DataError::new(file, kind);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(RowLimit {
            source: text,
            left: MAXIMUM_ROW,
        });
    let header = reader
        .byte_headers()
        .map_err(|e| refuse(csv_kind(&e)))?
        .clone();
    let find = |name: &str| {
        header.iter().position(|field| {
            // Spreadsheets put a byte order mark in front of the first name.
            field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field) == name.as_bytes()
        })
    };
    let (label_column, id_column) = (find("label"), find("id"));
    if label_column.is_none() && id_column.is_none() {
        return Err(refuse(DataErrorKind::MissingColumn {
            column: "label".to_owned(),
        }));
    }
    let mut pixel_columns = Vec::with_capacity(IMAGE_PIXELS);
    for pixel in 0..IMAGE_PIXELS {
        let column = format!("pixel{pixel}");
        match find(&column) {
            Some(index) => pixel_columns.push(index),
            None => return Err(refuse(DataErrorKind::MissingColumn { column })),
        }
    }

    let (mut images, mut labels, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    let mut record = csv::ByteRecord::new();
    loop {
        reader.get_mut().left = MAXIMUM_ROW;
        let more = reader.read_byte_record(&mut record);
        if !more.map_err(|e| refuse(csv_kind(&e)))? {
            break;
        }
        let number = |column: usize, maximum: u64| {
            parse_number(&record[column])
                .filter(|&value| value <= maximum)
                .ok_or_else(|| {
                    refuse(DataErrorKind::Field {
                        line: record.position().map_or(0, csv::Position::line),
                        column: String::from_utf8_lossy(&header[column]).into_owned(),
                        value: shorten(&String::from_utf8_lossy(&record[column])),
                        maximum,
                    })
                })
        };
        if let Some(column) = label_column {
            labels.push(number(column, CLASSES as u64 - 1)? as u8);
        }
        if let Some(column) = id_column {
            ids.push(number(column, u64::MAX)?);
        }
        for &column in &pixel_columns {
            images.push(number(column, 255)? as u8);
        }
        if images.len() as u64 > MAXIMUM_BYTES {
            let bytes = images.len() as u64;
            return Err(refuse(DataErrorKind::TooLarge {
                bytes,
                limit: MAXIMUM_BYTES,
            }));
        }
    }
    let set = DataSet::new(file, images, label_column.map(|_| labels))?;
    if id_column.is_some() {
        set.with_ids(ids)
    } else {
        Ok(set)
    }
}

/// Fails when `left` bytes are read, so that a row without end takes no memory: a small gzip file
/// can hold gigabytes of it.
struct RowLimit<R> {
    source: R,
    left: usize,
}

impl<R: Read> Read for RowLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let text =
                format!("a row is longer than {MAXIMUM_ROW} bytes; is a line break missing?");
            return Err(io::Error::new(ErrorKind::FileTooLarge, text));
        }
        let count = self.source.read(buffer)?;
        self.left = self.left.saturating_sub(count);
        Ok(count)
    }
}

/// A number of digits only; faster than going through text, which counts for 47 million fields.
fn parse_number(field: &[u8]) -> Option<u64> {
    if field.is_empty() {
        return None;
    }
    field.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

fn csv_kind(error: &csv::Error) -> DataErrorKind {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => DataErrorKind::Ragged {
            line: pos.as_ref().map_or(0, csv::Position::line),
            expected: *expected_len,
            found: *len,
        },
        csv::ErrorKind::Io(inner) => {
            let copy = io::Error::new(inner.kind(), inner.to_string());
            match inner.kind() {
                ErrorKind::FileTooLarge => DataErrorKind::Csv(inner.to_string()),
                ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                    DataErrorKind::Gzip(copy)
                }
                _ => DataErrorKind::Io(copy),
            }
        }
        _ => DataErrorKind::Csv(error.to_string()),
    }
}

/// A field for a message: at most 20 characters.
pub(crate) fn shorten(field: &str) -> String {
    if field.chars().count() <= 20 {
        return field.escape_debug().to_string();
    }
    format!(
        "{}...",
        field.chars().take(20).collect::<String>().escape_debug()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(first: &str) -> String {
        let pixels: Vec<_> = (0..IMAGE_PIXELS).map(|i| format!("pixel{i}")).collect();
        format!("{first},{}\n", pixels.join(","))
    }

    fn row(first: &str, pixel: &str) -> String {
        format!("{first}{}\n", format!(",{pixel}").repeat(IMAGE_PIXELS))
    }

    #[test]
    fn train_and_test_files_are_read() {
        let text = header("label") + &row("3", "0") + &row("9", "255");
        let set = parse_csv("train.csv", text.as_bytes()).unwrap();
        assert_eq!(set.labels(), Some(&[3, 9][..]));
        assert_eq!(set.image(1), [255; IMAGE_PIXELS]);
        let text = header("id") + &row("17", "1");
        let set = parse_csv("test.csv", text.replace('\n', "\r\n").as_bytes()).unwrap();
        assert_eq!((set.labels(), set.ids()), (None, Some(&[17][..])));
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let cases = [
            (header("name") + &row("3", "0"), "column 'label' is missing"),
            (
                header("label").replace(",pixel9,", ",") + "3\n",
                "column 'pixel9' is missing",
            ),
            (
                header("label") + &row("3", "0") + &row("3", "x"),
                "line 3, column 'pixel0': 'x'",
            ),
            (
                header("label") + &row("3", "256"),
                "'256' is not a whole number from 0 to 255",
            ),
            (
                header("label") + &row("10", "0"),
                "line 2, column 'label': '10'",
            ),
            (header("label") + &row("3", "-1"), "'-1'"),
            (header("label") + &row("3", ""), "''"),
            (
                header("label") + &row("3", "0") + "3,0,0\n",
                "line 3: 3 fields, but the header",
            ),
            (header("label"), "holds no images"),
            (String::new(), "column 'label' is missing"),
        ];
        for (text, expected) in cases {
            let message = parse_csv("x.csv", text.as_bytes()).unwrap_err().to_string();
            assert!(
                message.starts_with("x.csv: ") && message.contains(expected),
                "{message}"
            );
        }
    }

    #[test]
    fn rows_without_end_are_refused_before_they_fill_the_memory() {
        let endless = || io::repeat(b',').take(1 << 40);
        let whole = header("label") + &row("3", "0");
        for source in [
            Box::new(endless()) as Box<dyn Read>,
            Box::new(whole.as_bytes().chain(endless())),
            Box::new(whole.as_bytes().chain(io::repeat(b'\n'))),
        ] {
            let message = parse_csv("x.csv", source).unwrap_err().to_string();
            assert!(message.contains("longer than 262144 bytes"), "{message}");
        }
        let rows = header("label") + &row("3", "0").repeat(1000);
        assert!(rows.len() > 2 * MAXIMUM_ROW);
        assert_eq!(parse_csv("x.csv", rows.as_bytes()).unwrap().len(), 1000);
    }

    proptest! {
        #[test]
        fn mutated_files_give_a_result(at in 0_usize..12_000, value: u8) {
            let mut bytes = (header("label") + &row("3", "128")).into_bytes();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = parse_csv("x", &bytes[..]);
        }
    }
}
