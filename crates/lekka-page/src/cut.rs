//! From the ink of a digit on the page to the picture the network wants.

use crate::frame::{CellFrame, MARGIN};
use crate::vary::CellView;
use lekka_image::{
    GrayImage, Perspective, Rect, crop, normalize::Glyph, normalize_glyph, resize_area,
    resize_bilinear, warp_perspective,
};

/// Glyphs are averaged down to this many pixels before they are normalised, so that thin strokes do not fall between
/// the pixels; twice the final size.
const AVERAGED_SIDE: u32 = 40;

/// Side of the picture an official cell was squeezed to, in pixels.
const SQUEEZED: f64 = 28.0;

/// The digit of a cell, made as the official ones were: the page warped so that the cell has the official size, the
/// cell less its margin squeezed to 28 x 28, and that normalised.
///
/// `ink` is the digit's ink alone, light on dark, its upper left corner at `origin` of the page, and `bounds` the box
/// around it on the page. Ink that reaches into the margin or over a rule is not cut off: the picture is then larger
/// than 28 x 28 before it is normalised, at the same scale.
pub(crate) fn cell_glyph(
    ink: &GrayImage,
    origin: (u32, u32),
    bounds: Rect,
    frame: &CellFrame,
) -> Option<Glyph> {
    let (x, width) = span(frame.origin.0, frame.size.0);
    let (y, height) = span(frame.origin.1, frame.size.1);
    let (left, right, top, bottom) = extent(bounds, &frame.map);
    // Whole output pixels to add on each side so that all of the ink is in.
    let (scale_x, scale_y) = (width / SQUEEZED, height / SQUEEZED);
    let more = |missing: f64, scale: f64| (missing / scale).ceil().clamp(0.0, SQUEEZED);
    let (more_left, more_right) = (more(x - left, scale_x), more(right - x - width, scale_x));
    let (more_top, more_bottom) = (more(y - top, scale_y), more(bottom - y - height, scale_y));
    let (x, y) = (x - more_left * scale_x, y - more_top * scale_y);
    let columns = SQUEEZED + more_left + more_right;
    let rows = SQUEEZED + more_top + more_bottom;

    // The same as warping the whole cell, since there is nothing outside of the ink's box.
    let mut squeezed_from = GrayImage::new(
        (columns * scale_x).round() as u32,
        (rows * scale_y).round() as u32,
    );
    let inked = Rect::from_corners(
        (left - x - 2.0).max(0.0) as u32,
        (top - y - 2.0).max(0.0) as u32,
        ((right - x + 3.0).max(0.0) as u32).min(squeezed_from.width()),
        ((bottom - y + 3.0).max(0.0) as u32).min(squeezed_from.height()),
    );
    let to_page = shift(f64::from(origin.0), f64::from(origin.1));
    let map = to_page.then(&frame.map).then(&shift(-x, -y));
    let warped = warp_perspective(ink, &map, inked, 0);
    paste(&warped, &mut squeezed_from, inked);
    normalize_glyph(&resize_bilinear(
        &squeezed_from,
        columns as u32,
        rows as u32,
    ))
}

/// A cell of the page, light ink on dark, as the official procedure cut it with this view: everything inside of the
/// margin squeezed to 28 x 28 and normalised, rules and neighbours that reach in included.
pub(crate) fn cell_view(page: &GrayImage, frame: &CellFrame, view: &CellView) -> Option<Glyph> {
    let (x, width) = span(frame.origin.0, frame.size.0);
    let (y, height) = span(frame.origin.1, frame.size.1);
    let middle = (
        frame.origin.0 + frame.size.0 / 2.0,
        frame.origin.1 + frame.size.1 / 2.0,
    );
    let [a, b, c, d] = view.hand;
    let hand = Perspective::from_matrix([a, b, 0.0, c, d, 0.0, 0.0, 0.0, 1.0]);
    let map = frame
        .map
        .then(&shift(-middle.0, -middle.1))
        .then(&hand)
        .then(&shift(
            middle.0 - x - view.offset.0,
            middle.1 - y - view.offset.1,
        ));
    let window = Rect::new(0, 0, width as u32, height as u32);
    let cell = warp_perspective(page, &map, window, 0);
    normalize_glyph(&resize_bilinear(&cell, SQUEEZED as u32, SQUEEZED as u32))
}

/// A digit at its true proportions: `ink` is the digit's ink alone, light on dark, and `tight` the box around it.
pub(crate) fn natural_glyph(ink: &GrayImage, tight: Rect) -> Option<Glyph> {
    // A pixel around it, where the ink fades.
    let glyph = crop(ink, tight.grown(1, ink.width(), ink.height()));
    let longer = glyph.width().max(glyph.height());
    if longer > AVERAGED_SIDE {
        let side = |length: u32| (length * AVERAGED_SIDE).div_ceil(longer).max(1);
        normalize_glyph(&resize_area(
            &glyph,
            side(glyph.width()),
            side(glyph.height()),
        ))
    } else {
        normalize_glyph(&glyph)
    }
}

/// Where a cell less its margin begins in the official square and how long it is, rounded as the official procedure
/// rounded the boxes it cropped.
fn span(origin: f64, length: f64) -> (f64, f64) {
    let start = (origin + MARGIN).round_ties_even();
    let end = (origin + length - MARGIN).round_ties_even();
    (start, end - start)
}

/// The box around the corners of a box as they are seen under a map: left, right, top, bottom.
fn extent(bounds: Rect, map: &Perspective) -> (f64, f64, f64, f64) {
    let (left, top) = (f64::from(bounds.x), f64::from(bounds.y));
    let (right, bottom) = (
        f64::from(bounds.right()) - 1.0,
        f64::from(bounds.bottom()) - 1.0,
    );
    let corners =
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|p| map.apply(p));
    corners.iter().fold(
        (
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ),
        |e, p| (e.0.min(p.0), e.1.max(p.0), e.2.min(p.1), e.3.max(p.1)),
    )
}

/// Copies a picture to a place in a larger one.
fn paste(part: &GrayImage, whole: &mut GrayImage, place: Rect) {
    let (width, stride) = (place.width as usize, whole.width() as usize);
    if width == 0 || part.width() != place.width {
        return;
    }
    let pixels: &mut [u8] = whole;
    for (row, source) in part.as_raw().chunks_exact(width).enumerate() {
        let start = (place.y as usize + row) * stride + place.x as usize;
        if let Some(out) = pixels.get_mut(start..start + width) {
            out.copy_from_slice(source);
        }
    }
}

const fn shift(x: f64, y: f64) -> Perspective {
    Perspective::from_matrix([1.0, 0.0, x, 0.0, 1.0, y, 0.0, 0.0, 1.0])
}
