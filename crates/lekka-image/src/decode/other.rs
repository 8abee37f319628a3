//! The formats whose decoders of the `image` crate serve as they are: BMP, PNM, WebP and GIF.

use super::{DecodeError, DecodeLimits};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader};
use std::io::Cursor;

pub(super) fn decode(
    bytes: &[u8],
    limits: &DecodeLimits,
) -> Result<(GrayImage, Orientation), DecodeError> {
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| DecodeError::NotAPicture)?;
    let damaged = |error: image::ImageError| DecodeError::Damaged {
        format: "picture",
        detail: error.to_string(),
    };
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(DecodeError::TooLarge {
            format: "picture",
            width,
            height,
            limit: limits.max_pixels,
        });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok((image.into_luma8(), orientation))
}
