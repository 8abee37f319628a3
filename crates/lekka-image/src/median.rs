//! Removing salt and pepper: the median of each pixel's neighbourhood.

use image::GrayImage;
use rayon::prelude::*;

/// Replaces each pixel by the median of the 3 x 3 pixels around it; beyond the border the outermost
/// pixels are repeated, as `cv2.medianBlur` does.
///
/// Single specks and holes go, edges stay where they are. In a binary picture the median is the
/// majority. A line one pixel wide goes too: at low resolution, thin strokes do not survive this.
///
/// ```
/// use lekka_image::{grid, median_filter, to_text};
/// let noisy = grid(&["..#...", "....##", "#..#.#", "...###"]);
/// assert_eq!(to_text(&median_filter(&noisy)), "......\n.....#\n....##\n...###\n");
/// ```
pub fn median_filter(image: &GrayImage) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if image.is_empty() {
        return image.clone();
    }
    let source = image.as_raw();
    let row = |y: usize| &source[y * width..(y + 1) * width];
    let mut pixels = vec![0; source.len()];
    let sorted = || [vec![0; width], vec![0; width], vec![0; width]];
    let rows = pixels.par_chunks_mut(width).enumerate().with_min_len(32);
    rows.for_each_init(sorted, |[low, middle, high], (y, out)| {
        let three = [
            row(y.saturating_sub(1)),
            row(y),
            row((y + 1).min(height - 1)),
        ];
        sort_columns(three, low, middle, high);
        combine(low, middle, high, out);
    });
    crate::from_pixels(image.width(), image.height(), pixels)
}

/// Sorts the three values above each other in every column.
fn sort_columns([a, b, c]: [&[u8]; 3], low: &mut [u8], middle: &mut [u8], high: &mut [u8]) {
    let inputs = a.iter().zip(b).zip(c);
    let outputs = low.iter_mut().zip(middle).zip(high);
    for (((&a, &b), &c), ((low, middle), high)) in inputs.zip(outputs) {
        let (least, most) = (a.min(b), a.max(b));
        *low = least.min(c);
        *middle = least.max(most.min(c));
        *high = most.max(c);
    }
}

/// The median of nine values in three sorted columns is the median of the greatest of the lows, the
/// median of the middles and the least of the highs.
fn combine(low: &[u8], middle: &[u8], high: &[u8], out: &mut [u8]) {
    let last = out.len() - 1;
    let at = |left: usize, x: usize, right: usize| {
        median(
            low[left].max(low[x]).max(low[right]),
            median(middle[left], middle[x], middle[right]),
            high[left].min(high[x]).min(high[right]),
        )
    };
    out[0] = at(0, 0, 1.min(last));
    out[last] = at(last.saturating_sub(1), last, last);
    if last < 2 {
        return;
    }
    // Windows instead of indices, so that this becomes vector instructions.
    let windows = low.windows(3).zip(middle.windows(3)).zip(high.windows(3));
    for (out, ((low, middle), high)) in out[1..last].iter_mut().zip(windows) {
        *out = median(
            low[0].max(low[1]).max(low[2]),
            median(middle[0], middle[1], middle[2]),
            high[0].min(high[1]).min(high[2]),
        );
    }
}

fn median(a: u8, b: u8, c: u8) -> u8 {
    a.min(b).max(a.max(b).min(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grid, to_text};

    #[test]
    fn specks_and_holes_go_and_edges_stay() {
        let noisy = grid(&[
            ".....####",
            "..#..####",
            ".....##.#",
            ".....####",
            "#....####",
        ]);
        let clean = ".....####\n".repeat(5);
        assert_eq!(to_text(&median_filter(&noisy)), clean);
    }

    #[test]
    fn grey_values_are_medians_not_means() {
        assert_eq!(
            median_filter(&grid(&["123", "4f6", "789"])).as_raw()[4],
            6 * 17
        );
    }

    #[test]
    fn tiny_pictures_are_their_own_border() {
        for rows in [&["#"][..], &["#."], &["#", "."], &["12", "34"]] {
            let picture = grid(rows);
            assert_eq!(median_filter(&picture).dimensions(), picture.dimensions());
        }
        assert!(median_filter(&GrayImage::new(0, 0)).is_empty());
    }
}
