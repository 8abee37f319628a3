//! Shapes, names and counts that follow from a spec.

use super::{LayerSpec, NetworkSpec, SpecError};
use std::collections::HashMap;

/// Most values a tensor may have: guards the memory against damaged or hostile specs.
const MAX_VALUES: usize = 1 << 28;

/// What one layer hands to the next, per picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// `[height, width, channels]`
    Image([usize; 3]),
    /// `[steps, features]`
    Sequence([usize; 2]),
    /// `[features]`
    Vector([usize; 1]),
}

impl Shape {
    /// Lengths of the axes.
    pub fn dims(&self) -> &[usize] {
        match self {
            Self::Image(dims) => dims,
            Self::Sequence(dims) => dims,
            Self::Vector(dims) => dims,
        }
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.dims().iter().product()
    }

    /// Length of the last axis.
    pub fn features(&self) -> usize {
        match self {
            Self::Image([.., last]) | Self::Sequence([.., last]) | Self::Vector([last]) => *last,
        }
    }

    fn with_features(self, features: usize) -> Self {
        match self {
            Self::Image([height, width, _]) => Self::Image([height, width, features]),
            Self::Sequence([steps, _]) => Self::Sequence([steps, features]),
            Self::Vector(_) => Self::Vector([features]),
        }
    }
}

/// Name and shape of one tensor of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterInfo {
    /// Keras's name, such as `conv2d_1.kernel`.
    pub name: String,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Whether the optimiser changes it.
    pub trainable: bool,
}

/// One row of the layer table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSummary {
    /// Name such as `conv2d_1`, counted per kind from 1.
    pub name: String,
    /// Kind such as `conv2d`.
    pub kind: &'static str,
    /// Shape of the output for one picture.
    pub output_shape: Vec<usize>,
    /// Number of weights.
    pub parameters: usize,
    /// Number of weights that training changes.
    pub trainable: usize,
}

/// A layer with everything that follows from its place in the network.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedLayer {
    /// Name such as `conv2d_1`.
    pub name: String,
    /// The layer.
    pub spec: LayerSpec,
    /// What it gets.
    pub input: Shape,
    /// What it gives.
    pub output: Shape,
    /// Its tensors, in Keras's order.
    pub parameters: Vec<ParameterInfo>,
}

impl NetworkSpec {
    /// Names, shapes and weights of all layers.
    ///
    /// # Errors
    /// When a layer does not fit the one before it, a size is zero or a tensor is too large.
    pub fn resolve(&self) -> Result<Vec<ResolvedLayer>, SpecError> {
        if self.layers.is_empty() {
            return Err(SpecError::Empty);
        }
        if self.input.contains(&0) {
            return Err(SpecError::Zero {
                index: 0,
                kind: "input",
                what: "a length of the input",
            });
        }
        checked_count(&self.input).ok_or(SpecError::TooLarge {
            index: 0,
            kind: "input",
        })?;
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut input = Shape::Image(self.input);
        let mut layers = Vec::with_capacity(self.layers.len());
        for (index, layer) in self.layers.iter().enumerate() {
            let kind = layer.kind();
            let number = counts.entry(kind).or_default();
            *number += 1;
            let name = format!("{kind}_{number}");
            let context = Context { index, kind };
            let output = context.output(layer, input)?;
            let parameters = parameters_of(layer, &name, input);
            let all = parameters.iter().map(|info| info.shape.as_slice());
            if all
                .chain([output.dims()])
                .any(|dims| checked_count(dims).is_none())
            {
                return Err(SpecError::TooLarge { index, kind });
            }
            layers.push(ResolvedLayer {
                name,
                spec: layer.clone(),
                input,
                output,
                parameters,
            });
            input = output;
        }
        Ok(layers)
    }

