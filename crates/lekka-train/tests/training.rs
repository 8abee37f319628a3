//! Small runs from beginning to end.

use lekka_nn::random::Random;
use lekka_nn::{Activation, LayerSpec, NetworkSpec, Parameters};
use lekka_train::augment::Augmentation;
use lekka_train::data::{DataSet, SplitSpec};
use lekka_train::training::{NetworkChoice, TrainingSource};
use lekka_train::{Outcome, TrainConfig, TrainEvent, Trainer, TrainingData};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ten blurred shapes, one per class, each drawn `each` times with noise.
fn shapes(each: usize) -> DataSet {
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for index in 0..10 * each {
        let class = index % 10;
        let mut random = Random::stream(5, "shapes", &[index as u64]);
        for pixel in 0..784 {
            let (x, y) = (pixel % 28, pixel / 28);
            let inside = (x / 3) % (class + 2) == 2 || (y / 4) % (12 - class) == 1;
            let noise = random.range(0.0, 60.0) as u8;
            images.push(if inside { 255 - noise } else { noise });
        }
        labels.push(class as u8);
    }
    DataSet::new("shapes", images, Some(labels)).unwrap()
}

/// A small network with everything that has state: batch norm, dropout, recurrence.
fn network() -> NetworkSpec {
    NetworkSpec {
        input: [28, 28, 1],
        layers: vec![
            LayerSpec::Conv2d {
                filters: 4,
                kernel: [3, 3],
                activation: Activation::Relu,
            },
            LayerSpec::BatchNorm {
                epsilon: 1e-3,
                momentum: 0.9,
            },
            LayerSpec::MaxPool2d { window: [4, 4] },
            LayerSpec::Dropout { rate: 0.1 },
            LayerSpec::RowsToSequence,
            LayerSpec::Gru {
                units: 8,
                bidirectional: true,
                return_sequences: false,
            },
            LayerSpec::Dense {
                units: 10,
                activation: Activation::Linear,
            },
        ],
    }
}

fn config() -> TrainConfig {
    TrainConfig {
        name: "small".to_owned(),
        epochs: 3,
        batch_size: 16,
        learning_rate: 5e-3,
        weight_average: 0.9,
        network: NetworkChoice::Spec(network()),
        augmentation: Augmentation {
            shift: 0.05,
            ..Augmentation::affine()
        },
        ..TrainConfig::default()
    }
}

fn data() -> TrainingData {
    let sources = [TrainingSource {
        set: shapes(12),
        views: None,
        height: None,
        augmentation: None,
    }];
    TrainingData::divide(&sources, &SplitSpec::Random { fraction: 0.1 }, 1).unwrap()
}

fn finished(outcome: Outcome) -> Parameters {
    match outcome {
        Outcome::Finished { model, .. } => model.parameters,
        Outcome::Interrupted { epoch, step } => panic!("interrupted in {epoch} after {step}"),
    }
}

fn metrics_rows(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("metrics.csv")).unwrap();
    // The last two columns are times.
    text.lines()
        .map(|line| line.rsplitn(3, ',').last().unwrap().to_owned())
        .collect()
}

#[test]
fn a_small_network_learns_a_small_set_by_heart() {
    let set = shapes(6);
    let config = TrainConfig {
        epochs: 30,
        weight_average: 0.0,
        augmentation: Augmentation::off(),
        ..config()
    };
    let data = TrainingData::new(set.clone(), vec![set]);
    let Outcome::Finished { summary, .. } = Trainer::new(config, data).run().unwrap() else {
        panic!("nobody interrupts")
    };
    assert!(summary.last.score() > 0.98, "{summary:?}");
    assert!(summary.mean_train_accuracy < summary.last.train_accuracy);
}

#[test]
fn checkpoint_resume_continues_training() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let parts = folder.path().join("parts");
    let expected = finished(
        Trainer::new(config(), data())
            .run_folder(&whole)
            .run()
            .unwrap(),
    );

    // Interrupted at a step of every epoch, once just after an epoch's end.
    let stop = Arc::new(AtomicBool::new(false));
    let mut total = 0;
    let mut trainer = Trainer::new(config(), data()).run_folder(&parts);
    for stop_after in [3, 4, 7] {
        let mut steps = 0;
        let outcome = trainer
            .interrupt(stop.clone())
            .on_event(|event| {
                if matches!(event, TrainEvent::Step(_)) {
                    steps += 1;
                    stop.store(steps == stop_after, Ordering::Relaxed);
                }
            })
            .run()
            .unwrap();
        total += stop_after;
        let Outcome::Interrupted { epoch, step } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((epoch as usize - 1) * 7 + step, total);
        stop.store(false, Ordering::Relaxed);
        trainer = Trainer::resume_with(&parts, data()).unwrap();
    }
    let found = finished(trainer.run().unwrap());
    assert_eq!(found, expected);
    assert_eq!(metrics_rows(&parts), metrics_rows(&whole));
    assert_eq!(metrics_rows(&parts).len(), 4);
    assert_eq!(
        std::fs::read_dir(parts.join("checkpoints"))
            .unwrap()
            .count(),
        2
    );
    for name in [
        "model.safetensors",
        "model-f16.safetensors",
        "best.safetensors",
        "log.txt",
    ] {
        assert!(parts.join(name).is_file(), "{name}");
    }
}

#[test]
fn weights_do_not_depend_on_the_number_of_threads() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let config = TrainConfig {
            epochs: 1,
            ..config()
        };
        pool.install(|| finished(Trainer::new(config, data()).run().unwrap()))
    };
    let expected = run(1);
    for threads in [2, 3, 4] {
        assert_eq!(run(threads), expected, "{threads} threads");
    }
}

#[test]
fn runs_are_not_overwritten_nor_resumed_with_other_data() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig {
        epochs: 1,
        ..config()
    };
    Trainer::new(config.clone(), data())
        .run_folder(folder.path())
        .run()
        .unwrap();
    let again = Trainer::new(config, data())
        .run_folder(folder.path())
        .run()
        .unwrap_err();
    assert!(again.to_string().contains("already holds a run"), "{again}");
    let other = TrainingData::new(shapes(3), vec![]);
    let error = Trainer::resume_with(folder.path(), other).unwrap_err();
    assert!(
        error.to_string().contains("begun with other data"),
        "{error}"
    );
    let error = Trainer::resume(&folder.path().join("none")).unwrap_err();
    assert!(
        error.to_string().contains("is not the folder of a run"),
        "{error}"
    );
}

#[test]
fn given_weights_are_the_start() {
    let config = TrainConfig {
        epochs: 1,
        learning_rate: 1e-20,
        weight_average: 0.0,
        ..config()
    };
    let weights = lekka_nn::Network::new(&network(), 99)
        .unwrap()
        .parameters()
        .clone();
    let trainer = Trainer::new(config, data()).initial(weights.clone());
    let found = finished(trainer.run().unwrap());
    assert_eq!(found.get("conv2d_1.kernel"), weights.get("conv2d_1.kernel"));
}
