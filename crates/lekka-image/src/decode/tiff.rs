//! TIFF, page by page and strip by strip (or tile by tile).

mod directory;

use super::luma::{self, Channels, Unpacker};
use super::{DecodeError, DecodeLimits, Stored, check_size, error::damaged, jpeg};
use directory::Directory;
use image::metadata::Orientation;
use std::borrow::Cow;
use std::io::{Cursor, ErrorKind};
use tiff::decoder::{ChunkType, Decoder, DecodingSampleType};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, Tag};
use tiff::{ColorType, TiffError, TiffFormatError};

const FORMAT: &str = "TIFF";

type Reader<'a> = Decoder<Cursor<Cow<'a, [u8]>>>;

/// The pages of a file.
pub(super) struct Document<'a> {
    bytes: Cow<'a, [u8]>,
    limits: DecodeLimits,
    /// The directories that are pages, by their place in the file's chain of directories.
    directories: Vec<usize>,
    end: End,
}

/// What is behind the pages that were found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Nothing,
    TooMany,
    /// The chain leads on from the directory of this number, but not to another one.
    Broken(usize),
}

impl<'a> Document<'a> {
    pub(super) fn open(bytes: Cow<'a, [u8]>, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let mut decoder = open(Cow::Borrowed(&*bytes), limits)?;
        let mut directories = Vec::new();
        let mut visited = 0;
        let end = loop {
            // The first page is always taken.
            if visited == 0 || !is_auxiliary(&mut decoder) {
                if directories.len() >= limits.max_pages {
                    break End::TooMany;
                }
                directories.push(visited);
            }
            visited += 1;
            // A chain of thumbnails is work too.
            if visited > limits.max_pages.saturating_mul(2) {
                break End::TooMany;
            }
            if !decoder.more_images() {
                break End::Nothing;
            }
            if decoder.next_image().is_err() {
                break End::Broken(visited - 1);
            }
        };
        drop(decoder);
        Ok(Self {
            bytes,
            limits: limits.clone(),
            directories,
            end,
        })
    }

    pub(super) fn page_count(&self) -> usize {
        self.directories.len() + usize::from(self.end != End::Nothing)
    }

    pub(super) fn page(&self, page: usize) -> Result<Stored, DecodeError> {
        let mut decoder = open(Cow::Borrowed(&*self.bytes), &self.limits)?;
        match (self.directories.get(page), self.end) {
            (Some(&directory), _) => {
                decoder.seek_to_image(directory).map_err(failed)?;
                Page {
                    decoder,
                    limits: &self.limits,
                    directory,
                }
                .read()
            }
            (None, End::Broken(last)) => {
                decoder.seek_to_image(last).map_err(failed)?;
                decoder.next_image().map_err(failed)?;
                Err(damaged(FORMAT, "the way to the next page is lost"))
            }
            (None, _) => Err(DecodeError::TooManyPages {
                format: FORMAT,
                limit: self.limits.max_pages,
            }),
        }
    }
}

/// Whether the current directory is a thumbnail or a mask.
fn is_auxiliary(decoder: &mut Reader) -> bool {
    const THUMBNAIL_OR_MASK: u32 = 0b101;
    let kind = decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType);
    kind.is_ok_and(|kind| kind.is_some_and(|kind| kind & THUMBNAIL_OR_MASK != 0))
}

/// A page whose directory is the decoder's current one.
struct Page<'a> {
    decoder: Reader<'a>,
    limits: &'a DecodeLimits,
    directory: usize,
}

