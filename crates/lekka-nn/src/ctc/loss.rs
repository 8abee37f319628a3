//! The loss and its gradient by the forward-backward algorithm.

use super::{extended, log_add, log_softmax, may_skip};

/// The negative logarithm of the probability of `labels`, summed over all paths; adds `scale` times its gradient with
/// respect to the logits, `[steps, classes]`, to `gradient`. `None`, and no gradient, when there are too few steps for
/// the labels, or a class is not below `classes`.
///
/// ```
/// use lekka_nn::ctc::ctc_loss;
/// // Two steps, one label: the paths are 1 1, 1 blank and blank 1.
/// let logits = [0.0; 4];
/// let loss = ctc_loss(&logits, 2, &[1], 0, 1.0, &mut [0.0; 4]).unwrap();
/// assert!((loss - -(0.75_f64).ln()).abs() < 1e-12);
/// assert_eq!(ctc_loss(&logits, 2, &[1, 1], 0, 1.0, &mut [0.0; 4]), None);
/// ```
///
/// # Panics
/// When `gradient` is not as long as `logits`, or the logits are not a whole number of steps.
pub fn ctc_loss(
    logits: &[f32],
    classes: usize,
    labels: &[u8],
    blank: u8,
    scale: f64,
    gradient: &mut [f32],
) -> Option<f64> {
    assert_eq!(logits.len(), gradient.len(), "a gradient for each logit");
    assert!(
        classes > 0 && logits.len().is_multiple_of(classes),
        "whole steps"
    );
    let steps = logits.len() / classes;
    let in_range = |&label: &u8| usize::from(label) < classes;
    if steps == 0 || !labels.iter().all(in_range) || !in_range(&blank) || labels.contains(&blank) {
        return None;
    }
    let log = log_softmax(logits, classes);
    let extended = extended(labels, blank);
    let forward = forward(&log, classes, &extended, blank);
    let states = extended.len();
    let total = total(&forward[(steps - 1) * states..]);
    if !total.is_finite() {
        return None;
    }
    let backward = backward(&log, classes, &extended, blank);
    // The probability of going through each class at each step, given the labels.
    let mut through = vec![f64::NEG_INFINITY; classes];
    for step in 0..steps {
        through.fill(f64::NEG_INFINITY);
        for (state, &label) in extended.iter().enumerate() {
            let at = step * states + state;
            let sum = &mut through[usize::from(label)];
            *sum = log_add(*sum, forward[at] + backward[at]);
        }
        let row = step * classes..(step + 1) * classes;
        for ((gradient, &log), &through) in gradient[row.clone()]
            .iter_mut()
            .zip(&log[row])
            .zip(&through)
        {
            *gradient += (scale * (log.exp() - (through - total).exp())) as f32;
        }
    }
    Some(-total)
}

/// The logarithm of the probability of `labels`; negative infinity when no path gives them.
///
/// # Panics
/// When a label or the blank is not below `classes`.
pub fn log_probability(logits: &[f32], classes: usize, labels: &[u8], blank: u8) -> f64 {
    let log = log_softmax(logits, classes);
    log_probability_of(&log, classes, labels, blank)
}

pub(super) fn log_probability_of(log: &[f64], classes: usize, labels: &[u8], blank: u8) -> f64 {
    let extended = extended(labels, blank);
    let forward = forward(log, classes, &extended, blank);
    total(&forward[forward.len().saturating_sub(extended.len())..])
}

/// A path ends with the last label or the blank behind it.
fn total(last: &[f64]) -> f64 {
    match last {
        [] => f64::NEG_INFINITY,
        [only] => *only,
        [.., label, blank] => log_add(*label, *blank),
    }
}

/// For each step and extended label the probability of all beginnings that are there, this step counted.
fn forward(log: &[f64], classes: usize, extended: &[u8], blank: u8) -> Vec<f64> {
    let states = extended.len();
    let steps = log.len() / classes;
    let mut all = vec![f64::NEG_INFINITY; steps * states];
    for step in 0..steps {
        let (before, now) = all.split_at_mut(step * states);
        let before = &before[before.len().saturating_sub(states)..];
        for (state, &label) in extended.iter().enumerate() {
            let sum = if step == 0 {
                if state < 2 { 0.0 } else { continue }
            } else {
                let mut sum = before[state];
                if state >= 1 {
                    sum = log_add(sum, before[state - 1]);
                }
                if may_skip(extended, state, blank) {
                    sum = log_add(sum, before[state - 2]);
                }
                sum
            };
            now[state] = sum + log[step * classes + usize::from(label)];
        }
    }
    all
}

/// For each step and extended label the probability of all ends from there, this step not counted.
fn backward(log: &[f64], classes: usize, extended: &[u8], blank: u8) -> Vec<f64> {
    let states = extended.len();
    let steps = log.len() / classes;
    let mut all = vec![f64::NEG_INFINITY; steps * states];
    for step in (0..steps).rev() {
        let (head, after) = all.split_at_mut((step + 1) * states);
        let now = &mut head[step * states..];
        for (state, now) in now.iter_mut().enumerate() {
            *now = if step + 1 == steps {
                if state + 2 >= states { 0.0 } else { continue }
            } else {
                let next = |state: usize| {
                    let label = usize::from(extended[state]);
                    after[state] + log[(step + 1) * classes + label]
                };
                let mut sum = next(state);
                if state + 1 < states {
                    sum = log_add(sum, next(state + 1));
                }
                if state + 2 < states && may_skip(extended, state + 2, blank) {
                    sum = log_add(sum, next(state + 2));
                }
                sum
            };
        }
    }
    all
}
