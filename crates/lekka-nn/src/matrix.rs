//! Matrix products on strided views, cut into fixed blocks of rows for the threads.

#![expect(unsafe_code, reason = "unchecked memory access of the inner loops")]
#![allow(
    clippy::inline_always,
    reason = "code that is not inlined is compiled without the instructions"
)]

use crate::buffer::AlignedBuffer;
use crate::simd::{
    InstructionSet, Kernel, Lanes, PANEL, Source, Target, balanced_blocks, with_rows,
};
use rayon::prelude::*;
use std::cell::RefCell;

/// Rows of the result that one task computes. Fixed, so that threads do not change the result.
const ROWS: usize = 64;

/// Columns of a result of one row that one task computes.
const COLUMNS: usize = 64;

/// A matrix inside a slice.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `rows` rows of `columns` values, one row after the other.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// `rows` rows of `columns` values that start `row_stride` values apart.
    pub(crate) fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(rows > 0 && columns > 0, "empty matrix");
        assert!(
            (rows - 1) * row_stride + columns <= data.len(),
            "matrix larger than its slice"
        );
        Self {
            data,
            rows,
            columns,
            row_stride,
            column_stride: 1,
        }
    }

    /// The same values with rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn columns_from(self, first: usize, columns: usize) -> Self {
        Self {
            data: &self.data[first * self.column_stride..],
            columns,
            ..self
        }
    }

    fn rows_from(self, first: usize, rows: usize) -> Self {
        Self {
            data: &self.data[first * self.row_stride..],
            rows,
            ..self
        }
    }
}

/// Whether a product replaces what was there or is added to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    Replace,
    Add,
}

/// `out = a b` or `out += a b` on the calling thread. `out` has rows of `out_stride` values.
pub(crate) fn product(a: Matrix, b: Matrix, write: Write, out: &mut [f32], out_stride: usize) {
    assert_eq!(a.columns, b.rows, "inner sizes of a product");
    assert!(b.columns <= out_stride, "columns of the result");
    assert!(
        (a.rows - 1) * out_stride + b.columns <= out.len(),
        "result larger than its slice"
    );
    PACKED.with_borrow_mut(|packed| {
        let panel = packed.grow(b.rows * PANEL);
        let out = Target::new(out);
        let kernel = Product {
            a,
            b,
            add: write == Write::Add,
            panel,
            out,
            out_stride,
        };
        // SAFETY: the assertions above and those of the constructors of `Matrix` are what the
        // kernel demands.
        unsafe { InstructionSet::detect().run(kernel) }
    });
}

thread_local! {
    /// Columns of the right matrix in the order in which they are read; kept for the next product.
    static PACKED: RefCell<AlignedBuffer> = RefCell::default();
}

/// A product with the memory it needs.
///
/// Demands that every element of the three matrices is inside its slice, that the inner sizes
/// agree, and that `panel` holds 16 values per row of `b`.
struct Product<'a> {
    a: Matrix<'a>,
    b: Matrix<'a>,
    add: bool,
    panel: &'a mut [f32],
    out: Target<'a>,
    out_stride: usize,
}

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let Self {
            a,
            b,
            add,
            panel,
            out,
            out_stride,
        } = self;
        let values = Source::new(a.data);
        for first in (0..b.columns).step_by(PANEL) {
            let columns = PANEL.min(b.columns - first);
            // Packing pays when the panel is read again.
            let in_place = columns == PANEL && b.column_stride == 1 && a.rows <= 2 * V::ROWS;
            let (panel, panel_start, panel_stride) = if in_place {
                (Source::new(b.data), first, b.row_stride)
            } else {
                pack(b, first, columns, panel);
                (Source::new(panel), 0, PANEL)
            };
            for (row, rows) in balanced_blocks(a.rows, V::ROWS) {
                let block = Block {
                    a: values,
                    start: row * a.row_stride,
                    row_stride: a.row_stride,
                    column_stride: a.column_stride,
                    panel,
                    panel_start,
                    panel_stride,
                    inner: a.columns,
                    out,
                    out_start: row * out_stride + first,
                    out_stride,
                    columns,
                    add,
                };
                // SAFETY: rows `row..row + rows` of `a` and of the result are inside, as the
                // caller promises, and so are the columns from `first` on.
                unsafe {
                    with_rows!(rows, V::ROWS, ROWS => block.run::<V::Panel, ROWS>());
                }
            }
        }
    }
}

