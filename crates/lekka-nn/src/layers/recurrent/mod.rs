//! Recurrent layers over whole batches of sequences, in one or both directions.
//!
//! The products with the inputs of all steps are one matrix product; only the product with the
//! state is done step by step. Gradients of all weights are again one product each, over all steps.

pub(crate) mod gru;
pub(crate) mod lstm;

use super::{Backward, Forward, Layer, grown};
use crate::matrix::{Matrix, Write, add_bias, parallel_product, product, sum_rows};
use crate::parameters::Parameter;
use rayon::prelude::*;
use std::fmt::Debug;

/// Sequences that one task follows through all steps. Fixed, so that threads do not change the
/// result.
const SEQUENCES: usize = 16;

/// What distinguishes GRU and LSTM: one step of one sequence.
pub(crate) trait Cell: Debug + Copy + Send + Sync {
    /// Gates, each as long as the state.
    const GATES: usize;
    /// Values kept per unit and step for the way back.
    const SAVED: usize;
    /// Whether the recurrent product has a bias of its own.
    const RECURRENT_BIAS: bool;

    /// `x` and `recurrent` are the products with input and state, biases added, `[GATES, units]`;
    /// `state` and `cell` are replaced by the new ones, `saved` is `[SAVED, units]`.
    fn forward(
        units: usize,
        x: &[f32],
        recurrent: &[f32],
        state: &mut [f32],
        cell: &mut [f32],
        saved: &mut [f32],
    );

    /// `d_state` and `d_cell`, gradients of what `forward` gave, become those of what it got, as
    /// far as they do not pass through `recurrent`; `d_x` and `d_recurrent` are written.
    fn backward(
        units: usize,
        previous: &[f32],
        saved: &[f32],
        d_state: &mut [f32],
        d_cell: &mut [f32],
        d_x: &mut [f32],
        d_recurrent: &mut [f32],
    );
}

/// A recurrent layer.
#[derive(Debug)]
pub(crate) struct Recurrent<C: Cell> {
    sizes: Sizes,
    directions: Vec<Direction<C>>,
}

#[derive(Debug, Clone, Copy)]
struct Sizes {
    steps: usize,
    features: usize,
    units: usize,
    return_sequences: bool,
    /// Length of one step of the output: the units of all directions.
    width: usize,
}

/// The memory of one direction; all buffers are `[sequences, steps, ..]`.
#[derive(Debug)]
struct Direction<C: Cell> {
    cell_kind: std::marker::PhantomData<C>,
    reversed: bool,
    /// Product with the input, `[GATES, units]` per step; on the way back its gradient.
    x: Vec<f32>,
    /// Gradient of the product with the state.
    d_recurrent: Vec<f32>,
    /// State before each step.
    previous: Vec<f32>,
    /// State after each step.
    states: Vec<f32>,
    saved: Vec<f32>,
    /// Product with the state, state, cell state of each sequence at the present step.
    scratch: Vec<f32>,
}

impl<C: Cell> Recurrent<C> {
    pub(crate) fn new(
        [steps, features]: [usize; 2],
        units: usize,
        bidirectional: bool,
        return_sequences: bool,
    ) -> Self {
        let direction = |reversed| Direction {
            cell_kind: std::marker::PhantomData,
            reversed,
            x: Vec::new(),
            d_recurrent: Vec::new(),
            previous: Vec::new(),
            states: Vec::new(),
            saved: Vec::new(),
            scratch: Vec::new(),
        };
        let reversed: &[bool] = if bidirectional {
            &[false, true]
        } else {
            &[false]
        };
        let directions: Vec<_> = reversed
            .iter()
            .map(|&reversed| direction(reversed))
            .collect();
        let width = units * directions.len();
        let sizes = Sizes {
            steps,
            features,
            units,
            return_sequences,
            width,
        };
        Self { sizes, directions }
    }
}

impl<C: Cell> Recurrent<C> {
    /// The output of a batch, with the layer's tensors `[kernel, recurrent kernel, bias]` for each
    /// direction.
    pub(crate) fn run(
        &mut self,
        batch: usize,
        parameters: &[Parameter],
        input: &[f32],
        output: &mut [f32],
    ) {
        let sizes = self.sizes;
        let run = |(direction, parameters): (&mut Direction<C>, &[Parameter])| {
            direction.forward(sizes, batch, parameters, input);
        };
        self.directions
            .par_iter_mut()
            .zip(parameters.par_chunks(3))
            .for_each(run);
        let Sizes {
            steps,
            units,
            width,
            return_sequences,
            ..
        } = sizes;
        for (number, direction) in self.directions.iter().enumerate() {
            let states = direction.states.chunks_exact(units);
            if return_sequences {
                for (row, state) in output.chunks_exact_mut(width).zip(states) {
                    row[number * units..][..units].copy_from_slice(state);
                }
            } else {
                // The last step in the direction's own order.
                let last = if direction.reversed { 0 } else { steps - 1 };
                for (row, state) in output
                    .chunks_exact_mut(width)
                    .zip(states.skip(last).step_by(steps))
                {
                    row[number * units..][..units].copy_from_slice(state);
                }
            }
        }
    }
}

