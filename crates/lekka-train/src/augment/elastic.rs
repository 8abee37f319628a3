//! Elastic deformation: a smooth random displacement of every pixel.

use super::config::Elastic;
use lekka_nn::random::Random;

/// Pixels between two control points: a quarter of a digit's picture.
const CELL: usize = 7;

/// A displacement for each pixel.
#[derive(Debug)]
pub(crate) struct Displacement {
    field: Option<Vec<[f32; 2]>>,
}

impl Displacement {
    /// Draws a displacement for a picture of this width and height, by chance; otherwise none.
    pub(crate) fn draw(config: Elastic, [width, height]: [usize; 2], random: &mut Random) -> Self {
        if random.uniform() >= config.probability {
            return Self { field: None };
        }
        let points: Vec<Vec<[f32; 2]>> = (0..control_points(height))
            .map(|_| {
                let mut point = || random.normal() * config.amplitude;
                (0..control_points(width))
                    .map(|_| [point(), point()])
                    .collect()
            })
            .collect();
        // The spline is separable: first along the rows of the control points.
        let rows: Vec<Vec<[f32; 2]>> = points
            .iter()
            .map(|points| {
                (0..width)
                    .map(|x| blend(x, |index| points[index]))
                    .collect()
            })
            .collect();
        let field = (0..width * height)
            .map(|index| blend(index / width, |row| rows[row][index % width]))
            .collect();
        Self { field: Some(field) }
    }

    /// Whether every pixel stays where it is.
    pub(crate) fn is_none(&self) -> bool {
        self.field.is_none()
    }

    /// Displacement of a pixel, in pixels.
    pub(crate) fn at(&self, index: usize) -> [f32; 2] {
        self.field.as_ref().map_or([0.0; 2], |field| field[index])
    }
}

/// Control points along a side: a cubic spline needs one before and two after each cell.
fn control_points(side: usize) -> usize {
    side.div_ceil(CELL) + 3
}

/// Uniform cubic B-spline at a pixel, from the control points around it.
fn blend(pixel: usize, point: impl Fn(usize) -> [f32; 2]) -> [f32; 2] {
    let position = pixel as f32 / CELL as f32;
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
        for [width, height] in [[28, 28], [100, 32], [1, 9]] {
            let field = Displacement::draw(config, [width, height], &mut Random::new(5));
            let mut greatest = 0.0_f32;
            for index in width..width * height {
                let step = field.at(index)[0] - field.at(index - width)[0];
                greatest = greatest.max(step.abs());
            }
            assert!(greatest > 0.0 && greatest < 0.6, "{greatest}");
        }
    }

    #[test]
    fn equal_control_points_shift_evenly() {
        assert!((blend(13, |_| [2.0, -1.0])[0] - 2.0).abs() < 1e-6);
    }
}
