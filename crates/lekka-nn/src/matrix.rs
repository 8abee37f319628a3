//! Matrix products on strided views, cut into fixed blocks of rows for the threads.

use rayon::prelude::*;

/// Rows of the result that one task computes. Fixed, so that threads do not change the result.
const ROWS: usize = 64;

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
    let beta = if write == Write::Add { 1.0 } else { 0.0 };
    #[expect(
        unsafe_code,
        reason = "the product of the matrixmultiply crate takes pointers"
    )]
    // SAFETY: the constructors of `Matrix` and the assertions above keep every element
    // `row * row_stride + column * column_stride` of the three matrices inside their slices, rows
    // of `out` do not overlap, and `out` is borrowed exclusively.
    unsafe {
        matrixmultiply::sgemm(
            a.rows,
            a.columns,
            b.columns,
            1.0,
            a.data.as_ptr(),
            a.row_stride as isize,
            a.column_stride as isize,
            b.data.as_ptr(),
            b.row_stride as isize,
            b.column_stride as isize,
            beta,
            out.as_mut_ptr(),
            out_stride as isize,
            1,
        );
    }
}

/// As [`product`], with all threads.
pub(crate) fn parallel_product(a: Matrix, b: Matrix, write: Write, out: &mut [f32], stride: usize) {
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

    #[test]
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
