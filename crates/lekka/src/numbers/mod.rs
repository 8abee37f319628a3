//! Lines of digits that touch or are broken: which cuts are real, by the digits that stand between them.
//!
//! [`lekka_page`] cuts the ink of a line at more places than there are digits. The network reads what is between any
//! two cuts near each other, and the best path through this lattice is the reading of the line: the sum of the
//! logarithms of its digits' calibrated probabilities, less what unlikely sizes, cut strokes and gaps cost
//! ([`LineCosts`]).
//!
//! A [`LineReader`] reads the same line as a whole, by a network trained with CTC; the two together choose among the
//! readings that either finds ([`NumberMethod`]).

mod line_reader;
mod path;
mod resolve;
mod separator;
mod several;
mod ways;

pub use line_reader::LineReader;

pub use path::{DigitScores, LineCosts, LinePath, PathItem, best_path, best_path_to};

use crate::assemble::ranked;
use crate::recognizer::CLASSES;
use std::sync::Arc;

use lekka_page::{CutCandidate, CutLattice, NumberLine};

pub(crate) use resolve::{FoundSeparator, resolve_lines};
pub use several::NumberReading;
pub(crate) use several::read_several;

/// How lines of digits are read whose digits are not all beyond doubt one by one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NumberMethod {
    /// By the best path through the line's cuts.
    Segmentation,
    /// By a network for whole lines. It tells of no separators.
    Ctc,
    /// By the reading that both together find most probable.
    #[default]
    Both,
}

/// What lines are read by.
#[derive(Debug, Default)]
pub(crate) struct NumberReader {
    pub(crate) costs: LineCosts,
    pub(crate) method: NumberMethod,
    /// Without one, lines are read by segmentation whatever the method.
    pub(crate) lines: Option<Arc<LineReader>>,
}

/// What the network says of a candidate.
pub(crate) type CandidateLogits = [f32; CLASSES];

/// Which glyphs of a line stand for themselves: the network is sure of each, and none has the shape of a separator or
/// the width of several digits.
pub(crate) fn sure_glyphs(
    line: &NumberLine,
    logits: &[CandidateLogits],
    temperature: f32,
    costs: &LineCosts,
) -> Vec<bool> {
    let sure = |(index, logits): (usize, &CandidateLogits)| {
        let [best, ..] = ranked(logits, temperature);
        let usual = line.glyph_shape(index).is_some_and(|shape| {
            let side = shape.width.max(shape.height);
            // A two is far wider than high, and all there is in many a line.
            let flat = best.digit == 2 && shape.width <= 3.6 * shape.height;
            (shape.width <= costs.usual_width || flat)
                && side >= 0.5
                && shape.spread >= separator::STRAIGHT
        });
        usual && best.probability >= costs.sure
    };
    logits.iter().enumerate().map(sure).collect()
}

/// The logarithms of the calibrated probabilities of all digits for each candidate, in their order.
pub(crate) fn digit_scores(logits: &[CandidateLogits], temperature: f32) -> Vec<DigitScores> {
    let scores = |logits: &CandidateLogits| {
        let mut scores = [0.0; CLASSES];
        for rank in ranked(logits, temperature) {
            // What is this improbable might as well be anything.
            scores[usize::from(rank.digit)] = rank.probability.max(1e-5).ln();
        }
        scores
    };
    logits.iter().map(scores).collect()
}

/// The candidates that the network has not seen as glyphs of the field.
pub(crate) fn unseen(lattice: &CutLattice) -> impl Iterator<Item = &CutCandidate> {
    lattice
        .candidates
        .iter()
        .filter(|candidate| candidate.glyph.is_none())
}
