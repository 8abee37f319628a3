//! From grey to black and white with a threshold of its own for each pixel.

use image::GrayImage;
use rayon::prelude::*;

/// The greatest standard deviation of 8-bit values, nearly; R in the paper.
const DYNAMIC_RANGE: f64 = 128.0;

/// Rows handled by one task; each task sums its first window anew.
const BAND: usize = 128;

/// Sauvola's local threshold for dark ink on light paper: white (255) where the picture is above
/// `mean * (1 + k * (deviation / 128 - 1))` of the `2 * radius + 1` square around the pixel, black
/// elsewhere.
///
/// Follows uneven light and stained paper, where one threshold for the whole page fails; flat paper
/// stays white, since without deviation the threshold falls to `(1 - k)` of the mean. `k` is 0.2 to
/// 0.5 (0.34 is usual), the window about as large as a digit. For light ink on dark,
/// [invert](crate::binarize::invert) the picture first. At the border the window is cut.
///
/// Source: J. Sauvola, M. Pietikäinen, *Adaptive document image binarization*, Pattern Recognition
/// 33, 2000. The sums are those of integral images, kept for one row of windows at a time: they
/// take 12 bytes per column instead of 16 per pixel.
///
/// ```
/// use lekka_image::{grid, sauvola::sauvola, to_text};
/// // A shadow falls on the right half; its paper is as dark as the ink on the left.
/// let page = grid(&["eee8666", "e6e8626", "e6e8626", "eee8666"]);
/// assert_eq!(to_text(&sauvola(&page, 1, 0.3)), "#######\n#.###.#\n#.###.#\n#######\n");
/// ```
pub fn sauvola(image: &GrayImage, radius: u32, k: f64) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if image.is_empty() {
        return image.clone();
    }
    // Column sums of squares fit 32 bits up to this height of the window.
    let radius = (radius as usize).min(30_000);
    let source = image.as_raw();
    let row = |y: usize| &source[y * width..(y + 1) * width];
    let mut pixels = vec![0; source.len()];
    pixels
        .par_chunks_mut(width * BAND)
        .enumerate()
        .for_each(|(band, out)| {
            let first = band * BAND;
            let mut sums = Sums::new(width);
            for y in first.saturating_sub(radius)..(first + radius).min(height) {
                sums.add(row(y));
            }
            for (y, out) in (first..).zip(out.chunks_exact_mut(width)) {
                if y + radius < height {
                    sums.add(row(y + radius));
                }
                let rows = (y + radius + 1).min(height) - y.saturating_sub(radius);
                sums.threshold(row(y), radius, rows, k, out);
                if y >= radius {
                    sums.remove(row(y - radius));
                }
            }
        });
    crate::from_pixels(image.width(), image.height(), pixels)
}

/// For each column, the sums of the values and of their squares over the rows of the window.
struct Sums {
    values: Vec<u32>,
    squares: Vec<u32>,
}

impl Sums {
    fn new(width: usize) -> Self {
        Self {
            values: vec![0; width],
            squares: vec![0; width],
        }
    }

    fn add(&mut self, row: &[u8]) {
        for ((sum, squares), &v) in self.values.iter_mut().zip(&mut self.squares).zip(row) {
            let v = u32::from(v);
            *sum += v;
            *squares += v * v;
        }
    }

    fn remove(&mut self, row: &[u8]) {
        for ((sum, squares), &v) in self.values.iter_mut().zip(&mut self.squares).zip(row) {
            let v = u32::from(v);
            *sum -= v;
            *squares -= v * v;
        }
    }

    /// Thresholds one row; `rows` is the height of the window.
    fn threshold(&self, row: &[u8], radius: usize, rows: usize, k: f64, out: &mut [u8]) {
        let width = row.len();
        let (mut sum, mut squares) = (0_u64, 0_u64);
        for x in 0..radius.min(width) {
            sum += u64::from(self.values[x]);
            squares += u64::from(self.squares[x]);
        }
        for (x, (out, &value)) in out.iter_mut().zip(row).enumerate() {
            if let (Some(&v), Some(&s)) =
                (self.values.get(x + radius), self.squares.get(x + radius))
            {
                sum += u64::from(v);
                squares += u64::from(s);
            }
            let columns = (x + radius + 1).min(width) - x.saturating_sub(radius);
            let number = (rows * columns) as f64;
            let mean = sum as f64 / number;
            let deviation = (squares as f64 / number - mean * mean).max(0.0).sqrt();
            let threshold = mean * (1.0 + k * (deviation / DYNAMIC_RANGE - 1.0));
            *out = if f64::from(value) > threshold { 255 } else { 0 };
            if x >= radius {
                sum -= u64::from(self.values[x - radius]);
                squares -= u64::from(self.squares[x - radius]);
            }
        }
    }
}
