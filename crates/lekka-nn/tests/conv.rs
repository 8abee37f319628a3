//! Convolutions against a direct one in `f64`.

use lekka_nn::conv::{
    Algorithm, ChannelStatistics, Conv2dKernel, Conv2dShape, ConvError, Epilogue, ScaleShift,
    Workspace,
};

/// Uniform in -1..1, from a linear congruential generator.
fn noise(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..len)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect()
}

fn shape(
    height: usize,
    width: usize,
    inputs: usize,
    outputs: usize,
    kernel: [usize; 2],
) -> Conv2dShape {
    Conv2dShape {
        height,
        width,
        in_channels: inputs,
        out_channels: outputs,
        kernel,
    }
}

/// Calls `f(output pixel, input pixel, tap)` for every product of one picture.
fn for_each_tap(shape: &Conv2dShape, mut f: impl FnMut(usize, usize, usize)) {
    let [kh, kw] = shape.kernel;
    for y in 0..shape.height {
        for x in 0..shape.width {
            for ky in 0..kh {
                for kx in 0..kw {
                    let source_y = (y + ky).wrapping_sub((kh - 1) / 2);
                    let source_x = (x + kx).wrapping_sub((kw - 1) / 2);
                    if source_y < shape.height && source_x < shape.width {
                        f(
                            y * shape.width + x,
                            source_y * shape.width + source_x,
                            ky * kw + kx,
                        );
                    }
                }
            }
        }
    }
}

fn direct_forward(shape: &Conv2dShape, weights: &[f32], input: &[f32], batch: usize) -> Vec<f64> {
    let (c, k) = (shape.in_channels, shape.out_channels);
    let mut output = vec![0.0; batch * shape.output_len()];
    for image in 0..batch {
        let (input, output) = (
            &input[image * shape.input_len()..],
            &mut output[image * shape.output_len()..],
        );
        for_each_tap(shape, |to, from, tap| {
            for i in 0..c {
                let value = f64::from(input[from * c + i]);
                for (o, &weight) in weights[(tap * c + i) * k..][..k].iter().enumerate() {
                    output[to * k + o] += value * f64::from(weight);
                }
            }
        });
    }
    output
}

fn direct_backward_weights(
    shape: &Conv2dShape,
    input: &[f32],
    d_output: &[f32],
    batch: usize,
) -> Vec<f64> {
    let (c, k) = (shape.in_channels, shape.out_channels);
    let mut d_kernel = vec![0.0; shape.kernel_len()];
    for image in 0..batch {
        let (input, d_output) = (
            &input[image * shape.input_len()..],
            &d_output[image * shape.output_len()..],
        );
        for_each_tap(shape, |to, from, tap| {
            for i in 0..c {
                let value = f64::from(input[from * c + i]);
                for (o, sum) in d_kernel[(tap * c + i) * k..][..k].iter_mut().enumerate() {
                    *sum += value * f64::from(d_output[to * k + o]);
                }
            }
        });
    }
    d_kernel
}

fn direct_backward_input(
    shape: &Conv2dShape,
    weights: &[f32],
    d_output: &[f32],
    batch: usize,
) -> Vec<f64> {
    let (c, k) = (shape.in_channels, shape.out_channels);
    let mut d_input = vec![0.0; batch * shape.input_len()];
    for image in 0..batch {
        let (d_input, d_output) = (
            &mut d_input[image * shape.input_len()..],
            &d_output[image * shape.output_len()..],
        );
        for_each_tap(shape, |to, from, tap| {
            for i in 0..c {
                for (o, &weight) in weights[(tap * c + i) * k..][..k].iter().enumerate() {
                    d_input[from * c + i] += f64::from(d_output[to * k + o]) * f64::from(weight);
                }
            }
        });
    }
    d_input
}

/// Largest error relative to the largest value.
fn relative_error(values: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(values.len(), expected.len());
    let scale = expected.iter().fold(1e-30_f64, |max, v| max.max(v.abs()));
    values
        .iter()
        .zip(expected)
        .fold(0.0_f64, |max, (&v, &e)| max.max((f64::from(v) - e).abs()))
        / scale
}

const TOLERANCE: f64 = 2e-5;

fn shapes() -> Vec<Conv2dShape> {
    vec![
        shape(1, 1, 1, 1, [1, 1]),
        shape(5, 4, 1, 3, [3, 3]),
        shape(6, 7, 3, 5, [2, 4]),
        shape(3, 9, 2, 8, [5, 1]),
        shape(28, 28, 1, 64, [3, 3]),
        shape(14, 14, 16, 32, [3, 3]),
        shape(7, 7, 64, 48, [3, 3]),
        shape(5, 3, 32, 16, [3, 3]),
        shape(2, 2, 16, 16, [3, 3]),
        shape(9, 13, 16, 16, [3, 3]),
    ]
}

