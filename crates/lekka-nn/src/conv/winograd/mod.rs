//! Winograd convolution for 3x3 kernels: fewer products than the direct one by a factor of up to
//! four.
//!
//! Pictures are cut into tiles of four by four outputs and smaller ones at the borders
//! ([`tiles`]). Each tile becomes one value per channel at each of 36 points, the kernels likewise;
//! at every point the channels are multiplied by a matrix product over all tiles; and the points of
//! the results become outputs again. Pictures are worked in chunks of tile rows small enough to stay
//! in the processor's second-level cache between the three stages.

#![expect(unsafe_code, reason = "calls the kernels")]
#![allow(
    clippy::inline_always,
    reason = "code that is not inlined is compiled without the instructions"
)]

mod gradient;
mod product;
mod tiles;
mod transform;

use super::Conv2dShape;
use super::epilogue::{Epilogue, PixelEpilogue};
use super::im2col::flip_and_transpose;
use super::workspace::{Worker, Workspace};
use crate::buffer::AlignedBuffer;
use crate::simd::{InstructionSet, Kernel, Lanes, Source, Target, balanced_blocks};
use crate::threads;
use product::{PANEL, multiply};
use tiles::{POINTS_2D, Span, with_kinds};
use transform::{
    Finish, Layout, OutputRows, Picture, TileCounts, input_tile, kernel_panel, output_tile,
};

/// Floats between the points beyond what they hold: strides of a power of two would put all points
/// of a tile into the same few sets of the first-level cache.
const POINT_PADDING: usize = 80;

/// Floats of transformed tiles and products worked at once. A larger kernel has larger chunks, of
/// three quarters of its own size: every chunk reads the whole kernel again.
const CHUNK_FLOATS: usize = 256 * 1024;

/// A 3x3 convolution with channels in multiples of sixteen.
#[derive(Clone)]
pub(super) struct Winograd {
    shape: Conv2dShape,
    rows: Vec<Span>,
    columns: Vec<Span>,
    instructions: InstructionSet,
    /// Points of the kernel, `[point][out / 16][in][16]`.
    kernel: AlignedBuffer,
    /// The same of the kernel turned by 180 degrees with in and out channels exchanged; empty if
    /// not set.
    backward_kernel: AlignedBuffer,
    /// That turned kernel itself; empty if not set.
    flipped: Vec<f32>,
    zeros: Vec<f32>,
}

impl Winograd {
    pub(super) fn fits(shape: &Conv2dShape) -> bool {
        shape.kernel == [3, 3]
            && shape.in_channels.is_multiple_of(PANEL)
            && shape.out_channels.is_multiple_of(PANEL)
    }

    pub(super) fn new(shape: Conv2dShape, instructions: InstructionSet) -> Self {
        debug_assert!(Self::fits(&shape));
        let mut kernel = AlignedBuffer::default();
        kernel.grow(POINTS_2D * shape.in_channels * shape.out_channels);
        Self {
            shape,
            rows: tiles::cut(shape.height),
            columns: tiles::cut(shape.width),
            instructions,
            kernel,
            backward_kernel: AlignedBuffer::default(),
            flipped: Vec::new(),
            zeros: vec![0.0; shape.in_channels.max(shape.out_channels)],
        }
    }

    pub(super) fn set_weights(&mut self, weights: &[f32]) {
        let points = self.kernel.as_mut_slice();
        transform_kernel(self.instructions, &self.shape, weights, points);
    }

    pub(super) fn set_backward_weights(&mut self, weights: &[f32]) {
        self.flipped.resize(weights.len(), 0.0);
        flip_and_transpose(&self.shape, weights, &mut self.flipped);
        let len = POINTS_2D * self.shape.in_channels * self.shape.out_channels;
        let points = self.backward_kernel.grow(len);
        transform_kernel(
            self.instructions,
            &self.shape.transposed(),
            &self.flipped,
            points,
        );
    }

