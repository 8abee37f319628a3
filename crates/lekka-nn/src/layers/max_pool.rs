//! Greatest value of each window.

use super::{Backward, Forward, Layer, grown};
use rayon::prelude::*;

/// Max-pooling on its own; after a batch norm it is part of
/// [`BatchNorm`](super::batch_norm::BatchNorm).
#[derive(Debug)]
pub(crate) struct MaxPool {
    pub(crate) shape: [usize; 3],
    pub(crate) window: [usize; 2],
    /// For each output the position of its value in the input picture.
    sources: Vec<u32>,
}

impl MaxPool {
    /// `shape` is height, width and channels of the input.
    pub(crate) const fn new(shape: [usize; 3], window: [usize; 2]) -> Self {
        Self {
            shape,
            window,
            sources: Vec::new(),
        }
    }
}

impl Layer for MaxPool {
    fn forward(&mut self, pass: Forward) {
        let (shape, window) = (self.shape, self.window);
        let in_length = shape.iter().product::<usize>();
        let out_length = pass.output.len() / pass.batch;
        let sources = grown(&mut self.sources, pass.output.len()).par_chunks_mut(out_length);
        let pictures = pass.output.par_chunks_mut(out_length).zip(sources);
        pictures
            .zip(pass.input.par_chunks(in_length))
            .for_each(|((output, sources), input)| {
                pool_picture(shape, window, input, output, sources);
            });
    }

    fn backward(&mut self, mut pass: Backward) {
        let in_length = self.shape.iter().product::<usize>();
        let out_length = pass.d_output.len() / pass.batch;
        if let Some(d_input) = pass.d_input.as_deref_mut() {
            let gradients = pass
                .d_output
                .par_chunks(out_length)
                .zip(self.sources.par_chunks(out_length));
            let pictures = d_input.par_chunks_mut(in_length).zip(gradients);
            pictures.for_each(|(d_input, (d_output, sources))| {
                d_input.fill(0.0);
                for (&gradient, &source) in d_output.iter().zip(sources) {
                    d_input[source as usize] = gradient;
                }
            });
            pass.mask_input_gradient();
        }
    }
}

/// Pools one picture; `sources` gets the position of each value, unless it is empty.
pub(crate) fn pool_picture(
    [height, width, channels]: [usize; 3],
    window: [usize; 2],
    input: &[f32],
    output: &mut [f32],
    sources: &mut [u32],
) {
    let columns = width / window[1];
    debug_assert_eq!(output.len(), height / window[0] * columns * channels);
    for (index, output) in output.chunks_exact_mut(channels).enumerate() {
        let (top, left) = (index / columns * window[0], index % columns * window[1]);
        let mut unused = [];
        let sources = match sources.len() {
            0 => &mut unused,
            _ => &mut sources[index * channels..][..channels],
        };
        output.fill(f32::NEG_INFINITY);
        sources.fill(((top * width + left) * channels) as u32);
        for y in top..top + window[0] {
            for x in left..left + window[1] {
                let start = (y * width + x) * channels;
                for (channel, &value) in input[start..start + channels].iter().enumerate() {
                    // The first of equal values wins, as in TensorFlow.
                    if value > output[channel] {
                        output[channel] = value;
                        if let Some(source) = sources.get_mut(channel) {
                            *source = (start + channel) as u32;
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainder_is_dropped() {
        let input = [
            1.0, 2.0, 9.0, //
            4.0, 3.0, 9.0, //
            5.0, 8.0, 9.0,
        ];
        let (mut output, mut sources) = ([0.0; 3], [0; 3]);
        pool_picture([3, 3, 1], [1, 2], &input, &mut output, &mut sources);
        assert_eq!((output, sources), ([2.0, 4.0, 8.0], [1, 3, 7]));
        let (mut output, mut sources) = ([0.0; 1], [0; 1]);
        pool_picture([3, 3, 1], [2, 2], &input, &mut output, &mut sources);
        assert_eq!((output, sources), ([4.0], [3]));
    }
}