#[test]
fn forward_agrees_with_direct_convolution() {
    let mut workspace = Workspace::new();
    for shape in shapes() {
        let weights = noise(shape.kernel_len(), 1);
        let mut kernel = Conv2dKernel::new(shape, Algorithm::Auto).unwrap();
        kernel.set_weights(&weights);
        for batch in [1, 2, 3, 5] {
            let input = noise(batch * shape.input_len(), 2);
            let mut output = vec![f32::NAN; batch * shape.output_len()];
            kernel.forward(
                &input,
                batch,
                Epilogue::default(),
                &mut output,
                &mut workspace,
            );
            let expected = direct_forward(&shape, &weights, &input, batch);
            let error = relative_error(&output, &expected);
            assert!(error < TOLERANCE, "{shape:?} batch {batch}: {error:e}");
        }
    }
}

#[test]
fn epilogue_agrees_with_its_parts() {
    let mut workspace = Workspace::new();
    for shape in shapes() {
        let channels = shape.out_channels;
        let weights = noise(shape.kernel_len(), 1);
        let (bias, scale, shift) = (noise(channels, 3), noise(channels, 4), noise(channels, 5));
        let mut kernel = Conv2dKernel::new(shape, Algorithm::Auto).unwrap();
        kernel.set_weights(&weights);
        for batch in [1, 3] {
            let input = noise(batch * shape.input_len(), 2);
            let mut activated = direct_forward(&shape, &weights, &input, batch);
            for (index, value) in activated.iter_mut().enumerate() {
                *value = (*value + f64::from(bias[index % channels])).max(0.0);
            }
            let mut statistics = ChannelStatistics::default();
            let mut output = vec![f32::NAN; activated.len()];
            let epilogue = Epilogue {
                bias: Some(&bias),
                relu: true,
                statistics: Some(&mut statistics),
                ..Epilogue::default()
            };
            kernel.forward(&input, batch, epilogue, &mut output, &mut workspace);
            let error = relative_error(&output, &activated);
            assert!(error < TOLERANCE, "{shape:?} batch {batch}: {error:e}");
            assert_eq!(statistics.count, batch * shape.height * shape.width);
            for channel in 0..channels {
                let values = activated.iter().skip(channel).step_by(channels);
                let mean = values.clone().sum::<f64>() / statistics.count as f64;
                let variance =
                    values.map(|v| (v - mean).powi(2)).sum::<f64>() / statistics.count as f64;
                let scale = (mean * mean + variance).max(1e-9);
                assert!((statistics.mean(channel) - mean).abs() < 1e-4 * scale.sqrt());
                assert!((statistics.variance(channel) - variance).abs() < 1e-4 * scale);
            }

            let normalised: Vec<f64> = activated
                .iter()
                .enumerate()
                .map(|(index, v)| {
                    v * f64::from(scale[index % channels]) + f64::from(shift[index % channels])
                })
                .collect();
            for window in [[1, 1], [2, 2], [1, 2], [3, 2]] {
                let pooled = pool(&shape, window, &normalised, batch);
                let mut output = vec![f32::NAN; pooled.len()];
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
                kernel.forward(&input, batch, epilogue, &mut output, &mut workspace);
                let error = relative_error(&output, &pooled);
                assert!(
                    error < TOLERANCE,
                    "{shape:?} batch {batch} {window:?}: {error:e}"
                );
            }
        }
    }
}

fn pool(shape: &Conv2dShape, [h, w]: [usize; 2], pictures: &[f64], batch: usize) -> Vec<f64> {
    let channels = shape.out_channels;
    let (out_height, out_width) = (shape.height / h, shape.width / w);
    let mut out = vec![f64::NEG_INFINITY; batch * out_height * out_width * channels];
    for (index, max) in out.iter_mut().enumerate() {
        let channel = index % channels;
        let x = index / channels % out_width;
        let y = index / channels / out_width % out_height;
        let image = index / channels / out_width / out_height;
        for dy in 0..h {
            for dx in 0..w {
                let at = ((image * shape.height + y * h + dy) * shape.width + x * w + dx)
                    * channels
                    + channel;
                *max = max.max(pictures[at]);
            }
        }
    }
    out
}

