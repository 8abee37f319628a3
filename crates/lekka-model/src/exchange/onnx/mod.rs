//! ONNX: a graph with its weights.

mod chain;
mod export;
mod follow;
mod import;
mod messages;
mod weights;

pub use export::OPSET;
pub(super) use export::export;
pub(super) use import::import;
