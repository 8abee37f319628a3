//! Histograms of oriented gradients (Dalal and Triggs, "Histograms of oriented gradients for human
//! detection", CVPR 2005).
//!
//! Written here because the one pure-Rust implementation that is kept up, `imageproc::hog`,
//! interpolates from the corner of a cell and not from its centre, so that the last half cell of a
//! picture counts less; takes Sobel's operator, which the authors found worse than the plain
//! difference; does not clip; and brings 38 crates.

use super::gradient::gradients;
use std::f32::consts::PI;

/// Added to a block's length before dividing by it, so that empty blocks stay empty.
const EPSILON: f32 = 1e-3;
/// No number of a block may be greater before it is normalised again.
const CLIP: f32 = 0.2;

/// Settings of the histograms.
///
/// Gradients are unsigned, weighted by their length and shared between the two nearest directions
/// and the four nearest cells; blocks of cells overlap, each is brought to length 1, clipped at 0.2
/// and brought to length 1 again (the authors' L2-Hys). Their Gaussian window over the block is
/// left out: a digit fills its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hog {
    /// Side of a cell in pixels. Pixels right and below of the last whole cell do not count.
    pub cell: usize,
    /// Side of a block in cells.
    pub block: usize,
    /// Directions told apart over half a turn.
    pub directions: usize,
}

impl Default for Hog {
    /// For 28x28 pixels: 4x4 cells of 7 pixels, blocks of 2x2 cells, 9 directions.
    fn default() -> Self {
        Self {
            cell: 7,
            block: 2,
            directions: 9,
        }
    }
}

impl Hog {
    /// Numbers that describe a picture of this size.
    pub fn length(&self, width: usize, height: usize) -> usize {
        let (columns, rows) = self.blocks(width, height);
        columns * rows * self.block * self.block * self.directions
    }

    fn blocks(&self, width: usize, height: usize) -> (usize, usize) {
        let along = |pixels: usize| (pixels / self.cell + 1).saturating_sub(self.block);
        (along(width), along(height))
    }

    /// Describes a picture of `width * height` pixels: block by block, in each cell by cell, in each
    /// direction by direction; values 0 to 1. Direction 0 has its centre half a step clockwise of
    /// the horizontal gradient.
    pub fn describe(&self, pixels: &[u8], width: usize, height: usize) -> Vec<f32> {
        let cells = self.cells(pixels, width, height);
        let cells_across = width / self.cell;
        let (columns, rows) = self.blocks(width, height);
        let mut described = Vec::with_capacity(self.length(width, height));
        for row in 0..rows {
            for column in 0..columns {
                let start = described.len();
                for y in row..row + self.block {
                    let first = (y * cells_across + column) * self.directions;
                    let length = self.block * self.directions;
                    described.extend_from_slice(&cells[first..first + length]);
                }
                let block = &mut described[start..];
                normalize(block);
                for value in block.iter_mut() {
                    *value = value.min(CLIP);
                }
                normalize(block);
            }
        }
        described
    }

    /// One histogram per cell.
    fn cells(&self, pixels: &[u8], width: usize, height: usize) -> Vec<f32> {
        let (across, down) = (width / self.cell, height / self.cell);
        let mut cells = vec![0.0; across * down * self.directions];
        for (index, (slope_x, slope_y)) in gradients(pixels, width, height).into_iter().enumerate()
        {
            let strength = slope_x.hypot(slope_y);
            if strength == 0.0 {
                continue;
            }
            let turn = slope_y.atan2(slope_x).rem_euclid(PI) / PI * self.directions as f32;
            let directions = neighbours(turn)
                .map(|(bin, share)| (bin.rem_euclid(self.directions as i64) as usize, share));
            let position = |pixel: usize| (pixel as f32 + 0.5) / self.cell as f32;
            for (row, share_y) in neighbours(position(index / width)) {
                for (column, share_x) in neighbours(position(index % width)) {
                    let inside =
                        (0..down as i64).contains(&row) && (0..across as i64).contains(&column);
                    if !inside {
                        continue;
                    }
                    let cell = (row as usize * across + column as usize) * self.directions;
                    for (bin, share) in directions {
                        cells[cell + bin] += strength * share_x * share_y * share;
                    }
                }
            }
        }
        cells
    }
}

