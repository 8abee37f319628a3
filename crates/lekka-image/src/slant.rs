//! Writing that leans: how far, and making it stand upright.
//!
//! Two measures of lean, both in degrees from the vertical, positive to the right as in italics.

use image::GrayImage;

/// The steepest lean looked for, in degrees.
const MOST: i32 = 45;

/// How far the strokes of a line of writing lean (white ink on black, anything above 0 is ink).
///
/// At the right shear, upright strokes fall into few columns without gaps. Of the shears by whole
/// degrees, the one with the greatest sum of squared heights of gapless columns is taken. Without
/// ink, and for an even result, 0.
///
/// Source: A. Vinciarelli, J. Luettin, *A new normalization technique for cursive handwritten
/// words*, Pattern Recognition Letters 22, 2001.
///
/// ```
/// use lekka_image::{grid, slant::{estimate_slant, shear}};
/// let upright = grid(&["#...#"; 24]);
/// assert_eq!(estimate_slant(&upright), 0.0);
/// let found = estimate_slant(&shear(&upright, 20.0));
/// assert!((found - 20.0).abs() <= 2.0);
/// ```
pub fn estimate_slant(ink: &GrayImage) -> f64 {
    estimate_line_slant(std::slice::from_ref(ink))
}

/// How far the writing of a line leans, from its digits (white ink on black): the shear with the
/// greatest score, as in [`estimate_slant`], summed over all of them. A single digit may lean by its
/// shape; the digits of a line share the writer's slant.
///
/// ```
/// use lekka_image::{grid, slant::{estimate_line_slant, shear}};
/// let upright = [grid(&["#...#"; 24]), grid(&["##"; 24]), grid(&["####", "#..."])];
/// let leaning = upright.each_ref().map(|digit| shear(digit, -15.0));
/// assert!((estimate_line_slant(&leaning) + 15.0).abs() <= 2.0);
/// assert_eq!(estimate_line_slant(&[]), 0.0);
/// ```
pub fn estimate_line_slant(inks: &[GrayImage]) -> f64 {
    let digits: Vec<Digit> = inks.iter().map(Digit::of).collect();
    // From upright outwards, so that of equal shears the least wins.
    let candidates = (0..=MOST).flat_map(|a| if a == 0 { vec![0] } else { vec![-a, a] });
    let mut best = (0.0, 0);
    for degrees in candidates {
        let tangent = f64::from(degrees).to_radians().tan();
        let score: f64 = digits
            .iter()
            .map(|digit| gapless_columns(&digit.points, digit.height, digit.width, tangent))
            .sum();
        if score > best.0 {
            best = (score, degrees);
        }
    }
    f64::from(best.1)
}

/// The ink of a picture as points.
struct Digit {
    points: Vec<(f64, usize)>,
    width: usize,
    height: usize,
}

impl Digit {
    fn of(ink: &GrayImage) -> Self {
        let (width, height) = (ink.width() as usize, ink.height() as usize);
        let points = ink
            .as_raw()
            .chunks_exact(width.max(1))
            .enumerate()
            .flat_map(|(y, row)| {
                row.iter()
                    .enumerate()
                    .filter(|&(_, &value)| value > 0)
                    .map(move |(x, _)| (x as f64, y))
            })
            .collect();
        Self {
            points,
            width,
            height,
        }
    }
}

/// The sum of squared heights of the columns without gaps, after leaning back by this tangent.
fn gapless_columns(points: &[(f64, usize)], height: usize, width: usize, tangent: f64) -> f64 {
    #[derive(Clone, Copy)]
    struct Column {
        ink: usize,
        top: usize,
        bottom: usize,
    }
    let room = (height as f64 * tangent.abs()).ceil() as usize + 1;
    let empty = Column {
        ink: 0,
        top: usize::MAX,
        bottom: 0,
    };
    let mut columns = vec![empty; width + 2 * room];
    for &(x, y) in points {
        let shifted = x + (y as f64 - height as f64 / 2.0) * tangent + room as f64;
        let column = &mut columns[shifted.round().max(0.0) as usize];
        column.ink += 1;
        column.top = column.top.min(y);
        column.bottom = column.bottom.max(y);
    }
    columns
        .iter()
        .filter(|column| column.ink > 0 && column.bottom - column.top + 1 == column.ink)
        .map(|column| (column.ink as f64).powi(2))
        .sum()
}

