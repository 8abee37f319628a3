//! What is done with the result of a convolution before it is stored.

use super::Conv2dShape;

/// What [`Conv2dKernel::forward`](super::Conv2dKernel::forward) does after the convolution, in the
/// order of the fields. The default does nothing.
#[derive(Default)]
pub struct Epilogue<'a> {
    /// Added per output channel.
    pub bias: Option<&'a [f32]>,
    /// Negative values become zero.
    pub relu: bool,
    /// Receives sums over all pixels of the batch, taken here: after the activation, before
    /// `scale_shift`. Deterministic.
    pub statistics: Option<&'a mut ChannelStatistics>,
    /// Scale and shift per channel: a folded batch normalisation.
    pub scale_shift: Option<ScaleShift<'a>>,
    /// Maximum over windows of this height and width, stride equal to the window; incomplete
    /// windows at the bottom and right are dropped.
    pub pool: Option<[usize; 2]>,
}

/// `y = scale * x + shift`, each per channel.
#[derive(Clone, Copy)]
pub struct ScaleShift<'a> {
    /// Factor of each channel.
    pub scale: &'a [f32],
    /// Summand of each channel.
    pub shift: &'a [f32],
}

/// Sums per channel over all pixels of a batch, from which batch normalisation takes mean and
/// variance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChannelStatistics {
    /// Number of pixels summed, all pictures together.
    pub count: usize,
    /// Sum of each channel.
    pub sum: Vec<f64>,
    /// Sum of the squares of each channel.
    pub sum_of_squares: Vec<f64>,
}

impl ChannelStatistics {
    /// Mean of a channel.
    pub fn mean(&self, channel: usize) -> f64 {
        self.sum[channel] / self.count as f64
    }

    /// Variance of a channel (divided by the count, not by one less).
    pub fn variance(&self, channel: usize) -> f64 {
        let mean = self.mean(channel);
        (self.sum_of_squares[channel] / self.count as f64 - mean * mean).max(0.0)
    }

    /// Adds up partial sums, one `[sums of channels, sums of squares]` after another, in their
    /// order.
    pub(super) fn gather(&mut self, channels: usize, pixels: usize, partial: &[f32]) {
        self.sum.clear();
        self.sum.resize(channels, 0.0);
        self.sum_of_squares.clear();
        self.sum_of_squares.resize(channels, 0.0);
        self.count = pixels;
        for picture in partial.chunks_exact(2 * channels) {
            let (sum, squares) = picture.split_at(channels);
            for (total, &value) in self.sum.iter_mut().zip(sum) {
                *total += f64::from(value);
            }
            for (total, &value) in self.sum_of_squares.iter_mut().zip(squares) {
                *total += f64::from(value);
            }
        }
    }
}

impl Epilogue<'_> {
    pub(super) fn check(&self, shape: &Conv2dShape) {
        let channels = shape.out_channels;
        if let Some(bias) = self.bias {
            assert_eq!(bias.len(), channels, "bias of {shape:?}");
        }
        if let Some(ScaleShift { scale, shift }) = self.scale_shift {
            assert_eq!(scale.len(), channels, "scale of {shape:?}");
            assert_eq!(shift.len(), channels, "shift of {shape:?}");
        }
        if let Some([height, width]) = self.pool {
            assert!(height > 0 && width > 0, "pooling window {height}x{width}");
        }
    }
}

/// The parts of an [`Epilogue`] that may be shared by threads.
#[derive(Clone, Copy, Default)]
pub(super) struct PixelEpilogue<'a> {
    pub(super) bias: Option<&'a [f32]>,
    pub(super) relu: bool,
    pub(super) scale_shift: Option<ScaleShift<'a>>,
    pub(super) pool: Option<[usize; 2]>,
}

impl<'a> Epilogue<'a> {
    /// Separates what threads share from the statistics, which are gathered at the end.
    pub(super) fn split(self) -> (PixelEpilogue<'a>, Option<&'a mut ChannelStatistics>) {
        let pixel = PixelEpilogue {
            bias: self.bias,
            relu: self.relu,
            scale_shift: self.scale_shift,
            pool: self.pool,
        };
        (pixel, self.statistics)
    }
}

impl PixelEpilogue<'_> {
    /// Everything but pooling, on one picture `[pixels, channels]`. `statistics`, if not empty, is
    /// `[sums, sums of squares]` and is written.
    pub(super) fn apply(&self, picture: &mut [f32], channels: usize, statistics: &mut [f32]) {
        if let Some(bias) = self.bias {
            for pixel in picture.chunks_exact_mut(channels) {
                for (value, &bias) in pixel.iter_mut().zip(bias) {
                    *value += bias;
                }
            }
        }
        if self.relu {
            for value in picture.iter_mut() {
                *value = value.max(0.0);
            }
        }
        if !statistics.is_empty() {
            statistics.fill(0.0);
            let (sums, squares) = statistics.split_at_mut(channels);
            for pixel in picture.chunks_exact(channels) {
                for ((&value, sum), square) in pixel.iter().zip(&mut *sums).zip(&mut *squares) {
                    *sum += value;
                    *square += value * value;
                }
            }
        }
        if let Some(ScaleShift { scale, shift }) = self.scale_shift {
            for pixel in picture.chunks_exact_mut(channels) {
                for ((value, &scale), &shift) in pixel.iter_mut().zip(scale).zip(shift) {
                    *value = *value * scale + shift;
                }
            }
        }
    }

    /// Max-pools one picture by the window.
    pub(super) fn pool(shape: &Conv2dShape, window: [usize; 2], picture: &[f32], out: &mut [f32]) {
        let channels = shape.out_channels;
        let [window_height, window_width] = window;
        let out_width = shape.width / window_width;
        for (index, pooled) in out.chunks_exact_mut(channels).enumerate() {
            let top = index / out_width * window_height;
            let left = index % out_width * window_width;
            pooled.fill(f32::NEG_INFINITY);
            for y in top..top + window_height {
                for x in left..left + window_width {
                    let pixel = &picture[(y * shape.width + x) * channels..][..channels];
                    for (max, &value) in pooled.iter_mut().zip(pixel) {
                        *max = max.max(value);
                    }
                }
            }
        }
    }
}
