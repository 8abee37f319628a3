//! The transforms of whole tiles: pictures to points, points to pictures, gradients to points,
//! kernels to points and back.

#![expect(unsafe_code, reason = "unchecked memory access of the inner loops")]
#![expect(
    clippy::needless_range_loop,
    reason = "loops over rows and columns of several matrices at once"
)]

use super::TAPS;
use super::tiles::{G, POINTS, POINTS_2D, Span, TileKind, kernel_points, unscaled_kernel_points};
use crate::conv::epilogue::PixelEpilogue;
use crate::simd::{Lanes, PANEL, Source, Target};

/// Where the value of a point, tile and channel lies:
/// `point * layout.point + tile * layout.tile + (channel / 16) * layout.panel + channel % 16`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) point: usize,
    pub(super) tile: usize,
    pub(super) panel: usize,
}

/// How many tiles each point has so far: not all kinds of tiles use all points.
pub(super) type TileCounts = [usize; POINTS_2D];

/// A picture to be cut into tiles.
#[derive(Clone, Copy)]
pub(super) struct Picture<'a> {
    pub(super) values: Source<'a>,
    /// Index of the picture's first float.
    pub(super) start: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// As many zeros as channels: pixels outside.
    pub(super) zeros: Source<'a>,
}

impl Picture<'_> {
    /// The channels of a pixel, zeros outside.
    #[inline(always)]
    unsafe fn pixel(&self, y: usize, x: usize) -> *const f32 {
        // SAFETY: the pixel is inside the picture, the picture inside its memory.
        unsafe {
            if y < self.height && x < self.width {
                let at = self.start + (y * self.width + x) * self.channels;
                self.values.at(at, self.channels)
            } else {
                self.zeros.at(0, self.channels)
            }
        }
    }
}

/// `B' d B` of one tile of `picture` to `points`.
///
/// # Safety
/// The picture and the points are inside their memory, nobody else uses these tiles' points, the
/// processor has the instruction set of `V`.
#[inline(always)]
pub(super) unsafe fn input_tile<V: Lanes, R: TileKind, C: TileKind>(
    picture: &Picture<'_>,
    row: Span,
    column: Span,
    points: Target<'_>,
    layout: Layout,
    counts: &mut TileCounts,
) {
    // SAFETY: the caller's.
    unsafe {
        let (rows, columns) = (R::USED.len(), C::USED.len());
        let mut from = [[picture.zeros.at(0, 0); POINTS]; POINTS];
        let mut to = [[points.at(0, 0); POINTS]; POINTS];
        for i in 0..rows {
            for j in 0..columns {
                let y = (row.start + i).wrapping_sub(1);
                let x = (column.start + j).wrapping_sub(1);
                from[i][j] = picture.pixel(y, x);
                to[i][j] = next_tile::<R, C>(i, j, points, layout, picture.channels, counts);
            }
        }
        let zero = V::splat(0.0);
        for panel in 0..picture.channels / PANEL {
            for lanes in (0..PANEL).step_by(V::LANES) {
                let channel = panel * PANEL + lanes;
                let target = panel * layout.panel + lanes;
                if lanes == 0 {
                    // The new columns of the next tile, if it is beside this one.
                    for from in &from[..rows] {
                        for j in 2..POINTS {
                            V::prefetch(from[j].wrapping_add(4 * picture.channels + channel));
                        }
                    }
                }
                let mut half_done = [[zero; POINTS]; POINTS];
                for j in 0..columns {
                    let mut inputs = [zero; POINTS];
                    for i in 0..rows {
                        inputs[i] = V::load(from[i][j].add(channel));
                    }
                    let transformed = R::input(&inputs);
                    for i in 0..rows {
                        half_done[i][j] = transformed[i];
                    }
                }
                for i in 0..rows {
                    let transformed = C::input(&half_done[i]);
                    for j in 0..columns {
                        transformed[j].store(to[i][j].add(target));
                    }
                }
            }
        }
    }
}

