//! A run before it begins: what it is made of.

use super::average::WeightAverage;
use super::batches::{BatchError, Batches};
use super::checkpoint::{Checkpoint, RunState};
use super::config::TrainConfig;
use super::error::TrainError;
use super::event::TrainEvent;
use super::learner::{HeldOut, Learner};
use super::lines::{LineBatches, line};
use super::run::{Outcome, Run};
use super::run_folder::RunFolder;
use super::sources::TrainingData;
use crate::augment::LineAugmentation;
use crate::data::{ComposeOptions, Spacing};
use lekka_nn::initialize::initialize;
use lekka_nn::random::derive_seed;
use lekka_nn::{
    Network, NetworkError, NetworkSpec, Optimizer, Parameters, Schedule, SequenceNetwork,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Trains one network.
///
/// ```
/// use lekka_train::data::DataSet;
/// use lekka_train::{Outcome, TrainConfig, Trainer, TrainingData};
///
/// // Two classes that a glance tells apart: all black, all white.
/// let images = (0..64_u8).flat_map(|index| [255 * (index % 2); 784]).collect();
/// let labels = (0..64).map(|index| index % 2).collect();
/// let data = TrainingData::new(DataSet::new("two", images, Some(labels))?, vec![]);
/// let config = TrainConfig::from_toml(
///     r#"
///     epochs = 2
///     learning_rate = 0.01
///     network = { input = [28, 28, 1], layers = [{ type = "flatten" }, { type = "dense", units = 10 }] }
///     "#,
/// )?;
/// let Outcome::Finished { summary, .. } = Trainer::new(config, data).run()? else {
///     unreachable!("nobody interrupts")
/// };
/// assert_eq!(summary.epochs, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Trainer<'a> {
    config: TrainConfig,
    data: TrainingData,
    folder: Folder,
    initial: Option<Parameters>,
    interrupt: Arc<AtomicBool>,
    command: Option<String>,
    on_event: Box<dyn FnMut(&TrainEvent) + 'a>,
}

/// Where a run is kept.
enum Folder {
    None,
    New(PathBuf),
    Resumed(RunFolder, Box<Checkpoint>),
}

impl std::fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trainer")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl<'a> Trainer<'a> {
    /// A run on these data, which is not kept on the disk.
    pub fn new(config: TrainConfig, data: TrainingData) -> Self {
        Self {
            config,
            data,
            folder: Folder::None,
            initial: None,
            interrupt: Arc::default(),
            command: None,
            on_event: Box::new(|_| ()),
        }
    }

    /// Takes up the run of a folder where its newest checkpoint is. The data are read again from
    /// where the configuration says.
    ///
    /// # Errors
    /// When the folder holds no run or no checkpoint, or the data are not those of the run.
    pub fn resume(path: &Path) -> Result<Self, TrainError> {
        let config = RunFolder::open(path)?.config()?;
        let data = TrainingData::load(&config)?;
        Self::resume_with(path, data)
    }

    /// [`Trainer::resume`] with data that are already in memory.
    ///
    /// # Errors
    /// As there.
    pub fn resume_with(path: &Path, data: TrainingData) -> Result<Self, TrainError> {
        let folder = RunFolder::open(path)?;
        let checkpoint = folder.newest_checkpoint()?;
        let found = data.digests();
        if found != checkpoint.state.data {
            let names = |sums: &[(String, String)]| {
                sums.iter()
                    .map(|(name, sum)| format!("{name} {sum:.8}"))
                    .collect::<Vec<_>>()
            };
            let reason = format!(
                "the run was begun with other data: {}, now {}; give the same files",
                names(&checkpoint.state.data).join(", "),
                names(&found).join(", ")
            );
            return Err(TrainError::Checkpoint {
                path: path.to_path_buf(),
                reason,
            });
        }
        let config = checkpoint.state.config.clone();
        let folder = Folder::Resumed(folder, Box::new(checkpoint));
        Ok(Self {
            folder,
            ..Self::new(config, data)
        })
    }

    /// Keeps the run in a new folder.
    #[must_use]
    pub fn run_folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folder = Folder::New(path.into());
        self
    }

    /// Starts from these weights in place of random ones. A resumed run has weights of its own.
    #[must_use]
    pub fn initial(mut self, weights: Parameters) -> Self {
        self.initial = Some(weights);
        self
    }

    /// A flag that ends the run after the step at hand when it is set.
    #[must_use]
    pub fn interrupt(mut self, flag: Arc<AtomicBool>) -> Self {
        self.interrupt = flag;
        self
    }

    /// The command line, for the metadata of the weights.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// Is told what happens.
    #[must_use]
    pub fn on_event(mut self, receiver: impl FnMut(&TrainEvent) + 'a) -> Self {
        self.on_event = Box::new(receiver);
        self
    }

    /// The configuration.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// Trains to the end, or until interrupted.
    ///
    /// # Errors
    /// When the configuration does not fit the data, a file cannot be written, or training
    /// diverges.
    pub fn run(self) -> Result<Outcome, TrainError> {
        let Self {
            config,
            data,
            folder,
            initial,
            interrupt,
            command,
            on_event,
        } = self;
        config.check()?;
        let spec = config.network_spec()?;
        let batches = batches(&data, &config)?;
        let held_out = held_out(&data, &config)?;
        let total_steps = u64::from(config.epochs) * batches.steps() as u64;
        let mut schedule = Schedule::new(config.schedule, config.learning_rate, total_steps);
        let (folder, checkpoint) = match folder {
            Folder::None => (None, None),
            Folder::New(path) => (Some(RunFolder::create(&path, &config)?), None),
            Folder::Resumed(folder, checkpoint) => (Some(folder), Some(*checkpoint)),
        };
        let network;
        let mut optimizer;
        let mut average;
        let state;
        if let Some(checkpoint) = checkpoint {
            network = learner(&config, &spec, &checkpoint.weights)?;
            optimizer = Optimizer::new(&config.optimizer, network.parameters());
            let refuse = |reason: String| TrainError::Checkpoint {
                path: folder
                    .as_ref()
                    .map(|f| f.path().to_path_buf())
                    .unwrap_or_default(),
                reason,
            };
            optimizer
                .load_state(&checkpoint.optimizer_state())
                .map_err(|error| refuse(error.to_string()))?;
            let steps = checkpoint.state.average_steps;
            average = match checkpoint.average {
                Some(weights) => {
                    let weights = weights
                        .checked(&spec)
                        .map_err(|error| refuse(error.to_string()))?;
                    Some(WeightAverage::resumed(
                        config.weight_average,
                        steps,
                        weights,
                    ))
                }
                None => None,
            };
            schedule.load_state(checkpoint.state.schedule);
            state = checkpoint.state;
        } else {
            let weights = match initial {
                Some(weights) => weights,
                None => initialize(&spec, derive_seed(config.seed, "weights", &[]))
                    .map_err(NetworkError::from)?,
            };
            network = learner(&config, &spec, &weights)?;
            optimizer = Optimizer::new(&config.optimizer, network.parameters());
            average = (config.weight_average > 0.0)
                .then(|| WeightAverage::new(config.weight_average, network.parameters()));
            state = RunState::start(config.clone(), data.digests(), schedule.state());
        }
        let run = Run {
            spec,
            images_per_epoch: batches.images(),
            steps_per_epoch: batches.steps(),
            validation: held_out,
            folder,
            interrupt,
            command,
            on_event,
            network,
            optimizer,
            average: average.take(),
            schedule,
            state,
            validation_seconds: 0.0,
        };
        run.run(&batches)
    }
}

