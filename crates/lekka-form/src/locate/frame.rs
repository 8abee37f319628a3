//! The page by the frame around the form.

use crate::design::{FRAME_LINE, frame};
use crate::template::Template;
use lekka_image::components::{Components, find_components};
use lekka_image::warp::Point;
use lekka_image::{GrayImage, Perspective, sauvola};

/// Points looked at on each side of the frame.
const SAMPLES: usize = 60;

/// Maps from millimetres to pixels that a frame on the picture allows: one for each way to turn the page.
pub(super) fn candidates(
    image: &GrayImage,
    reduced: &GrayImage,
    template: &Template,
) -> Vec<Perspective> {
    let factor = f64::from(image.width()) / f64::from(reduced.width());
    let radius = (reduced.width().max(reduced.height()) / 40).max(8);
    let mask = lekka_image::binarize::invert(&sauvola(reduced, radius, 0.15));
    let found = find_components(&mask);
    let [left, top, right, bottom] = frame(template);
    let millimetres = [(left, top), (right, top), (right, bottom), (left, bottom)];
    let mut maps = Vec::new();
    for index in hollow(&found, reduced) {
        let corners = corners(&found, index);
        let full = corners.map(|(x, y)| ((x + 0.5) * factor - 0.5, (y + 0.5) * factor - 0.5));
        let Some(full) = refined(image, &full, template) else {
            continue;
        };
        for turn in 0..4 {
            let turned = [0, 1, 2, 3].map(|i| full[(i + turn) % 4]);
            let length = |a: Point, b: Point| (b.0 - a.0).hypot(b.1 - a.1);
            let shape = length(turned[0], turned[1]) / length(turned[1], turned[2]).max(1e-9);
            let expected = (right - left) / (bottom - top);
            if (0.85..=1.18).contains(&(shape / expected)) {
                maps.extend(Perspective::between(&millimetres, &turned));
            }
        }
    }
    maps
}

/// Large outlines with little ink, the largest first.
fn hollow(found: &Components, reduced: &GrayImage) -> Vec<usize> {
    let longer = reduced.width().max(reduced.height());
    let mut outlines: Vec<usize> = (0..found.components.len())
        .filter(|&i| {
            let component = &found.components[i];
            let bounds = component.bounds;
            let large = 3 * bounds.width.max(bounds.height) >= longer
                && 6 * bounds.width.min(bounds.height) >= longer;
            large && component.area * 4 < bounds.area()
        })
        .collect();
    outlines.sort_by_key(|&i| std::cmp::Reverse(found.components[i].bounds.area()));
    outlines.truncate(4);
    outlines
}

/// The outermost points of a component: upper left, upper right, lower right, lower left.
fn corners(found: &Components, index: usize) -> [Point; 4] {
    [(-1, -1), (1, -1), (1, 1), (-1, 1)].map(|(dx, dy)| {
        found
            .runs(index)
            .iter()
            .flat_map(|run| [(run.start, run.y), (run.end - 1, run.y)])
            .map(|(x, y)| (i64::from(x), i64::from(y)))
            .max_by_key(|(x, y)| dx * x + dy * y)
            .map_or((0.0, 0.0), |(x, y)| (x as f64, y as f64))
    })
}

/// The crossings of the middles of the frame's lines, each line fitted to what is dark along it.
fn refined(image: &GrayImage, corners: &[Point; 4], template: &Template) -> Option<[Point; 4]> {
    let length = |a: Point, b: Point| (b.0 - a.0).hypot(b.1 - a.1);
    let around: f64 = (0..4)
        .map(|i| length(corners[i], corners[(i + 1) % 4]))
        .sum();
    let scale = around / (2.0 * (template.page.width + template.page.height));
    let reach = (2.0 * scale).max(4.0);
    let mut lines = Vec::new();
    for i in 0..4 {
        let (a, b) = (corners[i], corners[(i + 1) % 4]);
        let side = length(a, b).max(1.0);
        let normal = (-(b.1 - a.1) / side, (b.0 - a.0) / side);
        let offsets: Vec<(f64, f64)> = (0..SAMPLES)
            .filter_map(|k| {
                let along = 0.04 + 0.92 * k as f64 / (SAMPLES - 1) as f64;
                let middle = (a.0 + along * (b.0 - a.0), a.1 + along * (b.1 - a.1));
                let off = darkest(image, middle, normal, reach, FRAME_LINE * scale)?;
                Some((along * side, off))
            })
            .collect();
        let (slope, start) = robust_line(&offsets)?;
        let at = |along: f64| {
            let off = start + slope * along;
            let part = along / side;
            (
                a.0 + part * (b.0 - a.0) + off * normal.0,
                a.1 + part * (b.1 - a.1) + off * normal.1,
            )
        };
        lines.push((at(0.0), at(side)));
    }
    let crossing = |i: usize| crossing(lines[(i + 3) % 4], lines[i]);
    Some([crossing(0)?, crossing(1)?, crossing(2)?, crossing(3)?])
}

/// Where across a line it is darkest: the middle of a dark stretch of about the line's thickness.
fn darkest(image: &GrayImage, at: Point, normal: Point, reach: f64, thickness: f64) -> Option<f64> {
    let steps = (2.0 * reach).ceil() as i64;
    let values: Vec<(f64, f64)> = (-steps..=steps)
        .filter_map(|step| {
            let off = step as f64 / 2.0;
            let (x, y) = (
                (at.0 + off * normal.0).round(),
                (at.1 + off * normal.1).round(),
            );
            let inside = x >= 0.0
                && y >= 0.0
                && x < f64::from(image.width())
                && y < f64::from(image.height());
            inside.then(|| (off, f64::from(image.get_pixel(x as u32, y as u32).0[0])))
        })
        .collect();
    let (low, high) = values
        .iter()
        .fold((255.0_f64, 0.0_f64), |h, v| (h.0.min(v.1), h.1.max(v.1)));
    if high - low < 40.0 {
        return None;
    }
    let dark: Vec<f64> = values
        .iter()
        .filter(|v| v.1 < f64::midpoint(low, high))
        .map(|v| v.0)
        .collect();
    let wide = dark.len() as f64 / 2.0;
    // Something else crosses the line here.
    (wide <= 3.0 * thickness + 3.0).then(|| dark.iter().sum::<f64>() / dark.len().max(1) as f64)
}

/// Slope and start of the line that most points are near to: Theil and Sen's.
fn robust_line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < SAMPLES / 3 {
        return None;
    }
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let slopes = points.iter().enumerate().flat_map(|(i, a)| {
        let later = points.iter().skip(i + SAMPLES / 6);
        later
            .filter(move |b| b.0 - a.0 > 1.0)
            .map(move |b| (b.1 - a.1) / (b.0 - a.0))
    });
    let slope = median(slopes.collect())?;
    let start = median(points.iter().map(|p| p.1 - slope * p.0).collect())?;
    Some((slope, start))
}

fn crossing((a, b): (Point, Point), (c, d): (Point, Point)) -> Option<Point> {
    let (r, s) = ((b.0 - a.0, b.1 - a.1), (d.0 - c.0, d.1 - c.1));
    let cross = r.0 * s.1 - r.1 * s.0;
    if cross.abs() < 1e-6 {
        return None;
    }
    let t = ((c.0 - a.0) * s.1 - (c.1 - a.1) * s.0) / cross;
    Some((a.0 + t * r.0, a.1 + t * r.1))
}
