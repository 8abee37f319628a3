//! A network and its weights described for programs.

use lekka_nn::{NetworkSpec, SpecError};
use serde::Serialize;

use crate::{LayerTable, Metadata};

/// What `lekka model info --format json` prints and the server answers: the layers with their
/// numbers of parameters, the spec, and what is known about the weights.
///
/// ```
/// let spec = lekka_model::presets::paper();
/// let info = lekka_model::ModelInfo::new(&spec, None)?;
/// let json = serde_json::to_value(&info).unwrap();
/// assert_eq!(json["parameters"], 1_418_570);
/// assert_eq!(json["precision"], "f32");
/// # Ok::<(), lekka_nn::SpecError>(())
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct ModelInfo<'a> {
    /// Layers and sums.
    #[serde(flatten)]
    pub table: LayerTable,
    /// The arithmetic: always `f32`.
    pub precision: &'static str,
    /// The network as it is built.
    pub spec: &'a NetworkSpec,
    /// What is known about the weights; none for a network without weights.
    pub metadata: Option<&'a Metadata>,
}

impl<'a> ModelInfo<'a> {
    /// Describes a network.
    ///
    /// # Errors
    ///
    /// When the spec describes no network.
    pub fn new(spec: &'a NetworkSpec, metadata: Option<&'a Metadata>) -> Result<Self, SpecError> {
        Ok(Self {
            table: LayerTable::new(spec)?,
            precision: "f32",
            spec,
            metadata,
        })
    }
}
