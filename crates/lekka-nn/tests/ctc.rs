//! Networks for lines, trained with CTC.

use lekka_nn::ctc::{ctc_loss, greedy};
use lekka_nn::random::Random;
use lekka_nn::sequence::{Lines, padded_width};
use lekka_nn::{
    Activation, LayerSpec, NetworkError, NetworkSpec, Optimizer, OptimizerSpec, SequenceNetwork,
    SequencePredictor, StepOptions,
};

fn spec() -> NetworkSpec {
    NetworkSpec {
        input: [8, 64, 1],
        layers: vec![
            LayerSpec::Conv2d {
                filters: 8,
                kernel: [3, 3],
                activation: Activation::Relu,
            },
            LayerSpec::batch_norm(),
            LayerSpec::MaxPool2d { window: [4, 2] },
            LayerSpec::ColumnsToSequence,
            LayerSpec::Gru {
                units: 12,
                bidirectional: true,
                return_sequences: true,
            },
            LayerSpec::Dense {
                units: 3,
                activation: Activation::Linear,
            },
        ],
    }
}

/// Bars, low for 0 and high for 1, four columns each and four columns between them.
fn line(labels: &[u8], padded: usize) -> (Vec<f32>, usize) {
    let mut image = vec![0.0; 8 * padded];
    for (index, &label) in labels.iter().enumerate() {
        for y in 0..4 {
            let row = (y + 4 * usize::from(label == 0)) * padded;
            image[row + 8 * index + 4..][..4].fill(1.0);
        }
    }
    (image, 8 * labels.len() + 4)
}

#[test]
fn a_network_learns_to_read_lines_of_any_width() {
    let spec = spec();
    let mut network = SequenceNetwork::new(&spec, 1).unwrap();
    let mut optimizer = Optimizer::new(&OptimizerSpec::adamw(0.0), network.parameters());
    let mut random = Random::new(1);
    let mut last = f64::INFINITY;
    // Long enough for the running averages of batch normalisation to have settled.
    for step in 0..600 {
        let length = 1 + step % 9;
        let labels: Vec<Vec<u8>> = (0..8)
            .map(|_| (0..length).map(|_| random.below(2) as u8).collect())
            .collect();
        let width = padded_width(8 * length + 4);
        let lines: Vec<_> = labels.iter().map(|labels| line(labels, width)).collect();
        let images: Vec<f32> = lines.iter().flat_map(|line| line.0.clone()).collect();
        let widths: Vec<usize> = lines.iter().map(|line| line.1).collect();
        let batch = Lines {
            images: &images,
            width,
            widths: &widths,
            labels: &labels,
        };
        last = network
            .train_step(&batch, &StepOptions::default(), &mut optimizer, 1e-2)
            .unwrap()
            .loss;
    }
    assert!(last < 0.2, "{last}");
    let predictor = SequencePredictor::new(&spec, network.parameters()).unwrap();
    for labels in [
        &[0_u8, 1, 1, 0][..],
        &[1],
        &[0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0],
    ] {
        let width = 8 * labels.len() + 4;
        let (image, _) = line(labels, width);
        let (logits, step) = predictor.logits(&image, width).unwrap();
        assert!((step - 2.0).abs() < 1e-9 && logits.len() == width.div_ceil(2) * 3);
        assert_eq!(greedy(&logits, 3, 2), labels);
    }
    assert!(predictor.logits(&[0.0; 7], 1).is_err());
}

