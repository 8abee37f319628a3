//! Convolution as a layer of a network.

use super::{Backward, Forward, Layer};
use crate::conv::{Conv2dKernel, Epilogue};
use crate::parameters::Parameter;
use std::fmt;

/// Convolution, optionally followed by a rectifier.
pub(crate) struct Conv2d {
    pub(crate) kernel: Conv2dKernel,
    pub(crate) relu: bool,
}

impl fmt::Debug for Conv2d {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { kernel, relu } = self;
        formatter
            .debug_struct("Conv2d")
            .field("shape", &kernel.shape())
            .field("relu", relu)
            .finish()
    }
}

impl Layer for Conv2d {
    fn forward(&mut self, pass: Forward) {
        let epilogue = Epilogue {
            bias: Some(&pass.parameters[1].values),
            relu: self.relu,
            ..Epilogue::default()
        };
        self.kernel.forward(
            pass.input,
            pass.batch,
            epilogue,
            pass.output,
            pass.workspace,
        );
    }

    fn backward(&mut self, pass: Backward) {
        let [d_kernel, d_bias] = pass.gradients else {
            unreachable!("a convolution has a kernel and a bias")
        };
        let (input, d_output, workspace) = (pass.input, &*pass.d_output, pass.workspace);
        self.kernel
            .backward_weights(input, d_output, pass.batch, d_kernel, d_bias, workspace);
        if let Some(d_input) = pass.d_input {
            let mask = pass.relu_input.then_some(input);
            self.kernel
                .backward_input(d_output, pass.batch, mask, d_input, workspace);
        }
    }

    fn weights_changed(&mut self, parameters: &[Parameter]) {
        self.kernel.set_training_weights(&parameters[0].values);
    }
}
