//! Ink on a canvas: glyphs scaled and slanted, strokes, and how near two inks are.

use image::GrayImage;
use lekka_image::Rect;

/// Light ink on dark ground, wide enough for a number.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    pub(super) image: GrayImage,
    /// For each row the column after its last ink, 0 where there is none.
    ends: Vec<u32>,
}

/// What counts as ink.
const INK: u8 = 96;

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self {
            image: GrayImage::new(width, height),
            ends: vec![0; height as usize],
        }
    }

    fn set(&mut self, x: i64, y: i64, value: u8) {
        let (width, height) = (
            i64::from(self.image.width()),
            i64::from(self.image.height()),
        );
        if value == 0 || x < 0 || y < 0 || x >= width || y >= height {
            return;
        }
        let pixel = &mut self.image.get_pixel_mut(x as u32, y as u32).0[0];
        *pixel = (*pixel).max(value);
        if value > INK {
            let end = &mut self.ends[y as usize];
            *end = (*end).max(x as u32 + 1);
        }
    }

    /// Puts a glyph with its upper left corner at a place; gives the box of its ink.
    pub(super) fn put(&mut self, glyph: &GrayImage, x: i64, y: i64) -> Option<Rect> {
        let mut bounds: Option<Rect> = None;
        for (gx, gy, pixel) in glyph.enumerate_pixels() {
            let (px, py) = (x + i64::from(gx), y + i64::from(gy));
            self.set(px, py, pixel.0[0]);
            if pixel.0[0] > INK && px >= 0 && py >= 0 {
                let at = Rect::new(px as u32, py as u32, 1, 1);
                bounds = Some(bounds.map_or(at, |bounds| bounds.union(&at)));
            }
        }
        bounds
    }

    /// A straight stroke with round ends.
    pub(super) fn stroke(&mut self, [from, to]: [(f64, f64); 2], radius: f64) {
        let (left, right) = (
            from.0.min(to.0) - radius - 1.0,
            from.0.max(to.0) + radius + 1.0,
        );
        let (top, bottom) = (
            from.1.min(to.1) - radius - 1.0,
            from.1.max(to.1) + radius + 1.0,
        );
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (dx * dx + dy * dy).max(1e-9);
        for y in top.floor() as i64..=bottom.ceil() as i64 {
            for x in left.floor() as i64..=right.ceil() as i64 {
                let (px, py) = (x as f64 - from.0, y as f64 - from.1);
                let along = ((px * dx + py * dy) / length).clamp(0.0, 1.0);
                let away = (px - along * dx).hypot(py - along * dy);
                let cover = (radius - away + 0.5).clamp(0.0, 1.0);
                self.set(x, y, (255.0 * cover) as u8);
            }
        }
    }

    /// The column after all ink.
    pub(super) fn end(&self) -> i64 {
        i64::from(self.ends.iter().copied().max().unwrap_or(0))
    }

    /// Where the left side of a glyph has to be so that its ink is `gap` columns from the ink that is there, measured
    /// in rows at most `reach` from each other; below 0 it overlaps. Without rows in common the boxes count.
    pub(super) fn left_for(&self, glyph: &GrayImage, y: i64, gap: f64, reach: i64) -> i64 {
        let mut best: Option<i64> = None;
        for (row, pixels) in (0_i64..).zip(glyph.rows()) {
            let Some(first) = pixels.into_iter().position(|pixel| pixel.0[0] > INK) else {
                continue;
            };
            let near = (row + y - reach..=row + y + reach)
                .filter_map(|at| self.ends.get(usize::try_from(at).ok()?).copied())
                .max()
                .unwrap_or(0);
            if near > 0 {
                let left = i64::from(near) - first as i64;
                best = Some(best.map_or(left, |best| best.max(left)));
            }
        }
        // A digit may reach over or below its neighbour, but not beyond half of its own width.
        let least = self.end() - i64::from(glyph.width()) / 2;
        let left = best.unwrap_or(least).max(least);
        left + gap.round() as i64
    }
}

/// A glyph scaled by `scale` and sheared so that its top moves right by `slant` of its height.
pub(super) fn transformed(glyph: &GrayImage, scale: [f64; 2], slant: f64) -> GrayImage {
    let (width, height) = (f64::from(glyph.width()), f64::from(glyph.height()));
    let out_height = (height * scale[1]).ceil().max(1.0);
    let aside = (slant.abs() * out_height).ceil();
    let out_width = (width * scale[0]).ceil().max(1.0) + aside;
    let value = |x: i64, y: i64| {
        let inside =
            x >= 0 && y >= 0 && x < i64::from(glyph.width()) && y < i64::from(glyph.height());
        if inside {
            f64::from(glyph.get_pixel(x as u32, y as u32).0[0])
        } else {
            0.0
        }
    };
    GrayImage::from_fn(out_width as u32, out_height as u32, |x, y| {
        let y = f64::from(y) + 0.5;
        let shift = if slant >= 0.0 {
            slant * (out_height - y)
        } else {
            -slant * y
        };
        let (x, y) = (
            (f64::from(x) + 0.5 - shift) / scale[0] - 0.5,
            y / scale[1] - 0.5,
        );
        let (left, top) = (x.floor(), y.floor());
        let (right, bottom) = (x - left, y - top);
        let (left, top) = (left as i64, top as i64);
        let upper = value(left, top) * (1.0 - right) + value(left + 1, top) * right;
        let lower = value(left, top + 1) * (1.0 - right) + value(left + 1, top + 1) * right;
        image::Luma([(upper * (1.0 - bottom) + lower * bottom).round() as u8])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_image::grid;

    #[test]
    fn inks_come_as_near_as_asked() {
        let mut canvas = Canvas::new(40, 12);
        let glyph = grid(&["####", "#...", "#...", "####"]);
        canvas.put(&glyph, 2, 4).unwrap();
        assert_eq!(canvas.end(), 6);
        let bar = grid(&["#", "#"]);
        assert_eq!(canvas.left_for(&bar, 4, 3.0, 0), 9);
        // Between the arms there is room.
        assert_eq!(canvas.left_for(&bar, 5, 3.0, 0), 3 + 3 + 3);
        // Nothing is in its rows: half of the width at most.
        assert_eq!(canvas.left_for(&grid(&["######"]), 11, 0.0, 0), 3);
    }

    #[test]
    fn slant_moves_the_top() {
        let bar = grid(&["#.", "#.", "#.", "#."]);
        let slanted = transformed(&bar, [1.0; 2], 0.5);
        assert_eq!(slanted.dimensions(), (4, 4));
        let first = |y: u32| {
            (0..4)
                .find(|&x| slanted.get_pixel(x, y).0[0] > 100)
                .unwrap()
        };
        assert!(first(0) > first(3));
        let plain = transformed(&bar, [1.0; 2], 0.0);
        assert_eq!(plain, bar);
    }
}
