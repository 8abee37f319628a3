//! The layers: forward and backward, each with the memory it needs between the two.
//!
//! A rectifier is part of the convolution or dense layer before it and costs no pass of its own: on
//! the way back it is undone by the layer *after* it, which sees the rectifier's output as its
//! input and sets its gradient to zero wherever that is not positive ([`mask_relu`]).

pub(crate) mod activation;
pub(crate) mod batch_norm;
pub(crate) mod columns;
pub(crate) mod conv2d;
pub(crate) mod dense;
pub(crate) mod dropout;
pub(crate) mod global_average;
pub(crate) mod loss;
pub(crate) mod max_pool;
pub(crate) mod recurrent;

use crate::conv::Workspace;
use crate::parameters::Parameter;
use rayon::prelude::*;
use std::fmt::Debug;

/// Values handled by one task of an elementwise pass.
const CHUNK: usize = 16 * 1024;

/// Whether and how a forward pass is one of training.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// Dropout off, moving statistics.
    Infer,
    /// Dropout with masks from this seed, statistics of the batch.
    Train { dropout_seed: u64 },
}

/// What a layer gets on the way forward.
pub(crate) struct Forward<'a> {
    pub(crate) mode: Mode,
    pub(crate) batch: usize,
    /// The layer's own tensors.
    pub(crate) parameters: &'a [Parameter],
    pub(crate) input: &'a [f32],
    pub(crate) output: &'a mut [f32],
    pub(crate) workspace: &'a mut Workspace,
}

/// What a layer gets on the way back, after a forward pass of training with the same input.
pub(crate) struct Backward<'a> {
    pub(crate) batch: usize,
    /// The layer's own tensors.
    pub(crate) parameters: &'a [Parameter],
    pub(crate) input: &'a [f32],
    /// Gradient of the output, before the layer's rectifier if it has one. May be overwritten.
    pub(crate) d_output: &'a mut [f32],
    /// To be overwritten with the gradients of the layer's own tensors.
    pub(crate) gradients: &'a mut [Vec<f32>],
    /// To be overwritten with the gradient of the input; `None` where nobody needs it.
    pub(crate) d_input: Option<&'a mut [f32]>,
    /// Whether the input comes from a rectifier, which is then undone in `d_input`.
    pub(crate) relu_input: bool,
    pub(crate) workspace: &'a mut Workspace,
}

impl Backward<'_> {
    /// Undoes the rectifier before this layer, if there is one.
    fn mask_input_gradient(&mut self) {
        if let (true, Some(d_input)) = (self.relu_input, self.d_input.as_deref_mut()) {
            mask_relu(self.input, d_input);
        }
    }
}

/// A layer in training.
pub(crate) trait Layer: Debug + Send {
    /// Computes the output.
    fn forward(&mut self, pass: Forward);

    /// Computes the gradients.
    fn backward(&mut self, pass: Backward);

    /// Takes up changed weights.
    fn weights_changed(&mut self, _parameters: &[Parameter]) {}

    /// Updates moving statistics after a step of training.
    fn update_statistics(&self, _parameters: &mut [Parameter]) {}
}

/// Sets gradients to zero where the rectifier's output is not positive.
pub(crate) fn mask_relu(output: &[f32], gradient: &mut [f32]) {
    let chunks = gradient.par_chunks_mut(CHUNK).zip(output.par_chunks(CHUNK));
    chunks.for_each(|(gradient, output)| {
        for (gradient, &output) in gradient.iter_mut().zip(output) {
            *gradient = if output > 0.0 { *gradient } else { 0.0 };
        }
    });
}

/// The first `length` values of a vector that grows when it is too short and never shrinks.
pub(crate) fn grown<T: Clone + Default>(values: &mut Vec<T>, length: usize) -> &mut [T] {
    if values.len() < length {
        values.resize(length, T::default());
    }
    &mut values[..length]
}
