//! The matrix products of the transformed pictures and kernels.

#![expect(unsafe_code, reason = "unchecked memory access of the inner loops")]

use crate::simd::{Lanes, PANEL, Source, Target, balanced_blocks, with_rows};

/// `c[rows, 16] = keep * c + a[rows, inner] * b[inner, 16]` with `keep` one or zero, `inner` a
/// multiple of four. With `HALVES`, few rows are summed in two halves, odd and even: a few sums alone
/// would wait for each other. The rounding then depends on the number of rows.
///
/// # Safety
/// The matrices are inside their memory, nobody else uses `c`, the processor has the instruction
/// set of `V`, `rows <= V::ROWS`.
#[inline(always)]
pub(super) unsafe fn multiply<V: Lanes, const HALVES: bool>(
    rows: usize,
    inner: usize,
    keep: bool,
    a: (Source<'_>, usize, usize),
    b: (Source<'_>, usize),
    c: (Target<'_>, usize, usize),
) {
    // SAFETY: the caller's.
    unsafe {
        with_rows!(rows, V::ROWS, ROWS => {
            multiply_rows::<V::Panel, ROWS, HALVES>(inner, keep, a, b, c);
        });
    }
}

#[inline(always)]
unsafe fn multiply_rows<P: Lanes, const ROWS: usize, const HALVES: bool>(
    inner: usize,
    keep: bool,
    (a, a_start, a_stride): (Source<'_>, usize, usize),
    (b, b_start): (Source<'_>, usize),
    (c, c_start, c_stride): (Target<'_>, usize, usize),
) {
    const UNROLL: usize = 4;
    debug_assert_eq!(inner % UNROLL, 0);
    // SAFETY: row `r` of `a` is the `inner` floats at `a_start + r * a_stride`, `b` is
    // `inner * 16` floats at `b_start`, row `r` of `c` sixteen at `c_start + r * c_stride`: inside,
    // as the caller promises.
    unsafe {
        let mut sums = [P::splat(0.0); ROWS];
        if keep {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = c.load(c_start + row * c_stride);
            }
        }
        let halves = HALVES && ROWS <= 3;
        let mut odd_sums = [P::splat(0.0); ROWS];
        let a = a.at(a_start, (ROWS - 1) * a_stride + inner);
        let mut b = b.at(b_start, inner * PANEL);
        let mut step = 0;
        while step < inner {
            for unrolled in 0..UNROLL {
                let columns = P::load(b.add(unrolled * PANEL));
                let sums = if halves && unrolled % 2 == 1 {
                    &mut odd_sums
                } else {
                    &mut sums
                };
                for (row, sum) in sums.iter_mut().enumerate() {
                    let value = P::splat(*a.add(row * a_stride + step + unrolled));
                    *sum = value.mul_add(columns, *sum);
                }
            }
            b = b.add(UNROLL * PANEL);
            step += UNROLL;
        }
        for (row, (sum, odd_sum)) in sums.into_iter().zip(odd_sums).enumerate() {
            let sum = if halves { sum + odd_sum } else { sum };
            c.store(c_start + row * c_stride, sum);
        }
    }
}

/// `c[16, 16] = keep * c + transpose(a[inner, 16]) * b[inner, 16]` with `keep` one or zero.
///
/// # Safety
/// As [`multiply`].
#[inline(always)]
pub(super) unsafe fn multiply_transposed<V: Lanes>(
    inner: usize,
    keep: bool,
    a: (Source<'_>, usize),
    b: (Source<'_>, usize),
    (c, c_start, c_stride): (Target<'_>, usize, usize),
) {
    for (row, rows) in balanced_blocks(PANEL, V::ROWS) {
        let rows_of_a = (a.0, a.1 + row);
        let target = (c, c_start + row * c_stride, c_stride);
        // SAFETY: the caller's; the blocks of rows are inside the sixteen.
        unsafe {
            with_rows!(rows, V::ROWS, ROWS => {
                transposed_rows::<V::Panel, ROWS>(inner, keep, rows_of_a, b, target);
            });
        }
    }
}

#[inline(always)]
unsafe fn transposed_rows<P: Lanes, const ROWS: usize>(
    inner: usize,
    keep: bool,
    (a, a_start): (Source<'_>, usize),
    (b, b_start): (Source<'_>, usize),
    (c, c_start, c_stride): (Target<'_>, usize, usize),
) {
    // SAFETY: `a` and `b` hold `inner` rows of sixteen floats, the last of `a` cut off after
    // `ROWS`; row `r` of `c` is sixteen floats at `c_start + r * c_stride`.
    unsafe {
        let mut sums = [P::splat(0.0); ROWS];
        let mut left_rows = a.at(a_start, (inner.max(1) - 1) * PANEL + ROWS);
        let mut right_rows = b.at(b_start, inner * PANEL);
        for _ in 0..inner {
            let columns = P::load(right_rows);
            for (row, sum) in sums.iter_mut().enumerate() {
                let value = P::splat(*left_rows.add(row));
                *sum = value.mul_add(columns, *sum);
            }
            left_rows = left_rows.wrapping_add(PANEL);
            right_rows = right_rows.wrapping_add(PANEL);
        }
        for (row, sum) in sums.into_iter().enumerate() {
            let at = c_start + row * c_stride;
            let sum = if keep { sum + c.load(at) } else { sum };
            c.store(at, sum);
        }
    }
}
