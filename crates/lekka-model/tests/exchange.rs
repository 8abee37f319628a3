//! Weights for other programs: what is exported comes back bit for bit, and what is damaged is
//! refused with a reason.

use std::sync::LazyLock;

use lekka_model::exchange::{self, ExchangeError, Names, Source};
use lekka_model::{Calibration, Figure, Metadata, Model, ValueType, presets};
use lekka_nn::initialize::initialize;
use lekka_nn::{Activation, LayerSpec, NetworkSpec};
use proptest::prelude::*;

/// A model whose every weight differs from its neighbours, those that begin as zeros and ones too.
fn model(spec: NetworkSpec, name: &str) -> Model {
    let mut parameters = initialize(&spec, 5).expect("a network");
    for tensor in &mut parameters.tensors {
        for (index, value) in tensor.values.iter_mut().enumerate() {
            *value += (index % 251 + 1) as f32 * 1e-3;
        }
    }
    // Zeros have a sign, which an addition would lose.
    for tensor in parameters
        .tensors
        .iter_mut()
        .filter(|t| t.name.ends_with("bias"))
    {
        tensor.values[0] = -0.0;
    }
    let mut metadata = Metadata::new(name);
    metadata.seed = Some(u64::MAX);
    metadata.command = Some("lekka train --preset \"x\"".to_owned());
    metadata.figures = vec![Figure {
        set: "test".to_owned(),
        accuracy: 0.9731,
        images: 10_000,
        ..Figure::default()
    }];
    metadata.calibration = Some(Calibration { temperature: 1.3 });
    metadata.preprocessing.proportions.lowest = 0.45;
    Model::new(spec, parameters, metadata).expect("a model")
}

fn bits(model: &Model) -> Vec<Vec<u32>> {
    let bits = |values: &Vec<f32>| values.iter().map(|value| value.to_bits()).collect();
    model
        .parameters
        .tensors
        .iter()
        .map(|tensor| bits(&tensor.values))
        .collect()
}

/// Exports, imports and compares, for each kind of file.
fn round_trips(model: &Model) {
    let files = [
        (exchange::to_onnx(model), Source::Onnx),
        (
            exchange::to_safetensors(model, Names::PyTorch),
            Source::Safetensors(Names::PyTorch),
        ),
        (
            exchange::to_safetensors(model, Names::Keras),
            Source::Safetensors(Names::Keras),
        ),
    ];
    for (file, source) in files {
        let name = &model.metadata.name;
        let bytes = file.unwrap_or_else(|error| panic!("{name} to {source}: {error}"));
        let imported = exchange::import(&bytes, "paper")
            .unwrap_or_else(|error| panic!("{name} from {source}: {error}"));
        assert_eq!(
            (imported.source, imported.described),
            (source, true),
            "{name}"
        );
        assert_eq!(&imported.model, model, "{name} by {source}");
        assert_eq!(bits(&imported.model), bits(model), "{name} by {source}");
    }
}

#[test]
fn every_preset_comes_back_bit_for_bit() {
    for preset in presets::ALL {
        round_trips(&model(preset.spec(), preset.name));
    }
}

const ACTIVATIONS: [Activation; 9] = [
    Activation::Linear,
    Activation::Relu,
    Activation::LeakyRelu,
    Activation::Elu,
    Activation::Silu,
    Activation::Mish,
    Activation::Gelu,
    Activation::Tanh,
    Activation::Sigmoid,
];

fn dense(units: usize, activation: Activation) -> LayerSpec {
    LayerSpec::Dense { units, activation }
}

/// A few hundred weights; every kind of layer that is not in a preset, on every shape.
fn odd_spec(activation: Activation) -> NetworkSpec {
    NetworkSpec {
        input: [28, 28, 1],
        layers: vec![
            LayerSpec::MaxPool2d { window: [4, 5] },
            LayerSpec::Conv2d {
                filters: 3,
                kernel: [4, 1],
                activation,
            },
            dense(2, activation),
            LayerSpec::ColumnsToSequence,
            LayerSpec::BatchNorm {
                epsilon: 3e-4,
                momentum: 0.9,
            },
            LayerSpec::Lstm {
                units: 2,
                bidirectional: false,
                return_sequences: true,
            },
            dense(3, activation),
            LayerSpec::Gru {
                units: 2,
                bidirectional: false,
                return_sequences: true,
            },
            LayerSpec::Gru {
                units: 3,
                bidirectional: true,
                return_sequences: true,
            },
            LayerSpec::Activation { activation },
            LayerSpec::Lstm {
                units: 2,
                bidirectional: true,
                return_sequences: false,
            },
            dense(10, activation),
            LayerSpec::Dropout { rate: 0.1 },
        ],
    }
}

#[test]
fn every_layer_and_activation_comes_back_bit_for_bit() {
    for activation in ACTIVATIONS {
        round_trips(&model(odd_spec(activation), "odd"));
    }
}

static SMALL: LazyLock<Model> = LazyLock::new(|| model(odd_spec(Activation::Relu), "odd"));
static ONNX: LazyLock<Vec<u8>> = LazyLock::new(|| exchange::to_onnx(&SMALL).expect("a file"));