impl Page<'_> {
    fn read(&mut self) -> Result<Stored, DecodeError> {
        let (width, height) = self.decoder.dimensions().map_err(failed)?;
        check_size(FORMAT, width, height, self.limits)?;
        let tag = self
            .decoder
            .find_tag_unsigned::<u8>(Tag::Orientation)
            .unwrap_or_default();
        let orientation = tag
            .and_then(Orientation::from_exif)
            .unwrap_or(Orientation::NoTransforms);
        let pixels = match self.patched()? {
            Some((mut decoder, palette)) => read(&mut decoder, palette)?,
            None => read(&mut self.decoder, None)?,
        };
        Ok(Stored {
            gray: crate::from_pixels(width, height, pixels),
            orientation,
        })
    }

    /// The file again with those tags of this page changed that the decoder does not accept, if
    /// there are any, and the palette: indices into a palette are read as grey values, and a strip
    /// of unlimited height as one of the picture's.
    fn patched(&mut self) -> Result<Option<(Reader<'static>, Option<luma::Table>)>, DecodeError> {
        let (_, height) = self.decoder.dimensions().map_err(failed)?;
        let interpretation = self
            .decoder
            .find_tag_unsigned(Tag::PhotometricInterpretation)
            .map_err(failed)?;
        let is_palette = interpretation == Some(PhotometricInterpretation::RGBPalette.to_u16());
        let rows = self
            .decoder
            .find_tag_unsigned::<u32>(Tag::RowsPerStrip)
            .map_err(failed)?;
        let is_endless = rows.is_some_and(|rows| rows > height);
        let Some(offset) = self
            .decoder
            .ifd_pointer()
            .filter(|_| is_palette || is_endless)
        else {
            return Ok(None);
        };
        let mut bytes = self.decoder.inner().get_ref().to_vec();
        let mut directory = Directory::new(&mut bytes, offset.0);
        let mut table = None;
        if is_palette {
            directory.set(
                Tag::PhotometricInterpretation,
                u32::from(PhotometricInterpretation::BlackIsZero.to_u16()),
            );
            let colors = self
                .decoder
                .get_tag_u16_vec(Tag::ColorMap)
                .map_err(failed)?;
            table = Some(palette(&colors)?);
        }
        if is_endless {
            directory.set(Tag::RowsPerStrip, height);
        }
        let mut decoder = open(Cow::Owned(bytes), self.limits)?;
        decoder.seek_to_image(self.directory).map_err(failed)?;
        Ok(Some((decoder, table)))
    }
}

fn open<'a>(bytes: Cow<'a, [u8]>, limits: &DecodeLimits) -> Result<Reader<'a>, DecodeError> {
    let mut tiff_limits = tiff::decoder::Limits::default();
    // Compressed strips are never larger than the file; what is decoded goes to buffers counted out
    // here.
    tiff_limits.intermediate_buffer_size = bytes.len().max(1 << 20);
    tiff_limits.decoding_buffer_size =
        usize::try_from(limits.max_pixels.saturating_mul(8)).unwrap_or(usize::MAX);
    tiff_limits.ifd_value_size = bytes.len().max(1 << 16);
    Ok(Decoder::new(Cursor::new(bytes))
        .map_err(failed)?
        .with_limits(tiff_limits))
}

/// Reads the decoder's current page into luma. The size is known to be within the limits.
fn read(decoder: &mut Reader, palette: Option<luma::Table>) -> Result<Vec<u8>, DecodeError> {
    let (width, height) = decoder.dimensions().map_err(failed)?;
    let (width, height) = (width as usize, height as usize);
    let mut converter = Converter::new(decoder, palette)?;
    check_chunks(decoder)?;
    let (chunk_width, chunk_height) = decoder.chunk_dimensions();
    let (chunk_width, chunk_height) = (chunk_width as usize, chunk_height as usize);
    if chunk_width > width.next_multiple_of(1 << 12) || chunk_width == 0 || chunk_height == 0 {
        // The decoder allocates whole rows of a tile.
        return Err(damaged(
            FORMAT,
            format!("tiles are {chunk_width} columns wide, the picture {width}"),
        ));
    }
    let (across, down) = (width.div_ceil(chunk_width), height.div_ceil(chunk_height));
    let is_planar = matches!(
        decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration),
        Ok(Some(2))
    );
    let mut planes = vec![
        Plane::default();
        if is_planar {
            converter.channels.count()
        } else {
            1
        }
    ];
    let mut pixels = vec![0; width * height];
    for index in 0..across * down {
        for (i, plane) in planes.iter_mut().enumerate() {
            plane.read(decoder, i * across * down + index)?;
        }
        let (left, top) = (index % across * chunk_width, index / across * chunk_height);
        let columns = chunk_width.min(width - left);
        let rows = pixels.chunks_exact_mut(width).skip(top).take(chunk_height);
        for (y, row) in rows.enumerate() {
            converter.convert(&planes, y, &mut row[left..left + columns])?;
        }
    }
    Ok(pixels)
}

/// The decoded samples of a strip or tile: all of them, or those of one channel.
#[derive(Clone, Default)]
struct Plane {
    bytes: Vec<u8>,
    stride: usize,
}

