//! Digits that are not in a grid: one by itself, or several in lines.
//!
//! Connected ink is put together to glyphs, glyphs to lines. Proportions stay as they are on the page.

use crate::aligned::Aligned;
use crate::ink::Ink;
use crate::layout::{FieldKind, FieldLayout, GlyphRegion};
use crate::numbers::NumberLine;
use crate::piece::{Piece, longer, shared_columns};
use crate::rules::{median, robust_line};
use crate::strokes::Strokes;
use crate::units::{Pieces, Unit, join_pieces};
use lekka_image::{Rect, binarize};
use rayon::prelude::*;

/// The least height or width of a digit, in pixels.
const LEAST_SIDE: f64 = 6.0;

/// The digits of a page without a grid.
pub(crate) struct Loose {
    /// In reading order.
    pub(crate) fields: Vec<FieldLayout>,
    /// The ink of those that are lines.
    pub(crate) lines: Vec<NumberLine>,
    /// The slope of the lines.
    pub(crate) slope: f64,
}

/// A field, and its ink when it is a line.
type Found = (FieldLayout, Option<NumberLine>);

impl Loose {
    fn new(found: Vec<Found>, slope: f64) -> Self {
        let (mut fields, mut lines) = (Vec::with_capacity(found.len()), Vec::new());
        for (field, line) in found {
            lines.extend(line.map(|line| line.of_field(fields.len())));
            fields.push(field);
        }
        Self {
            fields,
            lines,
            slope,
        }
    }
}

/// The digits of a page without a grid, and the slope of its lines.
pub(crate) fn loose_fields(ink: &Ink, strokes: Strokes) -> Loose {
    let Pieces { pieces, reference } = Pieces::of(&binarize(&ink.image, ink.threshold));
    let units = digits(&pieces, reference);
    let boxes: Vec<Rect> = units.iter().map(|unit| unit.bounds).collect();
    if let Some(aligned) = Aligned::find(&boxes, reference) {
        let (grid, rest) = aligned.field(ink, pieces, strokes);
        let mut found = vec![(grid, None)];
        found.extend(line_fields(ink, &rest, reference, strokes).0);
        found.sort_by_key(|(field, _)| field.bounds.y);
        return Loose::new(found, aligned.slope());
    }
    let (found, slope) = line_fields(ink, &pieces, reference, strokes);
    Loose::new(found, slope)
}

/// The digits in a place where one number is written, as one line however far they are apart, and the ink of it; `None`
/// without any. Writing in several lines above each other is one line too, which `rows` tells.
pub(crate) fn one_line(ink: &Ink) -> Option<OneLine> {
    let Pieces { pieces, reference } = Pieces::of(&binarize(&ink.image, ink.threshold));
    let mut line = digits(&pieces, reference);
    line.sort_by_key(|unit| (unit.bounds.x, unit.bounds.y));
    let rows = rows(&line);
    let beside = (0..pieces.len())
        .filter(|i| !line.iter().any(|unit| unit.pieces.contains(i)))
        .collect::<Vec<_>>();
    let (field, line) = field(ink, &pieces, &line, &beside, Strokes::default())?;
    Some(OneLine { field, line, rows })
}

/// A number that stands alone in its place.
pub(crate) struct OneLine {
    pub(crate) field: FieldLayout,
    pub(crate) line: Option<NumberLine>,
    /// The most digits that are written above each other.
    pub(crate) rows: usize,
}

/// How many units stand above each other, at most: those that share most of their columns and none of their rows.
fn rows(units: &[Unit]) -> usize {
    let above = |a: &Rect, b: &Rect| {
        let narrower = a.width.min(b.width);
        a.bottom() <= b.y && 2 * shared_columns(a, b) > narrower
    };
    let mut ordered: Vec<&Rect> = units.iter().map(|unit| &unit.bounds).collect();
    ordered.sort_by_key(|bounds| bounds.y);
    let mut rows: Vec<usize> = Vec::with_capacity(ordered.len());
    for (i, bounds) in ordered.iter().enumerate() {
        let over = (0..i).filter(|&k| above(ordered[k], bounds));
        let most = over.map(|k| rows[k]).max().unwrap_or(0);
        rows.push(most + 1);
    }
    rows.into_iter().max().unwrap_or(0)
}

/// The units that are large enough for a digit.
fn digits(pieces: &[Piece], reference: f64) -> Vec<Unit> {
    let least = LEAST_SIDE.max(0.3 * reference);
    let mut units = join_pieces(pieces, reference);
    units.retain(|unit| longer(&unit.bounds) >= least);
    units
}

/// The lines of digits among some pieces, and their slope.
fn line_fields(ink: &Ink, pieces: &[Piece], reference: f64, strokes: Strokes) -> (Vec<Found>, f64) {
    let lines = find_lines(digits(pieces, reference), reference);
    let beside = beside_lines(pieces, &lines);
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
        .zip(&beside)
        .filter_map(|(line, beside)| field(ink, pieces, line, beside, strokes))
        .collect();
    (fields, slope)
}

