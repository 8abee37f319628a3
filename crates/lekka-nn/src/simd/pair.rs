//! Two vectors side by side.

use super::Lanes;
use std::ops::{Add, Mul, Sub};

/// Two vectors worked as one of twice the lanes.
#[derive(Clone, Copy)]
pub(crate) struct Pair<V>([V; 2]);

impl<V: Lanes> Add for Pair<V> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self([self.0[0] + other.0[0], self.0[1] + other.0[1]])
    }
}

impl<V: Lanes> Sub for Pair<V> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self([self.0[0] - other.0[0], self.0[1] - other.0[1]])
    }
}

impl<V: Lanes> Mul for Pair<V> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self([self.0[0] * other.0[0], self.0[1] * other.0[1]])
    }
}

impl<V: Lanes> Lanes for Pair<V> {
    const LANES: usize = 2 * V::LANES;
    const ROWS: usize = V::ROWS;
    type Panel = Self;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller's.
        unsafe { Self([V::splat(value); 2]) }
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller's: the second half lies behind the first.
        unsafe { Self([V::load(source), V::load(source.add(V::LANES))]) }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller's: the second half lies behind the first.
        unsafe {
            self.0[0].store(target);
            self.0[1].store(target.add(V::LANES));
        }
    }

    #[inline(always)]
    fn prefetch(address: *const f32) {
        V::prefetch(address);
    }

    #[inline(always)]
    fn filled(self, value: f32) -> Self {
        Self([self.0[0].filled(value); 2])
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        Self([
            self.0[0].mul_add(factor.0[0], summand.0[0]),
            self.0[1].mul_add(factor.0[1], summand.0[1]),
        ])
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, minuend: Self) -> Self {
        Self([
            self.0[0].neg_mul_add(factor.0[0], minuend.0[0]),
            self.0[1].neg_mul_add(factor.0[1], minuend.0[1]),
        ])
    }

    #[inline(always)]
    fn greater_of(self, other: Self) -> Self {
        Self([
            self.0[0].greater_of(other.0[0]),
            self.0[1].greater_of(other.0[1]),
        ])
    }

    #[inline(always)]
    fn where_positive(self, mask: Self) -> Self {
        Self([
            self.0[0].where_positive(mask.0[0]),
            self.0[1].where_positive(mask.0[1]),
        ])
    }
}
