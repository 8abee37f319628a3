//! The ink that belongs to the digit in a cell.

use crate::erase::{Direction, DrawnRule, erase};
use crate::ink::Ink;
use crate::piece::gap;
use crate::refine::RuledGrid;
use crate::rules::Rule;
use lekka_image::{
    GrayImage, Rect, binarize,
    components::{Components, find_components},
    crop,
};

/// Ink picked out of the page.
pub(crate) struct CellInk {
    /// The digit's ink alone, light on dark.
    pub(crate) image: GrayImage,
    /// Where its upper left corner is on the page.
    pub(crate) origin: (u32, u32),
    /// The box around the ink, on the page.
    pub(crate) bounds: Rect,
}

impl CellInk {
    /// The box around the ink, in the picture of the ink.
    pub(crate) fn tight(&self) -> Rect {
        let Rect {
            x,
            y,
            width,
            height,
        } = self.bounds;
        Rect::new(x - self.origin.0, y - self.origin.1, width, height)
    }
}

/// Looks for the digits of a grid.
pub(crate) struct CellReader<'a> {
    ink: &'a Ink,
    grid: &'a RuledGrid,
    /// Width and height of a usual cell, in pixels of the page.
    pitch: (f64, f64),
    /// Small ink farther than this from the rest is a speck, as part of a cell's shorter side.
    near: f64,
}

/// The stretch between two rules, for each position along them: first and last pixel.
struct Between {
    /// The first position along.
    start: i64,
    /// The first and the last pixel across, both inside.
    limits: Vec<(i64, i64)>,
}

impl Between {
    /// Between the rules `a` and `b`, keeping `inset` off their middles, along `from..to`.
    fn new(a: &Rule, b: &Rule, inset: (f64, f64), from: i64, to: i64) -> Self {
        let limits = (from..to)
            .map(|along| {
                let (low, high) = (a.at(along as f64) + inset.0, b.at(along as f64) - inset.1);
                (low.ceil() as i64, high.floor() as i64)
            })
            .collect();
        Self {
            start: from,
            limits,
        }
    }

    fn at(&self, along: i64) -> (i64, i64) {
        usize::try_from(along - self.start)
            .ok()
            .and_then(|i| self.limits.get(i))
            .copied()
            .unwrap_or((0, -1))
    }

    /// The smallest first and the largest last pixel.
    fn hull(&self) -> (i64, i64) {
        self.limits
            .iter()
            .fold((i64::MAX, i64::MIN), |h, l| (h.0.min(l.0), h.1.max(l.1)))
    }

    /// The pixels that are inside everywhere.
    fn core(&self) -> (i64, i64) {
        self.limits
            .iter()
            .fold((i64::MIN, i64::MAX), |h, l| (h.0.max(l.0), h.1.min(l.1)))
    }
}

/// A part of the page and, for a cell, which of its pixels are in the cell.
struct CellShape {
    window: Rect,
    /// For each row of the page the columns in the cell.
    columns: Between,
    /// For each column of the page the rows in the cell.
    rows: Between,
}

impl CellShape {
    fn contains(&self, x: i64, y: i64) -> bool {
        let (left, right) = self.columns.at(y);
        let (top, bottom) = self.rows.at(x);
        (left..=right).contains(&x) && (top..=bottom).contains(&y)
    }
}

impl<'a> CellReader<'a> {
    pub(crate) fn new(ink: &'a Ink, grid: &'a RuledGrid) -> Self {
        let pitch = grid.lattice.pitch();
        Self {
            ink,
            grid,
            pitch,
            near: 0.08,
        }
    }

    /// Looks for writing in cells that hold several digits. What is small is measured against the height of a cell, and
    /// left in: it may be a point between digits.
    pub(crate) fn for_numbers(ink: &'a Ink, grid: &'a RuledGrid) -> Self {
        let mut reader = Self::new(ink, grid);
        let side = reader.pitch.0.min(reader.pitch.1);
        (reader.pitch, reader.near) = ((side, side), f64::INFINITY);
        reader
    }

