//! Layers, whole networks and optimisers against Keras: `reference/make.py` made the numbers.

use lekka_nn::random::{Random, at};
use lekka_nn::{
    Network, NetworkSpec, Optimizer, OptimizerSpec, Parameter, Parameters, Predictor, StepOptions,
};
use serde_json::Value;
use std::collections::HashSet;

/// The cases of a file.
fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

/// `count` values between `low` and `high`, as `spread` in the script.
fn spread(seed: u64, count: usize, low: f32, high: f32) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..count).map(|_| random.range(low, high)).collect()
}

/// Squares of 2x2 pixels, half of them black, as `pictures` in the script.
fn pictures(batch: usize, [height, width, channels]: [usize; 3]) -> Vec<f32> {
    let (rows, columns) = (height.div_ceil(2), width.div_ceil(2));
    let squares = spread(1, batch * rows * columns * channels, -1.0, 1.0);
    let mut images = Vec::new();
    for image in 0..batch {
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let square = ((image * rows + y / 2) * columns + x / 2) * channels;
            images.extend(
                squares[square..][..channels]
                    .iter()
                    .map(|value| value.max(0.0)),
            );
        }
    }
    images
}

fn labels(batch: usize, classes: usize) -> Vec<u8> {
    let mut random = Random::new(2);
    (0..batch)
        .map(|_| (random.uniform() * classes as f32) as u8)
        .collect()
}

/// Weights as `weight` in the script.
fn weights(spec: &NetworkSpec, gamma: f32) -> Parameters {
    let tensor = |(seed, info): (u64, lekka_nn::spec::ParameterInfo)| {
        let shape = &info.shape;
        let (low, high) = match info.name.rsplit('.').next().unwrap() {
            "gamma" => (0.5 * gamma, 1.5 * gamma),
            "moving_variance" => (0.5, 1.5),
            "kernel" | "recurrent_kernel" => {
                let (field, ends) = shape.split_at(shape.len() - 2);
                let fans = field.iter().product::<usize>() * (ends[0] + ends[1]);
                let limit = (6.0 / fans as f32).sqrt();
                (-limit, limit)
            }
            _ => (-0.1, 0.1),
        };
        let values = spread(seed, shape.iter().product(), low, high);
        Parameter {
            name: info.name,
            shape: info.shape,
            values,
            trainable: info.trainable,
        }
    };
    let layout = spec.parameter_layout().unwrap();
    Parameters {
        tensors: (100..).zip(layout).map(tensor).collect(),
    }
}

struct Case {
    value: Value,
    spec: NetworkSpec,
    images: Vec<f32>,
    labels: Vec<u8>,
    parameters: Parameters,
}

impl Case {
    fn new(value: Value) -> Self {
        let spec: NetworkSpec = serde_json::from_value(value["spec"].clone()).unwrap();
        let batch = value["batch"].as_u64().unwrap() as usize;
        let images = pictures(batch, spec.input);
        let labels = labels(batch, spec.classes().unwrap());
        let gamma = value
            .get("gamma")
            .map_or(1.0, |gamma| gamma.as_f64().unwrap() as f32);
        let parameters = weights(&spec, gamma);
        Self {
            value,
            spec,
            images,
            labels,
            parameters,
        }
    }

    fn assert_close(&self, what: &str, found: &[f32], tolerance: f64) {
        let expected = numbers(&self.value[what]);
        assert_eq!(found.len(), expected.len(), "{what} of {:?}", self.spec);
        for (&found, expected) in found.iter().zip(expected) {
            let difference = (f64::from(found) - expected).abs();
            let spec = &self.spec;
            assert!(
                difference < tolerance,
                "{what}: {found}, Keras {expected}: {spec:?}"
            );
        }
    }
}

/// Length of the difference between a tensor and the stored one, as a share of the stored one's
/// length. Of large tensors only sums with random signs are stored; the mean of their squared
/// differences estimates the squared length.
fn relative_difference(found: &[f32], stored: &Value) -> f64 {
    let norm = stored["norm"].as_f64().unwrap();
    let mean_square = |pairs: &mut dyn Iterator<Item = (f64, f64)>| -> f64 {
        pairs.map(|(a, b)| (a - b) * (a - b)).sum()
    };
    let squares = if let Some(values) = stored.get("values") {
        let found = found.iter().map(|&value| f64::from(value));
        mean_square(&mut found.zip(numbers(values)))
    } else {
        let sums = numbers(&stored["sums"]);
        let signed = |seed: u64| -> f64 {
            let sign = |index: usize| {
                if at(seed, index as u64) >> 63 == 1 {
                    1.0
                } else {
                    -1.0
                }
            };
            found
                .iter()
                .enumerate()
                .map(|(index, &value)| f64::from(value) * sign(index))
                .sum()
        };
        let found: Vec<f64> = (1000..).take(sums.len()).map(signed).collect();
        mean_square(&mut found.into_iter().zip(sums.iter().copied())) / sums.len() as f64
    };
    squares.sqrt() / norm.max(1e-12)
}

