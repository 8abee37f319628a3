//! Long straight runs of ink: ruled lines, and gaps in them.
//!
//! Opening with a horizontal or vertical line keeps exactly the runs that are at least as long as
//! the line, closing fills exactly the gaps that are shorter. So runs are looked for, not pixels.

use crate::components::{Run, find_runs};
use image::GrayImage;
use rayon::prelude::*;

/// A vertical stretch of ink in one column: rows `start .. end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnRun {
    /// The column.
    pub x: u32,
    /// The first row.
    pub start: u32,
    /// The row after the last.
    pub end: u32,
}

/// The horizontal runs of ink (anything above 0) of at least `length` pixels, row by row.
///
/// ```
/// use lekka_image::{components::Run, grid, morphology::horizontal_runs};
/// let found = horizontal_runs(&grid(&["##.###", ".####."]), 3);
/// assert_eq!(found, [Run { y: 0, start: 3, end: 6 }, Run { y: 1, start: 1, end: 5 }]);
/// ```
pub fn horizontal_runs(image: &GrayImage, length: u32) -> Vec<Run> {
    let (mut runs, _) = find_runs(image);
    runs.retain(|run| run.end - run.start >= length);
    runs
}

/// Columns handled by one task: a cache line of each row.
const STRIP: usize = 64;

/// The vertical runs of ink (anything above 0) of at least `length` pixels, column by column.
///
/// ```
/// use lekka_image::{grid, morphology::{ColumnRun, vertical_runs}};
/// let found = vertical_runs(&grid(&["#.#", "#.#", ".##", ".##"]), 3);
/// assert_eq!(found, [ColumnRun { x: 2, start: 0, end: 4 }]);
/// ```
pub fn vertical_runs(image: &GrayImage, length: u32) -> Vec<ColumnRun> {
    let width = image.width() as usize;
    let mut runs: Vec<ColumnRun> = (0..width.div_ceil(STRIP))
        .into_par_iter()
        .flat_map_iter(|strip| strip_runs(image, strip * STRIP, length.max(1)))
        .collect();
    runs.par_sort_unstable();
    runs
}

/// The long runs of the columns from `left` on.
fn strip_runs(image: &GrayImage, left: usize, length: u32) -> Vec<ColumnRun> {
    let (width, height) = (image.width() as usize, image.height());
    let right = (left + STRIP).min(width);
    let mut runs = Vec::new();
    // Rows of ink so far above each column.
    let mut lengths = [0_u32; STRIP];
    let mut end_run = |x: usize, end: u32, run: u32| {
        if run >= length {
            runs.push(ColumnRun {
                x: (left + x) as u32,
                start: end - run,
                end,
            });
        }
    };
    for (y, row) in (0..).zip(image.as_raw().chunks_exact(width)) {
        let row = &row[left..right];
        // Most of a page is paper, seen at a glance.
        if row.iter().fold(0, |any, &v| any | v) == 0
            && lengths.iter().fold(0, |any, &n| any | n) == 0
        {
            continue;
        }
        for (x, (run, &value)) in lengths.iter_mut().zip(row).enumerate() {
            if value > 0 {
                *run += 1;
            } else if *run > 0 {
                end_run(x, y, *run);
                *run = 0;
            }
        }
    }
    for (x, &run) in lengths.iter().enumerate() {
        end_run(x, height, run);
    }
    runs
}

/// Keeps the horizontal runs of ink of at least `length` pixels (white on black).
///
/// ```
/// use lekka_image::{grid, morphology::open_horizontal, to_text};
/// let lines = open_horizontal(&grid(&["##.###", ".####."]), 3);
/// assert_eq!(to_text(&lines), "...###\n.####.\n");
/// ```
pub fn open_horizontal(image: &GrayImage, length: u32) -> GrayImage {
    let mut out = GrayImage::new(image.width(), image.height());
    let stride = image.width() as usize;
    let pixels: &mut [u8] = &mut out;
    for run in horizontal_runs(image, length) {
        let row = run.y as usize * stride;
        pixels[row + run.start as usize..row + run.end as usize].fill(255);
    }
    out
}

