//! Batches of tensors in bodies: JSON, plain bytes, and IDX as MNIST has it.

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use thiserror::Error;

/// Rows and columns of an image.
const SIDE: usize = 28;
/// Values of an image.
pub const PIXELS: usize = SIDE * SIDE;

/// IDX of unsigned bytes in three dimensions.
const IDX_MAGIC: [u8; 4] = [0, 0, 8, 3];
/// Its magic number and three sizes.
const IDX_HEADER: usize = 16;

/// Why a body has no tensors.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BodyError {
    /// There are no bytes.
    #[error("the body is empty; send images of 28x28 as JSON, bytes or IDX")]
    Empty,
    /// Plain bytes of a length that is no number of images.
    #[error(
        "the body has {bytes} bytes, which is no whole number of images of 28x28 (784 bytes \
         each); if it is JSON, send it as application/json"
    )]
    Length {
        /// Bytes that came.
        bytes: usize,
    },
    /// IDX with images of another size.
    #[error("the images of the IDX file are {rows}x{columns}, they must be 28x28; scale them")]
    Size {
        /// Height.
        rows: u32,
        /// Width.
        columns: u32,
    },
    /// IDX that is cut off or too long.
    #[error(
        "the IDX file says that it has {count} images, which take {expected} bytes, and has \
         {bytes}; send it whole"
    )]
    Idx {
        /// Images by the header.
        count: u32,
        /// Bytes that they take with the header.
        expected: u64,
        /// Bytes that came.
        bytes: usize,
    },
    /// JSON that is none, or of another form.
    #[error(
        "{0}; send {{\"images\": [...]}}, each image 784 numbers from 0 (paper) to 1 (ink), or 28 \
         rows of 28"
    )]
    Json(String),
    /// More images than are let in.
    #[error("there are more than {most} images; send several requests")]
    TooMany {
        /// How many are let in.
        most: usize,
    },
}

/// Images `[N, 28, 28, 1]` from plain bytes (784 for each image, 0 paper to 255 ink) or an IDX
/// file of the same, which is told by its header. The values are 0 to 1.
///
/// # Errors
///
/// When the length fits neither, or there are more than `most` images.
///
/// ```
/// let images = lekka_server::tensors::from_bytes(&[255; 784], 10)?;
/// assert_eq!(images, [1.0; 784]);
/// # Ok::<(), lekka_server::tensors::BodyError>(())
/// ```
pub fn from_bytes(bytes: &[u8], most: usize) -> Result<Vec<f32>, BodyError> {
    let pixels = if bytes.is_empty() {
        return Err(BodyError::Empty);
    } else if bytes.len().is_multiple_of(PIXELS) {
        // No IDX file of such images has such a length: its header is 16 bytes.
        bytes
    } else if bytes.starts_with(&IDX_MAGIC) && bytes.len() >= IDX_HEADER {
        idx(bytes)?
    } else {
        let bytes = bytes.len();
        return Err(BodyError::Length { bytes });
    };
    if pixels.len() / PIXELS > most {
        return Err(BodyError::TooMany { most });
    }
    Ok(pixels.iter().map(|&byte| f32::from(byte) / 255.0).collect())
}

/// The pixels of an IDX file.
fn idx(bytes: &[u8]) -> Result<&[u8], BodyError> {
    let number = |index: usize| {
        let at = 4 * index;
        u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
    };
    let [count, rows, columns] = [number(1), number(2), number(3)];
    if (rows, columns) != (SIDE as u32, SIDE as u32) {
        return Err(BodyError::Size { rows, columns });
    }
    let expected = IDX_HEADER as u64 + u64::from(count) * PIXELS as u64;
    if expected != bytes.len() as u64 {
        let bytes = bytes.len();
        return Err(BodyError::Idx {
            count,
            expected,
            bytes,
        });
    }
    if count == 0 {
        return Err(BodyError::Empty);
    }
    Ok(&bytes[IDX_HEADER..])
}

