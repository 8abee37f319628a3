//! Where weights come from and how good they are.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::figure::{Figure, share};
use crate::preprocessing::{Preprocessing, PreprocessingError, Proportions};
use crate::risk::RiskTable;

/// The version of the metadata that this program writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;

/// What a weight file says of itself besides the network. Serialises to JSON; members that a newer
/// program added are passed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// [`FORMAT_VERSION`] when it was written.
    pub format_version: u32,
    /// Name of the network or of the preset that trained it, such as `paper`.
    pub name: String,
    /// The pictures it was trained on.
    pub preprocessing: Preprocessing,
    /// Names of the outputs in order, for digits the Kannada digits.
    pub classes: Vec<String>,
    /// The data it was trained on.
    #[serde(default)]
    pub data: Vec<DataSum>,
    /// The command line that trained it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The seed of the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The commit of the program that trained it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The version of the program that wrote it.
    pub lekka_version: String,
    /// What was measured.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// How logits become probabilities; without it they are taken as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Readings less probable than this are for review, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_threshold: Option<f32>,
    /// The error rate among accepted digits that `review_threshold` was chosen for, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_error: Option<f64>,
    /// Thresholds for wanted rates of errors, found on held-out writers with this calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<RiskTable>,
    /// The configuration of the training as TOML, without the places of its files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// The runs whose readings of writers that they held out gave calibration and levels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<FoldRun>,
}

/// A run that held out a part of the writers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldRun {
    /// The command line that trained it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its seed.
    pub seed: u64,
    /// Its epochs.
    pub epochs: u32,
    /// The writers that it held out.
    pub writers: Vec<String>,
    /// Pictures of these writers.
    pub images: u64,
    /// Part of these pictures that it read rightly, 0 to 1.
    pub accuracy: f64,
}

/// A file of the training data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSum {
    /// Name of the file or the set.
    pub name: String,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: String,
}

/// How logits become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Logits are divided by it before the softmax; 1 changes nothing, more is less sure.
    pub temperature: f32,
}

impl Metadata {
    /// Metadata that say nothing but the name: Kannada digits, preprocessed as in Kannada-MNIST,
    /// written by this version.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            name: name.into(),
            preprocessing: Preprocessing::kannada_mnist(Proportions::OFFICIAL),
            classes: ["೦", "೧", "೨", "೩", "೪", "೫", "೬", "೭", "೮", "೯"]
                .map(str::to_owned)
                .into(),
            data: Vec::new(),
            command: None,
            seed: None,
            commit: None,
            lekka_version: env!("CARGO_PKG_VERSION").to_owned(),
            figures: Vec::new(),
            calibration: None,
            review_threshold: None,
            review_error: None,
            risk: None,
            configuration: None,
            folds: Vec::new(),
        }
    }

    /// Metadata of a network for whole lines: the ten digits, then the blank of CTC.
    pub fn for_lines(name: impl Into<String>, width: usize) -> Self {
        let mut metadata = Self::new(name);
        metadata.preprocessing = Preprocessing::line(width);
        metadata.classes.push(String::new());
        metadata
    }

    /// The number by which logits are divided, 1 without a calibration.
    pub fn temperature(&self) -> f32 {
        self.calibration
            .map_or(1.0, |calibration| calibration.temperature)
    }

    /// Whether every number lies in its range.
    ///
    /// # Errors
    ///
    /// Names the first that does not.
    pub fn check(&self) -> Result<(), MetadataError> {
        self.preprocessing.check()?;
        for figure in &self.figures {
            figure.check()?;
        }
        for fold in &self.folds {
            share("accuracy of a fold", fold.accuracy)?;
        }
        if let Some(risk) = &self.risk {
            risk.check()?;
        }
        if let Some(threshold) = self.review_threshold {
            share("review threshold", threshold.into())?;
        }
        if let Some(rate) = self.review_error {
            share("error rate of the review threshold", rate)?;
        }
        let temperature = self.temperature();
        // Beyond these the logits would all be equal or infinite.
        if !(1e-3..=1e3).contains(&temperature) {
            let (what, value) = ("calibration temperature", temperature.into());
            return Err(MetadataError::Range {
                what,
                value,
                range: "0.001 to 1000",
            });
        }
        for sum in &self.data {
            if sum.sha256.len() != 64 || !sum.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(MetadataError::Sum {
                    name: sum.name.clone(),
                    found: sum.sha256.clone(),
                });
            }
        }
        Ok(())
    }
}

