//! Digits that are not in a grid: one by itself, or several in lines.
//!
//! Connected ink is put together to glyphs, glyphs to lines. Proportions stay as they are on the page.

use crate::aligned::Aligned;
use crate::ink::Ink;
use crate::layout::{FieldKind, FieldLayout, GlyphRegion};
use crate::piece::{Piece, longer};
use crate::rules::{median, robust_line};
use crate::units::{Pieces, Unit, join_pieces};
use lekka_image::{Rect, binarize};
use rayon::prelude::*;

/// The least height or width of a digit, in pixels.
const LEAST_SIDE: f64 = 6.0;

/// The digits of a page without a grid, in reading order, and the slope of its lines.
pub(crate) fn loose_fields(ink: &Ink) -> (Vec<FieldLayout>, f64) {
    let Pieces { pieces, reference } = Pieces::of(&binarize(&ink.image, ink.threshold));
    let units = digits(&pieces, reference);
    let boxes: Vec<Rect> = units.iter().map(|unit| unit.bounds).collect();
    if let Some(aligned) = Aligned::find(&boxes, reference) {
        let (grid, rest) = aligned.field(ink, pieces);
        let mut fields = vec![grid];
        fields.extend(line_fields(ink, &rest, reference).0);
        fields.sort_by_key(|field| field.bounds.y);
        return (fields, aligned.slope());
    }
    line_fields(ink, &pieces, reference)
}

/// The units that are large enough for a digit.
fn digits(pieces: &[Piece], reference: f64) -> Vec<Unit> {
    let least = LEAST_SIDE.max(0.3 * reference);
    let mut units = join_pieces(pieces, reference);
    units.retain(|unit| longer(&unit.bounds) >= least);
    units
}

/// The lines of digits among some pieces, and their slope.
fn line_fields(ink: &Ink, pieces: &[Piece], reference: f64) -> (Vec<FieldLayout>, f64) {
    let lines = find_lines(digits(pieces, reference), reference);
    let slope = median(
        lines
            .iter()
            .filter(|line| line.len() >= 6)
            .filter_map(|line| {
                let centers: Vec<(f64, f64)> =
                    line.iter().map(|unit| unit.bounds.center()).collect();
                Some(robust_line(&centers)?.0)
            }),
    )
    .unwrap_or(0.0);
    let fields = lines
        .par_iter()
        .filter_map(|line| field(ink, pieces, line))
        .collect();
    (fields, slope)
}

/// Glyphs in lines from top to bottom, each from left to right.
fn find_lines(mut units: Vec<Unit>, reference: f64) -> Vec<Vec<Unit>> {
    units.sort_by_key(|unit| (unit.bounds.x, unit.bounds.y));
    let mut lines: Vec<Vec<Unit>> = Vec::new();
    for unit in units {
        // The line that is at this height where it ends, and ends not too far away.
        let bounds = unit.bounds;
        let (_, y) = bounds.center();
        let height = f64::from(bounds.height).max(0.6 * reference);
        let best = lines
            .iter_mut()
            .filter_map(|line| {
                let last = line.last()?.bounds;
                let recent = &line[line.len().saturating_sub(3)..];
                let level =
                    recent.iter().map(|g| g.bounds.center().1).sum::<f64>() / recent.len() as f64;
                let away = f64::from(bounds.x) - f64::from(last.right());
                let off = (level - y).abs();
                (away <= 4.0 * reference && off <= 0.5 * height).then_some((off, line))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match best {
            Some((_, line)) => line.push(unit),
            None => lines.push(vec![unit]),
        }
    }
    lines.sort_by(|a, b| {
        let top = |line: &[Unit]| {
            let heights: f64 = line.iter().map(|g| g.bounds.center().1).sum();
            heights / line.len().max(1) as f64
        };
        let level = |line: &[Unit]| (top(line) / reference.max(1.0)).round();
        let left = |line: &[Unit]| line.first().map(|g| g.bounds.x);
        level(a).total_cmp(&level(b)).then(left(a).cmp(&left(b)))
    });
    lines
}

/// The glyphs of a line, cut from the page.
fn field(ink: &Ink, pieces: &[Piece], line: &[Unit]) -> Option<FieldLayout> {
    let glyphs: Vec<GlyphRegion> = line
        .iter()
        .filter_map(|unit| {
            let piece = Piece::union(unit.pieces.iter().map(|&i| &pieces[i]))?;
            Some((piece.bounds, piece.glyph(ink)?))
        })
        .enumerate()
        .map(|(column, (bounds, pixels))| GlyphRegion {
            row: 0,
            column,
            bounds,
            pixels: Some(pixels),
        })
        .collect();
    let bounds = glyphs
        .iter()
        .map(|glyph| glyph.bounds)
        .reduce(|a, b| a.union(&b))?;
    Some(FieldLayout {
        kind: if glyphs.len() == 1 {
            FieldKind::Digit
        } else {
            FieldKind::Number
        },
        bounds,
        rows: 1,
        columns: glyphs.len(),
        glyphs,
    })
}
