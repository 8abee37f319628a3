//! One convolution of a batch, forward or backward to the input: which rows of tiles are worked
//! together, and by which thread.

mod few;

use super::super::Conv2dShape;
use super::super::epilogue::{ChannelStatistics, PixelEpilogue};
use super::super::workspace::{Worker, Workspace};
use super::product::multiply;
use super::tiles::{POINTS_2D, Span, with_kinds};
use super::transform::{Finish, Layout, OutputRows, Picture, TileCounts, input_tile, output_tile};
use super::{POINT_PADDING, Winograd};
use crate::simd::{Kernel, Lanes, PANEL, Source, Target, balanced_blocks};
use crate::threads;

/// Floats of transformed tiles and products worked at once. A larger kernel has larger chunks, of
/// three quarters of its own size: every chunk reads the whole kernel again.
const CHUNK_FLOATS: usize = 256 * 1024;

/// What a pass multiplies with.
#[derive(Clone, Copy)]
pub(super) enum PassKernel<'a> {
    /// Points, `[point][out / 16][in][16]`.
    Points(&'a [f32]),
    /// The kernel before its transform, `[out / 16][in][9 taps][16]`. Rounds differently, so whether
    /// it is used must not depend on the number of threads.
    Packed(&'a [f32]),
}

/// One convolution of a batch: forward, or backward to the input.
pub(super) struct Pass<'a> {
    plan: &'a Winograd,
    rows: &'a [Span],
    columns: &'a [Span],
    /// In and out channels are exchanged in the backward pass.
    shape: Conv2dShape,
    batch: usize,
    kernel: PassKernel<'a>,
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

impl<'a> Pass<'a> {
    pub(super) fn new(
        plan: &'a Winograd,
        shape: Conv2dShape,
        kernel: PassKernel<'a>,
        input: &'a [f32],
        batch: usize,
        mask: Option<&'a [f32]>,
        epilogue: PixelEpilogue<'a>,
    ) -> Self {
        Self {
            plan,
            rows: &plan.rows,
            columns: &plan.columns,
            shape,
            batch,
            kernel,
            input: Source::new(input),
            mask: mask.map(Source::new),
            epilogue,
        }
    }

    /// Writes `output`.
    pub(super) fn run(
        &self,
        statistics: Option<&mut ChannelStatistics>,
        output: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let total_rows = self.batch * self.rows.len();
        let sums_len = if statistics.is_some() {
            2 * self.shape.out_channels
        } else {
            0
        };
        let threads = workspace.threads();
        let sums = if self.batch < threads.max(2) {
            self.run_by_channels(threads, sums_len, output, workspace)
        } else {
            self.run_by_rows(threads, sums_len, output, workspace)
        };
        if let Some(statistics) = statistics {
            let pixels = self.batch * self.shape.height * self.shape.width;
            debug_assert_eq!(sums.len(), total_rows * sums_len);
            statistics.gather(self.shape.out_channels, pixels, sums);
        }
    }

    /// Each thread takes chunks of rows through all stages. Returns the sums of each tile row.
    fn run_by_rows<'w>(
        &self,
        threads: usize,
        sums_len: usize,
        mut output: &mut [f32],
        workspace: &'w mut Workspace,
    ) -> &'w [f32] {
        let pool = self.epilogue.pool.unwrap_or([1, 1]);
        let tile_rows = self.rows.len();
        let total_rows = self.batch * tile_rows;
        let rows_per_chunk = self.rows_per_chunk(threads);
        let chunks = if rows_per_chunk < tile_rows {
            self.batch * tile_rows.div_ceil(rows_per_chunk)
        } else {
            total_rows.div_ceil(rows_per_chunk)
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
        sums
    }

    /// Floats that a row of tiles writes.
    fn row_len(&self, row: usize, [height, width]: [usize; 2]) -> usize {
        let row = self.rows[row % self.rows.len()];
        row.outputs / height * (self.shape.width / width) * self.shape.out_channels
    }

    /// Tile rows worked at once: whole pictures, or a part of one. Shares the rows out evenly and
    /// leaves work for every thread; results do not depend on it.
    fn rows_per_chunk(&self, threads: usize) -> usize {
        let tile_rows = self.rows.len();
        let channels = self.shape.in_channels + self.shape.out_channels;
        let picture_floats = POINTS_2D * self.columns.len() * channels * tile_rows;
        let kernel_floats = POINTS_2D * self.shape.in_channels * self.shape.out_channels;
        let target = CHUNK_FLOATS.max(kernel_floats / 4 * 3);
        if picture_floats > target {
            return tile_rows.div_ceil(picture_floats.div_ceil(target));
        }
        let chunks = self
            .batch
            .div_ceil(target / picture_floats)
            .next_multiple_of(threads);
        self.batch.div_ceil(chunks).max(1) * tile_rows
    }

    fn run_chunk(&self, worker: &mut Worker, chunk: Chunk) {
        let Chunk {
            first_row,
            rows,
            output,
            output_start,
            statistics,
        } = chunk;
        let points_layout = self.layout(rows, self.shape.in_channels);
        let products_layout = self.layout(rows, self.shape.out_channels);
        let points = worker.a.grow(POINTS_2D * points_layout.point);
        let products = worker.b.grow(POINTS_2D * products_layout.point);
        let stages = Stages {
            pass: self,
            first_row,
            rows,
            first_channel: 0,
            channels: self.shape.out_channels,
            points: Target::new(points),
            points_layout,
            products: Target::new(products),
            products_layout,
            output: Target::new(output),
            output_start,
            statistics: (!statistics.is_empty()).then(|| Target::new(statistics)),
        };
        // SAFETY: the buffers hold all tiles of the rows at 36 points, the output all rows of the
        // chunk, and all are borrowed exclusively; input, mask and kernel have the lengths that
        // `Conv2dKernel` checked.
        unsafe {
            self.plan
                .instructions
                .run(AllStages(stages, Target::new(&mut [])));
        }
    }

    /// Tiles one after another, padded between the points.
    fn layout(&self, rows: usize, channels: usize) -> Layout {
        Layout {
            point: rows * self.columns.len() * channels + POINT_PADDING,
            tile: channels,
            panel: PANEL,
        }
    }
}

