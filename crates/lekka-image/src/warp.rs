//! Perspective views: any quadrilateral of a picture as a rectangle.

use crate::Rect;
use crate::resize::{resize_bilinear, resize_sampled};
use image::GrayImage;
use rayon::prelude::*;

/// A point in pixels; the centre of the upper left pixel is (0, 0), as in `OpenCV`.
pub type Point = (f64, f64);

/// A projective map of the plane, a 3 x 3 matrix up to a factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perspective {
    /// Row by row; `(x, y)` goes to `((m0 x + m1 y + m2) / w, (m3 x + m4 y + m5) / w)`, `w = m6 x +
    /// m7 y + m8`.
    matrix: [f64; 9],
}

impl Perspective {
    /// The map that leaves every point where it is.
    pub const IDENTITY: Self = Self {
        matrix: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
    };

    /// The map with this matrix, row by row.
    pub const fn from_matrix(matrix: [f64; 9]) -> Self {
        Self { matrix }
    }

    /// The matrix, row by row.
    pub const fn matrix(&self) -> &[f64; 9] {
        &self.matrix
    }

    /// The map that takes the four points `from` to the four points `to`, as
    /// `cv2.getPerspectiveTransform`.
    ///
    /// `None` when three of the points lie on a line or a coordinate is not a number, so that there
    /// is no such map.
    ///
    /// ```
    /// use lekka_image::Perspective;
    /// let square = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)];
    /// let slanted = [(1.0, 1.0), (5.0, 2.0), (4.0, 6.0), (0.0, 4.0)];
    /// let map = Perspective::between(&square, &slanted).unwrap();
    /// let (x, y) = map.apply((2.0, 2.0));
    /// assert!((x - 4.0).abs() < 1e-9 && (y - 6.0).abs() < 1e-9);
    /// ```
    pub fn between(from: &[Point; 4], to: &[Point; 4]) -> Option<Self> {
        let mut equations = [[0.0; 9]; 8];
        for (i, (&(x, y), &(u, v))) in from.iter().zip(to).enumerate() {
            equations[2 * i] = [x, y, 1.0, 0.0, 0.0, 0.0, -x * u, -y * u, u];
            equations[2 * i + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -x * v, -y * v, v];
        }
        let solution = solve(equations)?;
        let mut matrix = [1.0; 9];
        matrix[..8].copy_from_slice(&solution);
        let map = Self { matrix };
        map.inverse().map(|_| map)
    }

    /// Where a point goes. A point on the vanishing line goes to (0, 0), as in `OpenCV`.
    pub fn apply(&self, (x, y): Point) -> Point {
        let m = &self.matrix;
        let w = m[6] * x + m[7] * y + m[8];
        let factor = if w == 0.0 { 0.0 } else { 1.0 / w };
        (
            (m[0] * x + m[1] * y + m[2]) * factor,
            (m[3] * x + m[4] * y + m[5]) * factor,
        )
    }

    /// The map back; `None` when the plane is squeezed to a line or a point.
    pub fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i] = self.matrix;
        let adjoint = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let determinant = a * adjoint[0] + b * adjoint[3] + c * adjoint[6];
        let largest = self.matrix.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        if !determinant.is_finite() || determinant.abs() <= 1e-12 * largest {
            return None;
        }
        Some(Self {
            matrix: adjoint.map(|v| v / determinant),
        })
    }

    /// This map first, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let (a, b) = (&next.matrix, &self.matrix);
        Self {
            matrix: std::array::from_fn(|k| {
                (0..3).map(|j| a[k / 3 * 3 + j] * b[j * 3 + k % 3]).sum()
            }),
        }
    }
}

/// The smallest upright box around a box as it is seen under a map, within a picture of this size;
/// at least one pixel.
///
/// ```
/// use lekka_image::{Perspective, Rect, warp::bounds_under};
/// let twice = Perspective::from_matrix([2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0]);
/// assert_eq!(bounds_under(&twice, Rect::new(1, 2, 3, 1), 6, 20), Rect::new(2, 4, 4, 1));
/// ```
pub fn bounds_under(map: &Perspective, bounds: Rect, width: u32, height: u32) -> Rect {
    let (left, top) = (f64::from(bounds.x), f64::from(bounds.y));
    let (right, bottom) = (
        left + f64::from(bounds.width.max(1)) - 1.0,
        top + f64::from(bounds.height.max(1)) - 1.0,
    );
    let corners =
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|p| map.apply(p));
    let side = |values: [f64; 4], limit: u32| {
        let last = f64::from(limit.max(1) - 1);
        let low = values.into_iter().fold(f64::INFINITY, f64::min);
        let high = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let from = low.round().clamp(0.0, last) as u32;
        (from, (high.round().clamp(0.0, last) as u32).max(from) + 1)
    };
    let (x, right) = side(corners.map(|p| p.0), width);
    let (y, bottom) = side(corners.map(|p| p.1), height);
    Rect::from_corners(x, y, right, bottom)
}

