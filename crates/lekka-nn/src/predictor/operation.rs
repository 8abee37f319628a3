//! The operations of inference and how a spec becomes them.

use crate::compile::{image_of, sequence_of};
use crate::conv::{
    Algorithm, Conv2dKernel, Conv2dShape, ConvError, Epilogue, ScaleShift, Workspace,
};
use crate::layers::activation::apply;
use crate::layers::columns::columns_to_sequence;
use crate::layers::global_average::global_average;
use crate::layers::max_pool::pool_picture;
use crate::layers::recurrent::{Recurrent, gru::Gru, lstm::Lstm};
use crate::matrix::{Matrix, Write, add_bias, parallel_product};
use crate::parameters::Parameter;
use crate::spec::{Activation, LayerSpec, ResolvedLayer};
use rayon::prelude::*;

/// Values handled by one task of an elementwise pass.
const CHUNK: usize = 16 * 1024;

/// One operation with its weights.
pub(super) struct Operation {
    kind: Kind,
    /// Values per picture that it gives.
    pub(super) output_length: usize,
}

enum Kind {
    Conv2d(Box<Conv2d>),
    Dense {
        inputs: usize,
        units: usize,
        kernel: Vec<f32>,
        bias: Vec<f32>,
    },
    /// In place.
    Scale(Scale),
    /// In place.
    Activation(Activation),
    MaxPool {
        shape: [usize; 3],
        window: [usize; 2],
    },
    Columns {
        shape: [usize; 3],
    },
    Average {
        pixels: usize,
        channels: usize,
    },
    Gru(RecurrentSpec),
    Lstm(RecurrentSpec),
}

struct Conv2d {
    kernel: Conv2dKernel,
    bias: Vec<f32>,
    relu: bool,
    scale: Option<Scale>,
    pool: Option<[usize; 2]>,
}

/// Batch norm with fixed statistics.
struct Scale {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

struct RecurrentSpec {
    shape: [usize; 2],
    units: usize,
    bidirectional: bool,
    return_sequences: bool,
    tensors: Vec<Parameter>,
}

/// Memory of an operation that needs some, per caller.
pub(super) enum State {
    None,
    Gru(Recurrent<Gru>),
    Lstm(Recurrent<Lstm>),
}

impl RecurrentSpec {
    fn state<C: crate::layers::recurrent::Cell>(&self) -> Recurrent<C> {
        Recurrent::new(
            self.shape,
            self.units,
            self.bidirectional,
            self.return_sequences,
        )
    }
}

impl Operation {
    pub(super) fn state(&self) -> State {
        match &self.kind {
            Kind::Gru(spec) => State::Gru(spec.state()),
            Kind::Lstm(spec) => State::Lstm(spec.state()),
            _ => State::None,
        }
    }

    /// Whether the result is in `output`; if not it is in `input`.
    pub(super) fn run(
        &self,
        batch: usize,
        input: &mut [f32],
        output: &mut [f32],
        state: &mut State,
        workspace: &mut Workspace,
    ) -> bool {
        match (&self.kind, state) {
            (Kind::Conv2d(conv), _) => {
                let epilogue = Epilogue {
                    bias: Some(&conv.bias),
                    relu: conv.relu,
                    statistics: None,
                    scale_shift: conv.scale.as_ref().map(Scale::as_epilogue),
                    pool: conv.pool,
                };
                conv.kernel
                    .forward(input, batch, epilogue, output, workspace);
            }
            (
                Kind::Dense {
                    inputs,
                    units,
                    kernel,
                    bias,
                },
                _,
            ) => {
                let input = Matrix::new(input, input.len() / inputs, *inputs);
                let kernel = Matrix::new(kernel, *inputs, *units);
                parallel_product(input, kernel, Write::Replace, output, *units);
                add_bias(output, bias);
            }
            (Kind::Scale(scale), _) => {
                scale.apply(input);
                return false;
            }
            (Kind::Activation(activation), _) => {
                input
                    .par_chunks_mut(CHUNK)
                    .for_each(|chunk| apply(*activation, chunk));
                return false;
            }
            (Kind::MaxPool { shape, window }, _) => {
                let pictures = output.par_chunks_mut(self.output_length);
                let inputs = input.par_chunks(shape.iter().product());
                pictures.zip(inputs).for_each(|(output, input)| {
                    pool_picture(*shape, *window, input, output, &mut []);
                });
            }
            (Kind::Columns { shape }, _) => columns_to_sequence(*shape, input, output),
            (Kind::Average { pixels, channels }, _) => {
                global_average(*pixels, *channels, input, output);
            }
            (Kind::Gru(spec), State::Gru(gru)) => gru.run(batch, &spec.tensors, input, output),
            (Kind::Lstm(spec), State::Lstm(lstm)) => lstm.run(batch, &spec.tensors, input, output),
            (Kind::Gru(_) | Kind::Lstm(_), _) => unreachable!("states are made by `state`"),
        }
        true
    }
}

impl Scale {
    /// From gamma, beta, moving mean and moving variance.
    fn new(tensors: &[Parameter], epsilon: f32) -> Self {
        let [gamma, beta, mean, variance] = [0, 1, 2, 3].map(|index| &tensors[index].values);
        let scale: Vec<f32> = gamma
            .iter()
            .zip(variance)
            .map(|(gamma, v)| gamma / (v + epsilon).sqrt())
            .collect();
        let shift = beta
            .iter()
            .zip(mean)
            .zip(&scale)
            .map(|((beta, mean), s)| beta - mean * s);
        Self {
            shift: shift.collect(),
            scale,
        }
    }

