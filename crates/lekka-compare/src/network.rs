//! Networks of `lekka-nn` as classifiers: the weights that are given, and one that is trained here.

use crate::classifier::{Classifier, Fitted, Lesson};
use crate::error::CompareError;
use lekka_model::{Model, presets};
use lekka_nn::random::{Random, derive_seed};
use lekka_nn::{NetworkSpec, OptimizerSpec, Parameters, Predictor, ScheduleShape, ScheduleSpec};
use lekka_train::augment::Augmentation;
use lekka_train::data::{CLASSES, IMAGE_PIXELS, SplitSpec};
use lekka_train::training::NetworkChoice;
use lekka_train::{DataSet, Outcome, TrainConfig, Trainer, TrainingData};
use std::time::Instant;

/// Passes over the images.
const EPOCHS: u32 = 15;

/// A network on pixels.
#[derive(Debug)]
pub struct PixelNetwork {
    predictor: Predictor,
    parameters: usize,
}

impl PixelNetwork {
    /// Prepares weights.
    ///
    /// # Errors
    /// When they do not fit the network.
    pub fn new(spec: &NetworkSpec, weights: &Parameters) -> Result<Self, CompareError> {
        Ok(Self {
            predictor: Predictor::new(spec, weights)?,
            parameters: weights.count(),
        })
    }
}

impl Classifier for PixelNetwork {
    fn classify(&self, images: &[u8]) -> Result<Vec<u8>, CompareError> {
        /// Images whose input is in memory at once.
        const PART: usize = 256;
        let (mut digits, mut logits) = (Vec::new(), Vec::new());
        for part in images.chunks(PART * IMAGE_PIXELS) {
            let input: Vec<f32> = part.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
            self.predictor.logits(&input, &mut logits)?;
            digits.extend(digits_of(&logits));
        }
        Ok(digits)
    }

    fn bytes(&self) -> u64 {
        4 * self.parameters as u64
    }
}

/// Takes a network as it is.
///
/// # Errors
/// When its weights do not fit it.
pub fn given(model: &Model) -> Result<PixelNetwork, CompareError> {
    PixelNetwork::new(&model.spec, &model.parameters)
}

/// Trains the preset `small` on the same images as the other methods, at fixed settings and without
/// changing the images.
///
/// # Errors
/// When training fails or the user asks to stop.
pub fn fit_small(lesson: &Lesson) -> Result<Fitted, CompareError> {
    let began = Instant::now();
    let classifier = train(
        &presets::small(),
        &lesson.all,
        EPOCHS,
        2e-3,
        lesson,
        "small",
    )?;
    Ok(Fitted {
        settings: format!(
            "preset small, {} parameters, {EPOCHS} epochs, no augmentation",
            classifier.parameters
        ),
        training_images: lesson.all.len(),
        choosing_seconds: 0.0,
        training_seconds: began.elapsed().as_secs_f64(),
        classifier: Box::new(classifier),
    })
}

/// Trains a network with Adam and one cycle of the learning rate.
pub(crate) fn train(
    spec: &NetworkSpec,
    set: &DataSet,
    epochs: u32,
    learning_rate: f32,
    lesson: &Lesson,
    name: &str,
) -> Result<PixelNetwork, CompareError> {
    let config = TrainConfig {
        name: name.to_owned(),
        // Configurations hold seeds below 2^63.
        seed: derive_seed(lesson.seed, name, &[]) >> 1,
        epochs,
        learning_rate,
        network: NetworkChoice::Spec(spec.clone()),
        optimizer: OptimizerSpec::adam(),
        schedule: ScheduleSpec {
            warm_up_steps: 0,
            shape: ScheduleShape::OneCycle { rise: 0.25 },
        },
        split: SplitSpec::All,
        augmentation: Augmentation::off(),
        ..TrainConfig::default()
    };
    let data = TrainingData::new(set.clone(), Vec::new());
    let trainer = Trainer::new(config, data).interrupt(lesson.interrupt.0.clone());
    match trainer.run()? {
        Outcome::Finished { model, .. } => PixelNetwork::new(&model.spec, &model.parameters),
        Outcome::Interrupted { .. } => Err(CompareError::Interrupted),
    }
}

/// The class of the greatest of each ten logits; the first of equals.
pub(crate) fn digits_of(logits: &[f32]) -> Vec<u8> {
    let greatest = |row: &[f32]| {
        let best = (0..row.len()).reduce(|best, i| if row[i] > row[best] { i } else { best });
        best.unwrap_or(0) as u8
    };
    logits.chunks_exact(CLASSES).map(greatest).collect()
}

/// All indices below `count` in an order of their own for each epoch, in batches.
pub(crate) fn mini_batches(count: usize, batch: usize, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..count).collect();
    Random::stream(seed, "batches of features", &[epoch as u64]).shuffle(&mut order);
    order.chunks(batch).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::agreement;
    use crate::comparison::tests::{lesson, unseen};
    use lekka_nn::{Activation, LayerSpec};

    #[test]
    fn a_network_learns_bars() {
        let (set, labels) = unseen();
        let dense = LayerSpec::Dense {
            units: 10,
            activation: Activation::Linear,
        };
        let spec = NetworkSpec {
            input: [28, 28, 1],
            layers: vec![LayerSpec::Flatten, dense],
        };
        let lesson = lesson();
        let network = train(&spec, &lesson.all, 20, 0.02, &lesson, "dense").unwrap();
        let found = network.classify(set.images()).unwrap();
        assert!(agreement(&found, &labels) > 0.95, "{found:?}");
        assert_eq!(network.bytes(), 4 * 7_850);
    }

    #[test]
    fn every_index_is_in_one_batch() {
        let batches = mini_batches(10, 4, 1, 0);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        let mut all = batches.concat();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_ne!(batches, mini_batches(10, 4, 1, 1));
    }

    #[test]
    fn greatest_logit_wins_and_the_first_of_equals() {
        let mut logits = [0.0; 20];
        logits[4] = 1.0;
        assert_eq!(digits_of(&logits), [4, 0]);
    }
}
