//! How a picture is cut into tiles, and the transforms of each kind of tile in one dimension.
//!
//! Winograd's F(m, 3) computes m outputs of a three-tap filter from m + 2 inputs with m + 2
//! products instead of 3 m: `y = A' ((G g) . (B' d))`, with `.` element by element (Lavin and Gray,
//! "Fast Algorithms for Convolutional Neural Networks", 2015). It interpolates polynomials at m + 2
//! points. F(4, 3) uses 0, 1, -1, 2, -2 and infinity; F(3, 3) and F(2, 3) here use subsets of these,
//! so that one set of transformed kernels `G g` serves all three, with the different scaling put
//! into the transform of the input.

use crate::simd::Lanes;

/// Points of F(4, 3) in one dimension; the other kinds use some of them.
pub(super) const POINTS: usize = 6;

/// Points in two dimensions.
pub(super) const POINTS_2D: usize = POINTS * POINTS;

/// Rows of the kernel transform `G`, one per point: 0, 1, -1, 2, -2, infinity.
pub(super) const G: [[f32; 3]; POINTS] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// Factors in front of the rows of [`G`].
pub(super) const SCALES: [f32; POINTS] = [
    1.0 / 4.0,
    -1.0 / 6.0,
    -1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 24.0,
    1.0,
];

/// `G g` before the rows are scaled by [`SCALES`]: three taps to points.
#[inline(always)]
pub(super) fn unscaled_kernel_points<V: Lanes>(g: &[V; 3]) -> [V; POINTS] {
    let (two, four) = (g[0].filled(2.0), g[0].filled(4.0));
    let even = g[0] + g[2];
    let even2 = g[2].mul_add(four, g[0]);
    [
        g[0],
        even + g[1],
        even - g[1],
        g[1].mul_add(two, even2),
        g[1].neg_mul_add(two, even2),
        g[2],
    ]
}

/// `G g`: three taps to points.
#[inline(always)]
pub(super) fn kernel_points<V: Lanes>(g: &[V; 3]) -> [V; POINTS] {
    let mut points = unscaled_kernel_points(g);
    for (point, scale) in points.iter_mut().zip(SCALES) {
        *point = *point * g[0].filled(scale);
    }
    points
}

/// The transforms of one kind of tile in one dimension. Arrays are as long as the largest kind
/// needs; what is beyond [`OUTPUTS`](Self::OUTPUTS) or the points is ignored.
pub(super) trait TileKind {
    /// Outputs of a tile.
    const OUTPUTS: usize;
    /// Which of the six points it uses; as many as it has inputs.
    const USED: &'static [usize];

    /// `B' d`: inputs to points.
    fn input<V: Lanes>(d: &[V; 6]) -> [V; 6];

    /// `A' m`: points to outputs.
    fn output<V: Lanes>(m: &[V; 6]) -> [V; 4];

    /// `A y`: the transpose of [`output`](Self::output), for gradients: outputs to points.
    fn gradient<V: Lanes>(y: &[V; 4]) -> [V; 6];
}

/// F(4, 3).
pub(super) struct F4;

impl TileKind for F4 {
    const OUTPUTS: usize = 4;
    const USED: &'static [usize] = &[0, 1, 2, 3, 4, 5];

    #[inline(always)]
    fn input<V: Lanes>(d: &[V; 6]) -> [V; 6] {
        let (two, four, five) = (d[0].filled(2.0), d[0].filled(4.0), d[0].filled(5.0));
        let even = d[2].neg_mul_add(four, d[4]);
        let odd = d[1].neg_mul_add(four, d[3]);
        let even2 = d[4] - d[2];
        let odd2 = d[3] - d[1];
        [
            d[0].mul_add(four, d[2].neg_mul_add(five, d[4])),
            even + odd,
            even - odd,
            odd2.mul_add(two, even2),
            odd2.neg_mul_add(two, even2),
            d[1].mul_add(four, d[3].neg_mul_add(five, d[5])),
        ]
    }

    #[inline(always)]
    fn output<V: Lanes>(m: &[V; 6]) -> [V; 4] {
        let (two, four, eight) = (m[0].filled(2.0), m[0].filled(4.0), m[0].filled(8.0));
        let (sum, difference) = (m[1] + m[2], m[1] - m[2]);
        let (sum2, difference2) = (m[3] + m[4], m[3] - m[4]);
        [
            m[0] + (sum + sum2),
            difference2.mul_add(two, difference),
            sum2.mul_add(four, sum),
            m[5] + difference2.mul_add(eight, difference),
        ]
    }

