//! A network as data: its layers, their shapes and the names of their weights.

mod resolve;

pub use resolve::{LayerSummary, ParameterInfo, ResolvedLayer, Shape};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A network: the shape of its input and its layers in order.
///
/// ```
/// use lekka_nn::spec::{Activation, LayerSpec, NetworkSpec};
///
/// let spec = NetworkSpec {
///     input: [28, 28, 1],
///     layers: vec![
///         LayerSpec::Flatten,
///         LayerSpec::Dense { units: 10, activation: Activation::Linear },
///     ],
/// };
/// assert_eq!(spec.summary()?.last().unwrap().parameters, 784 * 10 + 10);
/// # Ok::<(), lekka_nn::spec::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Height, width and channels of a picture.
    pub input: [usize; 3],
    /// The layers, first to last. The last one gives the logits.
    pub layers: Vec<LayerSpec>,
}

/// One layer. Defaults are Keras's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LayerSpec {
    /// Convolution with stride 1 and zero padding to the same size ("same").
    Conv2d {
        /// Number of output channels.
        filters: usize,
        /// Height and width of the kernel.
        kernel: [usize; 2],
        /// Applied to the result.
        #[serde(default)]
        activation: Activation,
    },
    /// Batch normalisation per channel (the last axis).
    BatchNorm {
        /// Added to the variance.
        #[serde(default = "default_epsilon")]
        epsilon: f32,
        /// Share of the old value in the moving statistics.
        #[serde(default = "default_momentum")]
        momentum: f32,
    },
    /// Greatest value of each window; windows do not overlap and a remainder is dropped.
    MaxPool2d {
        /// Height and width of the window.
        window: [usize; 2],
    },
    /// Sets a share of the values to zero in training and scales the others up.
    Dropout {
        /// The share set to zero, in `0..1`.
        rate: f32,
    },
    /// Turns `[height, width, channels]` into `height` steps of `width * channels`.
    RowsToSequence,
    /// Turns `[height, width, channels]` into `width` steps of `height * channels`.
    ColumnsToSequence,
    /// Gated recurrent unit with the reset gate after the recurrent product (Keras
    /// `reset_after=True`, cuDNN, PyTorch).
    Gru {
        /// Length of the state.
        units: usize,
        /// Also reads the sequence backwards and joins both states.
        #[serde(default)]
        bidirectional: bool,
        /// Gives the state of every step, not only of the last.
        #[serde(default)]
        return_sequences: bool,
    },
    /// Long short-term memory.
    Lstm {
        /// Length of the state.
        units: usize,
        /// Also reads the sequence backwards and joins both states.
        #[serde(default)]
        bidirectional: bool,
        /// Gives the state of every step, not only of the last.
        #[serde(default)]
        return_sequences: bool,
    },
    /// Joins all axes into one.
    Flatten,
    /// Mean over height and width, per channel.
    GlobalAveragePool2d,
    /// An activation function on its own.
    Activation {
        /// The function.
        activation: Activation,
    },
    /// Fully connected layer on the last axis.
    Dense {
        /// Number of outputs.
        units: usize,
        /// Applied to the result.
        #[serde(default)]
        activation: Activation,
    },
}

/// An activation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// `x`
    #[default]
    Linear,
    /// `max(x, 0)`
    Relu,
    /// `x`, times 0.2 below zero (Keras's `leaky_relu`)
    LeakyRelu,
    /// `x`, `exp(x) - 1` below zero
    Elu,
    /// `x * sigmoid(x)`, also called swish
    Silu,
    /// `x * tanh(ln(1 + exp(x)))`
    Mish,
    /// `x * (1 + erf(x / sqrt(2))) / 2`, exact
    Gelu,
    /// `tanh(x)`
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

/// Why a spec does not describe a network.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum SpecError {
    /// A size is zero.
    #[error("layer {index} ({kind}): {what} is 0, it must be at least 1")]
    Zero {
        /// Position of the layer from 0.
        index: usize,
        /// Kind of the layer.
        kind: &'static str,
        /// Which size.
        what: &'static str,
    },
    /// A number lies outside its range.
    #[error("layer {index} ({kind}): {what} is {value}, it must lie in {range}")]
    Range {
        /// Position of the layer from 0.
        index: usize,
        /// Kind of the layer.
        kind: &'static str,
        /// Which number.
        what: &'static str,
        /// The value given.
        value: f32,
        /// The values allowed.
        range: &'static str,
    },
    /// A layer cannot take what the layer before it gives.
    #[error("layer {index} ({kind}) needs {needed}, but the layer before it gives {found:?}")]
    Input {
        /// Position of the layer from 0.
        index: usize,
        /// Kind of the layer.
        kind: &'static str,
        /// What it needs.
        needed: &'static str,
        /// The shape it would get.
        found: Vec<usize>,
    },
    /// A window is larger than the picture it is moved over.
    #[error("layer {index} ({kind}): window {window:?} does not fit into {size:?}")]
    Window {
        /// Position of the layer from 0.
        index: usize,
        /// Kind of the layer.
        kind: &'static str,
        /// Height and width of the window.
        window: [usize; 2],
        /// Height and width of the picture.
        size: [usize; 2],
    },
    /// A tensor would have more than 2^28 values.
    #[error("layer {index} ({kind}) needs a tensor of more than 2^28 values; make it smaller")]
    TooLarge {
        /// Position of the layer from 0.
        index: usize,
        /// Kind of the layer.
        kind: &'static str,
    },
    /// There is no layer.
    #[error("the network has no layers")]
    Empty,
    /// The last layer does not give one vector of logits.
    #[error("the last layer gives {found:?}; a classifier must end in one vector of logits")]
    Output {
        /// The shape given.
        found: Vec<usize>,
    },
}

const fn default_epsilon() -> f32 {
    1e-3
}

const fn default_momentum() -> f32 {
    0.99
}

impl LayerSpec {
    /// Batch norm with Keras's epsilon 1e-3 and momentum 0.99.
    pub const fn batch_norm() -> Self {
        Self::BatchNorm {
            epsilon: default_epsilon(),
            momentum: default_momentum(),
        }
    }

    /// The kind as it stands in names: `conv2d`, `batch_norm`, ...
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Conv2d { .. } => "conv2d",
            Self::BatchNorm { .. } => "batch_norm",
            Self::MaxPool2d { .. } => "max_pool2d",
            Self::Dropout { .. } => "dropout",
            Self::RowsToSequence => "rows_to_sequence",
            Self::ColumnsToSequence => "columns_to_sequence",
            Self::Gru { .. } => "gru",
            Self::Lstm { .. } => "lstm",
            Self::Flatten => "flatten",
            Self::GlobalAveragePool2d => "global_average_pool2d",
            Self::Activation { .. } => "activation",
            Self::Dense { .. } => "dense",
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
