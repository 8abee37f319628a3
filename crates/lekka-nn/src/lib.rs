//! Neural network arithmetic on the CPU: convolution, recurrence, losses and optimisers, forward and backward.

mod buffer;
pub mod conv;
mod threads;