/// Gauss elimination with row pivots of eight equations `[a.., b]` for eight unknowns.
fn solve(mut rows: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let pivot =
            (column..8).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        let pivot_row = rows[column];
        if pivot_row[column].abs() < 1e-12 || !pivot_row[column].is_finite() {
            return None;
        }
        for (i, row) in rows.iter_mut().enumerate() {
            if i != column {
                let factor = row[column] / pivot_row[column];
                row.iter_mut()
                    .zip(&pivot_row)
                    .for_each(|(v, p)| *v -= factor * p);
            }
        }
    }
    let solution = std::array::from_fn(|i| rows[i][8] / rows[i][i]);
    solution
        .iter()
        .all(|v: &f64| v.is_finite())
        .then_some(solution)
}

/// Bits of a source position's fraction, as in `OpenCV` (`INTER_BITS`).
const FRACTION_BITS: i64 = 5;
const ONE: i64 = 1 << FRACTION_BITS;

/// The part `window` of the view of `image` under `map`, `map` taking points of the picture to
/// points of the view.
///
/// Same result as `cv2.warpPerspective(.., flags=cv2.INTER_LINEAR)` up to version 4.10: source
/// positions are rounded to 1/32 pixel, what lies outside the picture is `border`. Only the window
/// is computed, so that a cell can be cut from the view of a large page without making the whole
/// view. A map without inverse gives `border` everywhere.
///
/// ```
/// use lekka_image::{Perspective, Rect, grid, warp_perspective};
/// let picture = grid(&["#....", ".8...", "....."]);
/// let twice = Perspective::from_matrix([2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0]);
/// let view = warp_perspective(&picture, &twice, Rect::new(0, 0, 4, 3), 0);
/// assert_eq!(view.as_raw(), &[255, 128, 0, 0, 128, 98, 68, 34, 0, 68, 136, 68]);
/// ```
pub fn warp_perspective(
    image: &GrayImage,
    map: &Perspective,
    window: Rect,
    border: u8,
) -> GrayImage {
    if window.is_empty() {
        return GrayImage::new(0, 0);
    }
    let mut pixels = vec![border; window.area() as usize];
    if let Some(source) = Source::new(image, map, border) {
        let rows = pixels
            .par_chunks_mut(window.width as usize)
            .enumerate()
            .with_min_len(32);
        rows.for_each(|(row, out)| {
            let y = f64::from(window.y) + row as f64;
            for (x, out) in (window.x..).zip(out) {
                *out = source.at(f64::from(x), y);
            }
        });
    }
    crate::from_pixels(window.width, window.height, pixels)
}

/// The quadrilateral with these corners (upper left, upper right, lower right, lower left) as a
/// `width` x `height` picture whose corner pixels' centres are the corners. `None` when the corners
/// span no area or the size is zero.
///
/// ```
/// use lekka_image::{grid, to_text, warp::warp_quad}; let picture = grid(&["..2..", ".....",
/// "1.9.3", ".....", "..4.."]); let turned = warp_quad(&picture, &[(2.0, 0.0), (4.0, 2.0), (2.0,
/// 4.0), (0.0, 2.0)], 3, 3).unwrap(); assert_eq!(to_text(&turned), "2.3\n.9.\n1.4\n");
/// ```
pub fn warp_quad(
    image: &GrayImage,
    corners: &[Point; 4],
    width: u32,
    height: u32,
) -> Option<GrayImage> {
    if width == 0 || height == 0 {
        return None;
    }
    let (right, bottom) = (
        f64::from(width - 1).max(0.5),
        f64::from(height - 1).max(0.5),
    );
    let rectangle = [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)];
    let map = Perspective::between(corners, &rectangle)?;
    Some(warp_perspective(
        image,
        &map,
        Rect::new(0, 0, width, height),
        0,
    ))
}

/// The same as [`warp_perspective`] followed by [`resize_bilinear`] to
/// `width` x `height`, pixel by pixel, but only the pixels of the view that the second step looks
/// at are computed: a cell of a page becomes 28 x 28 in a third of the time.
///
/// ```
/// use lekka_image::{Perspective, Rect, grid, resize_bilinear, warp_perspective};
/// use lekka_image::warp::warp_resized;
/// let picture = grid(&["#....", ".8...", "..4.."]);
/// let map = Perspective::from_matrix([2.0, 0.3, 0.0, 0.1, 2.0, 0.0, 0.0, 0.0, 1.0]);
/// let window = Rect::new(1, 0, 8, 6);
/// let view = warp_perspective(&picture, &map, window, 0);
/// assert_eq!(warp_resized(&picture, &map, window, 3, 2, 0), resize_bilinear(&view, 3, 2));
/// ```
pub fn warp_resized(
    image: &GrayImage,
    map: &Perspective,
    window: Rect,
    width: u32,
    height: u32,
    border: u8,
) -> GrayImage {
    let halved = window.width == 2 * width && window.height == 2 * height;
    if halved || u64::from(width) * u64::from(height) * 4 > window.area() {
        // Nothing to save.
        return resize_bilinear(&warp_perspective(image, map, window, border), width, height);
    }
    let source = Source::new(image, map, border);
    resize_sampled(
        (window.width, window.height),
        (width, height),
        |x, y| match &source {
            Some(source) => source.at(
                f64::from(window.x) + f64::from(x),
                f64::from(window.y) + f64::from(y),
            ),
            None => border,
        },
    )
}

