//! A file with its pages, of which each can be decoded on its own.

#[cfg(feature = "pdf")]
use super::pdf;
use super::{DecodeError, DecodeLimits, Format, Picture, single, tiff};
use std::borrow::Cow;

/// A file whose pages are decoded one at a time, in any order, and by several threads at once if
/// need be: it is `Send` and `Sync`.
///
/// ```
/// use lekka_image::{DecodeLimits, decode::Document};
/// let document = Document::open(&b"P2 2 1 255  0 255"[..], &DecodeLimits::default())?;
/// assert_eq!(document.page_count(), 1);
/// assert_eq!(document.page(0)?.gray.as_raw(), &[0, 255]);
/// # Ok::<(), lekka_image::DecodeError>(())
/// ```
pub struct Document<'a> {
    source: Source<'a>,
    limits: DecodeLimits,
}

enum Source<'a> {
    Single(Format, Cow<'a, [u8]>),
    Tiff(tiff::Document<'a>),
    #[cfg(feature = "pdf")]
    Pdf(Box<pdf::Document>),
}

impl<'a> Document<'a> {
    /// Finds out how many pages there are; decodes none of them. The bytes may be borrowed or
    /// handed over.
    ///
    /// # Errors
    ///
    /// When the file is not a picture or its beginning is damaged.
    pub fn open(
        bytes: impl Into<Cow<'a, [u8]>>,
        limits: &DecodeLimits,
    ) -> Result<Self, DecodeError> {
        let bytes = bytes.into();
        let source = match Format::of(&bytes)? {
            Format::Tiff => Source::Tiff(tiff::Document::open(bytes, limits)?),
            #[cfg(feature = "pdf")]
            Format::Pdf => Source::Pdf(Box::new(pdf::Document::open(bytes.into_owned(), limits)?)),
            #[cfg(not(feature = "pdf"))]
            Format::Pdf => {
                return Err(DecodeError::Unsupported {
                    format: Format::Pdf.name(),
                    detail: "this program was built without the feature `pdf`".into(),
                });
            }
            format => Source::Single(format, bytes),
        };
        Ok(Self {
            source,
            limits: limits.clone(),
        })
    }

    /// How many pages can be asked for, at least 1. When a file has more than the limit, or the way
    /// to further pages is damaged, the last of them is an error that says so.
    pub fn page_count(&self) -> usize {
        match &self.source {
            Source::Single(..) => 1,
            Source::Tiff(document) => document.page_count(),
            #[cfg(feature = "pdf")]
            Source::Pdf(document) => document.page_count(),
        }
    }

    /// Decodes a page, counted from 0.
    ///
    /// # Errors
    ///
    /// When the page is damaged, ends too early, asks for more than the limits allow, or is not
    /// there.
    pub fn page(&self, page: usize) -> Result<Picture, DecodeError> {
        let pages = self.page_count();
        if page >= pages {
            return Err(DecodeError::NoSuchPage {
                page: page.saturating_add(1),
                pages,
            });
        }
        let stored = match &self.source {
            Source::Single(format, bytes) => single(*format, bytes, &self.limits)?,
            Source::Tiff(document) => document.page(page)?,
            #[cfg(feature = "pdf")]
            Source::Pdf(document) => document.page(page)?,
        };
        Ok(stored.into_picture(page))
    }
}
