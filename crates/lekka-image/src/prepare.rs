//! A page made ready for finding digits on it: even light, no specks, one good threshold, upright.
//!
//! Each step is a function of its own elsewhere in this crate; here is the order, and when a step is
//! taken. What is taken by itself is what gains digits on degraded pages, as `docs/preprocessing.md`
//! has it.

use crate::background::Background;
use crate::binarize::{invert, otsu_threshold_of};
use crate::enlarge::enlarge;
use crate::measure::{lone_share, roughness, softness, usual_thickness};
use crate::median::median_filter;
use crate::upright::make_upright;
use crate::{
    GrayImage, Perspective, Polarity, Rect, SkewEstimate, Watcher, histogram, otsu_threshold,
    polarity, sauvola,
};
use std::borrow::Cow;

/// When a step is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum When {
    /// Not at all.
    Never,
    /// Where the picture needs it.
    #[default]
    Auto,
    /// On every picture.
    Always,
}

/// How ink is told from paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Threshold {
    /// Otsu's, or Sauvola's where Otsu's takes much paper for ink.
    #[default]
    Auto,
    /// One for the whole page, by Otsu.
    Otsu,
    /// One for each pixel, by Sauvola.
    Sauvola,
}

/// How a page is prepared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    /// Which of light and dark is ink; `None` finds out.
    pub polarity: Option<Polarity>,
    /// Whether pages of small writing are made larger.
    pub enlarge: When,
    /// Whether uneven light and stains are evened out.
    pub light: When,
    /// Whether specks are taken out by a median filter.
    pub median: When,
    /// How ink is told from paper.
    pub threshold: Threshold,
    /// Whether a skewed page is turned upright. Never by an angle that is not sure.
    pub upright: When,
}

impl Preparation {
    /// No step at all: the page as it came.
    pub const NONE: Self = Self {
        polarity: None,
        enlarge: When::Never,
        light: When::Never,
        median: When::Never,
        threshold: Threshold::Otsu,
        upright: When::Never,
    };
}

/// A page that is ready.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    /// The page; the one given when nothing was to be done.
    pub image: Cow<'a, GrayImage>,
    /// Which of light and dark is ink on it; `None` when the picture is too small for a page, and
    /// was left as it is.
    pub polarity: Option<Polarity>,
    /// How far the page was found to be turned; unknown where it was not looked for, as in a small picture with hardly
    /// any ink.
    pub skew: SkewEstimate,
    /// How far its content was turned on the picture given, in degrees, positive counter-clockwise; 0
    /// when it was not made upright.
    pub turned_degrees: f64,
    /// Takes points of the picture given to points of the page.
    pub map: Perspective,
}

impl Prepared<'_> {
    /// The upright box on the picture given around a box on the page, within the picture.
    pub fn to_given(&self, bounds: Rect, width: u32, height: u32) -> Rect {
        if self.map == Perspective::IDENTITY {
            return bounds;
        }
        self.map.inverse().map_or(bounds, |back| {
            crate::warp::bounds_under(&back, bounds, width, height)
        })
    }
}

/// Pictures with a shorter side than this, in pixels, are no pages: a digit or two.
const SMALLEST_PAGE: u32 = 64;

/// Light that differs by more than this (see [`Background::unevenness`]) is evened.
const UNEVEN: f64 = 0.12;

/// The share of the tiles that a threshold may make mostly ink.
const MOST_FULL: f64 = 0.015;

/// Tiles are so many strokes wide at least.
const STROKES_IN_TILE: u32 = 6;

/// From this share of lone pixels among the ink on, specks are taken out.
pub(crate) const SPECKLED: f64 = 0.03;

/// Strokes that are wider than this, in pixels, and softer (see [`softness`]) are blurred: Sauvola's threshold keeps faint
/// ones that Otsu's loses.
const WIDE: u32 = 4;
const SOFT: f64 = 0.35;

/// On paper rougher than this (see [`roughness`]), Sauvola's threshold takes noise for ink.
const ROUGH: f64 = 0.05;

/// Strokes must be so many pixels thick on average for the median not to take them all.
const THICK_ENOUGH: u32 = 2;

/// Sauvola's `k` for a page whose contrast was stretched.
const SAUVOLA_K: f64 = 0.25;

