//! Weights for other programs and from them: ONNX, and safetensors as `PyTorch` and Keras name
//! their tensors.
//!
//! What is exported keeps our document of spec and metadata, so that it comes back whole; from
//! files that others made come the weights, and the network and what is known about it are what
//! the caller says.
//!
//! ```
//! use lekka_model::exchange::{self, Names};
//! use lekka_model::{Metadata, Model, presets};
//!
//! let spec = presets::gru();
//! let parameters = lekka_nn::initialize::initialize(&spec, 1)?;
//! let model = Model::new(spec, parameters, Metadata::new("gru"))?;
//! let onnx = exchange::to_onnx(&model)?;
//! assert_eq!(exchange::import(&onnx, "paper")?.model, model);
//! let pytorch = exchange::to_safetensors(&model, Names::PyTorch)?;
//! assert_eq!(exchange::import(&pytorch, "paper")?.model, model);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod convert;
mod error;
mod keras;
mod named;
mod onnx;
mod pytorch;

use std::fmt;

use lekka_nn::{NetworkSpec, Parameter, Parameters};

use crate::load::{self, KEY};
use crate::{LoadError, Metadata, Model, presets};
use convert::Tensor;

pub use error::ExchangeError;
pub use onnx::OPSET;

/// How tensors are named in a safetensors file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Names {
    /// As the `state_dict` of a module: `conv1.weight [out, in, height, width]`.
    #[default]
    PyTorch,
    /// As Keras 3 gives paths: `conv2d/kernel [height, width, in, out]`.
    Keras,
}

/// What kind of file weights came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A graph.
    Onnx,
    /// Tensors alone.
    Safetensors(Names),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Onnx => "ONNX",
            Self::Safetensors(Names::PyTorch) => "safetensors with PyTorch's names",
            Self::Safetensors(Names::Keras) => "safetensors with Keras's names",
        })
    }
}

/// What was read from a file of another program.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The network with its weights.
    pub model: Model,
    /// The kind of file.
    pub source: Source,
    /// Whether the file held our spec and metadata; otherwise they are the preset's.
    pub described: bool,
}

/// The network as an ONNX graph: `images [N, height, width, 1]` gives `logits [N, classes]`.
/// The same bytes for the same model, every time.
///
/// # Errors
///
/// When the model would not load again.
pub fn to_onnx(model: &Model) -> Result<Vec<u8>, ExchangeError> {
    model.check()?;
    onnx::export(model)
}

/// The weights as a safetensors file with the names and axes of another program, in f32.
///
/// # Errors
///
/// When the model would not load again.
pub fn to_safetensors(model: &Model, names: Names) -> Result<Vec<u8>, ExchangeError> {
    model.check()?;
    match names {
        Names::PyTorch => named::write(model, pytorch::export(model)?),
        Names::Keras => named::write(model, keras::export(model)?),
    }
}

/// Reads ONNX, or safetensors with `PyTorch`'s or Keras's names; which of them is seen from the
/// content. `preset` names the network where the file does not describe it.
///
/// # Errors
///
/// When the file is damaged or does not fit the network. No input makes it panic.
pub fn import(bytes: &[u8], preset: &str) -> Result<Imported, ExchangeError> {
    if !named::is_safetensors(bytes) {
        return onnx::import(bytes, preset);
    }
    let (index, data) = load::split(bytes)?;
    let mut tensors = named::read(&index, data)?;
    let document = index
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(KEY));
    let (spec, metadata) = described(document.map(String::as_str), preset)?;
    let names = tensors.names()?;
    let parameters = match names {
        Names::PyTorch => pytorch::import(&spec, &mut tensors)?,
        Names::Keras => keras::import(&spec, &mut tensors)?,
    };
    tensors.finish()?;
    Ok(Imported {
        model: Model::new(spec, parameters, metadata)?,
        source: Source::Safetensors(names),
        described: document.is_some(),
    })
}

/// Spec and metadata from our document, or from a preset where there is none.
fn described(
    document: Option<&str>,
    preset: &str,
) -> Result<(NetworkSpec, Metadata), ExchangeError> {
    if let Some(document) = document {
        return Ok(load::document(document)?);
    }
    let spec = presets::by_name(preset).ok_or_else(|| ExchangeError::Unsupported {
        reason: format!("there is no preset `{preset}`"),
    })?;
    Ok((spec, Metadata::new(preset)))
}

/// Puts tensors, in the order of the spec's layout, under our names.
fn named_as_ours(spec: &NetworkSpec, tensors: Vec<Tensor>) -> Result<Parameters, ExchangeError> {
    let layout = spec.parameter_layout().map_err(LoadError::from)?;
    debug_assert_eq!(layout.len(), tensors.len());
    let named = layout
        .into_iter()
        .zip(tensors)
        .map(|(info, tensor)| Parameter {
            name: info.name,
            shape: tensor.shape,
            values: tensor.values,
            trainable: info.trainable,
        });
    Ok(Parameters {
        tensors: named.collect(),
    })
}