#[test]
fn gradients_agree_with_direct_convolution() {
    let mut workspace = Workspace::new();
    for shape in shapes() {
        let weights = noise(shape.kernel_len(), 1);
        let mut kernel = Conv2dKernel::new(shape, Algorithm::Auto).unwrap();
        kernel.set_training_weights(&weights);
        for batch in [1, 2, 9] {
            let input = noise(batch * shape.input_len(), 2);
            let d_output = noise(batch * shape.output_len(), 3);
            let mut d_kernel = vec![f32::NAN; weights.len()];
            let mut d_bias = vec![f32::NAN; shape.out_channels];
            kernel.backward_weights(
                &input,
                &d_output,
                batch,
                &mut d_kernel,
                &mut d_bias,
                &mut workspace,
            );
            let expected = direct_backward_weights(&shape, &input, &d_output, batch);
            let error = relative_error(&d_kernel, &expected);
            assert!(
                error < TOLERANCE,
                "d_kernel {shape:?} batch {batch}: {error:e}"
            );
            let mut expected = vec![0.0; shape.out_channels];
            for (index, &value) in d_output.iter().enumerate() {
                expected[index % shape.out_channels] += f64::from(value);
            }
            let error = relative_error(&d_bias, &expected);
            assert!(error < 1e-4, "d_bias {shape:?} batch {batch}: {error:e}");

            let mut d_input = vec![f32::NAN; input.len()];
            kernel.backward_input(&d_output, batch, None, &mut d_input, &mut workspace);
            let mut expected = direct_backward_input(&shape, &weights, &d_output, batch);
            let error = relative_error(&d_input, &expected);
            assert!(
                error < TOLERANCE,
                "d_input {shape:?} batch {batch}: {error:e}"
            );

            kernel.backward_input(&d_output, batch, Some(&input), &mut d_input, &mut workspace);
            for (value, &mask) in expected.iter_mut().zip(&input) {
                *value = if mask > 0.0 { *value } else { 0.0 };
            }
            let error = relative_error(&d_input, &expected);
            assert!(
                error < TOLERANCE,
                "masked d_input {shape:?} batch {batch}: {error:e}"
            );
        }
    }
}

#[test]
fn results_do_not_depend_on_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut bits = Vec::new();
            for (shape, batch) in [
                (shape(14, 14, 16, 32, [3, 3]), 21),
                (shape(28, 28, 1, 16, [3, 3]), 21),
                (shape(6, 5, 3, 4, [2, 3]), 21),
                // Fewer pictures than threads, with tiles of all sizes and with large kernels.
                (shape(14, 14, 32, 48, [3, 3]), 1),
                (shape(7, 7, 128, 256, [3, 3]), 1),
                (shape(7, 7, 128, 256, [3, 3]), 2),
                (shape(5, 6, 256, 128, [3, 3]), 1),
            ] {
                let mut workspace = Workspace::new();
                let mut kernel = Conv2dKernel::new(shape, Algorithm::Auto).unwrap();
                kernel.set_training_weights(&noise(shape.kernel_len(), 1));
                let input = noise(batch * shape.input_len(), 2);
                let mut output = vec![0.0; batch * shape.output_len()];
                let mut statistics = ChannelStatistics::default();
                let epilogue = Epilogue {
                    relu: true,
                    statistics: Some(&mut statistics),
                    ..Epilogue::default()
                };
                kernel.forward(&input, batch, epilogue, &mut output, &mut workspace);
                let mut d_input = vec![0.0; input.len()];
                kernel.backward_input(&output, batch, Some(&input), &mut d_input, &mut workspace);
                let mut d_kernel = vec![0.0; shape.kernel_len()];
                let mut d_bias = vec![0.0; shape.out_channels];
                kernel.backward_weights(
                    &input,
                    &output,
                    batch,
                    &mut d_kernel,
                    &mut d_bias,
                    &mut workspace,
                );
                kernel.set_weights(&noise(shape.kernel_len(), 3));
                let mut inferred = vec![0.0; batch * shape.output_len()];
                kernel.forward(
                    &input,
                    batch,
                    Epilogue::default(),
                    &mut inferred,
                    &mut workspace,
                );
                let floats = [output, d_input, d_kernel, d_bias, inferred].concat();
                bits.extend(floats.iter().map(|v| u64::from(v.to_bits())));
                bits.extend(
                    statistics
                        .sum
                        .iter()
                        .chain(&statistics.sum_of_squares)
                        .map(|v| v.to_bits()),
                );
            }
            bits
        })
    };
    let one = run(1);
    assert!(one == run(2));
    assert!(one == run(5));
}

#[test]
fn empty_sizes_are_refused_and_empty_batches_allowed() {
    let empty = shape(3, 0, 1, 1, [3, 3]);
    assert_eq!(
        Conv2dKernel::new(empty, Algorithm::Auto).err(),
        Some(ConvError::EmptyShape(empty))
    );
    let shape = shape(4, 4, 2, 2, [3, 3]);
    let mut kernel = Conv2dKernel::new(shape, Algorithm::Auto).unwrap();
    kernel.set_training_weights(&noise(shape.kernel_len(), 1));
    let mut workspace = Workspace::sequential();
    kernel.forward(&[], 0, Epilogue::default(), &mut [], &mut workspace);
    kernel.backward_input(&[], 0, None, &mut [], &mut workspace);
    let (mut d_kernel, mut d_bias) = (vec![1.0; shape.kernel_len()], vec![1.0; 2]);
    kernel.backward_weights(&[], &[], 0, &mut d_kernel, &mut d_bias, &mut workspace);
    assert!(d_kernel.iter().chain(&d_bias).all(|&v| v == 0.0));
}
