//! `[height, width, channels]` as `width` steps of `height * channels`.

use super::{Backward, Forward, Layer};

/// Exchanges height and width. (Rows as steps need no work: they are steps already.)
#[derive(Debug)]
pub(crate) struct ColumnsToSequence {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
}

impl Layer for ColumnsToSequence {
    fn forward(&mut self, pass: Forward) {
        columns_to_sequence(
            [self.height, self.width, self.channels],
            pass.input,
            pass.output,
        );
    }

    fn backward(&mut self, mut pass: Backward) {
        if let Some(d_input) = pass.d_input.as_deref_mut() {
            columns_to_sequence(
                [self.width, self.height, self.channels],
                pass.d_output,
                d_input,
            );
            pass.mask_input_gradient();
        }
    }
}

/// Exchanges the first two axes of pictures.
pub(crate) fn columns_to_sequence(shape: [usize; 3], input: &[f32], output: &mut [f32]) {
    let [height, width, channels] = shape;
    let length = height * width * channels;
    for (input, output) in input
        .chunks_exact(length)
        .zip(output.chunks_exact_mut(length))
    {
        for (index, pixel) in input.chunks_exact(channels).enumerate() {
            let (y, x) = (index / width, index % width);
            output[(x * height + y) * channels..][..channels].copy_from_slice(pixel);
        }
    }
}
