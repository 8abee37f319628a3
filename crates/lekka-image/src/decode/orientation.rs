//! Turning a stored picture upright, and boxes back.

use crate::Rect;
use image::GrayImage;
use image::metadata::Orientation;
use rayon::prelude::*;

/// Whether the upright picture is as wide as the stored one is high.
fn is_transposed(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// The stored pixel that is seen at `(x, y)`; `right` and `bottom` are the stored picture's last
/// column and row.
fn stored_pixel(orientation: Orientation, right: u32, bottom: u32, x: u32, y: u32) -> (u32, u32) {
    match orientation {
        Orientation::NoTransforms => (x, y),
        Orientation::FlipHorizontal => (right - x, y),
        Orientation::Rotate180 => (right - x, bottom - y),
        Orientation::FlipVertical => (x, bottom - y),
        Orientation::Rotate90FlipH => (y, x),
        Orientation::Rotate90 => (y, bottom - x),
        Orientation::Rotate270FlipH => (right - y, bottom - x),
        Orientation::Rotate270 => (right - y, x),
    }
}

/// A box of the upright picture in the stored one, cut at its borders.
pub(super) fn to_stored(orientation: Orientation, width: u32, height: u32, upright: Rect) -> Rect {
    let (upright_width, upright_height) = if is_transposed(orientation) {
        (height, width)
    } else {
        (width, height)
    };
    let Some(part) = upright.intersection(&Rect::new(0, 0, upright_width, upright_height)) else {
        return Rect::default();
    };
    let corner = |x, y| stored_pixel(orientation, width - 1, height - 1, x, y);
    let (ax, ay) = corner(part.x, part.y);
    let (bx, by) = corner(part.right() - 1, part.bottom() - 1);
    Rect::from_corners(ax.min(bx), ay.min(by), ax.max(bx) + 1, ay.max(by) + 1)
}

/// Rows turned at a time: columns of the source are read a cache line at a time.
const BAND: usize = 64;

/// The picture as it is to be looked at.
pub(super) fn upright(stored: GrayImage, orientation: Orientation) -> GrayImage {
    if orientation == Orientation::NoTransforms || stored.is_empty() {
        return stored;
    }
    let (width, height) = stored.dimensions();
    let (upright_width, upright_height) = if is_transposed(orientation) {
        (height, width)
    } else {
        (width, height)
    };
    let source = stored.as_raw();
    let mut pixels = vec![0; source.len()];
    let stride = upright_width as usize;
    pixels
        .par_chunks_mut(stride * BAND)
        .enumerate()
        .for_each(|(band, rows)| {
            for x in 0..upright_width {
                for (i, row) in rows.chunks_exact_mut(stride).enumerate() {
                    let y = (band * BAND + i) as u32;
                    let (sx, sy) = stored_pixel(orientation, width - 1, height - 1, x, y);
                    row[x as usize] = source[sy as usize * width as usize + sx as usize];
                }
            }
        });
    crate::from_pixels(upright_width, upright_height, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crop, grid};
    use image::DynamicImage;

    const ALL: [Orientation; 8] = [
        Orientation::NoTransforms,
        Orientation::FlipHorizontal,
        Orientation::Rotate180,
        Orientation::FlipVertical,
        Orientation::Rotate90FlipH,
        Orientation::Rotate90,
        Orientation::Rotate270FlipH,
        Orientation::Rotate270,
    ];

    #[test]
    fn pictures_turn_as_the_image_crate_turns_them() {
        let stored = grid(&["0123", "4567", "89ab"]);
        for orientation in ALL {
            let mut expected = DynamicImage::ImageLuma8(stored.clone());
            expected.apply_orientation(orientation);
            assert_eq!(
                upright(stored.clone(), orientation),
                expected.into_luma8(),
                "{orientation:?}"
            );
        }
    }

    #[test]
    fn boxes_hold_the_same_pixels_before_and_after() {
        let stored = grid(&["0123", "4567", "89ab"]);
        for orientation in ALL {
            let seen = upright(stored.clone(), orientation);
            let part = Rect::new(1, 0, 2, 2);
            let back = to_stored(orientation, 4, 3, part);
            assert_eq!(
                upright(crop(&stored, back), orientation),
                crop(&seen, part),
                "{orientation:?}"
            );
        }
    }
}