/// Prepares a page; `watcher` sees the stages `grey`, `enlarged`, `light`, `median`, `threshold` and `upright`.
///
/// Never fails. A picture whose shorter side is below 64 pixels is left as it is.
///
/// ```
/// use lekka_image::{GrayImage, Watcher, prepare::{Preparation, prepare}};
/// // Ruled paper, turned by 10 degrees, in the shade on the right.
/// let page = GrayImage::from_fn(400, 300, |x, y| {
///     let down = f64::from(y) + f64::from(x) * 10_f64.to_radians().tan();
///     let light = 240.0 - f64::from(x) / 4.0;
///     image::Luma([if down as u32 % 30 < 2 { light / 4.0 } else { light } as u8])
/// });
/// let mut stages = Vec::new();
/// let ready = prepare(&page, &Preparation::default(), &mut Watcher::new(&mut stages));
/// assert!((ready.turned_degrees - 10.0).abs() < 0.3);
/// let changed: Vec<&str> = stages.iter().filter(|s| s.image.is_some()).map(|s| s.name).collect();
/// assert_eq!(changed, ["grey", "light", "upright"]);
/// ```
pub fn prepare<'a>(
    image: &'a GrayImage,
    options: &Preparation,
    watcher: &mut Watcher<'_>,
) -> Prepared<'a> {
    watcher.see("grey", || {
        let (width, height) = image.dimensions();
        (format!("{width} x {height} pixels"), Some(image.clone()))
    });
    let mut page = Prepared {
        image: Cow::Borrowed(image),
        polarity: None,
        skew: SkewEstimate::UNKNOWN,
        turned_degrees: 0.0,
        map: Perspective::IDENTITY,
    };
    if image.width().min(image.height()) < SMALLEST_PAGE {
        page.polarity = options.polarity;
        return page;
    }
    let Some(mut background) = Background::of(image) else {
        return page;
    };
    let known = options.polarity.or_else(|| {
        // Shadows mislead a threshold over the whole page.
        let shaded = background.unevenness() > UNEVEN;
        let dark = shaded.then(|| background.has_dark_ink()).flatten();
        dark.filter(|dark| *dark).map(|_| Polarity::DarkOnLight)
    });
    if known.unwrap_or_else(|| polarity(image)) == Polarity::LightOnDark {
        page.image = Cow::Owned(invert(image));
        watcher.see("inverted", || {
            (
                "light ink on dark, exchanged".to_owned(),
                Some(page.image.clone().into_owned()),
            )
        });
        match Background::of(&page.image) {
            Some(of_inverted) => background = of_inverted,
            None => return page,
        }
    }
    page.polarity = Some(Polarity::DarkOnLight);
    if enlarge(&mut page, options.enlarge, watcher) {
        match Background::of(&page.image) {
            Some(of_enlarged) => background = of_enlarged,
            None => return page,
        }
    }
    let mut look = Look::of(&page.image, background);
    if let Some(even) = look.evened(&page.image, options.light, watcher) {
        page.image = Cow::Owned(even);
        look = match Background::in_tiles(&page.image, look.background.tile_side()) {
            Some(background) => Look::of(&page.image, background),
            None => return page,
        };
    }
    if let Some(clean) = look.without_specks(&page.image, options.median, watcher) {
        page.image = Cow::Owned(clean);
    }
    if let Some(binary) = look.binary(&page.image, options.threshold, watcher) {
        page.image = Cow::Owned(binary);
    }
    let paper = look.background.brightest();
    make_upright(&mut page, options.upright, paper, watcher);
    page
}

/// What is known of a page with dark ink.
struct Look {
    background: Background,
    /// Otsu's threshold.
    threshold: u8,
    /// The usual length of a horizontal run of ink, in pixels; 0 without strokes.
    thickness: u32,
}

impl Look {
    fn of(image: &GrayImage, background: Background) -> Self {
        let threshold = otsu_threshold(image);
        let thickness = usual_thickness(image, threshold);
        let suspicious =
            background.unevenness() > UNEVEN || background.mostly_below(threshold) > MOST_FULL;
        let tile = STROKES_IN_TILE * thickness;
        // A tile inside of a thick stroke is no dark paper.
        let background = if suspicious && tile > background.tile_side() {
            Background::in_tiles(image, tile).unwrap_or(background)
        } else {
            background
        };
        Self {
            background,
            threshold,
            thickness,
        }
    }