    pub(super) fn forward(
        &self,
        input: &[f32],
        epilogue: Epilogue<'_>,
        output: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let batch = input.len() / self.shape.input_len();
        let (mut epilogue, statistics) = epilogue.split();
        // Windows that do not divide tiles are pooled from the whole output.
        let pool_after = epilogue
            .pool
            .filter(|window| !window.iter().all(|size| [1, 2, 4].contains(size)));
        if pool_after.is_some() {
            epilogue.pool = None;
        }
        let pass = Pass {
            plan: self,
            shape: self.shape,
            kernel: Source::new(self.kernel.as_slice()),
            input: Source::new(input),
            mask: None,
            epilogue,
        };
        let Some(window) = pool_after else {
            pass.run(batch, statistics, output, workspace);
            return;
        };
        let mut unpooled = std::mem::take(&mut workspace.unpooled);
        let full = unpooled.grow(batch * self.shape.output_len());
        pass.run(batch, statistics, full, workspace);
        let pooled_len = self.shape.pooled_len(window);
        if pooled_len > 0 {
            let pictures = full.chunks_exact(self.shape.output_len());
            for (picture, pooled) in pictures.zip(output.chunks_exact_mut(pooled_len)) {
                PixelEpilogue::pool(&self.shape, window, picture, pooled);
            }
        }
        workspace.unpooled = unpooled;
    }

    pub(super) fn backward_input(
        &self,
        d_output: &[f32],
        relu_mask: Option<&[f32]>,
        d_input: &mut [f32],
        workspace: &mut Workspace,
    ) {
        assert!(
            !self.flipped.is_empty(),
            "set_training_weights was not called"
        );
        let pass = Pass {
            plan: self,
            shape: self.shape.transposed(),
            kernel: Source::new(self.backward_kernel.as_slice()),
            input: Source::new(d_output),
            mask: relu_mask.map(Source::new),
            epilogue: PixelEpilogue::default(),
        };
        pass.run(
            d_output.len() / self.shape.output_len(),
            None,
            d_input,
            workspace,
        );
    }
}

/// Transforms a kernel `[3, 3, in, out]` of `shape` to points `[point][out / 16][in][16]`.
fn transform_kernel(
    instructions: InstructionSet,
    shape: &Conv2dShape,
    weights: &[f32],
    points: &mut [f32],
) {
    struct Transform<'a> {
        weights: Source<'a>,
        channels: (usize, usize),
        panel: usize,
        points: Target<'a>,
    }
    impl Kernel for Transform<'_> {
        type Output = ();
        #[inline(always)]
        unsafe fn run<V: Lanes>(self) {
            // SAFETY: the caller's.
            unsafe { kernel_panel::<V>(self.weights, self.channels, self.panel, self.points) };
        }
    }
    let channels = (shape.in_channels, shape.out_channels);
    assert_eq!(weights.len(), 9 * channels.0 * channels.1);
    assert!(points.len() >= POINTS_2D * channels.0 * channels.1);
    let (weights, points) = (Source::new(weights), Target::new(points));
    threads::for_each_index(channels.0 / PANEL, |panel| {
        let transform = Transform {
            weights,
            channels,
            panel,
            points,
        };
        // SAFETY: the lengths were just checked; this index alone writes the panel's channels.
        unsafe { instructions.run(transform) }
    });
}

/// One convolution of a batch: forward, or backward to the input.
struct Pass<'a> {
    plan: &'a Winograd,
    /// In and out channels are exchanged in the backward pass.
    shape: Conv2dShape,
    kernel: Source<'a>,
    input: Source<'a>,
    mask: Option<Source<'a>>,
    epilogue: PixelEpilogue<'a>,
}

/// A run of tile rows, in pictures one after another, and what is written of them.
struct Chunk<'a> {
    first_row: usize,
    rows: usize,
    output: &'a mut [f32],
    /// Where `output` begins in the whole output.
    output_start: usize,
    /// Sums of each tile row.
    statistics: &'a mut [f32],
}

