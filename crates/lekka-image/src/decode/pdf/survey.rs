//! What is on a page: whether it is one scan, and the scan's own pixels.

use super::{FORMAT, unpack};
use crate::decode::luma::{self, Channels};
use crate::decode::{DecodeError, DecodeLimits, check_size, error::damaged, jpeg};
use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, LumaData,
    Paint, SoftMask,
};
use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::object::Stream;
use hayro::hayro_syntax::object::dict::keys::{DECODE, MASK, SMASK};
use hayro::kurbo::{Affine, BezPath, Rect, Shape};
use image::GrayImage;
use image::metadata::Orientation;

/// How far, in points, a scan may reach over the page's edge: programs round.
const SLACK: f64 = 2.0;

/// How far the sides of a scan's pixels may differ: a fax of 204x98 dpi has to be drawn.
const SQUARE: f64 = 1.02;

/// What a page consists of.
pub(super) struct Survey<'l> {
    limits: &'l DecodeLimits,
    pictures: Vec<Placed>,
    pixels: u64,
    /// The part of the page that may be drawn on, if there was a clip.
    clip: Option<Rect>,
    /// Whether there is anything but pictures and text that is not shown.
    other: bool,
    error: Option<DecodeError>,
}

/// A picture on the page.
#[derive(Clone, Copy)]
struct Placed {
    width: u32,
    height: u32,
    /// From its pixels to points of the page.
    transform: Affine,
}

impl Placed {
    fn bounds(&self) -> Rect {
        let pixels = Rect::new(0.0, 0.0, f64::from(self.width), f64::from(self.height));
        self.transform.transform_rect_bbox(pixels)
    }

    /// Points per pixel to the right and down.
    fn sides(&self) -> [f64; 2] {
        let [a, b, c, d, ..] = self.transform.as_coeffs();
        [a.hypot(b), c.hypot(d)]
    }

    /// How it has to be turned, if it lies straight on the page and has square pixels.
    fn orientation(&self) -> Option<Orientation> {
        let [a, b, c, d, ..] = self.transform.as_coeffs();
        let [right, down] = self.sides();
        let square = right.max(down) <= SQUARE * right.min(down);
        if !square || right <= 0.0 {
            return None;
        }
        // A scan that a program made upright is turned by a few degrees; we see to that ourselves.
        let (small, large) = (0.1 * right, 0.9 * right);
        let is = |along: f64, across: f64| along.abs() >= large && across.abs() <= small;
        if is(a, b) && is(d, c) {
            Some(match (a > 0.0, d > 0.0) {
                (true, true) => Orientation::NoTransforms,
                (false, true) => Orientation::FlipHorizontal,
                (true, false) => Orientation::FlipVertical,
                (false, false) => Orientation::Rotate180,
            })
        } else if is(b, a) && is(c, d) {
            Some(match (b > 0.0, c > 0.0) {
                (true, false) => Orientation::Rotate90,
                (false, true) => Orientation::Rotate270,
                (true, true) => Orientation::Rotate90FlipH,
                (false, false) => Orientation::Rotate270FlipH,
            })
        } else {
            None
        }
    }
}

impl<'l> Survey<'l> {
    pub(super) fn new(limits: &'l DecodeLimits) -> Self {
        Self {
            limits,
            pictures: Vec::new(),
            pixels: 0,
            clip: None,
            other: false,
            error: None,
        }
    }

    pub(super) fn finish(self) -> Result<Self, DecodeError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// How the one picture that the page consists of is turned.
    pub(super) fn scan(&self, page: Rect) -> Option<Orientation> {
        let [picture] = self.pictures[..] else {
            return None;
        };
        let bounds = picture.bounds();
        let inside = |frame: Rect| frame.inflate(SLACK, SLACK).contains_rect(bounds);
        if self.other || !inside(page) || !self.clip.is_none_or(inside) {
            return None;
        }
        picture.orientation()
    }

    /// The resolution of the finest picture that covers a part of the page worth speaking of.
    pub(super) fn finest_dpi(&self, page: Rect) -> Option<f64> {
        let large = |picture: &&Placed| picture.bounds().area() >= page.area() / 50.0;
        let dpi = self.pictures.iter().filter(large).map(|picture| {
            let [right, down] = picture.sides();
            72.0 / right.min(down).max(1e-3)
        });
        dpi.reduce(f64::max)
    }

    fn picture(&mut self, image: &Image<'_, '_>, transform: Affine) -> Result<(), DecodeError> {
        let (width, height) = (image.width(), image.height());
        check_size(FORMAT, width, height, self.limits)?;
        self.pixels += u64::from(width) * u64::from(height);
        let limit = self.limits.max_pixels.saturating_mul(4);
        if self.pixels > limit {
            return Err(damaged(
                FORMAT,
                format!(
                    "pictures of more than {:.1} megapixels on a page",
                    limit as f64 / 1e6
                ),
            ));
        }
        let stream = match image {
            Image::Stencil(image) => image.stream(),
            Image::Raster(image) => image.stream(),
        };
        unpack::check_picture(stream, self.limits)?;
        for key in [SMASK, MASK] {
            if let Some(mask) = stream.dict().get::<Stream<'_>>(key) {
                unpack::check_picture(&mask, self.limits)?;
            }
        }
        self.pictures.push(Placed {
            width,
            height,
            transform,
        });
        Ok(())
    }
}

