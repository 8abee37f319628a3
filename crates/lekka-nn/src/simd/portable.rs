//! Vectors that the compiler makes of plain arrays.

use super::{Lanes, Pair};
use std::ops::{Add, Mul, Sub};

/// Lanes of the vector.
const LANES: usize = 8;

/// Eight floats as the compiler likes them.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f32; LANES]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, operation: impl Fn(f32, f32) -> f32) -> Self {
        let mut result = self.0;
        for (value, other) in result.iter_mut().zip(other.0) {
            *value = operation(*value, other);
        }
        Self(result)
    }
}

impl Add for Portable {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for Portable {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl Mul for Portable {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

/// Fused where the target has an instruction for it; a library call would be far slower than two
/// roundings.
#[inline(always)]
fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

impl Lanes for Portable {
    const LANES: usize = LANES;
    // 32 registers of four lanes on aarch64, sixteen elsewhere.
    const ROWS: usize = if cfg!(target_arch = "aarch64") { 6 } else { 3 };
    type Panel = Pair<Self>;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller's; an array of floats is aligned like a float.
        unsafe { Self(source.cast::<[f32; LANES]>().read()) }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller's; an array of floats is aligned like a float.
        unsafe { target.cast::<[f32; LANES]>().write(self.0) }
    }

    #[inline(always)]
    fn filled(self, value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        let mut result = summand.0;
        for ((value, a), b) in result.iter_mut().zip(self.0).zip(factor.0) {
            *value = multiply_add(a, b, *value);
        }
        Self(result)
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, minuend: Self) -> Self {
        let mut result = minuend.0;
        for ((value, a), b) in result.iter_mut().zip(self.0).zip(factor.0) {
            *value = multiply_add(-a, b, *value);
        }
        Self(result)
    }

    #[inline(always)]
    fn greater_of(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn where_positive(self, mask: Self) -> Self {
        self.zip(mask, |value, mask| if mask > 0.0 { value } else { 0.0 })
    }
}