    /// The page in even light; `None` when it is left as it is.
    fn evened(
        &self,
        image: &GrayImage,
        when: When,
        watcher: &mut Watcher<'_>,
    ) -> Option<GrayImage> {
        let unevenness = self.background.unevenness();
        let needed = unevenness > UNEVEN;
        let even = taken(when, needed).then(|| self.background.flatten(image));
        watcher.see("light", || {
            (
                format!("the light differs by {:.0} %", 100.0 * unevenness),
                even.clone(),
            )
        });
        even
    }

    /// The page after a median filter; `None` when it is left as it is.
    fn without_specks(
        &self,
        image: &GrayImage,
        when: When,
        watcher: &mut Watcher<'_>,
    ) -> Option<GrayImage> {
        let lone = lone_share(image, self.threshold);
        let needed = lone > SPECKLED && self.thickness >= THICK_ENOUGH;
        let clean = taken(when, needed).then(|| median_filter(image));
        watcher.see("median", || {
            (
                format!(
                    "{:.1} % of the ink are lone pixels, strokes are {} pixels wide",
                    100.0 * lone,
                    self.thickness
                ),
                clean.clone(),
            )
        });
        clean
    }

    /// The page in black and white by Sauvola's thresholds; `None` when one threshold for the page is
    /// to be used, which is found where the page is analysed.
    fn binary(
        &self,
        image: &GrayImage,
        threshold: Threshold,
        watcher: &mut Watcher<'_>,
    ) -> Option<GrayImage> {
        let full = self.background.mostly_below(self.threshold);
        let local = match threshold {
            Threshold::Otsu => false,
            Threshold::Sauvola => true,
            Threshold::Auto => {
                let counts = histogram(image);
                let threshold = otsu_threshold_of(&counts);
                let soft = softness(&counts, threshold);
                let rough = roughness(image, threshold);
                let blurred = self.thickness >= WIDE && soft > SOFT;
                full > MOST_FULL || (blurred && rough < ROUGH)
            }
        };
        let binary = local.then(|| {
            let radius =
                (self.background.tile_side() / 2).max(STROKES_IN_TILE * self.thickness / 2);
            sauvola(&stretched(image), radius, SAUVOLA_K)
        });
        watcher.see("threshold", || {
            let name = if local {
                "Sauvola's for each pixel"
            } else {
                "Otsu's for the page"
            };
            (
                format!(
                    "{name}; Otsu's would fill {:.1} % of the page",
                    100.0 * full
                ),
                binary.clone(),
            )
        });
        binary
    }
}

pub(crate) const fn taken(when: When, needed: bool) -> bool {
    match when {
        When::Never => false,
        When::Auto => needed,
        When::Always => true,
    }
}

