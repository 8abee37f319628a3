//! What is written down about released weights.

use crate::data::{CLASSES, DataError, DataSet};
use crate::metrics::{Evaluation, Predictions, levels_on};
use crate::training::TrainConfig;
use lekka_model::{ConfusionFigure, Figure, PartFigure, RiskLevel};
use std::path::{Path, PathBuf};

/// Confusions that are written down.
const CONFUSIONS: usize = 10;

/// The figures on a set.
pub(super) fn figure(
    name: &str,
    set: &DataSet,
    predictions: &Predictions,
    evaluation: &Evaluation,
    levels: &[RiskLevel],
) -> Result<Figure, DataError> {
    let digits = evaluation.report.classes.iter();
    let digits = digits.filter(|class| class.support > 0);
    let writers = evaluation.writers.iter().flatten();
    Ok(Figure {
        set: name.to_owned(),
        accuracy: evaluation.accuracy,
        images: evaluation.images as u64,
        digits: digits
            .map(|class| PartFigure {
                name: class.digit.to_string(),
                accuracy: class.recall,
                images: class.support as u64,
            })
            .collect(),
        writers: writers
            .map(|writer| PartFigure {
                name: writer.writer.clone(),
                accuracy: writer.accuracy,
                images: writer.images as u64,
            })
            .collect(),
        calibration_error: Some(evaluation.calibration_error),
        levels: levels_on(set, predictions, levels)?,
        confusions: confusions(evaluation),
    })
}

/// The commonest confusions, most frequent first.
fn confusions(evaluation: &Evaluation) -> Vec<ConfusionFigure> {
    let counts = &evaluation.confusion.counts;
    let cells = (0..CLASSES).flat_map(|digit| (0..CLASSES).map(move |reading| (digit, reading)));
    let mut all: Vec<_> = cells
        .filter(|&(digit, reading)| digit != reading && counts[digit][reading] > 0)
        .collect();
    // Stable: equals stay in the order of the digits.
    all.sort_by_key(|&(digit, reading)| std::cmp::Reverse(counts[digit][reading]));
    let figure = |(digit, reading): (usize, usize)| ConfusionFigure {
        digit: digit.to_string(),
        reading: reading.to_string(),
        images: counts[digit][reading] as u64,
    };
    all.into_iter().take(CONFUSIONS).map(figure).collect()
}

/// A configuration without the places of its files, which are of the machine that trained it.
pub(super) fn without_places(mut config: TrainConfig) -> TrainConfig {
    config.data.folder = None;
    for extra in &mut config.data.extra {
        extra.images = file_name(&extra.images);
        extra.labels = extra.labels.as_deref().map(file_name);
        extra.writers = extra.writers.as_deref().map(file_name);
    }
    config
}

fn file_name(path: &Path) -> PathBuf {
    path.file_name().map_or_else(PathBuf::new, PathBuf::from)
}

/// A command line in which absolute paths have become the last of their names.
pub(super) fn short_paths(command: &str) -> String {
    let word = |word: &str| {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (format!("{option}="), value),
            _ => (String::new(), word),
        };
        match Path::new(value).file_name().and_then(|name| name.to_str()) {
            Some(name) if value.starts_with('/') => format!("{option}{name}"),
            _ => word.to_owned(),
        }
    };
    command.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_machine_are_left_out() {
        assert_eq!(
            short_paths("lekka train --data /home/me/data --run=/tmp/runs/a --set a=/b -j 2"),
            "lekka train --data data --run=a --set a=/b -j 2"
        );
        let mut config = TrainConfig::default();
        config.data.folder = Some("/home/me".into());
        config.data.extra = vec![crate::training::ExtraData {
            name: "scans".to_owned(),
            images: "/home/me/i.gz".into(),
            labels: Some("/home/me/l.gz".into()),
            writers: None,
            views: None,
            height: None,
            augmentation: None,
        }];
        let text = without_places(config).to_toml().unwrap();
        assert!(!text.contains("/home"), "{text}");
        assert!(text.contains("i.gz") && text.contains("l.gz"), "{text}");
    }
}
