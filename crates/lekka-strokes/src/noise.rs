//! What scanners and paper add.

use crate::random::Rng;
use crate::raster::{ink_gray, stroke_mask};
use image::GrayImage;

/// Dust: about `per_megapixel` dark specks of 1 to 2 pixels for each million pixels.
pub fn add_speckles(picture: &mut GrayImage, per_megapixel: f32, rng: &mut Rng) {
    let area = picture.width() as f32 * picture.height() as f32;
    let count = (area / 1e6 * per_megapixel).round().max(0.0) as usize;
    for _ in 0..count {
        let x = rng.unit() * picture.width() as f32;
        let y = rng.unit() * picture.height() as f32;
        let size = rng.between(0.6, 2.0);
        let gray = rng.between(0.0, 140.0) as u8;
        ink_gray(picture, &stroke_mask(&[vec![[x, y]]], size), gray);
    }
}

/// Light from one side: darkens the picture linearly, by `depth` (0..=1) at the darkest corner.
pub fn add_uneven_light(picture: &mut GrayImage, depth: f32, rng: &mut Rng) {
    let angle = rng.between(0.0, std::f32::consts::TAU);
    let (dy, dx) = angle.sin_cos();
    let (w, h) = (
        picture.width().max(1) as f32,
        picture.height().max(1) as f32,
    );
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let along = dx * (x as f32 / w - 0.5) + dy * (y as f32 / h - 0.5);
        // `along` is in -0.71..=0.71; 0 at the lit corner, 1 at the dark one.
        let shade = (along / std::f32::consts::SQRT_2 + 0.5).clamp(0.0, 1.0) * depth;
        pixel.0[0] = (f32::from(pixel.0[0]) * (1.0 - shade)).round() as u8;
    }
}
