//! From a run to weights that can be released: rounded to f16, calibrated on writers that the
//! network which read them had not seen, with thresholds for wanted rates of errors and the
//! figures that come with them.
//!
//! Weights that were trained on all writers leave none to calibrate on. So the same recipe is
//! trained several times more, each time without one part of the writers ([`HeldOut::of_folds`]);
//! all training images are then read by a network that has not seen their writers, and what is
//! found on these readings is taken for that of the released network. That a network of all
//! writers is as good, and as sure, as those that saw fewer is an assumption: it saw more, so that
//! it is likely to be a little better than it says.

mod error;
mod figures;
mod folds;

pub use error::ReleaseError;
pub use folds::{Coverage, HeldOut};

use crate::data::DataSet;
use crate::metrics::{
    Evaluation, Predictions, RiskControl, fit_temperature, judged_readings, logits_of,
};
use crate::training::RunFolder;
use lekka_model::{Calibration, Model, ValueType};
use lekka_nn::Predictor;

/// What is to be decided about a release.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseOptions {
    /// The error rate among accepted digits that the default threshold for review is chosen for,
    /// above 0 to 1.
    pub review_error: f64,
    /// The commit of the program that trained the run.
    pub commit: Option<String>,
}

impl Default for ReleaseOptions {
    /// One error in a thousand accepted digits.
    fn default() -> Self {
        Self {
            review_error: 0.001,
            commit: None,
        }
    }
}

/// Weights with what is known about them.
#[derive(Debug)]
pub struct Release {
    model: Model,
    predictor: Predictor,
    evaluation: Evaluation,
}

impl Release {
    /// Rounds the result of a run to f16, calibrates it on `held_out`, chooses the thresholds and
    /// records the figures.
    ///
    /// # Errors
    /// When the run is not finished, a weight is too large for f16, or the data cannot show the
    /// error rate that the threshold for review is wanted for.
    pub fn new(
        run: &RunFolder,
        held_out: &HeldOut,
        options: &ReleaseOptions,
    ) -> Result<Self, ReleaseError> {
        let mut model = rounded(run, &folds::model_of(run)?)?;
        let predictor = Predictor::new(&model.spec, &model.parameters)?;
        let labels = held_out.set.require_labels()?;
        let temperature = fit_temperature(&held_out.logits, labels);
        let predictions = Predictions::from_logits(&held_out.logits, temperature);
        let control = RiskControl::new(&judged_readings(&held_out.set, &predictions)?)?;
        let risk = control.table();
        let evaluation = Evaluation::new(&held_out.set, &predictions)?;
        let name = if held_out.folds.is_empty() {
            "held-out writers"
        } else {
            "out of fold"
        };
        let figure = figures::figure(name, &held_out.set, &predictions, &evaluation, &risk.levels)?;

        let metadata = &mut model.metadata;
        metadata.calibration = Some(Calibration { temperature });
        metadata.review_threshold = Some(control.threshold(options.review_error)?.threshold);
        metadata.review_error = Some(options.review_error);
        metadata.risk = Some(risk);
        metadata.figures = vec![figure];
        metadata.commit.clone_from(&options.commit);
        metadata.configuration = Some(figures::without_places(run.config()?).to_toml()?);
        metadata.command = metadata.command.take().map(|c| figures::short_paths(&c));
        metadata.folds.clone_from(&held_out.folds);
        for fold in &mut metadata.folds {
            fold.command = fold.command.take().map(|c| figures::short_paths(&c));
        }
        Ok(Self {
            model,
            predictor,
            evaluation,
        })
    }

    /// Measures the rounded weights on a further set, whose figures are recorded under `name`.
    ///
    /// # Errors
    /// When the set has no labels.
    pub fn measure(&mut self, name: &str, set: &DataSet) -> Result<Evaluation, ReleaseError> {
        let logits = logits_of(&self.predictor, set)?;
        let metadata = &mut self.model.metadata;
        let predictions = Predictions::from_logits(&logits, metadata.temperature());
        let evaluation = Evaluation::new(set, &predictions)?;
        let levels = metadata.risk.as_ref().map_or(&[][..], |risk| &risk.levels);
        let figure = figures::figure(name, set, &predictions, &evaluation, levels)?;
        metadata.figures.push(figure);
        Ok(evaluation)
    }

    /// The weights, rounded to f16 but kept as f32, with their metadata. To be saved as
    /// [`ValueType::F16`], which loses nothing.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The figures on held-out writers.
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }
}

/// A run's model as it is released.
fn rounded(run: &RunFolder, model: &Model) -> Result<Model, ReleaseError> {
    let bytes = model.save(ValueType::F16).map_err(|source| {
        let run = run.path().to_owned();
        ReleaseError::Round { run, source }
    })?;
    Ok(Model::load(&bytes)?)
}
