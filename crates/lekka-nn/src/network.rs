//! Training: forward, loss, backward and the optimiser's step.

use crate::compile::{Stage, compile};
use crate::conv::Workspace;
use crate::layers::{Backward, Forward, Mode, grown, loss::softmax_cross_entropy, mask_relu};
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
    per_image: usize,
    classes: usize,
    stages: Vec<Stage>,
    parameters: Parameters,
    gradients: Vec<Vec<f32>>,
    /// What each stage gave last.
    outputs: Vec<Vec<f32>>,
    /// Gradients of the output and the input of the stage at hand.
    d_output: Vec<f32>,
    d_input: Vec<f32>,
    workspace: Workspace,
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
        let stages = compile(&spec.resolve()?)?;
        let zeros = |tensor: &crate::Parameter| vec![0.0; tensor.values.len()];
        let mut network = Self {
            spec: spec.clone(),
            per_image: spec.input.iter().product(),
            classes,
            gradients: parameters.tensors.iter().map(zeros).collect(),
            outputs: vec![Vec::new(); stages.len()],
            stages,
            parameters,
            d_output: Vec::new(),
            d_input: Vec::new(),
            workspace: Workspace::new(),
        };
        network.weights_changed();
        Ok(network)
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
        self.weights_changed();
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
            self.weights_changed();
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
        let batch = self.count(images)?;
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
        self.forward(
            images,
            Mode::Train {
                dropout_seed: options.dropout_seed,
            },
        );
        let logits = self
            .outputs
            .last()
            .map_or(&[][..], |output| &output[..batch * classes]);
        let d_logits = grown(&mut self.d_output, logits.len());
        let outcome = softmax_cross_entropy(logits, labels, options.label_smoothing, d_logits);
        if self.stages.last().is_some_and(|stage| stage.relu_output) {
            mask_relu(logits, d_logits);
        }
        self.backward(images, batch);
        for stage in &self.stages {
            stage
                .layer
                .update_statistics(&mut self.parameters.tensors[stage.parameters.clone()]);
        }
        Ok(outcome)
    }

    /// Replaces `logits` by those of `images`, `[N, height, width, channels]` giving
    /// `[N, classes]`, with dropout off and moving statistics.
    ///
    /// # Errors
    /// When `images` is not a whole number of pictures.
    pub fn infer(&mut self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), NetworkError> {
        let batch = self.count(images)?;
        logits.clear();
        logits.reserve(batch * self.classes);
        for images in images.chunks(INFER_BATCH * self.per_image) {
            self.forward(images, Mode::Infer);
            let length = images.len() / self.per_image * self.classes;
            logits.extend(
                self.outputs
                    .last()
                    .into_iter()
                    .flat_map(|output| &output[..length]),
            );
        }
        Ok(())
    }

    fn count(&self, images: &[f32]) -> Result<usize, NetworkError> {
        let (values, per_image) = (images.len(), self.per_image);
        if values.is_multiple_of(per_image) {
            Ok(values / per_image)
        } else {
            Err(NetworkError::Input { values, per_image })
        }
    }

    fn forward(&mut self, images: &[f32], mode: Mode) {
        let batch = images.len() / self.per_image;
        for (index, stage) in self.stages.iter_mut().enumerate() {
            let (before, after) = self.outputs.split_at_mut(index);
            let input = before
                .last()
                .map_or(images, |output| &output[..batch * stage.input_length]);
            stage.layer.forward(Forward {
                mode,
                batch,
                parameters: &self.parameters.tensors[stage.parameters.clone()],
                input,
                output: grown(&mut after[0], batch * stage.output_length),
                workspace: &mut self.workspace,
            });
        }
    }

    /// From the gradient of the logits in `d_output`.
    fn backward(&mut self, images: &[f32], batch: usize) {
        for (index, stage) in self.stages.iter_mut().enumerate().rev() {
            let in_length = batch * stage.input_length;
            let input = match index {
                0 => images,
                _ => &self.outputs[index - 1][..in_length],
            };
            stage.layer.backward(Backward {
                batch,
                parameters: &self.parameters.tensors[stage.parameters.clone()],
                input,
                d_output: &mut self.d_output[..batch * stage.output_length],
                gradients: &mut self.gradients[stage.parameters.clone()],
                d_input: (index > 0).then(|| grown(&mut self.d_input, in_length)),
                relu_input: stage.relu_input,
                workspace: &mut self.workspace,
            });
            std::mem::swap(&mut self.d_output, &mut self.d_input);
        }
    }

    fn weights_changed(&mut self) {
        for stage in &mut self.stages {
            stage
                .layer
                .weights_changed(&self.parameters.tensors[stage.parameters.clone()]);
        }
    }
}
