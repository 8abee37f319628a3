//! A line of digits as a network for whole lines wants it.

use lekka_image::normalize::ink_bounds;
use lekka_image::{GrayImage, Rect, crop, otsu_threshold, resize_area, resize_bilinear};

/// Height of a line picture, in pixels.
pub const LINE_HEIGHT: u32 = 32;

/// Height that the ink of a line is scaled to.
const INK_HEIGHT: f64 = 26.0;

/// Columns without ink on each side.
const MARGIN: u32 = 4;

/// Lines wider than this are no numbers.
const MOST_WIDTH: u32 = 1600;

/// A line of digits, `LINE_HEIGHT` pixels high and as wide as its ink needs.
#[derive(Clone, Debug, PartialEq)]
pub struct LinePicture {
    /// The ink, light on dark.
    pub image: GrayImage,
    /// Pixels of the page that one pixel of the picture stands for.
    pub scale: f64,
    /// Where the ink begins on the page: its left edge, and its top at the left edge.
    pub origin: (f64, f64),
    /// How far the line goes down per pixel to the right, on the page.
    pub slope: f64,
    /// Height of the line's ink on the page once it is level, in pixels.
    pub height: f64,
}

impl LinePicture {
    /// The box on the page of some columns of the picture, as high as the line's ink there.
    pub fn on_page(&self, from: f64, to: f64) -> (f64, f64, f64, f64) {
        let x = |column: f64| self.origin.0 + (column - f64::from(MARGIN)) * self.scale;
        let (left, right) = (x(from), x(to));
        let middle = f64::midpoint(left, right) - self.origin.0;
        let top = self.origin.1 + self.slope * middle;
        (left, top, right, top + self.height)
    }
}

/// Brings the ink of a line (light on dark, grey or binary, at `origin` of its page) to the form that networks for
/// lines are trained on: level, its height scaled to 26 of 32 pixels, proportions kept, four empty columns on both
/// sides. `None` when there is no ink, or it is far too long for its height.
pub fn line_picture(ink: &GrayImage, origin: (u32, u32)) -> Option<LinePicture> {
    let threshold = otsu_threshold(ink);
    let is_ink = |value: u8| value > threshold;
    let bounds = ink_bounds(&lekka_image::binarize(ink, threshold))?;
    let slope = slope(ink, bounds, &is_ink);
    let level = if slope == 0.0 {
        crop(ink, bounds)
    } else {
        leveled(&crop(ink, bounds), slope)
    };
    let tight = ink_bounds(&lekka_image::binarize(&level, threshold))?;
    let tight_ink = crop(&level, tight);
    let factor = INK_HEIGHT / f64::from(tight.height);
    let width = (f64::from(tight.width) * factor).round().max(1.0);
    if width > f64::from(MOST_WIDTH) {
        return None;
    }
    let (width, height) = (width as u32, INK_HEIGHT as u32);
    let scaled = if factor < 1.0 {
        resize_area(&tight_ink, width, height)
    } else {
        resize_bilinear(&tight_ink, width, height)
    };
    let mut image = GrayImage::new(width + 2 * MARGIN, LINE_HEIGHT);
    let top = (LINE_HEIGHT - height) / 2;
    for (x, y, pixel) in scaled.enumerate_pixels() {
        image.put_pixel(x + MARGIN, y + top, *pixel);
    }
    let left = f64::from(origin.0 + bounds.x + tight.x);
    // Leveling moved each column up by the slope, and all down so that none is lost.
    let shift = if slope > 0.0 {
        slope * f64::from(bounds.width)
    } else {
        0.0
    };
    Some(LinePicture {
        image,
        scale: 1.0 / factor,
        origin: (
            left,
            f64::from(origin.1 + bounds.y + tight.y) - shift + slope * f64::from(tight.x),
        ),
        slope,
        height: f64::from(tight.height),
    })
}

/// The slope of long lines: the least squares through all ink. Short ones are taken as level, since what their digits
/// look like would decide.
fn slope(ink: &GrayImage, bounds: Rect, is_ink: &impl Fn(u8) -> bool) -> f64 {
    if bounds.width < 3 * bounds.height {
        return 0.0;
    }
    let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (y, row) in ink.rows().enumerate() {
        for (x, pixel) in row.enumerate() {
            if is_ink(pixel.0[0]) {
                let (x, y) = (x as f64, y as f64);
                n += 1.0;
                sx += x;
                sy += y;
                sxx += x * x;
                sxy += x * y;
            }
        }
    }
    let spread = n * sxx - sx * sx;
    if spread <= 0.0 {
        return 0.0;
    }
    ((n * sxy - sx * sy) / spread).clamp(-0.35, 0.35)
}

/// A picture with each column moved up by `slope` times its distance from the left.
fn leveled(ink: &GrayImage, slope: f64) -> GrayImage {
    let (width, height) = ink.dimensions();
    let extra = (slope.abs() * f64::from(width)).ceil() as u32;
    let mut out = GrayImage::new(width, height + extra);
    let shift = if slope > 0.0 {
        slope * f64::from(width)
    } else {
        0.0
    };
    for x in 0..width {
        let down = shift - slope * f64::from(x);
        let (whole, part) = (down.floor(), down - down.floor());
        for y in 0..height {
            let value = f64::from(ink.get_pixel(x, y).0[0]);
            let at = y + whole.max(0.0) as u32;
            for (at, share) in [(at, 1.0 - part), (at + 1, part)] {
                if at < out.height() {
                    let pixel = &mut out.get_pixel_mut(x, at).0[0];
                    *pixel = (f64::from(*pixel) + share * value).min(255.0) as u8;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// Squares side by side, going down by `slope`.
    fn squares(count: u32, slope: f64) -> GrayImage {
        GrayImage::from_fn(30 * count + 20, 120, |x, y| {
            let level = f64::from(y) - slope * f64::from(x);
            let inside = x >= 10 && (x - 10) % 30 < 20 && (x - 10) / 30 < count;
            Luma([if inside && (40.0..60.0).contains(&level) {
                255
            } else {
                0
            }])
        })
    }

    #[test]
    fn a_line_is_leveled_and_scaled() {
        for slope in [0.0, 0.1, -0.1] {
            let line = line_picture(&squares(6, slope), (100, 200)).unwrap();
            assert_eq!(line.image.height(), LINE_HEIGHT);
            assert!((line.slope - slope).abs() < 0.01, "{line:?}");
            assert!((line.height - 20.0).abs() <= 4.0, "{}", line.height);
            // The third square.
            let column = |x: f64| (x - line.origin.0) / line.scale + f64::from(MARGIN);
            let (left, top, right, bottom) = line.on_page(column(170.0), column(190.0));
            assert!((left - 170.0).abs() < 1e-6 && (right - 190.0).abs() < 1e-6);
            let expected = 240.0 + slope * 80.0;
            assert!((top - expected).abs() < 4.0, "{slope}: {top} {expected}");
            assert!((bottom - top - 20.0).abs() <= 4.0);
        }
    }

    #[test]
    fn nothing_and_hairlines_are_no_lines() {
        assert_eq!(line_picture(&GrayImage::new(50, 50), (0, 0)), None);
        assert_eq!(line_picture(&GrayImage::new(0, 0), (0, 0)), None);
        let hair = GrayImage::from_fn(900, 30, |_, y| Luma([if y == 15 { 255 } else { 0 }]));
        assert_eq!(line_picture(&hair, (0, 0)), None);
    }
}
