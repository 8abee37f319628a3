//! The formats whose decoders of the `image` crate serve as they are: BMP, PNM and WebP.

use super::luma::{self, Channels};
use super::{DecodeError, DecodeLimits, Format, Stored, check_size, error::damaged};
use image::codecs::{bmp::BmpDecoder, pnm::PnmDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, Limits};
use std::io::{Cursor, ErrorKind};

pub(super) fn decode(
    format: Format,
    bytes: &[u8],
    limits: &DecodeLimits,
) -> Result<Stored, DecodeError> {
    let name = format.name();
    let cursor = Cursor::new(bytes);
    match format {
        Format::Bmp => read(name, BmpDecoder::new(cursor), limits),
        Format::Pnm => read(name, PnmDecoder::new(cursor), limits),
        _ => {
            check_riff(bytes)?;
            read(name, WebPDecoder::new(cursor), limits)
        }
    }
}

/// Refuses a WebP that is shorter than its first chunk says: its orientation may be what is
/// missing.
fn check_riff(bytes: &[u8]) -> Result<(), DecodeError> {
    let size = bytes.get(4..8).and_then(|size| size.first_chunk().copied());
    let length = u64::from(u32::from_le_bytes(size.unwrap_or_default())) + 8;
    if length > bytes.len() as u64 {
        let detail = format!("it is {} bytes long and says {length}", bytes.len());
        return Err(DecodeError::Truncated {
            format: Format::WebP.name(),
            detail,
        });
    }
    Ok(())
}

fn read(
    format: &'static str,
    decoder: Result<impl ImageDecoder, ImageError>,
    limits: &DecodeLimits,
) -> Result<Stored, DecodeError> {
    let mut decoder = decoder.map_err(|error| failed(format, error))?;
    let (width, height) = decoder.dimensions();
    check_size(format, width, height, limits)?;
    let (channels, sixteen) = match decoder.color_type() {
        ColorType::L8 => (Channels::Gray, false),
        ColorType::La8 => (Channels::GrayAlpha, false),
        ColorType::Rgb8 => (Channels::Rgb, false),
        ColorType::Rgba8 => (Channels::Rgba, false),
        ColorType::L16 => (Channels::Gray, true),
        ColorType::La16 => (Channels::GrayAlpha, true),
        ColorType::Rgb16 => (Channels::Rgb, true),
        ColorType::Rgba16 => (Channels::Rgba, true),
        other => {
            return Err(DecodeError::Unsupported {
                format,
                detail: format!("colours {other:?}"),
            });
        }
    };
    let sample = if sixteen { 2 } else { 1 };
    let count = width as usize * height as usize;
    let size = count * channels.count() * sample;
    let mut memory = Limits::no_limits();
    memory.max_alloc = Some(limits.max_pixels.saturating_mul(16).saturating_add(1 << 26));
    decoder
        .set_limits(memory)
        .map_err(|error| failed(format, error))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    if decoder.total_bytes() != size as u64 {
        return Err(damaged(
            format,
            format!("{} bytes of pixels, not {size}", decoder.total_bytes()),
        ));
    }
    let mut samples = vec![0; size];
    decoder
        .read_image(&mut samples)
        .map_err(|error| failed(format, error))?;
    if sixteen {
        let mut narrowed = Vec::with_capacity(size / 2);
        luma::narrow_all(&samples, u16::from_ne_bytes, &mut narrowed);
        samples = narrowed;
    }
    let pixels = if channels == Channels::Gray {
        samples
    } else {
        let mut pixels = vec![0; count];
        luma::fold(channels, &samples, &mut pixels);
        pixels
    };
    Ok(Stored {
        gray: crate::from_pixels(width, height, pixels),
        orientation,
    })
}

fn failed(format: &'static str, error: ImageError) -> DecodeError {
    if ends_early(&error) {
        return DecodeError::Truncated {
            format,
            detail: "the data ends early".into(),
        };
    }
    match error {
        ImageError::Unsupported(error) => DecodeError::Unsupported {
            format,
            detail: error.to_string(),
        },
        other => damaged(format, other),
    }
}

/// Whether somewhere down the chain of causes a read met the end of the file.
fn ends_early(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(ImageError::IoError(io)) = error.downcast_ref()
            && io.kind() == ErrorKind::UnexpectedEof
        {
            return true;
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io.kind() == ErrorKind::UnexpectedEof
        {
            return true;
        }
        cause = error.source();
    }
    false
}
