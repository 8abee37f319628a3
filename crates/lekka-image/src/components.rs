//! Connected ink.

use crate::Rect;
use image::GrayImage;
use rayon::prelude::*;

/// A horizontal stretch of ink in one row: columns `start .. end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The row.
    pub y: u32,
    /// The first column.
    pub start: u32,
    /// The column after the last.
    pub end: u32,
}

/// Ink that hangs together, also over corners (8-connected).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// The tight box around it.
    pub bounds: Rect,
    /// Its number of pixels.
    pub area: u64,
    /// Its centre of mass `(x, y)`, pixel centres at whole numbers.
    pub centroid: (f64, f64),
}

/// The connected components of a picture, with the pixels of each.
#[derive(Clone, Debug, Default)]
pub struct Components {
    /// The components in reading order of their first pixel (top row first, then left).
    pub components: Vec<Component>,
    /// All runs of ink, component by component, in reading order within each.
    runs: Vec<Run>,
    /// Where each component's runs start; one more entry than components.
    starts: Vec<usize>,
}

impl Components {
    /// The runs of the component with this index, in reading order; none when there is no such
    /// component.
    pub fn runs(&self, index: usize) -> &[Run] {
        match self.starts.get(index..) {
            Some([start, end, ..]) => &self.runs[*start..*end],
            _ => &[],
        }
    }

    /// The pixels of some components only, as a white-on-black picture of `window`.
    ///
    /// ```
    /// use lekka_image::{Rect, components::find_components, grid, to_text};
    /// let found = find_components(&grid(&["#.##", "#...", "###."]));
    /// assert_eq!(to_text(&found.draw(&[0], Rect::new(0, 0, 4, 3))), "#...\n#...\n###.\n");
    /// ```
    pub fn draw(&self, indices: &[usize], window: Rect) -> GrayImage {
        let mut image = GrayImage::new(window.width, window.height);
        let stride = window.width as usize;
        let pixels: &mut [u8] = &mut image;
        for run in indices.iter().flat_map(|&index| self.runs(index)) {
            let (start, end) = (run.start.max(window.x), run.end.min(window.right()));
            if run.y >= window.y && run.y < window.bottom() && start < end {
                let row = (run.y - window.y) as usize * stride;
                pixels[row + (start - window.x) as usize..row + (end - window.x) as usize]
                    .fill(255);
            }
        }
        image
    }
}

/// The connected components of everything above 0 in a picture; see [`find_components`] for their
/// pixels.
///
/// ```
/// use lekka_image::{Rect, connected_components, grid};
/// let found = connected_components(&grid(&["##..", "..#.", "....", "#..."]));
/// assert_eq!(found.len(), 2);
/// assert_eq!((found[0].bounds, found[0].area), (Rect::new(0, 0, 3, 2), 3));
/// assert_eq!((found[1].bounds, found[1].area), (Rect::new(0, 3, 1, 1), 1));
/// ```
pub fn connected_components(image: &GrayImage) -> Vec<Component> {
    find_components(image).components
}

/// Finds the connected components of everything above 0.
///
/// Runs of ink are joined with the runs they touch in the row above (union-find), so that the work
/// goes with the number of strokes crossed, not with the number of pixels.
pub fn find_components(image: &GrayImage) -> Components {
    let (runs, rows) = find_runs(image);
    let mut sets = Sets::new(runs.len());
    for pair in rows.windows(3) {
        join_rows(&runs, pair[0]..pair[1], pair[1]..pair[2], &mut sets);
    }
    gather(&runs, &mut sets)
}

/// Rows handled by one task.
const BAND: usize = 64;

/// All runs in reading order, and where each row's runs start (one more entry than rows).
pub(crate) fn find_runs(image: &GrayImage) -> (Vec<Run>, Vec<usize>) {
    let width = image.width().max(1) as usize;
    let bands: Vec<(Vec<Run>, Vec<usize>)> = image
        .as_raw()
        .par_chunks(width * BAND)
        .enumerate()
        .map(|(band, pixels)| {
            let (mut runs, mut counts) = (Vec::new(), Vec::with_capacity(BAND));
            for (i, row) in pixels.chunks_exact(width).enumerate() {
                let before = runs.len();
                row_runs(row, (band * BAND + i) as u32, &mut runs);
                counts.push(runs.len() - before);
            }
            (runs, counts)
        })
        .collect();
    let mut runs = Vec::with_capacity(bands.iter().map(|(runs, _)| runs.len()).sum());
    let mut starts = vec![0];
    for (band_runs, counts) in bands {
        let mut end = runs.len();
        for count in counts {
            end += count;
            starts.push(end);
        }
        runs.extend(band_runs);
    }
    (runs, starts)
}

/// Appends the runs of one row.
fn row_runs(row: &[u8], y: u32, runs: &mut Vec<Run>) {
    let mut x = 0;
    while let Some(start) = skip(row, x, |word| word == 0, |value| value == 0) {
        let end =
            skip(row, start, |word| word == u64::MAX, |value| value != 0).unwrap_or(row.len());
        runs.push(Run {
            y,
            start: start as u32,
            end: end as u32,
        });
        x = end;
    }
}