/// For each line the pieces that stand in it and are too small for digits, such as a decimal point.
fn beside_lines(pieces: &[Piece], lines: &[Vec<Unit>]) -> Vec<Vec<usize>> {
    let mut free = vec![true; pieces.len()];
    for i in lines.iter().flatten().flat_map(|unit| &unit.pieces) {
        free[*i] = false;
    }
    let around: Vec<Option<Rect>> = lines
        .iter()
        .map(|line| line.iter().map(|u| u.bounds).reduce(|a, b| a.union(&b)))
        .collect();
    let mut beside = vec![Vec::new(); lines.len()];
    for (i, piece) in pieces.iter().enumerate().filter(|(i, _)| free[*i]) {
        let (x, y) = piece.bounds.center();
        let off = |bounds: &Rect| {
            let height = f64::from(bounds.height);
            let (top, bottom) = (f64::from(bounds.y), f64::from(bounds.bottom()));
            let within = (f64::from(bounds.x)..f64::from(bounds.right())).contains(&x)
                && y >= top
                && y <= bottom + 0.4 * height;
            within.then(|| (y - f64::midpoint(top, bottom)).abs())
        };
        let nearest = around
            .iter()
            .enumerate()
            .filter_map(|(line, bounds)| Some((off(&(*bounds)?)?, line)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, line)) = nearest {
            beside[line].push(i);
        }
    }
    beside
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
    take_in_strokes(&mut lines, reference);
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

/// Flat strokes that lie in the rows of a line come into it: the foot of a seven, or the bow over it, is no line of its own
/// where the pen was lifted between them. Rules under a line are longer.
fn take_in_strokes(lines: &mut Vec<Vec<Unit>>, reference: f64) {
    let is_stroke = |bounds: &Rect| {
        f64::from(bounds.height) < 0.5 * reference && f64::from(bounds.width) < 1.5 * reference
    };
    let (strokes, mut others): (Vec<Vec<Unit>>, Vec<Vec<Unit>>) = lines
        .drain(..)
        .partition(|line| matches!(&line[..], [unit] if is_stroke(&unit.bounds)));
    let mut alone = Vec::new();
    for stroke in strokes {
        let bounds = stroke[0].bounds;
        let within = |line: &[Unit]| {
            let apart = |unit: &Unit| columns_apart(&unit.bounds, &bounds) / reference;
            let near = line.iter().filter(|unit| apart(unit) <= 3.0);
            let beside = line.iter().any(|unit| apart(unit) <= 0.3);
            let rows = near.map(|unit| unit.bounds).reduce(|a, b| a.union(&b));
            beside
                && rows.is_some_and(|rows| {
                    let over = f64::from(rows.y) - f64::from(bounds.y);
                    let under = f64::from(bounds.bottom()) - f64::from(rows.bottom());
                    over.max(under) <= 0.4 * reference
                })
        };
        match others.iter_mut().find(|line| within(line)) {
            Some(line) => {
                line.extend(stroke);
                line.sort_by_key(|unit| (unit.bounds.x, unit.bounds.y));
            }
            None => alone.push(stroke),
        }
    }
    others.append(&mut alone);
    *lines = others;
}

/// How many columns are between two boxes; below 0 where they share some.
fn columns_apart(a: &Rect, b: &Rect) -> f64 {
    f64::from(a.x.max(b.x)) - f64::from(a.right().min(b.right()))
}

/// The glyphs of a line, cut from the page.
fn field(
    ink: &Ink,
    pieces: &[Piece],
    line: &[Unit],
    beside: &[usize],
    strokes: Strokes,
) -> Option<Found> {
    let digits: Vec<(&Unit, Piece)> = line
        .iter()
        .filter_map(|unit| {
            let parts = unit.pieces.iter().map(|&i| &pieces[i]);
            Some((unit, Piece::union(parts)?))
        })
        .collect();
    let slant = strokes.slant_of(|| digits.iter().map(|(_, piece)| piece.ink(ink)).collect());
    let (units, found): (Vec<&Unit>, Vec<_>) = digits
        .iter()
        .filter_map(|(unit, piece)| {
            Some((*unit, (piece.bounds, piece.glyph(ink, strokes, slant)?)))
        })
        .unzip();
    let glyphs: Vec<GlyphRegion> = found
        .into_iter()
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
    let field = FieldLayout {
        kind: if glyphs.len() == 1 {
            FieldKind::Digit
        } else {
            FieldKind::Number
        },
        bounds,
        rows: 1,
        columns: glyphs.len(),
        glyphs,
    };
    Some((field, NumberLine::new(ink, pieces, &units, beside)))
}
