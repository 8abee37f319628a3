//! Pixels only: decoding with limits, deskewing, binarisation, denoising and normalisation of
//! scans.
//!
//! Pictures are [`GrayImage`]s: 8-bit grey, row by row from the upper left corner. "Ink picture" or
//! "binary picture" means white ink (255, or anything above 0) on black (0), whatever the colours
//! of the paper were. Coordinates are in pixels, `x` to the right and `y` down; angles are in
//! degrees, positive counter-clockwise as seen.
//!
//! One technique per file:
//!
//! | step | module |
//! |---|---|
//! | file to grey picture | [`decode`](mod@decode) |
//! | which of light and dark is ink | [`polarity`](mod@polarity) |
//! | grey to binary | [`binarize`](mod@binarize) (Otsu), [`sauvola`](mod@sauvola) |
//! | shadows and stains | [`background`] |
//! | specks | [`median`] |
//! | connected ink | [`components`] |
//! | ruled lines | [`morphology`] |
//! | upright | [`deskew`], [`rotate`](mod@rotate), [`slant`] |
//! | other sizes and views | [`resize`], [`enlarge`], [`warp`] |
//! | skeletons | [`thin`](mod@thin) |
//! | one digit as the network wants it | [`normalize`] |
//! | the steps that a page goes through | [`prepare`](mod@prepare) |

pub mod background;
pub mod binarize;
pub mod components;
pub mod decode;
pub mod deskew;
pub mod enlarge;
mod grid;
mod measure;
pub mod median;
pub mod morphology;
pub mod normalize;
pub mod polarity;
pub mod prepare;
mod rect;
pub mod resize;
pub mod rotate;
pub mod sauvola;
pub mod slant;
mod stage;
pub mod thin;
mod upright;
pub mod warp;

pub use binarize::{binarize, histogram, otsu_threshold};
pub use components::{Component, connected_components};
pub use decode::{DecodeError, DecodeLimits, Picture, decode};
pub use deskew::{SkewEstimate, estimate_skew};
pub use grid::{grid, to_text};
pub use image::GrayImage;
pub use median::median_filter;
pub use normalize::normalize_glyph;
pub use polarity::{Polarity, polarity};
pub use prepare::{Preparation, Prepared, Threshold, When, prepare};
pub use rect::{Rect, crop};
pub use resize::{resize_area, resize_bilinear};
pub use rotate::rotate;
pub use sauvola::sauvola;
pub use stage::{Stage, Watcher};
pub use thin::thin;
pub use warp::{Perspective, warp_perspective};

/// A picture around pixels that were counted out for it.
///
/// A wrong count would be a mistake in this crate; it gives an empty picture rather than a panic.
fn from_pixels(width: u32, height: u32, pixels: Vec<u8>) -> GrayImage {
    debug_assert_eq!(pixels.len(), width as usize * height as usize);
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}
