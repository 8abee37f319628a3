//! Optimisers: how gradients change weights. The formulas are those of Keras 3.

use crate::parameters::{Parameter, Parameters};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Values handled by one task: the partition is fixed, so threads do not change the result.
const CHUNK: usize = 16 * 1024;

/// Which optimiser, with its constants. Defaults are Keras's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum OptimizerSpec {
    /// `v = rho v + (1 - rho) g²`, `w -= rate * g / sqrt(v + epsilon)`: epsilon inside the root.
    #[serde(rename = "rmsprop", alias = "rms_prop")]
    RmsProp {
        /// Share of the old mean square.
        #[serde(default = "rho")]
        rho: f32,
        /// Added to the mean square.
        #[serde(default = "epsilon")]
        epsilon: f32,
    },
    /// Kingma and Ba 2015, with corrected bias.
    Adam {
        /// Share of the old mean.
        #[serde(default = "beta_1")]
        beta_1: f32,
        /// Share of the old mean square.
        #[serde(default = "beta_2")]
        beta_2: f32,
        /// Added to the root of the mean square.
        #[serde(default = "epsilon")]
        epsilon: f32,
    },
    /// Loshchilov and Hutter 2019: Adam with decoupled weight decay, on kernels only.
    #[serde(rename = "adamw", alias = "adam_w")]
    AdamW {
        /// Share of the old mean.
        #[serde(default = "beta_1")]
        beta_1: f32,
        /// Share of the old mean square.
        #[serde(default = "beta_2")]
        beta_2: f32,
        /// Added to the root of the mean square.
        #[serde(default = "epsilon")]
        epsilon: f32,
        /// Each kernel shrinks by this times the rate before each step; biases and batch norm
        /// do not.
        #[serde(default = "weight_decay")]
        weight_decay: f32,
    },
    /// `m = momentum m - rate g`, `w += m`; with Nesterov `w += momentum m - rate g`.
    Sgd {
        /// Share of the old movement.
        #[serde(default)]
        momentum: f32,
        /// Looks one movement ahead.
        #[serde(default)]
        nesterov: bool,
    },
}

const fn rho() -> f32 {
    0.9
}
const fn epsilon() -> f32 {
    1e-7
}
const fn beta_1() -> f32 {
    0.9
}
const fn beta_2() -> f32 {
    0.999
}
const fn weight_decay() -> f32 {
    0.004
}

impl Default for OptimizerSpec {
    /// RMSprop as Keras sets it: the paper's optimiser.
    fn default() -> Self {
        Self::RmsProp {
            rho: rho(),
            epsilon: epsilon(),
        }
    }
}

impl OptimizerSpec {
    /// Adam with Keras's constants.
    pub const fn adam() -> Self {
        Self::Adam {
            beta_1: beta_1(),
            beta_2: beta_2(),
            epsilon: epsilon(),
        }
    }

    /// AdamW with Keras's constants and this weight decay.
    pub const fn adamw(weight_decay: f32) -> Self {
        Self::AdamW {
            beta_1: beta_1(),
            beta_2: beta_2(),
            epsilon: epsilon(),
            weight_decay,
        }
    }

    /// Names of what is remembered per weight.
    const fn slots(&self) -> &'static [&'static str] {
        match self {
            Self::RmsProp { .. } => &["velocity"],
            Self::Adam { .. } | Self::AdamW { .. } => &["mean", "velocity"],
            Self::Sgd { .. } => &["momentum"],
        }
    }
}

/// What an optimiser remembers, for checkpoints.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OptimizerState {
    /// Steps made so far.
    pub steps: u64,
    /// One tensor per slot and trainable tensor, such as `velocity.conv2d_1.kernel`.
    pub tensors: Vec<Parameter>,
}

/// Why a saved state does not fit.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptimizerStateError {
    /// The state holds another number of tensors.
    #[error(
        "optimiser state has {found} tensors, this optimiser and network need {expected}; resume with the settings of the first run"
    )]
    Count {
        /// Number needed.
        expected: usize,
        /// Number present.
        found: usize,
    },
    /// A tensor is missing or has another length.
    #[error(
        "optimiser state lacks the tensor `{name}` with {expected} values; resume with the settings of the first run"
    )]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// Number of values needed.
        expected: usize,
    },
}

