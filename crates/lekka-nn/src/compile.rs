//! From the layers of a spec to the stages that are computed, fused where that saves passes over
//! memory.

use crate::conv::{Algorithm, Conv2dKernel, Conv2dShape, ConvError};
use crate::layers::Layer;
use crate::layers::activation::ActivationLayer;
use crate::layers::batch_norm::BatchNorm;
use crate::layers::columns::ColumnsToSequence;
use crate::layers::conv2d::Conv2d;
use crate::layers::dense::Dense;
use crate::layers::dropout::Dropout;
use crate::layers::global_average::GlobalAverage;
use crate::layers::max_pool::MaxPool;
use crate::layers::recurrent::{Recurrent, gru::Gru, lstm::Lstm};
use crate::spec::{Activation, LayerSpec, ResolvedLayer, Shape};
use std::ops::Range;

/// One step of the computation.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) layer: Box<dyn Layer>,
    /// Which tensors of the network it uses.
    pub(crate) parameters: Range<usize>,
    /// Values per picture.
    pub(crate) input_length: usize,
    pub(crate) output_length: usize,
    /// Whether input and output come from a rectifier that is undone by the stage after it.
    pub(crate) relu_input: bool,
    pub(crate) relu_output: bool,
}

/// The stages of a network. Reshapes need none, since values stay where they are.
pub(crate) fn compile(layers: &[ResolvedLayer]) -> Result<Vec<Stage>, ConvError> {
    let mut compiler = Compiler::default();
    let mut index = 0;
    while let Some(layer) = layers.get(index) {
        index += compiler.add(layer, &layers[index + 1..], index)?;
    }
    if compiler.stages.is_empty() {
        // Only reshapes: still one stage, so that there is an output.
        let length = layers.last().map_or(1, |layer| layer.output.count());
        let layer = Box::new(ActivationLayer {
            activation: Activation::Linear,
        });
        compiler.push(layer, 0, [length; 2], false);
    }
    Ok(compiler.stages)
}

#[derive(Default)]
struct Compiler {
    stages: Vec<Stage>,
    /// Tensors given to stages so far.
    tensors: usize,
}

impl Compiler {
    fn push(&mut self, layer: Box<dyn Layer>, tensors: usize, lengths: [usize; 2], relu: bool) {
        let relu_input = self.stages.last().is_some_and(|stage| stage.relu_output);
        self.stages.push(Stage {
            layer,
            parameters: self.tensors..self.tensors + tensors,
            input_length: lengths[0],
            output_length: lengths[1],
            relu_input,
            relu_output: relu,
        });
        self.tensors += tensors;
    }

    /// Adds an activation that is not part of the stage before it; a rectifier is.
    fn push_activation(&mut self, activation: Activation, length: usize) {
        if !matches!(activation, Activation::Linear | Activation::Relu) {
            self.push(
                Box::new(ActivationLayer { activation }),
                0,
                [length; 2],
                false,
            );
        }
    }

