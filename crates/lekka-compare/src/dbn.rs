//! A deep belief network on DAG features (Karthik and Srikanta Murthy, "Deep belief network based
//! approach to recognize handwritten Kannada characters using distributed average of gradients",
//! Cluster Computing 2018).
//!
//! Restricted Boltzmann machines are trained one upon the other without labels (Hinton, Osindero
//! and Teh, "A fast learning algorithm for deep belief nets", 2006). Their weights are where a
//! network of sigmoid layers starts from, which is then trained with labels as any other.

use crate::classifier::{Classifier, Fitted, Lesson};
use crate::error::CompareError;
use crate::features::FeatureKind;
use crate::network::{digits_of, mini_batches};
use crate::rbm::Rbm;
use lekka_nn::random::derive_seed;
use lekka_nn::{
    Activation, LayerSpec, Network, NetworkSpec, Optimizer, OptimizerSpec, Predictor, Schedule,
    ScheduleShape, ScheduleSpec, StepOptions,
};
use std::time::Instant;

/// Units of the hidden layers.
const HIDDEN: [usize; 2] = [256, 256];
/// Passes of contrastive divergence over the images, for each layer.
const PRETRAINING: usize = 10;
/// Passes with labels.
const FINE_TUNING: usize = 20;
const BATCH: usize = 64;
const RATE: f32 = 2e-3;

/// A trained network on features.
#[derive(Debug)]
struct DeepBelief {
    kind: FeatureKind,
    /// The greatest value of each feature in training, which becomes 1.
    greatest: Vec<f32>,
    predictor: Predictor,
    parameters: usize,
}

impl DeepBelief {
    /// Features as probabilities of the visible units.
    fn visible(kind: FeatureKind, greatest: &[f32], images: &[u8]) -> Vec<Vec<f32>> {
        let mut described = kind.describe_all(images);
        for row in &mut described {
            for (value, &greatest) in row.iter_mut().zip(greatest) {
                *value = (*value / greatest).min(1.0);
            }
        }
        described
    }
}

impl Classifier for DeepBelief {
    fn classify(&self, images: &[u8]) -> Result<Vec<u8>, CompareError> {
        let rows = Self::visible(self.kind, &self.greatest, images);
        let mut logits = Vec::new();
        self.predictor.logits(&rows.concat(), &mut logits)?;
        Ok(digits_of(&logits))
    }

    fn bytes(&self) -> u64 {
        4 * (self.parameters + self.greatest.len()) as u64
    }
}

/// Sigmoid layers over a vector.
fn spec(length: usize) -> NetworkSpec {
    let hidden = HIDDEN.map(|units| LayerSpec::Dense {
        units,
        activation: Activation::Sigmoid,
    });
    let mut layers = vec![LayerSpec::Flatten];
    layers.extend(hidden);
    layers.push(LayerSpec::Dense {
        units: 10,
        activation: Activation::Linear,
    });
    NetworkSpec {
        input: [1, 1, length],
        layers,
    }
}

/// Trains the network, on all images at fixed settings.
///
/// # Errors
/// When labels are not known, training diverges, or the user asks to stop.
pub fn fit(kind: FeatureKind, lesson: &Lesson) -> Result<Fitted, CompareError> {
    let began = Instant::now();
    let set = &lesson.all;
    let labels = set.require_labels()?;
    let mut greatest = vec![f32::MIN_POSITIVE; kind.length()];
    for row in kind.describe_all(set.images()) {
        for (greatest, value) in greatest.iter_mut().zip(row) {
            *greatest = greatest.max(value);
        }
    }
    let rows = DeepBelief::visible(kind, &greatest, set.images());
    let spec = spec(kind.length());
    let mut network = Network::new(&spec, derive_seed(lesson.seed, "deep belief", &[]))?;
    let mut parameters = network.parameters().clone();
    let mut layer_input = rows.clone();
    for (layer, units) in HIDDEN.into_iter().enumerate() {
        let seed = derive_seed(lesson.seed, "deep belief layer", &[layer as u64]);
        let rbm = Rbm::train(&layer_input, units, PRETRAINING, seed, &lesson.interrupt)?;
        layer_input = layer_input.iter().map(|row| rbm.hidden(row)).collect();
        // Kernel and bias of each dense layer follow each other.
        let tensors = parameters.tensors.iter_mut().skip(2 * layer);
        for (tensor, values) in tensors.zip([rbm.weights, rbm.hidden_bias]) {
            tensor.values = values;
        }
    }
    network.set_parameters(&parameters)?;
    fine_tune(&mut network, &rows, labels, lesson)?;
    let classifier = DeepBelief {
        kind,
        greatest,
        predictor: Predictor::new(&spec, network.parameters())?,
        parameters: network.parameters().count(),
    };
    Ok(Fitted {
        settings: format!(
            "{}-{}-{}-10 units, {PRETRAINING} epochs of CD-1 per layer, {FINE_TUNING} with labels",
            kind.length(),
            HIDDEN[0],
            HIDDEN[1]
        ),
        training_images: set.len(),
        choosing_seconds: 0.0,
        training_seconds: began.elapsed().as_secs_f64(),
        classifier: Box::new(classifier),
    })
}

fn fine_tune(
    network: &mut Network,
    rows: &[Vec<f32>],
    labels: &[u8],
    lesson: &Lesson,
) -> Result<(), CompareError> {
    let mut optimizer = Optimizer::new(&OptimizerSpec::adam(), network.parameters());
    let steps = (FINE_TUNING * rows.len().div_ceil(BATCH)) as u64;
    let course = ScheduleSpec {
        warm_up_steps: 0,
        shape: ScheduleShape::OneCycle { rise: 0.25 },
    };
    let schedule = Schedule::new(course, RATE, steps);
    let mut step = 0;
    for epoch in 0..FINE_TUNING {
        for batch in mini_batches(rows.len(), BATCH, lesson.seed, epoch) {
            lesson.interrupt.check()?;
            let input: Vec<f32> = batch
                .iter()
                .flat_map(|&i| rows[i].iter().copied())
                .collect();
            let targets: Vec<u8> = batch.iter().map(|&i| labels[i]).collect();
            let options = StepOptions::default();
            let rate = schedule.rate(step);
            let outcome = network.train_step(&input, &targets, &options, &mut optimizer, rate)?;
            if !outcome.loss.is_finite() {
                let text = format!("fine-tuning diverged in epoch {}", epoch + 1);
                return Err(CompareError::Settings(text));
            }
            step += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::agreement;
    use crate::comparison::tests::{lesson, unseen};

    #[test]
    fn learns_bars_the_same_with_the_same_seed() {
        let (set, labels) = unseen();
        let fitted = fit(FeatureKind::Dag, &lesson()).unwrap();
        let found = fitted.classifier.classify(set.images()).unwrap();
        assert!(agreement(&found, &labels) > 0.95, "{found:?}");
        let numbers = 144 * 256 + 256 + 256 * 256 + 256 + 2_560 + 10 + 144;
        assert_eq!(fitted.classifier.bytes(), 4 * numbers);
        let again = fit(FeatureKind::Dag, &lesson()).unwrap();
        assert_eq!(again.classifier.classify(set.images()).unwrap(), found);
    }
}