impl<C: Cell> Layer for Recurrent<C> {
    fn forward(&mut self, pass: Forward) {
        self.run(pass.batch, pass.parameters, pass.input, pass.output);
    }

    fn backward(&mut self, mut pass: Backward) {
        let (sizes, batch) = (self.sizes, pass.batch);
        let (input, d_output) = (pass.input, &*pass.d_output);
        let directions = self.directions.par_iter_mut().enumerate();
        let tensors = pass
            .parameters
            .par_chunks(3)
            .zip(pass.gradients.par_chunks_mut(3));
        directions
            .zip(tensors)
            .for_each(|((number, direction), (parameters, gradients))| {
                let d_output = &d_output[number * sizes.units..];
                direction.backward(sizes, batch, parameters, input, d_output, gradients);
            });
        if let Some(d_input) = pass.d_input.as_deref_mut() {
            let Sizes {
                steps,
                features,
                units,
                ..
            } = sizes;
            let gates = C::GATES * units;
            let tensors = pass.parameters.chunks_exact(3);
            for (number, (direction, parameters)) in self.directions.iter().zip(tensors).enumerate()
            {
                let d_x = Matrix::new(&direction.x, batch * steps, gates);
                let kernel = Matrix::new(&parameters[0].values, features, gates).transposed();
                let write = if number == 0 {
                    Write::Replace
                } else {
                    Write::Add
                };
                parallel_product(d_x, kernel, write, d_input, features);
            }
            pass.mask_input_gradient();
        }
    }
}

impl<C: Cell> Direction<C> {
    /// Values of scratch memory per sequence: the product with the state, state, cell state.
    const fn scratch_width(units: usize) -> usize {
        (C::GATES + 2) * units
    }

    fn forward(&mut self, sizes: Sizes, batch: usize, parameters: &[Parameter], input: &[f32]) {
        let Sizes {
            steps,
            features,
            units,
            ..
        } = sizes;
        let gates = C::GATES * units;
        let rows = batch * steps;
        let bias = &parameters[2].values;
        let (x_bias, recurrent_bias) = bias.split_at(gates);
        let recurrent_kernel = Matrix::new(&parameters[1].values, units, gates);

        let x = grown(&mut self.x, rows * gates);
        let kernel = Matrix::new(&parameters[0].values, features, gates);
        parallel_product(
            Matrix::new(input, rows, features),
            kernel,
            Write::Replace,
            x,
            gates,
        );
        add_bias(x, x_bias);

        let reversed = self.reversed;
        let per_task = SEQUENCES * steps * units;
        let x = x.par_chunks(SEQUENCES * steps * gates);
        let previous = grown(&mut self.previous, rows * units).par_chunks_mut(per_task);
        let states = grown(&mut self.states, rows * units).par_chunks_mut(per_task);
        let saved =
            grown(&mut self.saved, rows * units * C::SAVED).par_chunks_mut(per_task * C::SAVED);
        let scratch = grown(&mut self.scratch, batch * Self::scratch_width(units));
        let scratch = scratch.par_chunks_mut(SEQUENCES * Self::scratch_width(units));
        let tasks = x.zip(previous).zip(states).zip(saved).zip(scratch);
        tasks.for_each(|((((x, previous), states), saved), scratch)| {
            let count = states.len() / (steps * units);
            let (recurrent, rest) = scratch.split_at_mut(count * gates);
            let (state, cell) = rest.split_at_mut(count * units);
            state.fill(0.0);
            cell.fill(0.0);
            for step in 0..steps {
                let step = if reversed { steps - 1 - step } else { step };
                let a = Matrix::new(state, count, units);
                product(a, recurrent_kernel, Write::Replace, recurrent, gates);
                if C::RECURRENT_BIAS {
                    add_bias(recurrent, recurrent_bias);
                }
                for sequence in 0..count {
                    let row = sequence * steps + step;
                    let state = &mut state[sequence * units..][..units];
                    previous[row * units..][..units].copy_from_slice(state);
                    C::forward(
                        units,
                        &x[row * gates..][..gates],
                        &recurrent[sequence * gates..][..gates],
                        state,
                        &mut cell[sequence * units..][..units],
                        &mut saved[row * units * C::SAVED..][..units * C::SAVED],
                    );
                    states[row * units..][..units].copy_from_slice(state);
                }
            }
        });
    }

