//! From rules found on the reduced page to where they are, to a part of a pixel, on the page itself.

use crate::ink::Ink;
use crate::lattice::{Lattice, Point};
use crate::rules::{Rule, median};
use lekka_image::Rect;
use rayon::prelude::*;

/// The least size of a cell, in thicknesses of its rules.
const LEAST_ROOM: f64 = 5.0;

/// The least size of a cell, in pixels of the page: below this there is no telling one digit from another.
const LEAST_CELL: f64 = 12.0;

/// The least width of a grid, in pixels of the reduced page; half of it is enough for the height.
const LEAST_GRID: usize = 40;

/// The least share of the rules that must be ink, in the mean over all stretches between crossings.
const LEAST_MEAN_COVER: f64 = 0.4;

/// The same for a grid of few cells: strokes of digits can lie like broken rules, so its own must be nearly whole.
const LEAST_MEAN_COVER_OF_FEW: f64 = 0.65;

/// Grids of fewer cells than this have few.
const FEW_CELLS: usize = 12;

/// A grid with its rules as they are on the page.
#[derive(Clone, Debug)]
pub(crate) struct RuledGrid {
    /// The middles of the rules.
    pub(crate) lattice: Lattice,
    /// How thick each horizontal rule is, in pixels.
    pub(crate) row_thickness: Vec<f64>,
    /// How thick each vertical rule is, in pixels.
    pub(crate) column_thickness: Vec<f64>,
    /// The share of the rules that is ink.
    pub(crate) cover: f64,
}

impl RuledGrid {
    /// Whether this is a grid to write in rather than a few strokes of a digit that cross each other: more than one
    /// cell, and cells with room for more than the rules around them.
    pub(crate) fn is_plausible(&self, factor: usize) -> bool {
        let usual = |thickness: &[f64]| median(thickness.iter().copied()).unwrap_or(1.0);
        let (width, height) = self.lattice.pitch();
        let cells = self.lattice.rows() * self.lattice.columns();
        let least_cover = if cells < FEW_CELLS {
            LEAST_MEAN_COVER_OF_FEW
        } else {
            LEAST_MEAN_COVER
        };
        cells >= 2
            && width >= LEAST_ROOM * usual(&self.column_thickness)
            && height >= LEAST_ROOM * usual(&self.row_thickness)
            && width.min(height) >= LEAST_CELL
            && self.bounds(usize::MAX, usize::MAX).width as usize >= LEAST_GRID * factor
            && self.bounds(usize::MAX, usize::MAX).height as usize >= LEAST_GRID / 2 * factor
            && self.cover >= least_cover
    }

    /// The upright box around the whole grid, its rules included.
    pub(crate) fn bounds(&self, width: usize, height: usize) -> Rect {
        let half = |thickness: &[f64]| thickness.iter().copied().fold(0.0, f64::max) / 2.0;
        let (x, y) = (half(&self.column_thickness), half(&self.row_thickness));
        let [a, b, c, d] = self.lattice.corners();
        upright(
            (a.0.min(d.0) - x, a.1.min(b.1) - y),
            (b.0.max(c.0) + x, c.1.max(d.1) + y),
            width,
            height,
        )
    }

    /// The upright box of a cell: its sides are the middles of the cell's sides.
    pub(crate) fn cell_bounds(
        &self,
        row: usize,
        column: usize,
        width: usize,
        height: usize,
    ) -> Rect {
        let node = |r: usize, c: usize| self.lattice.node(row + r, column + c);
        let [a, b, c, d] = [node(0, 0), node(0, 1), node(1, 1), node(1, 0)];
        upright(
            (f64::midpoint(a.0, d.0), f64::midpoint(a.1, b.1)),
            (f64::midpoint(b.0, c.0), f64::midpoint(d.1, c.1)),
            width,
            height,
        )
    }
}

/// The box of whole pixels between two corners, within the page, at least one pixel.
fn upright(from: Point, to: Point, width: usize, height: usize) -> Rect {
    let side = |from: f64, to: f64, limit: usize| {
        let last = limit.saturating_sub(1) as f64;
        let from = from.round().clamp(0.0, last) as u32;
        (from, (to.round().clamp(0.0, last) as u32).max(from) + 1)
    };
    let (left, right) = side(from.0, to.0, width);
    let (top, bottom) = side(from.1, to.1, height);
    Rect::from_corners(left, top, right, bottom)
}

