//! Networks by name.
//!
//! All but `small` share the convolutions of the paper's network, `paper`; the others put another
//! head on them, so that the paper's claims can be tested one difference at a time.

use lekka_nn::{Activation, LayerSpec, NetworkSpec};

/// A network with a name.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    build: fn() -> NetworkSpec,
}

impl Preset {
    /// The network.
    pub fn spec(&self) -> NetworkSpec {
        (self.build)()
    }
}

/// All networks with a name.
pub const ALL: [Preset; 8] = [
    Preset {
        name: "paper",
        about: "the paper's network: rows as time steps of a bidirectional GRU",
        build: paper,
    },
    Preset {
        name: "dense",
        about: "two dense layers in place of GRU and dense layer, as many parameters",
        build: dense,
    },
    Preset {
        name: "lstm",
        about: "a bidirectional LSTM in place of the GRU",
        build: lstm,
    },
    Preset {
        name: "unidirectional",
        about: "a GRU that reads downwards only, with twice the units",
        build: unidirectional,
    },
    Preset {
        name: "columns",
        about: "columns as time steps in place of rows",
        build: columns,
    },
    Preset {
        name: "gru",
        about: "the GRU's last states go straight to the output layer",
        build: gru,
    },
    Preset {
        name: "pooling",
        about: "no head: the mean over each feature map goes to the output layer",
        build: pooling,
    },
    Preset {
        name: "small",
        about: "lekka-small: the paper's network with fewer channels, an eighth of the arithmetic",
        build: small,
    },
];

/// The network of this name; `crnn` is another name for `paper`.
///
/// ```
/// use lekka_model::presets;
/// assert_eq!(presets::by_name("crnn"), Some(presets::paper()));
/// assert_eq!(presets::by_name("transformer"), None);
/// ```
pub fn by_name(name: &str) -> Option<NetworkSpec> {
    let name = if name == "crnn" { "paper" } else { name };
    let numbers = (name == "numbers").then(numbers);
    ALL.iter()
        .find(|preset| preset.name == name)
        .map(Preset::spec)
        .or(numbers)
}

/// The paper's network: 1,418,570 parameters.
pub fn paper() -> NetworkSpec {
    rows_to_gru(convolutions([1, 2]), 256)
}

/// Dense layers as in a plain CNN. With 48 units the first of them needs as many parameters as the
/// GRU and what it adds to the next layer, to within 0.7 %.
pub fn dense() -> NetworkSpec {
    let mut layers = convolutions([1, 2]);
    layers.push(LayerSpec::Flatten);
    layers.push(LayerSpec::Dense {
        units: 48,
        activation: Activation::Relu,
    });
    network(layers, &[256])
}

/// The paper's network with an LSTM of the same size.
pub fn lstm() -> NetworkSpec {
    let mut layers = convolutions([1, 2]);
    layers.push(LayerSpec::RowsToSequence);
    layers.push(LayerSpec::Lstm {
        units: 32,
        bidirectional: true,
        return_sequences: true,
    });
    layers.push(LayerSpec::Flatten);
    network(layers, &[256])
}

/// The paper's network with a GRU that reads downwards only. It has twice the units, so that the
/// layers behind it stay as they are.
pub fn unidirectional() -> NetworkSpec {
    let mut layers = convolutions([1, 2]);
    layers.push(LayerSpec::RowsToSequence);
    layers.push(LayerSpec::Gru {
        units: 64,
        bidirectional: false,
        return_sequences: true,
    });
    layers.push(LayerSpec::Flatten);
    network(layers, &[256])
}

/// The paper's network turned by a quarter: the last pooling is over rows, the columns are the time
/// steps. As many parameters.
pub fn columns() -> NetworkSpec {
    let mut layers = convolutions([2, 1]);
    layers.push(LayerSpec::ColumnsToSequence);
    layers.push(LayerSpec::Gru {
        units: 32,
        bidirectional: true,
        return_sequences: true,
    });
    layers.push(LayerSpec::Flatten);
    network(layers, &[256])
}

/// The GRU as the whole head: its last states go to the output layer.
pub fn gru() -> NetworkSpec {
    let mut layers = convolutions([1, 2]);
    layers.push(LayerSpec::RowsToSequence);
    layers.push(LayerSpec::Gru {
        units: 32,
        bidirectional: true,
        return_sequences: false,
    });
    network(layers, &[])
}

/// No head but the mean over each feature map.
pub fn pooling() -> NetworkSpec {
    let mut layers = convolutions([1, 2]);
    layers.push(LayerSpec::GlobalAveragePool2d);
    network(layers, &[])
}

/// The paper's network with 16, 48 and 96 channels: 276,570 parameters, and at most an eighth of the
/// arithmetic. Fewer weights need less dropout.
pub fn small() -> NetworkSpec {
    let mut spec = rows_to_gru(blocks([16, 48, 96], [1, 2]), 128);
    for layer in &mut spec.layers {
        if let LayerSpec::Dropout { rate } = layer {
            *rate = 0.1;
        }
    }
    spec
}

/// A network for lines of digits of any width, trained with CTC (Shi 2015): convolutions, pooled to four rows, the
/// columns as steps of a bidirectional GRU, and for each step ten digits and the blank. The paper names it as its
/// future work.
pub fn numbers() -> NetworkSpec {
    let conv = |filters| LayerSpec::Conv2d {
        filters,
        kernel: [3, 3],
        activation: Activation::Relu,
    };
    let block = |window| [LayerSpec::batch_norm(), LayerSpec::MaxPool2d { window }];
    let mut layers = vec![conv(32)];
    layers.extend(block([2, 2]));
    layers.push(conv(64));
    layers.extend(block([2, 2]));
    layers.extend([conv(96), conv(96)]);
    layers.extend(block([2, 1]));
    layers.extend([
        LayerSpec::Dropout { rate: 0.1 },
        LayerSpec::ColumnsToSequence,
        LayerSpec::Gru {
            units: 64,
            bidirectional: true,
            return_sequences: true,
        },
        LayerSpec::Dense {
            units: 11,
            activation: Activation::Linear,
        },
    ]);
    NetworkSpec {
        input: [32, 256, 1],
        layers,
    }
}

