//! The training loop.

use super::average::WeightAverage;
use super::batches::{BatchStream, Batches};
use super::checkpoint::{Checkpoint, RunState};
use super::config::FinalWeights;
use super::error::TrainError;
use super::event::{RunStart, StepProgress, TrainEvent};
use super::history::{EpochMetrics, RunSummary, best};
use super::learner::{HeldOut, Learner};
use super::run_folder::RunFolder;
use lekka_model::{DataSum, Figure, Metadata, Model, Preprocessing, Proportions};
use lekka_nn::random::derive_seed;
use lekka_nn::{NetworkSpec, Optimizer, Parameters, Schedule, StepOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// All epochs are done.
    Finished {
        /// The network, with its metadata.
        model: Box<Model>,
        /// The run's figures.
        summary: RunSummary,
    },
    /// It was interrupted; with a run folder, it can be resumed.
    Interrupted {
        /// The epoch, counted from 1.
        epoch: u32,
        /// Steps of this epoch that are made.
        step: usize,
    },
}

/// A run that goes on.
pub(super) struct Run<'a, 'b> {
    pub(super) spec: NetworkSpec,
    pub(super) images_per_epoch: usize,
    pub(super) steps_per_epoch: usize,
    pub(super) validation: HeldOut<'b>,
    pub(super) folder: Option<RunFolder>,
    pub(super) interrupt: Arc<AtomicBool>,
    pub(super) command: Option<String>,
    pub(super) on_event: Box<dyn FnMut(&TrainEvent) + 'a>,
    pub(super) network: Learner,
    pub(super) optimizer: Optimizer,
    pub(super) average: Option<WeightAverage>,
    pub(super) schedule: Schedule,
    pub(super) state: RunState,
    pub(super) validation_seconds: f64,
}

impl Run<'_, '_> {
    pub(super) fn run(mut self, batches: &Batches) -> Result<Outcome, TrainError> {
        let resumed = (self.state.epochs_done > 0 || self.state.step > 0)
            .then_some((self.state.epochs_done, self.state.step));
        let start = RunStart {
            training_images: self.images_per_epoch,
            validation: self.validation.sets(),
            epochs: self.state.config.epochs,
            steps_per_epoch: self.steps_per_epoch,
            parameters: self.network.parameters().count(),
            resumed_after: resumed,
        };
        self.tell(&TrainEvent::Started(&start))?;
        while !self.is_over() {
            let epoch = self.state.epochs_done + 1;
            let whole = batches.stream(epoch, self.state.step, |stream| self.train(stream))?;
            if !whole {
                let step = self.state.step;
                self.save_checkpoint()?;
                self.tell(&TrainEvent::Interrupted { epoch, step })?;
                return Ok(Outcome::Interrupted { epoch, step });
            }
            self.finish_epoch()?;
        }
        if self.state.epochs_done < self.state.config.epochs {
            self.tell(&TrainEvent::StoppedEarly {
                epoch: self.state.epochs_done,
            })?;
        }
        self.finish()
    }

    /// Whether all epochs are done, or there was no better one for too long.
    fn is_over(&self) -> bool {
        let patience = self.state.config.early_stopping;
        let waited = best(&self.state.history)
            .map_or(0, |best| self.state.epochs_done.saturating_sub(best.epoch));
        self.state.epochs_done >= self.state.config.epochs || (patience > 0 && waited >= patience)
    }

    /// Makes the remaining steps of an epoch; false when interrupted before the last.
    fn train(&mut self, stream: &BatchStream) -> Result<bool, TrainError> {
        let (epoch, steps) = (self.state.epochs_done + 1, self.steps_per_epoch);
        let mut began = Instant::now();
        let mut speed = Speed::default();
        while self.state.step < steps {
            if self.interrupt.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let Some(batch) = stream.next() else {
                // Only a panic in the other thread can end it early, and that is passed on.
                return Ok(false);
            };
            let global_step =
                u64::from(self.state.epochs_done) * steps as u64 + self.state.step as u64;
            let rate = self.schedule.rate(global_step);
            let options = StepOptions {
                label_smoothing: self.state.config.label_smoothing,
                dropout_seed: derive_seed(self.state.config.seed, "dropout", &[global_step]),
            };
            let outcome = self
                .network
                .train_step(&batch, &options, &mut self.optimizer, rate)?;
            let (count, digits) = (batch.len(), batch.labeled());
            stream.recycle(batch);
            self.state.step += 1;
            if !outcome.loss.is_finite() {
                let (step, loss) = (self.state.step, outcome.loss);
                return Err(TrainError::Diverged { epoch, step, loss });
            }
            if let Some(average) = &mut self.average {
                average.update(self.network.parameters());
            }
            let seconds = began.elapsed().as_secs_f64();
            began = Instant::now();
            speed.add(count, seconds);
            let partial = &mut self.state.partial;
            partial.loss += outcome.loss * count as f64;
            partial.correct += outcome.correct;
            partial.images += count;
            partial.digits += digits;
            partial.seconds += seconds;
            let images = partial.images as f64;
            let epochs = self.state.config.epochs;
            let epochs_left = f64::from(epochs - self.state.epochs_done);
            let images_left = epochs_left * self.images_per_epoch as f64 - images;
            let progress = StepProgress {
                epoch,
                epochs,
                step: self.state.step,
                steps,
                loss: partial.loss / images,
                accuracy: partial.accuracy(),
                learning_rate: rate,
                images_per_second: speed.images_per_second(),
                seconds_left: images_left / speed.images_per_second()
                    + epochs_left * self.validation_seconds,
            };
            (self.on_event)(&TrainEvent::Step(progress));
        }
        Ok(true)
    }

