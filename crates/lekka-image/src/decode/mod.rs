//! From the bytes of a file to upright grey pictures, within limits.
//!
//! Read are PNG, JPEG, TIFF (all its pages), BMP, PNM, WebP, GIF (the first frame) and, with the
//! feature `pdf`, PDF (all its pages), with 1, 8 or
//! 16 bits, a palette, alpha (laid over white) or CMYK. Colours become luma as in ITU-R BT.601,
//! which is what JPEG stores and `OpenCV` and Pillow compute. Pictures are turned as their EXIF or
//! TIFF orientation says.
//!
//! Nothing of the size of the picture is allocated before the size in its header is known to be
//! within the limits, and a file that ends too early is an error, not a half-grey picture.

mod document;
mod error;
mod gif;
mod jpeg;
mod luma;
mod orientation;
mod other;
#[cfg(feature = "pdf")]
mod pdf;
mod png;
mod tiff;

use crate::Rect;
use image::GrayImage;

pub use document::Document;
pub use error::DecodeError;
pub use image::metadata::Orientation;

/// How much a file may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Pixels of one picture; 100,000,000 by default.
    pub max_pixels: u64,
    /// Pages of one file; 1,000 by default.
    pub max_pages: usize,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_pixels: 100_000_000,
            max_pages: 1000,
        }
    }
}

/// A picture of a file, upright and grey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The pixels, as they are to be looked at.
    pub gray: GrayImage,
    /// Which picture of the file this is, from 0.
    pub page: usize,
    /// Columns of the picture as stored, before it was turned upright.
    pub stored_width: u32,
    /// Rows of the picture as stored.
    pub stored_height: u32,
    /// How the stored picture was turned.
    pub orientation: Orientation,
}

impl Picture {
    /// A box of the upright picture in pixels of the picture as stored.
    ///
    /// ```
    /// use lekka_image::{Picture, Rect, decode::Orientation, grid};
    /// // Stored lying, shown after a quarter turn to the right.
    /// let picture = Picture {
    ///     gray: grid(&["..", ".#", ".."]),
    ///     page: 0,
    ///     stored_width: 3,
    ///     stored_height: 2,
    ///     orientation: Orientation::Rotate90,
    /// };
    /// assert_eq!(picture.to_stored(Rect::new(1, 1, 1, 1)), Rect::new(1, 0, 1, 1));
    /// ```
    pub fn to_stored(&self, upright: Rect) -> Rect {
        orientation::to_stored(
            self.orientation,
            self.stored_width,
            self.stored_height,
            upright,
        )
    }
}

/// Decodes all pictures of a file.
///
/// All are in memory at once, so the limit on pixels holds for their sum as well, times four;
/// [`pages`] gives one at a time.
///
/// # Errors
///
/// When the file is not a picture, is damaged, ends too early, or asks for more than the limits
/// allow.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Vec<Picture>, DecodeError> {
    let limit = limits.max_pixels.saturating_mul(4);
    let mut pictures = Vec::new();
    let mut pixels = 0;
    for picture in pages(bytes, limits)? {
        let picture = picture?;
        pixels += Rect::of(&picture.gray).area();
        pictures.push(picture);
        if pixels > limit {
            return Err(DecodeError::TooLargeTogether {
                pages: pictures.len(),
                pixels,
                limit,
            });
        }
    }
    Ok(pictures)
}

/// The pictures of a file, decoded one at a time as they are asked for. There is at least one. A
/// page that cannot be decoded is an error in its place, and the pages behind it are still given.
///
/// # Errors
///
/// When the file is not a picture or its beginning is damaged.
pub fn pages<'a>(bytes: &'a [u8], limits: &DecodeLimits) -> Result<Pages<'a>, DecodeError> {
    Ok(Pages {
        document: Document::open(bytes, limits)?,
        page: 0,
    })
}

/// The pictures of a file; see [`pages`].
pub struct Pages<'a> {
    document: Document<'a>,
    page: usize,
}

impl Iterator for Pages<'_> {
    type Item = Result<Picture, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page == self.document.page_count() {
            return None;
        }
        self.page += 1;
        Some(self.document.page(self.page - 1))
    }
}

fn single(format: Format, bytes: &[u8], limits: &DecodeLimits) -> Result<Stored, DecodeError> {
    match format {
        Format::Png => png::decode(bytes, limits),
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Gif => gif::decode(bytes, limits),
        other => other::decode(other, bytes, limits),
    }
}

/// A picture as it is in the file.
struct Stored {
    gray: GrayImage,
    orientation: Orientation,
}

impl Stored {
    fn into_picture(self, page: usize) -> Picture {
        let (stored_width, stored_height) = self.gray.dimensions();
        let gray = orientation::upright(self.gray, self.orientation);
        Picture {
            gray,
            page,
            stored_width,
            stored_height,
            orientation: self.orientation,
        }
    }
}

/// The orientation in an EXIF block, with or without its introduction.
fn orientation_in(exif: &[u8]) -> Orientation {
    let block = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(block).unwrap_or(Orientation::NoTransforms)
}

/// Refuses sizes of zero and beyond the limit; to be asked before anything of that size is
/// allocated.
fn check_size(
    format: &'static str,
    width: u32,
    height: u32,
    limits: &DecodeLimits,
) -> Result<(), DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::ZeroSize {
            format,
            width,
            height,
        });
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(DecodeError::TooLarge {
            format,
            width,
            height,
            limit: limits.max_pixels,
        });
    }
    Ok(())
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Png,
    Jpeg,
    Tiff,
    Bmp,
    Pnm,
    WebP,
    Gif,
    Pdf,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Pnm => "PNM",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Pdf => "PDF",
        }
    }

    /// The format by the first bytes of a file.
    fn of(bytes: &[u8]) -> Result<Self, DecodeError> {
        let unread = |format, detail: &str| DecodeError::Unsupported {
            format,
            detail: detail.into(),
        };
        match bytes {
            [] => Err(DecodeError::Empty),
            [0x89, b'P', b'N', b'G', ..] => Ok(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Ok(Self::Tiff),
            [b'B', b'M', ..] => Ok(Self::Bmp),
            [b'P', b'1'..=b'7', b' ' | b'\t' | b'\n' | b'\r' | b'#', ..] => Ok(Self::Pnm),
            [b'G', b'I', b'F', b'8', ..] => Ok(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Ok(Self::WebP),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
                Err(unread("HEIF or AVIF", "an ISO media file"))
            }
            // Some programs write something before it.
            _ if bytes.windows(5).take(1024).any(|bytes| bytes == b"%PDF-") => Ok(Self::Pdf),
            _ => Err(DecodeError::NotAPicture),
        }
    }
}
