//! Ruled lines: thin, long, nearly straight strokes in one direction.
//!
//! Everything here speaks of nearly horizontal lines; vertical ones are found in the transposed picture. A position
//! along a line is called `along`, across it `across`.

use lekka_image::{GrayImage, components::find_components};
use rayon::prelude::*;

/// What counts as a line, in pixels of the picture that is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleScale {
    /// The thickest line.
    pub(crate) thickness: usize,
    /// The shortest stroke that may be part of a line.
    pub(crate) length: usize,
    /// The widest hole in a line that is bridged at once.
    pub(crate) gap: usize,
    /// The widest hole between two pieces of a line.
    pub(crate) break_length: usize,
}

impl RuleScale {
    /// The scale for a picture whose longer side is this long.
    pub(crate) fn for_side(longest: usize) -> Self {
        Self {
            thickness: (longest / 60).clamp(10, 14),
            length: (longest / 100).clamp(12, 20),
            gap: 8,
            break_length: (longest / 25).max(18),
        }
    }
}

/// A line as the points it goes through.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    /// `(along, across)`, in order of `along`; never empty.
    pub(crate) points: Vec<(f64, f64)>,
    /// Change of `across` per `along` over the whole line.
    pub(crate) slope: f64,
    /// How many pixels of it were really seen.
    pub(crate) seen: f64,
}

impl Rule {
    pub(crate) fn start(&self) -> f64 {
        self.points.first().map_or(0.0, |p| p.0)
    }

    pub(crate) fn end(&self) -> f64 {
        self.points.last().map_or(0.0, |p| p.0)
    }

    pub(crate) fn length(&self) -> f64 {
        self.end() - self.start()
    }

    /// Where the line is at a position along it; beyond its ends it goes on straight.
    pub(crate) fn at(&self, along: f64) -> f64 {
        let points = &self.points;
        let after = points.partition_point(|p| p.0 <= along);
        if after == 0 {
            let first = points.first().copied().unwrap_or_default();
            return first.1 + (along - first.0) * self.slope;
        }
        let before = points[after - 1];
        match points.get(after) {
            None => before.1 + (along - before.0) * self.slope,
            Some(next) => {
                let part = (along - before.0) / (next.0 - before.0).max(1e-9);
                before.1 + part * (next.1 - before.1)
            }
        }
    }

    /// The same line elsewhere.
    pub(crate) fn moved(mut self, along: f64, across: f64) -> Self {
        for point in &mut self.points {
            *point = (point.0 + along, point.1 + across);
        }
        self
    }

    /// The same line in other pixels: `across` and `along` times `factor` plus `offset`.
    pub(crate) fn scaled(&self, factor: f64, offset: f64) -> Self {
        Self {
            points: self
                .points
                .iter()
                .map(|p| (p.0 * factor + offset, p.1 * factor + offset))
                .collect(),
            slope: self.slope,
            seen: self.seen * factor,
        }
    }
}

/// All nearly horizontal lines in a white-on-black picture, broken ones put together, the longest first.
pub(crate) fn find_rules(mask: &GrayImage, scale: RuleScale) -> Vec<Rule> {
    let mut rules = lines_of(&horizontal_strokes(mask, scale), scale);
    rules.sort_by(|a, b| b.length().total_cmp(&a.length()));
    join_broken(rules, scale)
}

/// A line for each group of connected strokes that is one.
fn lines_of(strokes: &GrayImage, scale: RuleScale) -> Vec<Rule> {
    let found = find_components(strokes);
    (0..found.components.len())
        .into_par_iter()
        .filter(|&i| found.components[i].bounds.width as usize >= scale.length)
        .flat_map_iter(|i| {
            let bounds = found.components[i].bounds;
            let mut columns = vec![Column::default(); bounds.width as usize];
            for run in found.runs(i) {
                for x in run.start..run.end {
                    columns[(x - bounds.x) as usize].add(run.y);
                }
            }
            let parts = if scale.thickness > THINNEST && is_several(&columns, scale) {
                parted(&found.draw(&[i], bounds), scale)
            } else {
                Vec::new()
            };
            if parts.is_empty() {
                return Vec::from_iter(fit(bounds.x as usize, &columns, scale));
            }
            let (x, y) = (f64::from(bounds.x), f64::from(bounds.y));
            parts.into_iter().map(|rule| rule.moved(x, y)).collect()
        })
        .collect()
}

