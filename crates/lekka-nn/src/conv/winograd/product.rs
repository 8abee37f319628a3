//! The matrix products of the transformed pictures and kernels.

#![expect(unsafe_code, reason = "unchecked memory access of the inner loops")]

use crate::simd::{LANES, Lanes, Source, Target};

/// Columns of a panel: two vectors.
pub(super) const PANEL: usize = 2 * LANES;

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
        match rows {
            1 => multiply_rows::<V, 1, HALVES>(inner, keep, a, b, c),
            2 => multiply_rows::<V, 2, HALVES>(inner, keep, a, b, c),
            3 => multiply_rows::<V, 3, HALVES>(inner, keep, a, b, c),
            4 if V::ROWS >= 4 => multiply_rows::<V, 4, HALVES>(inner, keep, a, b, c),
            5 if V::ROWS >= 5 => multiply_rows::<V, 5, HALVES>(inner, keep, a, b, c),
            6 if V::ROWS >= 6 => multiply_rows::<V, 6, HALVES>(inner, keep, a, b, c),
            _ => debug_assert_eq!(rows, 0),
        }
    }
}

#[inline(always)]
unsafe fn multiply_rows<V: Lanes, const ROWS: usize, const HALVES: bool>(
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
        let mut sums = [[V::splat(0.0); 2]; ROWS];
        if keep {
            for (row, sums) in sums.iter_mut().enumerate() {
                let at = c_start + row * c_stride;
                *sums = [c.load(at), c.load(at + LANES)];
            }
        }
        let halves = HALVES && ROWS <= 3;
        let mut odd_sums = [[V::splat(0.0); 2]; ROWS];
        let a = a.at(a_start, (ROWS - 1) * a_stride + inner);
        let mut b = b.at(b_start, inner * PANEL);
        let mut step = 0;
        while step < inner {
            for unrolled in 0..UNROLL {
                let left = V::load(b.add(unrolled * PANEL));
                let right = V::load(b.add(unrolled * PANEL + LANES));
                let sums = if halves && unrolled % 2 == 1 {
                    &mut odd_sums
                } else {
                    &mut sums
                };
                for (row, sums) in sums.iter_mut().enumerate() {
                    let value = V::splat(*a.add(row * a_stride + step + unrolled));
                    sums[0] = value.mul_add(left, sums[0]);
                    sums[1] = value.mul_add(right, sums[1]);
                }
            }
            b = b.add(UNROLL * PANEL);
            step += UNROLL;
        }
        for (row, (sums, odd_sums)) in sums.iter_mut().zip(odd_sums).enumerate() {
            if halves {
                *sums = [sums[0] + odd_sums[0], sums[1] + odd_sums[1]];
            }
            c.store(c_start + row * c_stride, sums[0]);
            c.store(c_start + row * c_stride + LANES, sums[1]);
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
    // SAFETY: the caller's; the blocks of rows are inside the sixteen.
    unsafe {
        if V::ROWS >= 6 {
            transposed_rows::<V, 6>(inner, keep, a, b, (c, c_start, c_stride));
            let second = (a.0, a.1 + 6);
            transposed_rows::<V, 5>(
                inner,
                keep,
                second,
                b,
                (c, c_start + 6 * c_stride, c_stride),
            );
            let third = (a.0, a.1 + 11);
            transposed_rows::<V, 5>(
                inner,
                keep,
                third,
                b,
                (c, c_start + 11 * c_stride, c_stride),
            );
        } else {
            for row in (0..PANEL).step_by(2) {
                let rows = (a.0, a.1 + row);
                let target = (c, c_start + row * c_stride, c_stride);
                transposed_rows::<V, 2>(inner, keep, rows, b, target);
            }
        }
    }
}

#[inline(always)]
unsafe fn transposed_rows<V: Lanes, const ROWS: usize>(
    inner: usize,
    keep: bool,
    (a, a_start): (Source<'_>, usize),
    (b, b_start): (Source<'_>, usize),
    (c, c_start, c_stride): (Target<'_>, usize, usize),
) {
    // SAFETY: `a` and `b` hold `inner` rows of sixteen floats, the last of `a` cut off after
    // `ROWS`; row `r` of `c` is sixteen floats at `c_start + r * c_stride`.
    unsafe {
        let zero = V::splat(0.0);
        let mut sums = [[zero; 2]; ROWS];
        let mut left_rows = a.at(a_start, (inner.max(1) - 1) * PANEL + ROWS);
        let mut right_rows = b.at(b_start, inner * PANEL);
        for _ in 0..inner {
            let left = V::load(right_rows);
            let right = V::load(right_rows.add(LANES));
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = V::splat(*left_rows.add(row));
                sums[0] = value.mul_add(left, sums[0]);
                sums[1] = value.mul_add(right, sums[1]);
            }
            left_rows = left_rows.wrapping_add(PANEL);
            right_rows = right_rows.wrapping_add(PANEL);
        }
        for (row, sums) in sums.iter().enumerate() {
            let at = c_start + row * c_stride;
            let (mut left, mut right) = (sums[0], sums[1]);
            if keep {
                left = left + c.load(at);
                right = right + c.load(at + LANES);
            }
            c.store(at, left);
            c.store(at + LANES, right);
        }
    }
}
