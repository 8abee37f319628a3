//! Mean over height and width.

use super::{Backward, Forward, Layer};

/// Mean of each channel over all pixels of a picture.
#[derive(Debug)]
pub(crate) struct GlobalAverage {
    pub(crate) pixels: usize,
    pub(crate) channels: usize,
}

impl Layer for GlobalAverage {
    fn forward(&mut self, pass: Forward) {
        global_average(self.pixels, self.channels, pass.input, pass.output);
    }

    fn backward(&mut self, mut pass: Backward) {
        let Self { pixels, channels } = *self;
        if let Some(d_input) = pass.d_input.as_deref_mut() {
            let share = 1.0 / pixels as f32;
            let pictures = d_input.chunks_exact_mut(pixels * channels);
            for (picture, gradient) in pictures.zip(pass.d_output.chunks_exact(channels)) {
                for pixel in picture.chunks_exact_mut(channels) {
                    for (value, gradient) in pixel.iter_mut().zip(gradient) {
                        *value = gradient * share;
                    }
                }
            }
            pass.mask_input_gradient();
        }
    }
}

/// Means of `[pixels, channels]` per picture.
pub(crate) fn global_average(pixels: usize, channels: usize, input: &[f32], output: &mut [f32]) {
    let pictures = input.chunks_exact(pixels * channels);
    for (picture, mean) in pictures.zip(output.chunks_exact_mut(channels)) {
        mean.fill(0.0);
        for pixel in picture.chunks_exact(channels) {
            for (mean, value) in mean.iter_mut().zip(pixel) {
                *mean += value;
            }
        }
        for mean in mean {
            *mean /= pixels as f32;
        }
    }
}