impl Plane {
    /// Reads strip or tile `index`. Channels are read one by one, because the decoder's own way of
    /// reading them together stops with a failed assertion at incomplete tiles.
    fn read(&mut self, decoder: &mut Reader, index: usize) -> Result<(), DecodeError> {
        let index = index as u32;
        let layout = decoder.image_chunk_buffer_layout(index).map_err(failed)?;
        if !matches!(
            layout.sample_type,
            Some(DecodingSampleType::U8 | DecodingSampleType::U16)
        ) {
            return Err(unsupported(format!(
                "samples of type {:?}",
                layout.sample_type
            )));
        }
        self.stride = layout.row_stride.map_or(0, std::num::NonZero::get);
        self.bytes.clear();
        self.bytes.resize(layout.complete_len, 0);
        decoder
            .read_chunk_bytes(index, &mut self.bytes)
            .map_err(failed)
    }

    /// The first `length` bytes of row `y`.
    fn row(&self, y: usize, length: usize) -> Result<&[u8], DecodeError> {
        let start = y * self.stride;
        self.bytes
            .get(start..start + length)
            .ok_or_else(|| damaged(FORMAT, "a strip or tile is shorter than its rows"))
    }
}

/// Refuses compressed strips or tiles that reach beyond the file, and JPEGs in them that are larger
/// than they.
fn check_chunks(decoder: &mut Reader) -> Result<(), DecodeError> {
    let (offsets, counts) = match decoder.get_chunk_type() {
        ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
        ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
    };
    let offsets = decoder.get_tag_u64_vec(offsets).map_err(failed)?;
    let counts = decoder.get_tag_u64_vec(counts).map_err(failed)?;
    let compression = decoder
        .find_tag_unsigned(Tag::Compression)
        .map_err(failed)?
        .unwrap_or(1);
    if compression == CompressionMethod::None.to_u16() {
        // Plain strips are read to their end anyway, and many programs write counts that are too
        // large.
        return Ok(());
    }
    let is_jpeg = compression == CompressionMethod::ModernJPEG.to_u16();
    let (width, height) = decoder.chunk_dimensions();
    let (_, picture_height) = decoder.dimensions().map_err(failed)?;
    let height = height.min(picture_height);
    let bytes = decoder.inner().get_ref();
    for (&offset, &count) in offsets.iter().zip(&counts) {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
        let Some(chunk) = bytes.get(start..end) else {
            let detail = format!(
                "picture data up to byte {end} is missing, the file has {}",
                bytes.len()
            );
            return Err(DecodeError::Truncated {
                format: FORMAT,
                detail,
            });
        };
        if is_jpeg
            && let Some((w, h)) = jpeg::outline(chunk).size
            && (w > width.next_multiple_of(16) || h > height.next_multiple_of(16))
        {
            return Err(damaged(
                FORMAT,
                format!("a {w}x{h} JPEG stands for a part of {width}x{height}"),
            ));
        }
    }
    Ok(())
}

/// Turns rows of the decoder's buffers into luma.
struct Converter {
    channels: Channels,
    sixteen: bool,
    /// For up to 8 bits in one sample.
    unpacker: Option<Unpacker>,
    /// Samples per pixel in the buffer, the unused ones included.
    stored: usize,
    /// The samples that are used, side by side, if the buffer does not have them so.
    gathered: Vec<u8>,
    narrowed: Vec<u8>,
}

