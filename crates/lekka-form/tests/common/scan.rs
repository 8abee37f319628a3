//! What a scanner makes of a page.

use image::GrayImage;
use lekka_image::{Perspective, Rect, warp_perspective};
use lekka_strokes::{Rng, add_noise, add_uneven_light, blurred, through_jpeg};

/// How a page lies and is scanned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conditions {
    pub(crate) dpi: f64,
    /// Counter-clockwise.
    pub(crate) skew_degrees: f64,
    /// By how much of its side each corner is off.
    pub(crate) perspective: f64,
    pub(crate) shift_mm: f64,
    /// Standard deviation of the grey of a pixel.
    pub(crate) noise: f32,
    /// How much darker the darkest corner is.
    pub(crate) uneven: f32,
    /// Standard deviation in pixels.
    pub(crate) blur: f32,
    pub(crate) jpeg: u8,
    /// How far the scanner's bed reaches beyond the page on each side.
    pub(crate) bed_mm: f64,
}

impl Conditions {
    /// A clean scan.
    pub(crate) fn clean(dpi: f64) -> Self {
        Self {
            dpi,
            skew_degrees: 0.0,
            perspective: 0.0,
            shift_mm: 0.0,
            noise: 0.0,
            uneven: 0.0,
            blur: 0.0,
            jpeg: 100,
            bed_mm: 0.0,
        }
    }

    /// Anything from good to bad: 200 or 300 dpi, turned by up to 3 degrees, corners off by up to 0.6 % of the page,
    /// moved by up to 3 mm, noise, light that falls off by up to a quarter, blur, JPEG of quality 50 to 90, a bed that is
    /// 5 mm larger than the page on each side.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        Self {
            dpi: if rng.below(2) == 0 { 200.0 } else { 300.0 },
            skew_degrees: f64::from(rng.between(-3.0, 3.0)),
            perspective: f64::from(rng.between(0.0, 0.006)),
            shift_mm: f64::from(rng.between(0.0, 3.0)),
            noise: rng.between(0.0, 8.0),
            uneven: rng.between(0.0, 0.25),
            blur: rng.between(0.0, 0.9),
            jpeg: rng.between(50.0, 90.0) as u8,
            bed_mm: 5.0,
        }
    }
}

/// Scans a page that was drawn with `page_dpi` dots per inch. The picture has the size of the bed; what turns out of it is
/// lost.
pub(crate) fn scan(
    page: &GrayImage,
    page_dpi: f64,
    conditions: &Conditions,
    rng: &mut Rng,
) -> GrayImage {
    let scale = conditions.dpi / page_dpi;
    let (w, h) = (f64::from(page.width()), f64::from(page.height()));
    let bed = 2.0 * conditions.bed_mm / 25.4 * conditions.dpi;
    let (width, height) = ((w * scale + bed).round(), (h * scale + bed).round());
    let (sin, cos) = (-conditions.skew_degrees).to_radians().sin_cos();
    let mut off = |reach: f64| f64::from(rng.between(-1.0, 1.0)) * reach;
    let shift = conditions.shift_mm / 25.4 * conditions.dpi;
    let shift = (off(shift), off(shift));
    let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
    let places = corners.map(|(x, y)| {
        let (x, y) = ((x - w / 2.0) * scale, (y - h / 2.0) * scale);
        (
            width / 2.0 + cos * x - sin * y + shift.0 + off(conditions.perspective * width),
            height / 2.0 + sin * x + cos * y + shift.1 + off(conditions.perspective * height),
        )
    });
    let map = Perspective::between(&corners, &places).expect("corners of a page");
    let window = Rect::new(0, 0, width as u32, height as u32);
    // Before it is made smaller, as much blur as a pixel of the scan is wide.
    let soft = blurred(page, (0.35 / scale) as f32);
    let mut picture = warp_perspective(&soft, &map, window, 243);
    picture = blurred(&picture, conditions.blur);
    add_uneven_light(&mut picture, conditions.uneven, rng);
    if conditions.noise > 0.0 {
        add_noise(&mut picture, conditions.noise, rng);
    }
    if conditions.jpeg >= 100 {
        return picture;
    }
    through_jpeg(&picture, conditions.jpeg).expect("a picture that JPEG can store")
}