/// Lines that writing between them holds together: less of it is left where strokes must be thinner.
fn parted(strokes: &GrayImage, scale: RuleScale) -> Vec<Rule> {
    let finer = RuleScale {
        thickness: scale.thickness / 2,
        ..scale
    };
    lines_of(&horizontal_strokes(strokes, finer), finer)
}

/// Strokes that are this thin are not divided any more.
const THINNEST: usize = 3;

/// Whether connected strokes are too far apart, from top to bottom, to be one line: not only where writing hangs on it.
fn is_several(columns: &[Column], scale: RuleScale) -> bool {
    let usual = median(columns.iter().map(|column| f64::from(column.extent())));
    usual.is_some_and(|extent| extent > scale.thickness as f64)
}

/// The ink of connected strokes in one column.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    count: u32,
    /// Of the rows.
    sum: u64,
    first: u32,
    last: u32,
}

impl Column {
    fn add(&mut self, y: u32) {
        self.first = if self.count == 0 {
            y
        } else {
            self.first.min(y)
        };
        self.last = self.last.max(y);
        self.count += 1;
        self.sum += u64::from(y);
    }

    fn extent(self) -> u32 {
        if self.count == 0 {
            0
        } else {
            self.last - self.first + 1
        }
    }
}

/// The picture turned over its diagonal: rows become columns.
pub(crate) fn transposed(image: &GrayImage) -> GrayImage {
    const BLOCK: usize = 32;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let source = image.as_raw();
    let mut pixels = vec![0; width * height];
    if height > 0 {
        pixels
            .par_chunks_mut(height * BLOCK)
            .enumerate()
            .for_each(|(block, out)| {
                let left = block * BLOCK;
                for top in (0..height).step_by(BLOCK) {
                    for y in top..(top + BLOCK).min(height) {
                        let row = &source[y * width + left..y * width + (left + BLOCK).min(width)];
                        for (x, &value) in row.iter().enumerate() {
                            out[x * height + y] = value;
                        }
                    }
                }
            });
    }
    GrayImage::from_raw(height as u32, width as u32, pixels).unwrap_or_default()
}

/// Only what may be part of a line: ink that is thin from top to bottom and goes on to the left and right.
fn horizontal_strokes(mask: &GrayImage, scale: RuleScale) -> GrayImage {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let thin = thin_ink(mask, scale.thickness);
    let mut pixels = vec![0; width * height];
    if width > 0 {
        pixels
            .par_chunks_mut(width)
            .enumerate()
            .with_min_len(16)
            .for_each_init(
                || vec![0; width],
                |line, (y, out)| {
                    // A line that climbs goes on in the next row: look at three rows at once.
                    let rows = &thin[y.saturating_sub(1) * width..((y + 2).min(height)) * width];
                    line.fill(0);
                    for row in rows.chunks_exact(width) {
                        for (line, &value) in line.iter_mut().zip(row) {
                            *line |= value;
                        }
                    }
                    long_runs(line, scale, |start, end| out[start..end].fill(255));
                },
            );
    }
    GrayImage::from_raw(width as u32, height as u32, pixels).unwrap_or_default()
}