/// Images `[N, 28, 28, 1]` from JSON: `{"images": [...]}` with an image as 784 numbers, as 28 rows
/// of 28, or as `[28][28][1]`. Whether the numbers are within 0 to 1 is not looked at.
///
/// # Errors
///
/// When it is no JSON, has another form, or more than `most` images.
///
/// ```
/// let row = format!("[{}]", ["0.5"; 28].join(","));
/// let json = format!("{{\"images\": [[{}]]}}", [row.as_str(); 28].join(","));
/// let images = lekka_server::tensors::from_json(json.as_bytes(), 10)?;
/// assert_eq!(images, [0.5; 784]);
/// # Ok::<(), lekka_server::tensors::BodyError>(())
/// ```
pub fn from_json(bytes: &[u8], most: usize) -> Result<Vec<f32>, BodyError> {
    if bytes.is_empty() {
        return Err(BodyError::Empty);
    }
    let mut values = Vec::new();
    let mut too_many = false;
    let body = Body {
        values: &mut values,
        most,
        too_many: &mut too_many,
    };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let result = body.deserialize(&mut json).and_then(|()| json.end());
    match result {
        Err(_) if too_many => Err(BodyError::TooMany { most }),
        Err(error) => Err(BodyError::Json(error.to_string())),
        Ok(()) if values.is_empty() => Err(BodyError::Empty),
        Ok(()) => Ok(values),
    }
}

/// The outer object. All values go into one vector while they are read: a tree of them would take
/// many times the memory of the body.
struct Body<'a> {
    values: &'a mut Vec<f32>,
    most: usize,
    too_many: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for Body<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `images`")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut seen = false;
        while let Some(key) = map.next_key::<String>()? {
            if key != "images" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if seen {
                return Err(A::Error::duplicate_field("images"));
            }
            seen = true;
            map.next_value_seed(Images(&mut self))?;
        }
        if seen {
            Ok(())
        } else {
            Err(A::Error::missing_field("images"))
        }
    }
}

/// The list of images.
struct Images<'a, 'b>(&'a mut Body<'b>);

impl<'de> DeserializeSeed<'de> for Images<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Images<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of images")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut images: A) -> Result<(), A::Error> {
        let body = self.0;
        let mut count = 0;
        loop {
            let axes = Axes {
                values: body.values,
                lengths: &[SIDE, SIDE, 1],
            };
            if images.next_element_seed(axes)?.is_none() {
                return Ok(());
            }
            count += 1;
            if count > body.most {
                *body.too_many = true;
                return Err(A::Error::custom("too many images"));
            }
        }
    }
}

/// What is below an axis: numbers, or lists of the next axis. An image may be flat.
struct Axes<'a> {
    values: &'a mut Vec<f32>,
    /// The lengths of this axis and those below it; empty where a number stands.
    lengths: &'a [usize],
}

