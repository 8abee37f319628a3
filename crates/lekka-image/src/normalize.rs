//! One digit in the form of the data set: 28 x 28, ink white on black, longest side 20, centre of
//! mass in the middle.
//!
//! The steps and their roundings are those by which Kannada-MNIST was made (see
//! [`normalize_glyph`]); a network trained on it is only as good as this is the same.

use crate::{Rect, binarize, crop, otsu_threshold, resize_bilinear};
use image::GrayImage;

/// Width and height of a normalised digit, in pixels.
pub const SIDE: u32 = 28;

/// Number of pixels of a normalised digit.
pub const PIXELS: usize = (SIDE * SIDE) as usize;

/// Length of the longer side of a normalised digit's ink, in pixels.
pub const INK_SIDE: u32 = 20;

/// A normalised digit, row by row, ink 255 on 0.
pub type Glyph = [u8; PIXELS];

/// Brings the ink of one digit (light on dark, grey or binary, any size) into the form of the data
/// set:
///
/// 1. binarise by Otsu's threshold;
/// 2. cut the tight box around all that is ink;
/// 3. scale its longer side to 20 pixels, bilinear, proportions kept (so that grey edges come
///    back);
/// 4. pad to 28 x 28, the larger half of an odd remainder above and to the left;
/// 5. shift by whole pixels so that the centre of mass comes to (14, 14); what leaves the picture
///    is lost.
///
/// Cells of ruled sheets are squeezed to 28 x 28 with [`resize_bilinear`] first; that is where the
/// data set's stretched proportions come from, and no business of this function. `None` when there
/// is no ink.
///
/// ```
/// use lekka_image::{grid, normalize_glyph};
/// let bar = normalize_glyph(&grid(&["...", ".#.", ".#.", "..."])).unwrap();
/// let ink: Vec<usize> = (0..28).filter(|y| bar[y * 28 + 14] > 0).collect();
/// assert_eq!(ink, (4..24).collect::<Vec<_>>());
/// assert_eq!(normalize_glyph(&grid(&["...", "..."])), None);
/// ```
pub fn normalize_glyph(ink: &GrayImage) -> Option<Glyph> {
    let binary = binarize(ink, otsu_threshold(ink));
    let tight = crop(&binary, ink_bounds(&binary)?);
    let (width, height) = scaled_size(tight.width(), tight.height());
    let scaled = resize_bilinear(&tight, width, height);
    // Half of the padding, rounded up on the side of the origin.
    let (left, top) = ((SIDE - width).div_ceil(2), (SIDE - height).div_ceil(2));
    let mut padded = [0; PIXELS];
    for (y, row) in scaled.rows().enumerate() {
        for (x, pixel) in row.enumerate() {
            padded[(y + top as usize) * SIDE as usize + x + left as usize] = pixel.0[0];
        }
    }
    let glyph = recentred(&padded);
    // A thin line can fade to nothing when a huge picture is scaled down without averaging.
    glyph.iter().any(|&v| v > 0).then_some(glyph)
}

/// The glyph moved by whole pixels so that its centre of mass comes to (14, 14), as the last step of
/// [`normalize_glyph`]; what leaves the picture is lost. Without ink it stays as it is.
pub fn recentred(glyph: &Glyph) -> Glyph {
    let Some((x, y)) = center_of_mass(glyph) else {
        return *glyph;
    };
    let middle = f64::from(SIDE) / 2.0;
    shifted(
        glyph,
        (middle - x).round_ties_even() as i32,
        (middle - y).round_ties_even() as i32,
    )
}

/// Size of the ink when its longer side is scaled to [`INK_SIDE`]; never below one pixel.
fn scaled_size(width: u32, height: u32) -> (u32, u32) {
    let scale = |side: u32, longer: u32| {
        let factor = f64::from(INK_SIDE) / f64::from(longer);
        ((f64::from(side) * factor).round_ties_even() as u32).clamp(1, INK_SIDE)
    };
    if height > width {
        (scale(width, height), INK_SIDE)
    } else {
        (INK_SIDE, scale(height, width))
    }
}

/// The tight box around everything above 0; `None` when there is nothing.
///
/// ```
/// use lekka_image::{Rect, grid, normalize::ink_bounds};
/// assert_eq!(ink_bounds(&grid(&["....", "..#.", ".#.."])), Some(Rect::new(1, 1, 2, 2)));
/// ```
pub fn ink_bounds(image: &GrayImage) -> Option<Rect> {
    let mut bounds: Option<(u32, u32, u32, u32)> = None;
    for (y, row) in (0..).zip(image.as_raw().chunks_exact(image.width().max(1) as usize)) {
        let Some(first) = row.iter().position(|&v| v > 0) else {
            continue;
        };
        let last = row.iter().rposition(|&v| v > 0).unwrap_or(first);
        let (left, right) = (first as u32, last as u32 + 1);
        bounds = Some(match bounds {
            None => (left, y, right, y + 1),
            Some((l, t, r, _)) => (l.min(left), t, r.max(right), y + 1),
        });
    }
    bounds.map(|(left, top, right, bottom)| Rect::from_corners(left, top, right, bottom))
}

