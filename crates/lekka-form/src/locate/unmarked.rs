//! The page by its boxes alone, when the scan shows all of it upright.

use super::support::Support;
use crate::template::Template;
use lekka_image::{GrayImage, Perspective, estimate_skew};

/// How far the page may lie off its place on the picture, in millimetres.
const REACH: i32 = 8;

/// The map from millimetres to pixels under which most of the boxes' lines are seen.
pub(super) fn candidates(
    image: &GrayImage,
    reduced: &GrayImage,
    template: &Template,
    support: &Support,
) -> Vec<Perspective> {
    let page = template.page;
    let scale = [
        f64::from(image.width()) / page.width,
        f64::from(image.height()) / page.height,
    ];
    // A picture of another shape is cut or turned.
    if !(0.9..=1.11).contains(&(scale[0] / scale[1])) {
        return Vec::new();
    }
    let skew = estimate_skew(reduced).trusted();
    let place = |degrees: f64, dx: f64, dy: f64| placed(image, template, scale, degrees, [dx, dy]);
    let mut best = (f64::NEG_INFINITY, skew, 0.0, 0.0);
    let mut attempt = |degrees: f64, dx: f64, dy: f64| {
        let seen = support.of(&place(degrees, dx, dy));
        if seen > best.0 {
            best = (seen, degrees, dx, dy);
        }
        best
    };
    // Half a millimetre at a time, then finer around the best, with the angle.
    for dy in -2 * REACH..=2 * REACH {
        for dx in -2 * REACH..=2 * REACH {
            attempt(skew, f64::from(dx) / 2.0, f64::from(dy) / 2.0);
        }
    }
    let mut around = attempt(skew, 0.0, 0.0);
    for step in [0.2, 0.08] {
        for turn in -3..=3 {
            for dy in -2..=2 {
                for dx in -2..=2 {
                    let degrees = around.1 + f64::from(turn) * step / 2.0;
                    attempt(
                        degrees,
                        around.2 + f64::from(dx) * step,
                        around.3 + f64::from(dy) * step,
                    );
                }
            }
        }
        around = attempt(around.1, around.2, around.3);
    }
    vec![place(around.1, around.2, around.3)]
}

/// The map of a page that fills the picture, turned by `degrees` counter-clockwise around its middle and moved by
/// millimetres.
fn placed(
    image: &GrayImage,
    template: &Template,
    scale: [f64; 2],
    degrees: f64,
    shift: [f64; 2],
) -> Perspective {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = [
        template.page.width / 2.0 - shift[0],
        template.page.height / 2.0 - shift[1],
    ];
    let center = [
        f64::from(image.width()) / 2.0 - 0.5,
        f64::from(image.height()) / 2.0 - 0.5,
    ];
    // Counter-clockwise as seen, y pointing down.
    let [a, b, c, d] = [
        cos * scale[0],
        sin * scale[1],
        -sin * scale[0],
        cos * scale[1],
    ];
    Perspective::from_matrix([
        a,
        b,
        center[0] - a * middle[0] - b * middle[1],
        c,
        d,
        center[1] - c * middle[0] - d * middle[1],
        0.0,
        0.0,
        1.0,
    ])
}
