//! Neural network arithmetic on the CPU: convolution, recurrence, losses and optimisers, forward and backward.