    /// Adds a layer, with those after it that are fused into it; gives the number of layers taken.
    fn add(
        &mut self,
        layer: &ResolvedLayer,
        next: &[ResolvedLayer],
        index: usize,
    ) -> Result<usize, ConvError> {
        let lengths = [layer.input.count(), layer.output.count()];
        let tensors = layer.parameters.len();
        let image = image_of(layer.input);
        match layer.spec {
            LayerSpec::Conv2d {
                filters,
                kernel,
                activation,
            } => {
                let [height, width, in_channels] = image;
                let shape = Conv2dShape {
                    height,
                    width,
                    in_channels,
                    out_channels: filters,
                    kernel,
                };
                let kernel = Conv2dKernel::new(shape, Algorithm::Auto)?;
                let relu = activation == Activation::Relu;
                self.push(Box::new(Conv2d { kernel, relu }), tensors, lengths, relu);
                self.push_activation(activation, lengths[1]);
            }
            LayerSpec::Dense { units, activation } => {
                let inputs = layer.input.features();
                let relu = activation == Activation::Relu;
                self.push(
                    Box::new(Dense {
                        inputs,
                        units,
                        relu,
                    }),
                    tensors,
                    lengths,
                    relu,
                );
                self.push_activation(activation, lengths[1]);
            }
            LayerSpec::BatchNorm { epsilon, momentum } => {
                let followers = NormFollowers::of(next);
                let output = followers
                    .taken
                    .last()
                    .map_or(layer.output, |layer| layer.output);
                let NormFollowers {
                    window,
                    dropout,
                    taken,
                } = followers;
                let norm = BatchNorm::new(image, epsilon, momentum, window, dropout, index);
                self.push(Box::new(norm), tensors, [lengths[0], output.count()], false);
                return Ok(1 + taken.len());
            }
            LayerSpec::MaxPool2d { window } => {
                self.push(Box::new(MaxPool::new(image, window)), 0, lengths, false);
            }
            LayerSpec::Dropout { rate } => {
                if rate > 0.0 {
                    self.push(Box::new(Dropout::new(rate, index)), 0, lengths, false);
                }
            }
            LayerSpec::ColumnsToSequence => {
                let [height, width, channels] = image;
                let layer = ColumnsToSequence {
                    height,
                    width,
                    channels,
                };
                self.push(Box::new(layer), 0, lengths, false);
            }
            LayerSpec::Gru {
                units,
                bidirectional,
                return_sequences,
            } => {
                let shape = sequence_of(layer.input);
                let gru = Recurrent::<Gru>::new(shape, units, bidirectional, return_sequences);
                self.push(Box::new(gru), tensors, lengths, false);
            }
            LayerSpec::Lstm {
                units,
                bidirectional,
                return_sequences,
            } => {
                let shape = sequence_of(layer.input);
                let lstm = Recurrent::<Lstm>::new(shape, units, bidirectional, return_sequences);
                self.push(Box::new(lstm), tensors, lengths, false);
            }
            LayerSpec::GlobalAveragePool2d => {
                let [height, width, channels] = image;
                let pixels = height * width;
                let layer = GlobalAverage { pixels, channels };
                self.push(Box::new(layer), 0, lengths, false);
            }
            LayerSpec::Activation { activation } => {
                self.push(Box::new(ActivationLayer { activation }), 0, lengths, false);
            }
            LayerSpec::RowsToSequence | LayerSpec::Flatten => {}
        }
        Ok(1)
    }
}

/// Max-pooling and dropout directly after a batch norm, which become part of it.
pub(crate) struct NormFollowers<'a> {
    pub(crate) window: [usize; 2],
    pub(crate) dropout: f32,
    pub(crate) taken: &'a [ResolvedLayer],
}

impl<'a> NormFollowers<'a> {
    pub(crate) fn of(next: &'a [ResolvedLayer]) -> Self {
        let (mut window, mut dropout, mut taken) = ([1, 1], 0.0, 0);
        if let Some(LayerSpec::MaxPool2d { window: pool }) = next.first().map(|layer| &layer.spec)
            && BatchNorm::takes_window(*pool)
        {
            (window, taken) = (*pool, 1);
        }
        if let Some(LayerSpec::Dropout { rate }) = next.get(taken).map(|layer| &layer.spec) {
            (dropout, taken) = (*rate, taken + 1);
        }
        Self {
            window,
            dropout,
            taken: &next[..taken],
        }
    }
}

/// Height, width and channels; axes that a shape does not have are 1 long.
pub(crate) const fn image_of(shape: Shape) -> [usize; 3] {
    match shape {
        Shape::Image(dims) => dims,
        Shape::Sequence([steps, features]) => [steps, 1, features],
        Shape::Vector([features]) => [1, 1, features],
    }
}

/// Steps and features.
pub(crate) const fn sequence_of(shape: Shape) -> [usize; 2] {
    let [height, width, channels] = image_of(shape);
    [height, width * channels]
}