    #[inline(always)]
    fn gradient<V: Lanes>(y: &[V; 4]) -> [V; 6] {
        let (two, four) = (y[0].filled(2.0), y[0].filled(4.0));
        let (even, odd) = (y[0] + y[2], y[1] + y[3]);
        let even2 = y[2].mul_add(four, y[0]);
        let odd2 = y[3].mul_add(four, y[1]);
        [
            y[0],
            even + odd,
            even - odd,
            odd2.mul_add(two, even2),
            odd2.neg_mul_add(two, even2),
            y[3],
        ]
    }
}

/// F(3, 3) at 0, 1, -1, 2, infinity.
pub(super) struct F3;

impl TileKind for F3 {
    const OUTPUTS: usize = 3;
    const USED: &'static [usize] = &[0, 1, 2, 3, 5];

    // [4 -2 -4 2 0], [0 -6 -3 3 0], [0 2 -3 1 0], [0 -4 0 4 0], [0 2 -1 -2 1]
    #[inline(always)]
    fn input<V: Lanes>(d: &[V; 6]) -> [V; 6] {
        let (two, three, four) = (d[0].filled(2.0), d[0].filled(3.0), d[0].filled(4.0));
        let odd = d[3] - d[1];
        let even = d[0] - d[2];
        [
            odd.mul_add(two, even * four),
            three * (d[1].neg_mul_add(two, d[3]) - d[2]),
            d[1].mul_add(two, d[2].neg_mul_add(three, d[3])),
            four * odd,
            odd.neg_mul_add(two, d[4] - d[2]),
            d[0],
        ]
    }

    #[inline(always)]
    fn output<V: Lanes>(m: &[V; 6]) -> [V; 4] {
        let (two, four) = (m[0].filled(2.0), m[0].filled(4.0));
        let (sum, difference) = (m[1] + m[2], m[1] - m[2]);
        [
            m[0] + (sum + m[3]),
            m[3].mul_add(two, difference),
            m[4] + m[3].mul_add(four, sum),
            m[0],
        ]
    }

    #[inline(always)]
    fn gradient<V: Lanes>(y: &[V; 4]) -> [V; 6] {
        let (two, four) = (y[0].filled(2.0), y[0].filled(4.0));
        let even = y[0] + y[2];
        [
            y[0],
            even + y[1],
            even - y[1],
            y[2].mul_add(four, y[1].mul_add(two, y[0])),
            y[2],
            y[0],
        ]
    }
}

/// F(2, 3) at 0, 1, -1, infinity.
pub(super) struct F2;

impl TileKind for F2 {
    const OUTPUTS: usize = 2;
    const USED: &'static [usize] = &[0, 1, 2, 5];

    // [4 0 -4 0], [0 -3 -3 0], [0 3 -3 0], [0 -1 0 1]
    #[inline(always)]
    fn input<V: Lanes>(d: &[V; 6]) -> [V; 6] {
        let (three, four) = (d[0].filled(3.0), d[0].filled(4.0));
        [
            four * (d[0] - d[2]),
            d[0].filled(-3.0) * (d[1] + d[2]),
            three * (d[1] - d[2]),
            d[3] - d[1],
            d[0],
            d[0],
        ]
    }

    #[inline(always)]
    fn output<V: Lanes>(m: &[V; 6]) -> [V; 4] {
        [m[0] + (m[1] + m[2]), m[3] + (m[1] - m[2]), m[0], m[0]]
    }

    #[inline(always)]
    fn gradient<V: Lanes>(y: &[V; 4]) -> [V; 6] {
        [y[0], y[0] + y[1], y[0] - y[1], y[1], y[0], y[0]]
    }
}

/// Which [`TileKind`] a tile is in one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F4,
    F3,
    F2,
}

impl Kind {
    /// Which of the six points it uses.
    pub(super) fn used(self) -> &'static [usize] {
        match self {
            Self::F4 => F4::USED,
            Self::F3 => F3::USED,
            Self::F2 => F2::USED,
        }
    }
}

/// A tile in one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// First output, a multiple of four.
    pub(super) start: usize,
    /// Outputs inside the picture; the last tile may reach beyond.
    pub(super) outputs: usize,
    pub(super) kind: Kind,
}

