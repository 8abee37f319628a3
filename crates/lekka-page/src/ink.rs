//! A page as ink: light on dark, with the value from which a pixel counts as ink.

use lekka_image::{
    GrayImage, Polarity, Rect,
    binarize::{Histogram, histogram, invert, otsu_threshold_of},
    polarity,
};
use rayon::prelude::*;

/// The least difference in grey between ink and ground; below it the page is taken for empty.
///
/// Faint pencil on white paper differs by some 40; the texture of empty paper and the noise of a scanner by a few.
const LEAST_CONTRAST: f64 = 24.0;

/// A page with light ink on dark ground.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ink {
    /// How much ink there is in each pixel, 0 to 255.
    pub(crate) image: GrayImage,
    /// A pixel is ink when it is above this.
    pub(crate) threshold: u8,
}

impl Ink {
    /// The ink of a page; `None` when nothing stands out from the ground.
    pub(crate) fn of(page: &GrayImage, known: Option<Polarity>) -> Option<Self> {
        if page.is_empty() {
            return None;
        }
        let counts = histogram(page);
        let threshold = otsu_threshold_of(&counts);
        if contrast(&counts, threshold) < LEAST_CONTRAST {
            return None;
        }
        match known.unwrap_or_else(|| polarity(page)) {
            Polarity::LightOnDark => Some(Self {
                image: page.clone(),
                threshold,
            }),
            // At most `t` is ink here, which is at least `255 - t` in the inverted picture.
            Polarity::DarkOnLight => Some(Self {
                image: invert(page),
                threshold: 254_u8.saturating_sub(threshold),
            }),
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.image.width() as usize
    }

    pub(crate) fn height(&self) -> usize {
        self.image.height() as usize
    }

    /// The pixels of one row.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        let width = self.width();
        &self.image.as_raw()[y * width..(y + 1) * width]
    }

    /// Whether there is ink at a pixel; outside the page there is none.
    pub(crate) fn at(&self, x: i64, y: i64) -> bool {
        x >= 0
            && y >= 0
            && (x as usize) < self.width()
            && (y as usize) < self.height()
            && self.image.as_raw()[y as usize * self.width() + x as usize] > self.threshold
    }

    /// The page as white ink on black, each pixel standing for `factor` x `factor` pixels and white when any of them
    /// is ink, so that hairlines survive.
    pub(crate) fn reduced(&self, factor: usize) -> GrayImage {
        let (width, height) = (self.width(), self.height());
        let (out_width, out_height) = (width.div_ceil(factor), height.div_ceil(factor));
        let mut pixels = vec![0; out_width * out_height];
        pixels
            .par_chunks_mut(out_width)
            .enumerate()
            .with_min_len(16)
            .for_each_init(
                || vec![0; width],
                |darkest, (out_y, out)| {
                    let first = out_y * factor;
                    darkest.copy_from_slice(self.row(first));
                    for y in first + 1..(first + factor).min(height) {
                        for (most, &value) in darkest.iter_mut().zip(self.row(y)) {
                            *most = (*most).max(value);
                        }
                    }
                    for (out, values) in out.iter_mut().zip(darkest.chunks(factor)) {
                        let most = values.iter().copied().max().unwrap_or(0);
                        *out = if most > self.threshold { 255 } else { 0 };
                    }
                },
            );
        GrayImage::from_raw(out_width as u32, out_height as u32, pixels).unwrap_or_default()
    }

    /// The ink of a part of the page where `mask`, of the part's size, or a pixel next to it is white; 0 elsewhere.
    pub(crate) fn masked(&self, mask: &GrayImage, window: Rect) -> GrayImage {
        let (width, height) = (window.width as usize, window.height as usize);
        let mut image = GrayImage::new(window.width, window.height);
        let marks = mask.as_raw();
        let mut near = vec![0; width];
        let pixels: &mut [u8] = &mut image;
        for y in 0..height.min(marks.len() / width.max(1)) {
            near.fill(0);
            let rows = &marks[y.saturating_sub(1) * width..(y + 2).min(height) * width];
            for row in rows.chunks_exact(width) {
                for (near, &mark) in near.iter_mut().zip(row) {
                    *near |= mark;
                }
            }
            let source = &self.row(window.y as usize + y)[window.x as usize..][..width];
            let out = &mut pixels[y * width..(y + 1) * width];
            for x in 0..width {
                let around = near[x.saturating_sub(1)] | near[x] | near[(x + 1).min(width - 1)];
                out[x] = if around > 0 { source[x] } else { 0 };
            }
        }
        image
    }
}

/// The difference of the mean grey of the two sides of a threshold.
fn contrast(counts: &Histogram, threshold: u8) -> f64 {
    let mean = |range: std::ops::RangeInclusive<usize>| {
        let (mut number, mut sum) = (0, 0);
        for value in range {
            number += counts[value];
            sum += counts[value] * value as u64;
        }
        (number > 0).then(|| sum as f64 / number as f64)
    };
    match (
        mean(0..=threshold.into()),
        mean(usize::from(threshold) + 1..=255),
    ) {
        (Some(dark), Some(light)) => light - dark,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_image::{grid, to_text};

    #[test]
    fn ink_is_what_is_on_the_smaller_side() {
        let dark = grid(&["ffff", "f1ff", "ffff"]);
        let ink = Ink::of(&dark, None).unwrap();
        assert!(ink.at(1, 1) && !ink.at(0, 0) && !ink.at(-1, 1) && !ink.at(1, 3));
        let light = Ink::of(&invert(&dark), None).unwrap();
        assert!(light.at(1, 1) && !light.at(0, 0));
    }

    #[test]
    fn without_contrast_there_is_no_ink() {
        assert!(Ink::of(&grid(&["ffff", "fffe"]), None).is_none());
        assert!(Ink::of(&GrayImage::new(0, 3), None).is_none());
        assert!(Ink::of(&GrayImage::new(5, 5), None).is_none());
    }

    #[test]
    fn reducing_keeps_single_pixels() {
        let ink = Ink::of(&grid(&["#....", ".....", "....."]), None).unwrap();
        assert_eq!(to_text(&ink.reduced(2)), "#..\n...\n");
    }
}