#[test]
fn files_are_the_same_every_time() {
    assert_eq!(exchange::to_onnx(&SMALL).expect("a file"), *ONNX);
    let named = || exchange::to_safetensors(&SMALL, Names::PyTorch).expect("a file");
    assert_eq!(named(), named());
}

#[test]
fn what_is_no_exchange_file_is_told_apart() {
    let ours = SMALL.save(ValueType::F16).expect("a file");
    let error = exchange::import(&ours, "paper").expect_err("ours");
    assert!(matches!(error, ExchangeError::Ours), "{error:?}");
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &[8, 8]] {
        let error = exchange::import(bytes, "paper").expect_err("nothing");
        assert!(
            error.to_string().starts_with("neither an ONNX nor"),
            "{error}"
        );
    }
    let huge = vec![0; (1 << 26) + 1];
    let error = exchange::import(&huge, "paper").expect_err("too large");
    assert!(matches!(error, ExchangeError::TooLarge { .. }), "{error:?}");
}

/// A safetensors file with its header, as text, changed to one of the same length.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places = || bytes.windows(from.len());
    assert!(
        places().any(|window| window == from.as_bytes()),
        "no {from}"
    );
    let mut changed = bytes.to_vec();
    let place = places()
        .position(|window| window == from.as_bytes())
        .expect("it is there");
    changed[place..place + to.len()].copy_from_slice(to.as_bytes());
    changed
}

#[test]
fn errors_name_the_tensor_or_the_node() {
    let pytorch = exchange::to_safetensors(&SMALL, Names::PyTorch).expect("a file");
    let keras = exchange::to_safetensors(&SMALL, Names::Keras).expect("a file");
    for (bytes, preset, message) in [
        (
            replaced(&pytorch, "gru.bias_hh_l0", "gru.bias_xx_l0"),
            "paper",
            "lacks the tensor `gru.bias_hh_l0` of shape [6]",
        ),
        (
            replaced(&keras, "\"lstm/lstm_cell/bias", "\"lstm/lstm_cell/boas"),
            "paper",
            "lacks the tensor `lstm/lstm_cell/bias` of shape [8]",
        ),
        (
            replaced(&pytorch, "\"shape\":[3,1,4,1]", "\"shape\":[3,1,1,4]"),
            "paper",
            "`conv1.weight` has shape [3, 1, 1, 4], the network needs [3, 1, 4, 1]",
        ),
        // Without our document the preset is the network.
        (
            replaced(&pytorch, "\"lekka\"", "\"other\""),
            "gru",
            "`conv1.weight` has shape [3, 1, 4, 1], the network needs [64, 1, 3, 3]",
        ),
        (
            replaced(&ONNX, "lekka\u{12}", "other\u{12}"),
            "gru",
            "(MaxPool) of the ONNX file cannot be followed: the network has Conv here",
        ),
        (
            replaced(&ONNX, "\u{7}MaxPool", "\u{7}AvePool"),
            "paper",
            "(AvePool) of the ONNX file cannot be followed: the network has MaxPool here",
        ),
        (
            replaced(&ONNX, "logits", "digits"),
            "paper",
            "ends where the network has its logits as the first output",
        ),
    ] {
        let Err(error) = exchange::import(&bytes, preset) else {
            panic!("{message}: accepted");
        };
        assert!(error.to_string().contains(message), "{message}: {error}");
    }
}

#[test]
fn keras_files_of_a_long_session_are_renumbered() {
    let keras = exchange::to_safetensors(&SMALL, Names::Keras).expect("a file");
    let later = replaced(&keras, "dense_1/kernel", "dense_7/kernel");
    let later = replaced(&later, "dense_1/bias", "dense_7/bias");
    let later = replaced(&later, "dense_2/kernel", "dense_8/kernel");
    let later = replaced(&later, "dense_2/bias", "dense_8/bias");
    assert_eq!(
        exchange::import(&later, "paper").expect("a model").model,
        *SMALL
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever happens to the bytes, importing answers: with an error, or with a whole model.
    #[test]
    fn changed_graphs_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = ONNX.clone();
        for (place, value) in &changes {
            let place = place.index(bytes.len());
            bytes[place] = *value;
        }
        if let Some(length) = length {
            bytes.truncate(length.index(bytes.len()));
        }
        match exchange::import(&bytes, "gru") {
            Ok(imported) => prop_assert!(imported.model.save(ValueType::F32).is_ok()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    /// Bytes moved about, so that lengths, names and nodes stand in places not meant for them.
    #[test]
    fn graphs_with_parts_cut_out_or_doubled_never_panic(
        start in any::<prop::sample::Index>(),
        length in 1_usize..200,
        doubled in any::<bool>(),
    ) {
        let start = start.index(ONNX.len());
        let end = ONNX.len().min(start + length);
        let rest = if doubled { start } else { end };
        let bytes = [&ONNX[..end.min(if doubled { end } else { start })], &ONNX[rest..]].concat();
        if let Ok(imported) = exchange::import(&bytes, "gru") {
            prop_assert!(imported.model.save(ValueType::F32).is_ok());
        }
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(exchange::import(&bytes, "paper").is_err());
    }
}