/// Keeps the vertical runs of ink of at least `length` pixels (white on black).
pub fn open_vertical(image: &GrayImage, length: u32) -> GrayImage {
    let mut out = GrayImage::new(image.width(), image.height());
    fill_columns(&mut out, &vertical_runs(image, length));
    out
}

/// Fills horizontal gaps of fewer than `length` pixels between ink with white. What lies between
/// ink and the border is no gap.
///
/// ```
/// use lekka_image::{grid, morphology::close_horizontal, to_text};
/// let lines = close_horizontal(&grid(&[".#.#..#.."]), 2);
/// assert_eq!(to_text(&lines), ".###..#..\n");
/// ```
pub fn close_horizontal(image: &GrayImage, length: u32) -> GrayImage {
    let mut out = image.clone();
    let stride = image.width() as usize;
    let pixels: &mut [u8] = &mut out;
    let (runs, _) = find_runs(image);
    for pair in runs.windows(2) {
        let (left, right) = (pair[0], pair[1]);
        if left.y == right.y && right.start - left.end < length {
            let row = left.y as usize * stride;
            pixels[row + left.end as usize..row + right.start as usize].fill(255);
        }
    }
    out
}

/// Fills vertical gaps of fewer than `length` pixels between ink with white.
pub fn close_vertical(image: &GrayImage, length: u32) -> GrayImage {
    let mut out = image.clone();
    let gaps: Vec<ColumnRun> = vertical_runs(image, 1)
        .windows(2)
        .filter(|pair| pair[0].x == pair[1].x && pair[1].start - pair[0].end < length)
        .map(|pair| ColumnRun {
            x: pair[0].x,
            start: pair[0].end,
            end: pair[1].start,
        })
        .collect();
    fill_columns(&mut out, &gaps);
    out
}

fn fill_columns(image: &mut GrayImage, runs: &[ColumnRun]) {
    let stride = image.width() as usize;
    let pixels: &mut [u8] = image;
    for run in runs {
        for y in run.start..run.end {
            pixels[y as usize * stride + run.x as usize] = 255;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grid, to_text};

    #[test]
    fn opening_takes_a_grid_out_of_its_digits() {
        let page = grid(&["########", "#..#...#", "#.##.#.#", "#..#...#", "########"]);
        assert_eq!(
            to_text(&open_horizontal(&page, 8)),
            "########\n........\n........\n........\n########\n"
        );
        assert_eq!(to_text(&open_vertical(&page, 5)), "#..#...#\n".repeat(5));
    }

    #[test]
    fn closing_mends_broken_lines() {
        let column = ["#", ".", "#", ".", ".", "#"];
        assert_eq!(
            to_text(&close_vertical(&grid(&column), 2)),
            "#\n#\n#\n.\n.\n#\n"
        );
        assert_eq!(to_text(&close_vertical(&grid(&column), 3)), "#\n".repeat(6));
    }

    #[test]
    fn strips_do_not_show() {
        let picture = GrayImage::from_fn(200, 5, |x, _| image::Luma([(x % 3 == 0) as u8]));
        let found = vertical_runs(&picture, 5);
        assert_eq!(found.len(), 67);
        assert!(
            found
                .iter()
                .all(|run| run.x % 3 == 0 && (run.start, run.end) == (0, 5))
        );
    }

    #[test]
    fn empty_pictures_have_no_runs() {
        for picture in [
            GrayImage::new(0, 0),
            GrayImage::new(5, 0),
            GrayImage::new(0, 5),
        ] {
            assert!(vertical_runs(&picture, 0).is_empty());
            assert!(horizontal_runs(&picture, 0).is_empty());
            assert!(close_vertical(&picture, 3).is_empty());
        }
    }
}