/// An optimiser with its memory.
#[derive(Debug, Clone)]
pub struct Optimizer {
    spec: OptimizerSpec,
    steps: u64,
    /// The network's tensors in order; untrained ones have no values here.
    memory: Vec<Memory>,
}

#[derive(Debug, Clone)]
struct Memory {
    name: String,
    shape: Vec<usize>,
    decays: bool,
    /// First slot, empty for tensors that are not trained.
    first: Vec<f32>,
    /// Second slot, empty for optimisers with one.
    second: Vec<f32>,
}

impl Optimizer {
    /// An optimiser with empty memory for these weights.
    pub fn new(spec: &OptimizerSpec, parameters: &Parameters) -> Self {
        let slots = spec.slots().len();
        let memory = |tensor: &Parameter| {
            let length = if tensor.trainable {
                tensor.values.len()
            } else {
                0
            };
            Memory {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                decays: tensor.name.ends_with("kernel"),
                first: vec![0.0; length],
                second: vec![0.0; if slots > 1 { length } else { 0 }],
            }
        };
        let memory = parameters.tensors.iter().map(memory).collect();
        Self {
            spec: *spec,
            steps: 0,
            memory,
        }
    }

    /// The constants.
    pub const fn spec(&self) -> &OptimizerSpec {
        &self.spec
    }

    /// Steps made so far.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether this optimiser was made for weights of these lengths.
    pub(crate) fn fits(&self, parameters: &Parameters) -> bool {
        self.memory.len() == parameters.tensors.len()
            && self
                .memory
                .iter()
                .zip(&parameters.tensors)
                .all(|(memory, tensor)| {
                    memory.first.len()
                        == if tensor.trainable {
                            tensor.values.len()
                        } else {
                            0
                        }
                })
    }

    /// Changes the weights by one step. `gradients` has one vector per tensor, as long as the
    /// tensor; those of untrained tensors are ignored. Lengths must match those given to
    /// [`Optimizer::new`]; what goes beyond is left alone.
    pub fn step(&mut self, parameters: &mut Parameters, gradients: &[Vec<f32>], rate: f32) {
        self.steps += 1;
        let update = Update::new(self.spec, self.steps, rate);
        let tensors = parameters
            .tensors
            .iter_mut()
            .zip(gradients)
            .zip(&mut self.memory);
        for ((tensor, gradient), memory) in tensors {
            if memory.first.is_empty() {
                continue;
            }
            let decay = if memory.decays { update.decay } else { 0.0 };
            let weights = tensor.values.par_chunks_mut(CHUNK);
            let chunks = weights.zip(gradient.par_chunks(CHUNK));
            if memory.second.is_empty() {
                let chunks = chunks.zip(memory.first.par_chunks_mut(CHUNK));
                chunks.for_each(|((w, g), m)| update.apply(w, g, m, &mut [], decay));
            } else {
                let chunks = chunks
                    .zip(memory.first.par_chunks_mut(CHUNK))
                    .zip(memory.second.par_chunks_mut(CHUNK));
                chunks.for_each(|(((w, g), m), v)| update.apply(w, g, m, v, decay));
            }
        }
    }

    /// The memory, to be saved.
    pub fn state(&self) -> OptimizerState {
        let tensor = |slot: &str, memory: &Memory, values: &Vec<f32>| Parameter {
            name: format!("{slot}.{}", memory.name),
            shape: memory.shape.clone(),
            values: values.clone(),
            trainable: false,
        };
        let mut tensors = Vec::new();
        for memory in self.memory.iter().filter(|memory| !memory.first.is_empty()) {
            for (slot, values) in self
                .spec
                .slots()
                .iter()
                .zip([&memory.first, &memory.second])
            {
                tensors.push(tensor(slot, memory, values));
            }
        }
        OptimizerState {
            steps: self.steps,
            tensors,
        }
    }

