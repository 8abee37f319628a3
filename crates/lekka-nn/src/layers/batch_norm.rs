//! Batch normalisation, together with the max-pooling and dropout that may follow it.
//!
//! The three in one pass write only the pooled values on the way forward, and on the way back only
//! the gradient of the input: the pictures between them, four times as large as what comes out,
//! never exist.

use super::dropout::Mask;
use super::{Backward, Forward, Layer, Mode, grown};
use crate::parameters::Parameter;
use rayon::prelude::*;

/// Channels handled together.
const LANES: usize = 16;
/// Stands in the index for a value that dropout took away.
const DROPPED: u8 = u8::MAX;

/// Batch norm, then max-pooling (window `[1, 1]`: none), then dropout (rate 0: none).
#[derive(Debug)]
pub(crate) struct BatchNorm {
    geometry: Geometry,
    epsilon: f32,
    momentum: f32,
    dropout: f32,
    layer: usize,
    mask: Mask,
    /// Mean and variance per channel: of the batch, or the moving ones.
    mean: Vec<f32>,
    variance: Vec<f32>,
    /// Normalised, scaled and shifted value = `scale * x + shift`.
    scale: Vec<f32>,
    shift: Vec<f32>,
    /// Which value of its window each output is, or [`DROPPED`].
    index: Vec<u8>,
    /// The input value each output came from.
    picked: Vec<f32>,
    /// Two sums per picture and channel.
    partial: Vec<f32>,
    sums: Vec<f64>,
}

/// Sizes of pictures and windows.
#[derive(Debug, Clone, Copy)]
struct Geometry {
    height: usize,
    width: usize,
    channels: usize,
    window: [usize; 2],
}

impl Geometry {
    const fn in_length(self) -> usize {
        self.height * self.width * self.channels
    }

    const fn out_columns(self) -> usize {
        self.width / self.window[1]
    }

    const fn out_length(self) -> usize {
        self.height / self.window[0] * self.out_columns() * self.channels
    }

    /// Offset of the `k`-th value of a window from its first.
    const fn offset(self, k: usize) -> usize {
        (k / self.window[1] * self.width + k % self.window[1]) * self.channels
    }

    const fn window_length(self) -> usize {
        self.window[0] * self.window[1]
    }

    /// Where the window of an output pixel starts in the input picture.
    const fn start(self, pixel: usize) -> usize {
        let columns = self.out_columns();
        let (y, x) = (
            pixel / columns * self.window[0],
            pixel % columns * self.window[1],
        );
        (y * self.width + x) * self.channels
    }
}

impl BatchNorm {
    /// Whether a window is small enough to be part of this layer.
    pub(crate) const fn takes_window(window: [usize; 2]) -> bool {
        window[0] < 16 && window[1] < 16
    }

    /// `shape` is height, width and channels of the input; `layer` tells dropout masks apart.
    pub(crate) fn new(
        [height, width, channels]: [usize; 3],
        epsilon: f32,
        momentum: f32,
        window: [usize; 2],
        dropout: f32,
        layer: usize,
    ) -> Self {
        let zeros = vec![0.0; channels];
        Self {
            geometry: Geometry {
                height,
                width,
                channels,
                window,
            },
            epsilon,
            momentum,
            dropout,
            layer,
            mask: Mask::new(0.0, Mode::Infer, layer),
            mean: zeros.clone(),
            variance: zeros.clone(),
            scale: zeros.clone(),
            shift: zeros,
            index: Vec::new(),
            picked: Vec::new(),
            partial: Vec::new(),
            sums: vec![0.0; 2 * channels],
        }
    }