    fn as_epilogue(&self) -> ScaleShift<'_> {
        ScaleShift {
            scale: &self.scale,
            shift: &self.shift,
        }
    }

    fn apply(&self, values: &mut [f32]) {
        for row in values.chunks_exact_mut(self.scale.len()) {
            for ((value, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
                *value = *value * scale + shift;
            }
        }
    }
}

/// The operations of a network, batch norm and pooling folded into the convolution before them.
pub(super) fn compile(
    layers: &[ResolvedLayer],
    mut tensors: &[Parameter],
) -> Result<Vec<Operation>, ConvError> {
    let mut operations: Vec<Operation> = Vec::new();
    for layer in layers {
        let (own, rest) = tensors.split_at(layer.parameters.len());
        tensors = rest;
        let output_length = layer.output.count();
        let last = operations.last_mut();
        let conv = last.and_then(|operation| match &mut operation.kind {
            Kind::Conv2d(conv) => Some((conv, &mut operation.output_length)),
            _ => None,
        });
        let activation = match (&layer.spec, conv) {
            (LayerSpec::BatchNorm { epsilon, .. }, Some((conv, _)))
                if conv.scale.is_none() && conv.pool.is_none() =>
            {
                conv.scale = Some(Scale::new(own, *epsilon));
                continue;
            }
            (LayerSpec::MaxPool2d { window }, Some((conv, length))) if conv.pool.is_none() => {
                conv.pool = Some(*window);
                *length = output_length;
                continue;
            }
            (LayerSpec::Conv2d { activation, .. }, _) if *activation == Activation::Relu => {
                Activation::Linear
            }
            (
                LayerSpec::Conv2d { activation, .. }
                | LayerSpec::Dense { activation, .. }
                | LayerSpec::Activation { activation },
                _,
            ) => *activation,
            _ => Activation::Linear,
        };
        if let Some(kind) = operation_of(layer, own)? {
            operations.push(Operation {
                kind,
                output_length,
            });
        }
        if activation != Activation::Linear {
            operations.push(Operation {
                kind: Kind::Activation(activation),
                output_length,
            });
        }
    }
    Ok(operations)
}

/// The operation of one layer without its activation; reshapes, dropout and lone activations have
/// none.
fn operation_of(layer: &ResolvedLayer, own: &[Parameter]) -> Result<Option<Kind>, ConvError> {
    let shape = image_of(layer.input);
    let [height, width, in_channels] = shape;
    let recurrent = |units, bidirectional, return_sequences| RecurrentSpec {
        shape: sequence_of(layer.input),
        units,
        bidirectional,
        return_sequences,
        tensors: own.to_vec(),
    };
    Ok(Some(match layer.spec {
        LayerSpec::Conv2d {
            filters,
            kernel,
            activation,
        } => {
            let shape = Conv2dShape {
                height,
                width,
                in_channels,
                out_channels: filters,
                kernel,
            };
            let mut kernel = Conv2dKernel::new(shape, Algorithm::Auto)?;
            kernel.set_weights(&own[0].values);
            let relu = activation == Activation::Relu;
            let bias = own[1].values.clone();
            Kind::Conv2d(Box::new(Conv2d {
                kernel,
                bias,
                relu,
                scale: None,
                pool: None,
            }))
        }
        LayerSpec::Dense { units, .. } => Kind::Dense {
            inputs: layer.input.features(),
            units,
            kernel: own[0].values.clone(),
            bias: own[1].values.clone(),
        },
        LayerSpec::BatchNorm { epsilon, .. } => Kind::Scale(Scale::new(own, epsilon)),
        LayerSpec::MaxPool2d { window } => Kind::MaxPool { shape, window },
        LayerSpec::ColumnsToSequence => Kind::Columns { shape },
        LayerSpec::GlobalAveragePool2d => Kind::Average {
            pixels: height * width,
            channels: in_channels,
        },
        LayerSpec::Gru {
            units,
            bidirectional,
            return_sequences,
        } => Kind::Gru(recurrent(units, bidirectional, return_sequences)),
        LayerSpec::Lstm {
            units,
            bidirectional,
            return_sequences,
        } => Kind::Lstm(recurrent(units, bidirectional, return_sequences)),
        LayerSpec::RowsToSequence
        | LayerSpec::Flatten
        | LayerSpec::Dropout { .. }
        | LayerSpec::Activation { .. } => return Ok(None),
    }))
}
