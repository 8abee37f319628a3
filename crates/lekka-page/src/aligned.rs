//! Digits in rows and columns without rules: sheets written on a grid that is not on the scan.

use crate::comb::{PlaceGrid, find_comb, row_slope};
use crate::ink::Ink;
use crate::piece::{Piece, gap};
use crate::rules::median;
use crate::strokes::Strokes;
use crate::{FieldKind, FieldLayout, GlyphRegion};
use lekka_image::Rect;
use rayon::prelude::*;
use std::collections::HashMap;

/// The fewest digits, rows and columns that make a grid without rules.
const FEWEST: (usize, usize, usize) = (12, 3, 3);

/// How well rows and columns must keep to even places; see [`crate::comb::Comb::strength`].
const LEAST_STRENGTH: f64 = 0.45;

/// The least share of the places that must be written in.
const LEAST_FILLED: f64 = 0.5;

/// Rows and columns at the border with a smaller share of their places written in do not belong to the grid.
const LEAST_IN_LINE: f64 = 0.3;

/// Columns must be at least this many widths of a digit apart: closer digits are numbers.
const SEPARATED: f64 = 1.3;

/// A place index: row and column, negative ones beyond the first.
type Place = (i64, i64);

/// The grid of a page on which digits stand in rows and columns.
pub(crate) struct Aligned {
    places: PlaceGrid,
    rows: usize,
    columns: usize,
    reference: f64,
}

impl Aligned {
    /// Looks for rows and columns among the boxes of digits; `reference` is the usual longer side of a digit.
    pub(crate) fn find(digits: &[Rect], reference: f64) -> Option<Self> {
        let points: Vec<(f64, f64)> = digits.iter().map(Rect::center).collect();
        if points.len() < FEWEST.0 {
            return None;
        }
        let slope = row_slope(&points, reference / 6.0);
        let level: Vec<f64> = points.iter().map(|p| p.1 - slope * p.0).collect();
        let upright: Vec<f64> = points.iter().map(|p| p.0 + slope * p.1).collect();
        let comb = |positions: &[f64]| {
            find_comb(positions, 0.8 * reference, 8.0 * reference)
                .filter(|comb| comb.strength >= LEAST_STRENGTH)
        };
        let mut places = PlaceGrid::fit(&points, comb(&level)?, comb(&upright)?, slope)?;
        let width = median(digits.iter().map(|digit| f64::from(digit.width)))?;
        if places.pitch().0 < SEPARATED * width {
            return None;
        }
        let (rows, columns) = extent(&points, &places)?;
        let (row_count, column_count) = (
            (rows.1 - rows.0 + 1) as usize,
            (columns.1 - columns.0 + 1) as usize,
        );
        places.settle((rows.0, columns.0), (row_count, column_count), &points);
        Some(Self {
            places,
            rows: row_count,
            columns: column_count,
            reference,
        })
    }

    /// The slope of the rows.
    pub(crate) fn slope(&self) -> f64 {
        self.places.slope()
    }

    /// The field, and the pieces that are not in it.
    pub(crate) fn field(
        &self,
        ink: &Ink,
        pieces: Vec<Piece>,
        strokes: Strokes,
    ) -> (FieldLayout, Vec<Piece>) {
        let mut cells: Vec<Vec<Piece>> = vec![Vec::new(); self.rows * self.columns];
        let mut rest = Vec::new();
        for piece in pieces {
            if self.is_within(&piece) {
                self.put(piece, &mut cells, 0);
            } else {
                rest.push(piece);
            }
        }
        let digits: Vec<Option<Piece>> = cells
            .into_par_iter()
            .enumerate()
            .map(|(i, pieces)| self.digit_of(i / self.columns, i % self.columns, pieces))
            .collect();
        let glyphs: Vec<GlyphRegion> = digits
            .par_chunks(self.columns)
            .enumerate()
            .flat_map_iter(|(row, line)| self.row_glyphs(ink, row, line, strokes))
            .collect();
        let bounds = glyphs
            .iter()
            .map(|glyph| glyph.bounds)
            .fold(Rect::default(), |a, b| a.union(&b));
        let field = FieldLayout {
            kind: FieldKind::Grid,
            bounds,
            rows: self.rows,
            columns: self.columns,
            glyphs,
        };
        (field, rest)
    }

    /// Whether the middle of a piece is in a cell.
    fn is_within(&self, piece: &Piece) -> bool {
        let (row, column) = self.places.index_of(piece.centroid());
        let inside = |at: f64, count: usize| at > -0.75 && at < count as f64 - 0.25;
        inside(row, self.rows) && inside(column, self.columns)
    }

