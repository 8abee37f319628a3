//! Why a call failed.

use lekka::export::UnknownFormat;
use lekka::{ClassifierError, CorrectionError, DecodeError, ReadError, RecognizerError};
use thiserror::Error;
use wasm_bindgen::prelude::{JsError, JsValue};

/// Why a call from JavaScript failed. Becomes an `Error` with this message.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WasmError {
    /// There is no recogniser.
    #[error(transparent)]
    Recognizer(#[from] RecognizerError),
    /// The weights cannot be loaded.
    #[error(transparent)]
    Load(#[from] lekka::LoadError),
    /// A file gave no readings.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A picture cannot be shown.
    #[error("{file}: {source}")]
    Decode {
        /// Name of the file.
        file: String,
        /// Why.
        source: DecodeError,
    },
    /// A page that the file does not have.
    #[error("{file}: there is no page {page}, the file has {pages}")]
    Page {
        /// Name of the file.
        file: String,
        /// The page asked for, from 1.
        page: usize,
        /// Pages of the file.
        pages: usize,
    },
    /// The classifier failed.
    #[error("the classifier failed: {0}")]
    Classifier(ClassifierError),
    /// Values that are no whole number of digits.
    #[error("{values} values are no whole number of digits of 28 x 28; give 784 for each digit")]
    Glyphs {
        /// Number of values.
        values: usize,
    },
    /// Coordinates and lengths of strokes that do not fit together.
    #[error(
        "the strokes have {lengths} points by their lengths and {values} coordinates; give x and y \
         for each point"
    )]
    Strokes {
        /// Points by the lengths.
        lengths: u64,
        /// Coordinates.
        values: usize,
    },
    /// Options that are not understood.
    #[error("{what}: {error}")]
    Json {
        /// What was to be parsed.
        what: &'static str,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// An option out of its range.
    #[error("option {name}: {value} is not {expected}")]
    Option {
        /// Name of the option.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// A format of that name does not exist.
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    /// A reading was not corrected.
    #[error(transparent)]
    Correction(#[from] CorrectionError),
    /// A file is no template of a form.
    #[error(transparent)]
    Template(#[from] lekka_form::TemplateError),
    /// A template has mistakes.
    #[error("{file}: {problems}")]
    Mistakes {
        /// Name of the template's file.
        file: String,
        /// The mistakes.
        problems: lekka_form::Problems,
    },
    /// A scan of a form gave no readings.
    #[error(transparent)]
    Form(#[from] lekka_form::FormReadError),
    /// A field was not corrected.
    #[error(transparent)]
    FormCorrection(#[from] lekka_form::FormCorrectionError),
    /// Forms are not written in that format.
    #[error("forms are written as `csv` or `json`, not as `{0}`")]
    FormFormat(String),
    /// A picture could not be written as PNG.
    #[error("the picture cannot be written as PNG: {0}")]
    Png(#[from] png::EncodingError),
    /// Readings could not be written.
    #[error("the readings cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

impl From<WasmError> for JsValue {
    fn from(error: WasmError) -> Self {
        JsError::new(&error.to_string()).into()
    }
}
