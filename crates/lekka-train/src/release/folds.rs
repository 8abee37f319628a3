//! Logits of writers that a network was not trained on.

use super::error::ReleaseError;
use super::rounded;
use crate::data::{CLASSES, DataSet, IMAGE_PIXELS, SplitSpec};
use crate::metrics::logits_with;
use crate::training::{RunFolder, TrainConfig};
use lekka_model::{FoldRun, Model};
use lekka_nn::Predictor;
use std::collections::HashMap;
use toml::{Table, Value};

/// Logits of images by networks that were not trained on their writers.
#[derive(Debug, Clone)]
pub struct HeldOut {
    /// The images.
    pub set: DataSet,
    /// Their logits, `[N, 10]`, of weights rounded to f16.
    pub logits: Vec<f32>,
    /// The runs that gave them; empty when it was the released run itself.
    pub folds: Vec<FoldRun>,
}

/// Which writers the folds of a release have to have held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Each of the training set.
    Every,
    /// Some; those that no fold held out are left out of the calibration.
    Some,
}

impl HeldOut {
    /// Out-of-fold logits: each image of `training` is read by the one of `folds` that held its
    /// writer out. The folds are runs of the recipe of `run`, which was trained on all writers.
    ///
    /// `read` is told of images that have been read.
    ///
    /// # Errors
    /// When a run is not finished or of another recipe or other data, when several folds hold out
    /// the same writer, and when a writer is held out by none who should be.
    pub fn of_folds(
        run: &RunFolder,
        folds: &[RunFolder],
        training: &DataSet,
        coverage: Coverage,
        mut read: impl FnMut(usize),
    ) -> Result<Self, ReleaseError> {
        let recipe = run.config()?;
        if recipe.split != SplitSpec::All {
            let run = run.path().to_owned();
            return Err(ReleaseError::HoldsOut { run });
        }
        expect_data(run, &model_of(run)?, "train", training)?;
        // All that can be refused is looked at before the first image is read.
        let mut configs = Vec::with_capacity(folds.len());
        for fold in folds {
            let config = fold.config()?;
            expect_recipe(run, &recipe, fold, &config)?;
            let writers = held_out_writers(fold, &config, training)?;
            configs.push((fold, config, writers));
        }
        let writers = configs.iter().map(|(_, _, writers)| writers);
        let of_writer = partition(training, writers, coverage)?;
        let mut indices = vec![Vec::new(); folds.len()];
        // The images that are read, and where each of them is among these.
        let mut covered = Vec::new();
        let mut places = vec![0; training.len()];
        if let Some(writers) = training.writers() {
            for index in 0..training.len() {
                if let Some(fold) = of_writer[writers.number_of(index)] {
                    indices[fold].push(index);
                    places[index] = covered.len();
                    covered.push(index);
                }
            }
        }
        let mut logits = vec![0.0; covered.len() * CLASSES];
        let mut sources = Vec::new();
        for ((fold, config, writers), indices) in configs.into_iter().zip(indices) {
            let set = training.subset("validation", &indices)?;
            let model = rounded(fold, &model_of(fold)?)?;
            expect_data(fold, &model, "validation", &set)?;
            // All others were trained on, not a choice of them.
            let others = (0..training.len()).filter(|index| indices.binary_search(index).is_err());
            let others = training.subset("train", &others.collect::<Vec<_>>())?;
            expect_data(fold, &model, "train", &others)?;
            let own = logits_of(fold, &model, &set, &mut read)?;
            for (&index, row) in indices.iter().zip(own.chunks_exact(CLASSES)) {
                let place = places[index] * CLASSES;
                logits[place..place + CLASSES].copy_from_slice(row);
            }
            sources.push(FoldRun {
                command: model.metadata.command,
                seed: config.seed,
                epochs: config.epochs,
                writers,
                images: set.len() as u64,
                accuracy: crate::metrics::score(&own, &set)?.accuracy,
            });
        }
        let set = if covered.len() == training.len() {
            training.clone()
        } else {
            training.subset("out of fold", &covered)?
        };
        let folds = sources;
        Ok(Self { set, logits, folds })
    }

