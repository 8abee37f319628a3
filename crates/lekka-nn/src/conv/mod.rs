//! Two-dimensional convolution, stride 1, "same" padding, forward and backward.
//!
//! All pictures are NHWC, kernels are `[kernel height, kernel width, in channels, out channels]`
//! (Keras's order). As in every deep-learning library the operation is a cross-correlation: kernels
//! are not flipped. Even kernels pad one more row and column at the bottom and right, as Keras does.
//!
//! [`Conv2dKernel`] holds a kernel prepared for one of the [`Algorithm`]s and is shared by threads;
//! scratch memory is in a [`Workspace`], one per caller, which may serve any number of kernels in
//! turn. Results do not depend on the number of threads.

mod direct;
mod epilogue;
mod gradient_sums;
mod im2col;
#[cfg(test)]
mod tests;
mod winograd;
mod workspace;

pub use epilogue::{ChannelStatistics, Epilogue, ScaleShift};
pub use workspace::Workspace;

use crate::simd::InstructionSet;
use direct::Direct;
use im2col::Im2col;
use winograd::Winograd;

/// Sizes of a convolution with stride 1 and "same" padding: the output is as high and wide as the
/// input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2dShape {
    /// Height of input and output in pixels.
    pub height: usize,
    /// Width of input and output in pixels.
    pub width: usize,
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the output (filters).
    pub out_channels: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
}

impl Conv2dShape {
    /// Floats of one input picture.
    pub fn input_len(&self) -> usize {
        self.height * self.width * self.in_channels
    }

    /// Floats of one output picture before pooling.
    pub fn output_len(&self) -> usize {
        self.height * self.width * self.out_channels
    }

    /// Floats of one output picture after max-pooling by `window` (height, width), which drops
    /// incomplete windows.
    pub fn pooled_len(&self, window: [usize; 2]) -> usize {
        (self.height / window[0]) * (self.width / window[1]) * self.out_channels
    }

    /// Floats of the kernel.
    pub fn kernel_len(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.in_channels * self.out_channels
    }

    /// Floating-point operations (a product and a sum are two) of the direct convolution of one
    /// picture; the usual measure of speed whatever the algorithm really computes.
    pub fn direct_flops(&self) -> usize {
        2 * self.height * self.width * self.kernel_len()
    }

    /// The convolution that takes the gradient of the output to the gradient of the input.
    fn transposed(&self) -> Self {
        Self {
            in_channels: self.out_channels,
            out_channels: self.in_channels,
            ..*self
        }
    }

    fn is_empty(&self) -> bool {
        self.input_len() == 0 || self.output_len() == 0 || self.kernel_len() == 0
    }
}

/// How a convolution is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// The fastest that fits the shape.
    #[default]
    Auto,
    /// Patches written out as a matrix, one matrix product per picture; fits every shape.
    Im2col,
    /// Winograd's F(4, 3), F(3, 3) and F(2, 3): for kernels of 3x3 and channels in multiples of 16.
    Winograd,
    /// Direct products, for up to four input channels and output channels in multiples of 16.
    Direct,
}

/// Why a convolution could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvError {
    /// A size is zero.
    #[error("convolution with an empty size: {0:?}; every size must be at least 1")]
    EmptyShape(Conv2dShape),
    /// The algorithm asked for does not fit.
    #[error("{algorithm:?} does not fit {shape:?}; use Algorithm::Auto")]
    Unfit {
        /// The algorithm asked for.
        algorithm: Algorithm,
        /// The sizes asked for.
        shape: Conv2dShape,
    },
}

