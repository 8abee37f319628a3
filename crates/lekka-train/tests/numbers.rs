//! Training on composed numbers from beginning to end.

use image::{GrayImage, Luma};
use lekka_nn::{Activation, LayerSpec, NetworkSpec, Parameters};
use lekka_train::data::{ComposeOptions, GlyphBank, Spacing, SplitSpec, WriterGlyphs};
use lekka_train::training::{NetworkChoice, NumbersConfig};
use lekka_train::{Outcome, TrainConfig, TrainEvent, Trainer, TrainingData};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A writer whose digits are frames with a bar at a height of their own.
fn writer(name: &str, thick: u32) -> WriterGlyphs {
    let digits = std::array::from_fn(|digit| {
        vec![GrayImage::from_fn(24, 36, |x, y| {
            let edge = x < thick || x + thick >= 24;
            let bar = y / 3 == digit as u32 + 1;
            Luma([if edge || bar { 255 } else { 0 }])
        })]
    });
    WriterGlyphs::new(name, digits).unwrap()
}

fn bank() -> GlyphBank {
    GlyphBank::new(vec![writer("a", 3), writer("b", 4), writer("c", 5)])
}

fn config() -> TrainConfig {
    let network = NetworkSpec {
        input: [32, 128, 1],
        layers: vec![
            LayerSpec::Conv2d {
                filters: 4,
                kernel: [3, 3],
                activation: Activation::Relu,
            },
            LayerSpec::batch_norm(),
            LayerSpec::MaxPool2d { window: [4, 4] },
            LayerSpec::Dropout { rate: 0.1 },
            LayerSpec::ColumnsToSequence,
            LayerSpec::Gru {
                units: 8,
                bidirectional: true,
                return_sequences: true,
            },
            LayerSpec::Dense {
                units: 11,
                activation: Activation::Linear,
            },
        ],
    };
    TrainConfig {
        name: "numbers".to_owned(),
        epochs: 2,
        batch_size: 4,
        learning_rate: 5e-3,
        weight_average: 0.9,
        network: NetworkChoice::Spec(network),
        split: held_out(),
        numbers: Some(NumbersConfig {
            per_epoch: 44,
            validation: 12,
            compose: ComposeOptions {
                digits: [1, 3],
                spacing: vec![Spacing::Close, Spacing::Touching],
                separators: 0.2,
                ..ComposeOptions::default()
            },
            ..NumbersConfig::default()
        }),
        ..TrainConfig::default()
    }
}

fn held_out() -> SplitSpec {
    SplitSpec::Writers {
        hold_out: vec!["b".to_owned()],
        train_on: Vec::new(),
    }
}

fn data() -> TrainingData {
    TrainingData::of_numbers(&bank(), &held_out(), 1).unwrap()
}

fn finished(outcome: Outcome) -> Parameters {
    match outcome {
        Outcome::Finished { model, .. } => {
            assert!(model.metadata.preprocessing.is_line());
            assert_eq!(model.metadata.classes.len(), 11);
            model.parameters
        }
        Outcome::Interrupted { epoch, step } => panic!("interrupted in {epoch} after {step}"),
    }
}

#[test]
fn a_resumed_run_ends_like_one_that_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let whole = finished(Trainer::new(config(), data()).run().unwrap());
    let path = folder.path().join("parts");
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let outcome = Trainer::new(config(), data())
        .run_folder(&path)
        .interrupt(stop)
        .on_event(move |event| {
            if let TrainEvent::Step(step) = event
                && step.epoch == 1
                && step.step == 9
            {
                flag.store(true, Ordering::Relaxed);
            }
        })
        .run()
        .unwrap();
    assert!(matches!(
        outcome,
        Outcome::Interrupted { epoch: 1, step: 9 }
    ));
    let resumed = finished(Trainer::resume_with(&path, data()).unwrap().run().unwrap());
    assert_eq!(resumed, whole);
    let metrics = std::fs::read_to_string(path.join("metrics.csv")).unwrap();
    assert!(
        metrics.contains("val_touching_accuracy") || metrics.contains("val_close_accuracy"),
        "{metrics}"
    );
}

#[test]
fn writers_held_out_are_not_trained_on() {
    let numbers = data().numbers.unwrap();
    let names = |bank: &GlyphBank| -> Vec<String> {
        bank.writers()
            .iter()
            .map(|writer| writer.name.clone())
            .collect()
    };
    assert_eq!(names(&numbers.training), ["a", "c"]);
    assert_eq!(names(&numbers.validation), ["b"]);
    let random = SplitSpec::Random { fraction: 0.1 };
    let error = TrainingData::of_numbers(&bank(), &random, 1)
        .unwrap_err()
        .to_string();
    assert!(error.contains("hold out writers"), "{error}");
    let unknown = SplitSpec::Writers {
        hold_out: vec!["z".to_owned()],
        train_on: Vec::new(),
    };
    let error = TrainingData::of_numbers(&bank(), &unknown, 1)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no writer z; there are a, b, c"), "{error}");
}

#[test]
fn data_of_another_kind_are_refused() {
    let digits = TrainConfig {
        numbers: None,
        network: NetworkChoice::Preset("small".to_owned()),
        ..config()
    };
    let error = Trainer::new(digits, data()).run().unwrap_err().to_string();
    assert!(
        error.contains("for numbers and the data for digits, or the reverse"),
        "{error}"
    );
    let network = TrainConfig {
        network: NetworkChoice::Preset("small".to_owned()),
        ..config()
    };
    let error = Trainer::new(network, data()).run().unwrap_err().to_string();
    assert!(error.contains("network: "), "{error}");
}
