//! From a scan to the values of a form's fields.

use crate::check::Form;
use crate::decide::decide;
use crate::locate::locate;
use crate::view::{Ink, View, all_seen};
use lekka::{ClassifierError, DecodeLimits, Recognizer, Status};
use lekka_image::decode::Document;
use lekka_image::{DecodeError, GrayImage};
use serde::{Deserialize, Serialize, Serializer};

/// Fields whose value is less probable than this are for review, unless the caller says otherwise.
pub const DEFAULT_REVIEW_BELOW: f64 = 0.98;

/// How to read forms.
#[derive(Debug, Clone, PartialEq)]
pub struct FormOptions {
    /// How much a file may ask for.
    pub limits: DecodeLimits,
    /// Fields whose value is less probable are for review, 0 to 1.
    pub review_below: f64,
    /// Whether to keep a picture of each doubtful field, for people to look at.
    pub keep_pictures: bool,
}

impl Default for FormOptions {
    fn default() -> Self {
        Self {
            limits: DecodeLimits::default(),
            review_below: DEFAULT_REVIEW_BELOW,
            keep_pictures: false,
        }
    }
}

/// One page of a scan, read as a form.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct FormReading {
    /// Where the picture came from.
    pub source: String,
    /// Number of the page in its file, from 1.
    pub page: usize,
    /// The fields in the order of the template; none when the form was not found.
    pub fields: Vec<FieldValue>,
    /// Why the page could not be read.
    pub error: Option<String>,
}

/// What a field says.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct FieldValue {
    /// Its name in the template.
    pub name: String,
    /// Its digits in ASCII, leading zeros kept; none when it is blank. In a reading for review, `_` is an empty box
    /// between others.
    pub value: Option<String>,
    /// Whether somebody has to look at it.
    pub status: Status,
    /// The posterior probability of the value, 0 to 1; of a blank 1.
    #[serde(serialize_with = "six_decimals")]
    pub probability: f64,
    /// The likeliest readings, the value first.
    pub readings: Vec<Candidate>,
    /// Why it is for review.
    pub reason: Option<String>,
    /// The rules and check digits that made a doubtful reading certain.
    pub settled_by: Vec<String>,
    /// The field on the scan, upright, when it is for review and pictures were asked for.
    #[serde(skip)]
    pub picture: Option<GrayImage>,
}

/// A possible value of a field.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Candidate {
    /// Its digits.
    pub value: String,
    /// Its posterior probability.
    #[serde(serialize_with = "six_decimals")]
    pub probability: f64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn six_decimals<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 1e6).round() / 1e6)
}

impl FormReading {
    /// The entry for a page that could not be read.
    pub fn failed(source: impl Into<String>, page: usize, error: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            page,
            fields: Vec::new(),
            error: Some(error.into()),
        }
    }

    /// The names of the fields that are for review.
    pub fn review(&self) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter(|field| field.status == Status::Review)
            .map(|field| field.name.as_str())
    }
}

/// Why a file gave no readings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormReadError {
    /// The bytes are no picture, or none that is let in.
    #[error("{file}: {error}")]
    Decode {
        /// Name of the file.
        file: String,
        /// Why.
        error: DecodeError,
    },
    /// The classifier failed.
    #[error("{file}, page {page}: the classifier failed: {error}")]
    Classifier {
        /// Name of the file.
        file: String,
        /// Number of the page from 1.
        page: usize,
        /// What it said.
        error: ClassifierError,
    },
}

impl Form {
    /// Reads all pages of a file. A page on which the form is not found is a reading with an error, and so is a damaged
    /// page among others.
    ///
    /// # Errors
    ///
    /// When the bytes are no picture, the only page is damaged or exceeds the limits, or the classifier fails.
    pub fn read(
        &self,
        recognizer: &Recognizer,
        bytes: &[u8],
        source: &str,
        options: &FormOptions,
    ) -> Result<Vec<FormReading>, FormReadError> {
        let refused = |error| FormReadError::Decode {
            file: source.to_owned(),
            error,
        };
        let document = Document::open(bytes, &options.limits).map_err(refused)?;
        let pages = document.page_count();
        let read = |page| match document.page(page) {
            Ok(picture) => self.read_page(recognizer, &picture.gray, source, page + 1, options),
            Err(error) if pages == 1 => Err(refused(error)),
            Err(error) => Ok(FormReading::failed(source, page + 1, error.to_string())),
        };
        (0..pages).map(read).collect()
    }

    /// Reads one page; `page` is its number, from 1.
    ///
    /// # Errors
    ///
    /// When the classifier fails.
    pub fn read_page(
        &self,
        recognizer: &Recognizer,
        image: &GrayImage,
        source: &str,
        page: usize,
        options: &FormOptions,
    ) -> Result<FormReading, FormReadError> {
        let located = match locate(image, self) {
            Ok(located) => located,
            Err(error) => return Ok(FormReading::failed(source, page, error.to_string())),
        };
        let fields = &self.template().fields;
        let views: Vec<View> = fields
            .iter()
            .map(|field| View::new(field, &located))
            .collect();
        let inks: Vec<Ink> = fields
            .iter()
            .zip(&views)
            .map(|(field, view)| view.ink(field, image))
            .collect();
        let seen =
            all_seen(recognizer, fields, &inks).map_err(|error| FormReadError::Classifier {
                file: source.to_owned(),
                page,
                error,
            })?;
        let decisions = decide(self, &seen, options.review_below);
        let values = fields
            .iter()
            .zip(&views)
            .zip(decisions)
            .map(|((field, view), decision)| {
                let doubtful = decision.status == Status::Review;
                FieldValue {
                    name: field.name().to_owned(),
                    value: decision.value,
                    status: decision.status,
                    probability: decision.probability,
                    readings: decision
                        .readings
                        .into_iter()
                        .map(|(value, probability)| Candidate { value, probability })
                        .collect(),
                    reason: decision.reason,
                    settled_by: decision.settled_by,
                    picture: (doubtful && options.keep_pictures).then(|| view.picture(image)),
                }
            });
        Ok(FormReading {
            source: source.to_owned(),
            page,
            fields: values.collect(),
            error: None,
        })
    }
}
