//! The recogniser for JavaScript.

use lekka::export::{TextExporter, write_all};
use lekka::{
    Correction, Exporter, Model, OutputFormat, PageReading, Recognizer, Script, Stroke,
    embedded_model,
};
use lekka_image::normalize::{Glyph, PIXELS};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::WasmError;
use crate::json;
use crate::options::Options;
use crate::picture::{Preview, StagePicture, page_of};

/// Reads pictures and strokes. Make it once: it prepares the weights.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Reader {
    pub(crate) recognizer: Recognizer,
    model: String,
}

/// A correction as JavaScript says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonCorrection {
    page: usize,
    field: usize,
    digit: usize,
    value: Option<u8>,
}

#[wasm_bindgen]
impl Reader {
    /// A recogniser with weights of your own (a file that `lekka train` or `lekka model release`
    /// wrote), or with the built-in ones when there are none.
    ///
    /// # Errors
    ///
    /// When the weights are damaged or of another network than one of ten digits.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "the glue cannot pass a slice that may be missing"
    )]
    #[wasm_bindgen(constructor)]
    pub fn new(weights: Option<Vec<u8>>) -> Result<Self, WasmError> {
        let model = match &weights {
            Some(weights) => Model::load(weights)?,
            None => embedded_model()?,
        };
        let parameters = model.parameters.count();
        Ok(Self {
            recognizer: Recognizer::from_model(&model)?,
            model: serde_json::json!({
                "version": env!("CARGO_PKG_VERSION"),
                "instructions": lekka_nn::instruction_set(),
                "parameters": parameters,
                "metadata": model.metadata,
            })
            .to_string(),
        })
    }

    /// What is known about program and weights, as JSON: `version`, `instructions` (the vector
    /// instructions in use), `parameters` (their number), `metadata` (of the weights).
    pub fn model(&self) -> String {
        self.model.clone()
    }

    /// Reads all pages of a file; `file` is its name for readings and errors, `options` the JSON of
    /// [`Options`]. The answer is what `lekka read --format json` writes: one JSON object a line for
    /// each page.
    ///
    /// # Errors
    ///
    /// When the bytes are no picture, or one beyond the limits.
    pub fn read(&self, bytes: &[u8], file: &str, options: &str) -> Result<String, WasmError> {
        let options = Options::parse(options)?.to_read_options()?;
        written(
            &self.recognizer.read(bytes, file, &options)?,
            OutputFormat::Json.exporter(),
        )
    }

    /// Reads strokes of a pen: all coordinates in a row, x and y of each point, in pixels of the
    /// surface; the number of points of each stroke; and whether a stroke may be several digits, as
    /// when writing in the air. The answer is one JSON object, as of
    /// [`read`](Self::read), with boxes in pixels of the surface.
    ///
    /// # Errors
    ///
    /// When the two do not fit together, a coordinate is not finite, or there are too many.
    #[wasm_bindgen(js_name = readStrokes)]
    pub fn read_strokes(
        &self,
        coordinates: &[f32],
        lengths: &[u32],
        joined: bool,
        file: &str,
        options: &str,
    ) -> Result<String, WasmError> {
        let options = Options::parse(options)?.to_read_options()?;
        let strokes = strokes(coordinates, lengths)?;
        let page = if joined {
            self.recognizer.read_joined(&strokes, file, &options)?
        } else {
            self.recognizer.read_strokes(&strokes, file, &options)?
        };
        written(&[page], OutputFormat::Json.exporter())
    }

    /// The calibrated probabilities of the ten digits, `[N, 10]`, for digits in the form of the
    /// data set, `[N, 28, 28]`: ink 255 on paper 0.
    ///
    /// # Errors
    ///
    /// When the values are no whole number of digits.
    pub fn classify(&self, glyphs: &[u8]) -> Result<Vec<f32>, WasmError> {
        let (whole, rest) = glyphs.as_chunks::<PIXELS>();
        if !rest.is_empty() {
            return Err(WasmError::Glyphs {
                values: glyphs.len(),
            });
        }
        let glyphs: &[Glyph] = whole;
        let probabilities = self.recognizer.probabilities(glyphs);
        Ok(probabilities.map_err(WasmError::Classifier)?.concat())
    }

    /// A page of a file, from 1, for the screen, its longer side at most `max_side` pixels.
    ///
    /// # Errors
    ///
    /// When the file cannot be decoded so far, or has fewer pages.
    pub fn preview(
        &self,
        bytes: &[u8],
        file: &str,
        page: usize,
        max_side: u32,
        options: &str,
    ) -> Result<Preview, WasmError> {
        let options = Options::parse(options)?.to_read_options()?;
        Preview::of(page_of(bytes, file, &options.limits, page)?, max_side)
    }

    /// Every picture that a page of a file, from 1, goes through before its digits are read, each
    /// with its longer side at most `max_side` pixels.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and when the file has fewer pages.
    pub fn stages(
        &self,
        bytes: &[u8],
        file: &str,
        page: usize,
        max_side: u32,
        options: &str,
    ) -> Result<Vec<StagePicture>, WasmError> {
        let options = Options::parse(options)?.to_read_options()?;
        let picture = page_of(bytes, file, &options.limits, page)?;
        let staged = self.recognizer.stages(&picture, file, &options)?;
        let stages = staged.stages.into_iter();
        stages
            .map(|stage| StagePicture::of(stage, max_side))
            .collect()
    }

    /// Readings, JSON as [`read`](Self::read) gives it, with what a person says in place of what was
    /// read: `corrections` is a JSON array of `{"page", "field", "digit", "value"}`, places counted
    /// from 0, `value` null for nothing.
    ///
    /// # Errors
    ///
    /// When the JSON is not of that form or there is no such place.
    pub fn correct(&self, readings: &str, corrections: &str) -> Result<String, WasmError> {
        let mut pages = json::pages::<PageReading>(readings)?;
        let corrections: Vec<JsonCorrection> = json::value(corrections, "corrections")?;
        for JsonCorrection {
            page,
            field,
            digit,
            value,
        } in corrections
        {
            json::page_of(&mut pages, page)?.correct(Correction {
                field,
                digit,
                value,
            })?;
        }
        written(&pages, OutputFormat::Json.exporter())
    }

    /// Readings, JSON as [`read`](Self::read) gives it, in another format: `text` (Kannada digits),
    /// `ascii` (the same in ASCII digits), `json` or `csv`.
    ///
    /// # Errors
    ///
    /// When the JSON is not of that form or the format does not exist.
    pub fn export(&self, readings: &str, format: &str) -> Result<String, WasmError> {
        let pages: Vec<PageReading> = json::pages(readings)?;
        let exporter: Box<dyn Exporter> = if format == "ascii" {
            Box::new(TextExporter::new(Script::Ascii, false))
        } else {
            format.parse::<OutputFormat>()?.exporter()
        };
        written(&pages, exporter)
    }
}

fn written(pages: &[PageReading], mut exporter: Box<dyn Exporter>) -> Result<String, WasmError> {
    let mut out = Vec::new();
    write_all(exporter.as_mut(), pages, &mut out)?;
    json::text(out)
}

fn strokes(coordinates: &[f32], lengths: &[u32]) -> Result<Vec<Stroke>, WasmError> {
    let points: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
    if points.saturating_mul(2) != coordinates.len() as u64 {
        return Err(WasmError::Strokes {
            lengths: points,
            values: coordinates.len(),
        });
    }
    let mut points = coordinates.as_chunks::<2>().0.iter().copied();
    let stroke = |&length: &u32| points.by_ref().take(length as usize).collect();
    Ok(lengths.iter().map(stroke).collect())
}
