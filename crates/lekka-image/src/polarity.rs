//! Whether ink is darker or lighter than what it is written on.

use crate::binarize::{Histogram, histogram, otsu_threshold_of};
use image::GrayImage;

/// Which of light and dark is the ink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Polarity {
    /// Dark ink on light paper: a scan, a photo of paper.
    DarkOnLight,
    /// Light ink on a dark ground: a blackboard, a screen, the official pictures of the data set.
    LightOnDark,
}

/// Tells ink from ground: the ground is whichever side of Otsu's threshold the larger part of the
/// picture is on, the border deciding when neither side has two thirds.
///
/// The ground may be the smaller part in a tight cut of a bold digit, but then it still touches
/// most of the border. An even picture is taken for empty paper or an empty ground: dark on light
/// when it is lighter than mid-grey.
///
/// ```
/// use lekka_image::{Polarity, grid, polarity};
/// assert_eq!(polarity(&grid(&["....", ".##.", "...."])), Polarity::LightOnDark);
/// assert_eq!(polarity(&grid(&["####", "#..#", "####"])), Polarity::DarkOnLight);
/// ```
pub fn polarity(image: &GrayImage) -> Polarity {
    let counts = histogram(image);
    let threshold = otsu_threshold_of(&counts);
    let (dark, light) = sides(&counts, threshold);
    let light_ground = if dark == 0 || light == 0 {
        mean(&counts) > 127.5
    } else if light >= 2 * dark {
        true
    } else if dark >= 2 * light {
        false
    } else {
        let (dark, light) = sides(&border(image), threshold);
        light >= dark
    };
    if light_ground {
        Polarity::DarkOnLight
    } else {
        Polarity::LightOnDark
    }
}

/// How many pixels are at most the threshold, and how many above it.
fn sides(counts: &Histogram, threshold: u8) -> (u64, u64) {
    let (dark, light) = counts.split_at(usize::from(threshold) + 1);
    (dark.iter().sum(), light.iter().sum())
}

fn mean(counts: &Histogram) -> f64 {
    let total: u64 = counts.iter().sum();
    let sum: u64 = (0..).zip(counts).map(|(value, &n)| value * n).sum();
    // An empty picture is an empty sheet.
    if total == 0 {
        255.0
    } else {
        sum as f64 / total as f64
    }
}

/// The values of the outermost pixels.
fn border(image: &GrayImage) -> Histogram {
    let mut counts = [0; 256];
    let (width, height) = image.dimensions();
    for (y, row) in image.rows().enumerate() {
        let inner = y != 0 && y + 1 != height as usize;
        for (x, pixel) in row.enumerate() {
            if !inner || x == 0 || x + 1 == width as usize {
                counts[usize::from(pixel.0[0])] += 1;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{binarize::invert, grid};

    #[test]
    fn a_tight_bold_digit_is_decided_by_its_border() {
        // More ink than ground, the ground along most of the border.
        let bold = grid(&["..##..", ".####.", ".####.", ".####.", ".####.", "..##.."]);
        assert_eq!(polarity(&bold), Polarity::LightOnDark);
        assert_eq!(polarity(&invert(&bold)), Polarity::DarkOnLight);
    }

    #[test]
    fn even_pictures_are_empty_ground() {
        assert_eq!(polarity(&grid(&["####"])), Polarity::DarkOnLight);
        assert_eq!(polarity(&grid(&["...."])), Polarity::LightOnDark);
        assert_eq!(polarity(&GrayImage::new(0, 0)), Polarity::DarkOnLight);
    }
}
