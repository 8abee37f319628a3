//! A convolution of fewer pictures than threads, and of one in any case.
//!
//! All the kernel is read for a handful of tiles, and the transformed kernels of a network do not
//! fit the processor's caches. So the kernel is read as it was given, a quarter of the size, and
//! transformed a block at a time just before it is multiplied with.

use super::super::TAPS;
use super::super::product::multiply;
use super::super::tiles::{POINTS, POINTS_2D, SCALES};
use super::super::transform::{TileCounts, packed_kernel};
use super::{AllStages, Pass, PassKernel, Stages};
use crate::conv::workspace::Workspace;
use crate::simd::{Lanes, PANEL, Source, Target, balanced_blocks};
use crate::threads;

/// Input channels that are transformed at once: the second-level cache holds their points.
const BLOCK: usize = 128;

/// Floats from one point of a transformed block to the next: no power of two, which would put all
/// points into the same few sets of the first-level cache.
const BLOCK_STRIDE: usize = (BLOCK + 1) * PANEL;

/// Tiles multiplied at once with a packed kernel. How few are summed in halves, and the rounding
/// with it, depends on how tiles are divided: the same with all vectors of x86-64.
const MOST_TILES: usize = 6;

impl Pass<'_> {
    /// The threads share the output channels, so that each reads its part of the kernel only; all
    /// of them transform the whole input, which takes less time than waiting for one another. Returns
    /// the sums of each tile row.
    pub(super) fn run_by_channels<'w>(
        &self,
        threads: usize,
        sums_len: usize,
        output: &mut [f32],
        workspace: &'w mut Workspace,
    ) -> &'w [f32] {
        let shape = &self.shape;
        let rows = self.batch * self.rows.len();
        let points_layout = self.layout(rows, shape.in_channels);
        let points_len = POINTS_2D * points_layout.point;
        let block_len = match self.kernel {
            PassKernel::Packed(_) => POINTS_2D * BLOCK_STRIDE,
            PassKernel::Points(_) => 0,
        };
        let slab = shape.out_channels.div_ceil(threads).next_multiple_of(PANEL);
        let slabs = shape.out_channels.div_ceil(slab);
        let (workers, sums) = workspace.parts(slabs, rows * sums_len);
        sums.fill(0.0);
        let statistics = (!sums.is_empty()).then(|| Target::new(sums));
        let output = Target::new(output);
        threads::for_each(workers, 0..slabs, |worker, index| {
            let first_channel = index * slab;
            let channels = slab.min(shape.out_channels - first_channel);
            let products_layout = self.layout(rows, channels);
            let products = worker.b.grow(POINTS_2D * products_layout.point);
            let (points, block) = worker
                .a
                .grow(points_len + block_len)
                .split_at_mut(points_len);
            let stages = Stages {
                pass: self,
                first_row: 0,
                rows,
                first_channel,
                channels,
                points: Target::new(points),
                points_layout,
                products: Target::new(products),
                products_layout,
                output,
                output_start: 0,
                statistics,
            };
            // SAFETY: the buffers hold all tiles at 36 points and a block of the kernel; this item
            // alone writes the output and the sums of its channels; input, mask and kernel have the
            // lengths that `Conv2dKernel` checked.
            unsafe {
                self.plan
                    .instructions
                    .run(AllStages(stages, Target::new(block)));
            }
        });
        sums
    }
}

impl Stages<'_> {
    /// Puts the factors that the kernel's transform leaves out into the points of all tiles.
    ///
    /// # Safety
    /// As of the other stages; nobody else uses the points.
    #[inline(always)]
    pub(super) unsafe fn scale_points<V: Lanes>(&self, counts: &TileCounts) {
        let inner = self.pass.shape.in_channels;
        for (point, tiles) in counts.iter().enumerate() {
            let start = point * self.points_layout.point;
            // SAFETY: the caller's.
            unsafe {
                let scale = V::splat(SCALES[point / POINTS] * SCALES[point % POINTS]);
                for at in (start..start + tiles * inner).step_by(V::LANES) {
                    self.points.store(at, self.points.load::<V>(at) * scale);
                }
            }
        }
    }

    /// As `product_stage`, with the kernel transformed on the way.
    ///
    /// # Safety
    /// As of the other stages; `packed` is the whole kernel and `transformed` has room for a block
    /// of it.
    #[inline(always)]
    pub(super) unsafe fn packed_product_stage<V: Lanes>(
        &self,
        packed: Source<'_>,
        transformed: Target<'_>,
        counts: &TileCounts,
    ) {
        let inner = self.pass.shape.in_channels;
        let first_panel = self.first_channel / PANEL;
        // SAFETY: the points were written by `input_row` and nobody writes them now; the rest is
        // the caller's.
        unsafe {
            let points = self.points.source();
            for panel in 0..self.channels / PANEL {
                for first in (0..inner).step_by(BLOCK) {
                    let inputs = BLOCK.min(inner - first);
                    let start = ((first_panel + panel) * inner + first) * TAPS * PANEL;
                    packed_kernel::<V, false>(
                        (packed, start),
                        inputs,
                        (transformed, 0, BLOCK_STRIDE),
                    );
                    let kernel = transformed.source();
                    for (point, &tiles) in counts.iter().enumerate() {
                        let points_start = point * self.points_layout.point + first;
                        let products_start = point * self.products_layout.point + panel * PANEL;
                        for (tile, rows) in balanced_blocks(tiles, V::ROWS.min(MOST_TILES)) {
                            multiply::<V, true>(
                                rows,
                                inputs,
                                first > 0,
                                (points, points_start + tile * inner, inner),
                                (kernel, point * BLOCK_STRIDE),
                                (
                                    self.products,
                                    products_start + tile * self.channels,
                                    self.channels,
                                ),
                            );
                        }
                    }
                }
            }
        }
    }
}
