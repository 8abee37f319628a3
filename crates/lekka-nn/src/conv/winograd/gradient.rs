//! The gradient of the kernel: `G' (sum over tiles of (B' d B) . (A y A')) G`.
//!
//! A group of pictures is transformed by all threads, then each thread multiplies the points that
//! it takes, over all tiles of the group. No sum is shared by threads.

use super::product::multiply_transposed;
use super::tiles::{POINTS, POINTS_2D, with_kinds};
use super::transform::{
    Layout, Picture, TileCounts, gradient_tile, input_tile, kernel_gradient_block,
};
use super::{POINT_PADDING, Winograd};
use crate::conv::workspace::Workspace;
use crate::simd::{Kernel, Lanes, PANEL, Source, Target};
use crate::threads;

/// Floats of the transformed pictures of a group, to stay in the caches.
const GROUP_FLOATS: usize = 700 * 1024;

/// The same where the sums are so large that few groups are better.
const LARGE_GROUP_FLOATS: usize = 8 * 1024 * 1024;

/// The point whose transform of a gradient is the plain sum of the tile, in both directions 1.
const SUM_POINT: usize = POINTS + 1;

impl Winograd {
    pub(in crate::conv) fn backward_weights(
        &self,
        input: &[f32],
        d_output: &[f32],
        d_kernel: &mut [f32],
        d_bias: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let shape = &self.shape;
        let (inputs, outputs) = (shape.in_channels, shape.out_channels);
        let batch = input.len() / shape.input_len();
        d_bias.fill(0.0);
        if batch == 0 {
            d_kernel.fill(0.0);
            return;
        }
        let picture_tiles = self.tiles_before(1, 0);
        let most_tiles = self.rows.len() * self.columns.len();
        let group = self.pictures_per_group(batch);
        let layout = |channels| Layout {
            point: group * most_tiles * channels + POINT_PADDING,
            tile: PANEL,
            panel: group * most_tiles * PANEL,
        };
        let (input_layout, output_layout) = (layout(inputs), layout(outputs));
        let sum_stride = inputs * outputs + POINT_PADDING;
        let lens =
            [input_layout.point, output_layout.point, sum_stride].map(|stride| POINTS_2D * stride);
        let (_, memory) = workspace.parts(1, lens.iter().sum());
        let (input_points, rest) = memory.split_at_mut(lens[0]);
        let (output_points, sums) = rest.split_at_mut(lens[1]);
        let input_points = Target::new(input_points);
        let output_points = Target::new(output_points);
        let sums = Target::new(sums);
        for first in (0..batch).step_by(group) {
            let pictures = group.min(batch - first);
            let tile_rows = self.rows.len();
            threads::for_each_index(pictures * tile_rows, |index| {
                let (picture, row) = (index / tile_rows, index % tile_rows);
                let transform = TransformRow {
                    plan: self,
                    input: Source::new(input),
                    d_output: Source::new(d_output),
                    picture: first + picture,
                    row,
                    counts: self.tiles_before(picture, row),
                    input_points,
                    input_layout,
                    output_points,
                    output_layout,
                };
                // SAFETY: slices have the lengths that `Conv2dKernel` checked; the points hold
                // `group` pictures, and this index alone writes its own tiles.
                unsafe { self.instructions.run(transform) }
            });
            threads::for_each_index(POINTS_2D, |point| {
                let multiply = MultiplyPoint {
                    tiles: pictures * picture_tiles[point],
                    keep: first > 0,
                    channels: (inputs, outputs),
                    // SAFETY: nobody writes the points before all of this is done.
                    input_points: unsafe { input_points.source() },
                    input_start: point * input_layout.point,
                    input_panel_stride: input_layout.panel,
                    // SAFETY: as above.
                    output_points: unsafe { output_points.source() },
                    output_start: point * output_layout.point,
                    output_panel_stride: output_layout.panel,
                    sums,
                    sum_start: point * sum_stride,
                };
                // SAFETY: the points hold these tiles; this index alone writes its point's sums.
                unsafe { self.instructions.run(multiply) }
            });
            let tiles = pictures * picture_tiles[SUM_POINT];
            for (panel, sums) in d_bias.chunks_exact_mut(PANEL).enumerate() {
                let start = SUM_POINT * output_layout.point + panel * output_layout.panel;
                // SAFETY: the transforms above wrote these tiles, and nobody writes them now.
                let values = unsafe {
                    std::slice::from_raw_parts(
                        output_points.at(start, tiles * PANEL),
                        tiles * PANEL,
                    )
                };
                for tile in values.chunks_exact(PANEL) {
                    for (sum, &value) in sums.iter_mut().zip(tile) {
                        *sum += value;
                    }
                }
            }
        }
        let d_kernel = Target::new(d_kernel);
        threads::for_each_index(inputs / PANEL, |panel| {
            let transform = KernelGradientPanel {
                // SAFETY: the sums are complete.
                sums: unsafe { sums.source() },
                channels: (inputs, outputs),
                sum_stride,
                panel,
                d_kernel,
            };
            // SAFETY: the sums hold all points, the gradient all taps; this index alone writes the
            // input channels of the panel.
            unsafe { self.instructions.run(transform) }
        });
    }