/// For people: a line for each thing that is known.
///
/// ```
/// let mut metadata = lekka_model::Metadata::new("paper");
/// metadata.seed = Some(1);
/// let text = metadata.to_string();
/// assert!(text.starts_with("name            paper\nseed            1\n"));
/// ```
impl fmt::Display for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn line(
            f: &mut fmt::Formatter<'_>,
            label: &str,
            value: Option<impl fmt::Display>,
        ) -> fmt::Result {
            value.map_or(Ok(()), |value| writeln!(f, "{label:<14}  {value}"))
        }
        line(f, "name", Some(&self.name))?;
        line(f, "seed", self.seed)?;
        line(f, "command", self.command.as_ref())?;
        line(f, "commit", self.commit.as_ref())?;
        for sum in &self.data {
            line(
                f,
                "data",
                Some(format_args!("{} (SHA-256 {})", sum.name, sum.sha256)),
            )?;
        }
        for Figure {
            set,
            accuracy,
            images,
            ..
        } in &self.figures
        {
            let percent = 100.0 * accuracy;
            line(
                f,
                "accuracy",
                Some(format_args!("{percent:.2} % on {set} ({images} images)")),
            )?;
        }
        line(
            f,
            "temperature",
            self.calibration.map(|calibration| calibration.temperature),
        )?;
        line(f, "review below", self.review_threshold)?;
        line(f, "classes", Some(self.classes.join(" ")))?;
        let Preprocessing {
            size: [height, width],
            ink,
            normalization,
            proportions,
        } = &self.preprocessing;
        line(
            f,
            "pictures",
            Some(format_args!(
                "{height}x{width}, {ink}, {normalization}, {} to {} of the official height",
                proportions.lowest, proportions.highest
            )),
        )?;
        let Self {
            lekka_version,
            format_version,
            ..
        } = self;
        write!(
            f,
            "{:<14}  Lekka {lekka_version}, format {format_version}",
            "written by"
        )
    }
}

/// Why metadata cannot be right.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The pictures cannot be made.
    #[error(transparent)]
    Preprocessing(#[from] PreprocessingError),
    /// A number lies outside its range.
    #[error(
        "the metadata of the weights have the {what} {value}, it must lie in {range}; \
         train or calibrate again"
    )]
    Range {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The values allowed.
        range: &'static str,
    },
    /// A number of digits is greater than those it is counted among.
    #[error("the metadata of the weights have {value} {what}, of {most}; calibrate them again")]
    Count {
        /// What is counted.
        what: &'static str,
        /// Its number.
        value: u64,
        /// The number it is counted among.
        most: u64,
    },
    /// The levels of errors are not in their order.
    #[error(
        "the metadata of the weights have the level {found} behind the level {before}, the \
         strictest must come first; calibrate them again"
    )]
    LevelOrder {
        /// The level before.
        before: f64,
        /// The level that is not looser.
        found: f64,
    },
    /// A sum is no SHA-256.
    #[error(
        "the metadata of the weights have `{found}` as the sum of `{name}`, which is not the 64 \
         hexadecimal digits of SHA-256; write them again"
    )]
    Sum {
        /// Name of the data.
        name: String,
        /// What stands there.
        found: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::PartFigure;

    #[test]
    fn members_of_newer_programs_are_passed_over_and_optional_ones_may_be_missing() {
        let json = r#"{"format_version":1,"name":"paper","mood":"good","lekka_version":"9.0.0",
            "classes":["a","b"],"preprocessing":{"size":[28,28],"ink":"white-on-black",
            "normalization":"kannada-mnist/1","proportions":{"lowest":0.45,"highest":1.0}}}"#;
        let metadata: Metadata = serde_json::from_str(json).unwrap();
        assert_eq!(metadata.check(), Ok(()));
        assert_eq!((metadata.seed, metadata.temperature()), (None, 1.0));
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let with = |change: fn(&mut Metadata)| {
            let mut metadata = Metadata::new("paper");
            change(&mut metadata);
            metadata.check().unwrap_err().to_string()
        };
        for (message, expected) in [
            (
                with(|m| {
                    m.figures.push(Figure {
                        set: "test".into(),
                        accuracy: 97.5,
                        images: 10_000,
                        ..Figure::default()
                    });
                }),
                "accuracy 97.5, it must lie in 0 to 1",
            ),
            (
                with(|m| {
                    let digits = vec![PartFigure {
                        name: "7".into(),
                        accuracy: -1.0,
                        images: 1,
                    }];
                    m.figures.push(Figure {
                        digits,
                        ..Figure::default()
                    });
                }),
                "accuracy of a digit or writer -1, it must lie in 0 to 1",
            ),
            (
                with(|m| m.review_threshold = Some(-0.5)),
                "review threshold -0.5",
            ),
            (
                with(|m| m.review_error = Some(2.0)),
                "error rate of the review threshold 2",
            ),
            (
                with(|m| {
                    m.folds.push(FoldRun {
                        accuracy: f64::NAN,
                        ..FoldRun::default()
                    });
                }),
                "accuracy of a fold NaN",
            ),
            (
                with(|m| m.calibration = Some(Calibration { temperature: 0.0 })),
                "calibration temperature 0, it must lie in 0.001 to 1000",
            ),
            (
                with(|m| {
                    m.data.push(DataSum {
                        name: "train".into(),
                        sha256: "12ab".into(),
                    });
                }),
                "`12ab` as the sum of `train`",
            ),
        ] {
            assert!(message.contains(expected), "{message}");
        }
    }
}