/// A convolution's kernel, prepared for one algorithm. Holds no scratch memory: `&self` may run on
/// any number of threads, each with its own [`Workspace`].
///
/// ```
/// use lekka_nn::conv::{Algorithm, Conv2dKernel, Conv2dShape, Epilogue, Workspace};
///
/// # fn main() -> Result<(), lekka_nn::conv::ConvError> {
/// let shape = Conv2dShape { height: 3, width: 3, in_channels: 1, out_channels: 1, kernel: [3, 3] };
/// let mut kernel = Conv2dKernel::new(shape, Algorithm::Auto)?;
/// kernel.set_weights(&[1.0; 9]);
/// let image = [1.0, 0.0, 0.0,
///              0.0, 0.0, 0.0,
///              0.0, 0.0, 1.0];
/// let mut sums = [0.0; 9];
/// kernel.forward(&image, 1, Epilogue::default(), &mut sums, &mut Workspace::new());
/// assert_eq!(sums, [1.0, 1.0, 0.0,
///                   1.0, 2.0, 1.0,
///                   0.0, 1.0, 1.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Conv2dKernel {
    shape: Conv2dShape,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Im2col(Im2col),
    Winograd(Winograd),
    Direct(Direct),
}

impl Conv2dKernel {
    /// A kernel of zeros.
    ///
    /// # Errors
    /// [`ConvError::EmptyShape`] if any size is zero, [`ConvError::Unfit`] if the algorithm does not
    /// fit the sizes.
    pub fn new(shape: Conv2dShape, algorithm: Algorithm) -> Result<Self, ConvError> {
        Self::with_instructions(shape, algorithm, InstructionSet::detect())
    }

    fn with_instructions(
        shape: Conv2dShape,
        algorithm: Algorithm,
        instructions: InstructionSet,
    ) -> Result<Self, ConvError> {
        if shape.is_empty() {
            return Err(ConvError::EmptyShape(shape));
        }
        let engine = match algorithm {
            Algorithm::Auto | Algorithm::Winograd if Winograd::fits(&shape) => {
                Engine::Winograd(Winograd::new(shape, instructions))
            }
            Algorithm::Auto | Algorithm::Direct if Direct::fits(&shape) => {
                Engine::Direct(Direct::new(shape, instructions))
            }
            Algorithm::Auto | Algorithm::Im2col => Engine::Im2col(Im2col::new(shape)),
            Algorithm::Winograd | Algorithm::Direct => {
                return Err(ConvError::Unfit { algorithm, shape });
            }
        };
        Ok(Self { shape, engine })
    }

    /// The sizes given to [`new`](Self::new).
    pub fn shape(&self) -> Conv2dShape {
        self.shape
    }

    /// The algorithm in use; never [`Algorithm::Auto`].
    pub fn algorithm(&self) -> Algorithm {
        match self.engine {
            Engine::Im2col(_) => Algorithm::Im2col,
            Engine::Winograd(_) => Algorithm::Winograd,
            Engine::Direct(_) => Algorithm::Direct,
        }
    }

    /// Sets the kernel for [`forward`](Self::forward), transforming it once.
    /// For [`backward_input`](Self::backward_input) too, see
    /// [`set_training_weights`](Self::set_training_weights).
    ///
    /// # Panics
    /// If `weights` is not `[kernel height, kernel width, in channels, out channels]`.
    pub fn set_weights(&mut self, weights: &[f32]) {
        assert_eq!(
            weights.len(),
            self.shape.kernel_len(),
            "weights of {:?}",
            self.shape
        );
        match &mut self.engine {
            Engine::Im2col(engine) => engine.set_weights(weights),
            Engine::Winograd(engine) => engine.set_weights(weights),
            Engine::Direct(engine) => engine.set_weights(weights),
        }
    }

    /// Sets the kernel for [`forward`](Self::forward) and
    /// [`backward_input`](Self::backward_input). Call it after every step of the optimiser.
    ///
    /// # Panics
    /// As [`set_weights`](Self::set_weights).
    pub fn set_training_weights(&mut self, weights: &[f32]) {
        assert_eq!(
            weights.len(),
            self.shape.kernel_len(),
            "weights of {:?}",
            self.shape
        );
        match &mut self.engine {
            Engine::Im2col(engine) => {
                engine.set_weights(weights);
                engine.set_backward_weights(weights);
            }
            Engine::Winograd(engine) => {
                engine.set_training_weights(weights);
                engine.set_backward_weights(weights);
            }
            Engine::Direct(engine) => {
                engine.set_weights(weights);
                engine.set_backward_weights(weights);
            }
        }
    }

