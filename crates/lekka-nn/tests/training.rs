//! Training as a whole: it learns, it is reproducible, and wrong input is refused.

mod common;

use common::{crnn, pictures};
use lekka_nn::{
    LayerSpec, Network, NetworkError, NetworkSpec, Optimizer, OptimizerSpec, Parameters,
    StepOptions, StepOutcome,
};

/// A few steps on one batch.
fn train(spec: &NetworkSpec, steps: u64, optimizer: &OptimizerSpec) -> (Parameters, StepOutcome) {
    let mut network = Network::new(spec, 1).unwrap();
    let mut optimizer = Optimizer::new(optimizer, network.parameters());
    let (images, labels) = pictures(spec, 20);
    let mut last = StepOutcome::default();
    for step in 0..steps {
        let options = StepOptions {
            label_smoothing: 0.0,
            dropout_seed: step,
        };
        last = network
            .train_step(&images, &labels, &options, &mut optimizer, 2e-3)
            .unwrap();
    }
    (network.parameters().clone(), last)
}

#[test]
fn learns_a_batch_by_heart() {
    for optimizer in [
        OptimizerSpec::default(),
        OptimizerSpec::adam(),
        OptimizerSpec::adamw(0.01),
        OptimizerSpec::Sgd {
            momentum: 0.9,
            nesterov: true,
        },
    ] {
        let (_, outcome) = train(&crnn(0.0), 60, &optimizer);
        assert!(outcome.correct >= 19, "{optimizer:?}: {outcome:?}");
    }
}

#[test]
fn number_of_threads_changes_no_bit() {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| train(&crnn(0.25), 4, &OptimizerSpec::default()))
    };
    let expected = with_threads(1);
    for threads in [2, 3] {
        assert!(
            with_threads(threads) == expected,
            "{threads} threads give other weights"
        );
    }
}

#[test]
fn dropout_seed_matters_and_repeats() {
    let step = |seed| {
        let spec = crnn(0.5);
        let mut network = Network::new(&spec, 1).unwrap();
        let (images, labels) = pictures(&spec, 4);
        let options = StepOptions {
            label_smoothing: 0.0,
            dropout_seed: seed,
        };
        network.gradient_step(&images, &labels, &options).unwrap()
    };
    assert_eq!(step(1), step(1));
    assert_ne!(step(1), step(2));
}

#[test]
fn batches_of_any_size_in_any_order() {
    let spec = crnn(0.25);
    let mut network = Network::new(&spec, 1).unwrap();
    let mut optimizer = Optimizer::new(&OptimizerSpec::default(), network.parameters());
    let (images, labels) = pictures(&spec, 20);
    let per_image = images.len() / 20;
    let mut logits = Vec::new();
    for count in [1, 20, 7, 0, 20] {
        let (images, labels) = (&images[..count * per_image], &labels[..count]);
        let options = StepOptions::default();
        let outcome = network
            .train_step(images, labels, &options, &mut optimizer, 1e-3)
            .unwrap();
        assert!(outcome.loss.is_finite() && outcome.correct <= count);
        network.infer(images, &mut logits).unwrap();
        assert_eq!(logits.len(), count * 10);
    }
    assert!(
        network
            .parameters()
            .tensors
            .iter()
            .all(|t| t.values.iter().all(|v| v.is_finite()))
    );
}

#[test]
fn wrong_input_is_refused() {
    let spec = crnn(0.25);
    let mut network = Network::new(&spec, 1).unwrap();
    let (images, labels) = pictures(&spec, 2);
    let options = StepOptions::default();
    let mut step = |images: &[f32], labels: &[u8]| network.gradient_step(images, labels, &options);
    let per_image = images.len() / 2;
    let values = images.len() - 1;
    assert_eq!(
        step(&images[1..], &labels),
        Err(NetworkError::Input { values, per_image })
    );
    assert_eq!(
        step(&images, &labels[1..]),
        Err(NetworkError::Labels {
            images: 2,
            labels: 1
        })
    );
    assert_eq!(
        step(&images, &[9, 10]),
        Err(NetworkError::Label {
            index: 1,
            label: 10,
            classes: 10
        })
    );

    let other = Network::new(
        &NetworkSpec {
            input: [1, 1, 1],
            layers: vec![LayerSpec::Flatten],
        },
        1,
    );
    let mut optimizer = Optimizer::new(&OptimizerSpec::default(), other.unwrap().parameters());
    let refused = network.train_step(&images, &labels, &options, &mut optimizer, 1e-3);
    assert_eq!(refused, Err(NetworkError::Optimizer));
}
