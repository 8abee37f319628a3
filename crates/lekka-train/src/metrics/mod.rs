//! How good a network is.

mod inference;

pub use inference::{Score, logits_of, score};
