//! Networks as data: specifications, weight files and what is known about them.
//!
//! A [`Model`] is a network's spec, its weights and its [`Metadata`]: the preprocessing it was
//! trained on, the data and the command it came from, its measured figures. It is kept in one
//! safetensors file, [`Model::load`] and [`Model::save`]; loading refuses what does not match.
//!
//! ```
//! use lekka_model::{Metadata, Model, ValueType, presets};
//! use lekka_nn::initialize::initialize;
//!
//! let spec = presets::paper();
//! let parameters = initialize(&spec, 1)?;
//! let model = Model::new(spec, parameters, Metadata::new("paper"))?;
//! let bytes = model.save(ValueType::F16)?;
//! assert_eq!(Model::load(&bytes)?.spec, model.spec);
//!
//! let damaged = Model::load(&bytes[..100_000]).unwrap_err();
//! assert!(damaged.to_string().starts_with("the weight file is cut off"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
pub mod exchange;
mod figure;
mod info;
mod load;
mod metadata;
mod preprocessing;
pub mod presets;
mod risk;
mod save;
mod table;

use lekka_nn::{NetworkSpec, Parameters};

pub use error::{FileError, LoadError, SaveError};
pub use figure::{ConfusionFigure, Figure, PartFigure, grouped, percent};
pub use info::ModelInfo;
pub use metadata::{Calibration, DataSum, FORMAT_VERSION, FoldRun, Metadata, MetadataError};
pub use preprocessing::{Preprocessing, PreprocessingError, Proportions};
pub use risk::{RiskLevel, RiskLevelError, RiskTable};
pub use save::ValueType;
pub use table::{LayerRow, LayerTable};

/// A network with its weights and what is known about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The layers.
    pub spec: NetworkSpec,
    /// The weights, in the order of the layers.
    pub parameters: Parameters,
    /// Where the weights come from and how good they are.
    pub metadata: Metadata,
}

impl Model {
    /// Puts the three together.
    ///
    /// # Errors
    ///
    /// When they do not fit each other, as for [`Model::load`].
    pub fn new(
        spec: NetworkSpec,
        parameters: Parameters,
        metadata: Metadata,
    ) -> Result<Self, LoadError> {
        metadata.check()?;
        check_interface(&spec, &metadata)?;
        let parameters = parameters.checked(&spec)?;
        Ok(Self {
            spec,
            parameters,
            metadata,
        })
    }

    /// Whether spec, weights and metadata, which are public members, fit each other.
    fn check(&self) -> Result<(), LoadError> {
        self.metadata.check()?;
        check_interface(&self.spec, &self.metadata)?;
        self.parameters.clone().checked(&self.spec)?;
        Ok(())
    }

    /// The layer table of the network.
    ///
    /// # Errors
    ///
    /// When the spec, which is a public member, was made wrong after construction.
    pub fn table(&self) -> Result<LayerTable, LoadError> {
        Ok(LayerTable::new(&self.spec)?)
    }

    /// Compares the network with the one that the caller needs, layer by layer.
    ///
    /// # Errors
    ///
    /// [`LoadError::SpecMismatch`] naming the first layer that differs.
    pub fn expect_spec(&self, expected: &NetworkSpec) -> Result<(), LoadError> {
        let mismatch = |place: String, found: String, expected: String| LoadError::SpecMismatch {
            place,
            found,
            expected,
        };
        if self.spec.input != expected.input {
            return Err(mismatch(
                "the input".to_owned(),
                format!("{:?}", self.spec.input),
                format!("{:?}", expected.input),
            ));
        }
        let layers = self.spec.layers.len().max(expected.layers.len());
        for index in 0..layers {
            let (found, wanted) = (self.spec.layers.get(index), expected.layers.get(index));
            if found != wanted {
                let name =
                    |layer| Option::map_or_else(layer, || "nothing".to_owned(), table::describe);
                let place = format!("layer {}", index + 1);
                return Err(mismatch(place, name(found), name(wanted)));
            }
        }
        Ok(())
    }
}

/// Whether the network takes what the preprocessing gives, and gives what the classes name.
fn check_interface(spec: &NetworkSpec, metadata: &Metadata) -> Result<(), LoadError> {
    let logits = if metadata.preprocessing.is_line() {
        spec.sequence_shape()?[1]
    } else {
        spec.classes()?
    };
    let [height, width] = metadata.preprocessing.size;
    if spec.input != [height, width, 1] {
        return Err(LoadError::Input {
            network: spec.input,
            preprocessing: [height, width, 1],
        });
    }
    if logits != metadata.classes.len() {
        return Err(LoadError::Classes {
            network: logits,
            names: metadata.classes.len(),
        });
    }
    Ok(())
}
