//! Where labels are, and what each might have been.

use super::loss::log_probability_of;
use super::{extended, log_softmax, may_skip};

/// The steps that a label stands on: the first, and the one behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelSpan {
    /// The first step.
    pub first: usize,
    /// The step behind the last.
    pub end: usize,
}

/// Where each of the labels stands on the most probable single path that gives them (Viterbi); `None` when none does.
pub fn align(logits: &[f32], classes: usize, labels: &[u8], blank: u8) -> Option<Vec<LabelSpan>> {
    if classes == 0 || labels.iter().any(|&label| usize::from(label) >= classes) {
        return None;
    }
    let log = log_softmax(logits, classes);
    let extended = extended(labels, blank);
    let states = extended.len();
    let steps = log.len() / classes;
    let mut scores = vec![f64::NEG_INFINITY; states];
    let mut back = vec![0_u8; steps * states];
    for step in 0..steps {
        let before = scores.clone();
        for state in 0..states {
            let (score, from) = if step == 0 {
                (if state < 2 { 0.0 } else { f64::NEG_INFINITY }, 0)
            } else {
                let mut best = (before[state], 0);
                if state >= 1 && before[state - 1] > best.0 {
                    best = (before[state - 1], 1);
                }
                if may_skip(&extended, state, blank) && before[state - 2] > best.0 {
                    best = (before[state - 2], 2);
                }
                best
            };
            scores[state] = score + log[step * classes + usize::from(extended[state])];
            back[step * states + state] = from;
        }
    }
    let last = states - 1;
    let mut state = if states >= 2 && scores[last - 1] > scores[last] {
        last - 1
    } else {
        last
    };
    if steps == 0 || !scores[state].is_finite() {
        return None;
    }
    let mut spans = vec![LabelSpan { first: 0, end: 0 }; labels.len()];
    for step in (0..steps).rev() {
        if state % 2 == 1 {
            let span = &mut spans[state / 2];
            if span.end == 0 {
                span.end = step + 1;
            }
            span.first = step;
        }
        state -= usize::from(back[step * states + state]);
    }
    Some(spans)
}

/// For each of the labels the probability of each class that is not the blank in its place, all other labels as they
/// are: `[labels, classes]`, each row summing to 1; the blank's is 0.
pub fn alternatives(logits: &[f32], classes: usize, labels: &[u8], blank: u8) -> Vec<f64> {
    let log = log_softmax(logits, classes);
    let mut all = Vec::with_capacity(labels.len() * classes);
    let mut changed = labels.to_vec();
    for (at, &label) in labels.iter().enumerate() {
        let scores: Vec<f64> = (0..classes as u8)
            .map(|class| {
                if class == blank {
                    return f64::NEG_INFINITY;
                }
                changed[at] = class;
                log_probability_of(&log, classes, &changed, blank)
            })
            .collect();
        changed[at] = label;
        let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = scores
            .iter()
            .map(|score| (score - greatest).exp())
            .collect();
        let sum: f64 = powers.iter().sum();
        all.extend(
            powers
                .iter()
                .map(|power| if sum.is_finite() { power / sum } else { 0.0 }),
        );
    }
    all
}
