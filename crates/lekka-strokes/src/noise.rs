//! What scanners, cameras and use add to paper.

use crate::random::Rng;
use crate::raster::{ink_gray, stroke_mask};
use image::GrayImage;
use image::codecs::jpeg::JpegEncoder;

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

/// Single pixels of pure black and white, a `share` (0..=1) of all of them.
pub fn add_salt_and_pepper(picture: &mut GrayImage, share: f32, rng: &mut Rng) {
    for pixel in picture.pixels_mut() {
        if rng.unit() < share {
            pixel.0[0] = if rng.next_u64() & 1 == 0 { 0 } else { 255 };
        }
    }
}

/// Noise of a sensor: normally distributed, with this standard deviation in grey values.
pub fn add_noise(picture: &mut GrayImage, deviation: f32, rng: &mut Rng) {
    for pixel in picture.pixels_mut() {
        let value = f32::from(pixel.0[0]) + deviation * rng.normal();
        pixel.0[0] = value.round().clamp(0.0, 255.0) as u8;
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
    darken(picture, |x, y| {
        let along = dx * (x / w - 0.5) + dy * (y / h - 0.5);
        // `along` is in -0.71..=0.71; 0 at the lit corner, 1 at the dark one.
        (along / std::f32::consts::SQRT_2 + 0.5).clamp(0.0, 1.0) * depth
    });
}

/// The shadow of something held over the page: one side of a line through it is darker by `depth`
/// (0..=1), with a border that is `soft` pixels wide.
pub fn add_shadow(picture: &mut GrayImage, depth: f32, soft: f32, rng: &mut Rng) {
    let angle = rng.between(0.0, std::f32::consts::TAU);
    let (dy, dx) = angle.sin_cos();
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    let middle = [w * rng.between(0.3, 0.7), h * rng.between(0.3, 0.7)];
    darken(picture, |x, y| {
        let along = dx * (x - middle[0]) + dy * (y - middle[1]);
        (along / soft.max(1.0) + 0.5).clamp(0.0, 1.0) * depth
    });
}

/// Round stains, such as of coffee: `count` of them, each 3 to 10 % of the longer side in radius, darker by up to
/// `depth` (0..=1), most at the rim.
pub fn add_stains(picture: &mut GrayImage, count: usize, depth: f32, rng: &mut Rng) {
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    for _ in 0..count {
        let middle = [w * rng.unit(), h * rng.unit()];
        let radius = w.max(h) * rng.between(0.03, 0.1);
        let depth = depth * rng.between(0.5, 1.0);
        // Only what is near is looked at.
        let range = |center: f32, limit: u32| {
            let low = (center - radius * 1.2).max(0.0) as u32;
            low..((center + radius * 1.2).max(0.0) as u32).min(limit)
        };
        for y in range(middle[1], picture.height()) {
            for x in range(middle[0], picture.width()) {
                let from_middle = (x as f32 - middle[0]).hypot(y as f32 - middle[1]) / radius;
                let rim = (1.0 - (from_middle - 1.0).abs() * 12.0).max(0.0);
                let inside = if from_middle < 1.0 { 0.6 } else { 0.0 };
                let pixel = &mut picture.get_pixel_mut(x, y).0[0];
                *pixel = (f32::from(*pixel) * (1.0 - depth * rim.max(inside))).round() as u8;
            }
        }
    }
}

/// Multiplies each pixel by one less what `shade` (0..=1) says of its place.
fn darken(picture: &mut GrayImage, shade: impl Fn(f32, f32) -> f32) {
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let left = 1.0 - shade(x as f32, y as f32);
        pixel.0[0] = (f32::from(pixel.0[0]) * left).round() as u8;
    }
}

/// Faded: black becomes `dark`, white becomes `light`, what is between stays between.
pub fn set_contrast(picture: &mut GrayImage, dark: u8, light: u8) {
    let (dark, light) = (f32::from(dark), f32::from(light));
    for pixel in picture.pixels_mut() {
        let value = dark + (light - dark) * f32::from(pixel.0[0]) / 255.0;
        pixel.0[0] = value.round().clamp(0.0, 255.0) as u8;
    }
}

