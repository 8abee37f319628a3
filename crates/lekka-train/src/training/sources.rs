//! The images of a run: one or more sets to train on, and what is held out of them.

use super::config::TrainConfig;
use super::error::TrainError;
use crate::augment::Augmentation;
use crate::data::{
    DataError, DataErrorKind, DataFolder, DataSet, GlyphBank, Split, SplitSets, SplitSpec, Writers,
    read_images_and_labels,
};
use std::num::NonZeroUsize;

/// A set to train on.
#[derive(Debug, Clone)]
pub struct TrainingSource {
    /// The images.
    pub set: DataSet,
    /// Pictures of each digit of the first set, in the same order; 0 if it shows other digits.
    pub views: Option<usize>,
    /// Range of the factor on the height in place of the augmentation's own.
    pub height: Option<[f32; 2]>,
    /// Augmentation in place of that of the run.
    pub augmentation: Option<Augmentation>,
}

/// All images of a run.
#[derive(Debug, Clone)]
pub struct TrainingData {
    /// Sets to train on; an epoch goes through all of them, mixed.
    pub training: Vec<TrainingSource>,
    /// Sets to validate on, by their names.
    pub validation: Vec<DataSet>,
    /// Writers to compose numbers of, in place of the sets.
    pub numbers: Option<NumberSources>,
}

/// Writers of numbers.
#[derive(Debug, Clone)]
pub struct NumberSources {
    /// Those to train on.
    pub training: GlyphBank,
    /// Those to validate on; may be none.
    pub validation: GlyphBank,
}

impl TrainingData {
    /// Data in memory: one set to train on, and sets to validate on.
    pub fn new(training: DataSet, validation: Vec<DataSet>) -> Self {
        Self {
            training: vec![TrainingSource {
                set: training,
                views: None,
                height: None,
                augmentation: None,
            }],
            validation,
            numbers: None,
        }
    }

    /// Writers of numbers, divided as the split says.
    ///
    /// # Errors
    /// When there are none, or the split cannot be made.
    pub fn of_numbers(bank: &GlyphBank, split: &SplitSpec, seed: u64) -> Result<Self, TrainError> {
        let names: Vec<String> = bank
            .writers()
            .iter()
            .map(|writer| writer.name.clone())
            .collect();
        if names.is_empty() {
            let text =
                "there are no sheets to compose numbers of; name some with --sheets".to_owned();
            return Err(TrainError::Config(text));
        }
        let [train_on, held_out] = split
            .divide_names(&names, seed)
            .map_err(|text| DataError::new("sheets", DataErrorKind::Split(text)))?;
        Ok(Self {
            training: Vec::new(),
            validation: Vec::new(),
            numbers: Some(NumberSources {
                training: bank.only(&train_on),
                validation: bank.only(&held_out),
            }),
        })
    }

    /// Reads what the configuration names, and divides it as it says. Writers held out of the
    /// first set are held out of all.
    ///
    /// # Errors
    /// When a file is missing or damaged, or the split cannot be made.
    pub fn load(config: &TrainConfig) -> Result<Self, TrainError> {
        if let Some(numbers) = &config.numbers {
            let bank = GlyphBank::from_pages(&numbers.sheets)?;
            return Self::of_numbers(&bank, &config.split, config.seed);
        }
        let mut sources = Vec::new();
        if let Some(folder) = &config.data.folder {
            let set = DataFolder::open(folder)?.read(Split::Train)?;
            sources.push(TrainingSource {
                set,
                views: None,
                height: None,
                augmentation: None,
            });
        }
        for extra in &config.data.extra {
            let mut set = read_images_and_labels(&extra.images, extra.labels.as_deref())?
                .named(extra.name.clone());
            if let Some(path) = &extra.writers {
                let file = path.display().to_string();
                let text = std::fs::read(path).map_err(|e| DataError::new(&*file, e.into()))?;
                let runs = Writers::parse_table(&file, &text)?;
                let writers = Writers::from_runs(&file, &runs, "train", set.len())?;
                set = set.with_writers(writers)?;
            }
            sources.push(TrainingSource {
                set,
                views: extra.views,
                height: extra.height,
                augmentation: extra.augmentation,
            });
        }
        Self::divide(&sources, &config.split, config.seed)
    }

    /// Divides sets into what is trained on and what is held out. Writers held out of the first
    /// set are held out of all.
    ///
    /// # Errors
    /// When there is no set, one has no labels, or the split cannot be made.
    pub fn divide(
        sources: &[TrainingSource],
        split: &SplitSpec,
        seed: u64,
    ) -> Result<Self, TrainError> {
        let Some(first) = sources.first() else {
            let text = "there is nothing to train on; name a data folder or files".to_owned();
            return Err(TrainError::Config(text));
        };
        let split = match split {
            SplitSpec::Fold { .. } => SplitSpec::Writers {
                hold_out: split.held_out_writers(&first.set, seed)?,
                train_on: Vec::new(),
            },
            other => other.clone(),
        };
        let mut data = Self {
            training: Vec::new(),
            validation: Vec::new(),
            numbers: None,
        };
        for (index, source) in sources.iter().enumerate() {
            source.set.require_labels()?;
            let name = source.set.name().to_owned();
            let sides = if index == 0 {
                split.apply(&source.set, seed)?
            } else {
                divide_further(&first.set, source, &split, seed)?
            };
            data.validation
                .extend(sides.validation.map(|set| set.named(name.clone())));
            data.training.push(TrainingSource {
                set: sides.training,
                views: source.views,
                height: source.height,
                augmentation: source.augmentation,
            });
        }
        Ok(data)
    }