    fn backward(
        &mut self,
        sizes: Sizes,
        batch: usize,
        parameters: &[Parameter],
        input: &[f32],
        d_output: &[f32],
        gradients: &mut [Vec<f32>],
    ) {
        let Sizes {
            steps,
            features,
            units,
            ..
        } = sizes;
        let gates = C::GATES * units;
        let rows = batch * steps;
        self.backward_steps(sizes, batch, &parameters[1].values, d_output);

        let [d_kernel, d_recurrent_kernel, d_bias] = gradients else {
            unreachable!("a direction has a kernel, a recurrent kernel and a bias")
        };
        let (x, d_recurrent) = (&self.x[..rows * gates], &self.d_recurrent[..rows * gates]);
        let d_x = Matrix::new(x, rows, gates);
        let input = Matrix::new(input, rows, features).transposed();
        parallel_product(input, d_x, Write::Replace, d_kernel, gates);
        let previous = Matrix::new(&self.previous, rows, units).transposed();
        let d_product = Matrix::new(d_recurrent, rows, gates);
        product(
            previous,
            d_product,
            Write::Replace,
            d_recurrent_kernel,
            gates,
        );
        let (d_x_bias, d_recurrent_bias) = d_bias.split_at_mut(gates);
        sum_rows(x, d_x_bias);
        if C::RECURRENT_BIAS {
            sum_rows(d_recurrent, d_recurrent_bias);
        }
    }

    /// Gradients of the products with input (in `x`) and state (in `d_recurrent`), last step first.
    fn backward_steps(
        &mut self,
        sizes: Sizes,
        batch: usize,
        recurrent_kernel: &[f32],
        d_output: &[f32],
    ) {
        let Sizes {
            steps,
            units,
            return_sequences,
            width,
            ..
        } = sizes;
        let gates = C::GATES * units;
        let rows = batch * steps;
        let kernel = Matrix::new(recurrent_kernel, units, gates).transposed();
        let reversed = self.reversed;
        let per_task = SEQUENCES * steps * units;
        let x = self.x[..rows * gates].par_chunks_mut(SEQUENCES * steps * gates);
        let d_recurrent = grown(&mut self.d_recurrent, rows * gates);
        let d_recurrent = d_recurrent.par_chunks_mut(SEQUENCES * steps * gates);
        let previous = self.previous[..rows * units].par_chunks(per_task);
        let saved = self.saved[..rows * units * C::SAVED].par_chunks(per_task * C::SAVED);
        let scratch = &mut self.scratch[..batch * Self::scratch_width(units)];
        let scratch = scratch.par_chunks_mut(SEQUENCES * Self::scratch_width(units));
        let tasks = x
            .zip(d_recurrent)
            .zip(previous)
            .zip(saved)
            .zip(scratch)
            .enumerate();
        tasks.for_each(|(task, ((((x, d_recurrent), previous), saved), scratch))| {
            let count = previous.len() / (steps * units);
            let (d_state, rest) = scratch.split_at_mut(count * units);
            let d_cell = &mut rest[..count * units];
            d_state.fill(0.0);
            d_cell.fill(0.0);
            for number in (0..steps).rev() {
                let step = if reversed { steps - 1 - number } else { number };
                for sequence in 0..count {
                    let row = sequence * steps + step;
                    let d_state = &mut d_state[sequence * units..][..units];
                    let whole = task * SEQUENCES + sequence;
                    let out_row = match return_sequences {
                        true => Some(whole * steps + step),
                        false if number == steps - 1 => Some(whole),
                        false => None,
                    };
                    if let Some(out_row) = out_row {
                        let d_output = &d_output[out_row * width..][..units];
                        for (d_state, d_output) in d_state.iter_mut().zip(d_output) {
                            *d_state += d_output;
                        }
                    }
                    C::backward(
                        units,
                        &previous[row * units..][..units],
                        &saved[row * units * C::SAVED..][..units * C::SAVED],
                        d_state,
                        &mut d_cell[sequence * units..][..units],
                        &mut x[row * gates..][..gates],
                        &mut d_recurrent[row * gates..][..gates],
                    );
                }
                let d_product =
                    Matrix::strided(&d_recurrent[step * gates..], count, gates, steps * gates);
                product(d_product, kernel, Write::Add, d_state, units);
            }
        });
    }
}
