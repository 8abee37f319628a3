//! Other sizes.
//!
//! [`resize_bilinear`] is the one that made the official data set (it looks at four pixels only,
//! however much it shrinks); [`resize_area`] averages everything that falls into a pixel and is the
//! right one for shrinking otherwise.

use image::GrayImage;
use rayon::prelude::*;

/// Bits of the fixed-point weights, as in `OpenCV` (`INTER_RESIZE_COEF_BITS`).
const WEIGHT_BITS: u32 = 11;

/// Two neighbouring source positions and their weights, which sum to 2^11.
#[derive(Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    weights: [i32; 2],
}

impl Tap {
    /// Between two pixels of a row; 2^11 times too large.
    fn mix(&self, first: u8, second: u8) -> i32 {
        i32::from(first) * self.weights[0] + i32::from(second) * self.weights[1]
    }

    /// Between two such results of different rows, rounded in steps as `OpenCV` does.
    fn mix_rows(&self, upper: i32, lower: i32) -> u8 {
        let upper = (self.weights[0] * (upper >> 4)) >> 16;
        let lower = (self.weights[1] * (lower >> 4)) >> 16;
        ((upper + lower + 2) >> 2).clamp(0, 255) as u8
    }
}

/// The axis that taps are for. They differ where there is no pixel on one side, and only in
/// rounding: along a row `OpenCV` takes the outermost pixel, down a column the mean of it with
/// itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Axis {
    Row,
    Column,
}

/// The taps along one axis: pixel centres at half positions, the outermost pixels repeated.
fn taps(source: u32, target: u32, axis: Axis) -> Vec<Tap> {
    let scale = f64::from(source) / f64::from(target);
    let last = i64::from(source) - 1;
    let one = f32::from(1_u16 << WEIGHT_BITS);
    (0..target)
        .map(|i| {
            // Single precision and this order of operations are OpenCV's, for the same rounding.
            let position = ((f64::from(i) + 0.5) * scale - 0.5) as f32;
            let floor = position.floor();
            let first = floor as i64;
            let mut fraction = position - floor;
            if axis == Axis::Row && !(0..last).contains(&first) {
                fraction = 0.0;
            }
            let inside = |i: i64| i.clamp(0, last) as usize;
            Tap {
                first: inside(first),
                second: inside(first + 1),
                weights: [
                    ((1.0 - fraction) * one).round_ties_even() as i32,
                    (fraction * one).round_ties_even() as i32,
                ],
            }
        })
        .collect()
}

/// Scales to `width` x `height` as `cv2.resize(.., interpolation=cv2.INTER_LINEAR)` does for 8-bit
/// pictures, with the same fixed-point arithmetic: half-pixel centres, repeated border, no
/// averaging over more than 2 x 2 pixels.
///
/// A picture or a target without pixels gives a picture without pixels of the size asked for (or 0
/// x 0).
///
/// ```
/// use lekka_image::{grid, resize_bilinear};
/// let picture = resize_bilinear(&grid(&[".#"]), 4, 1);
/// assert_eq!(picture.as_raw(), &[0, 64, 191, 255]);
/// ```
pub fn resize_bilinear(image: &GrayImage, width: u32, height: u32) -> GrayImage {
    if image.is_empty() || width == 0 || height == 0 {
        return GrayImage::new(0, 0);
    }
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    if image.width() == 2 * width && image.height() == 2 * height {
        // OpenCV's own exception: halving is the plain mean of four.
        return halve(image);
    }
    let columns = taps(image.width(), width, Axis::Row);
    let rows = taps(image.height(), height, Axis::Column);
    let stride = image.width() as usize;
    let source = image.as_raw();
    let horizontal = |y: usize, out: &mut [i32]| {
        let row = &source[y * stride..][..stride];
        for (out, tap) in out.iter_mut().zip(&columns) {
            *out = tap.mix(row[tap.first], row[tap.second]);
        }
    };
    let mut pixels = vec![0; width as usize * height as usize];
    let lines = || (vec![0_i32; width as usize], vec![0_i32; width as usize]);
    let targets = pixels
        .par_chunks_mut(width as usize)
        .zip(&rows)
        .with_min_len(32);
    targets.for_each_init(lines, |(upper, lower), (out, tap)| {
        horizontal(tap.first, upper);
        horizontal(tap.second, lower);
        for ((out, &upper), &lower) in out.iter_mut().zip(&*upper).zip(&*lower) {
            *out = tap.mix_rows(upper, lower);
        }
    });
    crate::from_pixels(width, height, pixels)
}

/// [`resize_bilinear`] of a picture that is given by its pixels one at a time. Only those are asked
/// for that have a part in the result, so it is for shrinking; halving exactly is left out.
pub(crate) fn resize_sampled(
    (source_width, source_height): (u32, u32),
    (width, height): (u32, u32),
    pixel: impl Fn(u32, u32) -> u8,
) -> GrayImage {
    if source_width == 0 || source_height == 0 || width == 0 || height == 0 {
        return GrayImage::new(0, 0);
    }
    let columns = taps(source_width, width, Axis::Row);
    let rows = taps(source_height, height, Axis::Column);
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for row in &rows {
        for column in &columns {
            let line = |y: usize| {
                let at = |x: usize| pixel(x as u32, y as u32);
                column.mix(at(column.first), at(column.second))
            };
            pixels.push(row.mix_rows(line(row.first), line(row.second)));
        }
    }
    crate::from_pixels(width, height, pixels)
}