    /// The ink of the digit in a cell; `None` when the cell is empty.
    pub(crate) fn cell_ink(&self, row: usize, column: usize) -> Option<CellInk> {
        let shape = self.shape(row, column, true)?;
        let mask = self.mask_inside(&shape);
        let found = find_components(&mask);
        let scale = self.scale();
        let mut kept = Vec::new();
        let mut crosses = false;
        for (i, component) in found.components.iter().enumerate() {
            if component.area < scale.speck {
                continue;
            }
            match self.at_edge(&found, i, (shape.window.x, shape.window.y), &shape) {
                Edge::Clear => kept.push(i),
                Edge::Remnant => {}
                Edge::Crosses => {
                    crosses = true;
                    kept.push(i);
                }
            }
        }
        if crosses {
            return self.crossing_ink(row, column);
        }
        let kept = scale.without_specks(&found, kept);
        let picked = found.draw(&kept, Rect::of(&mask));
        self.picked(&picked, shape.window, &found, &kept)
    }

    /// The same for a cell whose ink goes over a rule: the ink is followed into the cells around.
    fn crossing_ink(&self, row: usize, column: usize) -> Option<CellInk> {
        let shape = self.shape(row, column, false)?;
        let inner = self.shape(row, column, true)?;
        let window = self.surroundings(row, column)?;
        let mask = self.mask_without_rules(row, column, window);
        let found = find_components(&mask);
        let scale = self.scale();
        let (mut own, mut shared) = (Vec::new(), Vec::new());
        for (i, component) in found.components.iter().enumerate() {
            let inside: u64 = found
                .runs(i)
                .iter()
                .flat_map(|run| (run.start..run.end).map(move |x| (x, run.y)))
                .filter(|&(x, y)| shape.contains(i64::from(x + window.x), i64::from(y + window.y)))
                .count() as u64;
            if inside < scale.speck || component.area < scale.speck {
                continue;
            }
            let share = inside as f64 / component.area as f64;
            if share >= 0.65 {
                own.push(i);
            } else if share >= 0.3 {
                shared.push(i);
            }
        }
        let own = scale.without_specks(&found, own);
        let mut picked = found.draw(&own, Rect::of(&mask));
        let part = found.draw(&shared, Rect::of(&mask));
        // Ink that hangs together with a neighbour's is cut at the rule.
        let width = picked.width();
        let pixels: &mut [u8] = &mut picked;
        for (i, (out, &value)) in pixels.iter_mut().zip(part.as_raw()).enumerate() {
            let (x, y) = (i as u32 % width, i as u32 / width);
            if value > 0 && shape.contains(i64::from(x + window.x), i64::from(y + window.y)) {
                *out = 255;
            }
        }
        let all = find_components(&picked);
        let kept = (0..all.components.len())
            .filter(|&i| {
                let edge = self.at_edge(&all, i, (window.x, window.y), &inner);
                !matches!(edge, Edge::Remnant)
            })
            .collect();
        let kept = scale.without_specks(&all, kept);
        let picked = all.draw(&kept, Rect::of(&picked));
        self.picked(&picked, window, &all, &kept)
    }

    /// The cell's pixels and the box around them; between the inks of the rules or between their middles.
    fn shape(&self, row: usize, column: usize, inner: bool) -> Option<CellShape> {
        let (grid, lattice) = (self.grid, &self.grid.lattice);
        let (width, height) = (self.ink.width() as i64, self.ink.height() as i64);
        let inset = |thickness: f64| if inner { thickness / 2.0 + 1.5 } else { 0.0 };
        let corners = [
            (row, column),
            (row, column + 1),
            (row + 1, column),
            (row + 1, column + 1),
        ]
        .map(|(r, c)| lattice.node(r, c));
        let low = |f: fn(&(f64, f64)) -> f64| corners.iter().map(f).fold(f64::INFINITY, f64::min);
        let high =
            |f: fn(&(f64, f64)) -> f64| corners.iter().map(f).fold(f64::NEG_INFINITY, f64::max);
        let clamp = |v: f64, limit: i64| (v as i64).clamp(0, limit);
        let (x0, x1) = (
            clamp(low(|p| p.0) - 3.0, width),
            clamp(high(|p| p.0) + 3.0, width),
        );
        let (y0, y1) = (
            clamp(low(|p| p.1) - 3.0, height),
            clamp(high(|p| p.1) + 3.0, height),
        );
        let columns = Between::new(
            &lattice.vertical[column],
            &lattice.vertical[column + 1],
            (
                inset(grid.column_thickness[column]),
                inset(grid.column_thickness[column + 1]),
            ),
            y0,
            y1,
        );
        let rows = Between::new(
            &lattice.horizontal[row],
            &lattice.horizontal[row + 1],
            (
                inset(grid.row_thickness[row]),
                inset(grid.row_thickness[row + 1]),
            ),
            x0,
            x1,
        );
        let ((left, right), (top, bottom)) = (columns.hull(), rows.hull());
        let window = Rect::from_corners(
            left.clamp(0, width) as u32,
            top.clamp(0, height) as u32,
            right.saturating_add(1).clamp(0, width) as u32,
            bottom.saturating_add(1).clamp(0, height) as u32,
        );
        (!window.is_empty()).then_some(CellShape {
            window,
            columns,
            rows,
        })
    }

