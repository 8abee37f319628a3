//! Batch normalisation, together with the max-pooling and dropout that may follow it.
//!
//! The three in one pass write only the pooled values on the way forward, and on the way back only
//! the gradient of the input: the pictures between them, four times as large as what comes out,
//! never exist.

#![allow(
    clippy::inline_always,
    reason = "parts of functions compiled for several processors"
)]

use super::dropout::Mask;
use super::{Backward, Forward, Layer, Mode, grown};
use crate::parameters::Parameter;
use crate::vectorize::vectorized;
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
    /// What the gradient of the input has per unit of the input.
    slope: Vec<f32>,
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
            shift: zeros.clone(),
            slope: zeros,
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
            let (sums, products) = partial.split_at_mut(channels);
            sum_picture(mean, d_output, index, picked, sums, products);
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
        let (scale, base, slope) = (&mut self.scale, &mut self.shift, &mut self.slope);
        for channel in 0..channels {
            let factor = f64::from(scale[channel]);
            let inverse = 1.0 / f64::from(self.variance[channel] + self.epsilon).sqrt();
            let slope_of_channel = -factor * inverse * products[channel] / count;
            let offset = slope_of_channel * f64::from(self.mean[channel]);
            slope[channel] = slope_of_channel as f32;
            base[channel] = (-factor * sums[channel] / count - offset) as f32;
            scale[channel] *= self.mask.scale;
        }
        let coefficients = Coefficients {
            scale,
            slope,
            base,
            relu: pass.relu_input,
        };
        let geometry = self.geometry;
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
                backward_picture(geometry, &coefficients, input, d_output, index, d_input);
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

vectorized! {
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
}

/// The outputs of one picture.
struct Outputs<'a> {
    /// Position of the first value in the batch.
    first: usize,
    values: &'a mut [f32],
    index: &'a mut [u8],
    picked: &'a mut [f32],
}

vectorized! {
    fn forward_picture(
        geometry: Geometry,
        scale: &[f32],
        shift: &[f32],
        mask: Mask,
        input: &[f32],
        out: &mut Outputs,
    ) {
        let channels = geometry.channels;
        for pixel in 0..geometry.out_length() / channels {
            let window = &input[geometry.start(pixel)..];
            for_blocks(channels, |channel, whole| {
                let at = pixel * channels + channel;
                if whole {
                    pick::<LANES>(geometry, scale, shift, window, channel, at, out);
                } else {
                    pick::<1>(geometry, scale, shift, window, channel, at, out);
                }
            });
        }
        if mask.is_active() {
            let values = out.values.chunks_mut(LANES).zip(out.index.chunks_mut(LANES));
            for (block, (values, index)) in values.enumerate() {
                let mut keep = [false; LANES];
                mask.fill(out.first + block * LANES, &mut keep[..values.len()]);
                for ((value, index), &keep) in values.iter_mut().zip(index).zip(&keep) {
                    *value = if keep { *value * mask.scale } else { 0.0 };
                    *index = if keep { *index } else { DROPPED };
                }
            }
        }
    }
}

/// Calls `work` with the first channel of each whole block of [`LANES`], and with each channel that
/// is left.
#[inline(always)]
fn for_blocks(channels: usize, mut work: impl FnMut(usize, bool)) {
    let whole = channels - channels % LANES;
    for channel in (0..whole).step_by(LANES) {
        work(channel, true);
    }
    for channel in whole..channels {
        work(channel, false);
    }
}

/// `L` values from `start` on.
#[inline(always)]
fn lanes<const L: usize>(values: &[f32], start: usize) -> [f32; L] {
    let mut lanes = [0.0; L];
    lanes.copy_from_slice(&values[start..start + L]);
    lanes
}

/// Normalises the values of a window and takes the greatest, `L` channels at a time, from `channel`
/// on; `at` is where they go.
#[inline(always)]
fn pick<const L: usize>(
    geometry: Geometry,
    scale: &[f32],
    shift: &[f32],
    window: &[f32],
    channel: usize,
    at: usize,
    out: &mut Outputs,
) {
    let (scale, shift) = (lanes::<L>(scale, channel), lanes::<L>(shift, channel));
    let mut best_input = lanes::<L>(window, channel);
    let mut best = [0.0; L];
    for lane in 0..L {
        best[lane] = best_input[lane] * scale[lane] + shift[lane];
    }
    let mut best_index = [0_u32; L];
    for k in 1..geometry.window_length() {
        let input = lanes::<L>(window, geometry.offset(k) + channel);
        for lane in 0..L {
            let value = input[lane] * scale[lane] + shift[lane];
            // The first of equal values wins, as in TensorFlow.
            let better = value > best[lane];
            best[lane] = if better { value } else { best[lane] };
            best_index[lane] = if better { k as u32 } else { best_index[lane] };
            best_input[lane] = if better {
                input[lane]
            } else {
                best_input[lane]
            };
        }
    }
    out.values[at..at + L].copy_from_slice(&best);
    out.picked[at..at + L].copy_from_slice(&best_input);
    for (index, best) in out.index[at..at + L].iter_mut().zip(best_index) {
        *index = best as u8;
    }
}