    /// Pictures transformed before they are multiplied. Small groups stay in the caches; but each
    /// reads and writes all sums, and where that moves more memory than the transformed pictures
    /// themselves, groups are large. Depends on the problem only: the order of the sums follows.
    fn pictures_per_group(&self, batch: usize) -> usize {
        let (inputs, outputs) = (self.shape.in_channels, self.shape.out_channels);
        let tiles = self.rows.len() * self.columns.len();
        let picture_floats = POINTS_2D * tiles * (inputs + outputs);
        let sum_floats = POINTS_2D * inputs * outputs;
        let small = (GROUP_FLOATS / picture_floats).clamp(1, batch);
        let small_moves = batch.div_ceil(small) * 2 * sum_floats;
        let large_moves = 2 * sum_floats + 4 * batch * picture_floats;
        // The sums cost about twice as much, read and written a little at a time.
        let group = if 2 * small_moves <= large_moves {
            small
        } else {
            (LARGE_GROUP_FLOATS / picture_floats).clamp(1, batch)
        };
        batch.div_ceil(batch.div_ceil(group))
    }

    /// How many tiles use each point in whole pictures and in the first tile rows of one more.
    fn tiles_before(&self, pictures: usize, rows: usize) -> TileCounts {
        let mut tiles = [0; POINTS_2D];
        for (index, row) in self.rows.iter().enumerate() {
            let times = pictures + usize::from(index < rows);
            for column in &self.columns {
                for i in row.kind.used() {
                    for j in column.kind.used() {
                        tiles[i * POINTS + j] += times;
                    }
                }
            }
        }
        tiles
    }
}

/// A tile row of the input and the gradient of one picture to points.
struct TransformRow<'a> {
    plan: &'a Winograd,
    input: Source<'a>,
    d_output: Source<'a>,
    picture: usize,
    row: usize,
    counts: TileCounts,
    input_points: Target<'a>,
    input_layout: Layout,
    output_points: Target<'a>,
    output_layout: Layout,
}

impl Kernel for TransformRow<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let shape = &self.plan.shape;
        let input = Picture {
            values: self.input,
            start: self.picture * shape.input_len(),
            height: shape.height,
            width: shape.width,
            channels: shape.in_channels,
            zeros: Source::new(&self.plan.zeros),
        };
        let d_output = Picture {
            values: self.d_output,
            start: self.picture * shape.output_len(),
            channels: shape.out_channels,
            ..input
        };
        let row = self.plan.rows[self.row];
        let mut counts = self.counts;
        for &column in &self.plan.columns {
            // SAFETY: the caller's.
            unsafe {
                with_kinds!(
                    row.kind,
                    column.kind,
                    input_tile::<V>(
                        &input,
                        row,
                        column,
                        self.input_points,
                        self.input_layout,
                        &mut counts
                    )
                );
            }
        }
        let mut counts = self.counts;
        for &column in &self.plan.columns {
            // SAFETY: the caller's.
            unsafe {
                with_kinds!(
                    row.kind,
                    column.kind,
                    gradient_tile::<V>(
                        &d_output,
                        row,
                        column,
                        self.output_points,
                        self.output_layout,
                        &mut counts
                    )
                );
            }
        }
    }
}

/// Where the sums of sixteen input and sixteen output channels begin among those of a point: blocks
/// one after another in the order in which they are computed, so that memory is read ahead.
#[inline(always)]
pub(super) fn block_start((inputs, _): (usize, usize), in_panel: usize, out_panel: usize) -> usize {
    (out_panel * (inputs / PANEL) + in_panel) * PANEL * PANEL
}

/// `sums[in, out] (+)= transpose(input points[tiles, in]) * output points[tiles, out]` of a point.
struct MultiplyPoint<'a> {
    tiles: usize,
    /// Add to the sums, else write them.
    keep: bool,
    channels: (usize, usize),
    input_points: Source<'a>,
    input_start: usize,
    input_panel_stride: usize,
    output_points: Source<'a>,
    output_start: usize,
    output_panel_stride: usize,
    sums: Target<'a>,
    sum_start: usize,
}

impl Kernel for MultiplyPoint<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let (inputs, outputs) = self.channels;
        for out_panel in 0..outputs / PANEL {
            let output = self.output_start + out_panel * self.output_panel_stride;
            for in_panel in 0..inputs / PANEL {
                let input = self.input_start + in_panel * self.input_panel_stride;
                let sum = self.sum_start + block_start((inputs, outputs), in_panel, out_panel);
                // SAFETY: the caller's.
                unsafe {
                    multiply_transposed::<V>(
                        self.tiles,
                        self.keep,
                        (self.input_points, input),
                        (self.output_points, output),
                        (self.sums, sum, PANEL),
                    );
                }
            }
        }
    }
}

/// The sums of sixteen input channels to the gradient of the kernel.
struct KernelGradientPanel<'a> {
    sums: Source<'a>,
    channels: (usize, usize),
    sum_stride: usize,
    panel: usize,
    d_kernel: Target<'a>,
}

impl Kernel for KernelGradientPanel<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        for out_panel in 0..self.channels.1 / PANEL {
            let block = block_start(self.channels, self.panel, out_panel);
            // SAFETY: the caller's.
            unsafe {
                kernel_gradient_block::<V>(
                    (self.sums, block, self.sum_stride),
                    self.channels,
                    (self.panel, out_panel),
                    self.d_kernel,
                );
            }
        }
    }
}
