//! Long short-term memory (Hochreiter and Schmidhuber 1997, forget gate by Gers 2000).
//!
//! `i, f, o = sigmoid(x + u)`, `g = tanh(x_g + u_g)`, `c' = f c + i g`, `h' = o tanh(c')`, where `x`
//! and `u` are the products with input and state.

use super::Cell;
use crate::math::{sigmoid, tanh};

/// The gates i, f, the candidate g and the gate o, in this order (Keras).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lstm;

impl Cell for Lstm {
    const GATES: usize = 4;
    const SAVED: usize = 6;
    const RECURRENT_BIAS: bool = false;

    fn forward(
        units: usize,
        x: &[f32],
        recurrent: &[f32],
        state: &mut [f32],
        cell: &mut [f32],
        saved: &mut [f32],
    ) {
        let (gates, rest) = saved.split_at_mut(4 * units);
        let (old_cell, new_tanh) = rest.split_at_mut(units);
        old_cell.copy_from_slice(cell);
        for (gate, (x, u)) in gates.iter_mut().zip(x.iter().zip(recurrent)) {
            *gate = x + u;
        }
        let (input, rest) = gates.split_at_mut(units);
        let (forget, rest) = rest.split_at_mut(units);
        let (candidate, output) = rest.split_at_mut(units);
        for unit in 0..units {
            input[unit] = sigmoid(input[unit]);
            forget[unit] = sigmoid(forget[unit]);
            candidate[unit] = tanh(candidate[unit]);
            output[unit] = sigmoid(output[unit]);
            cell[unit] = forget[unit] * cell[unit] + input[unit] * candidate[unit];
            new_tanh[unit] = tanh(cell[unit]);
            state[unit] = output[unit] * new_tanh[unit];
        }
    }

    fn backward(
        units: usize,
        _previous: &[f32],
        saved: &[f32],
        d_state: &mut [f32],
        d_cell: &mut [f32],
        d_x: &mut [f32],
        d_recurrent: &mut [f32],
    ) {
        let [input, forget, candidate, output, old_cell, new_tanh] =
            [0, 1, 2, 3, 4, 5].map(|part| &saved[part * units..][..units]);
        let (d_input, rest) = d_x.split_at_mut(units);
        let (d_forget, rest) = rest.split_at_mut(units);
        let (d_candidate, d_out) = rest.split_at_mut(units);
        for unit in 0..units {
            let (i, f, g, o) = (input[unit], forget[unit], candidate[unit], output[unit]);
            let t = new_tanh[unit];
            let d_c = d_cell[unit] + d_state[unit] * o * (1.0 - t * t);
            d_input[unit] = d_c * g * i * (1.0 - i);
            d_forget[unit] = d_c * old_cell[unit] * f * (1.0 - f);
            d_candidate[unit] = d_c * i * (1.0 - g * g);
            d_out[unit] = d_state[unit] * t * o * (1.0 - o);
            d_cell[unit] = d_c * f;
            d_state[unit] = 0.0;
        }
        d_recurrent.copy_from_slice(d_x);
    }
}