    /// Mean and variance of the batch. Each picture has its own mean and sum of squares, which are
    /// joined in the order of the pictures (Chan, Golub and LeVeque 1979): no cancellation, and the
    /// same for any number of threads.
    fn measure(&mut self, batch: usize, input: &[f32]) {
        let channels = self.geometry.channels;
        let partial = grown(&mut self.partial, batch * 2 * channels);
        let pictures = partial.par_chunks_mut(2 * channels);
        pictures
            .zip(input.par_chunks(self.geometry.in_length()))
            .for_each(|(partial, picture)| {
                let (mean, squares) = partial.split_at_mut(channels);
                picture_moments(picture, mean, squares);
            });
        let pixels = (self.geometry.height * self.geometry.width) as f64;
        let (means, squares) = self.sums.split_at_mut(channels);
        means.fill(0.0);
        squares.fill(0.0);
        for (number, partial) in partial.chunks_exact(2 * channels).enumerate() {
            let (picture_mean, picture_squares) = partial.split_at(channels);
            let share = 1.0 / (number + 1) as f64;
            let weight = pixels * number as f64 * share;
            for channel in 0..channels {
                let difference = f64::from(picture_mean[channel]) - means[channel];
                means[channel] += difference * share;
                squares[channel] +=
                    f64::from(picture_squares[channel]) + difference * difference * weight;
            }
        }
        let count = pixels * batch as f64;
        for channel in 0..channels {
            self.mean[channel] = means[channel] as f32;
            self.variance[channel] = (squares[channel] / count) as f32;
        }
    }

    /// Scale and shift from the mean and the variance that are set.
    fn prepare(&mut self, gamma: &[f32], beta: &[f32]) {
        for channel in 0..self.geometry.channels {
            let inverse = 1.0 / (self.variance[channel] + self.epsilon).sqrt();
            self.scale[channel] = gamma[channel] * inverse;
            self.shift[channel] = beta[channel] - self.mean[channel] * self.scale[channel];
        }
    }

    /// Sums over the batch of the gradient and of the gradient times the normalised input.
    fn sum_gradients(&mut self, batch: usize, d_output: &[f32]) {
        let Geometry { channels, .. } = self.geometry;
        let out_length = self.geometry.out_length();
        let length = batch * out_length;
        let (index, picked) = (&self.index[..length], &self.picked[..length]);
        let (mean, keep_scale) = (&self.mean, self.mask.scale);
        let partial = grown(&mut self.partial, batch * 2 * channels);
        let pictures = partial
            .par_chunks_mut(2 * channels)
            .zip(d_output.par_chunks(out_length));
        let pictures = pictures
            .zip(index.par_chunks(out_length))
            .zip(picked.par_chunks(out_length));
        pictures.for_each(|(((partial, d_output), index), picked)| {
            partial.fill(0.0);
            let (sums, products) = partial.split_at_mut(channels);
            let pixels = d_output
                .chunks_exact(channels)
                .zip(index.chunks_exact(channels));
            for ((d_output, index), picked) in pixels.zip(picked.chunks_exact(channels)) {
                for channel in 0..channels {
                    let gradient = if index[channel] == DROPPED {
                        0.0
                    } else {
                        d_output[channel]
                    };
                    sums[channel] += gradient;
                    products[channel] += gradient * (picked[channel] - mean[channel]);
                }
            }
        });
        self.sums.fill(0.0);
        for partial in partial.chunks_exact(2 * channels) {
            for (sum, &value) in self.sums.iter_mut().zip(partial) {
                *sum += f64::from(value) * f64::from(keep_scale);
            }
        }
        for channel in 0..channels {
            let inverse = 1.0 / f64::from(self.variance[channel] + self.epsilon).sqrt();
            self.sums[channels + channel] *= inverse;
        }
    }
}

impl Layer for BatchNorm {
    fn forward(&mut self, pass: Forward) {
        let [gamma, beta, moving_mean, moving_variance] = pass.parameters else {
            unreachable!("batch norm has four tensors")
        };
        match pass.mode {
            Mode::Infer => {
                self.mean.copy_from_slice(&moving_mean.values);
                self.variance.copy_from_slice(&moving_variance.values);
            }
            Mode::Train { .. } => self.measure(pass.batch, pass.input),
        }
        self.prepare(&gamma.values, &beta.values);
        self.mask = Mask::new(self.dropout, pass.mode, self.layer);
        let (geometry, mask) = (self.geometry, self.mask);
        let (scale, shift) = (&self.scale[..], &self.shift[..]);
        let (in_length, out_length) = (geometry.in_length(), geometry.out_length());
        let index = grown(&mut self.index, pass.output.len()).par_chunks_mut(out_length);
        let picked = grown(&mut self.picked, pass.output.len()).par_chunks_mut(out_length);
        let outputs = pass
            .output
            .par_chunks_mut(out_length)
            .zip(index)
            .zip(picked);
        let pictures = outputs.zip(pass.input.par_chunks(in_length)).enumerate();
        pictures.for_each(|(number, (((output, index), picked), input))| {
            let first = number * out_length;
            let mut outputs = Outputs {
                first,
                values: output,
                index,
                picked,
            };
            forward_picture(geometry, scale, shift, mask, input, &mut outputs);
        });
    }

