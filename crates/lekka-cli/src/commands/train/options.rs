//! The options of `lekka train` and how they change the configuration.
//!
//! A preset is the base, a TOML file changes it, options change that. Every option is the value of
//! a key of the file, so that both say the same, and both are checked at one place.

use crate::args::Threads;
use crate::commands::model::preset_names;
use crate::failure::{Hint, failure};
use crate::inputs::read_file;
use anyhow::{Context, Result};
use clap::Args;
use lekka_train::TrainConfig;
use lekka_train::training::{Preset, preset};
use std::path::PathBuf;
use toml::{Table, Value};

/// Options of `lekka train`.
#[derive(Debug, Args)]
#[command(
    after_help = "A run folder holds the configuration, a CSV of the figures of each epoch, \
the log, checkpoints and the weights. Ctrl-C finishes the step, saves and exits with status 130.

Examples:
  lekka train --preset paper --data data/ --run runs/paper
  lekka train --preset paper-plateau --seed 2 --epochs 5
  lekka train --resume runs/paper
  lekka train --init best.safetensors --preset default --learning-rate 1e-4 --run runs/tuned
  lekka train --augment affine --rotation 15 --height 0.5,1 --set augmentation.noise.blur=0.3
  lekka train --preset default --print-config > my.toml; lekka train --config my.toml"
)]
pub(crate) struct TrainArgs {
    /// The configuration to start from
    #[arg(long, value_name = "NAME", value_parser = Preset::all().iter().map(|p| p.name).collect::<Vec<_>>())]
    preset: Option<String>,
    /// A TOML file whose values replace those of the preset
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder with the official files or Kaggle's; its part `train` is trained on
    #[arg(
        long,
        value_name = "DIR",
        env = "LEKKA_DATA_DIR",
        hide_env_values = true
    )]
    pub(super) data: Option<PathBuf>,
    /// Folder for everything about the run; by default runs/NAME-seed-N
    #[arg(long, value_name = "DIR")]
    pub(super) run: Option<PathBuf>,
    /// Go on with the run in this folder where it stopped
    #[arg(long, value_name = "DIR", conflicts_with_all = ["preset", "config", "run", "init", "hyperparameters", "set", "print_config"])]
    pub(super) resume: Option<PathBuf>,
    /// Start from these weights in place of random ones
    #[arg(long, value_name = "FILE")]
    pub(super) init: Option<PathBuf>,
    /// Set any key of the configuration; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print the whole configuration as TOML and do nothing else
    #[arg(long)]
    pub(super) print_config: bool,
    #[command(flatten)]
    pub(super) threads: Threads,
    #[command(flatten)]
    hyperparameters: Hyperparameters,
}

/// Options with a value for a key of the configuration.
#[derive(Debug, Default, Args)]
#[group(id = "hyperparameters", multiple = true)]
#[command(next_help_heading = "Hyperparameters")]
struct Hyperparameters {
    /// Seed of everything random: weights, split, order, augmentation, dropout
    #[arg(long, value_name = "N")]
    seed: Option<i64>,
    /// Passes over the training images
    #[arg(long, value_name = "N")]
    epochs: Option<u32>,
    /// Images of one step
    #[arg(long, value_name = "N")]
    batch_size: Option<u32>,
    /// Learning rate, which the schedule changes in the course of the run
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// Share of the target spread over all classes
    #[arg(long, value_name = "SHARE")]
    label_smoothing: Option<f64>,
    /// Decay of a moving average of the weights; 0 is none
    #[arg(long, value_name = "DECAY")]
    weight_average: Option<f64>,
    /// Stop after so many epochs without better validation accuracy; 0 is never
    #[arg(long, value_name = "EPOCHS")]
    early_stopping: Option<u32>,
    /// Dropout in place of the network's own
    #[arg(long, value_name = "SHARE")]
    dropout: Option<f64>,
    /// Activation function in place of the network's own
    #[arg(long, value_name = "NAME")]
    activation: Option<String>,
    /// Which weights are the result: last or best
    #[arg(long, value_name = "WHICH", value_parser = ["last", "best"])]
    final_weights: Option<String>,
    /// The network
    #[arg(long, value_name = "NAME", value_parser = preset_names())]
    network: Option<String>,
    /// Numbers: scanned sheets, or folders of them, to compose numbers of
    #[arg(long, value_name = "FILE|DIR,...", value_delimiter = ',')]
    sheets: Option<Vec<String>>,
    /// Numbers: how many an epoch has
    #[arg(long, value_name = "N")]
    per_epoch: Option<u32>,

