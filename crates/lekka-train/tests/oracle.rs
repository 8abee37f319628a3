//! The fast path of inference against an oracle of its own: convolution as patches times a matrix,
//! everything else as plain loops in f64, layer by layer as `docs/method.md` has it.
//!
//! With `LEKKA_DATA_DIR` set, on the whole official test set; without, on a few pictures.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "prints what was measured, or that it is skipped"
)]

use lekka_model::Model;
use lekka_nn::conv::{Algorithm, Conv2dKernel, Conv2dShape, Epilogue, Workspace};
use lekka_nn::spec::ResolvedLayer;
use lekka_nn::{Activation, LayerSpec, Parameter, Predictor};
use lekka_train::data::{DataFolder, Split};
use lekka_train::metrics::logits_of;
use rayon::prelude::*;
use std::path::Path;

/// Greatest difference of a logit.
const TOLERANCE: f64 = 1e-3;
const PIXELS: usize = 784;
const CLASSES: usize = 10;

fn shipped() -> Model {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lekka/weights/default.safetensors");
    Model::load_file(file).expect("the shipped weights")
}

/// The layers with their tensors, ready for any number of pictures.
struct Oracle {
    layers: Vec<(ResolvedLayer, Vec<Parameter>, Option<Conv2dKernel>)>,
}

