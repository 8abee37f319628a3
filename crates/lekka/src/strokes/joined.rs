//! Digits written in one movement: where one ends and the next begins.
//!
//! The movement is cut at points where a pen may end a digit (turning points and corners), and of
//! all ways to take digits and the joins between them out of it the cheapest is kept: each piece is
//! drawn and shown to the network, whose doubt it costs; joins cost their length. This is the
//! segmentation by recognition of cursive handwriting, on positions in place of pixels, as for
//! numerals written in the air (Roy et al.).

use lekka_image::normalize::Glyph;

use super::{Extent, Stroke, extent, glyph_of};
use crate::classifier::ClassifierError;
use crate::recognizer::Recognizer;

/// Points per height of the writing after resampling.
const POINTS_PER_HEIGHT: f32 = 16.0;
/// A digit costs this besides the network's doubt: without it, confident pieces of a digit would
/// be cheaper than the whole.
const DIGIT_COST: f32 = 1.2;
/// What a join costs per height of the writing.
const JOIN_COST: f32 = 0.4;
/// Longest join, in heights of the writing.
const LONGEST_JOIN: f32 = 3.0;
/// A join is about straight: its ends lie at least this part of its length apart.
const STRAIGHT: f32 = 0.75;
/// Least side of a digit, in heights of the writing.
const LEAST_DIGIT: f32 = 0.45;
/// Most width and length of a digit, in heights of the writing.
const WIDEST: f32 = 2.7;
const LONGEST: f32 = 10.0;
/// Neighbours may overlap by this part of the narrower one.
const OVERLAP: f32 = 0.35;
/// Most places to cut: what is written longer is not cut.
const MOST_CUTS: usize = 120;
/// Most points after resampling: a thousand heights of writing.
const MOST_STEPS: usize = 16_000;

/// A point of the resampled movement.
#[derive(Clone, Copy)]
struct Step {
    at: [f32; 2],
    /// Length of what was drawn up to here, in heights of the writing.
    drawn: f32,
    /// The first of a stroke: nothing is drawn from the point before to it.
    starts: bool,
}

/// A piece of the movement that may be a digit.
struct Piece {
    from: usize,
    to: usize,
    left: f32,
    right: f32,
    cost: f32,
}

/// A movement with the places where it may be cut.
struct Movement {
    steps: Vec<Step>,
    /// Steps at which a digit may begin or end, in order.
    cuts: Vec<usize>,
    /// Height of the writing.
    height: f32,
    /// What the steps are relative to: far from zero, an f32 would not hold a step.
    origin: [f32; 2],
}

/// The digits of a movement in the order they were written, each as its strokes; none where it
/// cannot be cut.
pub(super) fn separate(
    recognizer: &Recognizer,
    strokes: &[Stroke],
) -> Result<Vec<Vec<Stroke>>, ClassifierError> {
    let Some(movement) = Movement::of(strokes) else {
        return Ok(Vec::new());
    };
    let mut pieces = movement.candidates();
    let drawn = |piece: &Piece| movement.taken(piece.from, piece.to);
    let glyphs: Vec<Option<Glyph>> = pieces.iter().map(|piece| glyph_of(&drawn(piece))).collect();
    let seen: Vec<Glyph> = glyphs.iter().flatten().copied().collect();
    let mut probabilities = recognizer.probabilities(&seen)?.into_iter();
    for (piece, glyph) in pieces.iter_mut().zip(&glyphs) {
        let best = glyph
            .and_then(|_| probabilities.next())
            .map_or(0.0, |digits| digits.into_iter().fold(0.0, f32::max));
        piece.cost = DIGIT_COST - best.max(1e-6).ln();
    }
    let chain = movement.cheapest(&pieces);
    Ok(chain
        .into_iter()
        .map(|piece| drawn(&pieces[piece]))
        .collect())
}

impl Movement {
    fn of(strokes: &[Stroke]) -> Option<Self> {
        let (least, greatest) = extent(strokes.iter().flatten())?;
        let height = (greatest[1] - least[1]).max((greatest[0] - least[0]) / 12.0);
        if height <= 0.0 {
            return None;
        }
        let steps = resampled(strokes, height, least)?;
        let cuts = cuts(&steps);
        (cuts.len() <= MOST_CUTS).then_some(Self {
            steps,
            cuts,
            height,
            origin: least,
        })
    }

    /// All pieces between cuts whose size is that of a digit.
    fn candidates(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (from, &first) in self.cuts.iter().enumerate() {
            let mut bounds = None;
            let mut seen = first;
            for (to, &last) in self.cuts.iter().enumerate().skip(from + 1) {
                let added = extent(self.steps[seen..=last].iter().map(|step| &step.at));
                seen = last;
                bounds = joint(bounds, added);
                let Some((least, greatest)) = bounds else {
                    continue;
                };
                let side = |axis: usize| (greatest[axis] - least[axis]) / self.height;
                let drawn = self.steps[last].drawn - self.steps[first].drawn;
                if side(0) > WIDEST || drawn > LONGEST {
                    break;
                }
                if side(0).max(side(1)) >= LEAST_DIGIT {
                    pieces.push(Piece {
                        from,
                        to,
                        left: least[0],
                        right: greatest[0],
                        cost: f32::INFINITY,
                    });
                }
            }
        }
        pieces
    }

    /// What was drawn between two cuts, as strokes.
    fn taken(&self, from: usize, to: usize) -> Vec<Stroke> {
        let mut strokes: Vec<Stroke> = Vec::new();
        for (index, step) in self.steps[self.cuts[from]..=self.cuts[to]]
            .iter()
            .enumerate()
        {
            if index == 0 || step.starts {
                strokes.push(Vec::new());
            }
            if let Some(stroke) = strokes.last_mut() {
                stroke.push([0, 1].map(|axis| step.at[axis] + self.origin[axis]));
            }
        }
        strokes
    }

