//! How well the printed lines of boxes are seen where a map has them.

use crate::design::box_lines;
use crate::template::Template;
use lekka_image::warp::Point;
use lekka_image::{GrayImage, Perspective, sauvola};

/// The most points that are looked at.
const MOST_POINTS: usize = 1500;

/// A picture and points of printed lines to look for on it.
pub(super) struct Support {
    /// Ink is 0, paper 255.
    mask: GrayImage,
    /// Reduced pixels in a pixel of the picture, across and down.
    reduction: [f64; 2],
    /// Points on lines in millimetres, each with the direction across its line.
    points: Vec<(Point, Point)>,
}

impl Support {
    pub(super) fn new(reduced: &GrayImage, template: &Template, reduction: [f64; 2]) -> Self {
        let radius = (reduced.width().max(reduced.height()) / 80).max(6);
        Self {
            mask: sauvola(reduced, radius, 0.12),
            reduction,
            points: points(template),
        }
    }

    /// The share of the points where a map finds a line: ink there, and paper beside it.
    pub(super) fn of(&self, map: &Perspective) -> f64 {
        let hits = self.points.iter().filter(|(point, across)| {
            let at = |by: f64| {
                let (x, y) = map.apply((point.0 + by * across.0, point.1 + by * across.1));
                self.ink(x, y)
            };
            // A line is thin: at a millimetre to one side at least there is none.
            (at(0.0) || at(-0.2) || at(0.2)) && (!at(-1.1) || !at(1.1))
        });
        hits.count() as f64 / self.points.len().max(1) as f64
    }

    fn ink(&self, x: f64, y: f64) -> bool {
        let x = ((x + 0.5) * self.reduction[0]).floor();
        let y = ((y + 0.5) * self.reduction[1]).floor();
        let inside = x >= 0.0
            && y >= 0.0
            && x < f64::from(self.mask.width())
            && y < f64::from(self.mask.height());
        inside && self.mask.get_pixel(x as u32, y as u32).0[0] == 0
    }
}

/// Points on the lines of all boxes, spread evenly.
fn points(template: &Template) -> Vec<(Point, Point)> {
    let mut points = Vec::new();
    for field in &template.fields {
        let [x, y, width, height] = field.rect;
        let steps = (width / 1.5).ceil().max(1.0) as usize;
        for i in 0..steps {
            let along = x + width * (i as f64 + 0.5) / steps as f64;
            points.push(((along, y), (0.0, 1.0)));
            points.push(((along, y + height), (0.0, 1.0)));
        }
        for line in box_lines(field) {
            for part in [0.2, 0.4, 0.6, 0.8] {
                points.push(((line, y + part * height), (1.0, 0.0)));
            }
        }
    }
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    points.into_iter().step_by(step).collect()
}