    /// The cell a point is in, the nearest one for points outside.
    fn cell_of(&self, point: (f64, f64)) -> (usize, usize) {
        let (row, column) = self.places.index_of(point);
        let whole = |at: f64, count: usize| (at.round().max(0.0) as usize).min(count - 1);
        (whole(row, self.rows), whole(column, self.columns))
    }

    /// Gives a piece to the cell it is in; what reaches far into a second one is cut between them.
    fn put(&self, piece: Piece, cells: &mut [Vec<Piece>], cuts: usize) {
        /// From this share on the whole piece belongs to the cell.
        const MOSTLY: f64 = 0.72;
        /// A digit touching another has at least this share of their ink.
        const SIGNIFICANT: f64 = 0.15;
        let shares = self.shares(&piece);
        let Some((&main, &most)) = shares.iter().max_by_key(|(place, area)| (**area, **place))
        else {
            return;
        };
        let significant = |area: u64| area as f64 >= SIGNIFICANT * piece.area as f64;
        let spanned: Vec<(usize, usize)> = shares
            .iter()
            .filter(|(_, area)| significant(**area))
            .map(|(place, _)| *place)
            .collect();
        let index = main.0 * self.columns + main.1;
        // Digits touch few others: more cuts than this would be a blot.
        if most as f64 >= MOSTLY * piece.area as f64 || spanned.len() < 2 || cuts >= 8 {
            cells[index].push(piece);
            return;
        }
        let range = |values: Vec<usize>| {
            let low = values.iter().copied().min().unwrap_or(0);
            (low, values.iter().copied().max().unwrap_or(low))
        };
        let (top, bottom) = range(spanned.iter().map(|p| p.0).collect());
        let (left, _) = range(spanned.iter().map(|p| p.1).collect());
        let parts = if bottom > top {
            self.cut_below(&piece, top)
        } else {
            self.cut_right_of(&piece, top, left)
        };
        match parts {
            (Some(a), Some(b)) => {
                self.put(a, cells, cuts + 1);
                self.put(b, cells, cuts + 1);
            }
            _ => cells[index].push(piece),
        }
    }

    /// How much of a piece is in which cell.
    fn shares(&self, piece: &Piece) -> HashMap<(usize, usize), u64> {
        let mut shares = HashMap::new();
        let (pitch, _) = self.places.pitch();
        // A piece well inside a cell needs no counting.
        let center = piece.bounds.center();
        let (row, column) = self.places.index_of(center);
        let room = |at: f64| 0.5 - (at - at.round()).abs();
        let (width, height) = self.places.pitch();
        if f64::from(piece.bounds.width) / width < 2.0 * room(column)
            && f64::from(piece.bounds.height) / height < 2.0 * room(row)
        {
            shares.insert(self.cell_of(center), piece.area);
            return shares;
        }
        let step = (pitch / 8.0).max(1.0) as u32;
        for run in &piece.runs {
            let mut start = run.start;
            while start < run.end {
                let end = run.end.min(start + step);
                let middle = f64::midpoint(f64::from(start), f64::from(end));
                let cell = self.cell_of((middle, f64::from(run.y) + 0.5));
                *shares.entry(cell).or_insert(0) += u64::from(end - start);
                start = end;
            }
        }
        shares
    }

    /// Cuts between a column and the next where there is the least ink.
    fn cut_right_of(
        &self,
        piece: &Piece,
        row: usize,
        column: usize,
    ) -> (Option<Piece>, Option<Piece>) {
        let border = self.places.place(row as f64, column as f64 + 0.5).0;
        let reach = 0.25 * self.places.pitch().0;
        let at = least_ink(border, reach, |x| {
            let crossed = piece
                .runs
                .iter()
                .filter(|run| (run.start..run.end).contains(&x));
            crossed.count() as u64
        });
        piece.split_at(|_| at)
    }

    /// Cuts between a row and the next where there is the least ink.
    fn cut_below(&self, piece: &Piece, row: usize) -> (Option<Piece>, Option<Piece>) {
        let (_, column) = self.places.index_of(piece.bounds.center());
        let border = self.places.place(row as f64 + 0.5, column).1;
        let reach = 0.25 * self.places.pitch().1;
        let at = least_ink(border, reach, |y| {
            let crossed = piece.runs.iter().filter(|run| run.y == y);
            crossed.map(|run| u64::from(run.end - run.start)).sum()
        });
        piece.split_below(at)
    }

