//! Dropout with masks that follow from a seed and the position, so that nothing has to be stored.

use super::{Backward, CHUNK, Forward, Layer, Mode};
use crate::random;
use rayon::prelude::*;

/// Which values are dropped: 16 random bits for each, four values from one 64-bit number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mask {
    seed: u64,
    /// Values whose bits are below this are dropped.
    threshold: u16,
    /// Factor of what is kept.
    pub(crate) scale: f32,
}

impl Mask {
    /// The mask of the `layer`-th layer for the seed of a step.
    pub(crate) fn new(rate: f32, mode: Mode, layer: usize) -> Self {
        match mode {
            Mode::Train { dropout_seed } if rate > 0.0 => Self {
                seed: random::at(dropout_seed, layer as u64),
                threshold: (rate * 65_536.0).round().min(65_535.0) as u16,
                scale: 1.0 / (1.0 - rate),
            },
            _ => Self {
                seed: 0,
                threshold: 0,
                scale: 1.0,
            },
        }
    }

    /// Whether it drops anything at all.
    pub(crate) fn is_active(&self) -> bool {
        self.threshold > 0
    }

    /// Writes whether each of the values from `first` on is kept.
    pub(crate) fn fill(&self, first: usize, keep: &mut [bool]) {
        let kept = |bits: u64, lane: usize| (bits >> (16 * lane)) as u16 >= self.threshold;
        if first.is_multiple_of(4) {
            for (block, keep) in keep.chunks_mut(4).enumerate() {
                let bits = random::at(self.seed, (first / 4 + block) as u64);
                for (lane, keep) in keep.iter_mut().enumerate() {
                    *keep = kept(bits, lane);
                }
            }
        } else {
            for (index, keep) in (first..).zip(keep) {
                *keep = kept(random::at(self.seed, index as u64 / 4), index % 4);
            }
        }
    }
}

/// Dropout on its own.
#[derive(Debug)]
pub(crate) struct Dropout {
    rate: f32,
    layer: usize,
    mask: Mask,
}

impl Dropout {
    /// `layer` tells the masks of several layers apart.
    pub(crate) fn new(rate: f32, layer: usize) -> Self {
        Self {
            rate,
            layer,
            mask: Mask::new(rate, Mode::Infer, layer),
        }
    }

    fn apply(&self, input: &[f32], output: &mut [f32]) {
        let mask = self.mask;
        if !mask.is_active() {
            output.copy_from_slice(input);
            return;
        }
        let chunks = output
            .par_chunks_mut(CHUNK)
            .zip(input.par_chunks(CHUNK))
            .enumerate();
        chunks.for_each(|(chunk, (output, input))| {
            let mut keep = [false; 64];
            let blocks = output.chunks_mut(keep.len()).zip(input.chunks(keep.len()));
            for (block, (output, input)) in blocks.enumerate() {
                mask.fill(chunk * CHUNK + block * keep.len(), &mut keep[..input.len()]);
                for ((output, &input), &keep) in output.iter_mut().zip(input).zip(&keep) {
                    *output = if keep { input * mask.scale } else { 0.0 };
                }
            }
        });
    }
}

impl Layer for Dropout {
    fn forward(&mut self, pass: Forward) {
        self.mask = Mask::new(self.rate, pass.mode, self.layer);
        self.apply(pass.input, pass.output);
    }

    fn backward(&mut self, mut pass: Backward) {
        if let Some(d_input) = pass.d_input.as_deref_mut() {
            self.apply(pass.d_output, d_input);
            pass.mask_input_gradient();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_its_share_and_keeps_the_mean() {
        let mut layer = Dropout::new(0.25, 1);
        layer.mask = Mask::new(0.25, Mode::Train { dropout_seed: 3 }, 1);
        let input = vec![1.0; 100_000];
        let mut output = vec![0.0; input.len()];
        layer.apply(&input, &mut output);
        let dropped = output.iter().filter(|&&value| value == 0.0).count();
        assert!((24_500..25_500).contains(&dropped), "{dropped}");
        assert!(
            output
                .iter()
                .all(|&value| value == 0.0 || (value - 4.0 / 3.0).abs() < 1e-6)
        );
    }

    #[test]
    fn a_mask_does_not_depend_on_how_it_is_cut() {
        let mask = Mask::new(0.5, Mode::Train { dropout_seed: 9 }, 0);
        let mut whole = [false; 23];
        mask.fill(0, &mut whole);
        for first in 0..23 {
            let mut part = vec![false; 23 - first];
            mask.fill(first, &mut part);
            assert_eq!(part, whole[first..]);
        }
    }
}
