//! PDF, page by page: of a page that is one scan the picture as it is embedded, of any other what the
//! page looks like.

mod survey;
mod unpack;

use self::survey::{Survey, Take};
use super::{DecodeError, DecodeLimits, Stored, check_size, error::damaged};
use hayro::hayro_interpret::{
    Context, Device, InterpreterCache, InterpreterSettings, InterpreterWarning, TransformExt,
    interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::kurbo::{Affine, Rect};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::metadata::Orientation;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const FORMAT: &str = "PDF";

/// Dots per inch at which a page without pictures is drawn.
const DRAWN_DPI: f64 = 300.0;

/// The range for pages with pictures, which are drawn at the resolution of the finest.
const FINEST_DPI: f64 = 600.0;
const COARSEST_DPI: f64 = 150.0;

/// The pages of a file.
pub(super) struct Document {
    pdf: Pdf,
    limits: DecodeLimits,
}

impl Document {
    pub(super) fn open(bytes: Vec<u8>, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        unpack::check_structure(&bytes)?;
        let pdf = guarded(|| Pdf::new(bytes))?.map_err(|error| match error {
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
                DecodeError::Protected { format: FORMAT }
            }
            LoadPdfError::Decryption(error) => DecodeError::Unsupported {
                format: FORMAT,
                detail: format!("its encryption: {error:?}"),
            },
            LoadPdfError::Invalid => damaged(FORMAT, "no pages can be found in it"),
        })?;
        if pdf.pages().is_empty() {
            return Err(damaged(FORMAT, "it has no pages"));
        }
        guarded(|| unpack::check_streams(&pdf))??;
        Ok(Self {
            pdf,
            limits: limits.clone(),
        })
    }

    pub(super) fn page_count(&self) -> usize {
        // One more stands for all that are too many.
        let most = self.limits.max_pages.saturating_add(1);
        self.pdf.pages().len().min(most)
    }

    pub(super) fn page(&self, number: usize) -> Result<Stored, DecodeError> {
        if number >= self.limits.max_pages {
            return Err(DecodeError::TooManyPages {
                format: FORMAT,
                limit: self.limits.max_pages,
            });
        }
        let pages = self.pdf.pages();
        let page = pages
            .get(number)
            .ok_or_else(|| damaged(FORMAT, "a page is not there any more"))?;
        guarded(|| decode(page, &self.limits))?
    }
}

/// A mistake in the PDF crates ends in an error like any other: the file is from a stranger.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| damaged(FORMAT, "it asks for something that cannot be drawn"))
}

fn decode(page: &Page<'_>, limits: &DecodeLimits) -> Result<Stored, DecodeError> {
    let mut survey = Survey::new(limits);
    interpret(page, &mut survey, settings(&Arc::default()));
    let survey = survey.finish()?;
    if let Some(scan) = survey.scan(frame(page)) {
        let mut take = Take::new(limits);
        interpret(page, &mut take, settings(&Arc::default()));
        if let Some(gray) = take.finish()? {
            return Ok(Stored {
                gray,
                orientation: scan,
            });
        }
    }
    draw(page, survey.finest_dpi(frame(page)), limits)
}

/// The page in points, `y` down, turned as it is to be looked at.
fn frame(page: &Page<'_>) -> Rect {
    let (width, height) = page.render_dimensions();
    Rect::new(0.0, 0.0, f64::from(width), f64::from(height))
}

fn interpret<'a>(page: &Page<'a>, device: &mut impl Device<'a>, settings: InterpreterSettings) {
    let transform: Affine = page.initial_transform(true).to_kurbo();
    let cache = InterpreterCache::new();
    let mut context = Context::new(transform, frame(page), &cache, page.xref(), settings);
    interpret_page(page, &mut context, device);
}

/// Text in fonts that are not embedded is left out: it is printed, and no digit that is to be read.
fn settings(failed: &Arc<AtomicBool>) -> InterpreterSettings {
    let failed = failed.clone();
    InterpreterSettings {
        warning_sink: Arc::new(move |warning| {
            if matches!(warning, InterpreterWarning::ImageDecodeFailure) {
                failed.store(true, Ordering::Relaxed);
            }
        }),
        ..InterpreterSettings::default()
    }
}

fn draw(page: &Page<'_>, dpi: Option<f64>, limits: &DecodeLimits) -> Result<Stored, DecodeError> {
    let dpi = dpi.map_or(DRAWN_DPI, |dpi| dpi.clamp(COARSEST_DPI, FINEST_DPI));
    let scale = dpi / 72.0;
    let frame = frame(page);
    let side = |points: f64| (points * scale).round().max(1.0) as u32;
    let (width, height) = (side(frame.width()), side(frame.height()));
    check_size(FORMAT, width, height, limits)?;
    if width > u32::from(u16::MAX) || height > u32::from(u16::MAX) {
        return Err(DecodeError::Unsupported {
            format: FORMAT,
            detail: format!("a page of {width}x{height} pixels at {dpi:.0} dpi"),
        });
    }
    let failed = Arc::new(AtomicBool::new(false));
    // The renderer cuts off what is behind the point.
    let exactly = |pixels: u32, points: f64| ((f64::from(pixels) + 0.01) / points) as f32;
    let pixmap = render(
        page,
        &RenderCache::new(),
        &settings(&failed),
        &RenderSettings::default(),
        &PixmapSettings {
            x_scale: exactly(width, frame.width()),
            y_scale: exactly(height, frame.height()),
            bg_color: WHITE,
        },
    );
    if failed.load(Ordering::Relaxed) {
        return Err(damaged(FORMAT, "a picture on the page is damaged"));
    }
    let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
    check_size(FORMAT, width, height, limits)?;
    let pixels = pixmap
        .data()
        .iter()
        .map(|p| super::luma::luma([p.r, p.g, p.b]));
    Ok(Stored {
        gray: crate::from_pixels(width, height, pixels.collect()),
        orientation: Orientation::NoTransforms,
    })
}