    /// Logits of the writers that `run` itself held out of `training`.
    ///
    /// # Errors
    /// When the run is not finished, is of other data, or held no writers out.
    pub fn of_run(
        run: &RunFolder,
        training: &DataSet,
        mut read: impl FnMut(usize),
    ) -> Result<Self, ReleaseError> {
        let config = run.config()?;
        held_out_writers(run, &config, training)?;
        let sides = config.split.apply(training, config.seed)?;
        let set = sides.validation.ok_or_else(|| {
            let run = run.path().to_owned();
            ReleaseError::NoWriters { run }
        })?;
        let model = rounded(run, &model_of(run)?)?;
        expect_data(run, &model, "validation", &set)?;
        let logits = logits_of(run, &model, &set, &mut read)?;
        let folds = Vec::new();
        Ok(Self { set, logits, folds })
    }
}

/// The result of a run.
pub(super) fn model_of(run: &RunFolder) -> Result<Model, ReleaseError> {
    let file = run.model_file();
    if !file.is_file() {
        let run = run.path().to_owned();
        return Err(ReleaseError::Unfinished { run });
    }
    Ok(Model::load_file(file)?)
}

fn logits_of(
    run: &RunFolder,
    model: &Model,
    set: &DataSet,
    read: &mut impl FnMut(usize),
) -> Result<Vec<f32>, ReleaseError> {
    let found = model.metadata.classes.len();
    if found != CLASSES {
        let run = run.path().to_owned();
        return Err(ReleaseError::Classes { run, found });
    }
    let predictor = Predictor::new(&model.spec, &model.parameters)?;
    Ok(logits_with(set, |images, logits| {
        let result = predictor.logits(images, logits);
        read(images.len() / IMAGE_PIXELS);
        result
    })?)
}

/// The writers that a run held out.
fn held_out_writers(
    run: &RunFolder,
    config: &TrainConfig,
    training: &DataSet,
) -> Result<Vec<String>, ReleaseError> {
    let writers = config.split.held_out_writers(training, config.seed)?;
    if writers.is_empty() {
        let run = run.path().to_owned();
        return Err(ReleaseError::NoWriters { run });
    }
    Ok(writers)
}

/// The fold that held out each writer of a set, in the order of its writers.
fn partition<'a>(
    training: &DataSet,
    folds: impl Iterator<Item = &'a Vec<String>>,
    coverage: Coverage,
) -> Result<Vec<Option<usize>>, ReleaseError> {
    let mut of: HashMap<&str, Vec<usize>> = HashMap::new();
    for (fold, writers) in folds.enumerate() {
        for writer in writers {
            of.entry(writer).or_default().push(fold);
        }
    }
    let names = training
        .writers()
        .map_or(&[][..], |writers| writers.names());
    let folds_of = |name: &String| of.get(name.as_str()).map_or(&[][..], Vec::as_slice);
    let such = |wanted: fn(usize) -> bool| -> Vec<String> {
        let names = names.iter().filter(|name| wanted(folds_of(name).len()));
        names.cloned().collect()
    };
    let (never, several) = (such(|folds| folds == 0), such(|folds| folds > 1));
    let enough = never.is_empty() || coverage == Coverage::Some;
    if enough && several.is_empty() && !names.is_empty() {
        let fold = |name: &String| folds_of(name).first().copied();
        Ok(names.iter().map(fold).collect())
    } else {
        Err(ReleaseError::Coverage { never, several })
    }
}

/// Whether a model was made with these images.
fn expect_data(
    run: &RunFolder,
    model: &Model,
    use_: &'static str,
    set: &DataSet,
) -> Result<(), ReleaseError> {
    let expected = set.digest();
    let mut sums = model.metadata.data.iter();
    let is_it = |sum: &lekka_model::DataSum| {
        sum.sha256 == expected && sum.name.split(':').next() == Some(use_)
    };
    if sums.any(is_it) {
        return Ok(());
    }
    Err(ReleaseError::OtherData {
        run: run.path().to_owned(),
        data: set.name().to_owned(),
        use_,
        expected,
    })
}