    /// The ink inside a cell, white on black.
    fn mask_inside(&self, shape: &CellShape) -> GrayImage {
        let window = shape.window;
        let mut mask = GrayImage::new(window.width, window.height);
        let (first, last) = shape.rows.core();
        let threshold = self.ink.threshold;
        let pixels: &mut [u8] = &mut mask;
        for (out, y) in pixels
            .chunks_exact_mut(window.width as usize)
            .zip(i64::from(window.y)..)
        {
            let source = self.ink.row(y as usize);
            let (left, right) = shape.columns.at(y);
            let left = left.max(i64::from(window.x));
            let right = right.min(i64::from(window.right()) - 1);
            if left > right {
                continue;
            }
            let source = &source[left as usize..=right as usize];
            let out = &mut out[(left - i64::from(window.x)) as usize..][..source.len()];
            for (out, &value) in out.iter_mut().zip(source) {
                *out = if value > threshold { 255 } else { 0 };
            }
            if y < first || y > last {
                for (out, x) in out.iter_mut().zip(left..) {
                    let (top, bottom) = shape.rows.at(x);
                    if y < top || y > bottom {
                        *out = 0;
                    }
                }
            }
        }
        mask
    }

    /// The cells around a cell, a usual cell's size around the grid included.
    fn surroundings(&self, row: usize, column: usize) -> Option<Rect> {
        let lattice = &self.grid.lattice;
        let (rows, columns) = (lattice.rows(), lattice.columns());
        let a = lattice.node(row.saturating_sub(1), column.saturating_sub(1));
        let b = lattice.node((row + 2).min(rows), (column + 2).min(columns));
        let room = |outer: bool, pitch: f64| if outer { pitch / 2.0 } else { 0.0 };
        let clamp = |v: f64, limit: usize| (v.max(0.0) as usize).min(limit) as u32;
        let window = Rect::from_corners(
            clamp(a.0 - room(column == 0, self.pitch.0), self.ink.width()),
            clamp(a.1 - room(row == 0, self.pitch.1), self.ink.height()),
            clamp(
                b.0 + room(column + 1 == columns, self.pitch.0),
                self.ink.width(),
            ),
            clamp(b.1 + room(row + 1 == rows, self.pitch.1), self.ink.height()),
        );
        (!window.is_empty()).then_some(window)
    }

    /// The ink of a part of the page without the rules, except where a stroke goes over one.
    fn mask_without_rules(&self, row: usize, column: usize, window: Rect) -> GrayImage {
        let mut mask = binarize(&crop(&self.ink.image, window), self.ink.threshold);
        let (grid, lattice) = (self.grid, &self.grid.lattice);
        let lines = [
            (
                Direction::Lying,
                &lattice.horizontal,
                &grid.row_thickness,
                row,
            ),
            (
                Direction::Standing,
                &lattice.vertical,
                &grid.column_thickness,
                column,
            ),
        ];
        for (direction, rules, thickness, at) in lines {
            // The rules of the cell and the next ones around it.
            for k in at.saturating_sub(1)..=(at + 2).min(rules.len() - 1) {
                let drawn = DrawnRule {
                    rule: rules[k].clone(),
                    thickness: thickness[k],
                    direction,
                };
                erase(&mut mask, window, &drawn, None);
            }
        }
        mask
    }

