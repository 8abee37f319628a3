//! Turning pictures by any angle.

use crate::{Perspective, Rect, warp_perspective};
use image::GrayImage;

/// Which part of the turned picture is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canvas {
    /// As much as fits the size the picture had; corners are cut off.
    Same,
    /// All of it.
    Enlarged,
}

/// A turned picture and where its points came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotated {
    /// The turned picture.
    pub image: GrayImage,
    /// Takes points of the picture to points of the turned picture; its inverse takes boxes back.
    pub map: Perspective,
}

/// Turns a picture counter-clockwise (as seen) around its middle, interpolating linearly. What
/// comes in from outside is `background`.
///
/// A picture found to be skewed by `s` degrees is made upright by turning it by `-s`.
///
/// ```
/// use lekka_image::{grid, rotate::{Canvas, rotate}, to_text};
/// let arrow = grid(&["..#", "###", "..#"]);
/// let up = rotate(&arrow, 90.0, Canvas::Same, 0);
/// assert_eq!(to_text(&up.image), "###\n.#.\n.#.\n");
/// ```
pub fn rotate(image: &GrayImage, degrees: f64, canvas: Canvas, background: u8) -> Rotated {
    let (map, width, height) = rotation(image.width(), image.height(), degrees, canvas);
    let window = Rect::new(0, 0, width, height);
    Rotated {
        image: warp_perspective(image, &map, window, background),
        map,
    }
}

/// The map of [`rotate`] and the size of the turned picture, without turning anything.
pub fn rotation(width: u32, height: u32, degrees: f64, canvas: Canvas) -> (Perspective, u32, u32) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (w, h) = (f64::from(width), f64::from(height));
    let (new_width, new_height) = match canvas {
        Canvas::Same => (w, h),
        // Less a hair, so that quarter turns do not gain a pixel by rounding.
        Canvas::Enlarged => (
            (w * cos.abs() + h * sin.abs() - 1e-6).ceil(),
            (w * sin.abs() + h * cos.abs() - 1e-6).ceil(),
        ),
    };
    // The middle in coordinates that have pixel centres at whole numbers.
    let (cx, cy) = ((w - 1.0) / 2.0, (h - 1.0) / 2.0);
    let (nx, ny) = ((new_width - 1.0) / 2.0, (new_height - 1.0) / 2.0);
    let map = Perspective::from_matrix([
        cos,
        sin,
        nx - cos * cx - sin * cy,
        -sin,
        cos,
        ny + sin * cx - cos * cy,
        0.0,
        0.0,
        1.0,
    ]);
    (map, new_width.max(0.0) as u32, new_height.max(0.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grid, to_text};

    #[test]
    fn an_enlarged_canvas_keeps_everything() {
        let bar = grid(&["1234"]);
        let up = rotate(&bar, 90.0, Canvas::Enlarged, 0);
        assert_eq!(to_text(&up.image), "4\n3\n2\n1\n");
        let slanted = rotate(&bar, 45.0, Canvas::Enlarged, 0);
        assert_eq!(slanted.image.dimensions(), (4, 4));
    }

    #[test]
    fn the_map_leads_to_where_the_pixels_are() {
        let picture = GrayImage::from_fn(60, 40, |x, y| {
            image::Luma([(x == 50 && y == 9) as u8 * 255])
        });
        for degrees in [-30.0, -2.5, 0.0, 10.0, 90.0] {
            let turned = rotate(&picture, degrees, Canvas::Enlarged, 0);
            let (x, y) = turned.map.apply((50.0, 9.0));
            assert!(
                turned.image.get_pixel(x.round() as u32, y.round() as u32).0[0] > 60,
                "{degrees}"
            );
        }
    }

    #[test]
    fn nothing_turned_is_nothing() {
        assert!(
            rotate(&GrayImage::new(0, 0), 3.0, Canvas::Enlarged, 9)
                .image
                .is_empty()
        );
    }
}
