//! Convolution as a matrix product of written-out patches: for every shape, and the measure the
//! faster algorithms are tested against.

use matrixmultiply::sgemm;

use super::Conv2dShape;
use super::epilogue::{Epilogue, PixelEpilogue};
use super::gradient_sums::sum_over_pictures;
use super::workspace::Workspace;
use crate::threads;

#[derive(Clone)]
pub(super) struct Im2col {
    shape: Conv2dShape,
    /// `[kernel height * kernel width * in channels, out channels]`: as given.
    weights: Vec<f32>,
    /// The kernel turned by 180 degrees, in and out channels exchanged; empty if not set.
    backward_weights: Vec<f32>,
}

impl Im2col {
    pub(super) fn new(shape: Conv2dShape) -> Self {
        Self {
            shape,
            weights: vec![0.0; shape.kernel_len()],
            backward_weights: Vec::new(),
        }
    }

    pub(super) fn set_weights(&mut self, weights: &[f32]) {
        self.weights.copy_from_slice(weights);
    }

    pub(super) fn set_backward_weights(&mut self, weights: &[f32]) {
        self.backward_weights.resize(weights.len(), 0.0);
        flip_and_transpose(&self.shape, weights, &mut self.backward_weights);
    }

    pub(super) fn forward(
        &self,
        input: &[f32],
        epilogue: Epilogue<'_>,
        output: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let shape = &self.shape;
        let (pixel_epilogue, statistics) = epilogue.split();
        let channels = shape.out_channels;
        let batch = input.len() / shape.input_len();
        let per_picture = if statistics.is_some() {
            2 * channels
        } else {
            0
        };
        let (workers, partial) = workspace.parts(batch, batch * per_picture);
        let out_len = shape.pooled_len(pixel_epilogue.pool.unwrap_or([1, 1]));
        let padding = leading_padding(shape.kernel);
        let mut outputs = output.chunks_exact_mut(out_len.max(1));
        let mut partials = partial.chunks_exact_mut(per_picture.max(1));
        let items = input.chunks_exact(shape.input_len()).map(|picture| {
            let partial = partials.next().unwrap_or_default();
            (picture, outputs.next().unwrap_or_default(), partial)
        });
        threads::for_each(workers, items, |worker, (picture, out, partial)| {
            let patches = worker.a.grow(patches_len(shape));
            write_patches(shape, padding, picture, patches);
            let Some(window) = pixel_epilogue.pool else {
                multiply_patches(shape, patches, &self.weights, out);
                pixel_epilogue.apply(out, channels, partial);
                return;
            };
            let full = worker.b.grow(shape.output_len());
            multiply_patches(shape, patches, &self.weights, full);
            pixel_epilogue.apply(full, channels, partial);
            PixelEpilogue::pool(shape, window, full, out);
        });
        if let Some(statistics) = statistics {
            statistics.gather(channels, batch * shape.height * shape.width, partial);
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
        let padding = leading_padding(shape.kernel);
        sum_over_pictures(
            shape,
            [input, d_output],
            [d_kernel, d_bias],
            workspace,
            |worker, [picture, gradient], sums| {
                let (kernel, bias) = sums.split_at_mut(shape.kernel_len());
                let patches = worker.a.grow(patches_len(shape));
                write_patches(shape, padding, picture, patches);
                accumulate_kernel_gradient(shape, patches, gradient, kernel);
                for pixel in gradient.chunks_exact(shape.out_channels) {
                    for (sum, &value) in bias.iter_mut().zip(pixel) {
                        *sum += value;
                    }
                }
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
        assert!(
            !self.backward_weights.is_empty(),
            "set_training_weights was not called"
        );
        let shape = self.shape.transposed();
        let batch = d_output.len() / shape.input_len();
        let (workers, _) = workspace.parts(batch, 0);
        // What was padded before is cut off after, and the other way round.
        let [top, left] = leading_padding(shape.kernel);
        let padding = [shape.kernel[0] - 1 - top, shape.kernel[1] - 1 - left];
        let items = d_output
            .chunks_exact(shape.input_len())
            .zip(d_input.chunks_exact_mut(shape.output_len()))
            .enumerate();
        threads::for_each(workers, items, |worker, (index, (gradient, out))| {
            let patches = worker.a.grow(patches_len(&shape));
            write_patches(&shape, padding, gradient, patches);
            multiply_patches(&shape, patches, &self.backward_weights, out);
            if let Some(mask) = relu_mask {
                let mask = &mask[index * shape.output_len()..];
                for (value, &mask) in out.iter_mut().zip(mask) {
                    if mask <= 0.0 {
                        *value = 0.0;
                    }
                }
            }
        });
    }
}

/// Rows above and columns left of the picture that "same" padding adds.
pub(super) fn leading_padding([height, width]: [usize; 2]) -> [usize; 2] {
    [(height - 1) / 2, (width - 1) / 2]
}

fn patches_len(shape: &Conv2dShape) -> usize {
    shape.height * shape.width * patch_len(shape)
}

fn patch_len(shape: &Conv2dShape) -> usize {
    shape.kernel[0] * shape.kernel[1] * shape.in_channels
}

/// Writes `[pixels, kernel height * kernel width * in channels]`, zeros outside the picture.
fn write_patches(shape: &Conv2dShape, padding: [usize; 2], picture: &[f32], patches: &mut [f32]) {
    let channels = shape.in_channels;
    let [kernel_height, kernel_width] = shape.kernel;
    for (pixel, patch) in patches.chunks_exact_mut(patch_len(shape)).enumerate() {
        let (y, x) = (pixel / shape.width, pixel % shape.width);
        for (tap, values) in patch.chunks_exact_mut(channels).enumerate() {
            let source_y = (y + tap / kernel_width).wrapping_sub(padding[0]);
            let source_x = (x + tap % kernel_width).wrapping_sub(padding[1]);
            if source_y < shape.height && source_x < shape.width {
                let source = (source_y * shape.width + source_x) * channels;
                values.copy_from_slice(&picture[source..source + channels]);
            } else {
                values.fill(0.0);
            }
        }
        debug_assert_eq!(patch.len(), kernel_height * kernel_width * channels);
    }
}

/// `out[pixels, out channels] = patches * weights`.
fn multiply_patches(shape: &Conv2dShape, patches: &[f32], weights: &[f32], out: &mut [f32]) {
    let pixels = shape.height * shape.width;
    let (inner, columns) = (patch_len(shape), shape.out_channels);
    product(
        [pixels, inner, columns],
        Matrix {
            values: patches,
            row_stride: inner,
            column_stride: 1,
        },
        Matrix {
            values: weights,
            row_stride: columns,
            column_stride: 1,
        },
        0.0,
        out,
    );
}

/// `kernel = kernel + transpose(patches) * gradient`.
fn accumulate_kernel_gradient(
    shape: &Conv2dShape,
    patches: &[f32],
    gradient: &[f32],
    kernel: &mut [f32],
) {
    let pixels = shape.height * shape.width;
    let (rows, columns) = (patch_len(shape), shape.out_channels);
    product(
        [rows, pixels, columns],
        Matrix {
            values: patches,
            row_stride: 1,
            column_stride: rows,
        },
        Matrix {
            values: gradient,
            row_stride: columns,
            column_stride: 1,
        },
        1.0,
        kernel,
    );
}

#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

/// `out = keep * out + a * b` for `a` of `[rows, inner]` and `b` of `[inner, columns]`.
fn product(
    [rows, inner, columns]: [usize; 3],
    a: Matrix<'_>,
    b: Matrix<'_>,
    keep: f32,
    out: &mut [f32],
) {
    assert!(rows > 0 && inner > 0 && columns > 0);
    assert!((rows - 1) * a.row_stride + (inner - 1) * a.column_stride < a.values.len());
    assert!((inner - 1) * b.row_stride + (columns - 1) * b.column_stride < b.values.len());
    assert_eq!(out.len(), rows * columns);
    #[expect(unsafe_code, reason = "matrixmultiply takes pointers")]
    // SAFETY: the asserts above bound every element that the product reads or writes; `out` is
    // borrowed exclusively, so it does not overlap `a` or `b`. The strides are slice lengths at
    // most and so fit `isize`.
    unsafe {
        sgemm(
            rows,
            inner,
            columns,
            1.0,
            a.values.as_ptr(),
            a.row_stride as isize,
            a.column_stride as isize,
            b.values.as_ptr(),
            b.row_stride as isize,
            b.column_stride as isize,
            keep,
            out.as_mut_ptr(),
            columns as isize,
            1,
        );
    }
}

/// `[kh, kw, in, out]` to the kernel of the data gradient: turned by 180 degrees, `[kh, kw, out, in]`.
pub(super) fn flip_and_transpose(shape: &Conv2dShape, weights: &[f32], out: &mut [f32]) {
    let (inputs, outputs) = (shape.in_channels, shape.out_channels);
    let tap_len = inputs * outputs;
    for (tap, target) in weights
        .chunks_exact(tap_len)
        .zip(out.chunks_exact_mut(tap_len).rev())
    {
        for (output, row) in target.chunks_exact_mut(inputs).enumerate() {
            for (value, &weight) in row.iter_mut().zip(tap[output..].iter().step_by(outputs)) {
                *value = weight;
            }
        }
    }
}
