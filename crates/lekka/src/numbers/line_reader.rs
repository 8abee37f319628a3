//! Reads a line as a whole by a network trained with CTC.

use crate::classifier::ClassifierError;
use crate::embedded::embedded_line_model;
use crate::numbers::path::DigitScores;
use crate::recognizer::{CLASSES, RecognizerError};
use lekka_image::Rect;
use lekka_model::Model;
use lekka_nn::SequencePredictor;
use lekka_nn::ctc::{align, alternatives, beam, log_probability};
use lekka_page::{LinePicture, NumberLine};
use std::fmt;

/// Readings that prefix search follows.
const BEAM: usize = 12;

/// The class that stands for no digit.
const BLANK: u8 = CLASSES as u8;

/// A network for lines of digits: for each few columns of a line it tells which digit is there, if any.
pub struct LineReader {
    predictor: SequencePredictor,
    temperature: f32,
}

impl fmt::Debug for LineReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineReader").finish_non_exhaustive()
    }
}

impl LineReader {
    /// A reader with the weights that come with the library.
    ///
    /// # Errors
    ///
    /// None with the weights as they are shipped.
    pub fn embedded() -> Result<Self, RecognizerError> {
        Self::from_model(&embedded_line_model()?)
    }

    /// A reader with the weights that `lekka train --preset numbers` made.
    ///
    /// # Errors
    ///
    /// When the network is none for lines of the ten digits, or was put together wrongly.
    pub fn from_model(model: &Model) -> Result<Self, RecognizerError> {
        let found = model.metadata.classes.len();
        if found != CLASSES + 1 || !model.metadata.preprocessing.is_line() {
            return Err(RecognizerError::NoLines { found });
        }
        Ok(Self {
            predictor: SequencePredictor::new(&model.spec, &model.parameters)?,
            temperature: model.metadata.temperature(),
        })
    }

    /// What the network says of a line; `None` when the line is far too long for its height.
    pub(crate) fn read(&self, line: &NumberLine) -> Result<Option<LineLogits>, ClassifierError> {
        let Some(picture) = line.picture() else {
            return Ok(None);
        };
        let pixels: Vec<f32> = picture
            .image
            .as_raw()
            .iter()
            .map(|&value| f32::from(value) / 255.0)
            .collect();
        let width = picture.image.width() as usize;
        let (mut logits, step) = self.predictor.logits(&pixels, width)?;
        for logit in &mut logits {
            *logit /= self.temperature;
        }
        // Weights that give what is not a number say nothing.
        let finite = logits.iter().all(|logit| logit.is_finite());
        Ok(finite.then_some(LineLogits {
            logits,
            step,
            picture,
        }))
    }
}

/// What the network says of a line.
pub(crate) struct LineLogits {
    logits: Vec<f32>,
    /// Columns of the picture that a step stands for.
    step: f64,
    picture: LinePicture,
}

impl LineLogits {
    /// The most probable readings, best first.
    pub(crate) fn readings(&self) -> Vec<Vec<u8>> {
        let found = beam(&self.logits, CLASSES + 1, BLANK, BEAM);
        found.into_iter().map(|(digits, _)| digits).collect()
    }

    /// The logarithm of the probability of a reading.
    pub(crate) fn score(&self, digits: &[u8]) -> f32 {
        log_probability(&self.logits, CLASSES + 1, digits, BLANK) as f32
    }

    /// The logarithms of the probabilities of the ten digits in the place of each digit of a reading.
    pub(crate) fn digit_scores(&self, digits: &[u8]) -> Vec<DigitScores> {
        let rows = alternatives(&self.logits, CLASSES + 1, digits, BLANK);
        rows.chunks_exact(CLASSES + 1)
            .map(|row| std::array::from_fn(|digit| (row[digit].max(1e-5) as f32).ln()))
            .collect()
    }

    /// The boxes around the ink of each digit of a reading, on the page: cut halfway between the steps of neighbours.
    pub(crate) fn boxes(&self, digits: &[u8], line: &NumberLine) -> Option<Vec<Rect>> {
        let spans = align(&self.logits, CLASSES + 1, digits, BLANK)?;
        let column = |step: f64| self.picture.on_page(step * self.step, step * self.step).0;
        let mut from = f64::NEG_INFINITY;
        let mut boxes = Vec::with_capacity(spans.len());
        for (index, span) in spans.iter().enumerate() {
            let to = match spans.get(index + 1) {
                Some(next) => column(f64::midpoint(span.end as f64, next.first as f64)),
                None => f64::INFINITY,
            };
            boxes.push(line.ink_between(from, to)?);
            from = to;
        }
        Some(boxes)
    }
}