/// The same network with another activation function wherever it has `ReLU`.
///
/// ```
/// use lekka_model::presets;
/// use lekka_nn::Activation;
/// let spec = presets::with_activation(presets::paper(), Activation::Mish);
/// assert_eq!(spec.summary()?, presets::paper().summary()?);
/// # Ok::<(), lekka_nn::SpecError>(())
/// ```
#[must_use]
pub fn with_activation(mut spec: NetworkSpec, replacement: Activation) -> NetworkSpec {
    for layer in &mut spec.layers {
        if let LayerSpec::Conv2d { activation, .. }
        | LayerSpec::Dense { activation, .. }
        | LayerSpec::Activation { activation } = layer
            && *activation == Activation::Relu
        {
            *activation = replacement;
        }
    }
    spec
}

/// The paper's three blocks.
fn convolutions(last_window: [usize; 2]) -> Vec<LayerSpec> {
    blocks([64, 128, 256], last_window)
}

/// Three blocks of two convolutions, batch norm, pooling and dropout.
fn blocks(filters: [usize; 3], last_window: [usize; 2]) -> Vec<LayerSpec> {
    let mut layers = Vec::new();
    for (filters, window) in filters.into_iter().zip([[2, 2], [2, 2], last_window]) {
        let conv = LayerSpec::Conv2d {
            filters,
            kernel: [3, 3],
            activation: Activation::Relu,
        };
        layers.extend([
            conv.clone(),
            conv,
            LayerSpec::batch_norm(),
            LayerSpec::MaxPool2d { window },
            LayerSpec::Dropout { rate: 0.25 },
        ]);
    }
    layers
}

/// The paper's head: the rows as steps of a bidirectional GRU of 32 units, then a dense layer.
fn rows_to_gru(mut layers: Vec<LayerSpec>, hidden: usize) -> NetworkSpec {
    layers.push(LayerSpec::RowsToSequence);
    layers.push(LayerSpec::Gru {
        units: 32,
        bidirectional: true,
        return_sequences: true,
    });
    layers.push(LayerSpec::Flatten);
    network(layers, &[hidden])
}

/// Closes a network with hidden dense layers, each with batch norm and dropout, and ten outputs.
fn network(mut layers: Vec<LayerSpec>, hidden: &[usize]) -> NetworkSpec {
    for &units in hidden {
        layers.extend([
            LayerSpec::Dense {
                units,
                activation: Activation::Relu,
            },
            LayerSpec::batch_norm(),
            LayerSpec::Dropout { rate: 0.25 },
        ]);
    }
    layers.push(LayerSpec::Dense {
        units: 10,
        activation: Activation::Linear,
    });
    NetworkSpec {
        input: [28, 28, 1],
        layers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted_as_in_keras() {
        for (name, expected) in [
            ("paper", 1_418_570),
            // 1,418,570 less 268,928 (GRU and the dense layer behind it) and 270,640 more.
            ("dense", 1_420_282),
            // 205,056 in place of 153,984.
            ("lstm", 1_469_642),
            // 160,128 in place of 153,984.
            ("unidirectional", 1_424_714),
            ("columns", 1_418_570),
            // 153,984 and 64 * 10 + 10 behind the convolutions.
            ("gru", 1_300_682),
            ("pooling", 1_148_618),
            ("small", 276_570),
        ] {
            let summary = by_name(name).expect(name).summary().expect(name);
            let total: usize = summary.iter().map(|layer| layer.parameters).sum();
            assert_eq!(total, expected, "{name}");
        }
    }

    /// Operations of a picture in its convolutions and products with the GRU's and dense kernels.
    fn flops(spec: &NetworkSpec) -> usize {
        let layers = spec.resolve().unwrap();
        let of_layer = |layer: &lekka_nn::spec::ResolvedLayer| {
            let weights: usize = layer
                .parameters
                .iter()
                .filter(|parameter| parameter.name.ends_with("kernel"))
                .map(|parameter| parameter.shape.iter().product::<usize>())
                .sum();
            let steps = match layer.input.dims() {
                [height, width, _] => height * width,
                [steps, _] => *steps,
                _ => 1,
            };
            2 * steps * weights
        };
        layers.iter().map(of_layer).sum()
    }

    #[test]
    fn the_small_network_has_an_eighth_of_the_arithmetic() {
        let (paper, small) = (flops(&paper()), flops(&small()));
        assert!(paper.abs_diff(234_500_000) < 1_000_000, "{paper}");
        assert!(8 * small <= paper, "{small} of {paper}");
    }

    #[test]
    fn the_network_for_lines_gives_a_step_for_four_columns() {
        let spec = numbers();
        assert_eq!(spec.sequence_shape(), Ok([64, 11]));
        assert_eq!(spec.with_width(512).sequence_shape(), Ok([128, 11]));
        assert_eq!(
            spec.with_width(512).parameter_layout(),
            spec.parameter_layout()
        );
        assert_eq!(by_name("numbers"), Some(spec));
    }

    #[test]
    fn all_presets_are_classifiers_of_28x28() {
        for preset in ALL {
            assert_eq!(preset.spec().input, [28, 28, 1], "{}", preset.name);
            assert_eq!(preset.spec().classes(), Ok(10), "{}", preset.name);
            assert_eq!(by_name(preset.name), Some(preset.spec()), "{}", preset.name);
        }
    }
}
