//! Pages of small writing, such as scans of 75 or 100 dots per inch, made larger.
//!
//! Below the size that the network sees digits at, rules and strokes are a pixel wide or less: what is ink depends on
//! where a stroke falls between pixels, and the steps that follow round positions to whole ones.

use crate::binarize::invert;
use crate::measure::{lone_share, usual_thickness};
use crate::prepare::{Prepared, SPECKLED, When, taken};
use crate::{GrayImage, Perspective, Watcher, binarize, connected_components, otsu_threshold};
use image::imageops::{FilterType, resize};
use std::borrow::Cow;

/// Writing whose usual longer side is less than this is made twice as large, in pixels; the network sees digits 20 pixels
/// large.
const SMALL: u32 = 14;

/// Writing smaller than this is made three times as large.
const TINY: u32 = 9;

/// Strokes wider than this are not lost between pixels.
const THIN: u32 = 3;

/// Pictures with more pixels than this are never enlarged: A4 at 150 dots per inch has 2.2 million.
const MOST_PIXELS: u64 = 2_500_000;

/// Fewer pieces of ink tell nothing, nor do pieces whose longer side is less than `SPECK` pixels.
const FEWEST_PIECES: usize = 8;
const SPECK: u32 = 4;

/// Enlarges a page with dark ink, when its writing is small; tells whether it did.
#[must_use]
pub(crate) fn enlarge(page: &mut Prepared<'_>, when: When, watcher: &mut Watcher<'_>) -> bool {
    if when == When::Never {
        return false;
    }
    let (width, height) = page.image.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return false;
    }
    let size = writing_size(&page.image);
    if !taken(when, size.is_some_and(|size| size < SMALL)) {
        return false;
    }
    let factor = if size.is_some_and(|size| size < TINY) {
        3
    } else {
        2
    };
    page.image = Cow::Owned(enlarged(&page.image, factor));
    let scale = f64::from(factor);
    // Coordinates have pixel centres at whole numbers.
    let shift = (scale - 1.0) / 2.0;
    page.map = Perspective::from_matrix([scale, 0.0, shift, 0.0, scale, shift, 0.0, 0.0, 1.0]);
    watcher.see("enlarged", || {
        let of = size.map_or_else(String::new, |size| {
            format!(", since writing is {size} pixels high or wide")
        });
        (
            format!("{factor} times as large{of}"),
            Some(page.image.clone().into_owned()),
        )
    });
    true
}

/// A picture `factor` times as wide and as high, by Catmull and Rom's cubic (1974), which keeps strokes sharper than
/// linear interpolation does.
///
/// ```
/// let picture = lekka_image::grid(&[".#."]);
/// assert_eq!(lekka_image::enlarge::enlarged(&picture, 2).dimensions(), (6, 2));
/// ```
pub fn enlarged(image: &GrayImage, factor: u32) -> GrayImage {
    let side = |length: u32| length.saturating_mul(factor);
    resize(
        image,
        side(image.width()),
        side(image.height()),
        FilterType::CatmullRom,
    )
}

/// The usual longer side of what is written on a page with dark ink, in pixels; `None` when there is too little of it,
/// when its strokes are thick, or when it is not to be told from specks.
pub fn writing_size(image: &GrayImage) -> Option<u32> {
    let threshold = otsu_threshold(image);
    if usual_thickness(image, threshold) > THIN || lone_share(image, threshold) > SPECKLED {
        return None;
    }
    let ink = invert(&binarize(image, threshold));
    let most = image.width().min(image.height()) / 4;
    let mut sides: Vec<u32> = connected_components(&ink)
        .iter()
        .map(|piece| piece.bounds.width.max(piece.bounds.height))
        .filter(|side| (SPECK..=most).contains(side))
        .collect();
    if sides.len() < FEWEST_PIECES {
        return None;
    }
    sides.sort_unstable();
    Some(sides[sides.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::{Preparation, prepare};
    use image::Luma;

    /// Rings with strokes of `stroke` pixels, each `side` high, on white.
    fn rings(side: u32, stroke: u32) -> GrayImage {
        GrayImage::from_fn(16 * side, 12 * side, |x, y| {
            let place = |v: u32| (v % (2 * side), v / (2 * side));
            let ((x, _), (y, _)) = (place(x), place(y));
            let inside = x < side && y < side;
            let edge = x < stroke || y < stroke || x + stroke >= side || y + stroke >= side;
            Luma([if inside && edge { 40 } else { 230 }])
        })
    }

    #[test]
    fn small_writing_is_enlarged_and_boxes_come_back() {
        let page = rings(12, 2);
        let ready = prepare(&page, &Preparation::default(), &mut Watcher::nobody());
        assert_eq!(ready.image.dimensions(), (2 * 192, 2 * 144));
        let (width, height) = page.dimensions();
        let back = ready.to_given(crate::Rect::new(48, 48, 24, 24), width, height);
        assert_eq!(back, crate::Rect::new(24, 24, 12, 12));
        let never = Preparation {
            enlarge: When::Never,
            ..Preparation::default()
        };
        let ready = prepare(&page, &never, &mut Watcher::nobody());
        assert_eq!(ready.image.dimensions(), page.dimensions());
    }

    #[test]
    fn what_is_large_bold_lonely_or_specks_is_left() {
        let speckled = GrayImage::from_fn(300, 300, |x, y| {
            Luma([if (x * 7 + y * 13) % 17 == 0 { 0 } else { 240 }])
        });
        let four = crate::crop(&rings(16, 2), crate::Rect::new(0, 0, 64, 64));
        for page in [rings(30, 3), rings(14, 5), four, speckled] {
            let ready = prepare(&page, &Preparation::default(), &mut Watcher::nobody());
            assert_eq!(ready.image.dimensions(), page.dimensions());
        }
    }
}