/// What the network is trained on.
fn batches<'a>(data: &'a TrainingData, config: &'a TrainConfig) -> Result<Batches<'a>, TrainError> {
    let (seed, size) = (config.seed, config.batch_size);
    match (&data.numbers, &config.numbers) {
        (Some(sources), Some(numbers)) => {
            let lines = LineBatches::new(&sources.training, numbers, seed);
            Ok(Batches::of_lines(lines, seed, size))
        }
        (None, None) => {
            let batches = Batches::new(&data.training, &config.augmentation, seed, size);
            batches.map_err(|error| match error {
                BatchError::Data(error) => error.into(),
                BatchError::Augmentation(error) => TrainError::Config(error.to_string()),
            })
        }
        _ => Err(TrainError::Config(
            "the configuration is for numbers and the data for digits, or the reverse".to_owned(),
        )),
    }
}

/// What it is validated on.
fn held_out<'a>(data: &'a TrainingData, config: &TrainConfig) -> Result<HeldOut<'a>, TrainError> {
    for set in &data.validation {
        set.require_labels()?;
    }
    let (Some(sources), Some(numbers)) = (&data.numbers, &config.numbers) else {
        return Ok(HeldOut::Digits(&data.validation));
    };
    let count = if sources.validation.is_empty() {
        0
    } else {
        numbers.validation
    };
    // As people write, whatever is trained on.
    let plain = ComposeOptions {
        spacing: Spacing::ALL.to_vec(),
        variety: 1.0,
        ..numbers.compose.clone()
    };
    let lines = (0..count as u64).filter_map(|index| {
        let seed = derive_seed(config.seed, "validation line", &[index]);
        line(
            &sources.validation,
            &plain,
            LineAugmentation::off(),
            seed,
            u32::MAX,
        )
    });
    Ok(HeldOut::Lines(lines.collect()))
}

fn learner(
    config: &TrainConfig,
    spec: &NetworkSpec,
    weights: &Parameters,
) -> Result<Learner, NetworkError> {
    Ok(if config.numbers.is_some() {
        Learner::Lines(SequenceNetwork::from_parameters(spec, weights)?)
    } else {
        Learner::Digits(Network::from_parameters(spec, weights)?)
    })
}
