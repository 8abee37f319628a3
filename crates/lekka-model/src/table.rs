//! The layer table of a network.

use std::fmt;

use lekka_nn::{Activation, LayerSpec, NetworkSpec, SpecError};
use serde::Serialize;

use crate::figure::grouped;

/// The layers of a network with their shapes and numbers of parameters. Its text is a table:
///
/// ```
/// let table = lekka_model::LayerTable::new(&lekka_model::presets::paper())?;
/// let text = table.to_string();
/// let lines: Vec<&str> = text.lines().collect();
/// assert_eq!(lines[1], "conv2d_1            Conv2D 64, 3x3 same, ReLU                  28x28x64         640");
/// assert_eq!(
///     lines.last(),
///     Some(&"total 1,418,570; trainable 1,417,162; not trainable 1,408")
/// );
/// # Ok::<(), lekka_nn::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerTable {
    /// Layer by layer.
    pub layers: Vec<LayerRow>,
    /// All parameters.
    pub parameters: usize,
    /// Those that training changes.
    pub trainable: usize,
    /// Those that it does not: the moving statistics of batch norm.
    pub not_trainable: usize,
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerRow {
    /// The name under which the layer's weights are found, such as `conv2d_1`.
    pub name: String,
    /// What it is, for people.
    pub layer: String,
    /// Shape of what it gives, for one picture.
    pub output: Vec<usize>,
    /// Number of parameters.
    pub parameters: usize,
    /// Number of parameters that training changes.
    pub trainable: usize,
}

impl LayerTable {
    /// The table of a network.
    ///
    /// # Errors
    ///
    /// When the spec describes no network.
    pub fn new(spec: &NetworkSpec) -> Result<Self, SpecError> {
        let layers: Vec<LayerRow> = spec
            .summary()?
            .into_iter()
            .zip(&spec.layers)
            .map(|(summary, layer)| LayerRow {
                name: summary.name,
                layer: describe(layer),
                output: summary.output_shape,
                parameters: summary.parameters,
                trainable: summary.trainable,
            })
            .collect();
        let parameters = layers.iter().map(|layer| layer.parameters).sum();
        let trainable = layers.iter().map(|layer| layer.trainable).sum();
        Ok(Self {
            layers,
            parameters,
            trainable,
            not_trainable: parameters - trainable,
        })
    }
}

impl fmt::Display for LayerTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 4]> =
            std::iter::once(["name", "layer", "output", "parameters"].map(str::to_owned))
                .chain(self.layers.iter().map(|row| {
                    [
                        row.name.clone(),
                        row.layer.clone(),
                        times(&row.output),
                        grouped(row.parameters as u64),
                    ]
                }))
                .collect();
        let widths: [usize; 4] = std::array::from_fn(|column| {
            rows.iter()
                .map(|row| row[column].len())
                .max()
                .unwrap_or_default()
        });
        for [name, layer, output, parameters] in &rows {
            let [a, b, c, d] = widths;
            writeln!(f, "{name:a$}  {layer:b$}  {output:>c$}  {parameters:>d$}")?;
        }
        write!(
            f,
            "total {}; trainable {}; not trainable {}",
            grouped(self.parameters as u64),
            grouped(self.trainable as u64),
            grouped(self.not_trainable as u64)
        )
    }
}

/// A layer in the words of Keras.
pub(crate) fn describe(layer: &LayerSpec) -> String {
    let with = |text: String, activation: Activation| match activation {
        Activation::Linear => text,
        other => format!("{text}, {}", activation_name(other)),
    };
    let recurrent = |name: &str, units: usize, bidirectional: bool, sequences: bool| {
        let name = if bidirectional {
            format!("bidirectional {name}")
        } else {
            name.to_owned()
        };
        let sequences = if sequences {
            ", sequences returned"
        } else {
            ""
        };
        format!("{name} {units}{sequences}")
    };
    match *layer {
        LayerSpec::Conv2d {
            filters,
            kernel,
            activation,
        } => with(
            format!("Conv2D {filters}, {} same", times(&kernel)),
            activation,
        ),
        LayerSpec::BatchNorm { .. } => "BatchNormalization".to_owned(),
        LayerSpec::MaxPool2d { window } => format!("MaxPool {}", times(&window)),
        LayerSpec::Dropout { rate } => format!("Dropout {rate}"),
        LayerSpec::RowsToSequence => "rows as steps".to_owned(),
        LayerSpec::ColumnsToSequence => "columns as steps".to_owned(),
        LayerSpec::Gru {
            units,
            bidirectional,
            return_sequences,
        } => recurrent("GRU", units, bidirectional, return_sequences),
        LayerSpec::Lstm {
            units,
            bidirectional,
            return_sequences,
        } => recurrent("LSTM", units, bidirectional, return_sequences),
        LayerSpec::Flatten => "Flatten".to_owned(),
        LayerSpec::GlobalAveragePool2d => "GlobalAveragePool2D".to_owned(),
        LayerSpec::Activation { activation } => activation_name(activation),
        LayerSpec::Dense { units, activation } => with(format!("Dense {units}"), activation),
        ref other => other.kind().to_owned(),
    }
}

fn activation_name(activation: Activation) -> String {
    match activation {
        Activation::Linear => "linear".to_owned(),
        Activation::Relu => "ReLU".to_owned(),
        Activation::LeakyRelu => "LeakyReLU".to_owned(),
        Activation::Elu => "ELU".to_owned(),
        Activation::Silu => "SiLU".to_owned(),
        Activation::Mish => "Mish".to_owned(),
        Activation::Gelu => "GELU".to_owned(),
        Activation::Tanh => "tanh".to_owned(),
        Activation::Sigmoid => "sigmoid".to_owned(),
        other => format!("{other:?}"),
    }
}

/// `28x28x64`.
fn times(lengths: &[usize]) -> String {
    lengths
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("x")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_table() {
        let table = LayerTable::new(&crate::presets::paper()).expect("a network");
        insta::assert_snapshot!(table);
    }
}
