//! Why a file gave no picture.

/// Why a file could not be decoded, by kind. The messages say what to do; they leave out which
/// file, the caller knows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are of no format that is read.
    #[error(
        "not a picture: the first bytes are of none of PNG, JPEG, TIFF, BMP, PNM, WebP, GIF, PDF; convert it to PNG"
    )]
    NotAPicture,
    /// There are no bytes.
    #[error("the file is empty; save or copy it again")]
    Empty,
    /// The file ends before the picture does.
    #[error("truncated {format} file ({detail}); copy or download it again")]
    Truncated {
        /// The format's name.
        format: &'static str,
        /// What the decoder was reading.
        detail: String,
    },
    /// The file breaks the rules of its format.
    #[error(
        "damaged {format} file ({detail}); save it again with another program or copy it again"
    )]
    Damaged {
        /// The format's name.
        format: &'static str,
        /// What the decoder found.
        detail: String,
    },
    /// The picture has no rows or no columns.
    #[error(
        "the {format} picture is {width}x{height} pixels, so there is nothing in it; save it again"
    )]
    ZeroSize {
        /// The format's name.
        format: &'static str,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The picture has more pixels than the limit.
    #[error(
        "the {format} picture is {width}x{height} pixels, {:.1} megapixels, and the limit is {:.1}; \
         scale it down or raise --max-megapixels",
        f64::from(*width) * f64::from(*height) / 1e6, *limit as f64 / 1e6
    )]
    TooLarge {
        /// The format's name.
        format: &'static str,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// The limit in pixels.
        limit: u64,
    },
    /// The pages of a file have too many pixels together.
    #[error(
        "the first {pages} pages of the file have {:.1} megapixels together, and the limit for all \
         at once is {:.1}; split the file or raise --max-megapixels",
        *pixels as f64 / 1e6, *limit as f64 / 1e6
    )]
    TooLargeTogether {
        /// The pages decoded so far.
        pages: usize,
        /// Their pixels.
        pixels: u64,
        /// The limit in pixels.
        limit: u64,
    },
    /// The file has more pages than the limit.
    #[error("the {format} file has more than {limit} pages; split it")]
    TooManyPages {
        /// The format's name.
        format: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The file can only be opened with a password.
    #[error("the {format} is protected by a password; save a copy of it without one")]
    Protected {
        /// The format's name.
        format: &'static str,
    },
    /// A page was asked for that the file does not have.
    #[error("there is no page {page}, the file has {pages}; ask for another")]
    NoSuchPage {
        /// The number of the page, from 1.
        page: usize,
        /// How many there are.
        pages: usize,
    },
    /// A rare variant of the format.
    #[error("this kind of {format} is not read ({detail}); convert it to PNG")]
    Unsupported {
        /// The format's name.
        format: &'static str,
        /// What is not read.
        detail: String,
    },
}

/// A [`DecodeError::Damaged`] with whatever the decoder says.
pub(super) fn damaged(format: &'static str, detail: impl std::fmt::Display) -> DecodeError {
    DecodeError::Damaged {
        format,
        detail: detail.to_string(),
    }
}