/// Whether a fold was trained as the run was.
fn expect_recipe(
    run: &RunFolder,
    recipe: &TrainConfig,
    fold: &RunFolder,
    config: &TrainConfig,
) -> Result<(), ReleaseError> {
    let expected = table(&comparable(recipe))?;
    let found = table(&comparable(config))?;
    match difference("", &found, &expected) {
        None => Ok(()),
        Some((key, found, expected)) => Err(ReleaseError::Recipe {
            fold: fold.path().to_owned(),
            run: run.path().to_owned(),
            key,
            found,
            expected,
        }),
    }
}

/// The configuration without what folds may differ in.
fn comparable(config: &TrainConfig) -> TrainConfig {
    let mut config = config.clone();
    config.split = SplitSpec::All;
    config.seed = 0;
    config.epochs = 1;
    config.data.folder = None;
    config
}

fn table(config: &TrainConfig) -> Result<Table, ReleaseError> {
    let refuse = |error: toml::de::Error| crate::TrainError::Config(error.to_string());
    Ok(config.to_toml()?.parse().map_err(refuse)?)
}

/// The first key whose values differ, with both.
fn difference(path: &str, found: &Table, expected: &Table) -> Option<(String, String, String)> {
    let said = |value: Option<&Value>| value.map_or("not set".to_owned(), Value::to_string);
    let mut keys: Vec<_> = found.keys().chain(expected.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter().find_map(|key| {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match (found.get(key), expected.get(key)) {
            (a, b) if a == b => None,
            (Some(Value::Table(a)), Some(Value::Table(b))) => difference(&path, a, b),
            (a, b) => Some((path, said(a), said(b))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Writers;

    #[test]
    fn the_key_that_differs_is_named_with_both_values() {
        let recipe = TrainConfig::default();
        let mut other = recipe.clone();
        other.seed = 9;
        other.epochs = 99;
        other.split = SplitSpec::Fold { folds: 3, fold: 1 };
        other.data.folder = Some("elsewhere".into());
        let compare = |other: &TrainConfig| {
            let tables = [other, &recipe].map(|config| table(&comparable(config)).unwrap());
            difference("", &tables[0], &tables[1])
        };
        assert_eq!(compare(&other), None);
        other.augmentation.rotation = 7.0;
        let expected = ("augmentation.rotation", "7.0", "0.0");
        let found = compare(&other).unwrap();
        assert_eq!((&*found.0, &*found.1, &*found.2), expected);
        other.augmentation.rotation = 0.0;
        other.dropout = Some(0.5);
        assert_eq!(compare(&other).unwrap().2, "not set");
    }

    #[test]
    fn folds_must_hold_out_each_writer_once() {
        let set = DataSet::new("s", vec![0; 4 * 784], Some(vec![0; 4])).unwrap();
        let writers = Writers::from_names(["a", "b", "c", "a"]).unwrap();
        let set = set.with_writers(writers).unwrap();
        let folds = |folds: &[&[&str]]| {
            let folds: Vec<Vec<String>> = folds
                .iter()
                .map(|fold| fold.iter().map(|&name| name.to_owned()).collect())
                .collect();
            [Coverage::Every, Coverage::Some].map(|coverage| {
                partition(&set, folds.iter(), coverage).map_err(|error| error.to_string())
            })
        };
        let all = Ok(vec![Some(1), Some(1), Some(0)]);
        assert_eq!(folds(&[&["c"], &["b", "a"]]), [all.clone(), all]);
        for message in folds(&[&["a", "c"], &["c"]]) {
            let message = message.unwrap_err();
            assert!(message.contains("by none: b; by several: c;"), "{message}");
        }
        let [message, some] = folds(&[&["a"]]);
        assert_eq!(some, Ok(vec![Some(0), None, None]));
        let message = message.unwrap_err();
        assert!(
            message.contains("by none: b c; by several: -;"),
            "{message}"
        );
    }
}
