//! From logits to labels.

use super::{log_add, log_softmax};
use std::collections::BTreeMap;

/// The labels of the best path: the most probable class of each step, repetitions joined, blanks left out.
///
/// ```
/// use lekka_nn::ctc::greedy;
/// let steps = [[9.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 0.0]].concat();
/// assert_eq!(greedy(&steps, 2, 1), [0, 0]);
/// ```
pub fn greedy(logits: &[f32], classes: usize, blank: u8) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut last = blank;
    for row in logits.chunks_exact(classes.max(1)) {
        let best =
            (1..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best }) as u8;
        if best != blank && best != last {
            labels.push(best);
        }
        last = best;
    }
    labels
}

/// The most probable labels with the logarithms of their probabilities, best first, by prefix search (Graves 2006,
/// Hannun 2014): all paths to the same labels are added up. `width` beginnings are kept at each step.
pub fn beam(logits: &[f32], classes: usize, blank: u8, width: usize) -> Vec<(Vec<u8>, f64)> {
    /// Logarithms of the probabilities of paths that end in a blank and in the last label.
    #[derive(Clone, Copy)]
    struct Ends {
        blank: f64,
        label: f64,
    }
    const NONE: Ends = Ends {
        blank: f64::NEG_INFINITY,
        label: f64::NEG_INFINITY,
    };
    let whole = |ends: &Ends| log_add(ends.blank, ends.label);
    let log = log_softmax(logits, classes.max(1));
    let start = Ends { blank: 0.0, ..NONE };
    let mut kept: Vec<(Vec<u8>, Ends)> = vec![(Vec::new(), start)];
    for row in log.chunks_exact(classes.max(1)) {
        let mut next: BTreeMap<Vec<u8>, Ends> = BTreeMap::new();
        let of_blank = row[usize::from(blank)];
        for (labels, ends) in &kept {
            let same = next.entry(labels.clone()).or_insert(NONE);
            same.blank = log_add(same.blank, whole(ends) + of_blank);
            if let Some(&last) = labels.last() {
                same.label = log_add(same.label, ends.label + row[usize::from(last)]);
            }
            for (class, &probability) in (0_u8..).zip(row) {
                // What is this improbable at a step is not worth following.
                if class == blank || probability < -14.0 {
                    continue;
                }
                let mut longer = labels.clone();
                longer.push(class);
                let before = if labels.last() == Some(&class) {
                    ends.blank
                } else {
                    whole(ends)
                };
                let ends = next.entry(longer).or_insert(NONE);
                ends.label = log_add(ends.label, before + probability);
            }
        }
        kept = next.into_iter().collect();
        kept.sort_by(|a, b| whole(&b.1).total_cmp(&whole(&a.1)));
        kept.truncate(width.max(1));
    }
    kept.into_iter()
        .map(|(labels, ends)| (labels, whole(&ends)))
        .collect()
}
