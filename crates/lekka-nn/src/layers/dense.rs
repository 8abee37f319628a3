//! Fully connected layer on the last axis.

use super::{Backward, Forward, Layer};
use crate::matrix::{Matrix, Write, add_bias, parallel_product, sum_rows};

/// `y = x W + b`, optionally followed by a rectifier.
#[derive(Debug)]
pub(crate) struct Dense {
    pub(crate) inputs: usize,
    pub(crate) units: usize,
    pub(crate) relu: bool,
}

impl Layer for Dense {
    fn forward(&mut self, pass: Forward) {
        let Self {
            inputs,
            units,
            relu,
        } = *self;
        let [kernel, bias] = pass.parameters else {
            unreachable!("a dense layer has a kernel and a bias")
        };
        let input = Matrix::new(pass.input, pass.input.len() / inputs, inputs);
        let kernel = Matrix::new(&kernel.values, inputs, units);
        parallel_product(input, kernel, Write::Replace, pass.output, units);
        add_bias(pass.output, &bias.values);
        if relu {
            for value in pass.output {
                *value = value.max(0.0);
            }
        }
    }

    fn backward(&mut self, mut pass: Backward) {
        let Self { inputs, units, .. } = *self;
        let [d_kernel, d_bias] = &mut *pass.gradients else {
            unreachable!("a dense layer has a kernel and a bias")
        };
        let rows = pass.input.len() / inputs;
        let input = Matrix::new(pass.input, rows, inputs);
        let d_output = Matrix::new(pass.d_output, rows, units);
        parallel_product(
            input.transposed(),
            d_output,
            Write::Replace,
            d_kernel,
            units,
        );
        sum_rows(pass.d_output, d_bias);
        if let Some(d_input) = pass.d_input.as_deref_mut() {
            let kernel = Matrix::new(&pass.parameters[0].values, inputs, units);
            parallel_product(
                d_output,
                kernel.transposed(),
                Write::Replace,
                d_input,
                inputs,
            );
            pass.mask_input_gradient();
        }
    }
}