/// `A y A'` of one tile of the gradient `picture` to `points`.
///
/// # Safety
/// As [`input_tile`].
#[inline(always)]
pub(super) unsafe fn gradient_tile<V: Lanes, R: TileKind, C: TileKind>(
    picture: &Picture<'_>,
    row: Span,
    column: Span,
    points: Target<'_>,
    layout: Layout,
    counts: &mut TileCounts,
) {
    // SAFETY: the caller's.
    unsafe {
        let (rows, columns) = (R::USED.len(), C::USED.len());
        let mut from = [[picture.zeros.at(0, 0); 4]; 4];
        let mut to = [[points.at(0, 0); POINTS]; POINTS];
        for i in 0..R::OUTPUTS {
            for j in 0..C::OUTPUTS {
                from[i][j] = picture.pixel(row.start + i, column.start + j);
            }
        }
        for i in 0..rows {
            for j in 0..columns {
                to[i][j] = next_tile::<R, C>(i, j, points, layout, picture.channels, counts);
            }
        }
        let zero = V::splat(0.0);
        for panel in 0..picture.channels / PANEL {
            for lanes in (0..PANEL).step_by(V::LANES) {
                let channel = panel * PANEL + lanes;
                let target = panel * layout.panel + lanes;
                let mut half_done = [[zero; 4]; POINTS];
                for j in 0..C::OUTPUTS {
                    let mut inputs = [zero; 4];
                    for i in 0..R::OUTPUTS {
                        inputs[i] = V::load(from[i][j].add(channel));
                    }
                    let transformed = R::gradient(&inputs);
                    for i in 0..rows {
                        half_done[i][j] = transformed[i];
                    }
                }
                for i in 0..rows {
                    let transformed = C::gradient(&half_done[i]);
                    for j in 0..columns {
                        transformed[j].store(to[i][j].add(target));
                    }
                }
            }
        }
    }
}

/// The place of the next tile of the point that a kind of tile uses `i`th and `j`th.
#[inline(always)]
unsafe fn next_tile<R: TileKind, C: TileKind>(
    i: usize,
    j: usize,
    points: Target<'_>,
    layout: Layout,
    channels: usize,
    counts: &mut TileCounts,
) -> *mut f32 {
    let point = R::USED[i] * POINTS + C::USED[j];
    let tile = counts[point];
    counts[point] += 1;
    let span = (channels / PANEL - 1) * layout.panel + PANEL;
    // SAFETY: the points hold this tile, as the caller of the transform promises.
    unsafe { points.at(point * layout.point + tile * layout.tile, span) }
}

/// What the transform to pictures does besides.
pub(super) struct Finish<'a> {
    pub(super) epilogue: PixelEpilogue<'a>,
    /// Zero where this is not positive; as large as the output, no pooling with it.
    pub(super) mask: Option<Source<'a>>,
    /// Sums and sums of squares of the channels are added here.
    pub(super) statistics: Option<Target<'a>>,
    pub(super) channels: usize,
    /// Width of the output, after pooling.
    pub(super) width: usize,
}

/// A row of tiles' share of the output.
#[derive(Clone, Copy)]
pub(super) struct OutputRows<'a> {
    pub(super) values: Target<'a>,
    /// Where the first row of outputs of the tiles begins, after pooling, in `values`.
    pub(super) start: usize,
    /// The same in the mask.
    pub(super) mask_start: usize,
    /// Where this row's sums begin in the statistics.
    pub(super) statistics_start: usize,
}

/// `A' m A` of one tile from `points`, which hold the channels from `first_channel` on, to the output.
///
/// # Safety
/// As [`input_tile`]; nobody else uses the outputs or statistics of these channels.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "called once, with all of it")]
pub(super) unsafe fn output_tile<V: Lanes, R: TileKind, C: TileKind>(
    points: Source<'_>,
    layout: Layout,
    counts: &mut TileCounts,
    row: Span,
    column: Span,
    (first_channel, channels): (usize, usize),
    finish: &Finish<'_>,
    out: OutputRows<'_>,
) {
    // SAFETY: the caller's.
    unsafe {
        let (rows, columns) = (R::USED.len(), C::USED.len());
        let mut from = [[points.at(0, 0); POINTS]; POINTS];
        for i in 0..rows {
            for j in 0..columns {
                let point = R::USED[i] * POINTS + C::USED[j];
                let at = point * layout.point + counts[point] * layout.tile;
                counts[point] += 1;
                from[i][j] = points.at(at, channels);
            }
        }
        let zero = V::splat(0.0);
        for channel in (0..channels).step_by(V::LANES) {
            if channel % PANEL == 0 {
                // Where the next tile will write.
                for i in 0..R::OUTPUTS {
                    for j in 4..8 {
                        let pixel = i * finish.width + column.start + j;
                        let at = out.start + pixel * finish.channels + first_channel + channel;
                        V::prefetch(out.values.at(0, 0).wrapping_add(at));
                    }
                }
            }
            let mut half_done = [[zero; POINTS]; 4];
            for j in 0..columns {
                let mut values = [zero; POINTS];
                for i in 0..rows {
                    values[i] = V::load(from[i][j].add(channel));
                }
                let transformed = R::output(&values);
                for i in 0..R::OUTPUTS {
                    half_done[i][j] = transformed[i];
                }
            }
            finish_tile::<V, R, C>(
                &half_done,
                row,
                column,
                first_channel + channel,
                finish,
                out,
            );
        }
    }
}

