//! Digits written in one movement: where one ends and the next begins.
//!
//! The movement is cut at points where a pen may end a digit (turning points and corners), and of
//! all ways to take digits and the joins between them out of it the cheapest is kept: each piece is
//! drawn and shown to the network, whose doubt it costs; joins cost their length. This is the
//! segmentation by recognition of cursive handwriting, on positions in place of pixels, as for
//! numerals written in the air (Roy et al.).

use lekka_image::normalize::Glyph;
use lekka_strokes::{Alphabet, Variant, kannada_digit};

use super::{Extent, Stroke, extent, glyph_of};
use crate::classifier::ClassifierError;
use crate::recognizer::{CLASSES, Recognizer};

/// Points per height of the writing after resampling.
const POINTS_PER_HEIGHT: f32 = 16.0;
/// How many times higher the writing would be, had it a tall digit: flat ones alone, such as twos, are tried as such.
const SCALES: [f32; 3] = [1.0, 1.25, 1.6];
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

/// What parts of a movement cost, in natural logarithms of probability.
#[derive(Debug, Clone, Copy)]
struct Costs {
    /// A digit, besides what the network doubts of it and what its size costs.
    digit: f32,
    /// A join, per height of the writing.
    join: f32,
    /// The square of the logarithm of a digit's length over its usual one ([`Shapes`]).
    length: f32,
    /// The same of its width.
    width: f32,
}

/// Found on numbers of this project's own strokes by random hands (`examples/joined.rs`).
const COSTS: Costs = Costs {
    digit: 0.3,
    join: 0.4,
    length: 8.0,
    width: 12.0,
};

/// The size of each digit: a join and a digit together often look like another digit, but not of that size.
struct Shapes([Shape; CLASSES]);

/// The usual size of a digit, in heights of tall ones.
struct Shape {
    /// The logarithms of how long it is drawn and how wide it is.
    size: [f32; 2],
    height: f32,
}

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
    let pieces = movement.candidates();
    let probabilities = movement.read(recognizer, &pieces)?;
    let chain = movement.best_chain(&pieces, &probabilities, &COSTS);
    let drawn = |piece: usize| movement.taken(pieces[piece].from, pieces[piece].to);
    Ok(chain.into_iter().map(drawn).collect())
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
                    });
                }
            }
        }
        pieces
    }

    /// The probabilities of each piece to be the ten digits; none for what is no one digit.
    fn read(
        &self,
        recognizer: &Recognizer,
        pieces: &[Piece],
    ) -> Result<Vec<Option<[f32; CLASSES]>>, ClassifierError> {
        let glyph = |piece: &Piece| glyph_of(&self.taken(piece.from, piece.to));
        let glyphs: Vec<Option<Glyph>> = pieces.iter().map(glyph).collect();
        let seen: Vec<Glyph> = glyphs.iter().flatten().copied().collect();
        let mut probabilities = recognizer.probabilities(&seen)?.into_iter();
        let of = |glyph: &Option<Glyph>| glyph.as_ref().and_then(|_| probabilities.next());
        Ok(glyphs.iter().map(of).collect())
    }

    /// The pieces that together with the joins between them cost least, in order, at the scale at which they do.
    fn best_chain(
        &self,
        pieces: &[Piece],
        probabilities: &[Option<[f32; CLASSES]>],
        costs: &Costs,
    ) -> Vec<usize> {
        let shapes = Shapes::usual();
        let at_scale = |scale: f32| {
            let each = pieces.iter().zip(probabilities).map(|(piece, digits)| {
                let length =
                    self.steps[self.cuts[piece.to]].drawn - self.steps[self.cuts[piece.from]].drawn;
                let width = (piece.right - piece.left) / self.height;
                let size = [length, width].map(|side| (side / scale).max(0.05).ln());
                let doubt = |digits| shapes.doubt(&digits, size, scale, costs);
                costs.digit + digits.map_or(f32::INFINITY, doubt)
            });
            self.cheapest(pieces, &each.collect::<Vec<_>>(), costs.join)
        };
        let chains = SCALES.map(at_scale).into_iter();
        let best = chains.min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or_else(Vec::new, |(_, chain)| chain)
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
    fn join(&self, from: usize, to: usize, cost: f32) -> f32 {
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
        cost * length
    }

    /// What the pieces cost that together with the joins between them cost least, and these in order; `each` is what
    /// each piece costs, `join` what joins do for a height of the writing.
    fn cheapest(&self, pieces: &[Piece], each: &[f32], join: f32) -> (f32, Vec<usize>) {
        // The cost of all up to the end of a piece, and the piece before.
        let mut costs = vec![f32::INFINITY; pieces.len()];
        let mut before: Vec<Option<usize>> = vec![None; pieces.len()];
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by_key(|&piece| pieces[piece].from);
        for (place, &piece) in order.iter().enumerate() {
            let current = &pieces[piece];
            // What is drawn before the first digit is a join to it.
            let mut least = self.join(0, current.from, join);
            for &earlier in &order[..place] {
                let last = &pieces[earlier];
                if last.to > current.from || !is_right_of(last, current) {
                    continue;
                }
                let cost = costs[earlier] + self.join(last.to, current.from, join);
                if cost < least {
                    (least, before[piece]) = (cost, Some(earlier));
                }
            }
            costs[piece] = least + each[piece];
        }
        let end = self.cuts.len().saturating_sub(1);
        let total = |piece: usize| costs[piece] + self.join(pieces[piece].to, end, join);
        let best = (0..pieces.len()).min_by(|&a, &b| total(a).total_cmp(&total(b)));
        let cost = best.map_or(f32::INFINITY, total);
        let mut chain = Vec::new();
        let mut next = best.filter(|&piece| total(piece).is_finite());
        while let Some(piece) = next {
            chain.push(piece);
            next = before[piece];
        }
        chain.reverse();
        (cost, chain)
    }
}