/// Half the size in both directions; the mean of each 2 x 2 pixels, rounded half up.
fn halve(image: &GrayImage) -> GrayImage {
    let (width, height) = (image.width() / 2, image.height() / 2);
    let stride = image.width() as usize;
    let mut pixels = vec![0; width as usize * height as usize];
    pixels
        .par_chunks_mut(width as usize)
        .zip(image.as_raw().par_chunks(2 * stride))
        .with_min_len(32)
        .for_each(|(out, rows)| {
            let (upper, lower) = rows.split_at(stride);
            for ((out, a), b) in out
                .iter_mut()
                .zip(upper.as_chunks::<2>().0)
                .zip(lower.as_chunks::<2>().0)
            {
                let sum: u32 = a.iter().chain(b).map(|&v| u32::from(v)).sum();
                *out = ((sum + 2) >> 2) as u8;
            }
        });
    crate::from_pixels(width, height, pixels)
}

/// Scales to `width` x `height` by averaging the area of each target pixel, partly covered pixels
/// in proportion, as `cv2.INTER_AREA` does when shrinking. An axis that grows repeats pixels,
/// blended where a target pixel straddles two.
///
/// ```
/// use lekka_image::{grid, resize_area};
/// assert_eq!(resize_area(&grid(&["#..", "#..", "#.#"]), 1, 1).as_raw(), &[113]);
/// assert_eq!(resize_area(&grid(&["#.."]), 2, 1).as_raw(), &[170, 0]);
/// ```
pub fn resize_area(image: &GrayImage, width: u32, height: u32) -> GrayImage {
    if image.is_empty() || width == 0 || height == 0 {
        return GrayImage::new(0, 0);
    }
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    let columns = spans(image.width(), width);
    let rows = spans(image.height(), height);
    let stride = image.width() as usize;
    let source = image.as_raw();
    let mut pixels = vec![0; width as usize * height as usize];
    let line = || vec![0_f32; stride];
    pixels
        .par_chunks_mut(width as usize)
        .zip(&rows)
        .with_min_len(8)
        .for_each_init(line, |sums, (out, span)| {
            // First down the columns, over whole rows at a time, then along the one row of sums.
            sums.fill(0.0);
            for (y, weight) in span.weighted() {
                let row = &source[y * stride..][..stride];
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += weight * f32::from(value);
                }
            }
            for (out, span) in out.iter_mut().zip(&columns) {
                let sum: f32 = span.weighted().map(|(x, weight)| weight * sums[x]).sum();
                *out = sum.round_ties_even() as u8;
            }
        });
    crate::from_pixels(width, height, pixels)
}

/// The source pixels under one target pixel. The weights sum to 1.
struct Span {
    start: usize,
    end: usize,
    first: f32,
    inner: f32,
    last: f32,
}

impl Span {
    fn weighted(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        (self.start..self.end).map(|i| {
            let weight = if i == self.start {
                self.first
            } else if i + 1 == self.end {
                self.last
            } else {
                self.inner
            };
            (i, weight)
        })
    }
}

fn spans(source: u32, target: u32) -> Vec<Span> {
    // Positions in units of 1/target of a source pixel are whole numbers: no rounding decides what
    // a span holds.
    let (source, target) = (u64::from(source), u64::from(target));
    (0..target)
        .map(|i| {
            let (from, to) = (i * source, (i + 1) * source);
            let (start, end) = (from / target, to.div_ceil(target));
            let share = |i: u64| {
                let covered = to.min((i + 1) * target) - from.max(i * target);
                covered as f32 / source as f32
            };
            Span {
                start: start as usize,
                end: end as usize,
                first: share(start),
                inner: target as f32 / source as f32,
                last: share(end - 1),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture = grid(&["01", "ef"]);
        assert_eq!(resize_bilinear(&picture, 2, 2), picture);
        assert_eq!(resize_area(&picture, 2, 2), picture);
    }

    #[test]
    fn without_pixels_there_is_nothing_to_scale() {
        assert!(resize_bilinear(&GrayImage::new(0, 5), 3, 3).is_empty());
        assert!(resize_area(&grid(&["#"]), 0, 3).is_empty());
    }

    #[test]
    fn an_even_picture_stays_even() {
        let picture = GrayImage::from_pixel(13, 7, image::Luma([200]));
        for (width, height) in [(5, 5), (28, 28), (1, 1), (13, 6)] {
            for scaled in [
                resize_bilinear(&picture, width, height),
                resize_area(&picture, width, height),
            ] {
                assert!(
                    scaled.as_raw().iter().all(|&v| v == 200),
                    "{width}x{height}: {scaled:?}"
                );
            }
        }
    }
}