#[inline(always)]
unsafe fn finish_tile<V: Lanes, R: TileKind, C: TileKind>(
    half_done: &[[V; POINTS]; 4],
    row: Span,
    column: Span,
    channel: usize,
    finish: &Finish<'_>,
    out: OutputRows<'_>,
) {
    let epilogue = &finish.epilogue;
    let outputs = row.outputs.min(R::OUTPUTS);
    let across = column.outputs.min(C::OUTPUTS);
    // SAFETY: the caller's: outputs inside the picture are inside the memory.
    unsafe {
        if let Some(mask) = finish.mask {
            for i in 0..outputs {
                let values = C::output(&half_done[i]);
                for (j, &value) in values.iter().enumerate().take(across) {
                    let at = (i * finish.width + column.start + j) * finish.channels + channel;
                    let value = value.where_positive(mask.load(out.mask_start + at));
                    out.values.store(out.start + at, value);
                }
            }
            return;
        }
        let zero = V::splat(0.0);
        let bias = match epilogue.bias {
            Some(bias) => Source::new(bias).load(channel),
            None => zero,
        };
        let floor = if epilogue.relu {
            zero
        } else {
            V::splat(f32::NEG_INFINITY)
        };
        let (mut sum, mut squares) = (zero, zero);
        let [window_height, window_width] = epilogue.pool.unwrap_or([1, 1]);
        let pooled_across = across / window_width;
        let first_pixel = column.start / window_width;
        let mut pooled = [zero; 4];
        for i in 0..outputs {
            let mut values = C::output(&half_done[i]);
            for value in &mut values {
                *value = floor.greater_of(*value + bias);
            }
            if finish.statistics.is_some() {
                for &value in values.iter().take(across) {
                    sum = sum + value;
                    squares = value.mul_add(value, squares);
                }
            }
            if let Some(affine) = epilogue.scale_shift {
                let scale: V = Source::new(affine.scale).load(channel);
                let shift: V = Source::new(affine.shift).load(channel);
                for value in &mut values {
                    *value = value.mul_add(scale, shift);
                }
            }
            match window_width {
                2 => {
                    values = [
                        values[0].greater_of(values[1]),
                        values[2].greater_of(values[3]),
                        zero,
                        zero,
                    ];
                }
                4 => {
                    let left = values[0].greater_of(values[1]);
                    values[0] = left.greater_of(values[2].greater_of(values[3]));
                }
                _ => {}
            }
            if i % window_height == 0 {
                pooled = values;
            } else {
                for (max, value) in pooled.iter_mut().zip(values) {
                    *max = max.greater_of(value);
                }
            }
            if (i + 1) % window_height == 0 {
                let line =
                    out.start + (i / window_height * finish.width + first_pixel) * finish.channels;
                for (j, &value) in pooled.iter().enumerate().take(pooled_across) {
                    out.values
                        .store(line + j * finish.channels + channel, value);
                }
            }
        }
        if let Some(statistics) = finish.statistics {
            let sum_at = out.statistics_start + channel;
            let squares_at = sum_at + finish.channels;
            statistics.store(sum_at, sum + statistics.load(sum_at));
            statistics.store(squares_at, squares + statistics.load(squares_at));
        }
    }
}

/// `G g G'` of the kernel for sixteen input channels: `[3, 3, in, out]` to
/// `[point][out / 16][in][16]`.
///
/// # Safety
/// The memory is large enough, nobody else uses these channels' points, the processor has the
/// instruction set of `V`.
#[inline(always)]
pub(super) unsafe fn kernel_panel<V: Lanes>(
    kernel: Source<'_>,
    (inputs, outputs): (usize, usize),
    in_panel: usize,
    points: Target<'_>,
) {
    // SAFETY: the caller's.
    unsafe {
        for output in (0..outputs).step_by(V::LANES) {
            for input in in_panel * PANEL..(in_panel + 1) * PANEL {
                let mut taps = [V::splat(0.0); TAPS];
                for (tap, value) in taps.iter_mut().enumerate() {
                    *value = kernel.load((tap * inputs + input) * outputs + output);
                }
                let start = (output / PANEL * inputs + input) * PANEL + output % PANEL;
                transform_taps::<V, true>(&taps, points, start, inputs * outputs);
            }
        }
    }
}