    /// `output = pool(scale * activation(input * kernel + bias) + shift)`, every part after the
    /// convolution as [`Epilogue`] says. `input` is `[batch, height, width, in channels]`, `output`
    /// `[batch, height, width, out channels]`, height and width divided by the pooling window if
    /// there is one.
    ///
    /// # Panics
    /// If a slice has not the length its shape says.
    pub fn forward(
        &self,
        input: &[f32],
        batch: usize,
        epilogue: Epilogue<'_>,
        output: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let shape = &self.shape;
        epilogue.check(shape);
        assert_eq!(input.len(), batch * shape.input_len(), "input of {shape:?}");
        let window = epilogue.pool.unwrap_or([1, 1]);
        assert_eq!(
            output.len(),
            batch * shape.pooled_len(window),
            "output of {shape:?}"
        );
        match &self.engine {
            Engine::Im2col(engine) => engine.forward(input, epilogue, output, workspace),
            Engine::Winograd(engine) => engine.forward(input, epilogue, output, workspace),
            Engine::Direct(engine) => engine.forward(input, epilogue, output, workspace),
        }
    }

    /// Gradients of the kernel and the bias, written over what was there. `input` is what
    /// [`forward`](Self::forward) was given, `d_output` the gradient with respect to its output
    /// before the activation.
    ///
    /// # Panics
    /// If a slice has not the length its shape says.
    pub fn backward_weights(
        &self,
        input: &[f32],
        d_output: &[f32],
        batch: usize,
        d_kernel: &mut [f32],
        d_bias: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let shape = &self.shape;
        assert_eq!(input.len(), batch * shape.input_len(), "input of {shape:?}");
        assert_eq!(
            d_output.len(),
            batch * shape.output_len(),
            "d_output of {shape:?}"
        );
        assert_eq!(d_kernel.len(), shape.kernel_len(), "d_kernel of {shape:?}");
        assert_eq!(d_bias.len(), shape.out_channels, "d_bias of {shape:?}");
        match &self.engine {
            Engine::Im2col(engine) => {
                engine.backward_weights(input, d_output, d_kernel, d_bias, workspace);
            }
            Engine::Winograd(engine) => {
                engine.backward_weights(input, d_output, d_kernel, d_bias, workspace);
            }
            Engine::Direct(engine) => {
                engine.backward_weights(input, d_output, d_kernel, d_bias, workspace);
            }
        }
    }

    /// Gradient with respect to the input, written over what was there. With `relu_mask`, the input
    /// that [`forward`](Self::forward) was given, when that is the output of a rectifier: the gradient is
    /// zero wherever the mask is not above zero, that is, the gradient before that rectifier.
    ///
    /// Needs [`set_training_weights`](Self::set_training_weights).
    ///
    /// # Panics
    /// If a slice has not the length its shape says, or the weights were not set for training.
    pub fn backward_input(
        &self,
        d_output: &[f32],
        batch: usize,
        relu_mask: Option<&[f32]>,
        d_input: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let shape = &self.shape;
        assert_eq!(
            d_output.len(),
            batch * shape.output_len(),
            "d_output of {shape:?}"
        );
        assert_eq!(
            d_input.len(),
            batch * shape.input_len(),
            "d_input of {shape:?}"
        );
        if let Some(mask) = relu_mask {
            assert_eq!(mask.len(), d_input.len(), "relu_mask of {shape:?}");
        }
        match &self.engine {
            Engine::Im2col(engine) => {
                engine.backward_input(d_output, relu_mask, d_input, workspace);
            }
            Engine::Winograd(engine) => {
                engine.backward_input(d_output, relu_mask, d_input, workspace);
            }
            Engine::Direct(engine) => {
                engine.backward_input(d_output, relu_mask, d_input, workspace);
            }
        }
    }
}
