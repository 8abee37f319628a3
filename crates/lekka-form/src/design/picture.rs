//! The form as a picture.

use super::shapes::{Segment, shapes};
use crate::check::Form;
use image::GrayImage;
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Transform};

/// The most pixels of a drawn page.
const MOST_PIXELS: f64 = 100e6;

/// Why there is no picture of a form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// More pixels than are drawn, or none.
    #[error(
        "a page of {width} x {height} mm at {dpi} dpi has {pixels:.0} pixels; 1 to 100,000,000 are drawn, \
         choose another resolution"
    )]
    Size {
        /// Width of the page in millimetres.
        width: f64,
        /// Height of the page in millimetres.
        height: f64,
        /// Dots per inch.
        dpi: f64,
        /// Their product.
        pixels: f64,
    },
    /// The picture cannot be written as PNG.
    #[error("the picture cannot be written as PNG: {0}")]
    Png(#[from] png::EncodingError),
}

/// The blank form as a grey picture with `dpi` dots per inch.
///
/// # Errors
///
/// [`PictureError::Size`] when it would have more than 100 million pixels, or none.
pub fn to_picture(form: &Form, dpi: f64) -> Result<GrayImage, PictureError> {
    let page = form.template().page;
    let scale = dpi / 25.4;
    let (width, height) = ((page.width * scale).round(), (page.height * scale).round());
    let too_large = || PictureError::Size {
        width: page.width,
        height: page.height,
        dpi,
        pixels: width * height,
    };
    if !(width >= 1.0 && height >= 1.0 && width * height <= MOST_PIXELS) {
        return Err(too_large());
    }
    let mut pixmap = Pixmap::new(width as u32, height as u32).ok_or_else(too_large)?;
    pixmap.fill(Color::WHITE);
    let transform = Transform::from_scale(scale as f32, scale as f32);
    for shape in shapes(form) {
        let Some(path) = path(&shape.segments) else {
            continue;
        };
        let gray = (255.0 * (1.0 - shape.darkness)).round() as u8;
        let mut paint = Paint::default();
        paint.set_color_rgba8(gray, gray, gray, 255);
        paint.anti_alias = true;
        pixmap.fill_path(&path, &paint, FillRule::Winding, transform, None);
    }
    // All three colours are the same.
    let gray: Vec<u8> = pixmap.data().iter().step_by(4).copied().collect();
    GrayImage::from_raw(width as u32, height as u32, gray).ok_or_else(too_large)
}

/// The same as the bytes of a PNG file, which says how large it is on paper.
///
/// # Errors
///
/// As [`to_picture`].
pub fn to_png(form: &Form, dpi: f64) -> Result<Vec<u8>, PictureError> {
    let picture = to_picture(form, dpi)?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let per_meter = (dpi / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_meter,
        yppu: per_meter,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(picture.as_raw())?;
    writer.finish()?;
    Ok(bytes)
}

fn path(segments: &[Segment]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let f = |[x, y]: [f64; 2]| (x as f32, y as f32);
    for segment in segments {
        match *segment {
            Segment::Move(p) => builder.move_to(f(p).0, f(p).1),
            Segment::Line(p) => builder.line_to(f(p).0, f(p).1),
            Segment::Quadratic(c, p) => builder.quad_to(f(c).0, f(c).1, f(p).0, f(p).1),
            Segment::Cubic(a, b, p) => {
                builder.cubic_to(f(a).0, f(a).1, f(b).0, f(b).1, f(p).0, f(p).1);
            }
            Segment::Close => builder.close(),
        }
    }
    builder.finish()
}
