//! Moving average of the weights.

use lekka_nn::Parameters;

/// An exponential moving average of the weights, which often reads better than the weights of any
/// single step (Polyak and Juditsky 1992).
#[derive(Debug, Clone)]
pub(crate) struct WeightAverage {
    decay: f32,
    steps: u64,
    parameters: Parameters,
}

impl WeightAverage {
    pub(crate) fn new(decay: f32, parameters: &Parameters) -> Self {
        Self {
            decay,
            steps: 0,
            parameters: parameters.clone(),
        }
    }

    pub(crate) fn resumed(decay: f32, steps: u64, parameters: Parameters) -> Self {
        Self {
            decay,
            steps,
            parameters,
        }
    }

    /// Takes up the weights after a step.
    pub(crate) fn update(&mut self, weights: &Parameters) {
        // The first steps count less, so that the average does not hang on to the first weights.
        let warm_up = (1 + self.steps) as f32 / (10 + self.steps) as f32;
        let decay = self.decay.min(warm_up);
        self.steps += 1;
        for (average, weights) in self.parameters.tensors.iter_mut().zip(&weights.tensors) {
            for (average, &weight) in average.values.iter_mut().zip(&weights.values) {
                *average += (1.0 - decay) * (weight - *average);
            }
        }
    }

    pub(crate) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }
}