impl Converter {
    fn new(decoder: &mut Reader, palette: Option<luma::Table>) -> Result<Self, DecodeError> {
        let color = decoder.colortype().map_err(failed)?;
        let premultiplied = matches!(
            decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples),
            Ok(Some(extra)) if extra.first() == Some(&1)
        );
        let has_alpha = matches!(
            decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples),
            Ok(Some(extra)) if matches!(extra.first(), Some(1 | 2))
        );
        let (channels, bits, stored) = match color {
            ColorType::Gray(bits) => (Channels::Gray, bits, 1),
            ColorType::Multiband {
                bit_depth,
                num_samples: stored @ 2..=8,
            } => {
                let channels = match (has_alpha, premultiplied) {
                    (false, _) => Channels::Gray,
                    (true, false) => Channels::GrayAlpha,
                    (true, true) => Channels::PremultipliedGrayAlpha,
                };
                (channels, bit_depth, usize::from(stored))
            }
            ColorType::GrayA(bits) => (Channels::GrayAlpha, bits, 2),
            ColorType::RGB(bits) => (Channels::Rgb, bits, 3),
            ColorType::RGBA(bits) if premultiplied => (Channels::PremultipliedRgba, bits, 4),
            ColorType::RGBA(bits) => (Channels::Rgba, bits, 4),
            ColorType::CMYK(bits) => (Channels::Cmyk, bits, 4),
            ColorType::CMYKA(bits) => (Channels::CmykAlpha, bits, 5),
            // The first of the three is the luma.
            ColorType::YCbCr(bits) => (Channels::Gray, bits, 3),
            other => return Err(unsupported(format!("colours {other:?}"))),
        };
        let single = stored == 1;
        let unpacker = match bits {
            1 | 2 | 4 | 8 if single => Some(Unpacker::new(
                bits,
                palette.unwrap_or_else(|| luma::gray_table(bits)),
            )),
            8 => None,
            16 if palette.is_none() => None,
            _ => return Err(unsupported(format!("{bits} bits per sample"))),
        };
        Ok(Self {
            channels,
            sixteen: bits == 16,
            unpacker,
            stored,
            gathered: Vec::new(),
            narrowed: Vec::new(),
        })
    }

    /// Row `y` of a strip or tile.
    fn convert(&mut self, planes: &[Plane], y: usize, out: &mut [u8]) -> Result<(), DecodeError> {
        let Some(first) = planes.first() else {
            return Ok(());
        };
        if let Some(unpacker) = &self.unpacker {
            unpacker.unpack(first.row(y, first.stride)?, out);
            return Ok(());
        }
        let sample = if self.sixteen { 2 } else { 1 };
        let (used, columns) = (self.channels.count(), out.len());
        let samples = if planes.len() > 1 {
            self.gathered.resize(columns * used * sample, 0);
            for (channel, plane) in planes.iter().enumerate() {
                let row = plane.row(y, columns * sample)?;
                let targets = self
                    .gathered
                    .chunks_exact_mut(sample)
                    .skip(channel)
                    .step_by(used);
                targets
                    .zip(row.chunks_exact(sample))
                    .for_each(|(out, v)| out.copy_from_slice(v));
            }
            &self.gathered
        } else if used == self.stored {
            first.row(y, columns * used * sample)?
        } else {
            self.gathered.clear();
            let row = first.row(y, columns * self.stored * sample)?;
            for pixel in row.chunks_exact(self.stored * sample) {
                self.gathered.extend_from_slice(&pixel[..used * sample]);
            }
            &self.gathered
        };
        if self.sixteen {
            luma::narrow_all(samples, u16::from_ne_bytes, &mut self.narrowed);
            luma::fold(self.channels, &self.narrowed, out);
        } else {
            luma::fold(self.channels, samples, out);
        }
        Ok(())
    }
}

/// The luma of each palette entry; the file holds all reds, then all greens, then all blues, 16
/// bits each.
fn palette(colors: &[u16]) -> Result<luma::Table, DecodeError> {
    let entries = colors.len() / 3;
    if entries == 0 || entries > 256 || !colors.len().is_multiple_of(3) {
        return Err(damaged(
            FORMAT,
            format!("a palette of {} values", colors.len()),
        ));
    }
    // Of 8-bit values, programs write 257 times, 256 times or just as much.
    let eight_bits = colors.iter().all(|&value| value < 256);
    let value = |i: usize| {
        if eight_bits {
            colors[i] as u8
        } else {
            (colors[i] >> 8) as u8
        }
    };
    let mut table = Box::new([0; 256]);
    for (i, out) in table.iter_mut().enumerate().take(entries) {
        *out = luma::luma([value(i), value(i + entries), value(i + 2 * entries)]);
    }
    Ok(table)
}

fn unsupported(detail: String) -> DecodeError {
    DecodeError::Unsupported {
        format: FORMAT,
        detail,
    }
}

fn failed(error: TiffError) -> DecodeError {
    match error {
        TiffError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            DecodeError::Truncated {
                format: FORMAT,
                detail: "the data ends early".into(),
            }
        }
        TiffError::FormatError(TiffFormatError::InvalidDimensions(width, height)) => {
            DecodeError::ZeroSize {
                format: FORMAT,
                width,
                height,
            }
        }
        TiffError::UnsupportedError(error) => unsupported(error.to_string()),
        other => damaged(FORMAT, other),
    }
}