impl Oracle {
    fn new(model: &Model) -> Self {
        let mut tensors = model.parameters.tensors.iter().cloned();
        let layers = model.spec.resolve().expect("a sound spec").into_iter();
        let layers = layers.map(|layer| {
            let own: Vec<Parameter> = tensors.by_ref().take(layer.parameters.len()).collect();
            let kernel = match layer.spec {
                LayerSpec::Conv2d {
                    filters, kernel, ..
                } => {
                    let &[height, width, in_channels] = layer.input.dims() else {
                        panic!("a convolution of {:?}", layer.input)
                    };
                    let shape = Conv2dShape {
                        height,
                        width,
                        in_channels,
                        out_channels: filters,
                        kernel,
                    };
                    let mut kernel =
                        Conv2dKernel::new(shape, Algorithm::Im2col).expect("im2col fits all");
                    kernel.set_weights(&own[0].values);
                    Some(kernel)
                }
                _ => None,
            };
            (layer, own, kernel)
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// Logits of one picture.
    fn logits(&self, picture: &[f32], workspace: &mut Workspace) -> Vec<f64> {
        let mut values: Vec<f64> = picture.iter().copied().map(f64::from).collect();
        for (layer, own, kernel) in &self.layers {
            values = apply(layer, own, kernel.as_ref(), values, workspace);
        }
        values
    }
}

fn apply(
    layer: &ResolvedLayer,
    own: &[Parameter],
    kernel: Option<&Conv2dKernel>,
    values: Vec<f64>,
    workspace: &mut Workspace,
) -> Vec<f64> {
    let tensor = |index: usize| own[index].values.as_slice();
    let features = layer.input.features();
    match &layer.spec {
        LayerSpec::Conv2d { activation, .. } => {
            let kernel = kernel.expect("made with the oracle");
            let input: Vec<f32> = values.iter().map(|&value| value as f32).collect();
            let mut output = vec![0.0; layer.output.count()];
            kernel.forward(&input, 1, Epilogue::default(), &mut output, workspace);
            let bias = tensor(1).iter().cycle();
            output
                .iter()
                .zip(bias)
                .map(|(&sum, &bias)| activate(*activation, f64::from(sum) + f64::from(bias)))
                .collect()
        }
        LayerSpec::BatchNorm { epsilon, .. } => {
            let [gamma, beta, mean, variance] = [0, 1, 2, 3].map(tensor);
            let normalise = |(index, value): (usize, f64)| {
                let channel = index % features;
                let [gamma, beta, mean, variance] =
                    [gamma, beta, mean, variance].map(|tensor| f64::from(tensor[channel]));
                gamma * (value - mean) / (variance + f64::from(*epsilon)).sqrt() + beta
            };
            values.into_iter().enumerate().map(normalise).collect()
        }
        LayerSpec::MaxPool2d {
            window: [down, across],
        } => {
            let &[height, width, channels] = layer.input.dims() else {
                panic!("pooling of {:?}", layer.input)
            };
            let mut output = Vec::with_capacity(layer.output.count());
            for (row, column) in pairs(height / down, width / across) {
                output.extend((0..channels).map(|channel| {
                    pairs(*down, *across)
                        .map(|(y, x)| {
                            let pixel = (row * down + y) * width + column * across + x;
                            values[pixel * channels + channel]
                        })
                        .fold(f64::NEG_INFINITY, f64::max)
                }));
            }
            output
        }
        LayerSpec::Gru {
            units,
            bidirectional: true,
            return_sequences: true,
        } => {
            let steps = values.len() / features;
            let forward = gru(&own[..3], *units, &values, (0..steps).collect());
            let backward = gru(&own[3..], *units, &values, (0..steps).rev().collect());
            let states = forward.iter().zip(backward.iter().rev());
            states
                .flat_map(|(left, right)| [&left[..], &right[..]].concat())
                .collect()
        }
        LayerSpec::Dense { units, activation } => {
            let (kernel, bias) = (tensor(0), tensor(1));
            let output = (0..*units).map(|unit| {
                let products = values
                    .iter()
                    .enumerate()
                    .map(|(index, value)| value * f64::from(kernel[index * units + unit]));
                activate(*activation, products.sum::<f64>() + f64::from(bias[unit]))
            });
            output.collect()
        }
        LayerSpec::Dropout { .. } | LayerSpec::RowsToSequence | LayerSpec::Flatten => values,
        other => panic!("the oracle does not know {other:?}; teach it"),
    }
}

fn pairs(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}

fn activate(activation: Activation, value: f64) -> f64 {
    match activation {
        Activation::Linear => value,
        Activation::Relu => value.max(0.0),
        other => panic!("the oracle does not know {other:?}; teach it"),
    }
}

/// The states in the order of `steps`. Tensors are kernel `[features, 3 units]`, recurrent kernel
/// `[units, 3 units]` and bias `[2, 3 units]`, gates z, r and candidate.
fn gru(tensors: &[Parameter], units: usize, values: &[f64], steps: Vec<usize>) -> Vec<Vec<f64>> {
    let [kernel, recurrent, bias] = [0, 1, 2].map(|index| &tensors[index].values[..]);
    let gates = 3 * units;
    let features = kernel.len() / gates;
    let product = |input: &[f64], matrix: &[f32], bias: &[f32]| -> Vec<f64> {
        let mut sums: Vec<f64> = bias.iter().copied().map(f64::from).collect();
        for (value, row) in input.iter().zip(matrix.chunks_exact(gates)) {
            for (sum, &weight) in sums.iter_mut().zip(row) {
                *sum += value * f64::from(weight);
            }
        }
        sums
    };
    let sigmoid = |value: f64| 1.0 / (1.0 + (-value).exp());
    let mut state = vec![0.0; units];
    let step = |step: usize| {
        let x = product(
            &values[step * features..][..features],
            kernel,
            &bias[..gates],
        );
        let h = product(&state, recurrent, &bias[gates..]);
        for (unit, state) in state.iter_mut().enumerate() {
            let z = sigmoid(x[unit] + h[unit]);
            let r = sigmoid(x[units + unit] + h[units + unit]);
            let candidate = (x[2 * units + unit] + r * h[2 * units + unit]).tanh();
            *state = z * *state + (1.0 - z) * candidate;
        }
        state.clone()
    };
    steps.into_iter().map(step).collect()
}

/// The place of the greatest and its distance to the second greatest.
fn winner(logits: &[f64]) -> (usize, f64) {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    (order[0], logits[order[0]] - logits[order[1]])
}

/// Compares all logits and predictions; gives the greatest difference.
fn compare(model: &Model, pictures: &[f32], logits: &[f32]) -> f64 {
    let oracle = Oracle::new(model);
    let pairs = pictures.par_chunks(PIXELS).zip(logits.par_chunks(CLASSES));
    pairs
        .map_init(Workspace::new, |workspace, (picture, logits)| {
            let expected = oracle.logits(picture, workspace);
            let logits: Vec<f64> = logits.iter().copied().map(f64::from).collect();
            let differences = expected.iter().zip(&logits).map(|(a, b)| (a - b).abs());
            let ((digit, margin), (found, _)) = (winner(&expected), winner(&logits));
            assert!(
                digit == found || margin < TOLERANCE,
                "{expected:?}, {logits:?}"
            );
            differences.fold(0.0, f64::max)
        })
        .reduce(|| 0.0, f64::max)
}

#[test]
fn a_few_pictures() {
    let model = shipped();
    // Bars of all directions, positions and widths.
    let pictures: Vec<f32> = (0..16 * PIXELS)
        .map(|index| {
            let (picture, x, y) = (index / PIXELS, index % 28, index % PIXELS / 28);
            let place = (x * (picture % 4) + y * (picture / 4) + picture) % 28;
            f32::from(u8::from(place < 6))
        })
        .collect();
    let predictor = Predictor::new(&model.spec, &model.parameters).unwrap();
    let (mut logits, mut single) = (Vec::new(), Vec::new());
    predictor.logits(&pictures, &mut logits).unwrap();
    let difference = compare(&model, &pictures, &logits);
    assert!(difference <= TOLERANCE, "{difference}");
    // One picture alone takes other kernels.
    for (picture, together) in pictures.chunks(PIXELS).zip(logits.chunks(CLASSES)) {
        predictor.logits(picture, &mut single).unwrap();
        for (one, other) in single.iter().zip(together) {
            assert!((one - other).abs() <= 1e-3, "{one}, {other}");
        }
    }
}

#[test]
fn the_official_test_set() {
    let Some(folder) = std::env::var_os("LEKKA_DATA_DIR") else {
        eprintln!(
            "SKIPPED: set LEKKA_DATA_DIR to compare with the oracle on the official test set"
        );
        return;
    };
    let model = shipped();
    let data = DataFolder::open(&Path::new(&folder).join("kannada-mnist")).unwrap();
    let set = data.read(Split::Test).unwrap();
    let predictor = Predictor::new(&model.spec, &model.parameters).unwrap();
    let logits = logits_of(&predictor, &set).unwrap();
    let pictures: Vec<f32> = (0..set.len())
        .flat_map(|index| set.image(index).iter().map(|&byte| f32::from(byte) / 255.0))
        .collect();
    let difference = compare(&model, &pictures, &logits);
    println!(
        "greatest difference to the oracle over {} pictures: {difference:.2e}",
        set.len()
    );
    assert!(difference <= TOLERANCE, "{difference}");
}