    /// The layer table: names, output shapes and numbers of weights.
    ///
    /// # Errors
    /// As [`NetworkSpec::resolve`].
    pub fn summary(&self) -> Result<Vec<LayerSummary>, SpecError> {
        let summarise = |layer: ResolvedLayer| {
            let count = |trainable_only: bool| {
                let counted = layer
                    .parameters
                    .iter()
                    .filter(|info| info.trainable || !trainable_only);
                counted
                    .map(|info| info.shape.iter().product::<usize>())
                    .sum()
            };
            LayerSummary {
                kind: layer.spec.kind(),
                output_shape: layer.output.dims().to_vec(),
                parameters: count(false),
                trainable: count(true),
                name: layer.name,
            }
        };
        Ok(self.resolve()?.into_iter().map(summarise).collect())
    }

    /// Names and shapes of all tensors of weights, in the order of the layers.
    ///
    /// # Errors
    /// As [`NetworkSpec::resolve`].
    pub fn parameter_layout(&self) -> Result<Vec<ParameterInfo>, SpecError> {
        Ok(self
            .resolve()?
            .into_iter()
            .flat_map(|layer| layer.parameters)
            .collect())
    }

    /// Number of logits of a classifier.
    ///
    /// # Errors
    /// As [`NetworkSpec::resolve`], and when the last layer does not give one vector.
    pub fn classes(&self) -> Result<usize, SpecError> {
        match self.resolve()?.last().map(|layer| layer.output) {
            Some(Shape::Vector([classes])) => Ok(classes),
            Some(shape) => Err(SpecError::Output {
                found: shape.dims().to_vec(),
            }),
            None => Err(SpecError::Empty),
        }
    }
}

fn checked_count(dims: &[usize]) -> Option<usize> {
    let count = dims
        .iter()
        .try_fold(1_usize, |count, &length| count.checked_mul(length))?;
    (count <= MAX_VALUES).then_some(count)
}

/// Where an error is.
#[derive(Clone, Copy)]
struct Context {
    index: usize,
    kind: &'static str,
}

impl Context {
    fn at_least_one(self, value: usize, what: &'static str) -> Result<(), SpecError> {
        let Self { index, kind } = self;
        if value == 0 {
            Err(SpecError::Zero { index, kind, what })
        } else {
            Ok(())
        }
    }

    fn image(self, input: Shape) -> Result<[usize; 3], SpecError> {
        match input {
            Shape::Image(dims) => Ok(dims),
            other => Err(self.input_error("[height, width, channels]", other)),
        }
    }

    fn sequence(self, input: Shape) -> Result<[usize; 2], SpecError> {
        match input {
            Shape::Sequence(dims) => Ok(dims),
            other => Err(self.input_error("[steps, features]", other)),
        }
    }

    fn input_error(self, needed: &'static str, found: Shape) -> SpecError {
        let Self { index, kind } = self;
        SpecError::Input {
            index,
            kind,
            needed,
            found: found.dims().to_vec(),
        }
    }

    fn range(self, value: f32, what: &'static str, positive: bool) -> Result<(), SpecError> {
        let Self { index, kind } = self;
        let (fits, range) = if positive {
            (value > 0.0 && value.is_finite(), "0 (excluded) to infinity")
        } else {
            ((0.0..1.0).contains(&value), "0 to 1 (excluded)")
        };
        if fits {
            Ok(())
        } else {
            Err(SpecError::Range {
                index,
                kind,
                what,
                value,
                range,
            })
        }
    }