/// The three stages of some tile rows, and of some output channels.
#[derive(Clone, Copy)]
struct Stages<'a> {
    pass: &'a Pass<'a>,
    first_row: usize,
    rows: usize,
    first_channel: usize,
    channels: usize,
    points: Target<'a>,
    points_layout: Layout,
    products: Target<'a>,
    products_layout: Layout,
    output: Target<'a>,
    output_start: usize,
    statistics: Option<Target<'a>>,
}

/// All stages of all rows, with room for a transformed block of a packed kernel.
struct AllStages<'a>(Stages<'a>, Target<'a>);

impl Kernel for AllStages<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let Self(stages, block) = self;
        let mut counts = [0; POINTS_2D];
        // SAFETY: the caller's.
        unsafe {
            for row in stages.first_row..stages.first_row + stages.rows {
                stages.input_row::<V>(row, &mut counts);
            }
            match stages.pass.kernel {
                PassKernel::Packed(kernel) => {
                    stages.scale_points::<V>(&counts);
                    stages.packed_product_stage::<V>(Source::new(kernel), block, &counts);
                }
                PassKernel::Points(kernel) => {
                    stages.product_stage::<V>(Source::new(kernel), &counts);
                }
            }
            stages.output_stage::<V>();
        }
    }
}

impl Stages<'_> {
    #[inline(always)]
    unsafe fn input_row<V: Lanes>(&self, row: usize, counts: &mut TileCounts) {
        let Pass {
            plan,
            shape,
            input,
            rows,
            columns,
            ..
        } = self.pass;
        let picture = Picture {
            values: *input,
            start: row / rows.len() * shape.input_len(),
            height: shape.height,
            width: shape.width,
            channels: shape.in_channels,
            zeros: Source::new(&plan.zeros),
        };
        let row = rows[row % rows.len()];
        for &column in *columns {
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
                        counts
                    )
                );
            }
        }
    }

    #[inline(always)]
    unsafe fn product_stage<V: Lanes>(&self, kernel: Source<'_>, counts: &TileCounts) {
        let shape = &self.pass.shape;
        let (inner, panels) = (shape.in_channels, shape.out_channels / PANEL);
        let first_panel = self.first_channel / PANEL;
        // SAFETY: the points were written by `input_row` and nobody writes them now; the rest is
        // the caller's.
        unsafe {
            let points = self.points.source();
            for (point, &tiles) in counts.iter().enumerate() {
                let points_start = point * self.points_layout.point;
                let products_start = point * self.products_layout.point;
                for panel in 0..self.channels / PANEL {
                    let kernel_start = (point * panels + first_panel + panel) * inner * PANEL;
                    for (tile, rows) in balanced_blocks(tiles, V::ROWS) {
                        multiply::<V, false>(
                            rows,
                            inner,
                            false,
                            (points, points_start + tile * inner, inner),
                            (kernel, kernel_start),
                            (
                                self.products,
                                products_start + tile * self.channels + panel * PANEL,
                                self.channels,
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
            shape,
            rows,
            columns,
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
            let row = rows[row % rows.len()];
            for &column in *columns {
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
                            (self.first_channel, self.channels),
                            &finish,
                            out
                        )
                    );
                }
            }
        }
    }
}