vectorized! {
    /// Sums over a picture of the gradient, and of the gradient times the picked value less `mean`.
    fn sum_picture(
        mean: &[f32],
        d_output: &[f32],
        index: &[u8],
        picked: &[f32],
        sums: &mut [f32],
        products: &mut [f32],
    ) {
        let channels = mean.len();
        let (sums, products) = (&mut sums[..channels], &mut products[..channels]);
        sums.fill(0.0);
        products.fill(0.0);
        let pixels = d_output.chunks_exact(channels).zip(index.chunks_exact(channels));
        for ((d_output, index), picked) in pixels.zip(picked.chunks_exact(channels)) {
            for channel in 0..channels {
                let gradient = if index[channel] == DROPPED { 0.0 } else { d_output[channel] };
                sums[channel] += gradient;
                products[channel] += gradient * (picked[channel] - mean[channel]);
            }
        }
    }
}

/// `d_input = scale * d_output + slope * input + base`
struct Coefficients<'a> {
    /// With the factor of dropout.
    scale: &'a [f32],
    slope: &'a [f32],
    base: &'a [f32],
    /// Whether the gradient is set to zero where the input is not positive.
    relu: bool,
}

vectorized! {
    fn backward_picture(
        geometry: Geometry,
        coefficients: &Coefficients,
        input: &[f32],
        d_output: &[f32],
        index: &[u8],
        d_input: &mut [f32],
    ) {
        let Geometry { height, width, channels, window } = geometry;
        for pixel in 0..geometry.out_length() / channels {
            let start = geometry.start(pixel);
            for_blocks(channels, |channel, whole| {
                let from = pixel * channels + channel;
                let at = Position { start: start + channel, from, channel };
                if whole {
                    spread::<LANES>(geometry, coefficients, at, input, d_output, index, d_input);
                } else {
                    spread::<1>(geometry, coefficients, at, input, d_output, index, d_input);
                }
            });
        }
        // What pooling dropped still takes part in the statistics.
        let (rows, columns) = (height / window[0] * window[0], width / window[1] * window[1]);
        for y in 0..height {
            for x in if y < rows { columns..width } else { 0..width } {
                let start = (y * width + x) * channels;
                let Coefficients { slope, base, relu, .. } = *coefficients;
                let pixel = d_input[start..][..channels].iter_mut().zip(&input[start..]);
                for ((d_input, &input), (slope, base)) in pixel.zip(slope.iter().zip(base)) {
                    *d_input = if relu && input <= 0.0 { 0.0 } else { slope * input + base };
                }
            }
        }
    }
}

/// Where a block of channels of a window is.
#[derive(Clone, Copy)]
struct Position {
    /// First value of the window in the input.
    start: usize,
    /// Value in the output.
    from: usize,
    channel: usize,
}

/// Spreads the gradient of an output over its window, `L` channels at a time.
#[inline(always)]
fn spread<const L: usize>(
    geometry: Geometry,
    coefficients: &Coefficients,
    at: Position,
    input: &[f32],
    d_output: &[f32],
    index: &[u8],
    d_input: &mut [f32],
) {
    let scale = lanes::<L>(coefficients.scale, at.channel);
    let slope = lanes::<L>(coefficients.slope, at.channel);
    let base = lanes::<L>(coefficients.base, at.channel);
    let mut gradient = lanes::<L>(d_output, at.from);
    let mut chosen = [0_u32; L];
    for (chosen, index) in chosen.iter_mut().zip(&index[at.from..at.from + L]) {
        *chosen = u32::from(*index);
    }
    for lane in 0..L {
        gradient[lane] *= scale[lane];
    }
    for k in 0..geometry.window_length() {
        let offset = at.start + geometry.offset(k);
        let input = lanes::<L>(input, offset);
        let mut result = [0.0; L];
        for lane in 0..L {
            let through = if chosen[lane] == k as u32 {
                gradient[lane]
            } else {
                0.0
            };
            result[lane] = slope[lane] * input[lane] + base[lane] + through;
        }
        if coefficients.relu {
            for lane in 0..L {
                result[lane] = if input[lane] > 0.0 { result[lane] } else { 0.0 };
            }
        }
        d_input[offset..offset + L].copy_from_slice(&result);
    }
}