/// The picture with all its contrast: its darkest thousandth black, its median white.
fn stretched(image: &GrayImage) -> GrayImage {
    let counts = histogram(image);
    let total: u64 = counts.iter().sum();
    let value_at = |share: f64| {
        let wanted = (total as f64 * share) as u64;
        let mut sum = 0;
        let reached = counts.iter().position(|&count| {
            sum += count;
            sum > wanted
        });
        reached.unwrap_or(255)
    };
    let (low, high) = (value_at(0.001), value_at(0.5));
    if high <= low {
        return image.clone();
    }
    let table: [u8; 256] = std::array::from_fn(|value| {
        (value.saturating_sub(low) * 255 / (high - low)).min(255) as u8
    });
    let mut out = image.clone();
    for pixel in out.iter_mut() {
        *pixel = table[usize::from(*pixel)];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rotate::{Canvas, rotate};

    /// Strokes 4 pixels thick on paper as bright as `paper` says.
    fn page(paper: impl Fn(u32, u32) -> f64) -> GrayImage {
        GrayImage::from_fn(640, 480, |x, y| {
            let stroke = x % 40 < 4 && y % 60 > 20;
            image::Luma([(paper(x, y) * if stroke { 0.3 } else { 1.0 }) as u8])
        })
    }

    fn changed(image: &GrayImage, options: Preparation) -> Vec<&'static str> {
        let mut stages = Vec::new();
        prepare(image, &options, &mut Watcher::new(&mut stages));
        stages
            .iter()
            .filter(|stage| stage.image.is_some())
            .map(|stage| stage.name)
            .collect()
    }

    #[test]
    fn a_good_scan_is_left_as_it_is() {
        let good = page(|_, _| 235.0);
        assert_eq!(changed(&good, Preparation::default()), ["grey"]);
        let ready = prepare(&good, &Preparation::default(), &mut Watcher::nobody());
        assert!(matches!(ready.image, Cow::Borrowed(_)));
        assert_eq!(ready.polarity, Some(Polarity::DarkOnLight));
    }

    #[test]
    fn each_page_gets_what_it_needs() {
        let shaded = page(|x, _| 240.0 - 0.2 * f64::from(x));
        assert_eq!(changed(&shaded, Preparation::default()), ["grey", "light"]);
        assert_eq!(changed(&shaded, Preparation::NONE), ["grey"]);
        let mut speckled = page(|_, _| 235.0);
        for i in 0..2000_u32 {
            speckled.put_pixel(i * 7919 % 640, i * 104_729 % 480, image::Luma([0]));
        }
        assert_eq!(
            changed(&speckled, Preparation::default()),
            ["grey", "median"]
        );
        // A sharp shadow leaves a border that no smooth background follows.
        let folded = page(|x, _| if x % 320 < 160 { 240.0 } else { 60.0 });
        let names = changed(
            &folded,
            Preparation {
                light: When::Never,
                ..Preparation::default()
            },
        );
        assert_eq!(names, ["grey", "threshold"]);
        let blackboard = invert(&page(|_, _| 235.0));
        assert_eq!(
            changed(&blackboard, Preparation::default()),
            ["grey", "inverted"]
        );
    }

    #[test]
    fn a_bold_digit_is_no_shadow() {
        // A ring that fills the picture, its stroke a tenth of it.
        let ring = GrayImage::from_fn(500, 500, |x, y| {
            let radius = (f64::from(x) - 250.0).hypot(f64::from(y) - 250.0);
            image::Luma([if (150.0..210.0).contains(&radius) {
                20
            } else {
                240
            }])
        });
        assert_eq!(changed(&ring, Preparation::default()), ["grey"]);
    }

    #[test]
    fn boxes_go_back_to_the_picture_given() {
        let ruled = GrayImage::from_fn(500, 400, |x, y| {
            image::Luma([if x % 40 < 2 || y % 25 < 2 { 30 } else { 220 }])
        });
        let given = rotate(&ruled, 20.0, Canvas::Enlarged, 220).image;
        let (width, height) = given.dimensions();
        let ready = prepare(&given, &Preparation::default(), &mut Watcher::nobody());
        assert!((ready.turned_degrees - 20.0).abs() < 0.2);
        let (x, y) = ready.map.apply((300.0, 200.0));
        let around = Rect::new(x as u32 - 5, y as u32 - 5, 11, 11);
        let back = ready.to_given(around, width, height);
        assert!(back.contains(300, 200) && back.width < 20, "{back:?}");
    }

    #[test]
    fn a_few_strokes_are_not_turned() {
        // Two leaning bars: their direction is clear, and says nothing of the page.
        let strokes = GrayImage::from_fn(300, 300, |x, y| {
            let across = f64::from(x) * 0.8 + f64::from(y) * 0.6;
            let inside = (60..240).contains(&x) && (60..240).contains(&y);
            image::Luma([if inside && across % 100.0 < 12.0 {
                20
            } else {
                240
            }])
        });
        let ready = prepare(&strokes, &Preparation::default(), &mut Watcher::nobody());
        assert!(crate::estimate_skew(&strokes).trusted().abs() > 3.0);
        assert_eq!(ready.turned_degrees.to_bits(), 0);
    }

    #[test]
    fn long_strips_are_not_turned_into_huge_pictures() {
        let strip = GrayImage::from_fn(64, 9000, |x, y| {
            image::Luma([if (x + y) % 16 < 3 { 0 } else { 255 }])
        });
        let ready = prepare(&strip, &Preparation::default(), &mut Watcher::nobody());
        assert!(ready.image.width() < 9000);
    }
}
