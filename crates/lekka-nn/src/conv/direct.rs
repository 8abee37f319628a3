//! Direct convolution of pictures with few channels, such as the grey picture itself: too few
//! products for a matrix product to pay.

#![expect(unsafe_code, reason = "vector kernels with unchecked memory access")]
#![allow(
    clippy::inline_always,
    reason = "code that is not inlined is compiled without the instructions"
)]

use super::Conv2dShape;
use super::epilogue::{Epilogue, PixelEpilogue};
use super::gradient_sums::sum_over_pictures;
use super::im2col::{Im2col, leading_padding};
use super::workspace::Workspace;
use crate::simd::{
    InstructionSet, Kernel, Lanes, PANEL, Source, Target, balanced_blocks, with_rows,
};
use crate::threads;

/// Most pixels worked at once. Statistics are summed over them first, so it must be the same with
/// all vectors of x86-64.
const MOST_PIXELS: usize = 6;

/// Most channels of the input that are worth it.
const MOST_CHANNELS: usize = 4;

/// A convolution with few input channels and output channels in multiples of sixteen.
#[derive(Clone)]
pub(super) struct Direct {
    shape: Conv2dShape,
    instructions: InstructionSet,
    /// `[taps, out channels]`, a tap being a row, column and channel of the kernel: as given.
    weights: Vec<f32>,
    /// Where in a padded picture each tap of the first pixel reads.
    offsets: Vec<usize>,
    /// The gradient of the input, seldom wanted.
    backward: Im2col,
}

impl Direct {
    pub(super) fn fits(shape: &Conv2dShape) -> bool {
        shape.in_channels <= MOST_CHANNELS && shape.out_channels.is_multiple_of(PANEL)
    }

    pub(super) fn new(shape: Conv2dShape, instructions: InstructionSet) -> Self {
        debug_assert!(Self::fits(&shape));
        let [kernel_height, kernel_width] = shape.kernel;
        let row_len = padded_width(&shape) * shape.in_channels;
        let offsets = (0..kernel_height)
            .flat_map(|row| {
                (0..kernel_width * shape.in_channels).map(move |tap| row * row_len + tap)
            })
            .collect();
        Self {
            shape,
            instructions,
            weights: vec![0.0; shape.kernel_len()],
            offsets,
            backward: Im2col::new(shape),
        }
    }

    pub(super) fn set_weights(&mut self, weights: &[f32]) {
        self.weights.copy_from_slice(weights);
    }

    pub(super) fn set_backward_weights(&mut self, weights: &[f32]) {
        self.backward.set_backward_weights(weights);
    }

    pub(super) fn forward(
        &self,
        input: &[f32],
        epilogue: Epilogue<'_>,
        output: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let shape = &self.shape;
        let (epilogue, statistics) = epilogue.split();
        let batch = input.len() / shape.input_len();
        let sums_len = if statistics.is_some() {
            2 * shape.out_channels
        } else {
            0
        };
        let out_len = shape.pooled_len(epilogue.pool.unwrap_or([1, 1]));
        // Fewer pictures than threads are shared by rows, unless rows belong together.
        let bands = match (epilogue.pool, &statistics) {
            (None, None) if batch > 0 => workspace.threads().div_ceil(batch),
            _ => 1,
        };
        let band_rows = shape.height.div_ceil(bands);
        let band_len = match epilogue.pool {
            Some(_) => out_len,
            None => band_rows * shape.width * shape.out_channels,
        };
        let (workers, sums) = workspace.parts(batch * bands, batch * sums_len);
        sums.fill(0.0);
        let mut all_sums = sums.chunks_exact_mut(sums_len.max(1));
        let outputs = output.chunks_exact_mut(out_len.max(1));
        let items = input
            .chunks_exact(shape.input_len())
            .zip(outputs)
            .flat_map(|(picture, output)| {
                let bands = output.chunks_mut(band_len.max(1)).enumerate();
                bands.map(move |(band, output)| (picture, band * band_rows, output))
            })
            .map(|item| (item, all_sums.next().unwrap_or_default()));
        threads::for_each(
            workers,
            items,
            |worker, ((picture, first_row, out), sums)| {
                let padded = worker.a.grow(padded_len(shape));
                pad(shape, picture, padded);
                let full = match epilogue.pool {
                    Some(_) => worker.b.grow(shape.output_len()),
                    None => &mut *out,
                };
                let kernel = ForwardRows {
                    plan: self,
                    padded: Source::new(padded),
                    epilogue,
                    first_row,
                    rows: full.len() / (shape.width * shape.out_channels),
                    output: Target::new(full),
                    sums: (!sums.is_empty()).then(|| Target::new(sums)),
                };
                // SAFETY: the padded picture and the sums have the sizes of the shape, the output
                // that of the rows.
                unsafe { self.instructions.run(kernel) };
                if let Some(window) = epilogue.pool {
                    let full = worker.b.grow(shape.output_len());
                    PixelEpilogue::pool(shape, window, full, out);
                }
            },
        );
        if let Some(statistics) = statistics {
            statistics.gather(shape.out_channels, batch * shape.height * shape.width, sums);
        }
    }