    /// Takes up a saved memory.
    ///
    /// # Errors
    /// When it belongs to another optimiser or network; nothing is changed then.
    pub fn load_state(&mut self, state: &OptimizerState) -> Result<(), OptimizerStateError> {
        let mut memory = self.memory.clone();
        let slots = self.spec.slots();
        let trained = memory
            .iter()
            .filter(|memory| !memory.first.is_empty())
            .count();
        let (expected, found) = (trained * slots.len(), state.tensors.len());
        if expected != found {
            return Err(OptimizerStateError::Count { expected, found });
        }
        for memory in memory.iter_mut().filter(|memory| !memory.first.is_empty()) {
            for (slot, values) in slots.iter().zip([&mut memory.first, &mut memory.second]) {
                let name = format!("{slot}.{}", memory.name);
                let saved = state.tensors.iter().find(|tensor| tensor.name == name);
                match saved {
                    Some(saved) if saved.values.len() == values.len() => {
                        values.copy_from_slice(&saved.values);
                    }
                    _ => {
                        let expected = values.len();
                        return Err(OptimizerStateError::Tensor { name, expected });
                    }
                }
            }
        }
        self.memory = memory;
        self.steps = state.steps;
        Ok(())
    }
}

/// One step's constants.
#[derive(Clone, Copy)]
struct Update {
    spec: OptimizerSpec,
    rate: f32,
    /// Rate with Adam's bias corrections.
    corrected_rate: f32,
    /// Factor taken off kernels before the step.
    decay: f32,
}

impl Update {
    fn new(spec: OptimizerSpec, steps: u64, rate: f32) -> Self {
        let (corrected_rate, decay) = match spec {
            OptimizerSpec::Adam { beta_1, beta_2, .. }
            | OptimizerSpec::AdamW { beta_1, beta_2, .. } => {
                let power = |beta: f32| 1.0 - f64::from(beta).powf(steps as f64);
                let corrected = f64::from(rate) * power(beta_2).sqrt() / power(beta_1);
                let decay = match spec {
                    OptimizerSpec::AdamW { weight_decay, .. } => weight_decay * rate,
                    _ => 0.0,
                };
                (corrected as f32, decay)
            }
            _ => (rate, 0.0),
        };
        Self {
            spec,
            rate,
            corrected_rate,
            decay,
        }
    }

