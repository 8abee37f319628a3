//! Every layer's gradients against finite differences of the loss.

use lekka_nn::random::Random;
use lekka_nn::{Activation, LayerSpec, Network, NetworkSpec, Parameters, StepOptions};

const BATCH: usize = 5;
const CLASSES: usize = 3;

fn batch(spec: &NetworkSpec) -> (Vec<f32>, Vec<u8>) {
    let mut random = Random::new(11);
    let count = BATCH * spec.input.iter().product::<usize>();
    let images = (0..count).map(|_| random.normal()).collect();
    let labels = (0..BATCH).map(|_| random.below(CLASSES) as u8).collect();
    (images, labels)
}

fn loss_and_gradients(spec: &NetworkSpec, parameters: &Parameters) -> (f64, Vec<Vec<f32>>) {
    let mut network = Network::from_parameters(spec, parameters).unwrap();
    let (images, labels) = batch(spec);
    let options = StepOptions {
        label_smoothing: 0.1,
        dropout_seed: 5,
    };
    let outcome = network.gradient_step(&images, &labels, &options).unwrap();
    (outcome.loss, network.gradients().to_vec())
}

/// Moves each tensor along random directions, and compares the change of the loss with what the
/// gradient says. Steps of a few sizes are tried, since `f32` is too coarse for tiny ones and kinks
/// spoil large ones.
fn check(name: &str, input: [usize; 3], layers: Vec<LayerSpec>) {
    let mut layers = layers;
    layers.push(LayerSpec::Flatten);
    layers.push(LayerSpec::Dense {
        units: CLASSES,
        activation: Activation::Linear,
    });
    let spec = NetworkSpec { input, layers };
    let mut parameters = Network::new(&spec, 3).unwrap().parameters().clone();
    // Away from the initial zeros and ones, so that every term counts.
    let mut random = Random::new(17);
    for tensor in parameters
        .tensors
        .iter_mut()
        .filter(|tensor| tensor.trainable)
    {
        for value in &mut tensor.values {
            *value += 0.3 * random.normal();
        }
    }
    let (_, gradients) = loss_and_gradients(&spec, &parameters);
    for (index, gradient) in gradients.iter().enumerate() {
        let tensor = &parameters.tensors[index];
        if !tensor.trainable {
            assert!(gradient.iter().all(|&value| value == 0.0));
            continue;
        }
        for _ in 0..3 {
            let direction: Vec<f32> = gradient.iter().map(|_| random.normal()).collect();
            let length = direction.iter().map(|d| d * d).sum::<f32>().sqrt();
            let slope: f64 = gradient
                .iter()
                .zip(&direction)
                .map(|(&g, &d)| f64::from(g) * f64::from(d / length))
                .sum();
            let difference = |step: f32| {
                let loss_at = |step: f32| {
                    let mut moved = parameters.clone();
                    for (value, d) in moved.tensors[index].values.iter_mut().zip(&direction) {
                        *value += step * d / length;
                    }
                    loss_and_gradients(&spec, &moved).0
                };
                (loss_at(step) - loss_at(-step)) / (2.0 * f64::from(step))
            };
            let norm = gradient
                .iter()
                .map(|&g| f64::from(g).powi(2))
                .sum::<f64>()
                .sqrt();
            let tolerance = 1e-2 * slope.abs().max(norm * 0.1) + 2e-5;
            let fits = |step: f32| (difference(step) - slope).abs() < tolerance;
            let fits = [1e-3, 3e-3, 1e-2, 3e-4, 1e-4].into_iter().any(fits);
            assert!(
                fits,
                "{name}: {} does not have the slope {slope}",
                tensor.name
            );
        }
    }
}

const fn conv(filters: usize, activation: Activation) -> LayerSpec {
    LayerSpec::Conv2d {
        filters,
        kernel: [3, 3],
        activation,
    }
}

const fn pool(height: usize, width: usize) -> LayerSpec {
    LayerSpec::MaxPool2d {
        window: [height, width],
    }
}

