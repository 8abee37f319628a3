//! 128-bit vectors of WebAssembly.

use super::{Lanes, Pair};
use std::arch::wasm32::{
    f32x4_add, f32x4_gt, f32x4_mul, f32x4_pmax, f32x4_splat, f32x4_sub, v128, v128_and, v128_load,
    v128_store,
};
use std::ops::{Add, Mul, Sub};

/// Four floats. Compiled only where the whole module is for SIMD128: an engine either takes the
/// module with it or refuses it, so there is nothing to detect.
#[derive(Clone, Copy)]
pub(crate) struct Simd128(v128);

impl Add for Simd128 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }
}

impl Sub for Simd128 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(f32x4_sub(self.0, other.0))
    }
}

impl Mul for Simd128 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }
}

impl Lanes for Simd128 {
    const LANES: usize = 4;
    // An engine has sixteen registers on x86-64: three rows of four vectors, and a factor.
    const ROWS: usize = 3;
    type Panel = Pair<Pair<Self>>;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller's; the instruction takes any alignment.
        unsafe { Self(v128_load(source.cast())) }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller's; the instruction takes any alignment.
        unsafe { v128_store(target.cast(), self.0) }
    }

    #[inline(always)]
    fn filled(self, value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    // Fused only in "relaxed" SIMD, which not every browser has and whose bits differ.
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        self * factor + summand
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, minuend: Self) -> Self {
        minuend - self * factor
    }

    #[inline(always)]
    fn greater_of(self, other: Self) -> Self {
        // `other < self ? self : other`: the other where one is not a number.
        Self(f32x4_pmax(other.0, self.0))
    }

    #[inline(always)]
    fn where_positive(self, mask: Self) -> Self {
        Self(v128_and(self.0, f32x4_gt(mask.0, f32x4_splat(0.0))))
    }
}