impl<'de> DeserializeSeed<'de> for Axes<'_> {
    type Value = bool;

    /// True when a number stood there.
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Axes<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers of an image of 28x28")
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<bool, E> {
        // A whole image is no number.
        if self.lengths.len() == 3 {
            return Err(E::invalid_type(serde::de::Unexpected::Float(value), &self));
        }
        self.values.push(value as f32);
        Ok(true)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<bool, E> {
        self.visit_f64(value as f64)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<bool, E> {
        self.visit_f64(value as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let Some((&length, below)) = self.lengths.split_first() else {
            return Err(A::Error::custom("an image has too many dimensions"));
        };
        // As many as belong here when all of them are numbers.
        let flat: usize = self.lengths.iter().product();
        let mut numbers = None;
        let mut count = 0;
        loop {
            let axes = Axes {
                values: self.values,
                lengths: below,
            };
            let Some(number) = list.next_element_seed(axes)? else {
                break;
            };
            count += 1;
            if *numbers.get_or_insert(number) != number {
                return Err(A::Error::custom("an image has numbers beside lists"));
            }
            let most = if number { flat } else { length };
            if count > most {
                return Err(A::Error::invalid_length(count, &expected(most).as_str()));
            }
        }
        let wanted = if numbers == Some(false) { length } else { flat };
        if count != wanted {
            return Err(A::Error::invalid_length(count, &expected(wanted).as_str()));
        }
        Ok(false)
    }
}

fn expected(count: usize) -> String {
    format!("{count} in this list of an image of 28x28")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(values: &[f32]) -> String {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        format!("[{}]", values.join(","))
    }

    fn nested(values: &[f32], deep: bool) -> String {
        let rows: Vec<String> = values
            .chunks(SIDE)
            .map(|row| {
                if deep {
                    let row: Vec<String> = row.iter().map(|value| list(&[*value])).collect();
                    format!("[{}]", row.join(","))
                } else {
                    list(row)
                }
            })
            .collect();
        format!("[{}]", rows.join(","))
    }

    fn json(images: &[String]) -> String {
        format!(r#"{{"note":{{"a":[1]}},"images":[{}]}}"#, images.join(","))
    }

    #[test]
    fn the_three_forms_of_an_image_are_the_same() {
        let image: Vec<f32> = (0..PIXELS).map(|i| (i % 256) as f32 / 256.0).collect();
        let body = json(&[list(&image), nested(&image, false), nested(&image, true)]);
        let images = from_json(body.as_bytes(), 3).unwrap();
        assert_eq!(images, [image.clone(), image.clone(), image].concat());
    }

    #[test]
    fn other_json_is_refused_with_its_reason() {
        let ok = list(&[0.0; PIXELS]);
        let short = list(&[0.0; PIXELS - 1]);
        let mixed = format!("[0, {}]", list(&[0.0; SIDE]));
        let ragged = format!("[{}{}]", "[0],".repeat(27), list(&[0.0; 28]));
        for (body, part) in [
            ("[]".to_owned(), "an object with `images`"),
            ("{}".to_owned(), "missing field `images`"),
            ("{\"images\": [".to_owned(), "EOF"),
            (json(&[short]), "invalid length 783"),
            (json(&["[]".to_owned()]), "invalid length 0"),
            (json(&["0.5".to_owned()]), "floating point"),
            (json(&["[[[[0]]]]".to_owned()]), "too many dimensions"),
            (json(&[mixed]), "numbers beside lists"),
            (json(&[ragged]), "invalid length 1"),
            (json(&["[\"a\"]".to_owned()]), "string"),
            (
                json(&[format!("[{}]", "0,".repeat(2000))]),
                "invalid length 785",
            ),
            (
                format!("{} x", json(std::slice::from_ref(&ok))),
                "trailing characters",
            ),
            (
                format!(r#"{{"images":[{ok}],"images":[{ok}]}}"#),
                "duplicate field",
            ),
        ] {
            let error = from_json(body.as_bytes(), 10).unwrap_err().to_string();
            assert!(error.contains(part), "{part} is not in {error}");
        }
        assert_eq!(from_json(b"{\"images\":[]}", 1), Err(BodyError::Empty));
        assert_eq!(
            from_json(json(&[ok.clone(), ok]).as_bytes(), 1),
            Err(BodyError::TooMany { most: 1 })
        );
        let deep = "[".repeat(100_000);
        assert!(from_json(json(&[deep]).as_bytes(), 1).is_err());
    }

    fn idx_file(count: u32, rows: u32, columns: u32, pixels: usize) -> Vec<u8> {
        let mut bytes = IDX_MAGIC.to_vec();
        for number in [count, rows, columns] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.resize(IDX_HEADER + pixels, 51);
        bytes
    }

    #[test]
    fn bytes_are_images_or_idx() {
        let images = from_bytes(&idx_file(2, 28, 28, 2 * PIXELS), 2).unwrap();
        assert_eq!(images, vec![0.2; 2 * PIXELS]);
        for (bytes, error) in [
            (Vec::new(), BodyError::Empty),
            (vec![0; 5], BodyError::Length { bytes: 5 }),
            (vec![0; 3 * PIXELS], BodyError::TooMany { most: 2 }),
            (
                idx_file(1, 20, 28, 20 * 28),
                BodyError::Size {
                    rows: 20,
                    columns: 28,
                },
            ),
            (
                idx_file(u32::MAX, 28, 28, 7),
                BodyError::Idx {
                    count: u32::MAX,
                    expected: 16 + u64::from(u32::MAX) * 784,
                    bytes: 23,
                },
            ),
            (idx_file(0, 28, 28, 0), BodyError::Empty),
        ] {
            assert_eq!(from_bytes(&bytes, 2), Err(error));
        }
    }

    proptest! {
        /// Whatever comes: an error, or whole images of finite values.
        #[test]
        fn any_bytes_are_refused_or_whole(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            for images in [from_bytes(&bytes, 2), from_json(&bytes, 2)].into_iter().flatten() {
                prop_assert!(!images.is_empty() && images.len().is_multiple_of(PIXELS));
            }
        }

        #[test]
        fn almost_json_is_refused_or_whole(
            image in prop::collection::vec(-2.0_f32..2.0, PIXELS - 1..PIXELS + 2),
            cut in 0_usize..9_000,
            form in 0..3,
        ) {
            let image = match form {
                0 => list(&image),
                1 => nested(&image, false),
                _ => nested(&image, true),
            };
            let mut body = json(&[image]);
            body.truncate(cut);
            if let Ok(images) = from_json(body.as_bytes(), 2) {
                prop_assert_eq!(images.len(), PIXELS);
            }
        }

        #[test]
        fn bytes_go_through_unchanged(bytes in prop::collection::vec(any::<u8>(), PIXELS)) {
            let images = from_bytes(&bytes, 1).unwrap();
            let back: Vec<u8> = images.iter().map(|value| (value * 255.0).round() as u8).collect();
            prop_assert_eq!(back, bytes);
        }
    }
}
