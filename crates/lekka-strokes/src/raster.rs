//! Anti-aliased thick lines.

use crate::alphabet::Point;
use image::{GrayImage, RgbImage};

/// How much of each pixel of a rectangle is covered by ink.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Column of the picture that the mask's first column falls on; may be negative.
    pub left: i32,
    /// Row of the picture that the mask's first row falls on; may be negative.
    pub top: i32,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Row by row, 0 (bare) to 255 (covered).
    pub coverage: Vec<u8>,
}

impl Mask {
    /// The pixels that lie in a picture of the given size: (x, y, coverage above 0).
    fn inside(&self, width: u32, height: u32) -> impl Iterator<Item = (u32, u32, u8)> {
        self.coverage
            .iter()
            .enumerate()
            .filter(|(_, c)| **c > 0)
            .filter_map(move |(i, &c)| {
                let x = u32::try_from(self.left + (i % self.width) as i32).ok()?;
                let y = u32::try_from(self.top + (i / self.width) as i32).ok()?;
                (x < width && y < height).then_some((x, y, c))
            })
    }
}

/// Largest side of a mask; anything beyond is cut off, so that a wild coordinate cannot ask for
/// all memory.
const MAX_SIDE: f32 = 32_768.0;

/// Covers polylines (pixels; integers are pixel corners) drawn with a round pen.
pub fn stroke_mask(lines: &[Vec<Point>], thickness: f32) -> Mask {
    let radius = thickness.max(0.0) / 2.0;
    let pad = radius + 1.0;
    let points = || {
        lines
            .iter()
            .flatten()
            .filter(|p| p[0].is_finite() && p[1].is_finite())
    };
    let bound = |axis: usize, pick: fn(f32, f32) -> f32, start: f32| {
        points()
            .map(|p| p[axis])
            .fold(start, pick)
            .clamp(-MAX_SIDE, MAX_SIDE)
    };
    if points().next().is_none() {
        return Mask::default();
    }
    let left = (bound(0, f32::min, f32::MAX) - pad).floor() as i32;
    let top = (bound(1, f32::min, f32::MAX) - pad).floor() as i32;
    let width = ((bound(0, f32::max, f32::MIN) + pad).ceil() as i32 - left).max(1) as usize;
    let height = ((bound(1, f32::max, f32::MIN) + pad).ceil() as i32 - top).max(1) as usize;
    let mut mask = Mask {
        left,
        top,
        width,
        height,
        coverage: vec![0; width * height],
    };
    for line in lines {
        if let [only] = line[..] {
            cover_segment(&mut mask, only, only, radius);
        }
        for pair in line.windows(2) {
            cover_segment(&mut mask, pair[0], pair[1], radius);
        }
    }
    mask
}

fn cover_segment(mask: &mut Mask, a: Point, b: Point, radius: f32) {
    if !a.iter().chain(&b).all(|v| v.is_finite()) {
        return;
    }
    let pad = radius + 1.0;
    let range = |u: f32, v: f32, origin: i32, size: usize| {
        let low = (u.min(v) - pad).floor() - origin as f32;
        let high = (u.max(v) + pad).ceil() - origin as f32;
        (
            low.clamp(0.0, size as f32) as usize,
            high.clamp(0.0, size as f32) as usize,
        )
    };
    let (x0, x1) = range(a[0], b[0], mask.left, mask.width);
    let (y0, y1) = range(a[1], b[1], mask.top, mask.height);
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let length2 = dx * dx + dy * dy;
    for y in y0..y1 {
        for x in x0..x1 {
            let px = (mask.left + x as i32) as f32 + 0.5 - a[0];
            let py = (mask.top + y as i32) as f32 + 0.5 - a[1];
            let t = if length2 > 0.0 {
                ((px * dx + py * dy) / length2).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let distance = (px - t * dx).hypot(py - t * dy);
            let covered = ((radius + 0.5 - distance).clamp(0.0, 1.0) * 255.0).round() as u8;
            let pixel = &mut mask.coverage[y * mask.width + x];
            *pixel = (*pixel).max(covered);
        }
    }
}

/// Puts ink of the given grey on a picture; light ink on dark paper works as well.
pub fn ink_gray(picture: &mut GrayImage, mask: &Mask, ink: u8) {
    for (x, y, covered) in mask.inside(picture.width(), picture.height()) {
        let pixel = &mut picture.get_pixel_mut(x, y).0[0];
        *pixel = mix(*pixel, ink, covered);
    }
}

/// Puts coloured ink on a picture.
pub fn blend_rgb(picture: &mut RgbImage, mask: &Mask, ink: [u8; 3]) {
    for (x, y, covered) in mask.inside(picture.width(), picture.height()) {
        for (channel, ink) in picture.get_pixel_mut(x, y).0.iter_mut().zip(ink) {
            *channel = mix(*channel, ink, covered);
        }
    }
}

/// Draws a polyline in the given grey.
pub fn draw_polyline(picture: &mut GrayImage, points: &[Point], thickness: f32, ink: u8) {
    // One mask for each segment: the box of a long slanted line would be mostly empty.
    for pair in points.windows(2) {
        ink_gray(picture, &stroke_mask(&[pair.to_vec()], thickness), ink);
    }
}

fn mix(paper: u8, ink: u8, covered: u8) -> u8 {
    let [paper, ink, covered] = [paper, ink, covered].map(u32::from);
    ((paper * (255 - covered) + ink * covered + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_two_pixels_wide() {
        let mut picture = GrayImage::from_pixel(6, 4, image::Luma([255]));
        draw_polyline(&mut picture, &[[1.0, 2.0], [5.0, 2.0]], 2.0, 0);
        let rows: Vec<&[u8]> = picture.as_raw().chunks(6).collect();
        assert_eq!(rows[1][1..5], [0, 0, 0, 0], "{rows:?}");
        assert_eq!(rows[2][1..5], [0, 0, 0, 0], "{rows:?}");
        assert_eq!(rows[0][1..5], [255; 4], "{rows:?}");
    }

    #[test]
    fn wild_coordinates_do_no_harm() {
        let mut picture = GrayImage::new(4, 4);
        for p in [[f32::NAN, 0.0], [f32::INFINITY, 1.0], [-40.0, 1e3]] {
            ink_gray(&mut picture, &stroke_mask(&[vec![p, [2.0, 2.0]]], 1.0), 255);
            ink_gray(&mut picture, &stroke_mask(&[vec![p]], 1.0), 255);
        }
        assert_eq!(stroke_mask(&[], 3.0), Mask::default());
    }
}