/// The ink whose vertical extent is at most `thickness` pixels.
fn thin_ink(mask: &GrayImage, thickness: usize) -> Vec<u8> {
    let width = mask.width() as usize;
    let source = mask.as_raw();
    let limit = thickness.min(200) as u8;
    let mut out = vec![0_u8; source.len()];
    if width == 0 {
        return out;
    }
    // Lengths of the vertical runs from below, then completed from above.
    let mut below = vec![0_u8; width];
    for (out, row) in out
        .chunks_exact_mut(width)
        .zip(source.chunks_exact(width))
        .rev()
    {
        for ((length, out), &value) in below.iter_mut().zip(out).zip(row) {
            *length = if value > 0 {
                length.saturating_add(1)
            } else {
                0
            };
            *out = *length;
        }
    }
    let mut above = vec![0_u8; width];
    for (out, row) in out.chunks_exact_mut(width).zip(source.chunks_exact(width)) {
        for ((length, out), &value) in above.iter_mut().zip(out).zip(row) {
            let total = length.saturating_add(*out);
            *length = if value > 0 {
                length.saturating_add(1)
            } else {
                0
            };
            *out = if value > 0 && total <= limit { 255 } else { 0 };
        }
    }
    out
}

/// Calls `found` for each stretch of ink with holes of at most `gap` pixels that is long enough.
fn long_runs(line: &[u8], scale: RuleScale, mut found: impl FnMut(usize, usize)) {
    let mut run: Option<(usize, usize)> = None;
    let mut x = 0;
    while let Some(skipped) = line[x..].iter().position(|&v| v > 0) {
        let start = x + skipped;
        let end = line[start..]
            .iter()
            .position(|&v| v == 0)
            .map_or(line.len(), |n| start + n);
        run = Some(match run {
            Some((from, to)) if start - to <= scale.gap => (from, end),
            other => {
                if let Some((from, to)) = other.filter(|(from, to)| to - from >= scale.length) {
                    found(from, to);
                }
                (start, end)
            }
        });
        x = end;
    }
    if let Some((from, to)) = run.filter(|(from, to)| to - from >= scale.length) {
        found(from, to);
    }
}

/// Columns that make one point of a line.
const BLOCK: usize = 8;

/// The steepest line: about 8 degrees.
const STEEPEST: f64 = 0.14;

/// A line through connected strokes.
fn fit(left: usize, columns: &[Column], scale: RuleScale) -> Option<Rule> {
    let points: Vec<(f64, f64)> = columns
        .chunks(BLOCK)
        .enumerate()
        .filter_map(|(block, columns)| {
            let (count, sum) = columns.iter().fold((0, 0), |(n, s), column| {
                (n + u64::from(column.count), s + column.sum)
            });
            let middle = (left + block * BLOCK) as f64 + (columns.len() - 1) as f64 / 2.0;
            (count > 0).then(|| (middle, sum as f64 / count as f64))
        })
        .collect();
    let (slope, offset) = robust_line(&points)?;
    if slope.abs() > STEEPEST {
        return None;
    }
    // Digits that hang on the line pull some points away from it: leave those out.
    let near: Vec<(f64, f64)> = (0..points.len())
        .filter(|&i| {
            let window = &points[i.saturating_sub(4)..(i + 5).min(points.len())];
            let usual = median(window.iter().map(|p| p.1 - slope * p.0)).unwrap_or(offset);
            (points[i].1 - slope * points[i].0 - usual).abs() <= 2.0
        })
        .map(|i| points[i])
        .collect();
    let length = columns.len() as f64;
    let straight = near
        .iter()
        .filter(|p| (p.1 - slope * p.0 - offset).abs() <= 1.5 + 0.015 * length)
        .count();
    if straight * 10 < points.len() * 7 || length < scale.length as f64 {
        return None;
    }
    let mut points = near;
    points.retain(|p| (p.1 - slope * p.0 - offset).abs() <= 1.5 + 0.015 * length);
    // The ends count as they are, not as the middle of a block.
    let (first, last) = (*points.first()?, *points.last()?);
    let (start, end) = (left as f64, left as f64 + length - 1.0);
    if first.0 - start < BLOCK as f64 && first.0 > start {
        points.insert(0, (start, first.1 + (start - first.0) * slope));
    }
    if end - last.0 < BLOCK as f64 && end > last.0 {
        points.push((end, last.1 + (end - last.0) * slope));
    }
    Some(Rule {
        points,
        slope,
        seen: length,
    })
}

