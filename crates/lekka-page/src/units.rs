//! Ink that may be one digit: the pieces of broken strokes put together, what is no digit left out.

use crate::piece::{Piece, gap, longer, shared_columns, shared_rows};
use lekka_image::{
    GrayImage, Rect,
    components::{Component, find_components},
};

/// The pieces on a page that may be parts of digits.
pub(crate) struct Pieces {
    pub(crate) pieces: Vec<Piece>,
    /// The usual longer side of a digit, in pixels.
    pub(crate) reference: f64,
}

impl Pieces {
    /// The ink of a white-on-black page, without specks, rules and frames.
    pub(crate) fn of(mask: &GrayImage) -> Self {
        let found = find_components(mask);
        let mut kept: Vec<usize> = (0..found.components.len())
            .filter(|&i| found.components[i].area >= 4 && !is_rule(&found.components[i].bounds))
            .collect();
        let usual = |kept: &[usize]| usual_side(kept.iter().map(|&i| found.components[i].bounds));
        // Ink this much smaller than a digit is a speck.
        let speck = 0.04 * usual(&kept);
        kept.retain(|&i| longer(&found.components[i].bounds) >= speck);
        drop_frames(&found.components, &mut kept, Rect::of(mask));
        let reference = usual(&kept);
        kept.retain(|&i| found.components[i].area as f64 >= 0.0015 * reference * reference);
        Self {
            pieces: kept.into_iter().map(|i| Piece::of(&found, i)).collect(),
            reference,
        }
    }
}

/// Whether a component is a line drawn on the page rather than part of a digit.
fn is_rule(bounds: &Rect) -> bool {
    let (long, short) = (
        bounds.width.max(bounds.height),
        bounds.width.min(bounds.height),
    );
    long >= 25 * short.max(1) && long >= 60
}

/// Takes out frames around the rest, and the dark edges that scanners leave.
fn drop_frames(components: &[Component], kept: &mut Vec<usize>, page: Rect) {
    let sizable: Vec<Component> = kept
        .iter()
        .map(|&i| components[i])
        .filter(|c| c.bounds.width.max(c.bounds.height) >= 12)
        .collect();
    let is_frame = |c: &Component| {
        let bounds = c.bounds;
        let hollow = c.area * 4 < bounds.area();
        let spans = bounds.width * 10 >= page.width * 9 || bounds.height * 10 >= page.height * 9;
        // Only what is large can be a frame; most components are digits.
        if !hollow && !spans {
            return false;
        }
        let at_border = bounds.x <= 1
            || bounds.y <= 1
            || bounds.right() + 1 >= page.width
            || bounds.bottom() + 1 >= page.height;
        let within = || {
            sizable.iter().filter(|o| {
                let (x, y) = o.bounds.center();
                o.bounds != bounds && bounds.contains(x as u32, y as u32)
            })
        };
        let around = hollow
            && spans
            && within()
                .any(|o| o.bounds.area() * 2 < bounds.area() && o.area * 20 > bounds.area() / 4);
        let others = || sizable.iter().any(|o| o.bounds != bounds);
        around || (spans && at_border && others()) || (hollow && within().nth(2).is_some())
    };
    kept.retain(|&i| !is_frame(&components[i]));
}

/// The usual longer side of ink, the large counting more than the small.
pub(crate) fn usual_side(boxes: impl Iterator<Item = Rect>) -> f64 {
    let mut sides: Vec<f64> = boxes.map(|bounds| side_of_digit(&bounds)).collect();
    sides.sort_by(f64::total_cmp);
    let total: f64 = sides.iter().map(|side| side * side).sum();
    let mut sum = 0.0;
    sides
        .into_iter()
        .find(|side| {
            sum += side * side;
            sum >= total / 2.0
        })
        .unwrap_or(0.0)
}

