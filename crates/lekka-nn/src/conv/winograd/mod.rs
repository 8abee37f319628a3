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
mod pass;
mod product;
mod tiles;
mod transform;

use super::Conv2dShape;
use super::epilogue::{Epilogue, PixelEpilogue};
use super::im2col::flip_and_transpose;
use super::workspace::Workspace;
use crate::buffer::AlignedBuffer;
use crate::simd::{InstructionSet, Kernel, Lanes, PANEL, Source, Target};
use crate::threads;
use pass::{Pass, PassKernel};
use std::sync::OnceLock;
use tiles::{POINTS_2D, Span};
use transform::{kernel_panel, packed_kernel};

/// Floats between the points beyond what they hold: strides of a power of two would put all points
/// of a tile into the same few sets of the first-level cache.
const POINT_PADDING: usize = 80;

/// Taps of a kernel.
const TAPS: usize = 9;

/// Input times output channels from which on reading the transformed kernel takes longer than
/// transforming it: measured with one picture of the paper's network, whose transformed kernels
/// together do not fit the processor's caches.
const LARGE_KERNEL: usize = 128 * 256;

/// A 3x3 convolution with channels in multiples of sixteen.
#[derive(Clone)]
pub(super) struct Winograd {
    shape: Conv2dShape,
    rows: Vec<Span>,
    columns: Vec<Span>,
    instructions: InstructionSet,
    /// Points of the kernel, `[point][out / 16][in][16]`; made of `packed` when first needed if that
    /// is there.
    kernel: OnceLock<AlignedBuffer>,
    /// The kernel itself, `[out / 16][in][9 taps][16]`, for one picture; empty if not packed.
    packed: AlignedBuffer,
    /// Points of the kernel turned by 180 degrees with in and out channels exchanged; empty if
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
        Self {
            shape,
            rows: tiles::cut(shape.height),
            columns: tiles::cut(shape.width),
            instructions,
            kernel: OnceLock::new(),
            packed: AlignedBuffer::default(),
            backward_kernel: AlignedBuffer::default(),
            flipped: Vec::new(),
            zeros: vec![0.0; shape.in_channels.max(shape.out_channels)],
        }
    }

    fn points_len(&self) -> usize {
        POINTS_2D * self.shape.in_channels * self.shape.out_channels
    }

    /// Sets the kernel for any number of pictures.
    pub(super) fn set_training_weights(&mut self, weights: &[f32]) {
        self.packed = AlignedBuffer::default();
        let mut kernel = self.kernel.take().unwrap_or_default();
        let points = kernel.grow(self.points_len());
        transform_kernel(self.instructions, &self.shape, weights, points);
        self.kernel = OnceLock::from(kernel);
    }

    /// Sets the kernel to infer. A large one is kept as it is: one picture then reads a quarter of
    /// the memory and transforms it on the way, and the points are made when a second picture comes.
    pub(super) fn set_weights(&mut self, weights: &[f32]) {
        let Conv2dShape {
            in_channels,
            out_channels,
            ..
        } = self.shape;
        if in_channels * out_channels < LARGE_KERNEL {
            self.set_training_weights(weights);
            return;
        }
        self.kernel = OnceLock::new();
        let packed = self.packed.grow(weights.len());
        for (index, target) in packed.chunks_exact_mut(PANEL).enumerate() {
            let (panel, input, tap) = (
                index / (TAPS * in_channels),
                index / TAPS % in_channels,
                index % TAPS,
            );
            let start = (tap * in_channels + input) * out_channels + panel * PANEL;
            target.copy_from_slice(&weights[start..][..PANEL]);
        }
    }

    /// The points of the kernel. They are made on the calling thread: work for others would let this
    /// thread begin something else that waits for them.
    fn points(&self) -> &[f32] {
        let kernel = self.kernel.get_or_init(|| {
            let mut points = AlignedBuffer::default();
            let target = points.grow(self.points_len());
            if !self.packed.as_slice().is_empty() {
                let transform = TransformPacked {
                    packed: Source::new(self.packed.as_slice()),
                    shape: &self.shape,
                    points: Target::new(target),
                };
                // SAFETY: both have the lengths of the shape, and this thread alone has the points.
                unsafe { self.instructions.run(transform) };
            }
            points
        });
        kernel.as_slice()
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
        // One picture is the same for any number of threads; fewer pictures than threads are not.
        let kernel = if batch == 1 && !self.packed.as_slice().is_empty() {
            PassKernel::Packed(self.packed.as_slice())
        } else {
            PassKernel::Points(self.points())
        };
        let pass = Pass::new(self, self.shape, kernel, input, batch, None, epilogue);
        let Some(window) = pool_after else {
            pass.run(statistics, output, workspace);
            return;
        };
        let mut unpooled = std::mem::take(&mut workspace.unpooled);
        let full = unpooled.grow(batch * self.shape.output_len());
        pass.run(statistics, full, workspace);
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
        let batch = d_output.len() / self.shape.output_len();
        let epilogue = PixelEpilogue::default();
        let shape = self.shape.transposed();
        let pass = Pass::new(
            self,
            shape,
            PassKernel::Points(self.backward_kernel.as_slice()),
            d_output,
            batch,
            relu_mask,
            epilogue,
        );
        pass.run(None, d_input, workspace);
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

/// Transforms a whole packed kernel.
struct TransformPacked<'a> {
    packed: Source<'a>,
    shape: &'a Conv2dShape,
    points: Target<'a>,
}

impl Kernel for TransformPacked<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let inputs = self.shape.in_channels;
        for panel in 0..self.shape.out_channels / PANEL {
            let source = (self.packed, panel * inputs * TAPS * PANEL);
            let start = panel * inputs * PANEL;
            let stride = inputs * self.shape.out_channels;
            // SAFETY: the caller's.
            unsafe { packed_kernel::<V, true>(source, inputs, (self.points, start, stride)) };
        }
    }
}
