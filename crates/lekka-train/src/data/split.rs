//! Splits of the training data: what is trained on and what is held out to validate.

use super::error::{DataError, DataErrorKind};
use super::set::DataSet;
use lekka_nn::random::Random;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::num::NonZeroUsize;

/// How training data are divided.
///
/// A random tenth flatters, since every writer is on both sides; to choose anything, hold out
/// writers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum SplitSpec {
    /// A share of the images drawn at random (the paper's protocol: a tenth).
    Random {
        /// Share of the images held out, in `0..1`.
        fraction: f64,
    },
    /// All images of these writers are held out.
    Writers {
        /// The writers' names as in `writers.csv`.
        hold_out: Vec<String>,
        /// The writers to train on; empty is all that are not held out. Few of them make a short
        /// run, and one that shows more of what helps with writers it has not seen.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        train_on: Vec<String>,
    },
    /// One of several equal parts of the writers, drawn at random, is held out.
    Fold {
        /// Number of parts.
        folds: usize,
        /// Which part is held out, counted from 0.
        fold: usize,
    },
    /// Nothing is held out.
    All,
}

/// The two sides of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitSets {
    /// Images to train on.
    pub training: DataSet,
    /// Images held out, if any.
    pub validation: Option<DataSet>,
}

/// The writers of a fold.
fn fold_of(names: &[String], folds: usize, fold: usize, seed: u64) -> Result<Vec<String>, String> {
    if folds < 2 || fold >= folds || folds > names.len() {
        return Err(format!(
            "fold {fold} of {folds} cannot be made of {} writers; folds are counted from 0, and \
             there are 2 to as many as writers",
            names.len()
        ));
    }
    let mut names = names.to_vec();
    // Sorted first, so that the folds do not depend on the order of the images.
    names.sort();
    Random::stream(seed, "folds", &[folds as u64]).shuffle(&mut names);
    Ok(names.into_iter().skip(fold).step_by(folds).collect())
}

impl SplitSpec {
    /// Which of some writers are held out, and which are trained on.
    ///
    /// # Errors
    /// When the split is no division of writers, or names one that is not there.
    pub fn divide_names(&self, names: &[String], seed: u64) -> Result<[Vec<String>; 2], String> {
        let known = |wanted: &[String]| match wanted.iter().find(|name| !names.contains(name)) {
            Some(name) => Err(format!(
                "there is no writer {name}; there are {}",
                names.join(", ")
            )),
            None => Ok(wanted.to_vec()),
        };
        let others = |held_out: Vec<String>| {
            let rest = names.iter().filter(|name| !held_out.contains(name));
            [rest.cloned().collect(), held_out]
        };
        let [train_on, held_out] = match self {
            Self::All => return Ok([names.to_vec(), Vec::new()]),
            Self::Random { .. } => {
                return Err(
                    "numbers are of one writer each: hold out writers, or a fold".to_owned(),
                );
            }
            Self::Fold { folds, fold } => others(fold_of(names, *folds, *fold, seed)?),
            Self::Writers { hold_out, train_on } if train_on.is_empty() => others(known(hold_out)?),
            Self::Writers { hold_out, train_on } => [known(train_on)?, known(hold_out)?],
        };
        if train_on.is_empty() || held_out.is_empty() {
            return Err(format!(
                "the split leaves {} writers to train on and {} to validate; both must have at least one",
                train_on.len(),
                held_out.len()
            ));
        }
        Ok([train_on, held_out])
    }

    /// Divides a set. The same seed gives the same sides; order within a side is the set's.
    ///
    /// # Errors
    /// When a side would be empty, a writer is not in the set, or writers are not known.
    pub fn apply(&self, set: &DataSet, seed: u64) -> Result<SplitSets, DataError> {
        if *self == Self::All {
            return Ok(SplitSets {
                training: set.clone(),
                validation: None,
            });
        }
        let held_out = self.held_out(set, seed)?;
        let left_out = self.left_out(set, &held_out)?;
        sides(set, &held_out, &left_out)
    }

    /// Divides a set of further pictures of the digits of `first`, `views` of each, writer by
    /// writer in the same order: pictures of a digit that is held out of `first` are held out too.
    /// A digit that `first` does not have is trained on.
    ///
    /// # Errors
    /// When writers are not known, labels show that the order is another, or a side would be empty.
    pub fn apply_to_views(
        &self,
        first: &DataSet,
        set: &DataSet,
        views: NonZeroUsize,
        seed: u64,
    ) -> Result<SplitSets, DataError> {
        let held_out = self.held_out(first, seed)?;
        let of_first = first.writers().ok_or_else(|| unknown_writers(first))?;
        let mut digits: HashMap<&str, Vec<usize>> = HashMap::new();
        for index in 0..first.len() {
            digits
                .entry(of_first.name_of(index))
                .or_default()
                .push(index);
        }
        let of_set = set.writers().ok_or_else(|| unknown_writers(set))?;
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut is_held_out = Vec::with_capacity(set.len());
        for index in 0..set.len() {
            let name = of_set.name_of(index);
            let count = seen.entry(name).or_default();
            let digit = digits.get(name).and_then(|all| all.get(*count / views));
            *count += 1;
            if let Some(&digit) = digit
                && first.labels().map(|labels| labels[digit])
                    != set.labels().map(|labels| labels[index])
            {
                let text = format!(
                    "picture {index} has not the label of image {digit} of the first set, which it \
                     should show: they are not {views} of each digit in the same order"
                );
                return Err(refuse(set, text));
            }
            is_held_out.push(digit.is_some_and(|&digit| held_out[digit]));
        }
        sides(set, &is_held_out, &vec![false; set.len()])
    }

