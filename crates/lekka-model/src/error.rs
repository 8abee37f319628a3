//! What can be wrong with a weight file.

use std::io;
use std::path::PathBuf;

use lekka_nn::{ParametersError, SpecError};
use thiserror::Error;

use crate::metadata::{FORMAT_VERSION, MetadataError};
use crate::preprocessing::PreprocessingError;

/// Why weights were refused, by kind. The messages leave out which file it was: the caller knows,
/// and [`FileError`] says it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file ends before its header or its last tensor does.
    #[error(
        "the weight file is cut off: its header tells of {expected} bytes, there are {found}; \
         copy or download it again"
    )]
    Truncated {
        /// Bytes that the header tells of.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// There is something behind the last tensor.
    #[error(
        "the weight file has {found} bytes, but its header tells of {expected}; \
         copy or download it again"
    )]
    TrailingBytes {
        /// Bytes that the header tells of.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The header is no safetensors header, or contradicts itself.
    #[error(
        "not a weight file: its safetensors header is wrong ({reason}); \
         give a .safetensors file that Lekka wrote"
    )]
    Header {
        /// What is wrong with it.
        reason: String,
    },
    /// A safetensors file, but none of ours.
    #[error(
        "the safetensors file says nothing of Lekka (there is no `lekka` in its metadata); \
         give a file that Lekka wrote"
    )]
    NoMetadata,
    /// Written by a newer program.
    #[error(
        "the weight file has format version {found}, this program reads up to {FORMAT_VERSION}; \
         use a newer Lekka"
    )]
    Version {
        /// Version of the file.
        found: u32,
    },
    /// The metadata cannot be understood.
    #[error("the metadata of the weight file cannot be read: {reason}; copy or download it again")]
    UnreadableMetadata {
        /// Where and what.
        reason: String,
    },
    /// The metadata can be understood, but holds values that cannot be.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The network was trained on pictures that this program cannot make.
    #[error(transparent)]
    Preprocessing(#[from] PreprocessingError),
    /// The network takes other pictures than the preprocessing gives.
    #[error(
        "the network takes pictures of shape {network:?}, but its preprocessing gives \
         {preprocessing:?}; train it again or repair the metadata"
    )]
    Input {
        /// Height, width and channels that the network takes.
        network: [usize; 3],
        /// Height, width and channels that it would get.
        preprocessing: [usize; 3],
    },
    /// The network has more or fewer outputs than there are names for them.
    #[error(
        "the network has {network} outputs, but the metadata names {names} classes; \
         train it again or repair the metadata"
    )]
    Classes {
        /// Outputs of the network.
        network: usize,
        /// Classes named.
        names: usize,
    },
    /// The layers do not make a network.
    #[error("the weight file describes no network: {0}")]
    Spec(#[source] SpecError),
    /// The weights are for another network than the caller wants.
    #[error(
        "the weights belong to another network: {place} is {found}, needed is {expected}; \
         give weights of the same network, or choose the preset they were trained with"
    )]
    SpecMismatch {
        /// Which layer.
        place: String,
        /// What the weights are for.
        found: String,
        /// What is needed.
        expected: String,
    },
    /// A tensor is of a type that is not read.
    #[error("tensor `{name}` has values of type {found}; only F32 and F16 are read, convert it")]
    ValueType {
        /// Name of the tensor.
        name: String,
        /// Type in the file.
        found: String,
    },
    /// The tensors are not those of the network: one is missing, unexpected, of another shape or
    /// has a value that is no finite number.
    #[error("the weights do not fit their network: {0}")]
    Parameters(#[source] ParametersError),
}

impl From<SpecError> for LoadError {
    fn from(error: SpecError) -> Self {
        Self::Spec(error)
    }
}

impl From<ParametersError> for LoadError {
    fn from(error: ParametersError) -> Self {
        match error {
            ParametersError::Spec(error) => Self::Spec(error),
            error => Self::Parameters(error),
        }
    }
}

/// Why a model was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SaveError {
    /// It could not be loaded again: spec, weights and metadata do not fit each other.
    #[error("the model would not load again: {0}")]
    Invalid(#[from] LoadError),
    /// A weight is too large for the type.
    #[error(
        "tensor `{name}` has the value {value}, more than the largest f16, 65504; save it as f32"
    )]
    Overflow {
        /// Name of the tensor.
        name: String,
        /// The value.
        value: f32,
    },
    /// The file format refused. Not known to happen.
    #[error("the weights cannot be written as safetensors: {reason}")]
    Format {
        /// What it said.
        reason: String,
    },
}

/// Why a weight file was not read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be opened or read.
    #[error("cannot read {}: {source}; check the path", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error(
        "cannot write {}: {source}; give a folder that exists and can be written, on a disk with \
         space left",
        path.display()
    )]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file was read, but its content is refused.
    #[error("{}: {source}", path.display())]
    Load {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: LoadError,
    },
    /// The model cannot be written.
    #[error("{}: {source}", path.display())]
    Save {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: SaveError,
    },
}
