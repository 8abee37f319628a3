//! When a page is turned upright, and by how much.

use crate::binarize::invert;
use crate::prepare::{Prepared, When};
use crate::rotate::{Canvas, rotate, rotation};
use crate::{GrayImage, Watcher, binarize, connected_components, estimate_skew, otsu_threshold};
use std::borrow::Cow;

/// Pages turned by less are not turned upright by themselves, in degrees: the digits of a page turned by
/// so little are found and read as it is, and turning blurs thin strokes.
const LEAST_TURN: f64 = 3.0;

/// A page is turned only when it has so many pieces of ink, or of paper between ink, at least as long as this.
const FEWEST_PIECES: usize = 8;
const SIZABLE: u32 = 6;

/// Pictures of at most so many pixels are looked at for lines first.
const FEW_PIXELS: usize = 250_000;

/// Turning must not make a picture larger than this many times itself.
const MOST_GROWTH: u64 = 3;

/// Turns the page upright, when it is surely skewed and by enough.
pub(crate) fn make_upright(
    page: &mut Prepared<'_>,
    when: When,
    paper: u8,
    watcher: &mut Watcher<'_>,
) {
    // In a small picture it takes longer to find the skew than to see that there are no lines, as of a single digit.
    let few = page.image.len() <= FEW_PIXELS;
    if when != When::Never && (!few || has_lines(&page.image)) {
        page.skew = estimate_skew(&page.image);
    }
    let degrees = page.skew.trusted();
    let least = if when == When::Always {
        0.05
    } else {
        LEAST_TURN
    };
    let (width, height) = page.image.dimensions();
    let (_, new_width, new_height) = rotation(width, height, -degrees, Canvas::Enlarged);
    let area = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let fits = area(new_width, new_height) <= MOST_GROWTH * area(width, height);
    let upright = (degrees.abs() >= least && fits && has_lines(&page.image))
        .then(|| rotate(&page.image, -degrees, Canvas::Enlarged, paper))
        .filter(|upright| sharpness_of_rows(&upright.image) >= sharpness_of_rows(&page.image));
    let turned = upright.is_some();
    if let Some(upright) = upright {
        page.image = Cow::Owned(upright.image);
        page.map = page.map.then(&upright.map);
        page.turned_degrees = degrees;
    }
    if when != When::Never {
        watcher.see("upright", || {
            (
                format!(
                    "skew {:.2} degrees, confidence {:.2}",
                    page.skew.degrees, page.skew.confidence
                ),
                turned.then(|| page.image.clone().into_owned()),
            )
        });
    }
}

/// The sum of the squares of how much ink there is in each row, as a share of all ink squared: high where lines of writing
/// and rules are level. Slashes in a line of digits have a direction too, but upright slashes make the line slope.
fn sharpness_of_rows(image: &GrayImage) -> f64 {
    let threshold = otsu_threshold(image);
    let width = image.width().max(1) as usize;
    let (mut all, mut squares) = (0.0, 0.0);
    for row in image.as_raw().chunks_exact(width) {
        let ink = row.iter().filter(|&&value| value <= threshold).count() as f64;
        all += ink;
        squares += ink * ink;
    }
    squares / f64::max(all * all, 1.0)
}

/// Whether there is enough on a page for its lines to be those of writing or ruling: a few strokes have directions too.
fn has_lines(image: &GrayImage) -> bool {
    let ink = binarize(image, otsu_threshold(image));
    let sizable = |picture: &GrayImage| {
        let found = connected_components(picture);
        let bounds = found.iter().map(|component| component.bounds);
        bounds
            .filter(|bounds| bounds.width.max(bounds.height) >= SIZABLE)
            .count()
    };
    // Pieces of ink, or the cells between rules that all hang together.
    sizable(&invert(&ink)).max(sizable(&ink)) >= FEWEST_PIECES
}

#[cfg(test)]
mod tests {
    use crate::prepare::{Preparation, prepare};
    use crate::{GrayImage, Watcher, estimate_skew};
    use image::Luma;

    #[test]
    fn slashes_in_a_line_do_not_turn_it() {
        // Ten slashes, each leaning by 14 degrees, side by side: their direction is sure, but they stand on a line.
        let page = GrayImage::from_fn(700, 160, |x, y| {
            let lean = (f64::from(y) - 80.0) / 4.0;
            let at = (f64::from(x) + lean).rem_euclid(60.0);
            let ink =
                (40..120).contains(&y) && (50..650).contains(&x) && (20.0..26.0).contains(&at);
            Luma([if ink { 30 } else { 240 }])
        });
        assert!(estimate_skew(&page).trusted().abs() > 10.0);
        let ready = prepare(&page, &Preparation::default(), &mut Watcher::nobody());
        assert!(
            ready.turned_degrees.abs() < 1e-9,
            "{}",
            ready.turned_degrees
        );
    }
}
