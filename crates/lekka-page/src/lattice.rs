//! Grids: rules in two directions that cross each other.

use crate::regular::make_regular;
use crate::rules::{Rule, median};

/// A point `(x, y)` of the page, pixel centres at whole numbers.
pub(crate) type Point = (f64, f64);

/// The rules of one grid.
#[derive(Clone, Debug)]
pub(crate) struct Lattice {
    /// The nearly horizontal rules from top to bottom; `along` is x.
    pub(crate) horizontal: Vec<Rule>,
    /// The nearly vertical rules from left to right; `along` is y.
    pub(crate) vertical: Vec<Rule>,
}

impl Lattice {
    pub(crate) fn rows(&self) -> usize {
        self.horizontal.len().saturating_sub(1)
    }

    pub(crate) fn columns(&self) -> usize {
        self.vertical.len().saturating_sub(1)
    }

    /// Where two of its rules cross.
    pub(crate) fn node(&self, row: usize, column: usize) -> Point {
        crossing(&self.horizontal[row], &self.vertical[column])
    }

    /// The four corners of its outline: upper left, upper right, lower right, lower left.
    pub(crate) fn corners(&self) -> [Point; 4] {
        let (rows, columns) = (self.rows(), self.columns());
        [
            self.node(0, 0),
            self.node(0, columns),
            self.node(rows, columns),
            self.node(rows, 0),
        ]
    }

    /// Width and height of a usual cell.
    pub(crate) fn pitch(&self) -> (f64, f64) {
        let middle = (self.rows() / 2, self.columns() / 2);
        let across = |rules: &[Rule], at: f64| {
            median(rules.windows(2).map(|pair| pair[1].at(at) - pair[0].at(at))).unwrap_or(1.0)
        };
        let center = self.node(middle.0, middle.1);
        (
            across(&self.vertical, center.1).max(1.0),
            across(&self.horizontal, center.0).max(1.0),
        )
    }

    /// How far the grid is turned, in degrees, positive counter-clockwise: the mean over all its rules' ends.
    pub(crate) fn skew_degrees(&self) -> f64 {
        let (rows, columns) = (self.rows(), self.columns());
        let (mut x, mut y) = (0.0, 0.0);
        for row in 0..=rows {
            let (a, b) = (self.node(row, 0), self.node(row, columns));
            x += b.0 - a.0;
            y += a.1 - b.1;
        }
        for column in 0..=columns {
            let (a, b) = (self.node(0, column), self.node(rows, column));
            // A quarter turn brings a column's direction to a row's.
            x += b.1 - a.1;
            y += b.0 - a.0;
        }
        y.atan2(x).to_degrees()
    }
}

/// Where a nearly horizontal and a nearly vertical rule, or their straight continuations, cross.
fn crossing(horizontal: &Rule, vertical: &Rule) -> Point {
    let mut y = horizontal.at(horizontal.start() + horizontal.length() / 2.0);
    let mut x = vertical.at(y);
    // Each round divides the error by the product of the slopes, below 1/50.
    for _ in 0..4 {
        y = horizontal.at(x);
        x = vertical.at(y);
    }
    (x, y)
}

/// Whether two rules really meet: the crossing is on both, or just short of it.
fn meet(horizontal: &Rule, vertical: &Rule) -> bool {
    let slack = |rule: &Rule| (0.08 * rule.length()).clamp(2.0, 8.0);
    let on = |rule: &Rule, along: f64| {
        along >= rule.start() - slack(rule) && along <= rule.end() + slack(rule)
    };
    // Most pairs are far apart: look at the ends before looking for the crossing.
    let reach = |rule: &Rule, along: f64| {
        let first = rule.points.first().map_or(0.0, |p| p.1);
        let last = rule.points.last().map_or(0.0, |p| p.1);
        let room = 12.0 + 0.02 * rule.length();
        along >= first.min(last) - room && along <= first.max(last) + room
    };
    let overlap = |rule: &Rule, other: &Rule| {
        let (first, last) = (other.points.first(), other.points.last());
        let (first, last) = (first.map_or(0.0, |p| p.1), last.map_or(0.0, |p| p.1));
        let room = 12.0 + 0.02 * other.length();
        first.max(last) + room >= rule.start() && first.min(last) - room <= rule.end()
    };
    if !overlap(horizontal, vertical) || !overlap(vertical, horizontal) {
        return false;
    }
    let (x, y) = crossing(horizontal, vertical);
    on(horizontal, x) && on(vertical, y) && reach(horizontal, y) && reach(vertical, x)
}

/// The grids made by these rules, at least one cell each, from top to bottom.
pub(crate) fn find_lattices(horizontal: &[Rule], vertical: &[Rule]) -> Vec<Lattice> {
    let crossings = Crossings::between(horizontal, vertical);
    let mut lattices: Vec<Lattice> = crossings
        .groups()
        .into_iter()
        .filter_map(|(rows, columns)| {
            let pick = |rules: &[Rule], which: &[usize]| -> Vec<Rule> {
                which.iter().map(|&i| rules[i].clone()).collect()
            };
            assemble(pick(horizontal, &rows), pick(vertical, &columns))
        })
        .collect();
    lattices.sort_by(|a, b| a.node(0, 0).1.total_cmp(&b.node(0, 0).1));
    lattices
}

/// Which rules cross which.
struct Crossings {
    /// For each horizontal rule the vertical ones it crosses.
    rows: Vec<Vec<usize>>,
    /// For each vertical rule the horizontal ones it crosses.
    columns: Vec<Vec<usize>>,
}

