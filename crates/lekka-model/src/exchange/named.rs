//! Safetensors files of other programs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use safetensors::Dtype;
use safetensors::tensor::{Metadata as TensorIndex, View};

use super::convert::Tensor;
use super::{ExchangeError, Names};
use crate::error::SaveError;
use crate::load::{self, KEY};
use crate::{Model, save};

/// A tensor to be written.
pub(super) enum Stored {
    /// Of numbers.
    F32(Tensor),
    /// A single count.
    Count(i64),
}

/// The tensors of a file, each to be taken once.
pub(super) struct Tensors(BTreeMap<String, Tensor>);

/// Whether the bytes begin as a safetensors file does: a length within the file, then JSON. An
/// ONNX file has a tag in the first byte; that its next eight would mean this does not happen.
pub(super) fn is_safetensors(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return false;
    };
    rest.first() == Some(&b'{') && u64::from_le_bytes(*length) <= 1 << 32
}

pub(super) fn write(
    model: &Model,
    tensors: Vec<(String, Stored)>,
) -> Result<Vec<u8>, ExchangeError> {
    let metadata = [(KEY.to_owned(), save::document(model)?)]
        .into_iter()
        .collect();
    let bytes =
        safetensors::serialize(tensors, Some(metadata)).map_err(|error| SaveError::Format {
            reason: error.to_string(),
        })?;
    Ok(bytes)
}

/// All tensors of numbers; counters of batches say nothing about the network and are passed over.
pub(super) fn read(index: &TensorIndex, data: &[u8]) -> Result<Tensors, ExchangeError> {
    let mut tensors = BTreeMap::new();
    for name in index.offset_keys() {
        let Some(info) = index.info(&name) else {
            continue;
        };
        if name.ends_with(".num_batches_tracked") {
            continue;
        }
        let tensor = load::tensor(name, info, data)?;
        tensors.insert(tensor.name, Tensor::new(tensor.shape, tensor.values));
    }
    Ok(Tensors(tensors))
}

impl Tensors {
    /// Whose names they are.
    pub(super) fn names(&self) -> Result<Names, ExchangeError> {
        let ends = |ends: &[&str]| {
            self.0
                .keys()
                .any(|name| ends.iter().any(|end| name.ends_with(end)))
        };
        if ends(&["/kernel"]) {
            Ok(Names::Keras)
        } else if ends(&[".kernel"]) {
            Err(ExchangeError::Ours)
        } else if ends(&[".weight", ".weight_ih_l0"]) {
            Ok(Names::PyTorch)
        } else {
            let name = self.0.keys().next().cloned().unwrap_or_default();
            Err(ExchangeError::Names { name })
        }
    }

    /// All names, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Gives the tensors other names.
    pub(super) fn rename(
        &mut self,
        mut rename: impl FnMut(&str) -> String,
    ) -> Result<(), ExchangeError> {
        let mut renamed = BTreeMap::new();
        for (name, tensor) in std::mem::take(&mut self.0) {
            if renamed.insert(rename(&name), tensor).is_some() {
                return Err(ExchangeError::Unexpected { name });
            }
        }
        self.0 = renamed;
        Ok(())
    }

    /// The tensor of a name, which must have this shape.
    pub(super) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ExchangeError> {
        let Some(tensor) = self.0.remove(name) else {
            return Err(ExchangeError::Missing {
                name: name.to_owned(),
                shape: shape.to_vec(),
            });
        };
        if tensor.shape != shape {
            return Err(ExchangeError::Shape {
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: tensor.shape,
            });
        }
        Ok(tensor)
    }

    /// Whether all were taken.
    pub(super) fn finish(self) -> Result<(), ExchangeError> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => Err(ExchangeError::Unexpected { name }),
        }
    }
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        match self {
            Self::F32(_) => Dtype::F32,
            Self::Count(_) => Dtype::I64,
        }
    }

    fn shape(&self) -> &[usize] {
        match self {
            Self::F32(tensor) => &tensor.shape,
            Self::Count(_) => &[],
        }
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self {
            Self::F32(tensor) => tensor
                .values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            Self::Count(count) => count.to_le_bytes().to_vec().into(),
        }
    }

    fn data_len(&self) -> usize {
        match self {
            Self::F32(tensor) => 4 * tensor.values.len(),
            Self::Count(_) => 8,
        }
    }
}