    /// What the join from one cut to a later one costs; infinite where it is none.
    fn join(&self, from: usize, to: usize) -> f32 {
        let (first, last) = (self.cuts[from], self.cuts[to]);
        let (start, end) = (self.steps[first], self.steps[last]);
        let length = end.drawn - start.drawn;
        if length == 0.0 {
            return 0.0;
        }
        let lifted = self.steps[first + 1..=last].iter().any(|step| step.starts);
        let apart = distance(start.at, end.at) / self.height;
        let backwards = end.at[0] < start.at[0];
        if length > LONGEST_JOIN || backwards || (!lifted && apart < STRAIGHT * length) {
            return f32::INFINITY;
        }
        JOIN_COST * length
    }

    /// The pieces that together with the joins between them cost least, in order.
    fn cheapest(&self, pieces: &[Piece]) -> Vec<usize> {
        // The cost of all up to the end of a piece, and the piece before.
        let mut costs = vec![f32::INFINITY; pieces.len()];
        let mut before: Vec<Option<usize>> = vec![None; pieces.len()];
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by_key(|&piece| pieces[piece].from);
        for (place, &piece) in order.iter().enumerate() {
            let current = &pieces[piece];
            // What is drawn before the first digit is a join to it.
            let mut least = self.join(0, current.from);
            for &earlier in &order[..place] {
                let last = &pieces[earlier];
                if last.to > current.from || !is_right_of(last, current) {
                    continue;
                }
                let cost = costs[earlier] + self.join(last.to, current.from);
                if cost < least {
                    (least, before[piece]) = (cost, Some(earlier));
                }
            }
            costs[piece] = least + current.cost;
        }
        let end = self.cuts.len().saturating_sub(1);
        let total = |piece: usize| costs[piece] + self.join(pieces[piece].to, end);
        let best = (0..pieces.len()).min_by(|&a, &b| total(a).total_cmp(&total(b)));
        let mut chain = Vec::new();
        let mut next = best.filter(|&piece| total(piece).is_finite());
        while let Some(piece) = next {
            chain.push(piece);
            next = before[piece];
        }
        chain.reverse();
        chain
    }
}

/// The box around two boxes.
fn joint(a: Option<Extent>, b: Option<Extent>) -> Option<Extent> {
    let corners = [a, b].into_iter().flatten();
    extent(
        corners
            .flat_map(|(least, greatest)| [least, greatest])
            .collect::<Vec<_>>()
            .iter(),
    )
}

/// Points at equal distances, none where there would be too many, each the mean of its neighbourhood: a hand trembles.
fn resampled(strokes: &[Stroke], height: f32, origin: [f32; 2]) -> Option<Vec<Step>> {
    let spacing = height / POINTS_PER_HEIGHT;
    let relative = |point: [f32; 2]| [0, 1].map(|axis| point[axis] - origin[axis]);
    let mut steps: Vec<Step> = Vec::new();
    let mut drawn = 0.0;
    for stroke in strokes {
        let [first, ..] = stroke[..] else { continue };
        let begin = steps.len();
        steps.push(Step {
            at: relative(first),
            drawn,
            starts: true,
        });
        let mut last = relative(first);
        for point in stroke[1..].iter().copied().map(relative) {
            loop {
                let length = distance(last, point);
                if length < spacing {
                    break;
                }
                if steps.len() == MOST_STEPS {
                    return None;
                }
                let part = spacing / length;
                last = [0, 1].map(|axis| last[axis] + part * (point[axis] - last[axis]));
                drawn += spacing / height;
                steps.push(Step {
                    at: last,
                    drawn,
                    starts: false,
                });
            }
        }
        smooth(&mut steps[begin..]);
    }
    Some(steps)
}

fn smooth(steps: &mut [Step]) {
    let rough: Vec<[f32; 2]> = steps.iter().map(|step| step.at).collect();
    for (step, around) in steps.iter_mut().skip(1).zip(rough.windows(3)) {
        step.at = [0, 1].map(|axis| around.iter().map(|point| point[axis]).sum::<f32>() / 3.0);
    }
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

/// The steps at which a digit may begin or end: ends of strokes, turning points, corners.
fn cuts(steps: &[Step]) -> Vec<usize> {
    let is_end = |i: usize| steps[i].starts || i + 1 == steps.len() || steps[i + 1].starts;
    let mut cuts: Vec<usize> = Vec::new();
    for i in 0..steps.len() {
        let reach = 2;
        let inside = i >= reach
            && i + reach < steps.len()
            && !(i + 1 - reach..=i + reach).any(|step| steps[step].starts);
        let turns = inside && {
            let [before, here, after] = [steps[i - reach].at, steps[i].at, steps[i + reach].at];
            let a = [here[0] - before[0], here[1] - before[1]];
            let b = [after[0] - here[0], after[1] - here[1]];
            let cosine =
                (a[0] * b[0] + a[1] * b[1]) / (a[0].hypot(a[1]) * b[0].hypot(b[1])).max(1e-9);
            a[0] * b[0] < 0.0 || a[1] * b[1] < 0.0 || cosine < 0.6
        };
        // One of several steps round the same turn.
        let crowded = cuts.last().is_some_and(|&last| i - last < 3 && !is_end(i));
        if is_end(i) || (turns && !crowded) {
            cuts.push(i);
        }
    }
    cuts
}

/// Whether a piece stands to the right of another as digits of a number do.
fn is_right_of(left: &Piece, right: &Piece) -> bool {
    let narrower = (left.right - left.left).min(right.right - right.left);
    left.right - right.left <= OVERLAP * narrower
        && right.left > left.left
        && right.right > left.right
}
