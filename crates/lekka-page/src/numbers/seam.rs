//! Where a piece of ink may be cut from top to bottom.

use crate::piece::Piece;

/// A way through a piece from its top to its bottom.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seam {
    /// For each row of the piece's box, the first column right of the seam, on the page.
    pub(super) columns: Vec<u32>,
    /// The number of ink pixels it goes through.
    pub(super) ink: f64,
    /// What it is rated by among its neighbours, less is better.
    cost: f64,
}

/// What each row between the first and the last ink of a column costs, in pixels of ink, whether there is ink in it or
/// not: where digits touch the ink is low, and a seam through it there is better than one that slices off a bow.
const LOW: f64 = 0.25;

/// What a step aside costs, in pixels of ink: seams wind around strokes, but not for nothing.
const ASIDE: f64 = 0.25;

/// Pieces narrower than this, as part of a digit's height, are one digit at most and not cut: nearly all digits are
/// narrower, and two that touch are wider.
pub const LEAST_WIDTH_OF_TWO: f64 = 1.25;

impl Seam {
    /// Its middle column.
    fn middle(&self) -> f64 {
        let sum: f64 = self.columns.iter().map(|&x| f64::from(x)).sum();
        sum / self.columns.len().max(1) as f64
    }

    /// How far two seams are from each other, in pixels.
    fn distance(&self, other: &Self) -> f64 {
        let sum: f64 = self
            .columns
            .iter()
            .zip(&other.columns)
            .map(|(&a, &b)| f64::from(a.abs_diff(b)))
            .sum();
        sum / self.columns.len().max(1) as f64
    }
}

/// The seams that cut through the least ink, from left to right, in a line whose digits are `height` pixels high.
///
/// A seam starts at any column, goes down row by row, straight or by one column aside, and stays near where it started
/// ("shortest path segmentation"). Of seams near each other the cheapest is taken.
/// It costs what ink it goes through, and how high the ink is there.
pub(super) fn seams(piece: &Piece, height: f64) -> Vec<Seam> {
    let bounds = piece.bounds;
    let (width, rows) = (bounds.width as usize, bounds.height as usize);
    let margin = 0.14 * height;
    if (width as f64) < LEAST_WIDTH_OF_TWO * height {
        return Vec::new();
    }
    let mut mask = vec![false; width * rows];
    for run in &piece.runs {
        let row = (run.y - bounds.y) as usize * width;
        mask[row + (run.start - bounds.x) as usize..row + (run.end - bounds.x) as usize].fill(true);
    }
    let extents: Vec<Option<(usize, usize)>> = (1..width)
        .map(|x| {
            let inked = |&y: &usize| mask[y * width + x - 1] || mask[y * width + x];
            Some(((0..rows).find(inked)?, (0..rows).rfind(inked)?))
        })
        .collect();
    let step = (height / 20.0).max(1.0);
    let count = ((width as f64 - 2.0 * margin) / step).floor().max(0.0) as usize;
    let band = (0.16 * height).ceil().max(1.0) as usize;
    let mut found: Vec<Seam> = (0..=count)
        .map(|i| (margin + i as f64 * step).round() as usize)
        .filter(|&x| x > 0 && x < width)
        .map(|x| {
            let first = x.saturating_sub(band).max(1);
            let last = (x + band).min(width - 1);
            cheapest(&mask, &extents, rows, first..last + 1, bounds.x)
        })
        .filter(|seam| seam.ink <= 0.45 * height)
        .collect();
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let mut kept: Vec<Seam> = Vec::new();
    for seam in found {
        if kept.iter().all(|k| k.distance(&seam) >= 0.18 * height) {
            kept.push(seam);
        }
    }
    kept.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    // Seams must not cross each other.
    for i in 1..kept.len() {
        let (before, after) = kept.split_at_mut(i);
        for (x, &left) in after[0].columns.iter_mut().zip(&before[i - 1].columns) {
            *x = (*x).max(left);
        }
    }
    kept
}

/// The seam that costs least within some columns; `extents` has the first and the last row with ink beside each column
/// but the leftmost.
fn cheapest(
    mask: &[bool],
    extents: &[Option<(usize, usize)>],
    rows: usize,
    columns: std::ops::Range<usize>,
    left: u32,
) -> Seam {
    let (first, count, width) = (columns.start, columns.len(), extents.len() + 1);
    let ink = |y: usize, i: usize| {
        // The cut is between two columns: ink on both sides is cut through.
        let at = y * width + first + i;
        if mask[at - 1] && mask[at] { 1.0 } else { 0.0 }
    };
    let cost = |y: usize, i: usize| {
        let within = extents[first + i - 1].is_some_and(|(top, last)| (top..=last).contains(&y));
        ink(y, i) + if within { LOW } else { 0.0 }
    };
    let mut costs: Vec<f64> = (0..count).map(|i| cost(0, i)).collect();
    let mut from: Vec<i8> = vec![0; rows * count];
    for y in 1..rows {
        let before = costs.clone();
        for i in 0..count {
            let mut best = (before[i], 0_i8);
            if i > 0 && before[i - 1] + ASIDE < best.0 {
                best = (before[i - 1] + ASIDE, -1);
            }
            if i + 1 < count && before[i + 1] + ASIDE < best.0 {
                best = (before[i + 1] + ASIDE, 1);
            }
            costs[i] = best.0 + cost(y, i);
            from[y * count + i] = best.1;
        }
    }
    // The middle of the band wins among equals.
    let middle = count / 2;
    let mut i = (0..count)
        .min_by(|&a, &b| {
            costs[a]
                .total_cmp(&costs[b])
                .then(a.abs_diff(middle).cmp(&b.abs_diff(middle)))
        })
        .unwrap_or(0);
    let mut columns = vec![0; rows];
    let mut crossed = 0.0;
    let total = costs[i];
    for y in (0..rows).rev() {
        columns[y] = left + (first + i) as u32;
        crossed += ink(y, i);
        i = i.saturating_add_signed(from[y * count + i].into());
    }
    Seam {
        columns,
        ink: crossed,
        cost: total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_image::{components::find_components, grid};

    #[test]
    fn two_rings_that_touch_are_cut_where_they_touch() {
        let found = find_components(&grid(&[
            "..####......####..",
            ".######....######.",
            "##....##..##....##",
            "##....######....##",
            "##....##..##....##",
            ".######....######.",
            "..####......####..",
        ]));
        let piece = Piece::of(&found, 0);
        let seams = seams(&piece, 7.0);
        let best = seams
            .iter()
            .find(|seam| seam.columns.iter().all(|x| (8..=10).contains(x)))
            .expect("a seam where they touch");
        assert!((best.ink - 1.0).abs() < 1e-9, "{best:?}");
        let (left, right) = piece.split_at(|y| best.columns[y as usize]);
        assert!(left.unwrap().area.abs_diff(right.unwrap().area) <= 2);
    }

    #[test]
    fn a_narrow_piece_is_not_cut() {
        let found = find_components(&grid(&["##", "##", "##", "##", "##"]));
        assert_eq!(seams(&Piece::of(&found, 0), 5.0), []);
    }
}
