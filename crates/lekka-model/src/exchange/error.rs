//! What can be wrong with the file of another program.

use thiserror::Error;

use crate::error::{LoadError, SaveError};

/// Why weights were not exchanged. The messages leave out which file it was: the caller knows.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The model does not fit itself, or the safetensors file is damaged.
    #[error(transparent)]
    Model(#[from] LoadError),
    /// The model cannot be written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The file is no file of another program but already ours.
    #[error("the file holds Lekka's own weights already; use it as it is")]
    Ours,
    /// Neither ONNX nor safetensors.
    #[error(
        "neither an ONNX nor a safetensors file ({reason}); give a file written by \
         torch.onnx.export, safetensors or `lekka model export`"
    )]
    Unknown {
        /// Why it cannot be ONNX.
        reason: String,
    },
    /// Larger than is read.
    #[error("the ONNX file has {found} bytes, at most {limit} are read; give safetensors")]
    TooLarge {
        /// Bytes there are.
        found: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Tensors are named like neither `PyTorch`'s nor Keras's.
    #[error(
        "the tensors are named neither as in PyTorch nor as in Keras, the first is `{name}`; \
         docs/exchange.md lists the names"
    )]
    Names {
        /// Name of the first tensor.
        name: String,
    },
    /// A tensor of the network is not in the file.
    #[error(
        "the file lacks the tensor `{name}` of shape {shape:?}; choose the preset that it was \
         made for, or rename its tensors as docs/exchange.md lists them"
    )]
    Missing {
        /// Name of the tensor in the file's own naming.
        name: String,
        /// Shape that the network needs.
        shape: Vec<usize>,
    },
    /// A tensor that the network does not have.
    #[error(
        "the file has a tensor `{name}` that the network has no place for; choose the preset \
         that it was made for, or leave the tensor out"
    )]
    Unexpected {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor has another shape than the network needs.
    #[error(
        "tensor `{name}` has shape {found:?}, the network needs {expected:?}; choose the preset \
         that it was made for"
    )]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape that the network needs.
        expected: Vec<usize>,
        /// Shape in the file.
        found: Vec<usize>,
    },
    /// A tensor of an ONNX file cannot be read.
    #[error("tensor `{name}` of the ONNX file {reason}")]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The graph does something else than the network.
    #[error(
        "node `{node}` ({op}) of the ONNX file cannot be followed: {reason}; choose the preset \
         that it was made for, or export its weights as safetensors"
    )]
    Node {
        /// Name of the node, or of what it gives.
        node: String,
        /// Its operator.
        op: String,
        /// What was found and what is needed.
        reason: String,
    },
    /// The graph ends before the network does.
    #[error(
        "the graph of the ONNX file ends where the network has {needed}; choose the preset that \
         it was made for"
    )]
    Ends {
        /// The operator needed.
        needed: String,
    },
    /// The network cannot be written so.
    #[error("the network cannot be exported: {reason}")]
    Unsupported {
        /// What is in the way, and what to do.
        reason: String,
    },
}
