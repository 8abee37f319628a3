//! A small network with every kind of layer of the paper's, and made-up pictures.

use lekka_nn::random::Random;
use lekka_nn::{Activation, LayerSpec, NetworkSpec};

/// The paper's network with fewer channels on smaller pictures.
pub(crate) fn crnn(dropout: f32) -> NetworkSpec {
    let conv = |filters| LayerSpec::Conv2d {
        filters,
        kernel: [3, 3],
        activation: Activation::Relu,
    };
    let mut layers = Vec::new();
    for (filters, window) in [(16, [2, 2]), (32, [1, 2])] {
        layers.extend([conv(filters), conv(filters), LayerSpec::batch_norm()]);
        layers.extend([
            LayerSpec::MaxPool2d { window },
            LayerSpec::Dropout { rate: dropout },
        ]);
    }
    layers.extend([
        LayerSpec::RowsToSequence,
        LayerSpec::Gru {
            units: 8,
            bidirectional: true,
            return_sequences: true,
        },
        LayerSpec::Flatten,
        LayerSpec::Dense {
            units: 32,
            activation: Activation::Relu,
        },
        LayerSpec::batch_norm(),
        LayerSpec::Dropout { rate: dropout },
        LayerSpec::Dense {
            units: 10,
            activation: Activation::Linear,
        },
    ]);
    NetworkSpec {
        input: [14, 14, 1],
        layers,
    }
}

/// Uniform noise and labels.
pub(crate) fn pictures(spec: &NetworkSpec, count: usize) -> (Vec<f32>, Vec<u8>) {
    let mut random = Random::new(23);
    let values = count * spec.input.iter().product::<usize>();
    let images = (0..values).map(|_| random.uniform()).collect();
    let labels = (0..count).map(|_| random.below(10) as u8).collect();
    (images, labels)
}