    /// The digits of a row.
    fn row_glyphs(
        &self,
        ink: &Ink,
        row: usize,
        line: &[Option<Piece>],
        strokes: Strokes,
    ) -> Vec<GlyphRegion> {
        let digits = || line.iter().flatten();
        let slant = strokes.slant_of(|| digits().map(|piece| piece.ink(ink)).collect());
        line.iter()
            .enumerate()
            .map(|(column, digit)| {
                let pixels = digit
                    .as_ref()
                    .and_then(|digit| digit.glyph(ink, strokes, slant));
                let bounds = match (digit, pixels) {
                    (Some(digit), Some(_)) => digit.bounds,
                    _ => self.cell_bounds(row, column, ink.width(), ink.height()),
                };
                GlyphRegion {
                    row,
                    column,
                    bounds,
                    pixels,
                }
            })
            .collect()
    }

    /// The pieces that make the digit of a cell, as one; specks and what is left of rules are left out.
    fn digit_of(&self, row: usize, column: usize, mut pieces: Vec<Piece>) -> Option<Piece> {
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.area));
        let main = pieces.first()?;
        if main.side() < 0.25 * self.reference {
            return None;
        }
        let least = 0.04 * main.area as f64;
        let (width, height) = self.places.pitch();
        let near = 0.08 * width.min(height);
        let mut digit = vec![pieces.remove(0)];
        // Pieces of a broken stroke lead from one to the next.
        loop {
            let before = pieces.len();
            pieces.retain(|piece| {
                let touches = digit
                    .iter()
                    .any(|part| gap(&part.bounds, &piece.bounds) <= near);
                let (at_row, at_column) = self.places.index_of(piece.centroid());
                let inner =
                    (at_row - row as f64).abs() < 0.4 && (at_column - column as f64).abs() < 0.4;
                let joins = touches || (inner && piece.area as f64 >= least);
                if joins {
                    digit.push(piece.clone());
                }
                !joins
            });
            if pieces.len() == before {
                return Piece::union(&digit);
            }
        }
    }

    /// The box of a cell, within the page.
    fn cell_bounds(&self, row: usize, column: usize, width: usize, height: usize) -> Rect {
        let (row, column) = (row as f64, column as f64);
        let (left, top) = self.places.place(row - 0.5, column - 0.5);
        let (right, bottom) = self.places.place(row + 0.5, column + 0.5);
        let side = |from: f64, to: f64, limit: usize| {
            let limit = limit.max(1) as u32;
            let from = (from.max(0.0) as u32).min(limit - 1);
            (from, (to.max(0.0) as u32).clamp(from + 1, limit))
        };
        let ((x, right), (y, bottom)) = (side(left, right, width), side(top, bottom, height));
        Rect::from_corners(x, y, right, bottom)
    }
}

/// The position within `reach` of `middle` with the least ink, the nearest of several.
fn least_ink(middle: f64, reach: f64, ink: impl Fn(u32) -> u64) -> u32 {
    let (low, high) = (
        (middle - reach).max(0.0) as u32,
        (middle + reach).max(0.0) as u32,
    );
    (low..=high)
        .min_by(|&a, &b| {
            let off = |at: u32| (f64::from(at) - middle).abs();
            ink(a).cmp(&ink(b)).then(off(a).total_cmp(&off(b)))
        })
        .unwrap_or(low)
}

/// The first and the last row, and the first and the last column, that digits stand in; `None` when it is no grid.
fn extent(points: &[(f64, f64)], places: &PlaceGrid) -> Option<(Place, Place)> {
    let mut taken: Vec<Place> = points
        .iter()
        .map(|&point| {
            let (row, column) = places.index_of(point);
            (row.round() as i64, column.round() as i64)
        })
        .collect();
    taken.sort_unstable();
    taken.dedup();
    loop {
        let rows = (taken.first()?.0, taken.last()?.0);
        let columns = (
            taken.iter().map(|p| p.1).min()?,
            taken.iter().map(|p| p.1).max()?,
        );
        let (row_count, column_count) = (rows.1 - rows.0 + 1, columns.1 - columns.0 + 1);
        if (row_count as usize) < FEWEST.1 || (column_count as usize) < FEWEST.2 {
            return None;
        }
        let in_row = |row: i64| taken.iter().filter(|p| p.0 == row).count() as f64;
        let in_column = |column: i64| taken.iter().filter(|p| p.1 == column).count() as f64;
        let sparse_row = [rows.0, rows.1]
            .into_iter()
            .find(|&row| in_row(row) < LEAST_IN_LINE * column_count as f64);
        let sparse_column = [columns.0, columns.1]
            .into_iter()
            .find(|&column| in_column(column) < LEAST_IN_LINE * row_count as f64);
        match (sparse_row, sparse_column) {
            (Some(row), _) => taken.retain(|p| p.0 != row),
            (None, Some(column)) => taken.retain(|p| p.1 != column),
            (None, None) => {
                let filled = taken.len() as f64 / (row_count * column_count) as f64;
                return (filled >= LEAST_FILLED).then_some((rows, columns));
            }
        }
    }
}
