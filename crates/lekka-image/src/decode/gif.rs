//! GIF, the first frame.

use super::luma::{self, Table};
use super::{DecodeError, DecodeLimits, Stored, check_size, error::damaged};
use gif::{ColorOutput, DecodeOptions, DecodingError, MemoryLimit};
use image::metadata::Orientation;
use std::io::ErrorKind;
use std::num::NonZeroU64;

const FORMAT: &str = "GIF";

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Stored, DecodeError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.check_frame_consistency(true);
    let memory =
        NonZeroU64::new(limits.max_pixels.saturating_add(1 << 20)).unwrap_or(NonZeroU64::MIN);
    options.set_memory_limit(MemoryLimit::Bytes(memory));
    let mut decoder = options.read_info(bytes).map_err(failed)?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    check_size(FORMAT, width, height, limits)?;
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let frame = decoder
        .read_next_frame()
        .map_err(failed)?
        .ok_or_else(|| damaged(FORMAT, "there is no picture in it"))?;
    let palette = frame
        .palette
        .as_deref()
        .or(global.as_deref())
        .unwrap_or_default();
    let mut table: Table = Box::new([0; 256]);
    for (out, &color) in table.iter_mut().zip(palette.as_chunks::<3>().0) {
        *out = luma::luma(color);
    }
    if let Some(transparent) = frame.transparent {
        table[usize::from(transparent)] = 255;
    }
    // What the frame leaves open is paper.
    let mut pixels = vec![255; width as usize * height as usize];
    let rows = pixels
        .chunks_exact_mut(width as usize)
        .skip(usize::from(frame.top));
    for (row, indices) in rows.zip(frame.buffer.chunks_exact(usize::from(frame.width).max(1))) {
        for (out, &index) in row.iter_mut().skip(usize::from(frame.left)).zip(indices) {
            *out = table[usize::from(index)];
        }
    }
    let gray = crate::from_pixels(width, height, pixels);
    Ok(Stored {
        gray,
        orientation: Orientation::NoTransforms,
    })
}

fn failed(error: DecodingError) -> DecodeError {
    let ends_early = match &error {
        DecodingError::UnexpectedEof => true,
        DecodingError::Io(error) => error.kind() == ErrorKind::UnexpectedEof,
        _ => false,
    };
    if ends_early {
        return DecodeError::Truncated {
            format: FORMAT,
            detail: "the first frame ends early".into(),
        };
    }
    damaged(FORMAT, error)
}
