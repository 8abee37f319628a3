//! From grey to black and white with one threshold for the whole picture.

use image::GrayImage;
use rayon::prelude::*;

/// How many pixels there are of each grey value.
pub type Histogram = [u64; 256];

/// Bytes handled by one task: large enough to be worth a task, small enough to be shared out
/// evenly.
const CHUNK: usize = 1 << 18;

/// Counts the grey values of a picture.
///
/// ```
/// use lekka_image::{grid, histogram};
/// let counts = histogram(&grid(&[".#.", "..8"]));
/// assert_eq!((counts[0], counts[136], counts[255]), (4, 1, 1));
/// ```
pub fn histogram(image: &GrayImage) -> Histogram {
    let add = |mut a: Histogram, b: Histogram| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    image
        .as_raw()
        .par_chunks(CHUNK)
        .map(count)
        .reduce(|| [0; 256], add)
}

/// Counts in four tables in turn, so that equal neighbours do not wait for each other's store.
fn count(pixels: &[u8]) -> Histogram {
    let mut tables = [[0_u32; 256]; 4];
    let (quads, rest) = pixels.as_chunks::<4>();
    for quad in quads {
        for (table, &value) in tables.iter_mut().zip(quad) {
            table[usize::from(value)] += 1;
        }
    }
    for &value in rest {
        tables[0][usize::from(value)] += 1;
    }
    std::array::from_fn(|value| tables.iter().map(|table| u64::from(table[value])).sum())
}

/// Otsu's global threshold: the value `t` for which the classes "at most `t`" and "above `t`" have
/// the least spread within, which is the same as the greatest spread between them. Of equal values
/// the lowest is taken, as `OpenCV` does.
///
/// A picture of a single value, or without pixels, has no two classes: the answer is 0.
///
/// Source: N. Otsu, *A threshold selection method from gray-level histograms*, IEEE Trans. SMC
/// 9(1), 1979.
///
/// ```
/// use lekka_image::{binarize, grid, otsu_threshold, to_text};
/// let picture = grid(&["1213", "2ded", "1cfe"]);
/// let threshold = otsu_threshold(&picture);
/// assert_eq!(to_text(&binarize(&picture, threshold)), "....\n.###\n.###\n");
/// ```
pub fn otsu_threshold(image: &GrayImage) -> u8 {
    otsu_threshold_of(&histogram(image))
}

/// [`otsu_threshold`] for a picture whose values are already counted.
pub fn otsu_threshold_of(histogram: &Histogram) -> u8 {
    let total: u64 = histogram.iter().sum();
    let total_sum: u64 = (0..).zip(histogram).map(|(value, &n)| value * n).sum();
    let mut best = (0.0, 0);
    let (mut below, mut below_sum) = (0_u64, 0_u64);
    for (value, &n) in (0_u8..=255).zip(histogram) {
        below += n;
        below_sum += u64::from(value) * n;
        let above = total - below;
        if below == 0 || above == 0 || n == 0 {
            // Without pixels of this value the classes are those of the value before.
            continue;
        }
        let mean_below = below_sum as f64 / below as f64;
        let mean_above = (total_sum - below_sum) as f64 / above as f64;
        let between = below as f64 * above as f64 * (mean_above - mean_below).powi(2);
        if between > best.0 {
            best = (between, value);
        }
    }
    best.1
}

/// White (255) where the picture is above `threshold`, black (0) elsewhere.
pub fn binarize(image: &GrayImage, threshold: u8) -> GrayImage {
    map(image, |value| if value > threshold { 255 } else { 0 })
}

/// The picture with light and dark exchanged.
///
/// ```
/// use lekka_image::{grid, binarize::invert};
/// assert_eq!(invert(&grid(&[".#"])), grid(&["#."]));
/// ```
pub fn invert(image: &GrayImage) -> GrayImage {
    map(image, |value| !value)
}

/// A new picture from each pixel's value alone.
fn map(image: &GrayImage, f: impl Fn(u8) -> u8 + Sync) -> GrayImage {
    let mut pixels = vec![0; image.as_raw().len()];
    pixels
        .par_chunks_mut(CHUNK)
        .zip(image.as_raw().par_chunks(CHUNK))
        .for_each(|(out, source)| {
            out.iter_mut()
                .zip(source)
                .for_each(|(out, &value)| *out = f(value));
        });
    crate::from_pixels(image.width(), image.height(), pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    #[test]
    fn two_values_are_split_at_the_lower() {
        assert_eq!(otsu_threshold(&grid(&["..#"])), 0);
        assert_eq!(otsu_threshold(&grid(&["88f"])), 136);
    }

    #[test]
    fn one_value_or_none_gives_zero() {
        for rows in [&["###", "###"][..], &["..."], &[]] {
            assert_eq!(otsu_threshold(&grid(rows)), 0, "{rows:?}");
        }
    }
}