impl<'a> Device<'a> for Survey<'_> {
    fn draw_path(&mut self, _: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        // Programs paint the paper white before they put the scan on it.
        let background = self.pictures.is_empty() && is_white(&props.paint);
        if !background && !matches!(mode, DrawMode::Invisible) {
            self.other = true;
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let bounds = clip.path.bounding_box();
        self.clip = Some(self.clip.map_or(bounds, |clip| clip.intersect(bounds)));
        // A clip that is no rectangle cuts corners.
        let rectangle = clip.path.area().abs() >= 0.999 * bounds.area();
        self.other |= !rectangle;
    }

    fn push_transparency_group(
        &mut self,
        opacity: f32,
        mask: Option<SoftMask<'a>>,
        blend_mode: BlendMode,
    ) {
        self.other |= opacity < 1.0 || mask.is_some() || blend_mode != BlendMode::Normal;
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
        // The text of another OCR program lies invisible under the scan.
        self.other |= !matches!(mode, DrawMode::Invisible);
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.other |= props.soft_mask.is_some() || props.blend_mode != BlendMode::Normal;
        if self.error.is_none()
            && let Err(error) = self.picture(&image, props.transform)
        {
            self.error = Some(error);
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

fn is_white(paint: &Paint<'_>) -> bool {
    matches!(paint, Paint::Color(color) if color.to_rgba().to_rgba8() == [255; 4])
}

/// Decodes the one picture of a page.
pub(super) struct Take<'l> {
    limits: &'l DecodeLimits,
    found: Option<Result<Option<GrayImage>, DecodeError>>,
}

impl<'l> Take<'l> {
    pub(super) fn new(limits: &'l DecodeLimits) -> Self {
        Self {
            limits,
            found: None,
        }
    }

    /// The picture; none when it is one that has to be drawn.
    pub(super) fn finish(self) -> Result<Option<GrayImage>, DecodeError> {
        self.found.unwrap_or(Ok(None))
    }
}

impl<'a> Device<'a> for Take<'_> {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}

    fn draw_image(&mut self, image: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.found = Some(pixels(&image, self.limits));
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

fn pixels(image: &Image<'_, '_>, limits: &DecodeLimits) -> Result<Option<GrayImage>, DecodeError> {
    let wanted = (image.width(), image.height());
    let mut found = None;
    match image {
        Image::Raster(raster) => {
            if let Some(gray) = plain_jpeg(raster.stream(), wanted, limits)? {
                return Ok(Some(gray));
            }
            raster.with_rgba(|data, alpha| found = Some(flatten(data, alpha)), None);
        }
        Image::Stencil(stencil) => stencil.with_stencil(
            |mask, paint| {
                let black =
                    matches!(paint, Paint::Color(color) if dark(color.to_rgba().to_rgba8()));
                found = Some(black.then(|| {
                    let pixels = mask.data.iter().map(|&ink| 255 - ink);
                    (mask.width, mask.height, pixels.collect())
                }));
            },
            None,
        ),
    }
    let found = found.ok_or_else(|| damaged(FORMAT, "the picture on the page is damaged"))?;
    let Some((width, height, pixels)) = found else {
        return Ok(None);
    };
    check_size(FORMAT, width, height, limits)?;
    if height < wanted.1 {
        // The decoder keeps the rows that are there.
        return Err(DecodeError::Truncated {
            format: FORMAT,
            detail: format!("{height} of the {} rows of a scan are there", wanted.1),
        });
    }
    Ok(Some(crate::from_pixels(width, height, pixels)))
}

fn dark([r, g, b, alpha]: [u8; 4]) -> bool {
    alpha == 255 && luma::luma([r, g, b]) < 64
}

type Pixels = (u32, u32, Vec<u8>);

/// Luma, laid over white where the picture has alpha of its own size; otherwise it has to be drawn.
fn flatten(data: ImageData, alpha: Option<LumaData>) -> Option<Pixels> {
    let (width, height) = (data.width(), data.height());
    let mut pixels = match data {
        ImageData::Luma(data) => data.data,
        ImageData::Rgb(data) => {
            let mut pixels = vec![0; data.data.len() / 3];
            luma::fold(Channels::Rgb, &data.data, &mut pixels);
            pixels
        }
    };
    if let Some(alpha) = alpha {
        if (alpha.width, alpha.height) != (width, height) {
            return None;
        }
        for (pixel, &alpha) in pixels.iter_mut().zip(&alpha.data) {
            *pixel = luma::over_white(*pixel, alpha);
        }
    }
    (pixels.len() == width as usize * height as usize).then_some((width, height, pixels))
}

/// A JPEG without any of the PDF's own changes to its colours: our decoder takes only its luma, and
/// sees when it ends too early.
fn plain_jpeg(
    stream: &Stream<'_>,
    wanted: (u32, u32),
    limits: &DecodeLimits,
) -> Result<Option<GrayImage>, DecodeError> {
    let dict = stream.dict();
    let changed = [SMASK, MASK, DECODE];
    let plain = stream.filters()[..] == [Filter::DctDecode]
        && !changed.iter().any(|key| dict.contains_key(key));
    if !plain {
        return Ok(None);
    }
    let bytes = stream.raw_data();
    if jpeg::outline(&bytes).size != Some(wanted) {
        return Ok(None);
    }
    match jpeg::decode(&bytes, limits) {
        Ok(stored) => Ok(Some(stored.gray)),
        Err(DecodeError::Unsupported { .. }) => Ok(None),
        Err(error @ DecodeError::TooLarge { .. }) => Err(error),
        Err(error) => Err(damaged(FORMAT, format!("in the scan: {error}"))),
    }
}