    pub(super) fn backward_weights(
        &self,
        input: &[f32],
        d_output: &[f32],
        d_kernel: &mut [f32],
        d_bias: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let shape = &self.shape;
        sum_over_pictures(
            shape,
            [input, d_output],
            [d_kernel, d_bias],
            workspace,
            |worker, [picture, gradient], sums| {
                let padded = worker.a.grow(padded_len(shape));
                pad(shape, picture, padded);
                let kernel = GradientPicture {
                    plan: self,
                    padded: Source::new(padded),
                    gradient: Source::new(gradient),
                    sums: Target::new(sums),
                };
                // SAFETY: the padded picture, the gradient and the sums have the sizes of the
                // shape.
                unsafe { self.instructions.run(kernel) };
            },
        );
    }

    pub(super) fn backward_input(
        &self,
        d_output: &[f32],
        relu_mask: Option<&[f32]>,
        d_input: &mut [f32],
        workspace: &mut Workspace,
    ) {
        self.backward
            .backward_input(d_output, relu_mask, d_input, workspace);
    }
}

fn padded_width(shape: &Conv2dShape) -> usize {
    shape.width + shape.kernel[1] - 1
}

fn padded_len(shape: &Conv2dShape) -> usize {
    (shape.height + shape.kernel[0] - 1) * padded_width(shape) * shape.in_channels
}

/// Writes the picture with the zeros around it that "same" padding adds.
fn pad(shape: &Conv2dShape, picture: &[f32], padded: &mut [f32]) {
    let [top, left] = leading_padding(shape.kernel);
    let (row_len, left) = (shape.width * shape.in_channels, left * shape.in_channels);
    padded.fill(0.0);
    let padded_rows = padded.chunks_exact_mut(padded_width(shape) * shape.in_channels);
    for (row, padded) in picture.chunks_exact(row_len).zip(padded_rows.skip(top)) {
        padded[left..left + row_len].copy_from_slice(row);
    }
}

/// The outputs of some rows of a padded picture.
struct ForwardRows<'a> {
    plan: &'a Direct,
    padded: Source<'a>,
    epilogue: PixelEpilogue<'a>,
    first_row: usize,
    rows: usize,
    output: Target<'a>,
    sums: Option<Target<'a>>,
}

impl Kernel for ForwardRows<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let shape = &self.plan.shape;
        let most = V::ROWS.min(MOST_PIXELS);
        // Channels inside, so that the output is written from front to back.
        for y in self.first_row..self.first_row + self.rows {
            for (x, pixels) in balanced_blocks(shape.width, most) {
                for channel in (0..shape.out_channels).step_by(PANEL) {
                    // SAFETY: the caller's.
                    unsafe {
                        with_rows!(pixels, most, PIXELS => {
                            self.pixels::<V::Panel, PIXELS>(y, x, channel);
                        });
                    }
                }
            }
        }
    }
}