    /// Writers that this split holds out of a set.
    ///
    /// # Errors
    /// As [`SplitSpec::apply`].
    pub fn held_out_writers(&self, set: &DataSet, seed: u64) -> Result<Vec<String>, DataError> {
        match self {
            Self::Random { .. } | Self::All => Ok(Vec::new()),
            Self::Writers { hold_out, .. } => {
                require_writers(set, hold_out)?;
                Ok(hold_out.clone())
            }
            Self::Fold { folds, fold } => {
                let names = writer_names(set)?;
                fold_of(names, *folds, *fold, seed).map_err(|text| refuse(set, text))
            }
        }
    }

    fn held_out(&self, set: &DataSet, seed: u64) -> Result<Vec<bool>, DataError> {
        match self {
            Self::All => Ok(vec![false; set.len()]),
            Self::Random { fraction } => {
                if !(0.0..1.0).contains(fraction) {
                    let text = format!("the share held out is {fraction}, it must be in 0 to 1");
                    return Err(refuse(set, text));
                }
                let mut order: Vec<usize> = (0..set.len()).collect();
                Random::stream(seed, "random split", &[]).shuffle(&mut order);
                let count = (set.len() as f64 * fraction).round() as usize;
                let mut held_out = vec![false; set.len()];
                for &index in &order[..count] {
                    held_out[index] = true;
                }
                Ok(held_out)
            }
            Self::Writers { .. } | Self::Fold { .. } => {
                let names = self.held_out_writers(set, seed)?;
                let writers = set.writers().ok_or_else(|| unknown_writers(set))?;
                let is_held_out = |index| names.iter().any(|name| name == writers.name_of(index));
                Ok((0..set.len()).map(is_held_out).collect())
            }
        }
    }

    /// Images on neither side.
    fn left_out(&self, set: &DataSet, held_out: &[bool]) -> Result<Vec<bool>, DataError> {
        match self {
            Self::Writers { train_on, hold_out } if !train_on.is_empty() => {
                require_writers(set, train_on)?;
                if let Some(both) = train_on.iter().find(|name| hold_out.contains(name)) {
                    let text = format!("writer '{both}' is to be trained on and held out");
                    return Err(refuse(set, text));
                }
                let writers = set.writers().ok_or_else(|| unknown_writers(set))?;
                let is_left_out = |(index, &held_out): (usize, &bool)| {
                    !held_out && train_on.iter().all(|name| name != writers.name_of(index))
                };
                Ok(held_out.iter().enumerate().map(is_left_out).collect())
            }
            _ => Ok(vec![false; set.len()]),
        }
    }
}

/// The images that are held out, and those that are on neither side's list.
fn sides(set: &DataSet, held_out: &[bool], left_out: &[bool]) -> Result<SplitSets, DataError> {
    let side = |wanted: bool| -> Vec<usize> {
        (0..set.len())
            .filter(|&index| held_out[index] == wanted && !left_out[index])
            .collect()
    };
    let (training, validation) = (side(false), side(true));
    if training.is_empty() || validation.is_empty() {
        return Err(refuse(
            set,
            format!(
                "the split leaves {} images to train on and {} to validate; both must have at \
                 least one",
                training.len(),
                validation.len()
            ),
        ));
    }
    Ok(SplitSets {
        training: set.subset(set.name(), &training)?,
        validation: Some(set.subset("validation", &validation)?),
    })
}

/// Checks that a set has images by all of these writers.
fn require_writers(set: &DataSet, wanted: &[String]) -> Result<(), DataError> {
    let names = writer_names(set)?;
    match wanted.iter().find(|name| !names.contains(name)) {
        Some(unknown) => Err(refuse(
            set,
            format!(
                "writer '{unknown}' is not in the set; it has {}",
                names.join(" ")
            ),
        )),
        None => Ok(()),
    }
}

fn writer_names(set: &DataSet) -> Result<&[String], DataError> {
    set.writers()
        .map(super::Writers::names)
        .ok_or_else(|| unknown_writers(set))
}

fn unknown_writers(set: &DataSet) -> DataError {
    refuse(
        set,
        "writers are not known, so none can be held out; put writers.csv beside the data or split \
         at random"
            .to_owned(),
    )
}

