//! Everything that decides what a run does, as one TOML file.

use super::error::TrainError;
use crate::augment::{Augmentation, LineAugmentation};
use crate::data::{CLASSES, ComposeOptions, Spacing, SplitSpec};
use lekka_model::presets::{by_name, with_activation};
use lekka_nn::{Activation, LayerSpec, NetworkSpec, OptimizerSpec, ScheduleSpec};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The configuration of a run.
///
/// ```
/// use lekka_train::TrainConfig;
///
/// let config = TrainConfig::from_toml("epochs = 3\nlearning_rate = 0.001\n[split]\ntype = \"all\"")?;
/// assert_eq!((config.epochs, config.batch_size), (3, 64));
/// # Ok::<(), lekka_train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Name of the run's preset or purpose; goes into the metadata of the weights.
    pub name: String,
    /// Seed of everything random: initial weights, split, order, augmentation, dropout.
    pub seed: u64,
    /// Passes over the training images.
    pub epochs: u32,
    /// Images of one step.
    pub batch_size: usize,
    /// The learning rate, which the schedule changes in the course of the run.
    pub learning_rate: f32,
    /// Share of the target spread over all classes, in `0..1`.
    pub label_smoothing: f32,
    /// Decay of the moving average of the weights, in `0..1`; 0 is no average. With an average,
    /// it is what is validated and saved.
    pub weight_average: f32,
    /// Ends the run after so many epochs without better validation accuracy; 0 is never.
    pub early_stopping: u32,
    /// Share of dropout in place of the network's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f32>,
    /// Activation in place of the network's own, for all but the last layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// Which weights the run's model gets.
    pub final_weights: FinalWeights,
    /// The network.
    pub network: NetworkChoice,
    /// The optimiser.
    pub optimizer: OptimizerSpec,
    /// The course of the learning rate.
    pub schedule: ScheduleSpec,
    /// What is held out to validate.
    pub split: SplitSpec,
    /// Changes of the training images.
    pub augmentation: Augmentation,
    /// Where the images come from.
    pub data: DataConfig,
    /// Trains on whole numbers with CTC, in place of single digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumbersConfig>,
}

/// Numbers composed in the course of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumbersConfig {
    /// Scanned sheets, or folders of them, that digits are taken from; each is a writer of its file's name.
    pub sheets: Vec<PathBuf>,
    /// Numbers of an epoch.
    pub per_epoch: usize,
    /// Numbers by the writers held out, to validate on.
    pub validation: usize,
    /// What is composed to train on. What is validated on has all spacings alike often, and no more variety than
    /// people have.
    pub compose: ComposeOptions,
    /// How the lines to train on are changed.
    pub augmentation: LineAugmentation,
}

impl Default for NumbersConfig {
    fn default() -> Self {
        Self {
            sheets: Vec::new(),
            per_epoch: 20_000,
            validation: 600,
            compose: ComposeOptions {
                digits: [1, 8],
                separators: 0.25,
                variety: 1.5,
                spacing: vec![
                    Spacing::Spaced,
                    Spacing::Close,
                    Spacing::Touching,
                    Spacing::Touching,
                ],
            },
            augmentation: LineAugmentation::default(),
        }
    }
}

/// A network by the name of its preset, or written out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NetworkChoice {
    /// One of `lekka_model::presets`.
    Preset(String),
    /// The layers themselves.
    Spec(NetworkSpec),
}

/// Which epoch's weights are the run's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalWeights {
    /// Those after the last epoch.
    #[default]
    Last,
    /// Those of the epoch with the best validation accuracy.
    Best,
}

/// Where the images come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Folder with the official files or Kaggle's; its split `train` is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Further files, IDX or CSV.
    pub extra: Vec<ExtraData>,
}

/// A further data set to train on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtraData {
    /// Name in tables; also that of its held-out part.
    pub name: String,
    /// File of images, or CSV file with both.
    pub images: PathBuf,
    /// File of labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<PathBuf>,
    /// Table of writers like `writers.csv`, whose runs of the split `train` are about this set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writers: Option<PathBuf>,
    /// How many pictures it holds of each digit of the first set, writer by writer in the same
    /// order, as `lekka data from-sheets` writes them; 0 if it shows other digits. Needed where
    /// images are held out at random: all pictures of a digit that is held out are held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub views: Option<usize>,
    /// Range of the factor on the height in place of the augmentation's own: glyphs cut at their
    /// true proportions need another than the official ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<[f32; 2]>,
    /// Augmentation in place of that of the run: pictures that were varied when they were cut out
    /// want less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augmentation: Option<Augmentation>,
}

impl Eq for ExtraData {}

impl Default for TrainConfig {
    /// The paper's protocol, with its printed constant rate.
    fn default() -> Self {
        Self {
            name: "paper".to_owned(),
            seed: 1,
            epochs: 10,
            batch_size: 64,
            learning_rate: 1e-5,
            label_smoothing: 0.0,
            weight_average: 0.0,
            early_stopping: 0,
            dropout: None,
            activation: None,
            final_weights: FinalWeights::Last,
            network: NetworkChoice::Preset("paper".to_owned()),
            optimizer: OptimizerSpec::default(),
            schedule: ScheduleSpec::default(),
            split: SplitSpec::Random { fraction: 0.1 },
            augmentation: Augmentation::off(),
            data: DataConfig::default(),
            numbers: None,
        }
    }
}