impl ForwardRows<'_> {
    /// Sixteen channels of some pixels beside each other.
    #[inline(always)]
    unsafe fn pixels<P: Lanes, const PIXELS: usize>(&self, y: usize, x: usize, channel: usize) {
        let Direct {
            shape,
            offsets,
            weights,
            ..
        } = self.plan;
        let (channels, weights) = (shape.out_channels, Source::new(weights));
        let first = (y * padded_width(shape) + x) * shape.in_channels;
        let at = ((y - self.first_row) * shape.width + x) * channels + channel;
        // SAFETY: the caller's: the pixels are in the picture, so their taps are in the padded one.
        unsafe {
            let zero = P::splat(0.0);
            let bias = match self.epilogue.bias {
                Some(bias) => Source::new(bias).load(channel),
                None => zero,
            };
            let mut sums = [bias; PIXELS];
            for (tap, &offset) in offsets.iter().enumerate() {
                let columns: P = weights.load(tap * channels + channel);
                for (pixel, sum) in sums.iter_mut().enumerate() {
                    let value = *self
                        .padded
                        .at(first + offset + pixel * shape.in_channels, 1);
                    *sum = P::splat(value).mul_add(columns, *sum);
                }
            }
            if self.epilogue.relu {
                for sum in &mut sums {
                    *sum = zero.greater_of(*sum);
                }
            }
            if let Some(statistics) = self.sums {
                let (mut sum, mut squares) = (zero, zero);
                for &pixel in &sums {
                    sum = sum + pixel;
                    squares = pixel.mul_add(pixel, squares);
                }
                let squares_at = channels + channel;
                statistics.store(channel, sum + statistics.load(channel));
                statistics.store(squares_at, squares + statistics.load(squares_at));
            }
            if let Some(affine) = self.epilogue.scale_shift {
                let scale: P = Source::new(affine.scale).load(channel);
                let shift: P = Source::new(affine.shift).load(channel);
                for sum in &mut sums {
                    *sum = sum.mul_add(scale, shift);
                }
            }
            for (pixel, &sum) in sums.iter().enumerate() {
                self.output.store(at + pixel * channels, sum);
            }
        }
    }
}

/// Adds the gradient of kernel and bias of one picture to the sums `[taps + 1, out channels]`.
struct GradientPicture<'a> {
    plan: &'a Direct,
    padded: Source<'a>,
    gradient: Source<'a>,
    sums: Target<'a>,
}

impl Kernel for GradientPicture<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let taps = self.plan.offsets.len();
        for channel in (0..self.plan.shape.out_channels).step_by(PANEL) {
            for (tap, count) in balanced_blocks(taps, V::ROWS) {
                // SAFETY: the caller's.
                unsafe {
                    with_rows!(count, V::ROWS, TAPS => {
                        self.taps::<V::Panel, TAPS>(tap, channel);
                    });
                }
            }
            // SAFETY: the caller's.
            unsafe { self.bias::<V::Panel>(taps, channel) }
        }
    }
}

impl GradientPicture<'_> {
    /// Sixteen channels of some taps of the kernel.
    #[inline(always)]
    unsafe fn taps<P: Lanes, const TAPS: usize>(&self, first_tap: usize, channel: usize) {
        let Direct { shape, offsets, .. } = self.plan;
        let channels = shape.out_channels;
        let mut taps = [0; TAPS];
        taps.copy_from_slice(&offsets[first_tap..first_tap + TAPS]);
        // SAFETY: the caller's.
        unsafe {
            let mut sums = [P::splat(0.0); TAPS];
            for y in 0..shape.height {
                for x in 0..shape.width {
                    let first = (y * padded_width(shape) + x) * shape.in_channels;
                    let at = (y * shape.width + x) * channels + channel;
                    let columns: P = self.gradient.load(at);
                    for (sum, &offset) in sums.iter_mut().zip(&taps) {
                        let value = P::splat(*self.padded.at(first + offset, 1));
                        *sum = value.mul_add(columns, *sum);
                    }
                }
            }
            for (tap, &sum) in sums.iter().enumerate() {
                self.add(first_tap + tap, channel, sum);
            }
        }
    }

    /// Sixteen channels of the bias.
    #[inline(always)]
    unsafe fn bias<P: Lanes>(&self, row: usize, channel: usize) {
        let shape = &self.plan.shape;
        // SAFETY: the caller's.
        unsafe {
            let mut sum = P::splat(0.0);
            for pixel in 0..shape.height * shape.width {
                let at = pixel * shape.out_channels + channel;
                sum = sum + self.gradient.load(at);
            }
            self.add(row, channel, sum);
        }
    }

    #[inline(always)]
    unsafe fn add<P: Lanes>(&self, row: usize, channel: usize, sum: P) {
        let at = row * self.plan.shape.out_channels + channel;
        // SAFETY: the caller's.
        unsafe {
            self.sums.store(at, sum + self.sums.load(at));
        }
    }
}