impl Shapes {
    /// Those of this project's own strokes, in the mean of the ways to write a digit.
    fn usual() -> Self {
        /// Height of tall digits in the unit box of the strokes.
        const TALL: f32 = 0.85;
        let shape = |digit: u8| {
            let variants =
                kannada_digit(digit).and_then(|digit| Alphabet::builtin().variants(digit));
            let variants = variants.unwrap_or_default();
            let sizes: Vec<[f32; 3]> = variants.iter().map(variant_size).collect();
            let mean = |of: fn(&[f32; 3]) -> f32| {
                sizes.iter().map(of).sum::<f32>() / sizes.len().max(1) as f32
            };
            Shape {
                size: [
                    mean(|size| (size[0] / TALL).max(0.05).ln()),
                    mean(|size| (size[1] / TALL).max(0.05).ln()),
                ],
                height: mean(|size| size[2] / TALL),
            }
        };
        Self(std::array::from_fn(|digit| shape(digit as u8)))
    }

    /// How much is against a piece of this size being any of the digits that are no higher than the writing at this
    /// scale.
    fn doubt(&self, digits: &[f32; CLASSES], size: [f32; 2], scale: f32, costs: &Costs) -> f32 {
        /// The writing may be so many times lower than the digit.
        const HIGHER: f32 = 1.06;
        let fitting = digits.iter().zip(&self.0);
        let fitting = fitting.filter(|(_, shape)| scale <= 1.0 || shape.height * scale <= HIGHER);
        let doubt = fitting.map(|(probability, shape)| {
            let [length, width] = [0, 1].map(|axis| (size[axis] - shape.size[axis]).powi(2));
            costs.length * length + costs.width * width - probability.max(1e-6).ln()
        });
        doubt.fold(f32::INFINITY, f32::min)
    }
}

/// How long the line of a digit is, written without lifting the pen, its width and its height.
fn variant_size(variant: &Variant) -> [f32; 3] {
    let points: Vec<[f32; 2]> = variant.concat();
    let length = points
        .windows(2)
        .map(|pair| distance(pair[0], pair[1]))
        .sum();
    let sides = extent(points.iter()).map_or([0.0; 2], |(least, greatest)| {
        [0, 1].map(|axis: usize| greatest[axis] - least[axis])
    });
    [length, sides[0], sides[1]]
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