/// Looks for each rule again, cell by cell, near where it was found; `factor` is what the page was reduced by.
pub(crate) fn refine(ink: &Ink, coarse: &Lattice, factor: usize) -> RuledGrid {
    // The middle of a reduced pixel lies between the pixels it was made of.
    let offset = (factor as f64 - 1.0) / 2.0;
    let scaled = |rules: &[Rule]| -> Vec<Rule> {
        rules
            .iter()
            .map(|rule| rule.scaled(factor as f64, offset))
            .collect()
    };
    let lattice = Lattice {
        horizontal: scaled(&coarse.horizontal),
        vertical: scaled(&coarse.vertical),
    };
    let (width, height) = lattice.pitch();
    let reach = |pitch: f64| ((factor * 2 + 3) as f64).min(0.2 * pitch).max(2.0) as i64;
    let (rows, columns) = (lattice.rows(), lattice.columns());
    let horizontal: Vec<(Rule, f64, f64)> = (0..=rows)
        .into_par_iter()
        .map(|row| {
            let stops: Vec<f64> = (0..=columns).map(|c| lattice.node(row, c).0).collect();
            let is_ink = |x: i64, y: i64| ink.at(x, y);
            refine_rule(&lattice.horizontal[row], &stops, reach(height), is_ink)
        })
        .collect();
    let vertical: Vec<(Rule, f64, f64)> = (0..=columns)
        .into_par_iter()
        .map(|column| {
            let stops: Vec<f64> = (0..=rows).map(|r| lattice.node(r, column).1).collect();
            let is_ink = |y: i64, x: i64| ink.at(x, y);
            refine_rule(&lattice.vertical[column], &stops, reach(width), is_ink)
        })
        .collect();
    let all = || horizontal.iter().chain(&vertical);
    let cover = all().map(|rule| rule.2).sum::<f64>() / all().count().max(1) as f64;
    let thickness = |rules: &[(Rule, f64, f64)]| rules.iter().map(|rule| rule.1).collect();
    let (row_thickness, column_thickness) = (thickness(&horizontal), thickness(&vertical));
    let middles = |rules: Vec<(Rule, f64, f64)>| rules.into_iter().map(|rule| rule.0).collect();
    RuledGrid {
        lattice: Lattice {
            horizontal: middles(horizontal),
            vertical: middles(vertical),
        },
        row_thickness,
        column_thickness,
        cover,
    }
}

/// One stretch of a rule between two crossings, as seen on the page.
#[derive(Clone, Copy)]
struct Stretch {
    /// How far its middle is off the line it was looked for along.
    shift: f64,
    thickness: f64,
    /// The share of it that is ink.
    cover: f64,
}

/// The rule through what is seen between its crossings (`stops`), its thickness and the share of it that is ink.
pub(crate) fn refine_rule(
    rule: &Rule,
    stops: &[f64],
    reach: i64,
    is_ink: impl Fn(i64, i64) -> bool,
) -> (Rule, f64, f64) {
    let seen: Vec<Option<Stretch>> = stops
        .windows(2)
        .map(|ends| look_along(rule, ends[0], ends[1], reach, &is_ink))
        .collect();
    let thickness = median(seen.iter().flatten().map(|s| s.thickness)).unwrap_or(1.0);
    let usual = median(seen.iter().flatten().map(|s| s.shift)).unwrap_or(0.0);
    let points = stops
        .windows(2)
        .enumerate()
        .map(|(i, ends)| {
            // A stretch that is missing, or where a digit lies on the rule, is filled in from its neighbours.
            let near = &seen[i.saturating_sub(2)..(i + 3).min(seen.len())];
            let expected = median(near.iter().flatten().map(|s| s.shift)).unwrap_or(usual);
            let shift = seen[i]
                .map(|s| s.shift)
                .filter(|shift| (shift - expected).abs() <= 1.5 + 0.5 * thickness)
                .unwrap_or(expected);
            let middle = f64::midpoint(ends[0], ends[1]);
            (middle, rule.at(middle) + shift)
        })
        .collect::<Vec<_>>();
    let slope = match (points.first(), points.last()) {
        (Some(a), Some(b)) if b.0 > a.0 => (b.1 - a.1) / (b.0 - a.0),
        _ => rule.slope,
    };
    let refined = Rule {
        points,
        slope,
        seen: rule.seen,
    };
    let cover = seen.iter().flatten().map(|s| s.cover).sum::<f64>() / seen.len().max(1) as f64;
    (refined, thickness, cover)
}

/// The least share of a stretch that has to be ink for the rule to be seen there.
const LEAST_COVER: f64 = 0.35;

/// Where the rule is between two crossings: the band of lines parallel to it that have the most ink.
fn look_along(
    rule: &Rule,
    from: f64,
    to: f64,
    reach: i64,
    is_ink: &impl Fn(i64, i64) -> bool,
) -> Option<Stretch> {
    // Keep off the crossings, where the other rule's ink is.
    let room = 0.1 * (to - from);
    let (first, last) = ((from + room).ceil() as i64, (to - room).floor() as i64);
    let mut counts = vec![0_u32; (2 * reach + 1) as usize];
    let mut number = 0_u32;
    for along in (first..=last).take(10_000) {
        let across = rule.at(along as f64).round() as i64;
        for (count, offset) in counts.iter_mut().zip(-reach..) {
            *count += u32::from(is_ink(along, across + offset));
        }
        number += 1;
    }
    let peak = (0..counts.len()).max_by_key(|&i| counts[i])?;
    let most = counts[peak];
    if f64::from(most) < LEAST_COVER * f64::from(number) || most == 0 {
        return None;
    }
    let strong = |&i: &usize| 2 * counts[i] >= most;
    let low = (0..=peak).rev().take_while(strong).last().unwrap_or(peak);
    let high = (peak..counts.len())
        .take_while(strong)
        .last()
        .unwrap_or(peak);
    let band = low..=high;
    let weight: f64 = band.clone().map(|i| f64::from(counts[i])).sum();
    let moment: f64 = band.clone().map(|i| f64::from(counts[i]) * i as f64).sum();
    // Rounding the line to whole pixels is right in the mean, so no correction is needed.
    Some(Stretch {
        shift: moment / weight - reach as f64,
        thickness: (high - low + 1) as f64,
        cover: f64::from(most) / f64::from(number),
    })
}