    /// How a component meets the edge of its cell, `shape` being the cell between its rules' ink.
    fn at_edge(
        &self,
        found: &Components,
        index: usize,
        origin: (u32, u32),
        shape: &CellShape,
    ) -> Edge {
        let component = &found.components[index];
        let bounds = component.bounds;
        let (first, last) = shape.rows.core();
        let (left_most, right_most) = shape.columns.core();
        let (x, y) = (
            i64::from(bounds.x + origin.0),
            i64::from(bounds.y + origin.1),
        );
        let (right, bottom) = (
            x + i64::from(bounds.width) - 1,
            y + i64::from(bounds.height) - 1,
        );
        if x > left_most && right < right_most && y > first && bottom < last {
            return Edge::Clear;
        }
        // The fringe of a rule does not reach further in than this.
        let fringe = 2.0_f64.max(0.05 * self.pitch.0.min(self.pitch.1)) as i64;
        let (mut touches, mut deep) = (false, 0_u64);
        for run in found.runs(index) {
            let y = i64::from(run.y + origin.1);
            let (left, right) = shape.columns.at(y);
            for x in run.start..run.end {
                let x = i64::from(x + origin.0);
                let (top, bottom) = shape.rows.at(x);
                let near = (x - left).min(right - x).min(y - top).min(bottom - y);
                touches |= near <= 0;
                deep += u64::from(near > fringe);
            }
        }
        if !touches {
            Edge::Clear
        } else if deep < self.scale().speck || deep * 10 < component.area {
            Edge::Remnant
        } else {
            Edge::Crosses
        }
    }

    fn scale(&self) -> InkScale {
        InkScale {
            speck: ((0.0008 * self.pitch.0 * self.pitch.1) as u64).max(3),
            near: self.near * self.pitch.0.min(self.pitch.1),
        }
    }

    /// The picked components as grey ink, and the box around them.
    fn picked(
        &self,
        picked: &GrayImage,
        window: Rect,
        found: &Components,
        kept: &[usize],
    ) -> Option<CellInk> {
        let bounds = kept
            .iter()
            .map(|&i| found.components[i].bounds)
            .reduce(|a, b| a.union(&b))?;
        let area: u64 = kept.iter().map(|&i| found.components[i].area).sum();
        let large = f64::from(bounds.width) >= 0.1 * self.pitch.0
            || f64::from(bounds.height) >= 0.1 * self.pitch.1;
        if !large || (area as f64) < 0.003 * self.pitch.0 * self.pitch.1 {
            return None;
        }
        let bounds = Rect::new(
            bounds.x + window.x,
            bounds.y + window.y,
            bounds.width,
            bounds.height,
        );
        Some(CellInk {
            image: self.ink.masked(picked, window),
            origin: (window.x, window.y),
            bounds,
        })
    }
}

/// How ink meets the edge of its cell.
enum Edge {
    /// It does not.
    Clear,
    /// It lies along the edge: what is left of a rule.
    Remnant,
    /// It comes from inside and may go on beyond the rule.
    Crosses,
}

/// What is too small to be part of a digit.
struct InkScale {
    /// Ink of fewer pixels is a speck.
    speck: u64,
    /// Ink that is nearer than this to other ink belongs to it, in pixels.
    near: f64,
}

impl InkScale {
    /// Leaves out small pieces that are far from the rest.
    fn without_specks(&self, found: &Components, mut kept: Vec<usize>) -> Vec<usize> {
        kept.sort_by_key(|&i| std::cmp::Reverse(found.components[i].area));
        let Some(&main) = kept.first() else {
            return kept;
        };
        let least = 0.04 * found.components[main].area as f64;
        let mut near: Vec<usize> = Vec::new();
        let mut rest = Vec::new();
        for i in kept {
            if found.components[i].area as f64 >= least {
                near.push(i);
            } else {
                rest.push(i);
            }
        }
        // Pieces of a broken stroke lead from one to the next.
        loop {
            let before = rest.len();
            rest.retain(|&i| {
                let bounds = &found.components[i].bounds;
                let joins = near
                    .iter()
                    .any(|&k| gap(bounds, &found.components[k].bounds) <= self.near);
                if joins {
                    near.push(i);
                }
                !joins
            });
            if rest.len() == before {
                return near;
            }
        }
    }
}
