//! Elastic deformation: a smooth random displacement of every pixel.

use super::config::Elastic;
use crate::data::{IMAGE_PIXELS, IMAGE_SIDE};
use lekka_nn::random::Random;

/// Cells of the grid of control points along one side.
const CELLS: usize = 4;
/// Control points along one side: a cubic spline needs one before and two after each cell.
const POINTS: usize = CELLS + 3;

/// A displacement for each pixel.
#[derive(Debug)]
pub(crate) struct Displacement {
    field: Option<Box<[[f32; 2]; IMAGE_PIXELS]>>,
}

impl Displacement {
    /// Draws a displacement, by chance; otherwise none.
    pub(crate) fn draw(config: Elastic, random: &mut Random) -> Self {
        if random.uniform() >= config.probability {
            return Self { field: None };
        }
        let mut points = [[[0.0; 2]; POINTS]; POINTS];
        for point in points.iter_mut().flatten() {
            *point = [
                random.normal() * config.amplitude,
                random.normal() * config.amplitude,
            ];
        }
        // The spline is separable: first along the rows of the control points.
        let mut rows = [[[0.0; 2]; IMAGE_SIDE]; POINTS];
        for (row, points) in rows.iter_mut().zip(&points) {
            for (x, value) in row.iter_mut().enumerate() {
                *value = blend(x, |index| points[index]);
            }
        }
        let mut field = Box::new([[0.0; 2]; IMAGE_PIXELS]);
        for (index, value) in field.iter_mut().enumerate() {
            let (x, y) = (index % IMAGE_SIDE, index / IMAGE_SIDE);
            *value = blend(y, |row| rows[row][x]);
        }
        Self { field: Some(field) }
    }

    /// Displacement of a pixel, in pixels.
    pub(crate) fn at(&self, index: usize) -> [f32; 2] {
        self.field.as_ref().map_or([0.0; 2], |field| field[index])
    }
}

/// Uniform cubic B-spline at a pixel, from the control points around it.
fn blend(pixel: usize, point: impl Fn(usize) -> [f32; 2]) -> [f32; 2] {
    let position = pixel as f32 * CELLS as f32 / IMAGE_SIDE as f32;
    let cell = position as usize;
    let t = position - cell as f32;
    let s = 1.0 - t;
    let weights = [
        s * s * s / 6.0,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
        (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0,
        t * t * t / 6.0,
    ];
    let mut sum = [0.0; 2];
    for (offset, weight) in weights.into_iter().enumerate() {
        let [x, y] = point(cell + offset);
        sum = [sum[0] + weight * x, sum[1] + weight * y];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_is_smooth() {
        let config = Elastic {
            probability: 1.0,
            amplitude: 1.0,
        };
        let field = Displacement::draw(config, &mut Random::new(5));
        let mut greatest = 0.0_f32;
        for index in 1..IMAGE_PIXELS {
            if index % IMAGE_SIDE != 0 {
                greatest = greatest.max((field.at(index)[0] - field.at(index - 1)[0]).abs());
            }
        }
        assert!(greatest > 0.0 && greatest < 0.5, "{greatest}");
    }

    #[test]
    fn equal_control_points_shift_evenly() {
        assert!((blend(13, |_| [2.0, -1.0])[0] - 2.0).abs() < 1e-6);
    }
}