struct Source<'a> {
    image: &'a GrayImage,
    back: [f64; 9],
    border: u8,
}

impl<'a> Source<'a> {
    /// `None` when nothing of the picture is seen anywhere.
    fn new(image: &'a GrayImage, map: &Perspective, border: u8) -> Option<Self> {
        let back = map.inverse()?.matrix;
        (!image.is_empty()).then_some(Self {
            image,
            back,
            border,
        })
    }

    /// The value at the source position of the view's `(x, y)`.
    fn at(&self, x: f64, y: f64) -> u8 {
        let m = &self.back;
        let w = m[6] * x + m[7] * y + m[8];
        let factor = if w == 0.0 { 0.0 } else { ONE as f64 / w };
        let fx = round_to_even((m[0] * x + m[1] * y + m[2]) * factor);
        let fy = round_to_even((m[3] * x + m[4] * y + m[5]) * factor);
        let (left, top) = (fx >> FRACTION_BITS, fy >> FRACTION_BITS);
        let (ax, ay) = (fx & (ONE - 1), fy & (ONE - 1));
        let (width, height) = (
            i64::from(self.image.width()),
            i64::from(self.image.height()),
        );
        let pixels = self.image.as_raw();
        let inside = left >= 0 && top >= 0 && left + 1 < width && top + 1 < height;
        let four = if inside {
            let i = (top * width + left) as usize;
            let below = i + width as usize;
            [pixels[i], pixels[i + 1], pixels[below], pixels[below + 1]]
        } else {
            let get = |x: i64, y: i64| {
                if x >= 0 && y >= 0 && x < width && y < height {
                    pixels[(y * width + x) as usize]
                } else {
                    self.border
                }
            };
            [
                get(left, top),
                get(left + 1, top),
                get(left, top + 1),
                get(left + 1, top + 1),
            ]
        };
        let [a, b, c, d] = four.map(i64::from);
        let upper = a * (ONE - ax) + b * ax;
        let lower = c * (ONE - ax) + d * ax;
        ((upper * (ONE - ay) + lower * ay + (ONE * ONE / 2)) >> (2 * FRACTION_BITS)) as u8
    }
}

/// The nearest whole number, ties to even, limited to 32 bits; 0 for what is no number.
///
/// Adding 1.5 * 2^52 leaves no bits for a fraction, and the whole number in the lowest bits of the
/// sum: an addition in place of a call, without the instruction that only newer processors have.
fn round_to_even(value: f64) -> i64 {
    const SHIFTER: f64 = 6_755_399_441_055_744.0;
    let limited = value.clamp(f64::from(i32::MIN), f64::from(i32::MAX));
    i64::from((limited + SHIFTER).to_bits() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    #[test]
    fn rounding_is_to_even_and_limited() {
        for (value, expected) in [
            (0.5, 0),
            (1.5, 2),
            (-0.5, 0),
            (-1.5, -2),
            (2.4999, 2),
            (-7.6, -8),
            (1e300, i64::from(i32::MAX)),
            (f64::NEG_INFINITY, i64::from(i32::MIN)),
            (f64::NAN, 0),
        ] {
            assert_eq!(round_to_even(value), expected, "{value}");
        }
    }

    #[test]
    fn the_identity_changes_nothing_and_outside_is_border() {
        let picture = grid(&["12", "34"]);
        let view = warp_perspective(&picture, &Perspective::IDENTITY, Rect::new(0, 0, 3, 3), 9);
        assert_eq!(view.as_raw(), &[17, 34, 9, 51, 68, 9, 9, 9, 9]);
    }

    #[test]
    fn squeezed_maps_show_nothing() {
        let flat = Perspective::from_matrix([1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        let view = warp_perspective(&grid(&["##"]), &flat, Rect::new(0, 0, 2, 1), 7);
        assert_eq!(view.as_raw(), &[7, 7]);
        let line = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (0.0, 5.0)];
        let square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        assert_eq!(Perspective::between(&square, &line), None);
        assert_eq!(Perspective::between(&line, &square), None);
        assert_eq!(
            Perspective::between(&square, &square.map(|p| (p.0, f64::NAN))),
            None
        );
    }

    #[test]
    fn there_and_back_is_where_one_was() {
        let from = [(0.0, 0.0), (10.0, 1.0), (11.0, 9.0), (-1.0, 8.0)];
        let to = [(3.0, 4.0), (50.0, 2.0), (60.0, 70.0), (1.0, 66.0)];
        let map = Perspective::between(&from, &to).unwrap();
        let round = map.then(&map.inverse().unwrap());
        for point in from {
            let (x, y) = round.apply(point);
            assert!((x - point.0).abs() < 1e-9 && (y - point.1).abs() < 1e-9);
        }
    }
}
