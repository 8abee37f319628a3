//! Restricted Boltzmann machines, trained by contrastive divergence (Hinton, "Training products of
//! experts by minimizing contrastive divergence", 2002), with the constants of his "A practical
//! guide to training restricted Boltzmann machines", 2010.

use crate::classifier::Interrupt;
use crate::error::CompareError;
use lekka_nn::random::Random;

const BATCH: usize = 64;
const RATE: f32 = 0.1;
const DECAY: f32 = 2e-4;
/// Epochs of the smaller momentum.
const GENTLE_EPOCHS: usize = 5;
const MOMENTUM: [f32; 2] = [0.5, 0.9];

/// Visible and hidden units that are on or off, each of one kind joined to all of the other.
#[derive(Debug, Clone)]
pub(crate) struct Rbm {
    /// `[visible, hidden]`
    pub(crate) weights: Vec<f32>,
    pub(crate) visible_bias: Vec<f32>,
    pub(crate) hidden_bias: Vec<f32>,
}

/// Room for one step.
struct Step {
    /// Gradient and movement of the weights, the visible and the hidden biases.
    gradients: [Vec<f32>; 3],
    movements: [Vec<f32>; 3],
}

impl Rbm {
    fn new(visible: usize, hidden: usize, random: &mut Random) -> Self {
        Self {
            weights: (0..visible * hidden)
                .map(|_| 0.01 * random.normal())
                .collect(),
            visible_bias: vec![0.0; visible],
            hidden_bias: vec![0.0; hidden],
        }
    }

    /// Trains on vectors of probabilities, 0 to 1, with one step of Gibbs sampling (CD-1).
    pub(crate) fn train(
        vectors: &[Vec<f32>],
        hidden: usize,
        epochs: usize,
        seed: u64,
        interrupt: &Interrupt,
    ) -> Result<Self, CompareError> {
        let mut random = Random::stream(seed, "restricted Boltzmann machine", &[]);
        let visible = vectors.first().map_or(0, Vec::len);
        let mut rbm = Self::new(visible, hidden, &mut random);
        let zeros = || [visible * hidden, visible, hidden].map(|length| vec![0.0; length]);
        let mut step = Step {
            gradients: zeros(),
            movements: zeros(),
        };
        let mut order: Vec<usize> = (0..vectors.len()).collect();
        for epoch in 0..epochs {
            random.shuffle(&mut order);
            let momentum = MOMENTUM[usize::from(epoch >= GENTLE_EPOCHS)];
            for batch in order.chunks(BATCH) {
                interrupt.check()?;
                for &index in batch {
                    rbm.add_gradient(&vectors[index], &mut step, &mut random);
                }
                rbm.step(&mut step, momentum, batch.len());
            }
        }
        Ok(rbm)
    }