    fn apply(&self, w: &mut [f32], g: &[f32], first: &mut [f32], second: &mut [f32], decay: f32) {
        let rate = self.rate;
        match self.spec {
            OptimizerSpec::RmsProp { rho, epsilon } => {
                for ((w, &g), v) in w.iter_mut().zip(g).zip(first) {
                    *v = rho * *v + (1.0 - rho) * (g * g);
                    *w -= rate * g / (*v + epsilon).sqrt();
                }
            }
            OptimizerSpec::Adam {
                beta_1,
                beta_2,
                epsilon,
            }
            | OptimizerSpec::AdamW {
                beta_1,
                beta_2,
                epsilon,
                ..
            } => {
                let keep = 1.0 - decay;
                for (((w, &g), m), v) in w.iter_mut().zip(g).zip(first).zip(second) {
                    *m += (g - *m) * (1.0 - beta_1);
                    *v += (g * g - *v) * (1.0 - beta_2);
                    *w = *w * keep - self.corrected_rate * *m / (v.sqrt() + epsilon);
                }
            }
            OptimizerSpec::Sgd { momentum, nesterov } => {
                for ((w, &g), m) in w.iter_mut().zip(g).zip(first) {
                    *m = momentum * *m - rate * g;
                    *w += if nesterov {
                        momentum * *m - rate * g
                    } else {
                        *m
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Parameters {
        let tensor = |name: &str, values: Vec<f32>, trainable| Parameter {
            name: name.into(),
            shape: vec![values.len()],
            values,
            trainable,
        };
        Parameters {
            tensors: vec![
                tensor("dense_1.kernel", vec![1.0, -2.0], true),
                tensor("dense_1.bias", vec![0.5], true),
                tensor("batch_norm_1.moving_mean", vec![3.0], false),
            ],
        }
    }

    /// Two steps with the gradients [0.1, -0.2] and [0.3], then [0.2, 0.4] and [-0.3].
    fn two_steps(spec: OptimizerSpec) -> Vec<f32> {
        let mut parameters = weights();
        let mut optimizer = Optimizer::new(&spec, &parameters);
        for gradients in [[[0.1, -0.2], [0.3, 0.0]], [[0.2, 0.4], [-0.3, 0.0]]] {
            let [kernel, bias] = gradients;
            let gradients = vec![kernel.to_vec(), bias[..1].to_vec(), vec![9.0]];
            optimizer.step(&mut parameters, &gradients, 0.1);
        }
        parameters
            .tensors
            .into_iter()
            .flat_map(|tensor| tensor.values)
            .collect()
    }

    fn assert_close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found_value, value) in found.iter().zip(expected) {
            assert!(
                (found_value - value).abs() < 1e-5,
                "{found:?} is not {expected:?}"
            );
        }
    }

    /// By hand; numbers from Keras are in `tests/reference.rs`.
    #[test]
    fn formulas_are_the_published_ones() {
        // Plain gradient descent can be checked by hand: 1 - 0.1 (0.1 + 0.2), ...
        let sgd = OptimizerSpec::Sgd {
            momentum: 0.0,
            nesterov: false,
        };
        assert_close(&two_steps(sgd), &[0.97, -2.02, 0.5, 3.0]);
        // m1 = -0.01, m2 = 0.9 (-0.01) - 0.02 = -0.029; 1 - 0.01 - 0.029.
        let momentum = OptimizerSpec::Sgd {
            momentum: 0.9,
            nesterov: false,
        };
        assert_close(&two_steps(momentum)[..1], &[0.961]);
        // Adam's first step is the rate times the sign of the gradient.
        let adam = two_steps(OptimizerSpec::adam());
        assert!(adam[0] < 0.9 && adam[1] > -1.95);
        // Decay takes 0.1 * 0.5 off the kernel twice, nothing off the bias.
        let decayed = two_steps(OptimizerSpec::adamw(0.5));
        assert_close(&decayed[2..], &adam[2..]);
        assert!(decayed[1] > adam[1] + 0.15);
    }

    #[test]
    fn epsilon_of_rmsprop_is_inside_the_root() {
        let mut parameters = weights();
        let spec = OptimizerSpec::RmsProp {
            rho: 0.9,
            epsilon: 1.0,
        };
        let mut optimizer = Optimizer::new(&spec, &parameters);
        let gradients = vec![vec![2.0, 0.0], vec![0.0], vec![0.0]];
        optimizer.step(&mut parameters, &gradients, 1.0);
        // v = 0.1 * 4; 1 - 2 / sqrt(0.4 + 1)
        assert_close(
            &parameters.tensors[0].values,
            &[1.0 - 2.0 / 1.4_f32.sqrt(), -2.0],
        );
    }

    #[test]
    fn state_resumes_exactly() {
        for spec in [OptimizerSpec::default(), OptimizerSpec::adam()] {
            let gradients = vec![vec![0.1, 0.2], vec![0.3], vec![0.0]];
            let mut parameters = weights();
            let mut optimizer = Optimizer::new(&spec, &parameters);
            optimizer.step(&mut parameters, &gradients, 0.01);
            let mut resumed = Optimizer::new(&spec, &parameters);
            resumed.load_state(&optimizer.state()).unwrap();
            let mut other = parameters.clone();
            optimizer.step(&mut parameters, &gradients, 0.01);
            resumed.step(&mut other, &gradients, 0.01);
            assert_eq!(parameters, other);
            assert_eq!(resumed.steps(), 2);
        }
    }

    #[test]
    fn state_of_another_optimizer_is_refused() {
        let parameters = weights();
        let adam = Optimizer::new(&OptimizerSpec::adam(), &parameters);
        let mut sgd = Optimizer::new(&OptimizerSpec::default(), &parameters);
        assert_eq!(
            sgd.load_state(&adam.state()),
            Err(OptimizerStateError::Count {
                expected: 2,
                found: 4
            })
        );
    }
}
