//! The weights that a command works with.

use crate::failure::Hint;
use anyhow::Result;
use lekka_model::Model;
use std::path::Path;

/// Loads weights from a file, or the built-in ones.
pub(crate) fn load(path: Option<&Path>) -> Result<Model> {
    match path {
        Some(path) => Model::load_file(path)
            .hint("give a file that `lekka train` wrote, such as runs/one/best.safetensors"),
        None => Ok(lekka::embedded_model()?),
    }
}