impl Pass<'_> {
    fn run(
        &self,
        batch: usize,
        statistics: Option<&mut super::ChannelStatistics>,
        mut output: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let shape = &self.shape;
        let pool = self.epilogue.pool.unwrap_or([1, 1]);
        let tile_rows = self.plan.rows.len();
        let total_rows = batch * tile_rows;
        let rows_per_chunk = self.rows_per_chunk(batch, workspace.threads());
        let chunks = if rows_per_chunk < tile_rows {
            batch * tile_rows.div_ceil(rows_per_chunk)
        } else {
            total_rows.div_ceil(rows_per_chunk)
        };
        let sums_len = if statistics.is_some() {
            2 * shape.out_channels
        } else {
            0
        };
        let (workers, sums) = workspace.parts(chunks, total_rows * sums_len);
        sums.fill(0.0);
        let mut unused_sums = &mut *sums;
        let (mut first_row, mut output_start) = (0, 0);
        let items = std::iter::from_fn(|| {
            if first_row == total_rows {
                return None;
            }
            let rows = if rows_per_chunk < tile_rows {
                rows_per_chunk.min(tile_rows - first_row % tile_rows)
            } else {
                rows_per_chunk.min(total_rows - first_row)
            };
            let len = (first_row..first_row + rows)
                .map(|row| self.row_len(row, pool))
                .sum();
            let (own, rest) = std::mem::take(&mut output).split_at_mut(len);
            output = rest;
            let (statistics, rest) = std::mem::take(&mut unused_sums).split_at_mut(rows * sums_len);
            unused_sums = rest;
            let chunk = Chunk {
                first_row,
                rows,
                output: own,
                output_start,
                statistics,
            };
            first_row += rows;
            output_start += len;
            Some(chunk)
        });
        threads::for_each(workers, items, |worker, chunk| {
            self.run_chunk(worker, chunk);
        });
        if let Some(statistics) = statistics {
            statistics.gather(shape.out_channels, batch * shape.height * shape.width, sums);
        }
    }

    /// Floats that a row of tiles writes.
    fn row_len(&self, row: usize, [height, width]: [usize; 2]) -> usize {
        let row = self.plan.rows[row % self.plan.rows.len()];
        row.outputs / height * (self.shape.width / width) * self.shape.out_channels
    }

    /// Tile rows worked at once: whole pictures, or a part of one. Shares the rows out evenly and
    /// leaves work for every thread; results do not depend on it.
    fn rows_per_chunk(&self, batch: usize, threads: usize) -> usize {
        let tile_rows = self.plan.rows.len();
        let channels = self.shape.in_channels + self.shape.out_channels;
        let picture_floats = POINTS_2D * self.plan.columns.len() * channels * tile_rows;
        let kernel_floats = POINTS_2D * self.shape.in_channels * self.shape.out_channels;
        let target = CHUNK_FLOATS.max(kernel_floats / 4 * 3);
        if batch < threads || picture_floats > target {
            let parts = picture_floats
                .div_ceil(target)
                .max(threads.div_ceil(batch.max(1)));
            return tile_rows.div_ceil(parts);
        }
        let chunks = batch
            .div_ceil(target / picture_floats)
            .next_multiple_of(threads);
        batch.div_ceil(chunks) * tile_rows
    }

    fn run_chunk(&self, worker: &mut Worker, chunk: Chunk) {
        let Chunk {
            first_row,
            rows,
            output,
            output_start,
            statistics,
        } = chunk;
        let (shape, plan) = (&self.shape, self.plan);
        let tiles = rows * plan.columns.len();
        let points_layout = Layout {
            point: tiles * shape.in_channels + POINT_PADDING,
            tile: shape.in_channels,
            panel: PANEL,
        };
        let products_layout = Layout {
            point: tiles * shape.out_channels + POINT_PADDING,
            tile: shape.out_channels,
            panel: PANEL,
        };
        let points = worker.a.grow(POINTS_2D * points_layout.point);
        let products = worker.b.grow(POINTS_2D * products_layout.point);
        let kernel = ChunkKernel {
            pass: self,
            first_row,
            rows,
            points: Target::new(points),
            points_layout,
            products: Target::new(products),
            products_layout,
            output: Target::new(output),
            output_start,
            statistics: (!statistics.is_empty()).then(|| Target::new(statistics)),
        };
        // SAFETY: the buffers hold `tiles` tiles at 36 points, the output all rows of the chunk,
        // and all are borrowed exclusively; input, mask and kernel have the lengths that
        // `Conv2dKernel` checked.
        unsafe { plan.instructions.run(kernel) }
    }
}