    fn output(self, layer: &LayerSpec, input: Shape) -> Result<Shape, SpecError> {
        let Self { index, kind } = self;
        match *layer {
            LayerSpec::Conv2d {
                filters, kernel, ..
            } => {
                let [height, width, _] = self.image(input)?;
                self.at_least_one(filters, "the number of filters")?;
                self.at_least_one(kernel[0].min(kernel[1]), "a length of the kernel")?;
                // A kernel beyond twice the picture would only ever see padding at its rim.
                if kernel[0] > 2 * height + 1 || kernel[1] > 2 * width + 1 {
                    let size = [height, width];
                    return Err(SpecError::Window {
                        index,
                        kind,
                        window: kernel,
                        size,
                    });
                }
                Ok(Shape::Image([height, width, filters]))
            }
            LayerSpec::MaxPool2d { window } => {
                let [height, width, channels] = self.image(input)?;
                self.at_least_one(window[0].min(window[1]), "a length of the window")?;
                if window[0] > height || window[1] > width {
                    let size = [height, width];
                    return Err(SpecError::Window {
                        index,
                        kind,
                        window,
                        size,
                    });
                }
                Ok(Shape::Image([
                    height / window[0],
                    width / window[1],
                    channels,
                ]))
            }
            LayerSpec::BatchNorm { epsilon, momentum } => {
                self.range(epsilon, "epsilon", true)?;
                self.range(momentum, "momentum", false)?;
                Ok(input)
            }
            LayerSpec::Dropout { rate } => {
                self.range(rate, "the rate", false)?;
                Ok(input)
            }
            LayerSpec::Activation { .. } => Ok(input),
            LayerSpec::RowsToSequence => {
                let [height, width, channels] = self.image(input)?;
                Ok(Shape::Sequence([height, width * channels]))
            }
            LayerSpec::ColumnsToSequence => {
                let [height, width, channels] = self.image(input)?;
                Ok(Shape::Sequence([width, height * channels]))
            }
            LayerSpec::Gru {
                units,
                bidirectional,
                return_sequences,
            }
            | LayerSpec::Lstm {
                units,
                bidirectional,
                return_sequences,
            } => {
                let [steps, _] = self.sequence(input)?;
                self.at_least_one(units, "the number of units")?;
                let features = units.saturating_mul(if bidirectional { 2 } else { 1 });
                Ok(if return_sequences {
                    Shape::Sequence([steps, features])
                } else {
                    Shape::Vector([features])
                })
            }
            LayerSpec::Flatten => Ok(Shape::Vector([input.count()])),
            LayerSpec::GlobalAveragePool2d => {
                let [_, _, channels] = self.image(input)?;
                Ok(Shape::Vector([channels]))
            }
            LayerSpec::Dense { units, .. } => {
                self.at_least_one(units, "the number of units")?;
                Ok(input.with_features(units))
            }
        }
    }
}

fn parameters_of(layer: &LayerSpec, name: &str, input: Shape) -> Vec<ParameterInfo> {
    let features = input.features();
    let info = |tensor: &str, shape: Vec<usize>| ParameterInfo {
        name: format!("{name}.{tensor}"),
        shape,
        trainable: !tensor.starts_with("moving_"),
    };
    let recurrent = |units: usize, gates: usize, bias: Vec<usize>, bidirectional: bool| {
        let gates = units.saturating_mul(gates);
        let directions: &[&str] = if bidirectional {
            &["forward.", "backward."]
        } else {
            &[""]
        };
        let of_direction = |direction: &&str| {
            [
                info(&format!("{direction}kernel"), vec![features, gates]),
                info(&format!("{direction}recurrent_kernel"), vec![units, gates]),
                info(&format!("{direction}bias"), bias.clone()),
            ]
        };
        directions.iter().flat_map(of_direction).collect()
    };
    match *layer {
        LayerSpec::Conv2d {
            filters,
            kernel: [height, width],
            ..
        } => vec![
            info("kernel", vec![height, width, features, filters]),
            info("bias", vec![filters]),
        ],
        LayerSpec::BatchNorm { .. } => ["gamma", "beta", "moving_mean", "moving_variance"]
            .map(|tensor| info(tensor, vec![features]))
            .into(),
        LayerSpec::Gru {
            units,
            bidirectional,
            ..
        } => recurrent(units, 3, vec![2, units.saturating_mul(3)], bidirectional),
        LayerSpec::Lstm {
            units,
            bidirectional,
            ..
        } => recurrent(units, 4, vec![units.saturating_mul(4)], bidirectional),
        LayerSpec::Dense { units, .. } => {
            vec![
                info("kernel", vec![features, units]),
                info("bias", vec![units]),
            ]
        }
        _ => Vec::new(),
    }
}
