//! Reads handwritten Kannada digits from scans.
//!
//! The bytes of a picture go in, what stands on its pages comes out: each digit with its box, its
//! probability, the runners-up and a status that says whether somebody has to look at it. The
//! weights are embedded; nothing is downloaded, and no data leaves the process.
//!
//! ```no_run
//! use lekka::{ReadOptions, Recognizer};
//!
//! let recognizer = Recognizer::embedded()?;
//! let bytes = std::fs::read("sheet.png")?;
//! for page in recognizer.read(&bytes, "sheet.png", &ReadOptions::default())? {
//!     for field in &page.fields {
//!         println!("{}: {} ({})", field.name, field.ascii, field.status.as_str());
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Recognizer`] is made once and shared: it is `Send + Sync`, and reading takes `&self`.
//! Readings serialise to JSON with serde; the [`export`] module writes them as text, JSON lines or
//! CSV.
//!
//! What recognises the digits is behind the trait [`Classifier`], so that code around a recogniser
//! can be tested without a network:
//!
//! ```
//! use lekka::{Classifier, ClassifierError, ReadOptions, Recognizer};
//!
//! /// Takes every digit for a seven.
//! struct Sevens;
//!
//! impl Classifier for Sevens {
//!     fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
//!         logits.clear();
//!         for _ in images.chunks_exact(28 * 28) {
//!             logits.extend([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 20.0, 0.0, 0.0]);
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let recognizer = Recognizer::with_classifier(Sevens);
//! let empty_page = b"P2 4 2 255  255 255 255 255  255 255 255 255";
//! let pages = recognizer.read(empty_page, "empty.pgm", &ReadOptions::default())?;
//! assert_eq!((pages[0].width, pages[0].height), (4, 2));
//! assert!(pages[0].fields.is_empty(), "no ink, no digits");
//! # Ok::<(), lekka::ReadError>(())
//! ```

mod assemble;
mod classifier;
mod correct;
mod embedded;
pub mod export;
pub mod numbers;
#[allow(clippy::trivially_copy_pass_by_ref, reason = "options grow")]
mod pipeline;
#[cfg(any(target_arch = "wasm32", test))]
mod planes;
mod reading;
mod recognizer;
mod review;
mod strokes;
mod tensors;
mod turn;

pub use classifier::{Classifier, ClassifierError};
pub use correct::{Correction, CorrectionError};
pub use embedded::{embedded_line_model, embedded_line_weights, embedded_model, embedded_weights};
pub use export::{Exporter, OutputFormat};
pub use lekka_image::{DecodeError, DecodeLimits, Polarity, Preparation, Stage, Threshold, When};
pub use lekka_model::{LoadError, Model, RiskLevelError};
pub use lekka_page::Strokes;
pub use pipeline::{Staged, Steps};
pub use reading::{
    Alternative, DigitReading, FieldKind, FieldReading, PageReading, SCHEMA_VERSION, Script,
    Separator, SeparatorReading, Status,
};
pub use recognizer::{ReadError, ReadOptions, Recognizer, RecognizerError};
pub use review::{DEFAULT_REVIEW_THRESHOLD, ReviewError, ReviewRule};
pub use strokes::{MAX_POINTS, Stroke, StrokesError};
pub use tensors::{TensorError, TensorReading};