/// Cuts `size` outputs into tiles of four and one smaller for the rest.
pub(super) fn cut(size: usize) -> Vec<Span> {
    (0..size)
        .step_by(4)
        .map(|start| {
            let outputs = (size - start).min(4);
            let kind = match outputs {
                4 => Kind::F4,
                3 => Kind::F3,
                _ => Kind::F2,
            };
            Span {
                start,
                outputs,
                kind,
            }
        })
        .collect()
}

/// Expands to a call with the two kinds as types.
macro_rules! with_kinds {
    ($row:expr, $column:expr, $function:ident :: <$lanes:ident> ($($argument:expr),* $(,)?)) => {{
        use $crate::conv::winograd::tiles::{F2, F3, F4, Kind};
        match ($row, $column) {
            (Kind::F4, Kind::F4) => $function::<$lanes, F4, F4>($($argument),*),
            (Kind::F4, Kind::F3) => $function::<$lanes, F4, F3>($($argument),*),
            (Kind::F4, Kind::F2) => $function::<$lanes, F4, F2>($($argument),*),
            (Kind::F3, Kind::F4) => $function::<$lanes, F3, F4>($($argument),*),
            (Kind::F3, Kind::F3) => $function::<$lanes, F3, F3>($($argument),*),
            (Kind::F3, Kind::F2) => $function::<$lanes, F3, F2>($($argument),*),
            (Kind::F2, Kind::F4) => $function::<$lanes, F2, F4>($($argument),*),
            (Kind::F2, Kind::F3) => $function::<$lanes, F2, F3>($($argument),*),
            (Kind::F2, Kind::F2) => $function::<$lanes, F2, F2>($($argument),*),
        }
    }};
}
pub(super) use with_kinds;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, Portable};

    #[test]
    fn pictures_are_cut_into_fours_and_a_rest() {
        let kinds = |size| {
            cut(size)
                .iter()
                .map(|span| (span.start, span.kind))
                .collect::<Vec<_>>()
        };
        assert_eq!(kinds(1), [(0, Kind::F2)]);
        assert_eq!(kinds(7), [(0, Kind::F4), (4, Kind::F3)]);
        assert_eq!(
            kinds(14),
            [(0, Kind::F4), (4, Kind::F4), (8, Kind::F4), (12, Kind::F2)]
        );
        assert_eq!(
            cut(5)[1],
            Span {
                start: 4,
                outputs: 1,
                kind: Kind::F2
            }
        );
    }

    struct OneDimension<K>([f32; 6], [f32; 3], std::marker::PhantomData<K>);

    impl<K: TileKind> Kernel for OneDimension<K> {
        type Output = [f32; 4];

        #[inline(always)]
        #[expect(unsafe_code, reason = "a test kernel")]
        unsafe fn run<V: Lanes>(self) -> [f32; 4] {
            // SAFETY: the caller's.
            unsafe {
                let transformed = K::input(&self.0.map(|value| V::splat(value)));
                let mut products = transformed;
                let weights = kernel_points(&self.1.map(|value| V::splat(value)));
                for (&point, (product, input)) in
                    K::USED.iter().zip(products.iter_mut().zip(transformed))
                {
                    *product = input * weights[point];
                }
                K::output(&products).map(|output| {
                    let mut lanes = [0.0; Portable::LANES];
                    output.store(lanes.as_mut_ptr());
                    lanes[0]
                })
            }
        }
    }

    fn check_one_dimension<K: TileKind>() {
        let input = [0.5, -1.0, 2.0, 3.0, -0.75, 1.25];
        let taps = [0.3, -0.6, 0.9];
        #[expect(unsafe_code, reason = "a test kernel")]
        // SAFETY: the portable instruction set is always there.
        let outputs =
            unsafe { OneDimension::<K>(input, taps, std::marker::PhantomData).run::<Portable>() };
        for index in 0..K::OUTPUTS {
            let direct: f32 = (0..3).map(|tap| taps[tap] * input[index + tap]).sum();
            assert!(
                (outputs[index] - direct).abs() < 1e-5,
                "{} {direct}",
                outputs[index]
            );
        }
    }

    #[test]
    fn every_kind_computes_a_three_tap_filter() {
        check_one_dimension::<F4>();
        check_one_dimension::<F3>();
        check_one_dimension::<F2>();
    }
}
