//! What tells whether a page needs a step: how thick its strokes are, how many specks there are.

use crate::binarize::Histogram;
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

/// The number of pixels half-way between ink and paper (at 30 to 70 % of their difference) as a share of the ink: low
/// in black and white, high where strokes are blurred or only a few pixels wide. 0 without ink or paper.
pub(crate) fn softness(counts: &Histogram, threshold: u8) -> f64 {
    let values = || (0_u8..=255).zip(counts);
    let mean = |is: &dyn Fn(u8) -> bool| {
        let of = || values().filter(|(value, _)| is(*value));
        let number: u64 = of().map(|(_, &count)| count).sum();
        let sum: u64 = of().map(|(value, &count)| u64::from(value) * count).sum();
        (number > 0).then(|| (sum as f64 / number as f64, number))
    };
    let (Some((dark, ink)), Some((light, _))) = (
        mean(&|value| value <= threshold),
        mean(&|value| value > threshold),
    ) else {
        return 0.0;
    };
    let part = |value: u8| (f64::from(value) - dark) / (light - dark);
    let between: u64 = values()
        .filter(|(value, _)| (0.3..=0.7).contains(&part(*value)))
        .map(|(_, &count)| count)
        .sum();
    between as f64 / ink as f64
}

/// How rough the paper is: the mean difference between pixels of paper side by side, as a share of the difference
/// between ink and paper; of a sample of rows. Noise of a sensor is rough, blurred strokes are not. 0 without ink or
/// paper.
pub(crate) fn roughness(image: &GrayImage, threshold: u8) -> f64 {
    let width = image.width() as usize;
    let step = (image.height() as usize / 400).max(1);
    let (mut paper, mut pairs, mut difference) = (0_u64, 0_u64, 0_u64);
    let (mut ink, mut dark) = (0_u64, 0_u64);
    for row in image.as_raw().chunks_exact(width.max(1)).step_by(step) {
        for pair in row.windows(2) {
            if pair[0] > threshold && pair[1] > threshold {
                paper += u64::from(pair[0]);
                difference += u64::from(pair[0].abs_diff(pair[1]));
                pairs += 1;
            } else if pair[0] <= threshold {
                dark += u64::from(pair[0]);
                ink += 1;
            }
        }
    }
    if pairs == 0 || ink == 0 {
        return 0.0;
    }
    let mean = |sum: u64, count: u64| sum as f64 / count as f64;
    mean(difference, pairs) / (mean(paper, pairs) - mean(dark, ink))
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
    fn blur_is_soft_and_noise_is_rough() {
        let hard = crate::histogram(&grid(&["00ffffff"; 8]));
        let soft = crate::histogram(&grid(&["048cffff"; 8]));
        assert_eq!(softness(&hard, 100).to_bits(), 0);
        assert!(softness(&soft, 100) > 0.4);
        let picture = |row: &str| grid(&[row; 8]);
        assert_eq!(roughness(&picture("00ffffff"), 100).to_bits(), 0);
        assert!(roughness(&picture("048cefff"), 100) < 0.15);
        assert!(roughness(&picture("0fcfcfcf"), 100) > 0.2);
        assert_eq!(softness(&[0; 256], 0).to_bits(), 0);
        assert_eq!(roughness(&picture("ffff"), 100).to_bits(), 0);
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