/// The centre of mass `(x, y)` of a normalised digit, pixel centres at whole numbers; `None`
/// without ink.
pub fn center_of_mass(glyph: &Glyph) -> Option<(f64, f64)> {
    let (mut mass, mut x_sum, mut y_sum) = (0_u64, 0_u64, 0_u64);
    for (y, row) in (0_u64..).zip(glyph.chunks_exact(SIDE as usize)) {
        for (x, &value) in (0_u64..).zip(row) {
            let value = u64::from(value);
            mass += value;
            x_sum += x * value;
            y_sum += y * value;
        }
    }
    (mass > 0).then(|| (x_sum as f64 / mass as f64, y_sum as f64 / mass as f64))
}

/// The glyph moved right and down by whole pixels; 0 comes in from outside.
fn shifted(glyph: &Glyph, right: i32, down: i32) -> Glyph {
    let side = SIDE as i32;
    std::array::from_fn(|i| {
        let (x, y) = (i as i32 % side - right, i as i32 / side - down);
        if (0..side).contains(&x) && (0..side).contains(&y) {
            glyph[(y * side + x) as usize]
        } else {
            0
        }
    })
}

/// The picture as it is when it already has the form of the data set, to be read without being
/// normalised again.
///
/// That is: 28 x 28, light ink on a ground of exactly 0, the ink's longer side 19 to 21 pixels, and
/// its centre of mass within one pixel of (14, 14) (the whole-pixel shift leaves up to half a
/// pixel). `None` for any other picture.
///
/// ```
/// use lekka_image::{GrayImage, grid, normalize::is_normalized, normalize_glyph};
/// let glyph = normalize_glyph(&grid(&[".##.", "#..#", "#..#", ".##."])).unwrap();
/// let picture = GrayImage::from_raw(28, 28, glyph.to_vec()).unwrap();
/// assert_eq!(is_normalized(&picture), Some(glyph));
/// ```
pub fn is_normalized(image: &GrayImage) -> Option<Glyph> {
    if image.dimensions() != (SIDE, SIDE) {
        return None;
    }
    let glyph: Glyph = image.as_raw().as_slice().try_into().ok()?;
    let bounds = ink_bounds(image)?;
    let longer = bounds.width.max(bounds.height);
    let (x, y) = center_of_mass(&glyph)?;
    let middle = f64::from(SIDE) / 2.0;
    let central = (x - middle).abs() <= 1.0 && (y - middle).abs() <= 1.0;
    (longer.abs_diff(INK_SIDE) <= 1 && central).then_some(glyph)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    fn picture(glyph: &Glyph) -> GrayImage {
        crate::from_pixels(SIDE, SIDE, glyph.to_vec())
    }

    #[test]
    fn proportions_are_kept() {
        let wide = grid(&["......", ".####.", "......"]);
        let bounds = ink_bounds(&picture(&normalize_glyph(&wide).unwrap())).unwrap();
        assert_eq!((bounds.width, bounds.height), (20, 5));
    }

    #[test]
    fn the_centre_of_mass_is_in_the_middle() {
        let heavy_left = grid(&["##......", "##......", "########", "##......", "##......"]);
        let glyph = normalize_glyph(&heavy_left).unwrap();
        let (x, y) = center_of_mass(&glyph).unwrap();
        assert!(
            (x - 14.0).abs() <= 0.5 && (y - 14.0).abs() <= 0.5,
            "{x} {y}"
        );
    }

    #[test]
    fn a_hair_is_at_least_a_pixel_wide() {
        let hair = GrayImage::from_fn(40, 400, |x, _| image::Luma([if x == 20 { 255 } else { 0 }]));
        let bounds = ink_bounds(&picture(&normalize_glyph(&hair).unwrap())).unwrap();
        assert_eq!((bounds.width, bounds.height), (1, 20));
    }

    #[test]
    fn normalised_pictures_are_recognised_as_such() {
        let glyph = normalize_glyph(&grid(&[".##.", "#..#", "#..#", ".##."])).unwrap();
        assert_eq!(is_normalized(&picture(&glyph)), Some(glyph));
        assert_eq!(is_normalized(&grid(&["##", "##"])), None);
        assert_eq!(is_normalized(&GrayImage::new(28, 28)), None);
        let inverted = crate::binarize::invert(&picture(&glyph));
        assert_eq!(is_normalized(&inverted), None);
    }
}
