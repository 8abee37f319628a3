//! Activation functions and their slopes.

#![allow(
    clippy::inline_always,
    reason = "parts of functions compiled for several processors"
)]

use super::{Backward, CHUNK, Forward, Layer};
use crate::math::{erf, exp, sigmoid, tanh};
use crate::spec::Activation;
use crate::vectorize::vectorized;
use rayon::prelude::*;

/// Slope of the leaky rectifier below zero.
const LEAK: f32 = 0.2;

/// An activation function as a layer of its own.
#[derive(Debug)]
pub(crate) struct ActivationLayer {
    pub(crate) activation: Activation,
}

impl Layer for ActivationLayer {
    fn forward(&mut self, pass: Forward) {
        let chunks = pass
            .output
            .par_chunks_mut(CHUNK)
            .zip(pass.input.par_chunks(CHUNK));
        chunks.for_each(|(output, input)| {
            output.copy_from_slice(input);
            apply(self.activation, output);
        });
    }

    fn backward(&mut self, mut pass: Backward) {
        if let Some(d_input) = pass.d_input.as_deref_mut() {
            let gradients = d_input
                .par_chunks_mut(CHUNK)
                .zip(pass.d_output.par_chunks(CHUNK));
            gradients
                .zip(pass.input.par_chunks(CHUNK))
                .for_each(|((d_input, d_output), input)| {
                    d_input.copy_from_slice(d_output);
                    apply_slope(self.activation, input, d_input);
                });
            pass.mask_input_gradient();
        }
    }
}

vectorized! {
    /// Replaces each value by the function of it.
    pub(crate) fn apply(activation: Activation, values: &mut [f32]) {
        match activation {
            Activation::Linear => {}
            Activation::Relu => map(values, |x| x.max(0.0)),
            Activation::LeakyRelu => map(values, |x| if x > 0.0 { x } else { LEAK * x }),
            Activation::Elu => map(values, |x| if x > 0.0 { x } else { exp(x) - 1.0 }),
            Activation::Silu => map(values, |x| x * sigmoid(x)),
            Activation::Mish => map(values, |x| x * tanh_of_softplus(x)),
            Activation::Gelu => map(values, |x| x * normal_cdf(x)),
            Activation::Tanh => map(values, tanh),
            Activation::Sigmoid => map(values, sigmoid),
        }
    }
}

#[inline(always)]
fn map(values: &mut [f32], function: impl Fn(f32) -> f32) {
    for value in values {
        *value = function(*value);
    }
}

vectorized! {
    /// Multiplies each gradient with the slope of the function at the input.
    fn apply_slope(activation: Activation, input: &[f32], gradient: &mut [f32]) {
        match activation {
            Activation::Linear => {}
            Activation::Relu => map_slope(input, gradient, |x| f32::from(x > 0.0)),
            Activation::LeakyRelu => map_slope(input, gradient, |x| if x > 0.0 { 1.0 } else { LEAK }),
            Activation::Elu => map_slope(input, gradient, |x| if x > 0.0 { 1.0 } else { exp(x) }),
            Activation::Silu => map_slope(input, gradient, |x| {
                let s = sigmoid(x);
                s * (1.0 + x * (1.0 - s))
            }),
            Activation::Mish => map_slope(input, gradient, |x| {
                let t = tanh_of_softplus(x);
                t + x * (1.0 - t * t) * sigmoid(x)
            }),
            Activation::Gelu => map_slope(input, gradient, |x| {
                let density = exp(-0.5 * x * x) * 0.398_942_3;
                normal_cdf(x) + x * density
            }),
            Activation::Tanh => map_slope(input, gradient, |x| {
                let t = tanh(x);
                1.0 - t * t
            }),
            Activation::Sigmoid => map_slope(input, gradient, |x| {
                let s = sigmoid(x);
                s * (1.0 - s)
            }),
        }
    }
}

#[inline(always)]
fn map_slope(input: &[f32], gradient: &mut [f32], slope: impl Fn(f32) -> f32) {
    for (gradient, &x) in gradient.iter_mut().zip(input) {
        *gradient *= slope(x);
    }
}

/// `tanh(ln(1 + e^x))` without logarithm: with `n = e^x (e^x + 2)` it is `n / (n + 2)`.
#[inline(always)]
fn tanh_of_softplus(x: f32) -> f32 {
    let e = exp(x.min(20.0));
    let n = e * (e + 2.0);
    n / (n + 2.0)
}

/// The distribution function of the standard normal distribution.
#[inline(always)]
fn normal_cdf(x: f32) -> f32 {
    0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 9] = [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Elu,
        Activation::Silu,
        Activation::Mish,
        Activation::Gelu,
        Activation::Tanh,
        Activation::Sigmoid,
    ];

    /// The definitions, in `f64`.
    fn exact(activation: Activation, x: f64) -> f64 {
        let erf = |x: f64| {
            // Its series; fine for the small arguments below.
            let (mut term, mut sum) = (x, x);
            for n in 1..80 {
                term *= -x * x / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            sum * 2.0 / std::f64::consts::PI.sqrt()
        };
        match activation {
            Activation::Linear => x,
            Activation::Relu => x.max(0.0),
            Activation::LeakyRelu => x.max(f64::from(LEAK) * x),
            Activation::Elu => {
                if x > 0.0 {
                    x
                } else {
                    x.exp_m1()
                }
            }
            Activation::Silu => x / (1.0 + (-x).exp()),
            Activation::Mish => x * x.exp().ln_1p().tanh(),
            Activation::Gelu => x * 0.5 * (1.0 + erf(x / 2.0_f64.sqrt())),
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        }
    }

    #[test]
    fn values_and_slopes_follow_the_definitions() {
        for activation in ALL {
            for step in -40..=40 {
                // Never at 0, where the rectifiers have no slope.
                let x = (f64::from(step) + 0.5) * 0.1;
                let mut value = [x as f32];
                apply(activation, &mut value);
                let expected = exact(activation, x);
                assert!(
                    (f64::from(value[0]) - expected).abs() < 2e-6,
                    "{activation:?}({x})"
                );

                let mut slope = [1.0];
                apply_slope(activation, &[x as f32], &mut slope);
                let step = 1e-5;
                let difference = exact(activation, x + step) - exact(activation, x - step);
                let expected = difference / (2.0 * step);
                assert!(
                    (f64::from(slope[0]) - expected).abs() < 3e-6,
                    "{activation:?}'({x})"
                );
            }
        }
    }
}
