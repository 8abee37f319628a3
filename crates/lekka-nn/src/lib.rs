//! Neural network arithmetic on the CPU: convolution, recurrence, losses and optimisers, forward and backward.
//!
//! Tensors are plain `f32` slices, channels last. A network is data, a [`spec::NetworkSpec`]; a
//! [`Network`] trains it, a [`Predictor`] only infers. Results do not depend on the number of
//! threads: every reduction has a fixed partition.

#![cfg_attr(
    test,
    allow(clippy::float_cmp, reason = "tests compare values that are exact")
)]

pub mod average;
mod buffer;
mod compile;
pub mod conv;
mod core;
pub mod ctc;
pub mod initialize;
mod layers;
mod math;
mod matrix;
pub mod network;
pub mod optimizer;
pub mod parameters;
pub mod predictor;
pub mod random;
pub mod schedule;
pub mod sequence;
mod simd;
pub mod spec;
mod threads;
mod vectorize;

pub use average::WeightAverage;
pub use network::{NO_CLASS, Network, NetworkError, StepOptions, StepOutcome};
pub use optimizer::{Optimizer, OptimizerSpec, OptimizerState};
pub use parameters::{Parameter, Parameters, ParametersError};
pub use predictor::Predictor;
pub use schedule::{Schedule, ScheduleShape, ScheduleSpec, ScheduleState};
pub use sequence::{SequenceNetwork, SequencePredictor};
pub use simd::instruction_set;
pub use spec::{Activation, LayerSpec, NetworkSpec, SpecError};