/// `G g G'` of a packed kernel, `[in][9][16]` from its start on, for `inputs` channels:
/// `[point][in][16]` from the start of the points on, these a stride apart. If not `SCALED`, without
/// the factors [`SCALES`](super::tiles::SCALES) of both dimensions.
///
/// # Safety
/// The memory is large enough, nobody else uses the points, the processor has the instruction set
/// of `V`.
#[inline(always)]
pub(super) unsafe fn packed_kernel<V: Lanes, const SCALED: bool>(
    (kernel, start): (Source<'_>, usize),
    inputs: usize,
    (points, points_start, point_stride): (Target<'_>, usize, usize),
) {
    // SAFETY: the caller's.
    unsafe {
        for input in 0..inputs {
            for lanes in (0..PANEL).step_by(V::LANES) {
                let mut taps = [V::splat(0.0); TAPS];
                for (tap, value) in taps.iter_mut().enumerate() {
                    *value = kernel.load(start + (input * TAPS + tap) * PANEL + lanes);
                }
                let at = points_start + input * PANEL + lanes;
                transform_taps::<V, SCALED>(&taps, points, at, point_stride);
            }
        }
    }
}

/// Nine taps of as many output channels as lanes, transformed in both dimensions; the points `stride` apart
/// from `start` on.
///
/// # Safety
/// As [`packed_kernel`].
#[inline(always)]
unsafe fn transform_taps<V: Lanes, const SCALED: bool>(
    taps: &[V; TAPS],
    points: Target<'_>,
    start: usize,
    stride: usize,
) {
    // A flag and no function as argument: a call through `Fn` is not inlined here.
    let mut columns = [[taps[0]; POINTS]; 3];
    for (j, column) in columns.iter_mut().enumerate() {
        let taps = [taps[j], taps[3 + j], taps[6 + j]];
        *column = if SCALED {
            kernel_points(&taps)
        } else {
            unscaled_kernel_points(&taps)
        };
    }
    for i in 0..POINTS {
        let taps = [columns[0][i], columns[1][i], columns[2][i]];
        let row = if SCALED {
            kernel_points(&taps)
        } else {
            unscaled_kernel_points(&taps)
        };
        for (j, value) in row.into_iter().enumerate() {
            // SAFETY: the caller's.
            unsafe { points.store(start + (i * POINTS + j) * stride, value) };
        }
    }
}

/// `G' u G` of sixteen input and sixteen output channels: the gradient of the transformed kernel,
/// a block `[16 in][16 out]` at `block` of every point, to that of the kernel, `[3, 3, in, out]`.
///
/// # Safety
/// The memory is large enough, nobody else uses these channels' gradient, the processor has the
/// instruction set of `V`.
#[inline(always)]
pub(super) unsafe fn kernel_gradient_block<V: Lanes>(
    (points, block, point_stride): (Source<'_>, usize, usize),
    (inputs, outputs): (usize, usize),
    (in_panel, out_panel): (usize, usize),
    kernel: Target<'_>,
) {
    // SAFETY: the caller's.
    unsafe {
        let zero = V::splat(0.0);
        for lanes in (0..PANEL * PANEL).step_by(V::LANES) {
            let mut half_done = [[zero; POINTS]; 3];
            for j in 0..POINTS {
                for i in 0..POINTS {
                    let at = (i * POINTS + j) * point_stride + block + lanes;
                    let value: V = points.load(at);
                    for (tap, half_done) in half_done.iter_mut().enumerate() {
                        if G[i][tap] != 0.0 {
                            half_done[j] = value.mul_add(V::splat(G[i][tap]), half_done[j]);
                        }
                    }
                }
            }
            let input = in_panel * PANEL + lanes / PANEL;
            let output = out_panel * PANEL + lanes % PANEL;
            for (i, half_done) in half_done.iter().enumerate() {
                for tap in 0..3 {
                    let mut sum = zero;
                    for (row, &value) in G.iter().zip(half_done) {
                        if row[tap] != 0.0 {
                            sum = value.mul_add(V::splat(row[tap]), sum);
                        }
                    }
                    kernel.store(((i * 3 + tap) * inputs + input) * outputs + output, sum);
                }
            }
        }
    }
}
