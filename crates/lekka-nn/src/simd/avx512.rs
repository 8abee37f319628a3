//! 512-bit vectors.

use super::Lanes;
use std::arch::x86_64::{
    __m512, _CMP_GT_OQ, _MM_HINT_T0, _mm_prefetch, _mm512_add_ps, _mm512_cmp_ps_mask,
    _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_loadu_ps, _mm512_maskz_mov_ps, _mm512_max_ps,
    _mm512_mul_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps, _mm512_sub_ps,
};
use std::ops::{Add, Mul, Sub};

/// One AVX-512 register. Exists only where the processor has AVX-512F: the functions that make
/// one from nothing are unsafe for that reason.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512);

impl Add for Avx512 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: an `Avx512` exists, so the processor has the instruction.
        unsafe { Self(_mm512_add_ps(self.0, other.0)) }
    }
}

impl Sub for Avx512 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: an `Avx512` exists, so the processor has the instruction.
        unsafe { Self(_mm512_sub_ps(self.0, other.0)) }
    }
}

impl Mul for Avx512 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: an `Avx512` exists, so the processor has the instruction.
        unsafe { Self(_mm512_mul_ps(self.0, other.0)) }
    }
}

impl Lanes for Avx512 {
    const LANES: usize = 16;
    const ROWS: usize = 12;
    type Panel = Self;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller's.
        unsafe { Self(_mm512_set1_ps(value)) }
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller's.
        unsafe { Self(_mm512_loadu_ps(source)) }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller's.
        unsafe { _mm512_storeu_ps(target, self.0) }
    }

    #[inline(always)]
    fn prefetch(address: *const f32) {
        // SAFETY: a hint, which touches no memory; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }

    #[inline(always)]
    fn filled(self, value: f32) -> Self {
        // SAFETY: an `Avx512` exists, so the processor has the instruction.
        unsafe { Self(_mm512_set1_ps(value)) }
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        // SAFETY: an `Avx512` exists, so the processor has the instruction.
        unsafe { Self(_mm512_fmadd_ps(self.0, factor.0, summand.0)) }
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, minuend: Self) -> Self {
        // SAFETY: an `Avx512` exists, so the processor has the instruction.
        unsafe { Self(_mm512_fnmadd_ps(self.0, factor.0, minuend.0)) }
    }

    #[inline(always)]
    fn greater_of(self, other: Self) -> Self {
        // SAFETY: an `Avx512` exists, so the processor has the instruction.
        unsafe { Self(_mm512_max_ps(self.0, other.0)) }
    }

    #[inline(always)]
    fn where_positive(self, mask: Self) -> Self {
        // SAFETY: an `Avx512` exists, so the processor has the instructions.
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(mask.0, _mm512_setzero_ps());
            Self(_mm512_maskz_mov_ps(positive, self.0))
        }
    }
}