    /// Probabilities that the hidden units are on.
    pub(crate) fn hidden(&self, visible: &[f32]) -> Vec<f32> {
        let mut sums = self.hidden_bias.clone();
        let rows = self.weights.chunks_exact(self.hidden_bias.len());
        for (row, &value) in rows.zip(visible).filter(|(_, value)| **value != 0.0) {
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
        for sum in &mut sums {
            *sum = sigmoid(*sum);
        }
        sums
    }

    /// Probabilities that the visible units are on.
    fn visible(&self, hidden: &[f32]) -> Vec<f32> {
        let rows = self.weights.chunks_exact(self.hidden_bias.len());
        let rows = rows.zip(&self.visible_bias);
        rows.map(|(row, bias)| {
            let dot: f32 = row.iter().zip(hidden).map(|(weight, h)| weight * h).sum();
            sigmoid(bias + dot)
        })
        .collect()
    }

    /// What the data say less what the machine itself dreams up one step later.
    fn add_gradient(&self, data: &[f32], step: &mut Step, random: &mut Random) {
        let likely = self.hidden(data);
        let sample = |p: &f32| f32::from(u8::from(random.uniform() < *p));
        let on: Vec<f32> = likely.iter().map(sample).collect();
        let dream = self.visible(&on);
        let dreamt = self.hidden(&dream);
        let [weights, visible, hidden] = &mut step.gradients;
        let rows = weights.chunks_exact_mut(likely.len());
        for ((row, &seen), &dream) in rows.zip(data).zip(&dream) {
            for ((gradient, likely), dreamt) in row.iter_mut().zip(&likely).zip(&dreamt) {
                *gradient += seen * likely - dream * dreamt;
            }
        }
        for ((gradient, seen), dream) in visible.iter_mut().zip(data).zip(&dream) {
            *gradient += seen - dream;
        }
        for ((gradient, likely), dreamt) in hidden.iter_mut().zip(&likely).zip(&dreamt) {
            *gradient += likely - dreamt;
        }
    }

    /// Moves along the summed gradients of a batch and clears them.
    fn step(&mut self, step: &mut Step, momentum: f32, batch: usize) {
        let tensors = [
            (&mut self.weights, DECAY),
            (&mut self.visible_bias, 0.0),
            (&mut self.hidden_bias, 0.0),
        ];
        let room = step.gradients.iter_mut().zip(&mut step.movements);
        for ((values, decay), (gradients, movements)) in tensors.into_iter().zip(room) {
            let each = values.iter_mut().zip(gradients.iter_mut()).zip(movements);
            for ((value, gradient), movement) in each {
                let uphill = *gradient / batch as f32 - decay * *value;
                *movement = momentum * *movement + RATE * uphill;
                *value += *movement;
                *gradient = 0.0;
            }
        }
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_by_hand() {
        let rbm = Rbm {
            weights: vec![1.0, -2.0, 0.5, 3.0],
            visible_bias: vec![0.0, -1.0],
            hidden_bias: vec![0.5, 0.0],
        };
        assert_eq!(rbm.hidden(&[1.0, 0.0]), [1.5, -2.0].map(sigmoid));
        assert_eq!(rbm.hidden(&[0.5, 1.0]), [1.5, 2.0].map(sigmoid));
        assert_eq!(rbm.visible(&[1.0, 1.0]), [-1.0, 2.5].map(sigmoid));
    }

    #[test]
    fn one_step_by_hand() {
        let mut rbm = Rbm {
            weights: vec![1.0],
            visible_bias: vec![0.0],
            hidden_bias: vec![0.0],
        };
        let mut step = Step {
            gradients: [vec![0.6], vec![0.2], vec![-0.2]],
            movements: [vec![0.1], vec![0.0], vec![0.0]],
        };
        rbm.step(&mut step, 0.5, 2);
        // 0.5 * 0.1 + 0.1 * (0.6 / 2 - 0.0002 * 1)
        assert!((rbm.weights[0] - 1.079_98).abs() < 1e-6);
        assert!((rbm.visible_bias[0] - 0.01).abs() < 1e-7);
        assert!((rbm.hidden_bias[0] + 0.01).abs() < 1e-7);
        assert_eq!(step.gradients, [vec![0.0], vec![0.0], vec![0.0]]);
    }

    #[test]
    fn learns_to_restore_what_it_saw() {
        let vectors: Vec<Vec<f32>> = (0..256)
            .map(|i| {
                let left = f32::from(u8::from(i % 2 == 0));
                [[left; 4], [1.0 - left; 4]].concat()
            })
            .collect();
        let rbm = Rbm::train(&vectors, 4, 60, 1, &Interrupt::default()).unwrap();
        for vector in &vectors[..2] {
            let restored = rbm.visible(&rbm.hidden(vector));
            let worst = restored.iter().zip(vector).map(|(a, b)| (a - b).abs());
            assert!(worst.fold(0.0, f32::max) < 0.2, "{restored:?}");
        }
    }
}