#[test]
fn gradients_are_slopes_of_the_loss() {
    let spec = NetworkSpec {
        layers: spec()
            .layers
            .into_iter()
            .filter(|layer| *layer != LayerSpec::batch_norm())
            .collect(),
        ..spec()
    };
    let labels = vec![vec![0, 1], vec![1, 1, 0]];
    let mut images = line(&labels[0], 64).0;
    images.extend(line(&labels[1], 64).0);
    // Grey, so that no value is at the kink of the rectifier or as great as its neighbour in a window.
    let mut random = Random::new(4);
    for value in &mut images {
        *value = 0.7 * *value + 0.3 * random.uniform();
    }
    let batch = Lines {
        images: &images,
        width: 64,
        widths: &[20, 28],
        labels: &labels,
    };
    let mut network = SequenceNetwork::new(&spec, 3).unwrap();
    network
        .gradient_step(&batch, &StepOptions::default())
        .unwrap();
    let gradients = network.gradients().to_vec();
    let start = network.parameters().clone();
    for tensor in [0, 2, 3, 5, 8, 9] {
        let index = start.tensors[tensor].values.len() / 2;
        let loss = |change: f32| {
            let mut moved = start.clone();
            moved.tensors[tensor].values[index] += change;
            let mut network = SequenceNetwork::from_parameters(&spec, &moved).unwrap();
            network
                .gradient_step(&batch, &StepOptions::default())
                .unwrap()
                .loss
        };
        let slope = (loss(1e-2) - loss(-1e-2)) / 2e-2;
        let found = f64::from(gradients[tensor][index]);
        assert!(
            (slope - found).abs() < 2e-3 + 0.05 * slope.abs(),
            "{}: {slope} {found}",
            start.tensors[tensor].name
        );
    }
}

#[test]
fn wrong_lines_are_named() {
    let mut network = SequenceNetwork::new(&spec(), 1).unwrap();
    let mut step = |widths: &[usize], labels: &[Vec<u8>]| {
        let batch = Lines {
            images: &[0.0; 8 * 64],
            width: 64,
            widths,
            labels,
        };
        network
            .gradient_step(&batch, &StepOptions::default())
            .map(|outcome| outcome.loss)
    };
    let text = |result: Result<f64, NetworkError>| result.unwrap_err().to_string();
    assert!(text(step(&[65], &[vec![1]])).contains("65 pixels wide"));
    assert!(text(step(&[60], &[vec![2]])).contains("label 2 is not below the blank, 2"));
    assert!(text(step(&[60, 60], &[vec![1], vec![1]])).contains("1 pictures, but 2 labels"));
    // Too many labels for the steps add nothing.
    assert_eq!(step(&[4], &[vec![1; 30]]), Ok(0.0));
}

/// A case of `reference/make_ctc.py`.
#[derive(serde::Deserialize)]
struct Reference {
    seed: u64,
    steps: usize,
    classes: usize,
    blank: u8,
    labels: Vec<u8>,
    loss: Option<f64>,
    #[serde(default)]
    gradient: Vec<f64>,
}

#[test]
fn loss_and_gradient_are_those_of_pytorch() {
    let cases: Vec<Reference> = serde_json::from_str(include_str!("reference/ctc.json")).unwrap();
    assert!(cases.iter().any(|case| case.loss.is_none()));
    for case in cases {
        let mut random = Random::new(case.seed);
        let logits: Vec<f32> = (0..case.steps * case.classes)
            .map(|_| random.range(-4.0, 4.0))
            .collect();
        let mut gradient = vec![0.0; logits.len()];
        let loss = ctc_loss(
            &logits,
            case.classes,
            &case.labels,
            case.blank,
            1.0,
            &mut gradient,
        );
        assert_eq!(loss.is_some(), case.loss.is_some(), "seed {}", case.seed);
        let (Some(loss), Some(expected)) = (loss, case.loss) else {
            continue;
        };
        assert!(
            (loss - expected).abs() < 1e-6 * expected.max(1.0),
            "{loss} {expected}"
        );
        let found: Vec<f32> = gradient.into_iter().step_by(7).collect();
        assert_eq!(found.len(), case.gradient.len());
        for (found, expected) in found.into_iter().zip(case.gradient) {
            assert!(
                (f64::from(found) - expected).abs() < 1e-6,
                "{found} {expected}"
            );
        }
    }
}
