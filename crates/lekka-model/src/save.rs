//! Writing weight files.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use half::f16;
use lekka_nn::{NetworkSpec, Parameter};
use safetensors::Dtype;
use safetensors::tensor::View;
use serde::Serialize;

use crate::Model;
use crate::error::{FileError, SaveError};
use crate::load::KEY;
use crate::metadata::Metadata;

/// How values are kept in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// As they are computed with.
    #[default]
    F32,
    /// Half the size, 11 significant bits.
    F16,
}

#[derive(Serialize)]
struct Document<'a> {
    spec: &'a NetworkSpec,
    #[serde(flatten)]
    metadata: &'a Metadata,
}

impl Model {
    /// The bytes of a safetensors file: the same for the same model, every time.
    ///
    /// # Errors
    ///
    /// When the model would not load again, or a value is too large for f16.
    pub fn save(&self, values: ValueType) -> Result<Vec<u8>, SaveError> {
        self.check()?;
        if values == ValueType::F16 {
            for tensor in &self.parameters.tensors {
                if let Some(&value) = tensor
                    .values
                    .iter()
                    .find(|&&value| f16::from_f32(value).is_infinite())
                {
                    return Err(SaveError::Overflow {
                        name: tensor.name.clone(),
                        value,
                    });
                }
            }
        }
        let document = document(self)?;
        let tensors = self
            .parameters
            .tensors
            .iter()
            .map(|tensor| (tensor.name.as_str(), Stored { tensor, values }));
        // Collected, since the type of the map depends on safetensors' features.
        let metadata = [(KEY.to_owned(), document)].into_iter().collect();
        safetensors::serialize(tensors, Some(metadata)).map_err(|error| SaveError::Format {
            reason: error.to_string(),
        })
    }

    /// Writes a model to a file: beside it first, then renamed, so that a full disk or a crash
    /// leaves the old file whole.
    ///
    /// # Errors
    ///
    /// As [`Model::save`], and when the file cannot be written.
    pub fn save_file(&self, path: impl AsRef<Path>, values: ValueType) -> Result<(), FileError> {
        let path = path.as_ref();
        let bytes = self.save(values).map_err(|source| FileError::Save {
            path: path.to_owned(),
            source,
        })?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&beside, path)
        };
        write().map_err(|source| {
            // What was begun is of no use; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&beside);
            FileError::Write {
                path: path.to_owned(),
                source,
            }
        })
    }
}

/// Spec and metadata as one JSON document.
pub(crate) fn document(model: &Model) -> Result<String, SaveError> {
    let document = Document {
        spec: &model.spec,
        metadata: &model.metadata,
    };
    serde_json::to_string(&document).map_err(|error| SaveError::Format {
        reason: error.to_string(),
    })
}

/// A tensor as safetensors wants to see it.
struct Stored<'a> {
    tensor: &'a Parameter,
    values: ValueType,
}

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        match self.values {
            ValueType::F32 => Dtype::F32,
            ValueType::F16 => Dtype::F16,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.tensor.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = self.tensor.values.iter();
        match self.values {
            ValueType::F32 => values.flat_map(|value| value.to_le_bytes()).collect(),
            ValueType::F16 => values
                .flat_map(|&value| f16::from_f32(value).to_le_bytes())
                .collect(),
        }
    }

    fn data_len(&self) -> usize {
        self.tensor.values.len() * self.dtype().bitsize() / 8
    }
}
