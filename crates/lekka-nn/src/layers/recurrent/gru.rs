//! Gated recurrent unit (Cho 2014), reset gate after the recurrent product.
//!
//! `z = sigmoid(x_z + u_z)`, `r = sigmoid(x_r + u_r)`, `c = tanh(x_c + r u_c)`,
//! `h' = z h + (1 - z) c`, where `x` and `u` are the products with input and state.

use super::Cell;
use crate::math::{sigmoid, tanh};

/// The gates z, r and the candidate c, in this order (Keras).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gru;

impl Cell for Gru {
    const GATES: usize = 3;
    const SAVED: usize = 4;
    const RECURRENT_BIAS: bool = true;

    fn forward(
        units: usize,
        x: &[f32],
        recurrent: &[f32],
        state: &mut [f32],
        _cell: &mut [f32],
        saved: &mut [f32],
    ) {
        let (z, rest) = saved.split_at_mut(units);
        let (r, rest) = rest.split_at_mut(units);
        let (candidate, product) = rest.split_at_mut(units);
        let [x_z, x_r, x_c] = [0, 1, 2].map(|gate| &x[gate * units..][..units]);
        let [u_z, u_r, u_c] = [0, 1, 2].map(|gate| &recurrent[gate * units..][..units]);
        product.copy_from_slice(u_c);
        for unit in 0..units {
            z[unit] = sigmoid(x_z[unit] + u_z[unit]);
            r[unit] = sigmoid(x_r[unit] + u_r[unit]);
            candidate[unit] = tanh(x_c[unit] + r[unit] * u_c[unit]);
            state[unit] = z[unit] * state[unit] + (1.0 - z[unit]) * candidate[unit];
        }
    }

    fn backward(
        units: usize,
        previous: &[f32],
        saved: &[f32],
        d_state: &mut [f32],
        _d_cell: &mut [f32],
        d_x: &mut [f32],
        d_recurrent: &mut [f32],
    ) {
        let [z, r, candidate, product] = [0, 1, 2, 3].map(|part| &saved[part * units..][..units]);
        let (d_x_z, rest) = d_x.split_at_mut(units);
        let (d_x_r, d_x_c) = rest.split_at_mut(units);
        for unit in 0..units {
            let (z, r, c) = (z[unit], r[unit], candidate[unit]);
            let d_c = d_state[unit] * (1.0 - z) * (1.0 - c * c);
            d_x_z[unit] = d_state[unit] * (previous[unit] - c) * z * (1.0 - z);
            d_x_r[unit] = d_c * product[unit] * r * (1.0 - r);
            d_x_c[unit] = d_c;
            d_recurrent[2 * units + unit] = d_c * r;
            d_state[unit] *= z;
        }
        d_recurrent[..2 * units].copy_from_slice(&d_x[..2 * units]);
    }
}