/// The first column from `x` on whose value is not `same`; whole words of eight equal pixels are
/// passed over at once.
fn skip(
    row: &[u8],
    mut x: usize,
    same_word: impl Fn(u64) -> bool,
    same: impl Fn(u8) -> bool,
) -> Option<usize> {
    while let Some(word) = row.get(x..x + 8).and_then(|bytes| bytes.first_chunk()) {
        if !same_word(u64::from_ne_bytes(*word)) {
            break;
        }
        x += 8;
    }
    // Grey ink never fills a word with 255, so this may have more than seven pixels to go.
    row.get(x..)?
        .iter()
        .position(|&value| !same(value))
        .map(|i| x + i)
}

/// Joins the runs of a row with those of the row above that they touch, corners included.
fn join_rows(
    runs: &[Run],
    above: std::ops::Range<usize>,
    below: std::ops::Range<usize>,
    sets: &mut Sets,
) {
    let (mut a, mut b) = (above.start, below.start);
    while a < above.end && b < below.end {
        let (upper, lower) = (runs[a], runs[b]);
        if upper.start <= lower.end && lower.start <= upper.end {
            sets.join(a as u32, b as u32);
        }
        if upper.end < lower.end {
            a += 1;
        } else {
            b += 1;
        }
    }
}

/// Sorts the runs by component and sums each component up.
fn gather(runs: &[Run], sets: &mut Sets) -> Components {
    let mut label = vec![u32::MAX; runs.len()];
    let mut counts: Vec<usize> = Vec::new();
    for i in 0..runs.len() {
        // A root is the earliest run of its component, so labels follow reading order.
        let root = sets.root(i as u32) as usize;
        if root == i {
            label[i] = counts.len() as u32;
            counts.push(0);
        } else {
            label[i] = label[root];
        }
        counts[label[i] as usize] += 1;
    }
    let mut starts = Vec::with_capacity(counts.len() + 1);
    let mut end = 0;
    starts.push(0);
    for count in counts {
        end += count;
        starts.push(end);
    }
    let mut next = starts.clone();
    let mut sorted = vec![
        Run {
            y: 0,
            start: 0,
            end: 0
        };
        runs.len()
    ];
    for (run, &label) in runs.iter().zip(&label) {
        let slot = &mut next[label as usize];
        sorted[*slot] = *run;
        *slot += 1;
    }
    let components = starts
        .windows(2)
        .map(|ends| summary(&sorted[ends[0]..ends[1]]))
        .collect();
    Components {
        components,
        runs: sorted,
        starts,
    }
}

fn summary(runs: &[Run]) -> Component {
    let (mut left, mut right) = (u32::MAX, 0);
    let (mut area, mut x_sum, mut y_sum) = (0_u64, 0_u64, 0_u64);
    for run in runs {
        left = left.min(run.start);
        right = right.max(run.end);
        let (start, end) = (u64::from(run.start), u64::from(run.end));
        area += end - start;
        x_sum += (start + end - 1) * (end - start) / 2;
        y_sum += u64::from(run.y) * (end - start);
    }
    let top = runs.first().map_or(0, |run| run.y);
    let bottom = runs.last().map_or(0, |run| run.y + 1);
    Component {
        bounds: Rect::from_corners(left, top, right, bottom),
        area,
        centroid: (
            x_sum as f64 / area.max(1) as f64,
            y_sum as f64 / area.max(1) as f64,
        ),
    }
}

/// Disjoint sets of runs; the root of a set is its lowest member.
struct Sets {
    parent: Vec<u32>,
}

impl Sets {
    fn new(size: usize) -> Self {
        Self {
            parent: (0..size as u32).collect(),
        }
    }

    fn root(&mut self, mut i: u32) -> u32 {
        loop {
            let parent = self.parent[i as usize];
            if parent == i {
                return i;
            }
            // Halve the way to the root in passing.
            let grandparent = self.parent[parent as usize];
            self.parent[i as usize] = grandparent;
            i = grandparent;
        }
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b) as usize] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grid, to_text};

    #[test]
    fn a_spiral_is_one_component() {
        let spiral = grid(&[
            "#######", "......#", "#####.#", "#...#.#", "#.###.#", "#.....#", "#######",
        ]);
        let found = connected_components(&spiral);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bounds, Rect::of(&spiral));
    }

    #[test]
    fn forks_join_late() {
        let found = find_components(&grid(&["#.#.#", "#.#.#", "#####", ".....", "#...#"]));
        let areas: Vec<u64> = found.components.iter().map(|c| c.area).collect();
        assert_eq!(areas, [11, 1, 1]);
        assert_eq!(
            to_text(&found.draw(&[0, 2], Rect::new(1, 2, 4, 3))),
            "####\n....\n...#\n"
        );
    }

    #[test]
    fn corners_touch() {
        assert_eq!(connected_components(&grid(&["#.#", ".#.", "#.#"])).len(), 1);
        assert_eq!(connected_components(&grid(&["#..", "..#"])).len(), 2);
    }

    #[test]
    fn the_centroid_is_the_mean_pixel() {
        let found = connected_components(&grid(&["###", "#.."]));
        assert_eq!(found[0].centroid, (0.75, 0.25));
    }

    #[test]
    fn without_ink_or_pixels_there_is_nothing() {
        for picture in [
            GrayImage::new(0, 0),
            GrayImage::new(7, 0),
            GrayImage::new(0, 7),
            GrayImage::new(9, 9),
        ] {
            assert!(connected_components(&picture).is_empty());
        }
        assert!(Components::default().runs(3).is_empty());
    }
}
