//! What may be done to the strokes of digits: made to stand upright, thinned.

use crate::cells::CellInk;
use lekka_image::{
    GrayImage, Rect, binarize, crop,
    normalize::{Glyph, SIDE, ink_bounds, recentred},
    slant::{estimate_line_slant, shear},
    thin,
};

/// What is done to the strokes of digits. The networks that Lekka ships were trained on strokes as they were written:
/// docs/preprocessing.md has what either step costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strokes {
    /// Whether the slant of each line of writing is estimated and taken out.
    pub upright: bool,
    /// Whether digits are thinned to skeletons one pixel wide, after they were brought to their size.
    pub thin: bool,
}

impl Strokes {
    /// The slant of a line of writing in degrees, positive to the right, from the inks of its digits; 0 when slant is
    /// not to be taken out.
    pub(crate) fn slant_of(self, inks: impl FnOnce() -> Vec<GrayImage>) -> f64 {
        if self.upright {
            estimate_line_slant(&inks())
        } else {
            0.0
        }
    }

    /// The glyph, thinned when that is wanted.
    pub(crate) fn thinned(self, glyph: &Glyph) -> Glyph {
        if !self.thin {
            return *glyph;
        }
        let image = GrayImage::from_fn(SIDE, SIDE, |x, y| {
            image::Luma([glyph[(y * SIDE + x) as usize]])
        });
        // Not brought to its size again: that would make the lines thicker.
        thin(&binarize(&image, 127))
            .as_raw()
            .as_slice()
            .try_into()
            .map_or(*glyph, |thinned| recentred(&thinned))
    }
}

impl CellInk {
    /// The ink leant back by so many degrees, around its middle.
    pub(crate) fn upright(self, slant: f64) -> Self {
        // Below half a degree a digit's rows move by less than a pixel.
        if slant.abs() < 0.5 {
            return self;
        }
        let tight = self.tight();
        // A pixel around it, where the ink fades.
        let part = tight.grown(1, self.image.width(), self.image.height());
        let image = shear(&crop(&self.image, part), -slant);
        let Some(bounds) = ink_bounds(&image) else {
            return self;
        };
        let wider = image.width() - part.width;
        let origin = (
            (self.origin.0 + part.x).saturating_sub(wider / 2),
            self.origin.1 + part.y,
        );
        let bounds = Rect::new(
            bounds.x + origin.0,
            bounds.y + origin.1,
            bounds.width,
            bounds.height,
        );
        Self {
            image,
            origin,
            bounds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_image::{grid, normalize_glyph, to_text};

    fn ink(rows: &[&str]) -> CellInk {
        let image = grid(rows);
        let tight = ink_bounds(&image).unwrap();
        CellInk {
            bounds: Rect::new(tight.x + 100, tight.y + 50, tight.width, tight.height),
            image,
            origin: (100, 50),
        }
    }

    #[test]
    fn leaning_ink_stands_up_where_it_was() {
        let leaning = ink(&[".......", "....#..", "...#...", "..#....", "......."]);
        let upright = leaning.upright(45.0);
        assert_eq!((upright.bounds.width, upright.bounds.height), (1, 3));
        let (x, y) = upright.bounds.center();
        assert!(
            (x - 103.5).abs() <= 1.0 && (y - 52.5).abs() <= 1.0,
            "{:?}",
            upright.bounds
        );
        assert_eq!(to_text(&crop(&upright.image, upright.tight())), "#\n#\n#\n");
    }

    #[test]
    fn thinning_keeps_the_form_of_the_data_set() {
        let bar = normalize_glyph(&grid(&["..##..", "..##..", "..##..", "..##.."])).unwrap();
        let thinned = Strokes {
            thin: true,
            ..Strokes::default()
        }
        .thinned(&bar);
        let widest = |glyph: &Glyph| {
            let rows = glyph.chunks_exact(28);
            rows.map(|row| row.iter().filter(|&&value| value > 0).count())
                .max()
        };
        assert_eq!(widest(&bar), Some(10));
        assert_eq!(widest(&thinned), Some(1));
        assert_eq!(Strokes::default().thinned(&bar), bar);
    }
}