impl TrainConfig {
    /// Reads a configuration; what it does not name has its default.
    ///
    /// # Errors
    /// When a name or a value is wrong, with its line.
    pub fn from_toml(text: &str) -> Result<Self, TrainError> {
        let config: Self =
            toml::from_str(text).map_err(|error| TrainError::Config(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// Writes the whole configuration.
    ///
    /// # Errors
    /// When a value cannot be written, such as a seed above 2^63.
    pub fn to_toml(&self) -> Result<String, TrainError> {
        toml::to_string(self).map_err(|error| TrainError::Config(error.to_string()))
    }

    /// The network, with its dropout and activation changed if so configured.
    ///
    /// # Errors
    /// When there is no preset of the name or the layers do not fit.
    pub fn network_spec(&self) -> Result<NetworkSpec, TrainError> {
        let mut spec = match &self.network {
            NetworkChoice::Spec(spec) => spec.clone(),
            NetworkChoice::Preset(name) => by_name(name).ok_or_else(|| {
                let known: Vec<_> = lekka_model::presets::ALL.iter().map(|p| p.name).collect();
                TrainError::Config(format!(
                    "there is no network '{name}'; there are {}",
                    known.join(", ")
                ))
            })?,
        };
        if let Some(share) = self.dropout {
            for layer in &mut spec.layers {
                if let LayerSpec::Dropout { rate } = layer {
                    *rate = share;
                }
            }
        }
        if let Some(activation) = self.activation {
            spec = with_activation(spec, activation);
        }
        let outputs = match self.numbers {
            Some(_) => spec.sequence_shape().map(|[_, classes]| classes),
            None => spec.classes(),
        };
        let outputs = outputs.map_err(|error| TrainError::Config(format!("network: {error}")))?;
        if self.numbers.is_some() && outputs != CLASSES + 1 {
            return Err(TrainError::Config(format!(
                "network: {outputs} classes; a network for numbers needs ten digits and the blank"
            )));
        }
        Ok(spec)
    }

    /// Checks the ranges of all values.
    ///
    /// # Errors
    /// Names the value that is out of range.
    pub fn check(&self) -> Result<(), TrainError> {
        let refuse = |text: String| Err(TrainError::Config(text));
        if self.epochs == 0 || self.batch_size == 0 {
            return refuse(format!(
                "epochs is {} and batch_size {}; both must be at least 1",
                self.epochs, self.batch_size
            ));
        }
        if i64::try_from(self.seed).is_err() {
            return refuse(format!("seed is {}, it must be below 2^63", self.seed));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse(format!(
                "learning_rate is {}, it must be above 0",
                self.learning_rate
            ));
        }
        for (name, value) in [
            ("label_smoothing", self.label_smoothing),
            ("weight_average", self.weight_average),
        ] {
            if !(0.0..1.0).contains(&value) {
                return refuse(format!(
                    "{name} is {value}, it must be in 0 to 1 (excluded)"
                ));
            }
        }
        if let Some(numbers) = &self.numbers {
            numbers
                .compose
                .check()
                .map_err(|error| TrainError::Config(error.to_string()))?;
            if numbers.per_epoch == 0 {
                return refuse("numbers.per_epoch is 0, it must be at least 1".to_owned());
            }
            numbers
                .augmentation
                .check()
                .map_err(|error| TrainError::Config(error.to_string()))?;
        }
        self.augmentation
            .check()
            .map_err(|error| TrainError::Config(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::presets;

    #[test]
    fn every_preset_survives_toml() {
        for preset in presets::ALL {
            let mut config = preset.config();
            config.data.extra.push(ExtraData {
                name: "sheets".into(),
                images: "x".into(),
                labels: Some("y".into()),
                writers: None,
                views: Some(3),
                height: Some([0.9, 2.0]),
                augmentation: Some(Augmentation::affine()),
            });
            let text = config.to_toml().unwrap();
            assert_eq!(TrainConfig::from_toml(&text).unwrap(), config, "{text}");
        }
    }

    #[test]
    fn wrong_values_are_named() {
        let cases = [
            ("epochs = 0", "epochs is 0"),
            ("epoch = 1", "unknown field `epoch`"),
            ("learning_rate = -1.0", "learning_rate is -1"),
            ("label_smoothing = 1.0", "label_smoothing is 1"),
            (
                "[augmentation]\nrotation = 900",
                "augmentation.rotation is 900",
            ),
        ];
        for (text, expected) in cases {
            let message = TrainConfig::from_toml(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        let config = TrainConfig::from_toml("network = \"none\"").unwrap();
        assert!(
            config
                .network_spec()
                .unwrap_err()
                .to_string()
                .contains("no network 'none'")
        );
    }
}