/// The three stages of a chunk.
struct ChunkKernel<'a> {
    pass: &'a Pass<'a>,
    first_row: usize,
    rows: usize,
    points: Target<'a>,
    points_layout: Layout,
    products: Target<'a>,
    products_layout: Layout,
    output: Target<'a>,
    output_start: usize,
    statistics: Option<Target<'a>>,
}

impl Kernel for ChunkKernel<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        // SAFETY: the caller's.
        unsafe {
            let counts = self.input_stage::<V>();
            self.product_stage::<V>(&counts);
            self.output_stage::<V>();
        }
    }
}

impl ChunkKernel<'_> {
    #[inline(always)]
    unsafe fn input_stage<V: Lanes>(&self) -> TileCounts {
        let Pass {
            plan, shape, input, ..
        } = self.pass;
        let mut counts = [0; POINTS_2D];
        for row in self.first_row..self.first_row + self.rows {
            let picture = Picture {
                values: *input,
                start: row / plan.rows.len() * shape.input_len(),
                height: shape.height,
                width: shape.width,
                channels: shape.in_channels,
                zeros: Source::new(&plan.zeros),
            };
            let row = plan.rows[row % plan.rows.len()];
            for &column in &plan.columns {
                // SAFETY: the caller's.
                unsafe {
                    with_kinds!(
                        row.kind,
                        column.kind,
                        input_tile::<V>(
                            &picture,
                            row,
                            column,
                            self.points,
                            self.points_layout,
                            &mut counts
                        )
                    );
                }
            }
        }
        counts
    }

    #[inline(always)]
    unsafe fn product_stage<V: Lanes>(&self, counts: &TileCounts) {
        let shape = &self.pass.shape;
        let (inner, panels) = (shape.in_channels, shape.out_channels / PANEL);
        // SAFETY: the points were written by `input_stage` and nobody writes them now; the rest is
        // the caller's.
        unsafe {
            let points = self.points.source();
            for (point, &tiles) in counts.iter().enumerate() {
                let points_start = point * self.points_layout.point;
                let products_start = point * self.products_layout.point;
                for panel in 0..panels {
                    let kernel_start = (point * panels + panel) * inner * PANEL;
                    for (tile, rows) in balanced_blocks(tiles, V::ROWS) {
                        multiply::<V>(
                            rows,
                            inner,
                            (points, points_start + tile * inner, inner),
                            (self.pass.kernel, kernel_start),
                            (
                                self.products,
                                products_start + tile * shape.out_channels + panel * PANEL,
                                shape.out_channels,
                            ),
                        );
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn output_stage<V: Lanes>(&self) {
        let Pass {
            plan,
            shape,
            mask,
            epilogue,
            ..
        } = self.pass;
        let window = epilogue.pool.unwrap_or([1, 1]);
        let finish = Finish {
            epilogue: *epilogue,
            mask: *mask,
            statistics: self.statistics,
            channels: shape.out_channels,
            width: shape.width / window[1],
        };
        let mut counts = [0; POINTS_2D];
        let mut start = 0;
        for row in self.first_row..self.first_row + self.rows {
            let out = OutputRows {
                values: self.output,
                start,
                mask_start: self.output_start + start,
                statistics_start: (row - self.first_row) * 2 * shape.out_channels,
            };
            start += self.pass.row_len(row, window);
            let row = plan.rows[row % plan.rows.len()];
            for &column in &plan.columns {
                // SAFETY: the products were written by `product_stage` and nobody writes them now;
                // the rest is the caller's.
                unsafe {
                    with_kinds!(
                        row.kind,
                        column.kind,
                        output_tile::<V>(
                            self.products.source(),
                            self.products_layout,
                            &mut counts,
                            row,
                            column,
                            &finish,
                            out
                        )
                    );
                }
            }
        }
    }
}
