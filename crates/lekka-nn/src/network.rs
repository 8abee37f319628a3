//! Training: forward, loss, backward and the optimiser's step.

use crate::core::Core;
use crate::layers::{Mode, loss::softmax_cross_entropy};
use crate::optimizer::Optimizer;
use crate::parameters::{Parameters, ParametersError};
use crate::spec::{NetworkSpec, SpecError};
use std::fmt;
use thiserror::Error;

/// Pictures that go through the network together in inference.
const INFER_BATCH: usize = 64;

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
    /// A convolution could not be set up.
    #[error(transparent)]
    Conv(#[from] crate::conv::ConvError),
    /// A line of a batch is longer than its picture, or has labels that are no classes.
    #[error("line {index} of the batch: {reason}")]
    Line {
        /// Position in the batch.
        index: usize,
        /// What is wrong.
        reason: String,
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

/// The label of a picture that belongs to no class: the target is then the same probability for all
/// classes, so that the network learns to be in doubt ("outlier exposure", Hendrycks, Mazeika and
/// Dietterich 2019, arXiv 1812.04606).
pub const NO_CLASS: u8 = u8::MAX;

/// What one training step saw.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepOutcome {
    /// Mean cross-entropy of the batch before the step.
    pub loss: f64,
    /// Number of pictures whose greatest logit was that of their label; never one of [`NO_CLASS`].
    pub correct: usize,
}

/// A network in training, with its weights and workspaces. Nothing is allocated by a step after the
/// first with the same number of pictures.
pub struct Network {
    spec: NetworkSpec,
    classes: usize,
    core: Core,
    parameters: Parameters,
    gradients: Vec<Vec<f32>>,
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter
            .debug_struct("Network")
            .field("spec", &self.spec)
            .finish_non_exhaustive()
    }
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
        let classes = spec.classes()?;
        let parameters = parameters.clone().checked(spec)?;
        let zeros = |tensor: &crate::Parameter| vec![0.0; tensor.values.len()];
        let mut core = Core::new(spec)?;
        core.weights_changed(&parameters);
        Ok(Self {
            spec: spec.clone(),
            classes,
            core,
            gradients: parameters.tensors.iter().map(zeros).collect(),
            parameters,
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

    /// Replaces the weights.
    ///
    /// # Errors
    /// When they do not fit the network, which then stays as it is.
    pub fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), NetworkError> {
        self.parameters = parameters.clone().checked(&self.spec)?;
        self.core.weights_changed(&self.parameters);
        Ok(())
    }

    /// Gradients of the last step, one vector per tensor of [`Network::parameters`]; those of
    /// moving statistics are zero.
    pub fn gradients(&self) -> &[Vec<f32>] {
        &self.gradients
    }

    /// One step on a batch: `images` is `[N, height, width, channels]`, `labels` `[N]`, each below
    /// the number of classes or [`NO_CLASS`]. An empty batch changes nothing.
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
        if !optimizer.fits(&self.parameters) {
            return Err(NetworkError::Optimizer);
        }
        let outcome = self.gradient_step(images, labels, options)?;
        if !labels.is_empty() {
            optimizer.step(&mut self.parameters, &self.gradients, learning_rate);
            self.core.weights_changed(&self.parameters);
        }
        Ok(outcome)
    }

    /// Computes [`Network::gradients`] for a batch and updates the moving statistics, without
    /// changing the weights.
    ///
    /// # Errors
    /// When lengths do not match or a label is out of range.
    pub fn gradient_step(
        &mut self,
        images: &[f32],
        labels: &[u8],
        options: &StepOptions,
    ) -> Result<StepOutcome, NetworkError> {
        let batch = self.core.count(images)?;
        if batch != labels.len() {
            return Err(NetworkError::Labels {
                images: batch,
                labels: labels.len(),
            });
        }
        let classes = self.classes;
        let is_wrong =
            |&(_, &label): &(usize, &u8)| usize::from(label) >= classes && label != NO_CLASS;
        if let Some((index, &label)) = labels.iter().enumerate().find(is_wrong) {
            return Err(NetworkError::Label {
                index,
                label,
                classes,
            });
        }
        if batch == 0 {
            return Ok(StepOutcome::default());
        }
        let mode = Mode::Train {
            dropout_seed: options.dropout_seed,
        };
        self.core.forward(&self.parameters, images, mode);
        let (logits, d_logits) = self.core.output(batch * classes);
        let outcome = softmax_cross_entropy(logits, labels, options.label_smoothing, d_logits);
        self.core
            .backward(&self.parameters, &mut self.gradients, images);
        self.core.update_statistics(&mut self.parameters);
        Ok(outcome)
    }

    /// Replaces `logits` by those of `images`, `[N, height, width, channels]` giving
    /// `[N, classes]`, with dropout off and moving statistics.
    ///
    /// # Errors
    /// When `images` is not a whole number of pictures.
    pub fn infer(&mut self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), NetworkError> {
        let batch = self.core.count(images)?;
        logits.clear();
        logits.reserve(batch * self.classes);
        let per_image = self.core.per_image();
        for images in images.chunks(INFER_BATCH * per_image) {
            self.core.forward(&self.parameters, images, Mode::Infer);
            let length = images.len() / per_image * self.classes;
            logits.extend_from_slice(self.core.output(length).0);
        }
        Ok(())
    }
}