/// The longer side that a digit has whose ink, with that of others, gives this box. Few digits are much wider than high,
/// and digits that touch all are; a two alone, which is, may be taken for smaller than it is without harm.
fn side_of_digit(bounds: &Rect) -> f64 {
    longer(bounds).min(1.6 * f64::from(bounds.height))
}

/// Pieces that belong together, as indices, and the box around them.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) pieces: Vec<usize>,
    pub(crate) bounds: Rect,
}

/// Puts the pieces of broken digits together.
pub(crate) fn join_pieces(pieces: &[Piece], reference: f64) -> Vec<Unit> {
    let unit = |i: usize| Unit {
        pieces: vec![i],
        bounds: pieces[i].bounds,
    };
    let (large, small): (Vec<usize>, Vec<usize>) =
        (0..pieces.len()).partition(|&i| pieces[i].side() >= 0.5 * reference);
    let near = 0.12 * reference;
    // Large pieces are one digit only in a few cases.
    let mut units = merge(large.into_iter().map(unit).collect(), reference, |a, b| {
        belong(a, b, reference)
    });
    // Small pieces go to the large one they are nearest to, or to each other.
    let mut loose = Vec::new();
    units.sort_by_key(|unit| unit.bounds.x);
    let widest = units
        .iter()
        .map(|unit| unit.bounds.width)
        .max()
        .unwrap_or(0);
    let bounds: Vec<Rect> = units.iter().map(|unit| unit.bounds).collect();
    for i in small {
        let piece = &pieces[i].bounds;
        // Only those that begin less than the widest left of it can reach it.
        let from = f64::from(piece.x) - f64::from(widest) - near;
        let to = f64::from(piece.right()) + near;
        let first = bounds.partition_point(|b| f64::from(b.x) < from);
        let last = bounds.partition_point(|b| f64::from(b.x) <= to);
        let nearest = (first..last)
            .map(|k| (gap(&bounds[k], piece), k))
            .filter(|(distance, _)| *distance <= near)
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match nearest {
            Some((_, k)) => {
                units[k].pieces.push(i);
                units[k].bounds = units[k].bounds.union(piece);
            }
            None => loose.push(unit(i)),
        }
    }
    units.extend(merge(loose, reference, |a, b| gap(a, b) <= near));
    units
}

/// Unites units for whose boxes something holds, until there are none. Only boxes nearer than `reach` are compared.
fn merge(mut units: Vec<Unit>, reach: f64, holds: impl Fn(&Rect, &Rect) -> bool) -> Vec<Unit> {
    // On a page of digits a few rounds are enough; more would be spent on noise.
    for _ in 0..6 {
        units.sort_by_key(|unit| (unit.bounds.x, unit.bounds.y));
        let before = units.len();
        let mut merged: Vec<Unit> = Vec::with_capacity(before);
        // Those that may still reach what comes.
        let mut open: Vec<usize> = Vec::new();
        for unit in units {
            let left = f64::from(unit.bounds.x);
            open.retain(|&k| f64::from(merged[k].bounds.right()) + reach >= left);
            let holder = open
                .iter()
                .find(|&&k| holds(&merged[k].bounds, &unit.bounds));
            if let Some(&k) = holder {
                merged[k].pieces.extend(unit.pieces);
                merged[k].bounds = merged[k].bounds.union(&unit.bounds);
            } else {
                open.push(merged.len());
                merged.push(unit);
            }
        }
        units = merged;
        if units.len() == before {
            break;
        }
    }
    units
}

/// Whether two large pieces are parts of one digit: they nearly touch, and lie over each other, or one is a sliver
/// beside the other (no digit is that narrow).
fn belong(a: &Rect, b: &Rect, reference: f64) -> bool {
    let narrower = a.width.min(b.width);
    let over = 2 * shared_columns(a, b) > narrower;
    let sliver =
        f64::from(narrower) <= 0.35 * reference && 2 * shared_rows(a, b) > a.height.min(b.height);
    (over || sliver) && gap(a, b) <= 0.06 * reference
}
