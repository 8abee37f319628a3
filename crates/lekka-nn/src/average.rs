//! A moving average of the weights, which often generalises better than the last weights.

use crate::parameters::Parameters;
use rayon::prelude::*;

/// Values handled by one task.
const CHUNK: usize = 16 * 1024;

/// `average = d average + (1 - d) weights` after every step, moving statistics included. The first
/// steps use a smaller `d = (1 + steps) / (10 + steps)`, so that the initial weights are soon
/// forgotten.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightAverage {
    decay: f32,
    updates: u64,
    average: Parameters,
}

impl WeightAverage {
    /// Starts from these weights; `decay` such as 0.999.
    pub fn new(decay: f32, parameters: &Parameters) -> Self {
        Self {
            decay,
            updates: 0,
            average: parameters.clone(),
        }
    }

    /// Resumes with what [`WeightAverage::parameters`] and [`WeightAverage::updates`] gave.
    pub const fn resume(decay: f32, average: Parameters, updates: u64) -> Self {
        Self {
            decay,
            updates,
            average,
        }
    }

    /// Takes in the weights after a step; they must be of the same network.
    pub fn update(&mut self, parameters: &Parameters) {
        let steps = self.updates as f32;
        let decay = self.decay.min((1.0 + steps) / (10.0 + steps));
        self.updates += 1;
        for (average, tensor) in self.average.tensors.iter_mut().zip(&parameters.tensors) {
            let chunks = average
                .values
                .par_chunks_mut(CHUNK)
                .zip(tensor.values.par_chunks(CHUNK));
            chunks.for_each(|(average, values)| {
                for (average, value) in average.iter_mut().zip(values) {
                    *average += (value - *average) * (1.0 - decay);
                }
            });
        }
    }

    /// The averaged weights.
    pub const fn parameters(&self) -> &Parameters {
        &self.average
    }

    /// Steps taken in.
    pub const fn updates(&self) -> u64 {
        self.updates
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Parameter;

    #[test]
    fn follows_the_weights() {
        let weights = |value| Parameters {
            tensors: vec![Parameter {
                name: "a".into(),
                shape: vec![1],
                values: vec![value],
                trainable: true,
            }],
        };
        let mut average = WeightAverage::new(0.5, &weights(0.0));
        let value = |average: &WeightAverage| average.parameters().tensors[0].values[0];
        average.update(&weights(1.0));
        assert!(
            (value(&average) - 0.9).abs() < 1e-6,
            "the first step counts nine tenths"
        );
        for _ in 0..50 {
            average.update(&weights(2.0));
        }
        assert!((value(&average) - 2.0).abs() < 1e-6);
        let resumed = WeightAverage::resume(0.5, average.parameters().clone(), average.updates());
        assert_eq!(resumed, average);
    }
}
