//! From a scan to the values of a form's fields.

use crate::check::Form;
use crate::decide::{Seen, decide};
use crate::design::box_lines;
use crate::locate::{Located, locate};
use crate::template::{Field, FieldKind};
use lekka::{ClassifierError, DecodeLimits, Recognizer, Status};
use lekka_image::decode::Document;
use lekka_image::normalize::Glyph;
use lekka_image::{DecodeError, GrayImage, Perspective, Polarity, Rect, warp_perspective};
use lekka_page::{FieldLayout, PrintedBoxes};
use serde::{Deserialize, Serialize, Serializer};

/// Fields whose value is less probable than this are for review, unless the caller says otherwise.
pub const DEFAULT_REVIEW_BELOW: f64 = 0.98;

/// How much of the page around a field is looked at, in millimetres: lines may be off, strokes reach out.
const MARGIN: f64 = 4.0;

/// The finest view of a field, in pixels for a millimetre (610 dpi).
const FINEST: f64 = 24.0;

/// The least share of a field's printed lines that must be seen.
const LEAST_COVER: f64 = 0.4;

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
        let glyphs: Vec<Glyph> = inks.iter().flat_map(Ink::glyphs).collect();
        let probabilities =
            recognizer
                .probabilities(&glyphs)
                .map_err(|error| FormReadError::Classifier {
                    file: source.to_owned(),
                    page,
                    error,
                })?;
        let mut probabilities = probabilities.into_iter().map(|row| row.map(f64::from));
        let seen: Vec<Seen> = fields
            .iter()
            .zip(inks)
            .map(|(field, ink)| ink.seen(field, &mut probabilities))
            .collect();
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

/// A field as it is seen upright.
struct View {
    /// From pixels of the scan to pixels of the view; `None` when it cannot be seen.
    map: Option<Perspective>,
    window: Rect,
    boxes: PrintedBoxes,
}

/// What is in the boxes of a field.
enum Ink {
    NotFound,
    Found(FieldLayout),
}

impl View {
    fn new(field: &Field, located: &Located) -> Self {
        let scale = located.scale.min(FINEST);
        let [x, y, width, height] = field.rect;
        let (left, top) = (x - MARGIN, y - MARGIN);
        // The middle of the first pixel is half a pixel from the edge.
        let pixel = |mm: f64, origin: f64| (mm - origin) * scale - 0.5;
        let to_view = Perspective::from_matrix([
            scale,
            0.0,
            pixel(0.0, left),
            0.0,
            scale,
            pixel(0.0, top),
            0.0,
            0.0,
            1.0,
        ]);
        let side = |mm: f64| ((mm + 2.0 * MARGIN) * scale).round().clamp(1.0, 20_000.0) as u32;
        Self {
            map: located.map.inverse().map(|back| back.then(&to_view)),
            window: Rect::new(0, 0, side(width), side(height)),
            boxes: PrintedBoxes {
                columns: box_lines(field).iter().map(|&x| pixel(x, left)).collect(),
                rows: [pixel(y, top), pixel(y + height, top)],
            },
        }
    }

    fn picture(&self, image: &GrayImage) -> GrayImage {
        match &self.map {
            Some(map) => warp_perspective(image, map, self.window, 255),
            None => GrayImage::from_pixel(1, 1, image::Luma([255])),
        }
    }

    fn ink(&self, field: &Field, image: &GrayImage) -> Ink {
        let view = self.picture(image);
        let found = match field.kind {
            FieldKind::Boxes => self.boxes.digits(&view, Polarity::DarkOnLight),
            FieldKind::Area => self.boxes.number(&view, Polarity::DarkOnLight),
        };
        found
            .filter(|found| found.cover >= LEAST_COVER)
            .map_or(Ink::NotFound, |found| Ink::Found(found.layout))
    }
}

impl Ink {
    fn glyphs(&self) -> impl Iterator<Item = Glyph> + '_ {
        let glyphs = match self {
            Self::NotFound => &[][..],
            Self::Found(layout) => &layout.glyphs,
        };
        glyphs.iter().filter_map(|glyph| glyph.pixels)
    }

    /// What the ink says; takes as many rows of probabilities as there are glyphs.
    fn seen(self, field: &Field, probabilities: &mut impl Iterator<Item = [f64; 10]>) -> Seen {
        let Self::Found(layout) = self else {
            return Seen::Unclear(
                String::new(),
                "its boxes were not found on the scan".to_owned(),
            );
        };
        let slots: Vec<Option<[f64; 10]>> = layout
            .glyphs
            .iter()
            .map(|glyph| glyph.pixels.and_then(|_| probabilities.next()))
            .collect();
        let Some(first) = slots.iter().position(Option::is_some) else {
            return Seen::Blank;
        };
        let last = slots.iter().rposition(Option::is_some).unwrap_or(first);
        let written = &slots[first..=last];
        let digits: Vec<[f64; 10]> = written.iter().copied().flatten().collect();
        let (number, wanted) = (digits.len(), field.digits);
        let reason = if number < written.len() {
            "there is an empty box between its digits".to_owned()
        } else if number < wanted.least || number > wanted.most {
            format!("it has {number} digits where {wanted} belong")
        } else {
            return Seen::Digits(digits);
        };
        let best = |row: &[f64; 10]| {
            let best =
                (0..10_u8).max_by(|&a, &b| row[usize::from(a)].total_cmp(&row[usize::from(b)]));
            char::from(b'0' + best.unwrap_or(0))
        };
        let text = written
            .iter()
            .map(|slot| slot.as_ref().map_or('_', best))
            .collect();
        Seen::Unclear(text, reason)
    }
}
