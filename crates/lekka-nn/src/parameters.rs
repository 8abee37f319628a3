//! The weights of a network by name: what is saved, loaded and exchanged.

use crate::spec::{NetworkSpec, ParameterInfo, SpecError};
use std::borrow::Cow;
use thiserror::Error;

/// One tensor of weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Keras's name, such as `conv2d_1.kernel`.
    pub name: String,
    /// Lengths of the axes, outermost first.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub values: Vec<f32>,
    /// Whether the optimiser changes it: moving statistics of batch norm are not trainable.
    pub trainable: bool,
}

/// All weights of a network, in the order of its layers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters {
    /// The tensors in the order of [`NetworkSpec::parameter_layout`].
    pub tensors: Vec<Parameter>,
}

/// Why weights do not fit a network.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParametersError {
    /// The network's spec itself is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A tensor of the network is not among the weights.
    #[error(
        "weights lack the tensor `{name}` of shape {shape:?}; these weights belong to another network"
    )]
    Missing {
        /// Name of the tensor.
        name: String,
        /// Shape the network needs.
        shape: Vec<usize>,
    },
    /// There is a tensor that the network does not have.
    #[error(
        "weights hold a tensor `{name}` that the network does not have; these weights belong to another network"
    )]
    Unexpected {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor occurs twice.
    #[error("weights hold the tensor `{name}` twice")]
    Duplicate {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor has another shape than the network needs.
    #[error("tensor `{name}` has shape {found:?}, the network needs {expected:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape the network needs.
        expected: Vec<usize>,
        /// Shape of the weights.
        found: Vec<usize>,
    },
    /// A tensor has not as many values as its shape says.
    #[error("tensor `{name}` of shape {shape:?} has {found} values; the file is damaged")]
    Length {
        /// Name of the tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Number of values present.
        found: usize,
    },
    /// A value is infinite or not a number.
    #[error(
        "tensor `{name}` has the value {value} at index {index}; training has diverged or the file is damaged"
    )]
    NotFinite {
        /// Name of the tensor.
        name: String,
        /// Position in the tensor.
        index: usize,
        /// The value.
        value: f32,
    },
}

impl Parameters {
    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The tensor of this name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Parameter> {
        self.tensors.iter_mut().find(|tensor| tensor.name == name)
    }

    /// Number of values in all tensors.
    pub fn count(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.values.len()).sum()
    }

    /// Puts the tensors into the order of the network, checking names, shapes, lengths and that
    /// every value is finite.
    ///
    /// # Errors
    /// Says which tensor does not fit, and how.
    pub fn checked(mut self, spec: &NetworkSpec) -> Result<Self, ParametersError> {
        let layout = spec.parameter_layout()?;
        let mut tensors = Vec::with_capacity(layout.len());
        for info in layout {
            let position = self
                .tensors
                .iter()
                .position(|tensor| tensor.name == info.name);
            let Some(position) = position else {
                return Err(ParametersError::Missing {
                    name: info.name,
                    shape: info.shape,
                });
            };
            let tensor = self.tensors.swap_remove(position);
            check_tensor(&tensor, &info)?;
            tensors.push(Parameter {
                trainable: info.trainable,
                ..tensor
            });
        }
        if let Some(left) = self.tensors.pop() {
            let name = left.name;
            return Err(if tensors.iter().any(|tensor| tensor.name == name) {
                ParametersError::Duplicate { name }
            } else {
                ParametersError::Unexpected { name }
            });
        }
        Ok(Self { tensors })
    }

    /// As [`checked`](Self::checked), without a copy where the order is right already. Whether a
    /// tensor is trained is left as it is.
    ///
    /// # Errors
    /// As [`checked`](Self::checked).
    pub(crate) fn check(&self, spec: &NetworkSpec) -> Result<Cow<'_, Self>, ParametersError> {
        let layout = spec.parameter_layout()?;
        let names = self.tensors.iter().map(|tensor| &tensor.name);
        if !names.eq(layout.iter().map(|info| &info.name)) {
            return self.clone().checked(spec).map(Cow::Owned);
        }
        for (tensor, info) in self.tensors.iter().zip(&layout) {
            check_tensor(tensor, info)?;
        }
        Ok(Cow::Borrowed(self))
    }
}

fn check_tensor(tensor: &Parameter, info: &ParameterInfo) -> Result<(), ParametersError> {
    if tensor.shape != info.shape {
        return Err(ParametersError::Shape {
            name: info.name.clone(),
            expected: info.shape.clone(),
            found: tensor.shape.clone(),
        });
    }
    if tensor.values.len() != info.shape.iter().product::<usize>() {
        return Err(ParametersError::Length {
            name: info.name.clone(),
            shape: info.shape.clone(),
            found: tensor.values.len(),
        });
    }
    // Without an early exit the compiler vectorises it.
    let not_finite = |count, value: &f32| count + usize::from(!value.is_finite());
    if tensor.values.iter().fold(0, not_finite) == 0 {
        return Ok(());
    }
    let index = tensor.values.iter().position(|value| !value.is_finite());
    let index = index.unwrap_or_default();
    Err(ParametersError::NotFinite {
        name: info.name.clone(),
        index,
        value: tensor.values[index],
    })
}