    /// Number of images to train on.
    pub fn training_images(&self) -> usize {
        self.training.iter().map(|source| source.set.len()).sum()
    }

    /// Name and sum of each set, so that a run is not resumed with other data.
    pub fn digests(&self) -> Vec<(String, String)> {
        if let Some(numbers) = &self.numbers {
            return vec![
                ("train:sheets".to_owned(), numbers.training.digest()),
                ("validation:sheets".to_owned(), numbers.validation.digest()),
            ];
        }
        let training = self.training.iter().map(|source| &source.set);
        let named = training.map(|set| ("train", set));
        named
            .chain(self.validation.iter().map(|set| ("validation", set)))
            .map(|(use_, set)| (format!("{use_}:{}", set.name()), set.digest()))
            .collect()
    }
}

/// Divides a further set as the first was divided.
fn divide_further(
    first: &DataSet,
    source: &TrainingSource,
    split: &SplitSpec,
    seed: u64,
) -> Result<SplitSets, DataError> {
    let set = &source.set;
    let refuse = |text: &str| DataError::new(set.name(), DataErrorKind::Split(text.to_owned()));
    match split {
        // It need not have all of the writers.
        SplitSpec::Writers { hold_out, train_on } => {
            let Some(writers) = set.writers() else {
                return Err(refuse(
                    "writers are not known, so those held out cannot be left out; name its table \
                     of writers",
                ));
            };
            let present = |names: &[String]| -> Vec<String> {
                let known = |name: &&String| writers.names().contains(name);
                names.iter().filter(known).cloned().collect()
            };
            let all = train_on.is_empty();
            let (hold_out, train_on) = (present(hold_out), present(train_on));
            if !all && train_on.is_empty() {
                return Err(refuse("none of the writers to train on is in the set"));
            }
            if hold_out.is_empty() && train_on.is_empty() {
                SplitSpec::All.apply(set, seed)
            } else {
                SplitSpec::Writers { hold_out, train_on }.apply(set, seed)
            }
        }
        SplitSpec::Random { .. } => match source.views.map(NonZeroUsize::new) {
            Some(Some(views)) => split.apply_to_views(first, set, views, seed),
            Some(None) => split.apply(set, seed),
            None => {
                let [of_first, of_set] = [first, set].map(DataSet::writers);
                let known = |name| of_first.is_some_and(|first| first.names().contains(name));
                if of_set.is_some_and(|writers| writers.names().iter().any(known)) {
                    return Err(refuse(
                        "it is by writers of the first set, and may show digits that are held out \
                         there: set `views` to how many pictures it has of each digit, in the same \
                         order, or to 0 if it shows other digits",
                    ));
                }
                split.apply(set, seed)
            }
        },
        split => split.apply(set, seed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, writers: &[&str]) -> DataSet {
        let count = writers.len();
        let set = DataSet::new(name, vec![0; count * 784], Some(vec![1; count])).unwrap();
        set.with_writers(Writers::from_names(writers.iter().copied()).unwrap())
            .unwrap()
    }

    #[test]
    fn held_out_writers_are_held_out_of_every_set() {
        let sources = [
            set("tensors", &["a", "b", "c", "a"]),
            set("scans", &["c", "b"]),
        ]
        .map(|set| TrainingSource {
            set,
            views: None,
            height: None,
            augmentation: None,
        });
        let split = SplitSpec::Writers {
            hold_out: vec!["a".into(), "c".into()],
            train_on: vec![],
        };
        let data = TrainingData::divide(&sources, &split, 1).unwrap();
        let names: Vec<_> = data
            .validation
            .iter()
            .map(|s| (s.name(), s.len()))
            .collect();
        assert_eq!(names, [("tensors", 3), ("scans", 1)]);
        assert_eq!(data.training_images(), 2);
    }

    #[test]
    fn a_random_split_asks_what_a_set_by_the_same_writers_shows() {
        let sources = |views| {
            [("tensors", None), ("scans", views)].map(|(name, views)| TrainingSource {
                set: set(name, &["a", "b", "a", "b"]),
                views,
                height: None,
                augmentation: None,
            })
        };
        let split = SplitSpec::Random { fraction: 0.5 };
        let divide = |views| TrainingData::divide(&sources(views), &split, 1);
        let text = divide(None).unwrap_err().to_string();
        assert!(
            text.contains("scans") && text.contains("set `views`"),
            "{text}"
        );
        for views in [0, 1] {
            assert_eq!(divide(Some(views)).unwrap().training_images(), 4);
        }
    }
}
