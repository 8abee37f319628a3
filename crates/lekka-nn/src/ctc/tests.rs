use super::*;
use proptest::prelude::*;

/// What a path of classes says.
fn collapsed(path: &[u8], blank: u8) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut last = blank;
    for &class in path {
        if class != blank && class != last {
            labels.push(class);
        }
        last = class;
    }
    labels
}

/// The probability of each sequence of labels by going through all paths.
fn by_all_paths(
    logits: &[f32],
    classes: usize,
    blank: u8,
) -> std::collections::BTreeMap<Vec<u8>, f64> {
    let log = log_softmax(logits, classes);
    let steps = logits.len() / classes;
    let mut all = std::collections::BTreeMap::new();
    for number in 0..classes.pow(steps as u32) {
        let path: Vec<u8> = (0..steps)
            .map(|step| (number / classes.pow(step as u32) % classes) as u8)
            .collect();
        let sum: f64 = path
            .iter()
            .enumerate()
            .map(|(step, &class)| log[step * classes + usize::from(class)])
            .sum();
        *all.entry(collapsed(&path, blank)).or_insert(0.0) += sum.exp();
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_loss_is_that_of_all_paths(
        logits in prop::collection::vec(-3.0_f32..3.0, 3 * 5),
        labels in prop::collection::vec(1_u8..3, 0..4),
    ) {
        let all = by_all_paths(&logits, 3, 0);
        let expected = all.get(&labels).copied();
        let loss = ctc_loss(&logits, 3, &labels, 0, 1.0, &mut [0.0; 15]);
        match (loss, expected) {
            (Some(loss), Some(expected)) => prop_assert!((loss + expected.ln()).abs() < 1e-9),
            (None, None) => {}
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_loss(
        logits in prop::collection::vec(-2.0_f32..2.0, 4 * 6),
        labels in prop::collection::vec(0_u8..3, 0..4),
    ) {
        let mut gradient = [0.0; 24];
        let loss = ctc_loss(&logits, 4, &labels, 3, 0.5, &mut gradient);
        prop_assume!(loss.is_some());
        for index in 0..24 {
            let at = |change: f32| {
                let mut moved = logits.clone();
                moved[index] += change;
                ctc_loss(&moved, 4, &labels, 3, 0.0, &mut [0.0; 24]).unwrap()
            };
            let slope = 0.5 * (at(1e-2) - at(-1e-2)) / 2e-2;
            prop_assert!((slope - f64::from(gradient[index])).abs() < 1e-3, "{index}: {slope} {}", gradient[index]);
        }
    }

    #[test]
    fn a_wide_beam_finds_the_most_probable_labels(logits in prop::collection::vec(-3.0_f32..3.0, 3 * 5)) {
        let all = by_all_paths(&logits, 3, 0);
        let best = all.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        let (labels, probability) = beam(&logits, 3, 0, 100).swap_remove(0);
        prop_assert!((probability - best.1.ln()).abs() < 1e-9);
        prop_assert!((log_probability(&logits, 3, &labels, 0) - probability).abs() < 1e-9);
    }

    #[test]
    fn alternatives_are_probabilities(logits in prop::collection::vec(-3.0_f32..3.0, 3 * 5)) {
        let rows = alternatives(&logits, 3, &[1, 2], 0);
        for row in rows.chunks(3) {
            prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9 && row[0] == 0.0);
        }
        let all = by_all_paths(&logits, 3, 0);
        // In place of the first: 1 2, or 2 2.
        let [one, two] = [all[&vec![1, 2]], all.get(&vec![2, 2]).copied().unwrap_or(0.0)];
        prop_assert!((rows[1] - one / (one + two)).abs() < 1e-9);
    }
}

#[test]
fn alignment_is_where_the_peaks_are() {
    // blank 1 1 blank 1 2 2
    let path = [0, 1, 1, 0, 1, 2, 2];
    let mut logits = vec![0.0; 21];
    for (step, class) in path.into_iter().enumerate() {
        logits[3 * step + class] = 8.0;
    }
    assert_eq!(greedy(&logits, 3, 0), [1, 1, 2]);
    let span = |first, end| LabelSpan { first, end };
    assert_eq!(
        align(&logits, 3, &[1, 1, 2], 0).unwrap(),
        [span(1, 3), span(4, 5), span(5, 7)]
    );
    assert_eq!(align(&logits, 3, &[1; 5], 0), None);
    assert_eq!(align(&logits, 3, &[3], 0), None);
    assert_eq!(align(&[], 3, &[], 0), None);
}