    /// How weights follow gradients
    #[arg(long, value_name = "NAME", value_parser = ["rmsprop", "adam", "adamw", "sgd"], help_heading = "Optimiser")]
    optimizer: Option<String>,
    /// RMSprop: share of the old mean square
    #[arg(long, value_name = "SHARE", help_heading = "Optimiser")]
    rho: Option<f64>,
    /// Adam: share of the old mean
    #[arg(long = "beta-1", value_name = "SHARE", help_heading = "Optimiser")]
    beta_1: Option<f64>,
    /// Adam: share of the old mean square
    #[arg(long = "beta-2", value_name = "SHARE", help_heading = "Optimiser")]
    beta_2: Option<f64>,
    /// RMSprop and Adam: keeps divisions away from zero
    #[arg(long, value_name = "VALUE", help_heading = "Optimiser")]
    epsilon: Option<f64>,
    /// AdamW: how fast kernels shrink
    #[arg(long, value_name = "VALUE", help_heading = "Optimiser")]
    weight_decay: Option<f64>,
    /// SGD: share of the old movement
    #[arg(long, value_name = "SHARE", help_heading = "Optimiser")]
    momentum: Option<f64>,
    /// SGD: look one movement ahead
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = "Optimiser")]
    nesterov: Option<bool>,

    /// Course of the learning rate
    #[arg(long, value_name = "NAME", value_parser = ["constant", "cosine", "one-cycle", "plateau"], help_heading = "Schedule")]
    schedule: Option<String>,
    /// Steps over which the rate first rises
    #[arg(long, value_name = "N", help_heading = "Schedule")]
    warm_up_steps: Option<u32>,
    /// One cycle: share of the steps in which the rate rises
    #[arg(long, value_name = "SHARE", help_heading = "Schedule")]
    rise: Option<f64>,
    /// Plateau: what the rate is multiplied with
    #[arg(long, value_name = "FACTOR", help_heading = "Schedule")]
    factor: Option<f64>,
    /// Plateau: epochs without a better result before the rate falls
    #[arg(long, value_name = "EPOCHS", help_heading = "Schedule")]
    patience: Option<u32>,
    /// Cosine and plateau: the lowest rate
    #[arg(long, value_name = "RATE", help_heading = "Schedule")]
    min_rate: Option<f64>,

    /// Hold out this share of the images, drawn at random; 0 holds out none
    #[arg(
        long,
        value_name = "SHARE",
        help_heading = "Validation",
        group = "held_out"
    )]
    hold_out: Option<f64>,
    /// Hold out the images of these writers
    #[arg(
        long,
        value_name = "WRITER,...",
        value_delimiter = ',',
        help_heading = "Validation",
        group = "held_out"
    )]
    hold_out_writers: Option<Vec<String>>,
    /// With --hold-out-writers: train on these writers only
    #[arg(
        long,
        value_name = "WRITER,...",
        value_delimiter = ',',
        help_heading = "Validation",
        requires = "hold_out_writers"
    )]
    train_writers: Option<Vec<String>>,
    /// Hold out part K of N equal parts of the writers, K counted from 0
    #[arg(
        long,
        value_name = "K/N",
        help_heading = "Validation",
        group = "held_out"
    )]
    hold_out_fold: Option<String>,

    /// Ranges to start from
    #[arg(long, value_name = "NAME", value_parser = ["off", "affine", "strong"], help_heading = "Augmentation")]
    augment: Option<String>,
    /// Chance that an image is changed at all
    #[arg(long, value_name = "CHANCE", help_heading = "Augmentation")]
    augment_probability: Option<f64>,
    /// Greatest rotation to either side, degrees
    #[arg(long, value_name = "DEGREES", help_heading = "Augmentation")]
    rotation: Option<f64>,
    /// Greatest shear to either side
    #[arg(long, value_name = "SLOPE", help_heading = "Augmentation")]
    shear: Option<f64>,
    /// Range of the factor on the height
    #[arg(long, value_name = "LOW,HIGH", num_args = 1, value_parser = range, help_heading = "Augmentation")]
    height: Option<[f64; 2]>,
    /// Range of the factor on the size
    #[arg(long, value_name = "LOW,HIGH", num_args = 1, value_parser = range, help_heading = "Augmentation")]
    scale: Option<[f64; 2]>,
    /// Greatest shift as a share of the side
    #[arg(long, value_name = "SHARE", help_heading = "Augmentation")]
    shift: Option<f64>,
    /// Whether changed glyphs are scaled and centred again as in the data set
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = "Augmentation")]
    refit: Option<bool>,
    /// Chance of smooth random displacement
    #[arg(long, value_name = "CHANCE", help_heading = "Augmentation")]
    elastic: Option<f64>,
    /// Chance of thinner or thicker strokes
    #[arg(long, value_name = "CHANCE", help_heading = "Augmentation")]
    thickness: Option<f64>,
    /// Chance of each of blur, faded ink and noise
    #[arg(long, value_name = "CHANCE", help_heading = "Augmentation")]
    noise: Option<f64>,
    /// Chance of a strip cut off one side
    #[arg(long, value_name = "CHANCE", help_heading = "Augmentation")]
    edge_crop: Option<f64>,
    /// Chance of a piece of a ruled line
    #[arg(long, value_name = "CHANCE", help_heading = "Augmentation")]
    clutter_line: Option<f64>,
    /// Chance of smudges
    #[arg(long, value_name = "CHANCE", help_heading = "Augmentation")]
    smudge: Option<f64>,
    /// Share of pictures that are no digit, so that the network learns to be in doubt
    #[arg(long, value_name = "SHARE", help_heading = "Augmentation")]
    non_digits: Option<f64>,
}

