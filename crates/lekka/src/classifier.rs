//! What tells digits apart.

use std::error::Error;

use lekka_image::normalize::PIXELS;
use lekka_nn::Predictor;

use crate::recognizer::CLASSES;

/// Why a classifier gave no answer.
pub type ClassifierError = Box<dyn Error + Send + Sync>;

/// Tells which digit stands on a picture of 28x28 pixels.
///
/// The network behind it is one implementation; a test may bring its own.
pub trait Classifier: Send + Sync {
    /// Replaces `logits` by ten per picture, `[N, 10]`: the greater, the more likely, and `softmax`
    /// makes them probabilities. `images` is `[N, 28, 28, 1]`, ink 1 on paper 0, as
    /// [`lekka_image::normalize_glyph`] makes them. All digits of a page come in one call.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from answering; the reading of the page fails with it.
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError>;
}

impl Classifier for Predictor {
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
        Ok(Self::logits(self, images, logits)?)
    }
}

/// Ten logits for each picture; an error when the classifier gives too few or too many.
pub(crate) fn logits_of(
    classifier: &dyn Classifier,
    images: &[f32],
) -> Result<Vec<[f32; CLASSES]>, ClassifierError> {
    let mut found = Vec::new();
    if !images.is_empty() {
        classifier.logits(images, &mut found)?;
    }
    let expected = images.len() / PIXELS * CLASSES;
    if found.len() != expected {
        return Err(format!(
            "the classifier gave {} logits, ten per digit are {expected}; repair the classifier",
            found.len()
        )
        .into());
    }
    Ok(found.as_chunks::<CLASSES>().0.to_vec())
}
