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

/// Turning must not make a picture larger than this many times itself.
const MOST_GROWTH: u64 = 3;

/// Turns the page upright, when it is surely skewed and by enough.
pub(crate) fn make_upright(
    page: &mut Prepared<'_>,
    when: When,
    paper: u8,
    watcher: &mut Watcher<'_>,
) {
    if when != When::Never {
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
    let turned = degrees.abs() >= least && fits && has_lines(&page.image);
    if turned {
        let upright = rotate(&page.image, -degrees, Canvas::Enlarged, paper);
        page.image = Cow::Owned(upright.image);
        page.map = upright.map;
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
