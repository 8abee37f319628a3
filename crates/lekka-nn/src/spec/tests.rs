use super::*;

/// The network of the paper (METHOD.md section 3), the most important one.
pub(crate) fn paper_spec(dropout: f32) -> NetworkSpec {
    let conv = |filters| LayerSpec::Conv2d {
        filters,
        kernel: [3, 3],
        activation: Activation::Relu,
    };
    let mut layers = Vec::new();
    for (filters, window) in [(64, [2, 2]), (128, [2, 2]), (256, [1, 2])] {
        layers.extend([conv(filters), conv(filters), LayerSpec::batch_norm()]);
        layers.extend([
            LayerSpec::MaxPool2d { window },
            LayerSpec::Dropout { rate: dropout },
        ]);
    }
    layers.extend([
        LayerSpec::RowsToSequence,
        LayerSpec::Gru {
            units: 32,
            bidirectional: true,
            return_sequences: true,
        },
        LayerSpec::Flatten,
        LayerSpec::Dense {
            units: 256,
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
        input: [28, 28, 1],
        layers,
    }
}

#[test]
fn paper_network_has_the_published_counts() {
    let summary = paper_spec(0.25).summary().unwrap();
    let total: usize = summary.iter().map(|layer| layer.parameters).sum();
    let trainable: usize = summary.iter().map(|layer| layer.trainable).sum();
    assert_eq!(
        (total, trainable, total - trainable),
        (1_418_570, 1_417_162, 1_408)
    );

    let rows: Vec<_> = summary
        .iter()
        .filter(|layer| layer.parameters > 0)
        .map(|layer| {
            (
                layer.name.as_str(),
                layer.output_shape.as_slice(),
                layer.parameters,
            )
        })
        .collect();
    let expected: [(&str, &[usize], usize); 13] = [
        ("conv2d_1", &[28, 28, 64], 640),
        ("conv2d_2", &[28, 28, 64], 36_928),
        ("batch_norm_1", &[28, 28, 64], 256),
        ("conv2d_3", &[14, 14, 128], 73_856),
        ("conv2d_4", &[14, 14, 128], 147_584),
        ("batch_norm_2", &[14, 14, 128], 512),
        ("conv2d_5", &[7, 7, 256], 295_168),
        ("conv2d_6", &[7, 7, 256], 590_080),
        ("batch_norm_3", &[7, 7, 256], 1_024),
        ("gru_1", &[7, 64], 153_984),
        ("dense_1", &[256], 114_944),
        ("batch_norm_4", &[256], 1_024),
        ("dense_2", &[10], 2_570),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn names_and_shapes_are_keras_ones() {
    let layout = paper_spec(0.25).parameter_layout().unwrap();
    let find = |name: &str| layout.iter().find(|info| info.name == name).unwrap();
    assert_eq!(find("conv2d_1.kernel").shape, [3, 3, 1, 64]);
    assert_eq!(find("gru_1.forward.kernel").shape, [768, 96]);
    assert_eq!(find("gru_1.backward.recurrent_kernel").shape, [32, 96]);
    assert_eq!(find("gru_1.backward.bias").shape, [2, 96]);
    assert_eq!(find("dense_1.kernel").shape, [448, 256]);
    assert!(!find("batch_norm_1.moving_variance").trainable);
    assert!(find("batch_norm_1.gamma").trainable);
}

#[test]
fn wrong_specs_are_refused() {
    let dense = LayerSpec::Dense {
        units: 10,
        activation: Activation::Linear,
    };
    let conv = |filters, kernel| LayerSpec::Conv2d {
        filters,
        kernel,
        activation: Activation::Relu,
    };
    let gru = LayerSpec::Gru {
        units: 4,
        bidirectional: true,
        return_sequences: false,
    };
    let cases: [(Vec<LayerSpec>, &str); 8] = [
        (vec![], "the network has no layers"),
        (
            vec![gru],
            "layer 0 (gru) needs [steps, features], but the layer before it gives [28, 28, 1]",
        ),
        (
            vec![LayerSpec::Flatten, conv(4, [3, 3])],
            "layer 1 (conv2d) needs [height, width, channels], but the layer before it gives [784]",
        ),
        (
            vec![conv(0, [3, 3])],
            "layer 0 (conv2d): the number of filters is 0, it must be at least 1",
        ),
        (
            vec![LayerSpec::MaxPool2d { window: [29, 1] }],
            "layer 0 (max_pool2d): window [29, 1] does not fit into [28, 28]",
        ),
        (
            vec![LayerSpec::Dropout { rate: 1.0 }],
            "layer 0 (dropout): the rate is 1, it must lie in 0 to 1 (excluded)",
        ),
        (
            vec![
                LayerSpec::Flatten,
                LayerSpec::Dense {
                    units: usize::MAX,
                    activation: Activation::Relu,
                },
            ],
            "layer 1 (dense) needs a tensor of more than 2^28 values; make it smaller",
        ),
        (
            vec![dense],
            "the last layer gives [28, 28, 10]; a classifier must end in one vector of logits",
        ),
    ];
    for (layers, message) in cases {
        let spec = NetworkSpec {
            input: [28, 28, 1],
            layers,
        };
        assert_eq!(spec.classes().unwrap_err().to_string(), message);
    }
}

#[test]
fn columns_are_steps_of_height_times_channels() {
    let spec = NetworkSpec {
        input: [7, 3, 5],
        layers: vec![LayerSpec::ColumnsToSequence],
    };
    assert_eq!(spec.resolve().unwrap()[0].output, Shape::Sequence([3, 35]));
}