/// The two bins whose centres (at halves) are nearest to a position, with their shares.
fn neighbours(position: f32) -> [(i64, f32); 2] {
    let below = (position - 0.5).floor();
    let share = position - 0.5 - below;
    [(below as i64, 1.0 - share), (below as i64 + 1, share)]
}

fn normalize(block: &mut [f32]) {
    let squares: f32 = block.iter().map(|value| value * value).sum();
    let scale = 1.0 / (squares + EPSILON * EPSILON).sqrt();
    for value in block.iter_mut() {
        *value *= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::FRAC_1_SQRT_2;

    fn near(found: &[f32], expected: &[f32]) {
        let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4;
        let same = found.len() == expected.len() && found.iter().zip(expected).all(close);
        assert!(same, "{found:?}\nexpected {expected:?}");
    }

    /// An edge between the columns 1 and 2: both have a slope of 0.5 straight across, which is half
    /// a step from the centres of the first and the last direction.
    #[rustfmt::skip]
    const EDGE: [u8; 16] = [
        0, 0, 255, 255,
        0, 0, 255, 255,
        0, 0, 255, 255,
        0, 0, 255, 255,
    ];

    #[test]
    fn histogram_of_one_cell() {
        let one = Hog {
            cell: 4,
            block: 1,
            directions: 4,
        };
        // Eight pixels of strength 0.5. Their distance from the cell's centre, at (2, 2), is 0.5
        // across (1/8 of a cell) and 1.5, 0.5, 0.5, 1.5 down: shares 7/8 and 5/8, 7/8, 7/8, 5/8.
        // 0.5 * 2 columns * 7/8 * (5/8 + 7/8 + 7/8 + 5/8) = 2.625, halved between directions 0 and 3.
        near(&one.cells(&EDGE, 4, 4), &[1.3125, 0.0, 0.0, 1.3125]);
        // 1 / sqrt 2 each, clipped to 0.2, and 1 / sqrt 2 again.
        near(
            &one.describe(&EDGE, 4, 4),
            &[FRAC_1_SQRT_2, 0.0, 0.0, FRAC_1_SQRT_2],
        );
    }

    #[test]
    fn four_cells_share_the_edge() {
        let four = Hog {
            cell: 2,
            block: 2,
            directions: 2,
        };
        assert_eq!(four.length(4, 4), 8);
        // Centres of the cells are at 1 and 3. A pixel of column 1 (middle 1.5) gives 3/4 to the left
        // and 1/4 to the right cell; column 2 the other way round: both sides get 1 * 0.5 per row.
        // Rows (middles 0.5, 1.5, 2.5, 3.5) give the upper cell 3/4, 3/4, 1/4, 0: 1.75 in all.
        near(&four.cells(&EDGE, 4, 4), &[0.4375; 8]);
        near(&four.describe(&EDGE, 4, 4), &[0.35355; 8]);
    }

    #[test]
    fn direction_is_unsigned_and_turns_with_the_picture() {
        let one = Hog {
            cell: 4,
            block: 1,
            directions: 2,
        };
        let inverted = EDGE.map(|pixel| 255 - pixel);
        near(&one.cells(&inverted, 4, 4), &one.cells(&EDGE, 4, 4));
        // Brighter towards bottom right: a gradient at 45 degrees, the centre of direction 0.
        #[rustfmt::skip]
        let diagonal = [
              0,  50, 100,
             50, 100, 150,
            100, 150, 200,
        ];
        let cells = Hog {
            cell: 3,
            block: 1,
            directions: 2,
        }
        .cells(&diagonal, 3, 3);
        assert!(cells[0] > 5.0 * cells[1], "{cells:?}");
    }

    #[test]
    fn pictures_smaller_than_a_block_have_no_description() {
        assert!(Hog::default().describe(&[255; 9], 3, 3).is_empty());
    }
}
