//! Digits that are not in a grid: one by itself, or several in lines.
//!
//! Connected ink is put together to glyphs, glyphs to lines. Proportions stay as they are on the page.

use crate::cut::natural_glyph;
use crate::ink::Ink;
use crate::layout::{FieldKind, FieldLayout, GlyphRegion};
use crate::rules::{median, robust_line};
use lekka_image::{
    GrayImage, Rect,
    components::{Component, find_components},
    crop,
    normalize::Glyph,
};

/// Glyphs are looked for on the page reduced so that its longer side is at most this many pixels.
const SEARCH_SIDE: usize = 2400;

/// The least height or width of a digit, in pixels.
const LEAST_SIDE: u32 = 6;

/// The digits of a page without a grid, in reading order, and the slope of its lines.
pub(crate) fn loose_fields(ink: &Ink) -> (Vec<FieldLayout>, f64) {
    let factor = ink.width().max(ink.height()).div_ceil(SEARCH_SIDE).max(1);
    let reduced = ink.reduced(factor);
    let glyphs = find_glyphs(&reduced, factor as u32);
    let reference = usual_side(&glyphs);
    let lines = find_lines(glyphs, reference);
    let slope = median(
        lines
            .iter()
            .filter(|line| line.len() >= 6)
            .filter_map(|line| {
                let centers: Vec<(f64, f64)> = line.iter().map(Rect::center).collect();
                Some(robust_line(&centers)?.0)
            }),
    )
    .unwrap_or(0.0);
    let fields = lines
        .iter()
        .filter_map(|line| field(ink, line, factor as u32))
        .collect();
    (fields, slope)
}

