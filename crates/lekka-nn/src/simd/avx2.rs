//! 256-bit vectors with fused multiply-add.

use super::{Lanes, Pair};
use std::arch::x86_64::{
    __m256, _CMP_GT_OQ, _MM_HINT_T0, _mm_prefetch, _mm256_add_ps, _mm256_and_ps, _mm256_cmp_ps,
    _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_mul_ps,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm256_sub_ps,
};
use std::ops::{Add, Mul, Sub};

/// One AVX register. Exists only where the processor has AVX2 and FMA: the functions that make
/// one from nothing are unsafe for that reason.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256);

impl Add for Avx2 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: an `Avx2` exists, so the processor has the instruction.
        unsafe { Self(_mm256_add_ps(self.0, other.0)) }
    }
}

impl Sub for Avx2 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: an `Avx2` exists, so the processor has the instruction.
        unsafe { Self(_mm256_sub_ps(self.0, other.0)) }
    }
}

impl Mul for Avx2 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: an `Avx2` exists, so the processor has the instruction.
        unsafe { Self(_mm256_mul_ps(self.0, other.0)) }
    }
}

impl Lanes for Avx2 {
    const LANES: usize = 8;
    const ROWS: usize = 6;
    type Panel = Pair<Self>;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller's.
        unsafe { Self(_mm256_set1_ps(value)) }
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller's.
        unsafe { Self(_mm256_loadu_ps(source)) }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller's.
        unsafe { _mm256_storeu_ps(target, self.0) }
    }

    #[inline(always)]
    fn prefetch(address: *const f32) {
        // SAFETY: a hint, which touches no memory; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }

    #[inline(always)]
    fn filled(self, value: f32) -> Self {
        // SAFETY: an `Avx2` exists, so the processor has the instruction.
        unsafe { Self(_mm256_set1_ps(value)) }
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        // SAFETY: an `Avx2` exists, so the processor has the instruction.
        unsafe { Self(_mm256_fmadd_ps(self.0, factor.0, summand.0)) }
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, minuend: Self) -> Self {
        // SAFETY: an `Avx2` exists, so the processor has the instruction.
        unsafe { Self(_mm256_fnmadd_ps(self.0, factor.0, minuend.0)) }
    }

    #[inline(always)]
    fn greater_of(self, other: Self) -> Self {
        // SAFETY: an `Avx2` exists, so the processor has the instruction.
        unsafe { Self(_mm256_max_ps(self.0, other.0)) }
    }

    #[inline(always)]
    fn where_positive(self, mask: Self) -> Self {
        // SAFETY: an `Avx2` exists, so the processor has the instructions.
        unsafe {
            let positive = _mm256_cmp_ps::<_CMP_GT_OQ>(mask.0, _mm256_setzero_ps());
            Self(_mm256_and_ps(self.0, positive))
        }
    }
}
