//! Distributed averages of gradients, DAG (Mirabdollah, Mohamed and Mertsching, "Distributed
//! averages of gradients (DAG): a fast alternative for histogram of oriented gradients", RoboCup
//! 2016, Springer LNCS 9776, pages 97-108).
//!
//! The chapter is not freely available, and we have not read it: what follows is our reading of its
//! title and of how it is cited. The alternative to a histogram is an *average* of the gradients of
//! a region, which needs no angle and no bin; the averages are *distributed* over the picture. So:
//! windows that overlap by half, and in each the mean of the rightward, leftward, downward and
//! upward part of the slope. Without the division into signs the two sides of a stroke would cancel.

use super::gradient::gradients;

/// Settings of the averages. The description as a whole is brought to length 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dag {
    /// Side of a window in pixels.
    pub window: usize,
    /// Pixels from one window to the next.
    pub stride: usize,
}

impl Default for Dag {
    /// For 28x28 pixels: 6x6 windows of 8 pixels, every 4 pixels.
    fn default() -> Self {
        Self {
            window: 8,
            stride: 4,
        }
    }
}

/// Averages per window.
const PARTS: usize = 4;

impl Dag {
    /// Numbers that describe a picture of this size.
    pub fn length(&self, width: usize, height: usize) -> usize {
        self.windows(width) * self.windows(height) * PARTS
    }

    /// Windows along a side of the picture.
    fn windows(&self, pixels: usize) -> usize {
        pixels
            .checked_sub(self.window)
            .map_or(0, |rest| rest / self.stride + 1)
    }

    /// Describes a picture of `width * height` pixels: window by window, in each the averages of
    /// what gets brighter rightwards, leftwards, downwards and upwards; values 0 to 1.
    pub fn describe(&self, pixels: &[u8], width: usize, height: usize) -> Vec<f32> {
        let mut values = self.averages(pixels, width, height);
        let squares: f32 = values.iter().map(|value| value * value).sum();
        if squares > 0.0 {
            let scale = squares.sqrt().recip();
            // Rounding may bring a lone value to just above 1.
            for value in &mut values {
                *value = (*value * scale).min(1.0);
            }
        }
        values
    }

    fn averages(&self, pixels: &[u8], width: usize, height: usize) -> Vec<f32> {
        let slopes = gradients(pixels, width, height);
        let area = (self.window * self.window) as f32;
        let mut values = Vec::with_capacity(self.length(width, height));
        for row in 0..self.windows(height) {
            for column in 0..self.windows(width) {
                let mut sums = [0.0; PARTS];
                for y in row * self.stride..row * self.stride + self.window {
                    let first = y * width + column * self.stride;
                    for &(across, down) in &slopes[first..first + self.window] {
                        sums[0] += across.max(0.0);
                        sums[1] += (-across).max(0.0);
                        sums[2] += down.max(0.0);
                        sums[3] += (-down).max(0.0);
                    }
                }
                values.extend(sums.map(|sum| sum / area));
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stroke of one pixel, straight down.
    #[rustfmt::skip]
    const STROKE: [u8; 24] = [
        0, 0, 255, 0, 0, 0,
        0, 0, 255, 0, 0, 0,
        0, 0, 255, 0, 0, 0,
        0, 0, 255, 0, 0, 0,
    ];

    #[test]
    fn both_sides_of_a_stroke_count() {
        // Column 1 rises by 0.5, column 3 falls by 0.5. Windows of 4 pixels begin at columns 0 and
        // 2: the first holds both sides in 4 of its 16 pixels each, the second the falling one.
        let dag = Dag {
            window: 4,
            stride: 2,
        };
        assert_eq!(dag.length(6, 4), 8);
        let averages = dag.averages(&STROKE, 6, 4);
        assert_eq!(averages, [0.125, 0.125, 0.0, 0.0, 0.0, 0.125, 0.0, 0.0]);
        let root = 1.0 / 3.0_f32.sqrt();
        for (found, expected) in dag.describe(&STROKE, 6, 4).iter().zip(averages) {
            assert!((found - expected / 0.125 * root).abs() < 1e-6);
        }
    }

    #[test]
    fn vertical_parts_follow_horizontal_ones() {
        let lying: Vec<u8> = (0..24).map(|i| STROKE[i % 4 * 6 + i / 4]).collect();
        let averages = Dag {
            window: 4,
            stride: 2,
        }
        .averages(&lying, 4, 6);
        assert_eq!(averages, [0.0, 0.0, 0.125, 0.125, 0.0, 0.0, 0.0, 0.125]);
    }
}
