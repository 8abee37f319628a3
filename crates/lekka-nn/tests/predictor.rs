//! The predictor gives what the network in training gives.

mod common;

use common::{crnn, pictures};
use lekka_nn::random::Random;
use lekka_nn::{Activation, LayerSpec, Network, NetworkError, NetworkSpec, Predictor};

/// Logits of both, after the weights were moved away from their initial values.
fn compare(spec: &NetworkSpec, count: usize) {
    let mut network = Network::new(spec, 4).unwrap();
    let mut parameters = network.parameters().clone();
    let mut random = Random::new(2);
    for tensor in &mut parameters.tensors {
        for value in &mut tensor.values {
            *value += 0.2 * random.uniform();
        }
    }
    network.set_parameters(&parameters).unwrap();
    let (images, _) = pictures(spec, count);
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    network.infer(&images, &mut expected).unwrap();
    let predictor = Predictor::new(spec, &parameters).unwrap();
    predictor.logits(&images, &mut found).unwrap();
    assert_eq!(found.len(), count * predictor.classes());
    let scale = expected
        .iter()
        .fold(1.0_f32, |scale, value| scale.max(value.abs()));
    for (found, expected) in found.iter().zip(&expected) {
        assert!(
            (found - expected).abs() < 1e-4 * scale,
            "{found} is not {expected}: {spec:?}"
        );
    }
}

#[test]
fn agrees_with_the_network() {
    for count in [0, 1, 2, 45] {
        compare(&crnn(0.25), count);
    }
}

#[test]
fn agrees_for_every_order_of_layers() {
    let conv = |activation| LayerSpec::Conv2d {
        filters: 5,
        kernel: [3, 3],
        activation,
    };
    let relu = || conv(Activation::Relu);
    let norm = LayerSpec::batch_norm;
    let pool = || LayerSpec::MaxPool2d { window: [2, 1] };
    let dense = || LayerSpec::Dense {
        units: 4,
        activation: Activation::Tanh,
    };
    let gru = LayerSpec::Gru {
        units: 3,
        bidirectional: false,
        return_sequences: true,
    };
    let lstm = LayerSpec::Lstm {
        units: 3,
        bidirectional: true,
        return_sequences: false,
    };
    let cases = [
        vec![relu(), norm(), pool(), norm(), pool()],
        vec![relu(), pool(), norm(), norm()],
        vec![
            conv(Activation::Linear),
            norm(),
            LayerSpec::Activation {
                activation: Activation::Relu,
            },
        ],
        vec![conv(Activation::Silu), norm(), pool()],
        vec![pool(), norm(), LayerSpec::Dropout { rate: 0.5 }, relu()],
        vec![LayerSpec::ColumnsToSequence, gru, norm(), lstm],
        vec![relu(), LayerSpec::GlobalAveragePool2d, dense(), norm()],
        vec![dense()],
        vec![],
    ];
    for mut layers in cases {
        layers.push(LayerSpec::Flatten);
        compare(
            &NetworkSpec {
                input: [9, 4, 2],
                layers,
            },
            3,
        );
    }
}

#[test]
fn is_shared_by_threads() {
    let spec = crnn(0.0);
    let network = Network::new(&spec, 1).unwrap();
    let predictor = Predictor::new(&spec, network.parameters()).unwrap();
    let (images, _) = pictures(&spec, 3);
    let mut expected = Vec::new();
    predictor.logits(&images, &mut expected).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut logits = Vec::new();
                for _ in 0..5 {
                    predictor.logits(&images, &mut logits).unwrap();
                    assert_eq!(logits, expected);
                }
            });
        }
    });
}

#[test]
fn part_of_a_picture_is_refused() {
    let spec = crnn(0.0);
    let network = Network::new(&spec, 1).unwrap();
    let predictor = Predictor::new(&spec, network.parameters()).unwrap();
    let refused = predictor.logits(&[0.0; 195], &mut Vec::new());
    assert_eq!(
        refused,
        Err(NetworkError::Input {
            values: 195,
            per_image: 196
        })
    );
}
