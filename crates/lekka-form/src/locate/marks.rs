//! The page by its corner marks.

use crate::design::{HOLE, MARK, marks};
use crate::template::Template;
use lekka_image::components::find_components;
use lekka_image::warp::Point;
use lekka_image::{
    GrayImage, Perspective, Rect, binarize, binarize::invert, crop, otsu_threshold, sauvola,
};

/// The most blots that are compared with each other.
const MOST_BLOTS: usize = 160;

/// How far a mark may be off the place that two others give it, in parts of the diagonal: the perspective of a photo taken by
/// hand, and stretch.
const TOLERANCE: f64 = 0.12;

/// A dark blot of about the shape of a mark, in pixels of the reduced picture.
#[derive(Debug, Clone, Copy)]
struct Blot {
    center: Point,
    area: f64,
    /// Whether its middle is dark.
    solid: bool,
}

/// Four marks, three at least found, in the order of the template.
struct Quad {
    /// In pixels of the reduced picture.
    marks: [Option<Blot>; 4],
    error: f64,
}

/// Maps from millimetres to pixels that the marks on a picture allow, the best first.
pub(super) fn candidates(
    image: &GrayImage,
    reduced: &GrayImage,
    template: &Template,
) -> Vec<Perspective> {
    let millimetres = marks(template).map(|[x, y, ..]| (x + MARK / 2.0, y + MARK / 2.0));
    let factor = f64::from(image.width()) / f64::from(reduced.width());
    let otsu = invert(&binarize(reduced, otsu_threshold(reduced)));
    let mut maps = fitted(image, &otsu, template, &millimetres, factor);
    if maps.is_empty() {
        // Light that falls off needs a threshold for each place, over more than a mark.
        let radius = reduced.width().max(reduced.height()) / 16;
        let local = invert(&sauvola(reduced, radius, 0.2));
        maps = fitted(image, &local, template, &millimetres, factor);
    }
    maps
}

fn fitted(
    image: &GrayImage,
    mask: &GrayImage,
    template: &Template,
    millimetres: &[Point; 4],
    factor: f64,
) -> Vec<Perspective> {
    let blots = blots(mask, template);
    let mut quads = quads(&blots, millimetres);
    quads.sort_by(|a, b| a.error.total_cmp(&b.error));
    quads.truncate(6);
    quads
        .iter()
        .filter_map(|quad| {
            let full = |blot: Blot| refined(image, blot, factor);
            let found: Vec<Option<Point>> = quad.marks.iter().map(|mark| mark.map(full)).collect();
            let at = |i: usize| found[i % 4];
            let corner = |i: usize| {
                // The fourth corner of a parallelogram, where its mark is missing.
                at(i).or_else(|| {
                    let (before, after, opposite) = (at(i + 3)?, at(i + 1)?, at(i + 2)?);
                    Some((
                        before.0 + after.0 - opposite.0,
                        before.1 + after.1 - opposite.1,
                    ))
                })
            };
            Perspective::between(
                millimetres,
                &[corner(0)?, corner(1)?, corner(2)?, corner(3)?],
            )
        })
        .collect()
}

/// What may be a mark.
fn blots(mask: &GrayImage, template: &Template) -> Vec<Blot> {
    let longer = f64::from(mask.width().max(mask.height()));
    // The page fills at least a third of the picture, and a mark is not larger than on a page that fills it twice.
    let page = template.page.width.max(template.page.height);
    let side = longer / page * MARK;
    let (least, largest) = ((side / 3.0).max(4.0), side * 2.0);
    let found = find_components(mask);
    let mut blots: Vec<Blot> = found
        .components
        .iter()
        .filter_map(|component| {
            let Rect { width, height, .. } = component.bounds;
            let (width, height) = (f64::from(width), f64::from(height));
            let area = component.area as f64;
            let squarish = width.max(height) <= 1.5 * width.min(height);
            // Turned by half a right angle, a square fills half of its box; the hollow one three quarters of that.
            let filled = area >= 0.32 * width * height;
            let sized = width.min(height) >= least && width.max(height) <= 1.5 * largest;
            (squarish && filled && sized).then(|| Blot {
                center: component.centroid,
                area,
                solid: is_ink(mask, component.centroid),
            })
        })
        .collect();
    blots.sort_by(|a, b| b.area.total_cmp(&a.area));
    blots.truncate(MOST_BLOTS);
    blots
}

fn is_ink(mask: &GrayImage, (x, y): Point) -> bool {
    let (x, y) = (x.round().max(0.0) as u32, y.round().max(0.0) as u32);
    x < mask.width() && y < mask.height() && mask.get_pixel(x, y).0[0] > 0
}