/// Copies `columns` columns of `b` from `first` on, sixteen values per row, zeros after the last.
#[inline(always)]
fn pack(b: Matrix, first: usize, columns: usize, panel: &mut [f32]) {
    for (row, packed) in panel.chunks_exact_mut(PANEL).enumerate() {
        let start = row * b.row_stride + first * b.column_stride;
        if columns == PANEL && b.column_stride == 1 {
            packed.copy_from_slice(&b.data[start..][..PANEL]);
        } else {
            packed.fill(0.0);
            for (column, packed) in packed[..columns].iter_mut().enumerate() {
                *packed = b.data[start + column * b.column_stride];
            }
        }
    }
}

/// A few rows of one panel of columns.
#[derive(Clone, Copy)]
struct Block<'a> {
    a: Source<'a>,
    start: usize,
    row_stride: usize,
    column_stride: usize,
    panel: Source<'a>,
    panel_start: usize,
    panel_stride: usize,
    inner: usize,
    out: Target<'a>,
    out_start: usize,
    out_stride: usize,
    columns: usize,
    add: bool,
}

impl Block<'_> {
    /// # Safety
    /// `ROWS` rows of `inner` values of `a`, `inner` rows of sixteen of the panel, and `ROWS` rows of
    /// `columns` values of the result are inside, and the processor has the instruction set of `P`.
    #[inline(always)]
    unsafe fn run<P: Lanes, const ROWS: usize>(self) {
        let Self {
            inner,
            row_stride,
            column_stride,
            ..
        } = self;
        // SAFETY: the caller's.
        unsafe {
            let mut sums = [P::splat(0.0); ROWS];
            let reach = (ROWS - 1) * row_stride + (inner - 1) * column_stride + 1;
            let a = self.a.at(self.start, reach);
            for step in 0..inner {
                let at = self.panel_start + step * self.panel_stride;
                let columns = self.panel.load::<P>(at);
                for (row, sum) in sums.iter_mut().enumerate() {
                    let value = P::splat(*a.add(row * row_stride + step * column_stride));
                    *sum = value.mul_add(columns, *sum);
                }
            }
            for (row, sum) in sums.into_iter().enumerate() {
                let start = self.out_start + row * self.out_stride;
                if self.columns == PANEL {
                    let old = if self.add {
                        self.out.load(start)
                    } else {
                        P::splat(0.0)
                    };
                    self.out.store(start, old + sum);
                } else {
                    let mut values = [0.0; PANEL];
                    sum.store(values.as_mut_ptr());
                    let out = self.out.at(start, self.columns);
                    for (column, value) in values[..self.columns].iter().enumerate() {
                        let old = if self.add { *out.add(column) } else { 0.0 };
                        *out.add(column) = old + value;
                    }
                }
            }
        }
    }
}

/// As [`product`], with all threads.
pub(crate) fn parallel_product(a: Matrix, b: Matrix, write: Write, out: &mut [f32], stride: usize) {
    if a.rows == 1 && b.column_stride == 1 {
        let work = |(block, out): (usize, &mut [f32])| {
            product(
                a,
                b.columns_from(block * COLUMNS, out.len()),
                write,
                out,
                stride,
            );
        };
        let blocks = out[..b.columns].par_chunks_mut(COLUMNS);
        return blocks.enumerate().for_each(work);
    }
    let blocks = a.rows.div_ceil(ROWS);
    let work = |(block, out): (usize, &mut [f32])| {
        let first = block * ROWS;
        product(
            a.rows_from(first, ROWS.min(a.rows - first)),
            b,
            write,
            out,
            stride,
        );
    };
    out.par_chunks_mut(ROWS * stride)
        .take(blocks)
        .enumerate()
        .for_each(work);
}

