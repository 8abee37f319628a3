//! Connectionist temporal classification (Graves et al. 2006): sequences of labels from sequences of steps, without
//! knowing which step belongs to which label.
//!
//! Logits are `[steps, classes]`; one class is the blank. Everything is computed in natural logarithms and `f64`.

mod align;
mod decode;
mod loss;

pub use align::{LabelSpan, align, alternatives};
pub use decode::{beam, greedy};
pub use loss::{ctc_loss, log_probability};

/// The logarithm of the sum of two numbers given by their logarithms.
fn log_add(a: f64, b: f64) -> f64 {
    let (greater, less) = if a > b { (a, b) } else { (b, a) };
    if less == f64::NEG_INFINITY {
        return greater;
    }
    greater + (less - greater).exp().ln_1p()
}

/// The logarithms of softmax for each step, `[steps, classes]`.
fn log_softmax(logits: &[f32], classes: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(logits.len());
    for row in logits.chunks_exact(classes) {
        let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = row.iter().map(|&logit| f64::from(logit - max).exp()).sum();
        let log_sum = sum.ln();
        out.extend(row.iter().map(|&logit| f64::from(logit - max) - log_sum));
    }
    out
}

/// The labels with blanks around and between them.
fn extended(labels: &[u8], blank: u8) -> Vec<u8> {
    let mut extended = Vec::with_capacity(2 * labels.len() + 1);
    extended.push(blank);
    for &label in labels {
        extended.extend([label, blank]);
    }
    extended
}

/// Whether a path may go to this position of the extended labels from two before it.
fn may_skip(extended: &[u8], at: usize, blank: u8) -> bool {
    at >= 2 && extended[at] != blank && extended[at] != extended[at - 2]
}

#[cfg(test)]
mod tests;
