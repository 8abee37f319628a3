//! The folder of a run: its configuration, figures, log, checkpoints and models.

use super::checkpoint::Checkpoint;
use super::config::TrainConfig;
use super::error::TrainError;
use super::history::{EpochMetrics, to_csv};
use crate::data::write_beside_and_rename;
use lekka_model::{Model, ValueType};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Checkpoints that are kept.
const KEPT: usize = 2;

/// A run's folder.
///
/// | file | content |
/// |---|---|
/// | `config.toml` | the whole configuration |
/// | `metrics.csv` | one row per epoch |
/// | `log.txt` | what happened when |
/// | `checkpoints/` | the last two checkpoints |
/// | `best.safetensors` | model of the best epoch so far |
/// | `model.safetensors`, `model-f16.safetensors` | the run's result |
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder of a new run.
    ///
    /// # Errors
    /// When it already holds a run, or cannot be written.
    pub fn create(path: &Path, config: &TrainConfig) -> Result<Self, TrainError> {
        let folder = Self {
            path: path.to_path_buf(),
        };
        if folder.config_file().exists() {
            return Err(TrainError::RunExists { path: folder.path });
        }
        let checkpoints = folder.checkpoints();
        fs::create_dir_all(&checkpoints).map_err(|e| TrainError::io(checkpoints, e))?;
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
        Ok(folder)
    }

    /// The folder of a run that was begun.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        let folder = Self {
            path: path.to_path_buf(),
        };
        if folder.config_file().is_file() {
            return Ok(folder);
        }
        let reason = "is not the folder of a run: it holds no config.toml".to_owned();
        Err(TrainError::Checkpoint {
            path: folder.path,
            reason,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn config_file(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// The run's model.
    pub fn model_file(&self) -> PathBuf {
        self.path.join("model.safetensors")
    }

    /// The model of the best epoch.
    pub fn best_file(&self) -> PathBuf {
        self.path.join("best.safetensors")
    }

    /// The configuration.
    ///
    /// # Errors
    /// When it cannot be read or is wrong.
    pub fn config(&self) -> Result<TrainConfig, TrainError> {
        let file = self.config_file();
        let text = fs::read_to_string(&file).map_err(|e| TrainError::io(&file, e))?;
        TrainConfig::from_toml(&text)
            .map_err(|error| TrainError::Config(format!("{}: {error}", file.display())))
    }

    /// Figures of the epochs that are over, from the newest checkpoint.
    ///
    /// # Errors
    /// When there is no checkpoint or it is damaged.
    pub fn history(&self) -> Result<Vec<EpochMetrics>, TrainError> {
        Ok(self.newest_checkpoint()?.state.history)
    }

    /// Checkpoints, oldest first: epochs done, steps, file.
    fn list(&self) -> Result<Vec<(u32, usize, PathBuf)>, TrainError> {
        let folder = self.checkpoints();
        let entries = fs::read_dir(&folder).map_err(|e| TrainError::io(&folder, e))?;
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| TrainError::io(&folder, e))?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let Some(name) = name
                .strip_prefix("epoch_")
                .and_then(|name| name.strip_suffix(".safetensors"))
            else {
                continue;
            };
            let (epochs, step) = name.split_once("_step_").unwrap_or((name, "0"));
            if let (Ok(epochs), Ok(step)) = (epochs.parse(), step.parse()) {
                found.push((epochs, step, path));
            }
        }
        found.sort();
        Ok(found)
    }

    pub(crate) fn newest_checkpoint(&self) -> Result<Checkpoint, TrainError> {
        match self.list()?.last() {
            Some((_, _, path)) => Checkpoint::load(path),
            None => Err(TrainError::Checkpoint {
                path: self.checkpoints(),
                reason: "there is no checkpoint yet; start the run again".to_owned(),
            }),
        }
    }

    /// Writes a checkpoint, then deletes those that are older than the last two.
    pub(crate) fn save_checkpoint(&self, checkpoint: &Checkpoint) -> Result<PathBuf, TrainError> {
        let state = &checkpoint.state;
        let name = match state.step {
            0 => format!("epoch_{:03}.safetensors", state.epochs_done),
            step => format!("epoch_{:03}_step_{step:06}.safetensors", state.epochs_done),
        };
        let path = self.checkpoints().join(name);
        checkpoint.save(&path)?;
        let all = self.list()?;
        for (_, _, old) in &all[..all.len().saturating_sub(KEPT)] {
            fs::remove_file(old).map_err(|e| TrainError::io(old, e))?;
        }
        Ok(path)
    }

    /// Writes the whole table anew, so that no row can be there twice.
    pub(crate) fn save_metrics(&self, history: &[EpochMetrics]) -> Result<(), TrainError> {
        self.write("metrics.csv", to_csv(history).as_bytes())
    }

    pub(crate) fn save_best(&self, model: &Model) -> Result<(), TrainError> {
        save_model(model, &self.best_file(), ValueType::F32)
    }

    pub(crate) fn save_result(&self, model: &Model) -> Result<(), TrainError> {
        save_model(model, &self.model_file(), ValueType::F32)?;
        save_model(
            model,
            &self.path.join("model-f16.safetensors"),
            ValueType::F16,
        )
    }

    /// Adds a line to the log.
    pub(crate) fn log(&self, line: &str) -> Result<(), TrainError> {
        let path = self.path.join("log.txt");
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| writeln!(file, "{line}"))
            .map_err(|e| TrainError::io(path, e))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TrainError> {
        let path = self.path.join(name);
        write_beside_and_rename(&path, bytes).map_err(|e| TrainError::io(path, e))
    }
}

fn save_model(model: &Model, path: &Path, values: ValueType) -> Result<(), TrainError> {
    model
        .save_file(path, values)
        .map_err(|error| TrainError::Weights(error.to_string()))
}
