//! Turns of a page by quarters.

use lekka_image::normalize::{Glyph, SIDE, recentred};
use lekka_image::{GrayImage, Perspective};

/// By how many quarters a page is turned to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Counter-clockwise.
    Left,
    Over,
    /// Clockwise.
    Right,
}

impl Turn {
    pub(crate) fn apply(self, image: &GrayImage) -> GrayImage {
        match self {
            Self::Left => image::imageops::rotate270(image),
            Self::Over => image::imageops::rotate180(image),
            Self::Right => image::imageops::rotate90(image),
        }
    }

    /// From points of a picture of this size to points of the turned one.
    pub(crate) fn map(self, width: u32, height: u32) -> Perspective {
        let (right, bottom) = (
            f64::from(width.max(1)) - 1.0,
            f64::from(height.max(1)) - 1.0,
        );
        let matrix = match self {
            Self::Left => [0.0, 1.0, 0.0, -1.0, 0.0, right, 0.0, 0.0, 1.0],
            Self::Over => [-1.0, 0.0, right, 0.0, -1.0, bottom, 0.0, 0.0, 1.0],
            Self::Right => [0.0, -1.0, bottom, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        };
        Perspective::from_matrix(matrix)
    }

    /// The skew of a page that needed this turn, from what was left of it after the turn; -180 to 180.
    pub(crate) fn skew(self, left: f64) -> f64 {
        // Content that stands upright after a turn to the left was turned to the right.
        let all = left
            + match self {
                Self::Left => -90.0,
                Self::Over => 180.0,
                Self::Right => 90.0,
            };
        if all > 180.0 { all - 360.0 } else { all }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Left => "turned by a quarter to the left",
            Self::Over => "turned by half",
            Self::Right => "turned by a quarter to the right",
        }
    }
}

/// A glyph turned within its picture, its centre of mass in the middle again.
pub(crate) fn turned_glyph(glyph: &Glyph, turn: Turn) -> Glyph {
    let side = SIDE as usize;
    let turned: Glyph = std::array::from_fn(|i| {
        let (x, y) = (i % side, i / side);
        let (from_x, from_y) = match turn {
            Turn::Left => (side - 1 - y, x),
            Turn::Over => (side - 1 - x, side - 1 - y),
            Turn::Right => (y, side - 1 - x),
        };
        glyph[from_y * side + from_x]
    });
    recentred(&turned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_image::grid;

    #[test]
    fn turns_and_their_maps_agree() {
        let picture = grid(&["12345", "6789a", "bcdef"]);
        for turn in [Turn::Left, Turn::Over, Turn::Right] {
            let turned = turn.apply(&picture);
            let map = turn.map(5, 3);
            for (x, y, pixel) in picture.enumerate_pixels() {
                let (u, v) = map.apply((f64::from(x), f64::from(y)));
                assert_eq!(
                    turned.get_pixel(u.round() as u32, v.round() as u32),
                    pixel,
                    "{turn:?}"
                );
            }
        }
    }

    #[test]
    fn glyphs_turn_as_pages_do() {
        let mut glyph = [0; 28 * 28];
        // A bar to the right of the middle, with a foot.
        for y in 4..24 {
            glyph[y * 28 + 14] = 255;
        }
        glyph[23 * 28 + 15] = 255;
        let as_picture =
            |glyph: &Glyph| GrayImage::from_raw(28, 28, glyph.to_vec()).expect("28 x 28");
        for turn in [Turn::Left, Turn::Over, Turn::Right] {
            let page: Glyph = turn
                .apply(&as_picture(&glyph))
                .into_raw()
                .try_into()
                .expect("28 x 28");
            assert_eq!(turned_glyph(&glyph, turn), recentred(&page), "{turn:?}");
        }
    }

    #[test]
    fn skew_tells_the_whole_turn() {
        for (turn, left, all) in [
            (Turn::Left, 2.0, -88.0),
            (Turn::Over, -3.0, 177.0),
            (Turn::Over, 3.0, -177.0),
            (Turn::Right, 0.5, 90.5),
        ] {
            assert!((turn.skew(left) - all).abs() < 1e-9, "{turn:?} {left}");
        }
    }
}
