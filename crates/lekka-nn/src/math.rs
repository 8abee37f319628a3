//! Elementary functions that the compiler can vectorise, accurate to a few units in the last place.

#![allow(
    clippy::inline_always,
    reason = "parts of functions compiled for several processors"
)]

/// `exp(x)`: the range is reduced to ± ln(2)/2 and a polynomial of degree 6 does the rest (after
/// Cephes). Beyond ± 87 it stays at the largest or smallest normal values; NaN stays NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln(2) in two parts, the first exact in few bits, so that the difference is exact.
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_2e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * (r * r) + r + 1.0;
    let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    p * scale
}

/// `1 / (1 + exp(-x))`
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `tanh(x)`, with an absolute error of about 1e-7.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// The error function, with an absolute error below 5e-7 (Abramowitz and Stegun 7.1.26).
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152;
    let p = p * t + 1.421_413_7;
    let p = p * t - 0.284_496_74;
    let p = p * t + 0.254_829_6;
    (1.0 - p * t * exp(-a * a)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        for step in -8_000..=8_000 {
            let x = step as f32 * 0.01;
            let exact = f64::from(x);
            assert!(
                (f64::from(exp(x)) / exact.exp() - 1.0).abs() < 3e-7,
                "exp({x})"
            );
            assert!(
                (f64::from(tanh(x)) - exact.tanh()).abs() < 3e-7,
                "tanh({x})"
            );
            let expected = 1.0 / (1.0 + (-exact).exp());
            assert!(
                (f64::from(sigmoid(x)) - expected).abs() < 3e-7,
                "sigmoid({x})"
            );
        }
    }

    #[test]
    fn error_function() {
        let cases = [
            (0.0, 0.0),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (-2.0, -0.995_322_3),
        ];
        for (x, expected) in cases {
            assert!(
                (erf(x) - expected as f32).abs() < 1e-6,
                "erf({x}) = {}",
                erf(x)
            );
        }
    }

    #[test]
    fn extremes() {
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(1e30).is_finite());
        assert!(exp(-1e30) < 1e-37);
        assert_eq!((tanh(1e30), tanh(-1e30)), (1.0, -1.0));
    }
}