/// Slope and offset of a line through points, not disturbed by a third of them (repeated medians of pairs).
pub(crate) fn robust_line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let half = points.len() / 2;
    let slope = median(
        points
            .iter()
            .zip(&points[half.max(1).min(points.len())..])
            .map(|(a, b)| (b.1 - a.1) / (b.0 - a.0).max(1e-9)),
    )
    .unwrap_or(0.0);
    let offset = median(points.iter().map(|p| p.1 - slope * p.0))?;
    Some((slope, offset))
}

/// The middle value.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// Puts the pieces of broken lines together: pieces that continue each other.
fn join_broken(pieces: Vec<Rule>, scale: RuleScale) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut pieces: Vec<Option<Rule>> = pieces.into_iter().map(Some).collect();
    for i in 0..pieces.len() {
        let Some(mut rule) = pieces[i].take() else {
            continue;
        };
        // Strokes of digits are short: they may be added to a line but do not begin one.
        if rule.length() >= 3.0 * scale.length as f64 {
            loop {
                let next = (i + 1..pieces.len())
                    .filter_map(|j| {
                        let gap = continues(&rule, pieces[j].as_ref()?, scale)?;
                        Some((gap, j))
                    })
                    .min_by(|a, b| a.0.total_cmp(&b.0));
                match next.and_then(|(_, j)| pieces[j].take()) {
                    Some(piece) => rule = joined(rule, piece),
                    None => break,
                }
            }
        }
        rules.push(rule);
    }
    rules.sort_by(|a, b| b.length().total_cmp(&a.length()));
    rules
}

/// The gap between a line and a piece that continues it; `None` when it does not.
fn continues(rule: &Rule, piece: &Rule, scale: RuleScale) -> Option<f64> {
    let (gap, at) = if piece.start() >= rule.end() {
        (piece.start() - rule.end(), piece.start())
    } else if piece.end() <= rule.start() {
        (rule.start() - piece.end(), piece.end())
    } else {
        return None;
    };
    let near = gap <= (0.5 * rule.length()).min(scale.break_length as f64);
    let apart = (rule.at(at) - piece.at(at)).abs();
    let parallel =
        piece.length() < 40.0 || (piece.slope - rule.slope).abs() <= 0.02 + 4.0 / piece.length();
    (near && parallel && apart <= 2.0 + 0.01 * gap).then_some(gap)
}

fn joined(rule: Rule, piece: Rule) -> Rule {
    let seen = rule.seen + piece.seen;
    let (mut points, rest) = if piece.start() >= rule.end() {
        (rule.points, piece.points)
    } else {
        (piece.points, rule.points)
    };
    points.extend(rest);
    let slope = robust_line(&points).map_or(rule.slope, |line| line.0);
    Rule {
        points,
        slope,
        seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn rules_that_writing_holds_together_are_parted() {
        // Two rules 20 rows apart, and in every third cell a stroke from one to the other.
        let page = GrayImage::from_fn(600, 60, |x, y| {
            let rule = [20, 21, 40, 41].contains(&y);
            let written = x % 90 < 30 && (22..40).contains(&y) && y.abs_diff(20 + x % 30) < 6;
            Luma([if rule || written { 255 } else { 0 }])
        });
        let rules = find_rules(&page, RuleScale::for_side(600));
        let mut across: Vec<f64> = rules
            .iter()
            .filter(|rule| rule.length() > 500.0)
            .map(|rule| rule.at(300.0).round())
            .collect();
        across.sort_by(f64::total_cmp);
        assert!(
            matches!(across[..], [a, b] if (20.0..=22.0).contains(&a) && (39.0..=41.0).contains(&b)),
            "{across:?}"
        );
    }
}
