//! Where the form is on a scan: from millimetres of the page to pixels of the picture.

mod frame;
mod marks;
mod support;
mod unmarked;

use crate::check::Form;
use crate::template::{PageSize, Registration};
use lekka_image::warp::Point;
use lekka_image::{GrayImage, Perspective, resize_area};
use support::Support;

/// The page is looked for on the scan reduced so that its longer side is at most this many pixels.
const SEARCH_SIDE: u32 = 1600;

/// With fewer pixels in a millimetre (100 dpi), strokes are too thin to be read.
const LEAST_SCALE: f64 = 3.9;

/// The least share of the printed boxes' lines that must be seen.
const LEAST_SUPPORT: f64 = 0.5;

/// Where a form is on a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// From millimetres of the page to pixels of the picture, pixel centres at whole numbers.
    pub map: Perspective,
    /// Pixels in a millimetre, at the middle of the page.
    pub scale: f64,
    /// The share of the boxes' lines that is seen where they should be, 0 to 1.
    pub support: f64,
}

/// Why a form was not found on a picture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LocateError {
    /// The corner marks or the frame are not there.
    #[error(
        "the {} of the form were not found on a picture of {width} x {height} pixels; scan {}",
        sought(*.registration), advice(*.registration)
    )]
    NotFound {
        /// What was looked for.
        registration: Registration,
        /// Width of the picture.
        width: u32,
        /// Height of the picture.
        height: u32,
    },
    /// A page was found, but the boxes are not where the template has them.
    #[error(
        "a page was found, but {:.0} % of the lines of its boxes, at least {:.0} % are needed; \
         is it this form, printed at 100 % and scanned whole?", .support * 100.0, LEAST_SUPPORT * 100.0
    )]
    OtherForm {
        /// The share of the lines that was seen.
        support: f64,
    },
    /// The form is there more than once.
    #[error("{count} such forms are on the picture; scan each by itself")]
    Several {
        /// How often it was found.
        count: usize,
    },
    /// The scan is too coarse.
    #[error("the form has {:.0} dots per inch on the picture, at least 100 are needed; scan it at 200 or 300", .scale * 25.4)]
    Coarse {
        /// Pixels in a millimetre.
        scale: f64,
    },
}

fn sought(registration: Registration) -> &'static str {
    match registration {
        Registration::Corners => "corner marks",
        Registration::Frame => "four sides of the frame",
        Registration::None => "boxes",
    }
}

fn advice(registration: Registration) -> &'static str {
    match registration {
        Registration::Corners => "the whole page with all its corners, in even light",
        Registration::Frame => "the whole form with all sides of its frame, in even light",
        Registration::None => "the whole page and nothing else, straight to a few degrees",
    }
}

/// Finds the form on a grey picture of dark ink on light paper.
///
/// Corner marks are found however the page is turned, seen at an angle or placed on the picture, also when one of the
/// four is missing. So is a frame, of which all sides must be there. A form without either must be scanned as a
/// whole, straight, any way up.
///
/// # Errors
///
/// When it is not there, there more than once, or too coarse to be read.
pub fn locate(image: &GrayImage, form: &Form) -> Result<Located, LocateError> {
    let template = form.template();
    let not_found = LocateError::NotFound {
        registration: template.registration,
        width: image.width(),
        height: image.height(),
    };
    let longer = image.width().max(image.height());
    if image.width().min(image.height()) < 50 {
        return Err(not_found);
    }
    let factor = (f64::from(longer) / f64::from(SEARCH_SIDE)).max(1.0);
    let side = |length: u32| ((f64::from(length) / factor).round() as u32).max(1);
    let reduced = if factor > 1.0 {
        resize_area(image, side(image.width()), side(image.height()))
    } else {
        image.clone()
    };
    let support = Support::new(
        &reduced,
        template,
        [
            f64::from(reduced.width()) / f64::from(image.width()),
            f64::from(reduced.height()) / f64::from(image.height()),
        ],
    );
    let candidates = match template.registration {
        Registration::Corners => marks::candidates(image, &reduced, template),
        Registration::Frame => frame::candidates(image, &reduced, template),
        Registration::None => unmarked::candidates(image, &reduced, template, &support),
    };
    let mut seen: Vec<(f64, Perspective)> = candidates
        .into_iter()
        .map(|map| (support.of(&map), map))
        .collect();
    seen.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(&(support, map)) = seen.first() else {
        return Err(not_found);
    };
    let middle = (template.page.width / 2.0, template.page.height / 2.0);
    let scale = scale_at(&map, middle);
    if support < LEAST_SUPPORT {
        return Err(LocateError::OtherForm { support });
    }
    let count = apart(&seen, template.page);
    if count > 1 {
        return Err(LocateError::Several { count });
    }
    if scale < LEAST_SCALE {
        return Err(LocateError::Coarse { scale });
    }
    Ok(Located {
        map,
        scale,
        support,
    })
}

/// How many forms there are that do not lie over each other; the candidates that are seen best come first.
fn apart(seen: &[(f64, Perspective)], page: PageSize) -> usize {
    let middle = (page.width / 2.0, page.height / 2.0);
    let mut found: Vec<&Perspective> = Vec::new();
    for (_, map) in seen
        .iter()
        .take_while(|(support, _)| *support >= LEAST_SUPPORT)
    {
        let (x, y) = map.apply(middle);
        let on = |other: &&Perspective| {
            other.inverse().is_none_or(|back| {
                let (x, y) = back.apply((x, y));
                (0.0..=page.width).contains(&x) && (0.0..=page.height).contains(&y)
            })
        };
        if !found.iter().any(on) {
            found.push(map);
        }
    }
    found.len()
}

/// Pixels in a millimetre around a point of the page.
fn scale_at(map: &Perspective, (x, y): Point) -> f64 {
    let length = |a: Point, b: Point| (b.0 - a.0).hypot(b.1 - a.1);
    let across = length(map.apply((x - 5.0, y)), map.apply((x + 5.0, y))) / 10.0;
    let down = length(map.apply((x, y - 5.0)), map.apply((x, y + 5.0))) / 10.0;
    (across * down).sqrt()
}
