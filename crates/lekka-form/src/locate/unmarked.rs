//! The page by its boxes alone, when the scan shows all of it straight, any way up.

use super::support::Support;
use crate::template::Template;
use lekka_image::{GrayImage, Perspective, estimate_skew};

/// How far the page may lie off its place on the picture, in millimetres.
const REACH: i32 = 8;

/// How much more of the lines must be seen on a page that is turned than on one that is not.
const BETTER_BY: f64 = 0.1;

/// How a page lies on the picture.
#[derive(Clone, Copy)]
struct Place {
    /// Quarter turns to the right.
    turn: usize,
    degrees: f64,
    /// In millimetres.
    shift: [f64; 2],
}

/// The map from millimetres to pixels under which most of the boxes' lines are seen.
pub(super) fn candidates(
    image: &GrayImage,
    reduced: &GrayImage,
    template: &Template,
    support: &Support,
) -> Vec<Perspective> {
    let skew = estimate_skew(reduced).trusted();
    let seen = |place: Place| support.of(&placed(image, template, place));
    let mut best: Option<(f64, Place)> = None;
    for turn in 0..4 {
        let (width, height) = upright(image, turn);
        let shape = width / template.page.width / (height / template.page.height);
        // A picture of another shape is cut, or lies on its other side.
        if !(0.9..=1.11).contains(&shape) {
            continue;
        }
        let found = coarse(&seen, turn, skew);
        if best.is_none_or(|(share, _)| found.0 > share + BETTER_BY) {
            best = Some(found);
        }
    }
    let Some((share, place)) = best else {
        return Vec::new();
    };
    vec![placed(image, template, fine(&seen, share, place))]
}

/// The best place with this skew, half a millimetre at a time.
fn coarse(seen: &impl Fn(Place) -> f64, turn: usize, degrees: f64) -> (f64, Place) {
    let at = |dx: i32, dy: i32| Place {
        turn,
        degrees,
        shift: [f64::from(dx) / 2.0, f64::from(dy) / 2.0],
    };
    let mut best = (seen(at(0, 0)), at(0, 0));
    for dy in -2 * REACH..=2 * REACH {
        for dx in -2 * REACH..=2 * REACH {
            let share = seen(at(dx, dy));
            if share > best.0 {
                best = (share, at(dx, dy));
            }
        }
    }
    best
}

/// The best place around one, with the angle.
fn fine(seen: &impl Fn(Place) -> f64, share: f64, place: Place) -> Place {
    let mut best = (share, place);
    for step in [0.2, 0.08] {
        let around = best.1;
        for turn in -3..=3 {
            for dy in -2..=2 {
                for dx in -2..=2 {
                    let next = Place {
                        degrees: around.degrees + f64::from(turn) * step / 2.0,
                        shift: [
                            around.shift[0] + f64::from(dx) * step,
                            around.shift[1] + f64::from(dy) * step,
                        ],
                        ..around
                    };
                    let share = seen(next);
                    if share > best.0 {
                        best = (share, next);
                    }
                }
            }
        }
    }
    best.1
}

/// Width and height of the picture once it is turned back.
fn upright(image: &GrayImage, turn: usize) -> (f64, f64) {
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    if turn.is_multiple_of(2) {
        (width, height)
    } else {
        (height, width)
    }
}

/// The map of a page that fills the picture, turned by an angle counter-clockwise around its middle and moved, all after
/// the quarter turns.
fn placed(image: &GrayImage, template: &Template, place: Place) -> Perspective {
    let (width, height) = upright(image, place.turn);
    let scale = [width / template.page.width, height / template.page.height];
    let (sin, cos) = place.degrees.to_radians().sin_cos();
    let middle = [
        template.page.width / 2.0 - place.shift[0],
        template.page.height / 2.0 - place.shift[1],
    ];
    let center = [width / 2.0 - 0.5, height / 2.0 - 0.5];
    // Counter-clockwise as seen, y pointing down.
    let [a, b, c, d] = [
        cos * scale[0],
        sin * scale[1],
        -sin * scale[0],
        cos * scale[1],
    ];
    let map = Perspective::from_matrix([
        a,
        b,
        center[0] - a * middle[0] - b * middle[1],
        c,
        d,
        center[1] - c * middle[0] - d * middle[1],
        0.0,
        0.0,
        1.0,
    ]);
    // From the upright picture to the one given, whose last column and row these are.
    let (right, bottom) = (
        f64::from(image.width()) - 1.0,
        f64::from(image.height()) - 1.0,
    );
    match place.turn {
        1 => map.then(&Perspective::from_matrix([
            0.0, -1.0, right, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0,
        ])),
        2 => map.then(&Perspective::from_matrix([
            -1.0, 0.0, right, 0.0, -1.0, bottom, 0.0, 0.0, 1.0,
        ])),
        3 => map.then(&Perspective::from_matrix([
            0.0, 1.0, 0.0, -1.0, 0.0, bottom, 0.0, 0.0, 1.0,
        ])),
        _ => map,
    }
}