/// `LOW,HIGH`.
fn range(text: &str) -> Result<[f64; 2], String> {
    let numbers = text
        .split_once(',')
        .and_then(|(low, high)| Some([low.trim().parse().ok()?, high.trim().parse().ok()?]));
    numbers.ok_or_else(|| "two numbers with a comma between them, such as 0.5,1".to_owned())
}

impl Hyperparameters {
    /// Keys of the configuration with their values, in the order in which they are to be set.
    fn keys(&self) -> Result<Vec<(&'static str, Value)>> {
        let mut keys: Vec<(&'static str, Value)> = Vec::new();
        let mut add = |key, value: Option<Value>| keys.extend(value.map(|value| (key, value)));
        let float = |value: Option<f64>| value.map(Value::Float);
        let int = |value: Option<u32>| value.map(|value| Value::Integer(value.into()));
        let text = |value: &Option<String>| value.clone().map(Value::String);
        let bool = |value: Option<bool>| value.map(Value::Boolean);
        let pair = |value: Option<[f64; 2]>| {
            value.map(|range| Value::Array(range.map(Value::Float).to_vec()))
        };
        add("seed", self.seed.map(Value::Integer));
        add("epochs", int(self.epochs));
        add("batch_size", int(self.batch_size));
        add("learning_rate", float(self.learning_rate));
        add("label_smoothing", float(self.label_smoothing));
        add("weight_average", float(self.weight_average));
        add("early_stopping", int(self.early_stopping));
        add("dropout", float(self.dropout));
        add("activation", text(&self.activation));
        add("final_weights", text(&self.final_weights));
        add("network", text(&self.network));
        let sheets = self
            .sheets
            .clone()
            .map(|all| Value::Array(all.into_iter().map(Value::String).collect()));
        add("numbers.sheets", sheets);
        add("numbers.per_epoch", int(self.per_epoch));
        add("optimizer.type", text(&self.optimizer));
        add("optimizer.rho", float(self.rho));
        add("optimizer.beta_1", float(self.beta_1));
        add("optimizer.beta_2", float(self.beta_2));
        add("optimizer.epsilon", float(self.epsilon));
        add("optimizer.weight_decay", float(self.weight_decay));
        add("optimizer.momentum", float(self.momentum));
        add("optimizer.nesterov", bool(self.nesterov));
        let shape = self.schedule.as_ref().map(|name| name.replace('-', "_"));
        add("schedule.shape.type", shape.map(Value::String));
        add("schedule.warm_up_steps", int(self.warm_up_steps));
        add("schedule.shape.rise", float(self.rise));
        add("schedule.shape.factor", float(self.factor));
        add("schedule.shape.patience", int(self.patience));
        add("schedule.shape.min_rate", float(self.min_rate));
        self.held_out(&mut add)?;
        add(
            "augmentation",
            self.augment.as_deref().map(augmentation).transpose()?,
        );
        add("augmentation.probability", float(self.augment_probability));
        add("augmentation.rotation", float(self.rotation));
        add("augmentation.shear", float(self.shear));
        add("augmentation.height", pair(self.height));
        add("augmentation.scale", pair(self.scale));
        add("augmentation.shift", float(self.shift));
        add("augmentation.refit", bool(self.refit));
        add("augmentation.elastic.probability", float(self.elastic));
        add("augmentation.thickness.probability", float(self.thickness));
        add("augmentation.noise.probability", float(self.noise));
        add("augmentation.edge_crop.probability", float(self.edge_crop));
        add("augmentation.non_digits", float(self.non_digits));
        add("augmentation.clutter.line", float(self.clutter_line));
        add("augmentation.clutter.smudge", float(self.smudge));
        Ok(keys)
    }

    fn held_out(&self, add: &mut impl FnMut(&'static str, Option<Value>)) -> Result<()> {
        let kind = |name: &str| Some(Value::String(name.to_owned()));
        if let Some(share) = self.hold_out {
            if share == 0.0 {
                add("split.type", kind("all"));
            } else {
                add("split.type", kind("random"));
                add("split.fraction", Some(Value::Float(share)));
            }
        }
        if let Some(writers) = &self.hold_out_writers {
            let names =
                |names: &[String]| names.iter().cloned().map(Value::String).collect::<Vec<_>>();
            add("split.type", kind("writers"));
            add("split.hold_out", Some(Value::Array(names(writers))));
            if let Some(writers) = &self.train_writers {
                add("split.train_on", Some(Value::Array(names(writers))));
            }
        }
        if let Some(fold) = &self.hold_out_fold {
            let numbers = fold.split_once('/').and_then(|(part, parts)| {
                Some([part.parse::<u16>().ok()?, parts.parse::<u16>().ok()?])
            });
            let Some([part, parts]) = numbers else {
                let message = format!("--hold-out-fold {fold} is not of the form K/N");
                return Err(failure(message, "write, for example, --hold-out-fold 0/5"));
            };
            add("split.type", kind("fold"));
            add("split.fold", Some(Value::Integer(part.into())));
            add("split.folds", Some(Value::Integer(parts.into())));
        }
        Ok(())
    }
}

/// The ranges of augmentation by name.
fn augmentation(name: &str) -> Result<Value> {
    use lekka_train::augment::Augmentation;
    let ranges = match name {
        "affine" => Augmentation::affine(),
        "strong" => Augmentation::strong(),
        _ => Augmentation::off(),
    };
    Ok(Value::try_from(ranges)?)
}

impl TrainArgs {
    /// The configuration that preset, file and options make together.
    pub(super) fn config(&self) -> Result<TrainConfig> {
        let mut file = match &self.config {
            None => Table::new(),
            Some(path) => parse_file(path)?,
        };
        // The file may say what it builds on; an option says it louder.
        let based_on = match file.remove("preset") {
            Some(Value::String(name)) => Some(name),
            Some(other) => {
                let message = format!("preset = {other} in the configuration is not a name");
                return Err(failure(message, "write, for example, preset = \"paper\""));
            }
            None => None,
        };
        let base = match self.preset.clone().or(based_on) {
            Some(name) => named(&name)?,
            None => TrainConfig::default(),
        };
        let mut table = Table::try_from(base)?;
        merge(&mut table, file);
        for (key, value) in self.hyperparameters.keys()? {
            set(&mut table, key, value)?;
        }
        for assignment in &self.set {
            let Some((key, value)) = assignment.split_once('=') else {
                let message = format!("--set {assignment} is not of the form KEY=VALUE");
                return Err(failure(
                    message,
                    "write, for example, --set optimizer.rho=0.95",
                ));
            };
            set(&mut table, key.trim(), parse_value(value.trim()))?;
        }
        if let Some(folder) = &self.data {
            let folder = folder
                .to_str()
                .context("the name of the data folder is not UTF-8")?;
            set(&mut table, "data.folder", Value::String(folder.to_owned()))?;
        }
        TrainConfig::from_toml(&toml::to_string(&table)?)
            .hint("`lekka train --print-config` prints all keys with their values")
    }
}

fn named(name: &str) -> Result<TrainConfig> {
    preset(name).map(|preset| preset.config()).ok_or_else(|| {
        let names: Vec<_> = Preset::all().iter().map(|preset| preset.name).collect();
        failure(
            format!("there is no preset {name}"),
            format!("there are {}", names.join(", ")),
        )
    })
}

fn parse_file(path: &std::path::Path) -> Result<Table> {
    let bytes = read_file(path)?;
    let text = std::str::from_utf8(&bytes)
        .with_context(|| format!("{} is not text", path.display()))
        .hint("give a configuration in TOML")?;
    text.parse::<Table>()
        .with_context(|| format!("cannot read {}", path.display()))
        .hint("`lekka train --print-config` prints a configuration in the right form")
}

/// A value in TOML, or a word without its quotes.
fn parse_value(text: &str) -> Value {
    let table = format!("value = {text}").parse::<Table>().ok();
    table
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Sets a dotted key. A table whose `type` changes loses the values of the old type.
fn set(table: &mut Table, key: &str, value: Value) -> Result<()> {
    let (path, last) = key.rsplit_once('.').unwrap_or(("", key));
    let mut at = table;
    for name in path.split('.').filter(|name| !name.is_empty()) {
        let inner = at.entry(name).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = inner else {
            let message = format!("there is no key {key}: {name} is a single value");
            return Err(failure(
                message,
                "`lekka train --print-config` prints all keys",
            ));
        };
        at = inner;
    }
    if last == "type" && at.get(last) != Some(&value) {
        at.clear();
    }
    at.insert(last.to_owned(), value);
    Ok(())
}

/// Puts the values of `changes` over those of `base`, table by table.
fn merge(base: &mut Table, changes: Table) {
    for (key, value) in changes {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => {
                if new
                    .get("type")
                    .is_some_and(|kind| old.get("type") != Some(kind))
                {
                    old.clear();
                }
                merge(old, new);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: TrainArgs,
    }

    fn config(line: &str) -> Result<TrainConfig> {
        let words = std::iter::once("train").chain(line.split_whitespace());
        Line::try_parse_from(words)?.args.config()
    }

    #[test]
    fn options_change_the_preset() {
        let config = config(
            "--preset paper-plateau --data d --epochs 3 --factor 0.5 --optimizer adamw \
             --weight-decay 0.1 --hold-out-fold 1/5 --augment affine --height 0.5,1 \
             --set augmentation.noise.blur=0.25 --set name=mine",
        )
        .unwrap();
        let text = config.to_toml().unwrap();
        for line in [
            "name = \"mine\"",
            "epochs = 3",
            "factor = 0.5",
            "type = \"adamw\"",
            "weight_decay = 0.1",
            "fold = 1",
            "folds = 5",
            "rotation = 12.0",
            "height = [0.5, 1.0]",
            "blur = 0.25",
            "folder = \"d\"",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (line, expected) in [
            ("--set epoch=3", "unknown field"),
            ("--set seed.x=3", "single value"),
            ("--momentum 0.9", "momentum"),
            ("--hold-out-fold 3", "K/N"),
            ("--learning-rate=-1", "learning_rate is -1"),
            ("--config no-such-file.toml", "no-such-file.toml"),
        ] {
            let error = config(line).unwrap_err();
            let message = crate::failure::message_of(&error);
            assert!(message.contains(expected), "{line}: {message}");
        }
    }

    #[test]
    fn a_file_may_name_its_preset() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(
            &path,
            "preset = \"paper-plateau\"\n[schedule.shape]\ntype = \"cosine\"\n",
        )
        .unwrap();
        let config = config(&format!("--config {}", path.display())).unwrap();
        assert_eq!(config.name, "paper-plateau");
        assert!(config.to_toml().unwrap().contains("type = \"cosine\""));
    }
}