impl Crossings {
    fn between(horizontal: &[Rule], vertical: &[Rule]) -> Self {
        let mut rows = vec![Vec::new(); horizontal.len()];
        let mut columns = vec![Vec::new(); vertical.len()];
        for (i, h) in horizontal.iter().enumerate() {
            for (j, v) in vertical.iter().enumerate() {
                if meet(h, v) {
                    rows[i].push(j);
                    columns[j].push(i);
                }
            }
        }
        let mut crossings = Self { rows, columns };
        crossings.drop_loose();
        crossings
    }

    /// Takes out rules that cross fewer than two others, until there are none: strokes of digits.
    fn drop_loose(&mut self) {
        loop {
            let mut changed = drop_below(&mut self.rows, &mut self.columns);
            changed |= drop_below(&mut self.columns, &mut self.rows);
            if !changed {
                return;
            }
        }
    }

    /// Sets of rules that hang together by crossings.
    fn groups(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let mut row_done = vec![false; self.rows.len()];
        let mut column_done = vec![false; self.columns.len()];
        let mut groups = Vec::new();
        for first in 0..self.rows.len() {
            if row_done[first] || self.rows[first].is_empty() {
                continue;
            }
            let (mut rows, mut columns) = (vec![first], Vec::new());
            row_done[first] = true;
            let mut next = 0;
            while next < rows.len() {
                for &j in &self.rows[rows[next]] {
                    if !std::mem::replace(&mut column_done[j], true) {
                        columns.push(j);
                        for &i in &self.columns[j] {
                            if !std::mem::replace(&mut row_done[i], true) {
                                rows.push(i);
                            }
                        }
                    }
                }
                next += 1;
            }
            let (rows, columns) = self.supported(rows, columns);
            if rows.len() >= 2 && columns.len() >= 2 {
                groups.push((rows, columns));
            }
        }
        groups
    }

    /// The rules of a group without those that cross only a small part of the others: rows of digits in line.
    fn supported(&self, mut rows: Vec<usize>, mut columns: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
        const LEAST_SHARE: f64 = 0.35;
        loop {
            let weakest = |rules: &[usize], crossed: &[Vec<usize>], others: &[usize]| {
                let others: std::collections::HashSet<usize> = others.iter().copied().collect();
                rules
                    .iter()
                    .enumerate()
                    .map(|(at, &i)| {
                        let n = crossed[i].iter().filter(|&j| others.contains(j)).count();
                        (n as f64 / others.len().max(1) as f64, at)
                    })
                    .min_by(|a, b| a.0.total_cmp(&b.0))
            };
            let row = weakest(&rows, &self.rows, &columns);
            let column = weakest(&columns, &self.columns, &rows);
            match (row, column) {
                (Some((share, at)), Some((other, _))) if share <= other && share < LEAST_SHARE => {
                    rows.swap_remove(at);
                }
                (_, Some((share, at))) if share < LEAST_SHARE => {
                    columns.swap_remove(at);
                }
                _ => return (rows, columns),
            }
        }
    }
}

/// Empties the entries with fewer than two crossings, on both sides; whether there were any.
fn drop_below(from: &mut [Vec<usize>], other: &mut [Vec<usize>]) -> bool {
    let mut changed = false;
    for (i, crossed) in from.iter_mut().enumerate() {
        if crossed.len() == 1 {
            for j in crossed.drain(..) {
                other[j].retain(|&k| k != i);
            }
            changed = true;
        }
    }
    changed
}

/// A grid from rules that belong together: in order, pieces of the same rule made one.
fn assemble(horizontal: Vec<Rule>, vertical: Vec<Rule>) -> Option<Lattice> {
    let tidy = |rules: Vec<Rule>| {
        let low = rules.iter().map(Rule::start).fold(f64::INFINITY, f64::min);
        let high = rules
            .iter()
            .map(Rule::end)
            .fold(f64::NEG_INFINITY, f64::max);
        let middle = f64::midpoint(low, high);
        make_regular(merge_same(rules, middle), middle)
    };
    let (horizontal, vertical) = (tidy(horizontal), tidy(vertical));
    (horizontal.len() >= 2 && vertical.len() >= 2).then_some(Lattice {
        horizontal,
        vertical,
    })
}

/// Sorts rules across and makes one of those that lie on each other.
fn merge_same(mut rules: Vec<Rule>, at: f64) -> Vec<Rule> {
    rules.sort_by(|a, b| a.at(at).total_cmp(&b.at(at)));
    let usual = median(rules.windows(2).map(|pair| pair[1].at(at) - pair[0].at(at))).unwrap_or(0.0);
    let same = (0.2 * usual).max(4.0);
    let mut merged: Vec<Rule> = Vec::new();
    for rule in rules {
        match merged.pop() {
            Some(last) if rule.at(at) - last.at(at) < same => merged.push(union(last, rule)),
            last => merged.extend(last.into_iter().chain([rule])),
        }
    }
    merged
}

/// Two pieces of the same rule; where both are, the longer one counts.
fn union(a: Rule, b: Rule) -> Rule {
    let (long, short) = if a.length() >= b.length() {
        (a, b)
    } else {
        (b, a)
    };
    let (start, end) = (long.start(), long.end());
    let mut points: Vec<(f64, f64)> = short
        .points
        .iter()
        .copied()
        .filter(|p| p.0 < start)
        .collect();
    points.extend_from_slice(&long.points);
    points.extend(short.points.iter().copied().filter(|p| p.0 > end));
    Rule {
        points,
        slope: long.slope,
        seen: long.seen + short.seen,
    }
}
