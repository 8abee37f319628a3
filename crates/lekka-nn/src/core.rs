//! The stages of a network with what they hand to each other: forward and backward.

use crate::compile::{Stage, compile};
use crate::conv::Workspace;
use crate::layers::{Backward, Forward, Mode, grown, mask_relu};
use crate::network::NetworkError;
use crate::parameters::Parameters;
use crate::spec::NetworkSpec;

/// The stages of one spec. Nothing is allocated by a pass after the first with the same number of pictures.
pub(crate) struct Core {
    per_image: usize,
    stages: Vec<Stage>,
    /// What each stage gave last.
    outputs: Vec<Vec<f32>>,
    /// Gradients of the output and the input of the stage at hand.
    d_output: Vec<f32>,
    d_input: Vec<f32>,
    workspace: Workspace,
}

impl Core {
    pub(crate) fn new(spec: &NetworkSpec) -> Result<Self, NetworkError> {
        let stages = compile(&spec.resolve()?)?;
        Ok(Self {
            per_image: spec.input.iter().product(),
            outputs: vec![Vec::new(); stages.len()],
            stages,
            d_output: Vec::new(),
            d_input: Vec::new(),
            workspace: Workspace::new(),
        })
    }

    /// Number of pictures.
    pub(crate) fn count(&self, images: &[f32]) -> Result<usize, NetworkError> {
        let (values, per_image) = (images.len(), self.per_image);
        if values.is_multiple_of(per_image) {
            Ok(values / per_image)
        } else {
            Err(NetworkError::Input { values, per_image })
        }
    }

    /// Values of one picture.
    pub(crate) const fn per_image(&self) -> usize {
        self.per_image
    }

    /// What the last pass gave, and the place for its gradient.
    pub(crate) fn output(&mut self, length: usize) -> (&[f32], &mut [f32]) {
        let output = self
            .outputs
            .last()
            .map_or(&[][..], |output| &output[..length]);
        (output, grown(&mut self.d_output, length))
    }

    pub(crate) fn forward(&mut self, parameters: &Parameters, images: &[f32], mode: Mode) {
        let batch = images.len() / self.per_image;
        for (index, stage) in self.stages.iter_mut().enumerate() {
            let (before, after) = self.outputs.split_at_mut(index);
            let input = before
                .last()
                .map_or(images, |output| &output[..batch * stage.input_length]);
            stage.layer.forward(Forward {
                mode,
                batch,
                parameters: &parameters.tensors[stage.parameters.clone()],
                input,
                output: grown(&mut after[0], batch * stage.output_length),
                workspace: &mut self.workspace,
            });
        }
    }

    /// From the gradient of the output, which [`Core::output`] gave the place for, to those of the weights.
    pub(crate) fn backward(
        &mut self,
        parameters: &Parameters,
        gradients: &mut [Vec<f32>],
        images: &[f32],
    ) {
        let batch = images.len() / self.per_image;
        if let (Some(stage), Some(output)) = (self.stages.last(), self.outputs.last())
            && stage.relu_output
        {
            let length = batch * stage.output_length;
            mask_relu(&output[..length], &mut self.d_output[..length]);
        }
        for (index, stage) in self.stages.iter_mut().enumerate().rev() {
            let in_length = batch * stage.input_length;
            let input = match index {
                0 => images,
                _ => &self.outputs[index - 1][..in_length],
            };
            stage.layer.backward(Backward {
                batch,
                parameters: &parameters.tensors[stage.parameters.clone()],
                input,
                d_output: &mut self.d_output[..batch * stage.output_length],
                gradients: &mut gradients[stage.parameters.clone()],
                d_input: (index > 0).then(|| grown(&mut self.d_input, in_length)),
                relu_input: stage.relu_input,
                workspace: &mut self.workspace,
            });
            std::mem::swap(&mut self.d_output, &mut self.d_input);
        }
    }

    /// Updates moving statistics after a step of training.
    pub(crate) fn update_statistics(&self, parameters: &mut Parameters) {
        for stage in &self.stages {
            stage
                .layer
                .update_statistics(&mut parameters.tensors[stage.parameters.clone()]);
        }
    }

    /// Takes up changed weights.
    pub(crate) fn weights_changed(&mut self, parameters: &Parameters) {
        for stage in &mut self.stages {
            stage
                .layer
                .weights_changed(&parameters.tensors[stage.parameters.clone()]);
        }
    }
}