/// A Gaussian blur with this standard deviation in pixels, over three of them on either side; below 0.2 the picture stays
/// as it is. Beyond the border the outermost pixels are repeated.
pub fn blurred(picture: &GrayImage, deviation: f32) -> GrayImage {
    if deviation < 0.2 || picture.is_empty() {
        return picture.clone();
    }
    let reach = (3.0 * deviation).ceil() as usize;
    let weights: Vec<f32> = (0..=reach)
        .map(|d| (-((d * d) as f32) / (2.0 * deviation * deviation)).exp())
        .collect();
    let total = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    // One pass along the rows, one down the columns: `at` tells where a pixel is along the axis.
    let pass = |source: &[u8], step: usize, last: usize, at: fn(usize, usize) -> usize| {
        let value = |i: usize| {
            let here = at(i, width);
            let mut sum = weights[0] * f32::from(source[i]);
            for (d, weight) in weights.iter().enumerate().skip(1) {
                let before = source[i - here.min(d) * step];
                let after = source[i + (last - here).min(d) * step];
                sum += weight * (f32::from(before) + f32::from(after));
            }
            (sum / total).round() as u8
        };
        (0..source.len()).map(value).collect::<Vec<u8>>()
    };
    let rows = pass(picture.as_raw(), 1, width - 1, |i, width| i % width);
    let both = pass(&rows, width, height - 1, |i, width| i / width);
    GrayImage::from_raw(picture.width(), picture.height(), both).unwrap_or_default()
}

/// The picture after it was stored as JPEG of this quality (1 to 100).
///
/// # Errors
///
/// When the picture has no pixels or more than 65,535 on a side, which JPEG cannot store.
pub fn through_jpeg(picture: &GrayImage, quality: u8) -> Result<GrayImage, image::ImageError> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
    let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg)?;
    Ok(decoded.into_luma8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn paper() -> GrayImage {
        GrayImage::from_pixel(120, 80, Luma([200]))
    }

    fn mean(picture: &GrayImage) -> f64 {
        picture.pixels().map(|p| f64::from(p.0[0])).sum::<f64>() / picture.len() as f64
    }

    #[test]
    fn shadows_and_stains_only_darken() {
        let mut rng = Rng::new(1);
        let mut shaded = paper();
        add_shadow(&mut shaded, 0.5, 20.0, &mut rng);
        let mut stained = paper();
        add_stains(&mut stained, 3, 0.5, &mut rng);
        // Three stains may lie over each other: at the darkest 200 / 2 / 2 / 2.
        for (picture, darkest) in [(&shaded, 100), (&stained, 25)] {
            assert!(picture.pixels().all(|p| (darkest..=200).contains(&p.0[0])));
            assert!(mean(picture) < 199.0);
        }
        assert!(shaded.pixels().any(|p| p.0[0] == 100) && shaded.pixels().any(|p| p.0[0] == 200));
    }

    #[test]
    fn noise_keeps_the_mean() {
        let mut rng = Rng::new(2);
        let mut noisy = paper();
        add_noise(&mut noisy, 10.0, &mut rng);
        assert!((mean(&noisy) - 200.0).abs() < 1.0 && noisy != paper());
        let mut salted = paper();
        add_salt_and_pepper(&mut salted, 0.1, &mut rng);
        let changed = salted.pixels().filter(|p| p.0[0] != 200).count();
        assert!((700..1300).contains(&changed), "{changed}");
    }

    #[test]
    fn a_blur_spreads_a_point() {
        let mut point = GrayImage::new(21, 21);
        point.put_pixel(10, 10, Luma([255]));
        let soft = blurred(&point, 1.0);
        // 255 / (2 pi).
        assert!((i32::from(soft.get_pixel(10, 10).0[0]) - 41).abs() <= 1);
        assert_eq!(soft.get_pixel(11, 10), soft.get_pixel(10, 9));
        assert_eq!(blurred(&paper(), 2.0), paper());
        assert_eq!(blurred(&point, 0.1), point);
    }

    #[test]
    fn jpeg_changes_little_and_refuses_nothing_at_all() {
        let stored = through_jpeg(&paper(), 50).unwrap();
        assert!((mean(&stored) - 200.0).abs() < 3.0);
        assert!(through_jpeg(&GrayImage::new(0, 0), 50).is_err());
    }

    #[test]
    fn contrast_goes_to_its_ends() {
        let mut ends = GrayImage::from_raw(2, 1, vec![0, 255]).unwrap();
        set_contrast(&mut ends, 150, 210);
        assert_eq!(ends.as_raw(), &[150, 210]);
    }
}