/// Compares logits, loss and gradients of a case.
fn compare_gradients(case: &Case, logits_tolerance: f64, tolerance: f64) {
    let mut network = Network::from_parameters(&case.spec, &case.parameters).unwrap();
    let mut logits = Vec::new();
    network.infer(&case.images, &mut logits).unwrap();
    case.assert_close("logits", &logits, logits_tolerance);
    let predictor = Predictor::new(&case.spec, &case.parameters).unwrap();
    predictor.logits(&case.images, &mut logits).unwrap();
    case.assert_close("logits", &logits, logits_tolerance);

    let smoothing = case
        .value
        .get("label_smoothing")
        .and_then(Value::as_f64)
        .unwrap_or(0.0);
    let options = StepOptions {
        label_smoothing: smoothing as f32,
        dropout_seed: 0,
    };
    let outcome = network
        .gradient_step(&case.images, &case.labels, &options)
        .unwrap();
    let loss = case.value["loss"].as_f64().unwrap();
    let difference = (outcome.loss - loss).abs();
    assert!(
        difference < logits_tolerance,
        "{} {loss}: {:?}",
        outcome.loss,
        case.spec
    );
    let gradients = case.parameters.tensors.iter().zip(network.gradients());
    for (tensor, gradient) in gradients.filter(|(tensor, _)| tensor.trainable) {
        let stored = &case.value["gradients"][&tensor.name];
        let difference = relative_difference(gradient, stored);
        let norm = stored["norm"].as_f64().unwrap();
        // Some gradients are zero but for rounding.
        let fits = difference < tolerance || norm * difference < 1e-6;
        assert!(
            fits,
            "{}: off by {difference} of {norm}: {:?}",
            tensor.name, case.spec
        );
    }
}

#[test]
fn layers_agree_with_keras() {
    for value in cases(include_str!("reference/layers.json")) {
        compare_gradients(&Case::new(value), 1e-5, 1e-4);
    }
}

/// A single rectifier that rounding switches changes gradients by about 0.2 %.
#[test]
fn gradients_of_the_paper_network_agree_with_keras() {
    for value in cases(include_str!("reference/gradients.json")) {
        compare_gradients(&Case::new(value), 1e-4, 1e-2);
    }
}

#[test]
fn every_kind_of_layer_is_compared() {
    let kinds: HashSet<String> = cases(include_str!("reference/layers.json"))
        .iter()
        .chain(&cases(include_str!("reference/training.json")))
        .flat_map(|case| case["spec"]["layers"].as_array().unwrap().clone())
        .map(|layer| layer["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.len(), 12, "{kinds:?}");
}

#[test]
fn the_paper_network_trains_as_in_keras() {
    for value in cases(include_str!("reference/training.json")) {
        let case = Case::new(value);
        let mut network = Network::from_parameters(&case.spec, &case.parameters).unwrap();
        let mut logits = Vec::new();
        network.infer(&case.images, &mut logits).unwrap();
        case.assert_close("logits", &logits, 1e-4);
        let predictor = Predictor::new(&case.spec, &case.parameters).unwrap();
        predictor.logits(&case.images, &mut logits).unwrap();
        case.assert_close("logits", &logits, 1e-4);

        let rate = case.value["learning_rate"].as_f64().unwrap() as f32;
        let mut optimizer = Optimizer::new(&OptimizerSpec::default(), &case.parameters);
        for loss in numbers(&case.value["losses"]) {
            let options = StepOptions::default();
            let (images, labels) = (&case.images, &case.labels);
            let outcome = network.train_step(images, labels, &options, &mut optimizer, rate);
            let found = outcome.unwrap().loss;
            assert!((found - loss).abs() < 1e-4, "loss {found}, Keras {loss}");
        }
        let tensors = network
            .parameters()
            .tensors
            .iter()
            .zip(&case.parameters.tensors);
        for (after, before) in tensors {
            let change: Vec<f32> = after
                .values
                .iter()
                .zip(&before.values)
                .map(|(after, before)| after - before)
                .collect();
            let difference = relative_difference(&change, &case.value["changes"][&after.name]);
            assert!(
                difference < 0.01,
                "change of {} differs by {difference}",
                after.name
            );
        }
        network.infer(&case.images, &mut logits).unwrap();
        case.assert_close("logits_after", &logits, 1e-3);
    }
}

#[test]
fn optimizers_agree_with_keras() {
    for case in cases(include_str!("reference/optimizers.json")) {
        let spec: OptimizerSpec = serde_json::from_value(case["optimizer"].clone()).unwrap();
        let tensor = |name: &str, seed| Parameter {
            name: format!("dense_1.{name}"),
            shape: vec![5],
            values: spread(seed, 5, -1.0, 1.0),
            trainable: true,
        };
        let mut parameters = Parameters {
            tensors: vec![tensor("kernel", 1), tensor("bias", 2)],
        };
        let mut optimizer = Optimizer::new(&spec, &parameters);
        for step in 0..4 {
            let kernel = spread(10 + step, 5, -1.0, 1.0);
            let bias = spread(20 + step, 5, -0.001, 0.001);
            optimizer.step(&mut parameters, &[kernel, bias], 0.01);
        }
        for (tensor, name) in parameters.tensors.iter().zip(["kernel", "bias"]) {
            for (&found, expected) in tensor.values.iter().zip(numbers(&case[name])) {
                let difference = (f64::from(found) - expected).abs();
                assert!(
                    difference < 2e-6,
                    "{name}: {found}, Keras {expected}: {spec:?}"
                );
            }
        }
    }
}
