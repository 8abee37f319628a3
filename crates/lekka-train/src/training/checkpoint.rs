//! Checkpoints: everything that a run needs to go on as if it had never stopped, in one
//! safetensors file. Randomness needs no state, as it is drawn from seed, epoch and index.

use super::config::TrainConfig;
use super::error::TrainError;
use super::history::EpochMetrics;
use crate::data::write_beside_and_rename;
use lekka_nn::{OptimizerState, Parameter, Parameters, ScheduleState};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use std::path::Path;

const VERSION: u32 = 1;
const STATE: &str = "lekka.checkpoint";
const WEIGHTS: &str = "weights/";
const OPTIMIZER: &str = "optimizer/";
const AVERAGE: &str = "average/";

/// A checkpoint in memory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) state: RunState,
    pub(crate) weights: Parameters,
    pub(crate) optimizer: Vec<Parameter>,
    pub(crate) average: Option<Parameters>,
}

/// Where a run is, besides its tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunState {
    pub(crate) version: u32,
    pub(crate) config: TrainConfig,
    /// Names and sums of the data sets.
    pub(crate) data: Vec<(String, String)>,
    /// Epochs that are over.
    pub(crate) epochs_done: u32,
    /// Steps made in the epoch that is not over.
    pub(crate) step: usize,
    /// Figures of the epoch that is not over.
    pub(crate) partial: Partial,
    pub(crate) optimizer_steps: u64,
    pub(crate) average_steps: u64,
    pub(crate) schedule: ScheduleState,
    pub(crate) history: Vec<EpochMetrics>,
}

/// Sums over the steps of an epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Partial {
    /// Sum of the loss over images.
    pub(crate) loss: f64,
    pub(crate) correct: usize,
    pub(crate) images: usize,
    /// Images that show a digit, of which `correct` is a part.
    #[serde(default)]
    pub(crate) digits: usize,
    pub(crate) seconds: f64,
}

impl Partial {
    /// Share of the digits that were read rightly.
    pub(crate) fn accuracy(&self) -> f64 {
        self.correct as f64 / self.digits.max(1) as f64
    }
}

impl RunState {
    /// The state before the first step.
    pub(crate) fn start(
        config: TrainConfig,
        data: Vec<(String, String)>,
        schedule: ScheduleState,
    ) -> Self {
        Self {
            version: VERSION,
            config,
            data,
            epochs_done: 0,
            step: 0,
            partial: Partial::default(),
            optimizer_steps: 0,
            average_steps: 0,
            schedule,
            history: Vec::new(),
        }
    }
}

impl Checkpoint {
    /// The file's content.
    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let state = serde_json::to_string(&self.state).map_err(|e| e.to_string())?;
        let average = self
            .average
            .iter()
            .flat_map(|parameters| &parameters.tensors);
        let named = [
            self.weights
                .tensors
                .iter()
                .map(|t| (WEIGHTS, t))
                .collect::<Vec<_>>(),
            self.optimizer.iter().map(|t| (OPTIMIZER, t)).collect(),
            average.map(|t| (AVERAGE, t)).collect(),
        ]
        .concat();
        let bytes: Vec<Vec<u8>> = named
            .iter()
            .map(|(_, t)| {
                t.values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect()
            })
            .collect();
        let mut views = Vec::with_capacity(named.len());
        for ((prefix, tensor), bytes) in named.iter().zip(&bytes) {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)
                .map_err(|e| e.to_string())?;
            views.push((format!("{prefix}{}", tensor.name), view));
        }
        let metadata = [(STATE.to_owned(), state)].into_iter().collect();
        safetensors::serialize(views, Some(metadata)).map_err(|e| e.to_string())
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let damaged = |e: &dyn std::fmt::Display| {
            format!(
                "the checkpoint is damaged ({e}); delete it, and the run resumes from the one \
                 before"
            )
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(&e))?;
        let text = header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get(STATE));
        let text = text.ok_or("is not a checkpoint of a training run")?;
        let state: RunState = serde_json::from_str(text).map_err(|e| damaged(&e))?;
        if state.version != VERSION {
            return Err(format!(
                "the checkpoint has version {}, this program reads {VERSION}; resume with the \
                 program that wrote it",
                state.version
            ));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| damaged(&e))?;
        let mut names: Vec<_> = tensors.names().into_iter().map(str::to_owned).collect();
        names.sort();
        let (mut weights, mut optimizer, mut average) = (Vec::new(), Vec::new(), Vec::new());
        for full_name in names {
            let view = tensors.tensor(&full_name).map_err(|e| damaged(&e))?;
            if view.dtype() != Dtype::F32 {
                return Err(damaged(&format!("{full_name} is not of type f32")));
            }
            let values = view.data().chunks_exact(4);
            let values = values
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            let parameter = |name: &str| Parameter {
                name: name.to_owned(),
                shape: view.shape().to_vec(),
                values,
                trainable: false,
            };
            if let Some(name) = full_name.strip_prefix(WEIGHTS) {
                weights.push(parameter(name));
            } else if let Some(name) = full_name.strip_prefix(OPTIMIZER) {
                optimizer.push(parameter(name));
            } else if let Some(name) = full_name.strip_prefix(AVERAGE) {
                average.push(parameter(name));
            }
        }
        Ok(Self {
            state,
            weights: Parameters { tensors: weights },
            optimizer,
            average: (!average.is_empty()).then_some(Parameters { tensors: average }),
        })
    }

    pub(crate) fn save(&self, path: &Path) -> Result<(), TrainError> {
        let bytes = self.to_bytes().map_err(|reason| TrainError::Checkpoint {
            path: path.to_path_buf(),
            reason,
        })?;
        write_beside_and_rename(path, &bytes).map_err(|e| TrainError::io(path, e))
    }

    pub(crate) fn load(path: &Path) -> Result<Self, TrainError> {
        let bytes = std::fs::read(path).map_err(|e| TrainError::io(path, e))?;
        Self::from_bytes(&bytes).map_err(|reason| TrainError::Checkpoint {
            path: path.to_path_buf(),
            reason,
        })
    }

    /// What the optimiser remembers.
    pub(crate) fn optimizer_state(&self) -> OptimizerState {
        OptimizerState {
            steps: self.state.optimizer_steps,
            tensors: self.optimizer.clone(),
        }
    }
}