/// How far a single digit leans, by its second moments: the shear that makes the mean position of
/// ink in a row independent of the row. `None` without ink or height.
///
/// Unlike [`estimate_slant`] it needs no straight strokes, but a shape that is crooked by itself
/// has a lean of its own.
///
/// ```
/// use lekka_image::{grid, slant::moment_slant};
/// let leaning = grid(&["...#", "..#.", ".#..", "#..."]);
/// assert!((moment_slant(&leaning).unwrap() - 45.0).abs() < 1e-9);
/// ```
pub fn moment_slant(ink: &GrayImage) -> Option<f64> {
    let width = ink.width().max(1) as usize;
    let points = || {
        ink.as_raw()
            .iter()
            .enumerate()
            .filter(|&(_, &value)| value > 0)
            .map(|(i, &value)| ((i % width) as f64, (i / width) as f64, f64::from(value)))
    };
    let (mass, x_sum, y_sum) = points().fold((0.0, 0.0, 0.0), |(m, sx, sy), (x, y, value)| {
        (m + value, sx + x * value, sy + y * value)
    });
    let (x_mean, y_mean) = (x_sum / mass, y_sum / mass);
    let (mixed, vertical) = points().fold((0.0, 0.0), |(xy, yy), (x, y, value)| {
        let (dx, dy) = (x - x_mean, y - y_mean);
        (xy + dx * dy * value, yy + dy * dy * value)
    });
    (vertical > 0.0).then(|| (-mixed / vertical).atan().to_degrees())
}

/// Leans a picture to the right by this angle (to the left when negative), rows moving by fractions
/// of pixels; 0 comes in from the sides. The picture becomes wider so that nothing is lost.
///
/// Writing that leans by `s` is made upright by `-s`. Angles are limited to 60 degrees.
///
/// ```
/// use lekka_image::{grid, slant::shear, to_text};
/// assert_eq!(to_text(&shear(&grid(&["#.", "#.", "#."]), 45.0)), "..#.\n.#..\n#...\n");
/// ```
pub fn shear(image: &GrayImage, degrees: f64) -> GrayImage {
    if image.is_empty() {
        return image.clone();
    }
    let degrees = if degrees.is_finite() {
        degrees.clamp(-60.0, 60.0)
    } else {
        0.0
    };
    let tangent = degrees.to_radians().tan();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let last = (height - 1) as f64;
    // Less a hair, so that whole shifts do not gain a column by rounding.
    let new_width = width + (last * tangent.abs() - 1e-9).ceil().max(0.0) as usize;
    let mut pixels = vec![0_u8; new_width * height];
    let rows = pixels
        .chunks_exact_mut(new_width)
        .zip(image.as_raw().chunks_exact(width));
    for (y, (out, row)) in rows.enumerate() {
        let from_foot = if tangent >= 0.0 {
            last - y as f64
        } else {
            y as f64
        };
        let shift = from_foot * tangent.abs();
        let (whole, part) = (shift.floor() as usize, shift.fract());
        for (x, &value) in row.iter().enumerate() {
            let right = (f64::from(value) * part).round() as u8;
            // Neighbours share a pixel, and their parts of it do not sum to more than 255.
            out[x + whole] = out[x + whole].saturating_add(value - right);
            if right > 0
                && let Some(out) = out.get_mut(x + whole + 1)
            {
                *out = out.saturating_add(right);
            }
        }
    }
    crate::from_pixels(new_width as u32, image.height(), pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    #[test]
    fn leaning_is_found_and_undone() {
        let upright = grid(
            &[
                "##..#####",
                "##..##...",
                "##..####.",
                "##..##...",
                "##..##...",
            ]
            .map(|r| r),
        );
        let tall = crate::resize_area(&upright, 45, 60);
        for degrees in [-30.0, -10.0, 0.0, 15.0, 35.0] {
            let leaning = shear(&tall, degrees);
            let found = estimate_slant(&crate::binarize(&leaning, 127));
            assert!((found - degrees).abs() <= 2.0, "{degrees}: {found}");
            let moment = moment_slant(&leaning).unwrap() - moment_slant(&tall).unwrap();
            assert!((moment - degrees).abs() < 10.0, "{degrees}: {moment}");
        }
    }

    #[test]
    fn without_ink_there_is_no_slant() {
        assert_eq!(estimate_slant(&grid(&["....", "...."])).to_bits(), 0);
        assert_eq!(moment_slant(&grid(&["....", "...."])), None);
        assert_eq!(moment_slant(&grid(&["####"])), None);
        assert!(shear(&GrayImage::new(0, 0), 10.0).is_empty());
    }

    #[test]
    fn shearing_keeps_the_ink() {
        let picture = grid(&["3f8", "a1c", "0ff", "5d2"]);
        let mass = |image: &GrayImage| image.as_raw().iter().map(|&v| u32::from(v)).sum::<u32>();
        for degrees in [-50.0, -13.0, 0.0, 7.0, 29.0] {
            assert_eq!(mass(&shear(&picture, degrees)), mass(&picture), "{degrees}");
        }
    }
}
