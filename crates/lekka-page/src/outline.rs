//! The outline of a grid as the official procedure saw it.
//!
//! That procedure blurred the scan, thresholded it locally, made it one pixel thicker and took the outermost points of
//! the largest contour, and these points decide which pixels the squeezed cells are made of: a corner one pixel off
//! gives visibly different tensors. So the same is done here, around the corners only.

use crate::ink::Ink;
use crate::lattice::Point;
use lekka_image::{GrayImage, components::find_components};

/// Half the side of the window that is looked at around a corner, in pixels.
const REACH: i64 = 40;

/// The standard deviations that `OpenCV` takes for Gaussian windows of 9 and 11 pixels.
const BLUR: (usize, f64) = (9, 1.7);
const LOCAL_MEAN: (usize, f64) = (11, 2.0);

/// How much darker than its surroundings a pixel must be.
const DARKER: i32 = 2;

/// The outermost points of the rules' ink at the four corners of a grid (upper left, upper right, lower right, lower
/// left); a corner at which no ink is found stays as it is.
pub(crate) fn official_corners(ink: &Ink, corners: [Point; 4]) -> [Point; 4] {
    let directions = [(-1, -1), (1, -1), (1, 1), (-1, 1)];
    std::array::from_fn(|i| outermost(ink, corners[i], directions[i]).unwrap_or(corners[i]))
}

/// The ink's outermost point near a corner in a diagonal direction.
fn outermost(ink: &Ink, corner: Point, direction: (i64, i64)) -> Option<Point> {
    let (x, y) = (corner.0.round() as i64, corner.1.round() as i64);
    let side = 2 * REACH + 1;
    // Paper beyond the border of the page.
    let window = GrayImage::from_fn(side as u32, side as u32, |dx, dy| {
        let (x, y) = (x - REACH + i64::from(dx), y - REACH + i64::from(dy));
        let inside = x >= 0 && y >= 0 && x < ink.width() as i64 && y < ink.height() as i64;
        image::Luma([if inside {
            ink.row(y as usize)[x as usize]
        } else {
            0
        }])
    });
    let blurred = gaussian(&window, BLUR);
    let mean = gaussian(&blurred, LOCAL_MEAN);
    let marked = GrayImage::from_fn(side as u32, side as u32, |x, y| {
        let lighter =
            i32::from(blurred.get_pixel(x, y).0[0]) - i32::from(mean.get_pixel(x, y).0[0]);
        image::Luma([if lighter >= DARKER { 255 } else { 0 }])
    });
    let thicker = dilate_cross(&marked);
    let found = find_components(&thicker);
    let rules = (0..found.components.len()).max_by_key(|&i| found.components[i].area)?;
    let best = found
        .runs(rules)
        .iter()
        .flat_map(|run| [(run.start, run.y), (run.end - 1, run.y)])
        .map(|(x, y)| (i64::from(x), i64::from(y)))
        .max_by_key(|&(x, y)| (x * direction.0 + y * direction.1, first_met(direction, y)))?;
    Some(((x - REACH + best.0) as f64, (y - REACH + best.1) as f64))
}

/// Larger for the row that a counter-clockwise walk around the outline, from its top, comes to first: from right to
/// left along the top, down the left side, along the bottom, up the right side.
const fn first_met(direction: (i64, i64), y: i64) -> i64 {
    match direction {
        (-1, _) => -y,
        _ => y,
    }
}

/// A Gaussian blur over a window of so many pixels, the border repeated.
fn gaussian(image: &GrayImage, (size, deviation): (usize, f64)) -> GrayImage {
    let half = (size / 2) as i64;
    let weights: Vec<f64> = (-half..=half)
        .map(|d| (-((d * d) as f64) / (2.0 * deviation * deviation)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    let (width, height) = (i64::from(image.width()), i64::from(image.height()));
    let source = image.as_raw();
    let mut rows = vec![0.0; source.len()];
    for y in 0..height {
        for x in 0..width {
            rows[(y * width + x) as usize] = (-half..=half)
                .zip(&weights)
                .map(|(d, weight)| {
                    let x = (x + d).clamp(0, width - 1);
                    weight * f64::from(source[(y * width + x) as usize])
                })
                .sum::<f64>();
        }
    }
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let sum: f64 = (-half..=half)
            .zip(&weights)
            .map(|(d, weight)| {
                let y = (i64::from(y) + d).clamp(0, height - 1);
                weight * rows[(y * width + i64::from(x)) as usize]
            })
            .sum();
        image::Luma([(sum / (total * total)).round() as u8])
    })
}

/// Every white pixel and its four neighbours.
fn dilate_cross(image: &GrayImage) -> GrayImage {
    let (width, height) = image.dimensions();
    GrayImage::from_fn(width, height, |x, y| {
        let at = |x: u32, y: u32| x < width && y < height && image.get_pixel(x, y).0[0] > 0;
        let near = at(x, y)
            || at(x.wrapping_sub(1), y)
            || at(x + 1, y)
            || at(x, y.wrapping_sub(1))
            || at(x, y + 1);
        image::Luma([if near { 255 } else { 0 }])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_lie_just_outside_of_the_ink() {
        // A frame from 30 to 170, 4 pixels thick.
        let page = GrayImage::from_fn(200, 200, |x, y| {
            let inside = (30..170).contains(&x) && (30..170).contains(&y);
            let hollow = (34..166).contains(&x) && (34..166).contains(&y);
            image::Luma([if inside && !hollow { 0 } else { 255 }])
        });
        let ink = Ink::of(&page, None).unwrap();
        let found = official_corners(&ink, [(32., 32.), (167., 32.), (167., 167.), (32., 167.)]);
        for (found, expected) in
            found
                .iter()
                .zip([(30., 30.), (169., 30.), (169., 169.), (30., 169.)])
        {
            let (x, y) = (
                f64::abs(found.0 - expected.0),
                f64::abs(found.1 - expected.1),
            );
            assert!(x <= 3.0 && y <= 3.0, "{found:?} {expected:?}");
        }
    }
}
