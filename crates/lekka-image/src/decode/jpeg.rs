//! JPEG. Of `YCbCr` pictures only the luma is decoded.

use super::luma::{self, Channels};
use super::{DecodeError, DecodeLimits, Stored, check_size, error::damaged, orientation_in};
use image::metadata::Orientation;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

const FORMAT: &str = "JPEG";

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Stored, DecodeError> {
    let outline = outline(bytes);
    if let Some((width, height)) = outline.size {
        check_size(FORMAT, width, height, limits)?;
    }
    if !outline.complete {
        // The decoder would fill up what is missing with grey.
        let detail = "the end marker is missing".into();
        return Err(DecodeError::Truncated {
            format: FORMAT,
            detail,
        });
    }
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(failed)?;
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| damaged(FORMAT, "it has no size"))?;
    let (width, height) = (width as u32, height as u32);
    check_size(FORMAT, width, height, limits)?;
    let (color, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::YCbCr | ColorSpace::Luma) => (ColorSpace::Luma, Channels::Gray),
        // Four inks become RGB on the way; the decoder takes them for inverted, as all programs
        // write them.
        Some(ColorSpace::RGB | ColorSpace::CMYK | ColorSpace::YCCK) => {
            (ColorSpace::RGB, Channels::Rgb)
        }
        other => {
            return Err(DecodeError::Unsupported {
                format: FORMAT,
                detail: format!("colours {other:?}"),
            });
        }
    };
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let orientation = decoder
        .exif()
        .map_or(Orientation::NoTransforms, |exif| orientation_in(exif));
    let samples = decoder.decode().map_err(failed)?;
    let count = width as usize * height as usize;
    if samples.len() < count * channels.count() {
        return Err(damaged(
            FORMAT,
            "there are fewer pixels than the header says",
        ));
    }
    let pixels = if channels == Channels::Gray {
        let mut samples = samples;
        samples.truncate(count);
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

fn failed(error: DecodeErrors) -> DecodeError {
    match error {
        DecodeErrors::Unsupported(scheme) => DecodeError::Unsupported {
            format: FORMAT,
            detail: format!("{scheme:?}"),
        },
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => DecodeError::Truncated {
            format: FORMAT,
            detail: "the data ends early".into(),
        },
        other => damaged(FORMAT, other),
    }
}

/// What the markers of a file say, read without decoding anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// Width and height.
    pub(super) size: Option<(u32, u32)>,
    /// Whether there is picture data followed by the end marker.
    pub(super) complete: bool,
}

/// Walks from marker to marker (ITU-T T.81, annex B). Broken files give what was found before the
/// break.
pub(super) fn outline(bytes: &[u8]) -> Outline {
    let mut outline = Outline::default();
    let mut scanned = false;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        // Picture data, fill bytes or garbage: on to the next 0xFF that starts a marker.
        let Some(at) = rest
            .windows(2)
            .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))
        else {
            return outline;
        };
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match marker {
            // Markers without a segment: TEM, restarts, start of image.
            0x01 | 0xd0..=0xd8 => continue,
            0xd9 => {
                outline.complete = scanned;
                return outline;
            }
            _ => {}
        }
        let Some(length) = rest
            .first_chunk()
            .map(|length| usize::from(u16::from_be_bytes(*length)))
        else {
            return outline;
        };
        let Some(segment) = rest.get(2..length) else {
            return outline;
        };
        if matches!(marker, 0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc))
            && let &[_, h1, h0, w1, w0, ..] = segment
        {
            let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
            outline
                .size
                .get_or_insert((u32::from(width), u32::from(height)));
        }
        scanned |= marker == 0xda;
        rest = &rest[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_needs_a_scan_and_an_end() {
        let start = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 3, 0, 5, 1, 1, 0x11, 0];
        let scan = [0xff, 0xda, 0, 2, 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4];
        let end = [0xff, 0xd9];
        let size = Some((5, 3));
        for (parts, complete) in [
            (vec![&start[..], &scan, &end], true),
            (vec![&start[..], &scan], false),
            (vec![&start[..], &end], false),
            (vec![&start[..], &scan, &end, b"more"], true),
        ] {
            assert_eq!(
                outline(&parts.concat()),
                Outline { size, complete },
                "{parts:?}"
            );
        }
        assert_eq!(outline(&[]), Outline::default());
        assert_eq!(outline(&[0xff, 0xd8, 0xff]), Outline::default());
    }
}