/// Adds `bias` to every row.
pub(crate) fn add_bias(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value += bias;
        }
    }
}

/// `sums` becomes the sum of the rows, in their order.
pub(crate) fn sum_rows(rows: &[f32], sums: &mut [f32]) {
    sums.fill(0.0);
    for row in rows.chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_strided_and_transposed_views() {
        // Two rows of three inside rows of four.
        let a = [1.0, 2.0, 3.0, 9.0, 4.0, 5.0, 6.0, 9.0];
        let a = Matrix::strided(&a, 2, 3, 4);
        let b = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let b = Matrix::new(&b, 3, 2);
        let mut out = [7.0; 6];
        parallel_product(a, b, Write::Replace, &mut out, 3);
        assert_eq!(out, [4.0, 5.0, 7.0, 10.0, 11.0, 7.0]);
        product(b.transposed(), a.transposed(), Write::Add, &mut out, 3);
        assert_eq!(out, [8.0, 15.0, 7.0, 15.0, 22.0, 7.0]);
    }

    /// Every size around the blocks, with both operands as they are and transposed.
    #[test]
    fn all_sizes() {
        let values: Vec<f32> = (0..40 * 40)
            .map(|index| (index * 7 % 13) as f32 - 6.0)
            .collect();
        for rows in [1, 2, 5, 6, 7, 13] {
            for inner in [1, 2, 9] {
                for columns in [1, 15, 16, 17, 33] {
                    let a = Matrix::new(&values, rows, inner);
                    let b = Matrix::new(&values, inner, columns);
                    let a_turned = Matrix::new(&values, inner, rows).transposed();
                    let b_turned = Matrix::new(&values, columns, inner).transposed();
                    for (a, b) in [(a, b), (a_turned, b), (a, b_turned), (a_turned, b_turned)] {
                        let mut out = vec![1.0; rows * columns];
                        product(a, b, Write::Add, &mut out, columns);
                        for (index, value) in out.iter().enumerate() {
                            let (row, column) = (index / columns, index % columns);
                            let term = |i: usize| {
                                a.data[row * a.row_stride + i * a.column_stride]
                                    * b.data[i * b.row_stride + column * b.column_stride]
                            };
                            assert_eq!(*value, 1.0 + (0..inner).map(term).sum::<f32>());
                        }
                    }
                }
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri stops at rayon's queues")]
    fn blocks_of_rows_make_the_whole_product() {
        let (rows, inner, columns) = (ROWS * 2 + 5, 7, 3);
        let a: Vec<f32> = (0..rows * inner).map(|index| (index % 11) as f32).collect();
        let b: Vec<f32> = (0..inner * columns)
            .map(|index| (index % 5) as f32)
            .collect();
        let mut out = vec![0.0; rows * columns];
        let (a, b) = (
            Matrix::new(&a, rows, inner),
            Matrix::new(&b, inner, columns),
        );
        parallel_product(a, b, Write::Replace, &mut out, columns);
        let expected = |row: usize, column: usize| -> f32 {
            (0..inner)
                .map(|i| a.data[row * inner + i] * b.data[i * columns + column])
                .sum()
        };
        for (index, value) in out.iter().enumerate() {
            assert_eq!(*value, expected(index / columns, index % columns));
        }
    }

    #[test]
    fn sums_and_biases() {
        let mut rows = [1.0, 2.0, 3.0, 4.0];
        add_bias(&mut rows, &[10.0, 20.0]);
        assert_eq!(rows, [11.0, 22.0, 13.0, 24.0]);
        let mut sums = [5.0; 2];
        sum_rows(&rows, &mut sums);
        assert_eq!(sums, [24.0, 46.0]);
    }
}