/// Sets of blots that lie to each other as the marks do.
fn quads(blots: &[Blot], millimetres: &[Point; 4]) -> Vec<Quad> {
    let mut quads = Vec::new();
    // Two opposite marks say where the other two are.
    for (first, second) in [(0, 2), (1, 3)] {
        let (a, b) = (millimetres[first], millimetres[second]);
        let diagonal = (b.0 - a.0).hypot(b.1 - a.1);
        for (i, p) in blots.iter().enumerate() {
            for (k, q) in blots.iter().enumerate() {
                if i == k {
                    continue;
                }
                let scale = (q.center.0 - p.center.0).hypot(q.center.1 - p.center.1) / diagonal;
                if !fits(p, first, scale) || !fits(q, second, scale) {
                    continue;
                }
                let mut marks = [None; 4];
                (marks[first], marks[second]) = (Some(*p), Some(*q));
                let mut error = 0.0;
                for other in [(first + 1) % 4, (second + 1) % 4] {
                    let expected = similar(a, b, p.center, q.center, millimetres[other]);
                    let nearest = blots
                        .iter()
                        .filter(|blot| fits(blot, other, scale))
                        .map(|blot| {
                            let off =
                                (blot.center.0 - expected.0).hypot(blot.center.1 - expected.1);
                            (off / (scale * diagonal), blot)
                        })
                        .min_by(|a, b| a.0.total_cmp(&b.0))
                        .filter(|(off, _)| *off <= TOLERANCE);
                    match nearest {
                        Some((off, blot)) => {
                            error += off;
                            marks[other] = Some(*blot);
                        }
                        None => error += 2.0 * TOLERANCE,
                    }
                }
                let centers = || marks.iter().flatten();
                let distinct = centers().enumerate().all(|(n, m)| {
                    let (x, y) = m.center;
                    centers()
                        .skip(n + 1)
                        .all(|o| (o.center.0 - x).hypot(o.center.1 - y) > 1.0)
                });
                if marks.iter().flatten().count() >= 3 && distinct {
                    quads.push(Quad { marks, error });
                }
            }
        }
    }
    quads
}

/// Whether a blot may be the mark with this index, at so many pixels in a millimetre.
fn fits(blot: &Blot, mark: usize, scale: f64) -> bool {
    let hollow = mark == 2;
    let area = (MARK * MARK - if hollow { HOLE * HOLE } else { 0.0 }) * scale * scale;
    blot.solid != hollow && (0.5..=1.8).contains(&(blot.area / area))
}

/// Where `point` goes when `a` goes to `p` and `b` to `q`, without being stretched.
fn similar(a: Point, b: Point, p: Point, q: Point, point: Point) -> Point {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (ex, ey) = (q.0 - p.0, q.1 - p.1);
    let length = dx * dx + dy * dy;
    // The quotient of the two as complex numbers.
    let (re, im) = ((ex * dx + ey * dy) / length, (ey * dx - ex * dy) / length);
    let (x, y) = (point.0 - a.0, point.1 - a.1);
    (p.0 + re * x - im * y, p.1 + im * x + re * y)
}

/// The middle of a mark on the picture itself.
fn refined(image: &GrayImage, blot: Blot, factor: f64) -> Point {
    let center = (
        (blot.center.0 + 0.5) * factor - 0.5,
        (blot.center.1 + 0.5) * factor - 0.5,
    );
    let reach = 0.9 * blot.area.sqrt() * factor + 3.0;
    let low = |v: f64| (v - reach).max(0.0) as u32;
    let window = Rect::from_corners(
        low(center.0),
        low(center.1),
        ((center.0 + reach) as u32).min(image.width()),
        ((center.1 + reach) as u32).min(image.height()),
    );
    let part = crop(image, window);
    if part.is_empty() {
        return center;
    }
    let found = find_components(&invert(&binarize(&part, otsu_threshold(&part))));
    let area = blot.area * factor * factor;
    found
        .components
        .iter()
        .filter(|component| (0.6..=1.6).contains(&(component.area as f64 / area)))
        .map(|c| {
            (
                c.centroid.0 + f64::from(window.x),
                c.centroid.1 + f64::from(window.y),
            )
        })
        .min_by(|a, b| {
            let off = |p: &Point| (p.0 - center.0).hypot(p.1 - center.1);
            off(a).total_cmp(&off(b))
        })
        .unwrap_or(center)
}
