//! Every algorithm and instruction set against im2col.

use super::{
    Algorithm, ChannelStatistics, Conv2dKernel, Conv2dShape, Epilogue, ScaleShift, Workspace,
};
use crate::simd::InstructionSet;
use proptest::prelude::*;

/// Largest difference allowed, relative to the largest value.
const TOLERANCE: f32 = 3e-5;

fn noise(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// All results of a convolution, forward and backward.
fn results(kernel: &mut Conv2dKernel, batch: usize, window: [usize; 2]) -> [Vec<f32>; 6] {
    let shape = kernel.shape();
    let channels = shape.out_channels;
    let workspace = &mut Workspace::new();
    kernel.set_training_weights(&noise(shape.kernel_len(), 1));
    let input = noise(batch * shape.input_len(), 2);
    let (bias, scale, shift) = (noise(channels, 3), noise(channels, 4), noise(channels, 5));
    let mut statistics = ChannelStatistics::default();
    let mut output = vec![f32::NAN; batch * shape.output_len()];
    let epilogue = Epilogue {
        bias: Some(&bias),
        relu: true,
        statistics: Some(&mut statistics),
        ..Epilogue::default()
    };
    kernel.forward(&input, batch, epilogue, &mut output, workspace);
    let d_output = noise(output.len(), 6);
    let mut d_input = vec![f32::NAN; input.len()];
    kernel.backward_input(&d_output, batch, Some(&input), &mut d_input, workspace);
    let mut d_kernel = vec![f32::NAN; shape.kernel_len()];
    let mut d_bias = vec![f32::NAN; channels];
    let gradients = (&mut d_kernel, &mut d_bias);
    kernel.backward_weights(
        &input,
        &d_output,
        batch,
        gradients.0,
        gradients.1,
        workspace,
    );
    let sums = statistics.sum.iter().chain(&statistics.sum_of_squares);
    let sums = sums.map(|&sum| sum as f32).collect();
    // As in inference.
    kernel.set_weights(&noise(shape.kernel_len(), 1));
    let mut pooled = vec![f32::NAN; batch * shape.pooled_len(window)];
    let epilogue = Epilogue {
        bias: Some(&bias),
        relu: true,
        scale_shift: Some(ScaleShift {
            scale: &scale,
            shift: &shift,
        }),
        pool: Some(window),
        ..Epilogue::default()
    };
    kernel.forward(&input, batch, epilogue, &mut pooled, workspace);
    [output, pooled, d_input, d_kernel, d_bias, sums]
}

fn assert_close(expected: &[Vec<f32>; 6], found: &[Vec<f32>; 6], what: &str) {
    let names = ["output", "pooled", "d_input", "d_kernel", "d_bias", "sums"];
    for ((expected, found), name) in expected.iter().zip(found).zip(names) {
        assert_eq!(expected.len(), found.len(), "{what}: {name}");
        let scale = expected
            .iter()
            .fold(1e-3_f32, |max, value| max.max(value.abs()));
        for (index, (e, f)) in expected.iter().zip(found).enumerate() {
            // Written so that what is not a number fails.
            assert!(
                (e - f).abs() <= TOLERANCE * scale,
                "{what}: {name}[{index}] is {f}, not {e}; the largest is {scale}"
            );
        }
    }
}

fn bits(results: &[Vec<f32>; 6]) -> Vec<u32> {
    let values = results.iter().flatten();
    values.map(|value| value.to_bits()).collect()
}

fn check(shape: Conv2dShape, batch: usize, window: [usize; 2]) {
    let mut oracle = Conv2dKernel::new(shape, Algorithm::Im2col).unwrap();
    let expected = results(&mut oracle, batch, window);
    let mut of_avx2: Option<[Vec<f32>; 6]> = None;
    for instructions in InstructionSet::available() {
        let mut kernel =
            Conv2dKernel::with_instructions(shape, Algorithm::Auto, instructions).unwrap();
        assert_ne!(kernel.algorithm(), Algorithm::Im2col);
        let what = format!("{shape:?}, batch {batch}, window {window:?}, {instructions:?}");
        let found = results(&mut kernel, batch, window);
        assert_close(&expected, &found, &what);
        // Wider vectors change no sum.
        if let Some(before) = &of_avx2 {
            assert!(bits(before) == bits(&found), "{what}: other bits");
        }
        of_avx2 = (instructions != InstructionSet::Portable).then_some(found);
    }
}

fn square(size: usize, in_channels: usize, out_channels: usize) -> Conv2dShape {
    Conv2dShape {
        height: size,
        width: size,
        in_channels,
        out_channels,
        kernel: [3, 3],
    }
}

#[test]
fn smallest() {
    check(square(3, 16, 16), 2, [2, 1]);
    check(square(3, 1, 16), 2, [1, 2]);
}

#[test]
#[cfg_attr(miri, ignore = "too slow")]
fn layers_of_the_paper() {
    for (shape, window) in [
        (square(28, 1, 64), [1, 1]),
        (square(28, 64, 64), [2, 2]),
        (square(14, 64, 128), [1, 1]),
        (square(14, 128, 128), [2, 2]),
        (square(7, 128, 256), [1, 1]),
        (square(7, 256, 256), [1, 2]),
    ] {
        check(shape, 2, window);
        check(shape, 1, window);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too slow")]
fn batches_around_the_sizes_of_chunks() {
    for batch in [1, 2, 3, 5, 31, 64, 65] {
        check(square(7, 32, 16), batch, [1, 2]);
        check(square(6, 1, 16), batch, [2, 2]);
    }
    // Large enough for several groups of the weight gradient.
    check(square(28, 16, 32), 35, [4, 4]);
}

#[test]
#[cfg_attr(miri, ignore = "too slow")]
fn chunks_of_parts_of_a_picture() {
    check(square(61, 48, 32), 2, [3, 3]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 48 }))]

    #[test]
    #[cfg_attr(miri, ignore = "too slow")]
    fn winograd_of_any_size(
        height in 1..19_usize, width in 1..19_usize, inputs in 1..4_usize, outputs in 1..4_usize,
        batch in 1..5_usize, window in (1..5_usize, 1..5_usize),
    ) {
        let shape = Conv2dShape {
            height,
            width,
            in_channels: inputs * 16,
            out_channels: outputs * 16,
            kernel: [3, 3],
        };
        check(shape, batch, [window.0, window.1]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "too slow")]
    fn direct_of_any_size(
        height in 1..13_usize, width in 1..13_usize, inputs in 1..5_usize, outputs in 1..4_usize,
        kernel in (1..6_usize, 1..6_usize), batch in 1..5_usize,
    ) {
        let shape = Conv2dShape {
            height,
            width,
            in_channels: inputs,
            out_channels: outputs * 16,
            kernel: [kernel.0, kernel.1],
        };
        check(shape, batch, [2, 2]);
    }
}