    fn backward(&mut self, pass: Backward) {
        let Geometry {
            height,
            width,
            channels,
            ..
        } = self.geometry;
        self.sum_gradients(pass.batch, pass.d_output);
        let (sums, products) = self.sums.split_at(channels);
        for channel in 0..channels {
            pass.gradients[0][channel] = products[channel] as f32;
            pass.gradients[1][channel] = sums[channel] as f32;
        }
        let Some(d_input) = pass.d_input else { return };
        // d_input = scale (d - mean(d) - normalised mean(d normalised)) = scale d + slope x + base
        let count = (pass.batch * height * width) as f64;
        let (base, slope) = (&mut self.shift, &mut self.partial[..channels]);
        for channel in 0..channels {
            let scale = f64::from(self.scale[channel]);
            let inverse = 1.0 / f64::from(self.variance[channel] + self.epsilon).sqrt();
            let slope_of_channel = -scale * inverse * products[channel] / count;
            let offset = slope_of_channel * f64::from(self.mean[channel]);
            slope[channel] = slope_of_channel as f32;
            base[channel] = (-scale * sums[channel] / count - offset) as f32;
        }
        let coefficients = Coefficients {
            scale: &self.scale,
            keep: self.mask.scale,
            slope,
            base,
        };
        let (geometry, relu) = (self.geometry, pass.relu_input);
        let (in_length, out_length) = (geometry.in_length(), geometry.out_length());
        let gradients = pass
            .d_output
            .par_chunks(out_length)
            .zip(self.index.par_chunks(out_length));
        let inputs = d_input
            .par_chunks_mut(in_length)
            .zip(pass.input.par_chunks(in_length));
        inputs
            .zip(gradients)
            .for_each(|((d_input, input), (d_output, index))| {
                backward_picture(
                    geometry,
                    &coefficients,
                    relu,
                    input,
                    d_output,
                    index,
                    d_input,
                );
            });
    }

    fn update_statistics(&self, parameters: &mut [Parameter]) {
        for (tensor, batch) in parameters[2..].iter_mut().zip([&self.mean, &self.variance]) {
            for (moving, batch) in tensor.values.iter_mut().zip(batch) {
                *moving = *moving * self.momentum + batch * (1.0 - self.momentum);
            }
        }
    }
}

/// Mean and sum of squared differences from it, per channel of one picture.
fn picture_moments(picture: &[f32], mean: &mut [f32], squares: &mut [f32]) {
    let channels = mean.len();
    let pixels = picture.len() / channels;
    mean.fill(0.0);
    squares.fill(0.0);
    for pixel in picture.chunks_exact(channels) {
        for (mean, value) in mean.iter_mut().zip(pixel) {
            *mean += value;
        }
    }
    for mean in &mut *mean {
        *mean /= pixels as f32;
    }
    for pixel in picture.chunks_exact(channels) {
        for ((square, &mean), &value) in squares.iter_mut().zip(&*mean).zip(pixel) {
            *square += (value - mean) * (value - mean);
        }
    }
}

/// The outputs of one picture.
struct Outputs<'a> {
    /// Position of the first value in the batch.
    first: usize,
    values: &'a mut [f32],
    index: &'a mut [u8],
    picked: &'a mut [f32],
}

