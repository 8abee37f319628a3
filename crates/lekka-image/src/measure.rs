//! What tells whether a page needs a step: how thick its strokes are, how many specks there are.

use image::GrayImage;

/// The median length of the horizontal runs of ink (at most `threshold`) of two pixels and more, which specks are not;
/// of a sample of rows.
pub(crate) fn usual_thickness(image: &GrayImage, threshold: u8) -> u32 {
    let width = image.width() as usize;
    let step = (image.height() as usize / 400).max(1);
    let mut counts = vec![0_u32; width + 1];
    for row in image.as_raw().chunks_exact(width.max(1)).step_by(step) {
        let mut length = 0;
        for &value in row {
            if value <= threshold {
                length += 1;
            } else {
                counts[length] += u32::from(length > 1);
                length = 0;
            }
        }
        counts[length] += u32::from(length > 1);
    }
    let half = counts.iter().sum::<u32>().div_ceil(2).max(1);
    let mut sum = 0;
    let middle = counts.iter().position(|&count| {
        sum += count;
        sum >= half
    });
    middle.unwrap_or(0) as u32
}

/// The number of ink pixels none of whose four neighbours is ink, and of paper pixels all of whose neighbours are, as a
/// share of the ink; of a sample of rows.
pub(crate) fn lone_share(image: &GrayImage, threshold: u8) -> f64 {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let pixels = image.as_raw();
    let row = |y: usize| &pixels[y * width..(y + 1) * width];
    let step = (height / 400).max(1);
    let (mut ink, mut lone) = (0_u64, 0_u64);
    for y in (1..height.saturating_sub(1)).step_by(step) {
        let (above, middle, below) = (row(y - 1), row(y), row(y + 1));
        for x in 1..width.saturating_sub(1) {
            let is = |value: u8| value <= threshold;
            let own = is(middle[x]);
            let around = [middle[x - 1], middle[x + 1], above[x], below[x]];
            ink += u64::from(own);
            lone += u64::from(around.iter().all(|&value| is(value) != own));
        }
    }
    lone as f64 / ink.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    #[test]
    fn thickness_is_that_of_strokes() {
        let page = grid(&["####.##.#.#", "####.##.#.#"]);
        let light = crate::binarize::invert(&page);
        // Runs of 4 and 2, twice each; single pixels are specks.
        assert!([2, 4].contains(&usual_thickness(&light, 100)));
        let specks = grid(&["f0f0f0f", "0f0f0f0"]);
        assert_eq!(usual_thickness(&specks, 100), 0);
        assert_eq!(usual_thickness(&GrayImage::new(0, 0), 100), 0);
    }

    #[test]
    fn lone_pixels_are_counted_in_both_colours() {
        let page = grid(&["fffffff", "f0fff0f", "ffff00f", "ff000ff", "fffffff"]);
        // One of six pixels of ink; corners do not count.
        let lone = lone_share(&page, 100);
        assert!((lone - 1.0 / 7.0).abs() < 1e-9, "{lone}");
        assert_eq!(lone_share(&GrayImage::new(2, 1), 100).to_bits(), 0);
    }
}