fn refuse(set: &DataSet, text: String) -> DataError {
    DataError::new(set.name(), DataErrorKind::Split(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{IMAGE_PIXELS, Writers};

    /// 100 images of 10 writers; each image holds its own index.
    fn set() -> DataSet {
        let images = (0..100).flat_map(|index| [index; IMAGE_PIXELS]).collect();
        let set = DataSet::new("s", images, Some((0..100).map(|i| i % 10).collect())).unwrap();
        set.with_writers(Writers::in_runs_of(10, 100)).unwrap()
    }

    fn members(set: &DataSet) -> Vec<u8> {
        (0..set.len()).map(|index| set.image(index)[0]).collect()
    }

    #[test]
    fn random_tenth_is_disjoint_and_depends_on_the_seed() {
        let split = SplitSpec::Random { fraction: 0.1 };
        let sides = split.apply(&set(), 1).unwrap();
        let held = members(sides.validation.as_ref().unwrap());
        assert_eq!((sides.training.len(), held.len()), (90, 10));
        assert!(
            members(&sides.training)
                .iter()
                .all(|member| !held.contains(member))
        );
        assert_eq!(sides, split.apply(&set(), 1).unwrap());
        assert_ne!(sides, split.apply(&set(), 2).unwrap());
    }

    #[test]
    fn folds_cover_every_writer_once() {
        let mut seen = Vec::new();
        for fold in 0..3 {
            let split = SplitSpec::Fold { folds: 3, fold };
            let sides = split.apply(&set(), 1).unwrap();
            let held = sides.validation.unwrap();
            let names = held.writers().unwrap().names().to_vec();
            assert!(
                names
                    .iter()
                    .all(|name| !sides.training.writers().unwrap().names().contains(name))
            );
            seen.extend(names);
        }
        seen.sort();
        assert_eq!(seen, set().writers().unwrap().names());
    }

    #[test]
    fn writers_that_are_neither_trained_on_nor_held_out_are_left_out() {
        let names = set().writers().unwrap().names().to_vec();
        let split = SplitSpec::Writers {
            hold_out: names[..2].to_vec(),
            train_on: names[5..8].to_vec(),
        };
        let sides = split.apply(&set(), 1).unwrap();
        assert_eq!(
            members(&sides.validation.unwrap()),
            (0..20).collect::<Vec<_>>()
        );
        assert_eq!(members(&sides.training), (50..80).collect::<Vec<_>>());
    }

    #[test]
    fn views_of_a_digit_that_is_held_out_are_held_out() {
        let split = SplitSpec::Random { fraction: 0.1 };
        let first = set();
        let held = members(split.apply(&first, 1).unwrap().validation.as_ref().unwrap());
        // Two of each, the writers in another order, and a digit at the end of a writer's that the first set has not.
        let mut shown: Vec<u8> = (50..100).chain(0..50).flat_map(|i| [i, i]).collect();
        shown.extend([200, 200]);
        let names = |index: &u8| first.writers().unwrap().names()[usize::from(*index) / 10].clone();
        let mut writers: Vec<String> = shown[..200].iter().map(names).collect();
        writers.extend([names(&49), names(&49)]);
        let mut labels: Vec<u8> = shown[..200].iter().map(|i| i % 10).collect();
        labels.extend([7, 7]);
        let images = shown.iter().flat_map(|i| [*i; IMAGE_PIXELS]).collect();
        let named = Writers::from_names(writers.iter().map(String::as_str)).unwrap();
        let make = |labels| {
            let set = DataSet::new("views", Vec::clone(&images), Some(labels)).unwrap();
            set.with_writers(named.clone()).unwrap()
        };
        let two = NonZeroUsize::new(2).unwrap();
        let sides = split
            .apply_to_views(&first, &make(labels.clone()), two, 1)
            .unwrap();
        let mut views = members(&sides.validation.unwrap());
        views.dedup();
        views.sort_unstable();
        assert_eq!(views, held);
        assert_eq!(sides.training.len(), 202 - 2 * held.len());

        labels[4] = 9;
        let error = split.apply_to_views(&first, &make(labels), two, 1);
        let text = error.unwrap_err().to_string();
        assert!(
            text.contains("picture 4 has not the label of image 52"),
            "{text}"
        );
    }

    #[test]
    fn impossible_splits_are_refused() {
        let first = set().writers().unwrap().names()[0].clone();
        let cases = [
            (
                SplitSpec::Random { fraction: 0.0 },
                "100 images to train on and 0",
            ),
            (SplitSpec::Random { fraction: 1.5 }, "share held out is 1.5"),
            (
                SplitSpec::Writers {
                    hold_out: vec!["zz".into()],
                    train_on: vec![],
                },
                "writer 'zz' is not in the set",
            ),
            (
                SplitSpec::Writers {
                    hold_out: vec![first.clone()],
                    train_on: vec![first],
                },
                "is to be trained on and held out",
            ),
            (
                SplitSpec::Fold { folds: 11, fold: 0 },
                "cannot be made of 10 writers",
            ),
            (SplitSpec::Fold { folds: 2, fold: 2 }, "fold 2 of 2"),
        ];
        for (split, expected) in cases {
            let message = split.apply(&set(), 1).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