fn forward_picture(
    geometry: Geometry,
    scale: &[f32],
    shift: &[f32],
    mask: Mask,
    input: &[f32],
    out: &mut Outputs,
) {
    let channels = geometry.channels;
    let pixels = out
        .values
        .chunks_exact_mut(channels)
        .zip(out.index.chunks_exact_mut(channels));
    let pixels = pixels
        .zip(out.picked.chunks_exact_mut(channels))
        .enumerate();
    for (pixel, ((values, index), picked)) in pixels {
        let window = &input[geometry.start(pixel)..];
        let lanes = values.chunks_mut(LANES).zip(index.chunks_mut(LANES));
        for (block, ((values, index), picked)) in lanes.zip(picked.chunks_mut(LANES)).enumerate() {
            let channel = block * LANES;
            let count = values.len();
            let (scale, shift) = (&scale[channel..][..count], &shift[channel..][..count]);
            let window = &window[channel..];
            if count == LANES {
                pick::<LANES>(geometry, scale, shift, window, values, index, picked);
            } else {
                for lane in 0..count {
                    pick::<1>(
                        geometry,
                        &scale[lane..],
                        &shift[lane..],
                        &window[lane..],
                        &mut values[lane..],
                        &mut index[lane..],
                        &mut picked[lane..],
                    );
                }
            }
            if mask.is_active() {
                let mut keep = [false; LANES];
                let first = out.first + pixel * channels + channel;
                mask.fill(first, &mut keep[..count]);
                for ((value, index), &keep) in values.iter_mut().zip(index).zip(&keep) {
                    *value = if keep { *value * mask.scale } else { 0.0 };
                    *index = if keep { *index } else { DROPPED };
                }
            }
        }
    }
}

/// Normalises the values of a window and takes the greatest, `L` channels at a time.
#[inline]
fn pick<const L: usize>(
    geometry: Geometry,
    scale: &[f32],
    shift: &[f32],
    window: &[f32],
    values: &mut [f32],
    index: &mut [u8],
    picked: &mut [f32],
) {
    let mut best = [f32::NEG_INFINITY; L];
    let mut best_index = [0_u32; L];
    let mut best_input = [0.0; L];
    for k in 0..geometry.window_length() {
        let input = &window[geometry.offset(k)..][..L];
        for lane in 0..L {
            let value = input[lane] * scale[lane] + shift[lane];
            // The first of equal values wins, as in TensorFlow; a NaN at the start stays visible.
            let better = value > best[lane] || k == 0;
            best[lane] = if better { value } else { best[lane] };
            best_index[lane] = if better { k as u32 } else { best_index[lane] };
            best_input[lane] = if better {
                input[lane]
            } else {
                best_input[lane]
            };
        }
    }
    for lane in 0..L {
        values[lane] = best[lane];
        index[lane] = best_index[lane] as u8;
        picked[lane] = best_input[lane];
    }
}

/// `d_input = scale * keep * d_output + slope * input + base`
struct Coefficients<'a> {
    scale: &'a [f32],
    keep: f32,
    slope: &'a [f32],
    base: &'a [f32],
}

fn backward_picture(
    geometry: Geometry,
    coefficients: &Coefficients,
    relu: bool,
    input: &[f32],
    d_output: &[f32],
    index: &[u8],
    d_input: &mut [f32],
) {
    let Geometry {
        height,
        width,
        channels,
        window,
    } = geometry;
    let columns = geometry.out_columns();
    let Coefficients {
        scale,
        keep,
        slope,
        base,
    } = *coefficients;
    let rows = input
        .chunks_exact(width * channels)
        .zip(d_input.chunks_exact_mut(width * channels));
    for (y, (input, d_input)) in rows.enumerate() {
        let pixels = input
            .chunks_exact(channels)
            .zip(d_input.chunks_exact_mut(channels));
        for (x, (input, d_input)) in pixels.enumerate() {
            for channel in 0..channels {
                d_input[channel] = slope[channel] * input[channel] + base[channel];
            }
            let (row, column) = (y / window[0], x / window[1]);
            if row < height / window[0] && column < columns {
                let k = (y % window[0] * window[1] + x % window[1]) as u8;
                let start = (row * columns + column) * channels;
                let (d_output, index) =
                    (&d_output[start..][..channels], &index[start..][..channels]);
                for channel in 0..channels {
                    let gradient = if index[channel] == k {
                        d_output[channel] * keep
                    } else {
                        0.0
                    };
                    d_input[channel] += scale[channel] * gradient;
                }
            }
            if relu {
                for channel in 0..channels {
                    d_input[channel] = if input[channel] > 0.0 {
                        d_input[channel]
                    } else {
                        0.0
                    };
                }
            }
        }
    }
}