    /// The weights that are validated and saved.
    fn weights(&self) -> &Parameters {
        self.average
            .as_ref()
            .map_or(self.network.parameters(), WeightAverage::parameters)
    }

    fn finish_epoch(&mut self) -> Result<(), TrainError> {
        let epoch = self.state.epochs_done + 1;
        let images = self.validation.sets().iter().map(|set| set.1).sum();
        let validation = if images == 0 {
            Vec::new()
        } else {
            self.tell(&TrainEvent::Validating { epoch, images })?;
            let began = Instant::now();
            let result = self.validation.validate(&self.spec, self.weights())?;
            self.validation_seconds = began.elapsed().as_secs_f64();
            result
        };
        let partial = std::mem::take(&mut self.state.partial);
        let steps = self.steps_per_epoch as u64;
        let metrics = EpochMetrics {
            epoch,
            learning_rate: self.schedule.rate(u64::from(epoch) * steps - 1),
            train_loss: partial.loss / partial.images.max(1) as f64,
            train_accuracy: partial.accuracy(),
            validation,
            images_per_second: partial.images as f64 / partial.seconds.max(1e-9),
            seconds: partial.seconds,
        };
        self.schedule.end_epoch(metrics.score());
        let is_best = best(&self.state.history).is_none_or(|best| metrics.score() > best.score());
        self.state.history.push(metrics.clone());
        self.state.epochs_done = epoch;
        self.state.step = 0;
        if let (Some(folder), true) = (&self.folder, is_best) {
            folder.save_best(&self.model(self.weights().clone(), Some(&metrics))?)?;
        }
        self.save_checkpoint()?;
        self.tell(&TrainEvent::EpochFinished(&metrics))
    }

    fn save_checkpoint(&mut self) -> Result<(), TrainError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let optimizer = self.optimizer.state();
        self.state.optimizer_steps = optimizer.steps;
        self.state.average_steps = self.average.as_ref().map_or(0, WeightAverage::steps);
        self.state.schedule = self.schedule.state();
        let checkpoint = Checkpoint {
            state: self.state.clone(),
            weights: self.network.parameters().clone(),
            optimizer: optimizer.tensors,
            average: self
                .average
                .as_ref()
                .map(|average| average.parameters().clone()),
        };
        let path = folder.save_checkpoint(&checkpoint)?;
        folder.save_metrics(&self.state.history)?;
        self.tell(&TrainEvent::CheckpointSaved(&path))
    }

    fn model(
        &self,
        weights: Parameters,
        epoch: Option<&EpochMetrics>,
    ) -> Result<Model, TrainError> {
        let config = &self.state.config;
        let mut metadata = match config.numbers {
            Some(_) => Metadata::for_lines(config.name.clone(), self.spec.input[1]),
            None => Metadata::new(config.name.clone()),
        };
        let [mut lowest, mut highest] = [1.0_f32; 2];
        if config.augmentation.probability > 0.0 {
            lowest = lowest.min(config.augmentation.height[0]);
            highest = highest.max(config.augmentation.height[1]);
        }
        if config.numbers.is_none() {
            metadata.preprocessing = Preprocessing::kannada_mnist(Proportions { lowest, highest });
        }
        metadata.seed = Some(config.seed);
        metadata.command.clone_from(&self.command);
        let sums = self.state.data.iter();
        metadata.data = sums
            .map(|(name, sha256)| DataSum {
                name: name.clone(),
                sha256: sha256.clone(),
            })
            .collect();
        let figures = epoch
            .iter()
            .flat_map(|epoch| &epoch.validation)
            .map(|set| Figure {
                set: format!("validation:{}", set.name),
                accuracy: set.accuracy,
                images: set.images as u64,
                ..Figure::default()
            });
        metadata.figures = figures.collect();
        Model::new(self.spec.clone(), weights, metadata)
            .map_err(|error| TrainError::Weights(error.to_string()))
    }

    fn finish(mut self) -> Result<Outcome, TrainError> {
        let Some(summary) = RunSummary::of(&self.state.history) else {
            return Err(TrainError::Config("the run has no epochs".to_owned()));
        };
        let model = match (self.state.config.final_weights, &self.folder) {
            (FinalWeights::Best, Some(folder)) => {
                // The file is ours; what cannot be read was changed meanwhile.
                Model::load_file(folder.best_file())
                    .map_err(|error| TrainError::Weights(error.to_string()))?
            }
            _ => self.model(self.weights().clone(), self.state.history.last())?,
        };
        if let Some(folder) = &self.folder {
            folder.save_result(&model)?;
        }
        self.tell(&TrainEvent::Finished(&summary))?;
        Ok(Outcome::Finished {
            model: Box::new(model),
            summary,
        })
    }

    fn tell(&mut self, event: &TrainEvent) -> Result<(), TrainError> {
        if let (Some(folder), Some(line)) = (&self.folder, super::log::line(event)) {
            folder.log(&line)?;
        }
        (self.on_event)(event);
        Ok(())
    }
}

/// Speed over about the last twenty steps.
#[derive(Debug, Default)]
struct Speed {
    images: f64,
    seconds: f64,
}

impl Speed {
    fn add(&mut self, images: usize, seconds: f64) {
        const FADE: f64 = 0.95;
        self.images = FADE * self.images + images as f64;
        self.seconds = FADE * self.seconds + seconds;
    }

    fn images_per_second(&self) -> f64 {
        self.images / self.seconds.max(1e-9)
    }
}