/// The boxes of what may be digits, in reduced pixels.
fn find_glyphs(mask: &GrayImage, factor: u32) -> Vec<Rect> {
    let found = find_components(mask);
    let page = Rect::of(mask);
    let mut pieces: Vec<Component> = found
        .components
        .into_iter()
        .filter(|c| c.area >= 4 && !is_rule(&c.bounds))
        .collect();
    drop_frames(&mut pieces, page);
    let boxes: Vec<Rect> = pieces.iter().map(|c| c.bounds).collect();
    let reference = usual_side(&boxes);
    let least = LEAST_SIDE.div_ceil(factor).max(2);
    let mut glyphs = join_pieces(&pieces, reference);
    glyphs.retain(|glyph| {
        let side = glyph.width.max(glyph.height);
        side >= least && f64::from(side) >= 0.3 * reference
    });
    glyphs
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
fn drop_frames(pieces: &mut Vec<Component>, page: Rect) {
    let sizable = |c: &Component| c.bounds.width.max(c.bounds.height) >= 12;
    let is_frame = |c: &Component, all: &[Component]| {
        let bounds = c.bounds;
        let hollow = c.area * 4 < bounds.area();
        let spans = bounds.width * 10 >= page.width * 9 || bounds.height * 10 >= page.height * 9;
        let at_border = bounds.x <= 1
            || bounds.y <= 1
            || bounds.right() + 1 >= page.width
            || bounds.bottom() + 1 >= page.height;
        let within = all.iter().filter(|o| {
            let (x, y) = o.bounds.center();
            o.bounds != bounds && sizable(o) && bounds.contains(x as u32, y as u32)
        });
        let around = hollow
            && within
                .clone()
                .any(|o| o.bounds.area() * 2 < bounds.area() && o.area * 20 > bounds.area() / 4);
        let others = all.iter().any(|o| o.bounds != bounds && sizable(o));
        (around && spans) || (hollow && within.count() >= 3) || (others && spans && at_border)
    };
    let all = pieces.clone();
    pieces.retain(|c| !is_frame(c, &all));
}

/// The usual longer side of ink, the large counting more than the small.
fn usual_side(boxes: &[Rect]) -> f64 {
    let mut sides: Vec<f64> = boxes
        .iter()
        .map(|b| f64::from(b.width.max(b.height)))
        .collect();
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

/// Puts the pieces of broken digits together.
fn join_pieces(pieces: &[Component], reference: f64) -> Vec<Rect> {
    let large = |b: &Rect| f64::from(b.width.max(b.height)) >= 0.5 * reference;
    let mut glyphs: Vec<Rect> = Vec::new();
    let mut small: Vec<Rect> = Vec::new();
    for piece in pieces {
        if large(&piece.bounds) {
            glyphs.push(piece.bounds);
        } else {
            small.push(piece.bounds);
        }
    }
    // Large pieces are one digit only in a few cases.
    while let Some((a, b)) = first_pair(&glyphs, |a, b| belong(a, b, reference)) {
        let other = glyphs.swap_remove(b);
        glyphs[a] = glyphs[a].union(&other);
    }
    // Small pieces go to the large one they are nearest to, or to each other.
    let mut loose: Vec<Rect> = Vec::new();
    for piece in small {
        let nearest = (0..glyphs.len())
            .map(|i| (gap(&glyphs[i], &piece), i))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match nearest {
            Some((distance, i)) if distance <= 0.12 * reference => {
                glyphs[i] = glyphs[i].union(&piece);
            }
            _ => loose.push(piece),
        }
    }
    while let Some((a, b)) = first_pair(&loose, |a, b| gap(a, b) <= 0.12 * reference) {
        let other = loose.swap_remove(b);
        loose[a] = loose[a].union(&other);
    }
    glyphs.extend(loose);
    glyphs
}

/// The first two boxes for which something holds, the lower index first.
fn first_pair(boxes: &[Rect], holds: impl Fn(&Rect, &Rect) -> bool) -> Option<(usize, usize)> {
    // Past this many boxes it is no page of digits but noise, and comparing them all would take too long.
    const MOST: usize = 4000;
    let boxes = &boxes[..boxes.len().min(MOST)];
    (0..boxes.len()).find_map(|a| {
        let b = (a + 1..boxes.len()).find(|&b| holds(&boxes[a], &boxes[b]))?;
        Some((a, b))
    })
}

/// Whether two large pieces are parts of one digit: they nearly touch, and lie over each other, or one is a sliver
/// beside the other (no digit is that narrow).
fn belong(a: &Rect, b: &Rect, reference: f64) -> bool {
    let shared = |a0: u32, a1: u32, b0: u32, b1: u32| a1.min(b1).saturating_sub(a0.max(b0));
    let columns = shared(a.x, a.right(), b.x, b.right());
    let rows = shared(a.y, a.bottom(), b.y, b.bottom());
    let narrower = a.width.min(b.width);
    let over = 2 * columns > narrower;
    let sliver = f64::from(narrower) <= 0.35 * reference && 2 * rows > a.height.min(b.height);
    (over || sliver) && gap(a, b) <= 0.06 * reference
}

/// The distance between two boxes.
fn gap(a: &Rect, b: &Rect) -> f64 {
    let along = |a0: u32, a1: u32, b0: u32, b1: u32| {
        f64::from(b0.saturating_sub(a1).max(a0.saturating_sub(b1)))
    };
    along(a.x, a.right(), b.x, b.right()).hypot(along(a.y, a.bottom(), b.y, b.bottom()))
}

/// Glyphs in lines from top to bottom, each from left to right.
fn find_lines(mut glyphs: Vec<Rect>, reference: f64) -> Vec<Vec<Rect>> {
    glyphs.sort_by_key(|glyph| (glyph.x, glyph.y));
    let mut lines: Vec<Vec<Rect>> = Vec::new();
    for glyph in glyphs {
        // The line that is at this height where it ends, and ends not too far away.
        let (_, y) = glyph.center();
        let height = f64::from(glyph.height).max(0.6 * reference);
        let best = lines
            .iter_mut()
            .filter_map(|line| {
                let last = line.last()?;
                let recent = &line[line.len().saturating_sub(3)..];
                let level = recent.iter().map(|g| g.center().1).sum::<f64>() / recent.len() as f64;
                let away = f64::from(glyph.x) - f64::from(last.right());
                let off = (level - y).abs();
                (away <= 4.0 * reference && off <= 0.5 * height).then_some((off, line))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match best {
            Some((_, line)) => line.push(glyph),
            None => lines.push(vec![glyph]),
        }
    }
    lines.sort_by(|a, b| {
        let top = |line: &[Rect]| {
            let heights: f64 = line.iter().map(|g| g.center().1).sum();
            heights / line.len().max(1) as f64
        };
        let level = |line: &[Rect]| (top(line) / reference.max(1.0)).round();
        level(a)
            .total_cmp(&level(b))
            .then(a.first().map(|g| g.x).cmp(&b.first().map(|g| g.x)))
    });
    lines
}

/// The glyphs of a line, cut from the page.
fn field(ink: &Ink, line: &[Rect], factor: u32) -> Option<FieldLayout> {
    let glyphs: Vec<GlyphRegion> = line
        .iter()
        .filter_map(|reduced| {
            let region = Rect::from_corners(
                reduced.x * factor,
                reduced.y * factor,
                (reduced.right() * factor).min(ink.width() as u32),
                (reduced.bottom() * factor).min(ink.height() as u32),
            );
            cut(ink, region)
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

/// The tight box of a glyph and its picture for the network.
fn cut(ink: &Ink, region: Rect) -> Option<(Rect, Glyph)> {
    let grey = crop(&ink.image, region);
    let found = find_components(&lekka_image::binarize(&grey, ink.threshold));
    let largest = found.components.iter().map(|c| c.area).max()?;
    // What reaches in from a neighbour and specks are small beside the digit itself.
    let kept: Vec<usize> = (0..found.components.len())
        .filter(|&i| found.components[i].area * 30 >= largest)
        .collect();
    let tight = kept
        .iter()
        .map(|&i| found.components[i].bounds)
        .reduce(|a, b| a.union(&b))?;
    let picked = ink.masked(&found.draw(&kept, Rect::of(&grey)), region);
    let pixels = natural_glyph(&picked, tight)?;
    let bounds = Rect::new(
        tight.x + region.x,
        tight.y + region.y,
        tight.width,
        tight.height,
    );
    Some((bounds, pixels))
}
