//! The page with boxes and readings drawn on it.

use crate::output::Output;
use anyhow::Result;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use lekka::{DigitReading, FieldKind, PageReading, Status};
use lekka_image::decode::Orientation;
use lekka_image::{GrayImage, Picture, Rect};
use lekka_strokes::{blend_rgb, text_mask, text_width};
use std::path::Path;

const SURE: [u8; 3] = [0, 110, 60];
const DOUBTFUL: [u8; 3] = [214, 40, 20];
const BLANK: [u8; 3] = [150, 150, 150];
const FIELD: [u8; 3] = [30, 90, 200];

/// Writes a page, upright, with what was read.
pub(super) fn write(path: &Path, picture: &Picture, reading: &PageReading) -> Result<()> {
    write_png(path, &draw(picture, reading))
}

fn write_png(path: &Path, picture: &RgbImage) -> Result<()> {
    let mut output = Output::file(path)?;
    PngEncoder::new_with_quality(&mut output, CompressionType::Fast, FilterType::Sub)
        .write_image(
            picture,
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| match error {
            image::ImageError::IoError(error) => output.explain(error),
            other => other.into(),
        })?;
    output.finish()
}

fn draw(picture: &Picture, reading: &PageReading) -> RgbImage {
    let gray = &picture.gray;
    let mut page = RgbImage::from_fn(gray.width(), gray.height(), |x, y| {
        // Paler, so that the annotations stand out.
        let pale = |value: u8| (128 + u16::from(value) / 2) as u8;
        image::Rgb([pale(gray.get_pixel(x, y).0[0]); 3])
    });
    // Boxes are of the picture as stored: turned as the picture was.
    let turned = Picture {
        gray: GrayImage::default(),
        page: picture.page,
        stored_width: gray.width(),
        stored_height: gray.height(),
        orientation: inverse(picture.orientation),
    };
    let upright =
        |[x, y, width, height]: [u32; 4]| turned.to_stored(Rect::new(x, y, width, height));
    let line = (gray.width().max(gray.height()) / 1500).max(1);
    for field in &reading.fields {
        if field.kind != FieldKind::Digit {
            outline(&mut page, upright(field.bounds), 2 * line, FIELD);
        }
        for digit in &field.digits {
            annotate(&mut page, upright(digit.bounds), digit, line);
        }
    }
    page
}

/// A box round the digit and what it was read as at its upper right corner.
fn annotate(page: &mut RgbImage, bounds: Rect, digit: &DigitReading, line: u32) {
    let (color, text) = match (digit.status, digit.digit) {
        (Status::Blank, _) | (_, None) => (BLANK, "_".to_owned()),
        (Status::Review, Some(value)) => (DOUBTFUL, format!("{value}?")),
        (_, Some(value)) => (SURE, value.to_string()),
    };
    outline(page, bounds, line, color);
    let size = (bounds.height as f32 * 0.34).clamp(10.0, 60.0);
    let corner = [
        (bounds.right() as f32 - text_width(&text, size) - line as f32).max(0.0),
        bounds.y as f32 + line as f32,
    ];
    let thickness = (size / 8.0).max(1.2);
    // A pale rim keeps the digit readable on top of ink.
    blend_rgb(
        page,
        &text_mask(&text, corner, size, thickness + 2.0),
        [255; 3],
    );
    blend_rgb(page, &text_mask(&text, corner, size, thickness), color);
}

fn outline(page: &mut RgbImage, bounds: Rect, line: u32, color: [u8; 3]) {
    let (right, bottom) = (
        bounds.right().min(page.width()),
        bounds.bottom().min(page.height()),
    );
    for y in bounds.y..bottom {
        let edge = y < bounds.y.saturating_add(line) || y + line >= bottom;
        for x in bounds.x..right {
            if edge || x < bounds.x.saturating_add(line) || x + line >= right {
                page.put_pixel(x, y, image::Rgb(color));
            }
        }
    }
}

/// The turn that takes another back; all others are their own.
fn inverse(orientation: Orientation) -> Orientation {
    match orientation {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        own => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_go_to_the_upright_picture_and_back() {
        for code in 1..=8 {
            let orientation = Orientation::from_exif(code).unwrap();
            let (stored_width, stored_height) = (7, 5);
            let turns = matches!(code, 5..=8);
            let (width, height) = if turns { (5, 7) } else { (7, 5) };
            let picture = |orientation, stored_width, stored_height| Picture {
                gray: GrayImage::default(),
                page: 0,
                stored_width,
                stored_height,
                orientation,
            };
            let forth = picture(orientation, stored_width, stored_height);
            let back = picture(inverse(orientation), width, height);
            let bounds = Rect::new(1, 2, 3, 1);
            assert_eq!(
                back.to_stored(forth.to_stored(bounds)),
                bounds,
                "orientation {code}"
            );
        }
    }
}
