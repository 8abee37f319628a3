//! PNG, row by row straight to grey: no detour over RGBA for a scan of one bit per pixel.

use super::luma::{self, Channels, Unpacker};
use super::{DecodeError, DecodeLimits, Stored, check_size, error::damaged, orientation_in};
use image::metadata::Orientation;
use png::{BitDepth, ColorType, DecodingError, Info, Limits};
use std::io::{Cursor, ErrorKind};

const FORMAT: &str = "PNG";

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Stored, DecodeError> {
    if let Some((width, height)) = size(bytes) {
        check_size(FORMAT, width, height, limits)?;
    }
    // One row may be as long as the picture is large, at 16 bits and four channels.
    let row_limit = limits.max_pixels.saturating_mul(8).saturating_add(1 << 26);
    let row_limit = Limits {
        bytes: usize::try_from(row_limit).unwrap_or(usize::MAX),
    };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), row_limit);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(failed)?;

    let info = reader.info();
    let (width, height) = info.size();
    check_size(FORMAT, width, height, limits)?;
    if info
        .frame_control
        .is_some_and(|frame| (frame.width, frame.height) != (width, height))
    {
        return Err(damaged(
            FORMAT,
            "the first frame is not as large as the picture",
        ));
    }
    let interlaced = info.interlaced;
    let mut converter = Converter::new(info);
    let mut row = vec![0; reader.output_line_size(width).ok_or_else(too_wide)?];
    let mut next_row = |row: &mut [u8]| match reader.read_row(row) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(damaged(FORMAT, "there are fewer rows than the header says")),
        Err(error) => Err(failed(error)),
    };
    let mut pixels = vec![0; width as usize * height as usize];
    if interlaced {
        let mut line = vec![0; width as usize];
        for pass in PASSES {
            let (columns, lines) = (pass.columns(width), pass.lines(height));
            // A pass without columns has no rows in the file either.
            for i in (0..lines).filter(|_| columns > 0) {
                next_row(&mut row)?;
                converter.convert(&row, &mut line[..columns]);
                let start = (pass.y + i * pass.dy) * width as usize;
                let targets = pixels[start..start + width as usize]
                    .iter_mut()
                    .skip(pass.x);
                targets
                    .step_by(pass.dx)
                    .zip(&line)
                    .for_each(|(out, &v)| *out = v);
            }
        }
    } else {
        for line in pixels.chunks_exact_mut(width as usize) {
            next_row(&mut row)?;
            converter.convert(&row, line);
        }
    }
    // Only now is it known that nothing is missing; damage in comments behind the picture does not
    // matter.
    match reader.finish() {
        Err(error) if is_end(&error) => return Err(failed(error)),
        _ => {}
    }
    let exif = reader.info().exif_metadata.as_deref();
    let orientation = exif.map_or(Orientation::NoTransforms, orientation_in);
    Ok(Stored {
        gray: crate::from_pixels(width, height, pixels),
        orientation,
    })
}

/// Width and height from the header, without a decoder.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(12..24)?;
    let (name, header) = header.split_first_chunk::<4>()?;
    let (width, height) = header.split_first_chunk::<4>()?;
    let height = height.first_chunk::<4>()?;
    (name == b"IHDR").then(|| (u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

fn is_end(error: &DecodingError) -> bool {
    matches!(error, DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof)
}

fn too_wide() -> DecodeError {
    damaged(FORMAT, "a row is longer than this machine can address")
}

fn failed(error: DecodingError) -> DecodeError {
    if is_end(&error) {
        return DecodeError::Truncated {
            format: FORMAT,
            detail: "the picture's data ends early".into(),
        };
    }
    damaged(FORMAT, error)
}

/// One of the seven passes of an interlaced picture: first column and row, and the steps.
struct Pass {
    x: usize,
    y: usize,
    dx: usize,
    dy: usize,
}

impl Pass {
    const fn new(x: usize, y: usize, dx: usize, dy: usize) -> Self {
        Self { x, y, dx, dy }
    }

    fn columns(&self, width: u32) -> usize {
        (width as usize).saturating_sub(self.x).div_ceil(self.dx)
    }

    fn lines(&self, height: u32) -> usize {
        (height as usize).saturating_sub(self.y).div_ceil(self.dy)
    }
}

/// Adam7, section 8.2 of the PNG specification.
const PASSES: [Pass; 7] = [
    Pass::new(0, 0, 8, 8),
    Pass::new(4, 0, 8, 8),
    Pass::new(0, 4, 4, 8),
    Pass::new(2, 0, 4, 4),
    Pass::new(0, 2, 2, 4),
    Pass::new(1, 0, 2, 2),
    Pass::new(0, 1, 1, 2),
];

/// Turns a row of the file into luma.
enum Converter {
    /// Up to 8 bits in one sample: grey or palette.
    Single(Unpacker),
    /// Several samples, or 16 bits.
    Several {
        channels: Channels,
        sixteen: bool,
        /// The one colour that is transparent, as it stands in the row.
        transparent: Option<Vec<u8>>,
        narrowed: Vec<u8>,
    },
}

impl Converter {
    fn new(info: &Info) -> Self {
        let sixteen = info.bit_depth == BitDepth::Sixteen;
        let key = info.trns.as_deref();
        match info.color_type {
            ColorType::Indexed => Self::Single(Unpacker::new(info.bit_depth as u8, palette(info))),
            ColorType::Grayscale if !sixteen => {
                let mut table = luma::gray_table(info.bit_depth as u8);
                if let Some(&[value, ..]) = key {
                    table[usize::from(value)] = 255;
                }
                Self::Single(Unpacker::new(info.bit_depth as u8, table))
            }
            color => {
                let channels = match color {
                    ColorType::GrayscaleAlpha => Channels::GrayAlpha,
                    ColorType::Rgb => Channels::Rgb,
                    ColorType::Rgba => Channels::Rgba,
                    ColorType::Grayscale | ColorType::Indexed => Channels::Gray,
                };
                // The decoder has cut the key to the picture's depth.
                let length = channels.count() * if sixteen { 2 } else { 1 };
                let transparent = key.filter(|key| key.len() == length).map(<[u8]>::to_vec);
                Self::Several {
                    channels,
                    sixteen,
                    transparent,
                    narrowed: Vec::new(),
                }
            }
        }
    }

    fn convert(&mut self, row: &[u8], out: &mut [u8]) {
        match self {
            Self::Single(unpacker) => unpacker.unpack(row, out),
            Self::Several {
                channels,
                sixteen,
                transparent,
                narrowed,
            } => {
                if *sixteen {
                    let bytes = (out.len() * channels.count() * 2).min(row.len());
                    luma::narrow_all(&row[..bytes], u16::from_be_bytes, narrowed);
                    luma::fold(*channels, narrowed, out);
                } else {
                    luma::fold(*channels, row, out);
                }
                if let Some(key) = transparent {
                    for (out, pixel) in out.iter_mut().zip(row.chunks_exact(key.len())) {
                        if pixel == key.as_slice() {
                            *out = 255;
                        }
                    }
                }
            }
        }
    }
}

/// The luma of each entry of the palette over white; entries that are missing are black.
fn palette(info: &Info) -> luma::Table {
    let mut table = Box::new([0; 256]);
    let colors = info
        .palette
        .as_deref()
        .unwrap_or_default()
        .as_chunks::<3>()
        .0;
    let alphas = info.trns.as_deref().unwrap_or_default();
    for (i, (out, &color)) in table.iter_mut().zip(colors).enumerate() {
        *out = luma::over_white(luma::luma(color), alphas.get(i).copied().unwrap_or(255));
    }
    table
}
