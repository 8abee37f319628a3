//! Shapes drawn by several tests.

#![allow(dead_code, reason = "each test file uses a part")]

/// Whether a point of the square from -1 to 1 is ink of a made-up digit.
pub(crate) fn digit(shape: usize, u: f64, v: f64, stroke: f64) -> bool {
    match shape {
        0 => (u.hypot(v) - 0.8).abs() <= stroke,
        1 => u.abs() <= stroke && v.abs() <= 1.0,
        _ => {
            (u.abs() <= 1.0 && (v - 0.8).abs() <= stroke)
                || ((u + 0.8).abs() <= stroke && v.abs() <= 0.9)
        }
    }
}

/// A number from 0 to 1 that depends on `seed` alone (SplitMix64).
pub(crate) fn unit(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) as f64 / u64::MAX as f64
}