#[test]
fn every_activation() {
    for activation in [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Elu,
        Activation::Silu,
        Activation::Mish,
        Activation::Gelu,
        Activation::Tanh,
        Activation::Sigmoid,
    ] {
        let name = format!("{activation:?}");
        check(
            &name,
            [4, 3, 2],
            vec![conv(3, activation), conv(2, Activation::Linear)],
        );
        let dense = LayerSpec::Dense {
            units: 6,
            activation,
        };
        check(&name, [3, 1, 2], vec![LayerSpec::Flatten, dense]);
        check(
            &name,
            [3, 1, 2],
            vec![LayerSpec::Activation { activation }, conv(2, activation)],
        );
    }
}

#[test]
fn batch_norm_alone_and_with_what_follows_it() {
    let norm = LayerSpec::batch_norm();
    let dropout = LayerSpec::Dropout { rate: 0.3 };
    let relu = conv(18, Activation::Relu);
    let followers = [
        vec![],
        vec![pool(2, 2)],
        vec![pool(1, 2), dropout.clone()],
        vec![dropout.clone()],
        // Not fused: pooling by a huge window.
        vec![pool(2, 17), dropout],
    ];
    for followers in followers {
        let width = if followers.first() == Some(&pool(2, 17)) {
            18
        } else {
            5
        };
        for first in [relu.clone(), conv(3, Activation::Linear)] {
            let mut layers = vec![first, norm.clone()];
            layers.extend(followers.clone());
            check(&format!("{layers:?}"), [5, width, 2], layers);
        }
    }
}

#[test]
fn batch_norm_of_vectors_and_sequences() {
    let norm = LayerSpec::batch_norm();
    let dense = LayerSpec::Dense {
        units: 5,
        activation: Activation::Relu,
    };
    check(
        "vector",
        [2, 2, 2],
        vec![
            LayerSpec::Flatten,
            dense.clone(),
            norm.clone(),
            dense.clone(),
        ],
    );
    check(
        "sequence",
        [3, 2, 2],
        vec![LayerSpec::RowsToSequence, dense, norm],
    );
}

#[test]
fn pooling_and_dropout_without_batch_norm() {
    let relu = conv(3, Activation::Relu);
    let dropout = LayerSpec::Dropout { rate: 0.4 };
    for first in [relu.clone(), conv(3, Activation::Linear)] {
        check(
            "pool",
            [5, 5, 2],
            vec![first.clone(), pool(2, 2), dropout.clone(), relu.clone()],
        );
        check("dropout", [3, 3, 2], vec![first.clone(), dropout.clone()]);
        check(
            "average",
            [3, 3, 2],
            vec![first, LayerSpec::GlobalAveragePool2d],
        );
    }
}

#[test]
fn recurrent_layers() {
    for steps in [LayerSpec::RowsToSequence, LayerSpec::ColumnsToSequence] {
        for bidirectional in [false, true] {
            for return_sequences in [false, true] {
                let units = 4;
                let gru = LayerSpec::Gru {
                    units,
                    bidirectional,
                    return_sequences,
                };
                let lstm = LayerSpec::Lstm {
                    units,
                    bidirectional,
                    return_sequences,
                };
                let relu = conv(2, Activation::Relu);
                check("gru", [3, 4, 1], vec![relu.clone(), steps.clone(), gru]);
                check("lstm", [3, 4, 1], vec![relu, steps.clone(), lstm]);
            }
        }
    }
}

#[test]
fn stacked_recurrent_layers() {
    let gru = LayerSpec::Gru {
        units: 3,
        bidirectional: true,
        return_sequences: true,
    };
    let lstm = LayerSpec::Lstm {
        units: 3,
        bidirectional: true,
        return_sequences: false,
    };
    check(
        "stack",
        [4, 2, 2],
        vec![LayerSpec::RowsToSequence, gru, lstm],
    );
}
