//! The constants of a graph, with those that nodes make of them: exporters cut and join weights of
//! recurrent layers in the graph.

use std::collections::HashMap;

use half::f16;

use super::messages::{Graph, Node, Tensor as OnnxTensor, data_type};
use crate::exchange::ExchangeError;
use crate::exchange::convert::Tensor;

/// Most values that nodes may make of constants: a few joins would otherwise fill the memory.
const MAX_MADE: usize = 1 << 26;

/// Constants by name.
pub(super) struct Constants<'a> {
    given: HashMap<&'a str, &'a OnnxTensor>,
    made: HashMap<&'a str, Tensor>,
    /// Values that may still be made.
    left: usize,
}

impl<'a> Constants<'a> {
    pub(super) fn new(graph: &'a Graph) -> Self {
        let initializers = graph
            .initializer
            .iter()
            .map(|tensor| (tensor.name.as_str(), tensor));
        let nodes = graph.node.iter().filter(|node| node.op_type == "Constant");
        let nodes = nodes.filter_map(|node| Some((node.output.first()?.as_str(), node.tensor()?)));
        Self {
            given: initializers.chain(nodes).collect(),
            made: HashMap::new(),
            left: MAX_MADE,
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.given.contains_key(name) || self.made.contains_key(name)
    }

    /// The f32 tensor of this name.
    pub(super) fn tensor(&self, name: &str) -> Result<Tensor, ExchangeError> {
        if let Some(tensor) = self.made.get(name) {
            return Ok(tensor.clone());
        }
        let Some(tensor) = self.given.get(name) else {
            return Err(refused(
                name,
                "is computed by the graph; export with constants folded \
                 (torch.onnx.export(..., do_constant_folding=True)), or as safetensors",
            ));
        };
        floats(name, tensor)
    }

    /// Small whole numbers, such as axes.
    pub(super) fn ints(&self, name: &str) -> Option<Vec<i64>> {
        let tensor = self.given.get(name)?;
        if tensor.data_type != Some(data_type::INT64) {
            return None;
        }
        Some(match &tensor.raw_data {
            Some(raw) => raw
                .as_chunks()
                .0
                .iter()
                .map(|&bytes| i64::from_le_bytes(bytes))
                .collect(),
            None => tensor.int64_data.clone(),
        })
    }

    /// Remembers what a node makes of constants, if it does and we know how; all others are found
    /// when a layer asks for them.
    pub(super) fn fold(&mut self, node: &'a Node) {
        let Some(output) = node.output.first() else {
            return;
        };
        if let Some(tensor) = self.made_by(node)
            && tensor.values.len() <= self.left
        {
            self.left -= tensor.values.len();
            self.made.insert(output, tensor);
        }
    }

    fn made_by(&self, node: &Node) -> Option<Tensor> {
        let length = |name: &String| self.length(name);
        let total = node
            .input
            .iter()
            .map(length)
            .try_fold(0_usize, |sum, n| sum.checked_add(n?));
        // Looked at before anything is copied.
        if total? > self.left {
            return None;
        }
        let first = || self.tensor(node.input.first()?).ok();
        match node.op_type.as_str() {
            "Identity" => first(),
            "Transpose" => {
                let tensor = first()?;
                let order: Option<Vec<usize>> = node
                    .ints("perm")
                    .iter()
                    .map(|&axis| usize::try_from(axis).ok())
                    .collect();
                let order = order?;
                let mut sorted = order.clone();
                sorted.sort_unstable();
                sorted
                    .iter()
                    .copied()
                    .eq(0..tensor.shape.len())
                    .then(|| tensor.permuted(&order))
            }
            "Unsqueeze" => {
                let mut tensor = first()?;
                let axes = node.input.get(1).and_then(|axes| self.ints(axes));
                (axes? == [0] && tensor.shape.len() < 4).then(|| {
                    tensor.shape.insert(0, 1);
                    tensor
                })
            }
            "Slice" => self.rows(node, first()?),
            "Concat" if node.int("axis", 0) == 0 => {
                let mut parts = node.input.iter().map(|name| self.tensor(name).ok());
                let mut joined = parts.next()??;
                for part in parts {
                    let part = part?;
                    if joined.shape.is_empty() || part.shape.get(1..) != joined.shape.get(1..) {
                        return None;
                    }
                    joined.shape[0] += part.shape[0];
                    joined.values.extend(part.values);
                }
                Some(joined)
            }
            _ => None,
        }
    }

    /// Number of values of a constant of any type; none for what is left out.
    fn length(&self, name: &str) -> Option<usize> {
        if name.is_empty() {
            return Some(0);
        }
        if let Some(made) = self.made.get(name) {
            return Some(made.values.len());
        }
        let given = self.given.get(name)?;
        let raw = given.raw_data.as_ref().map_or(0, |raw| raw.len() / 2);
        Some(raw.max(given.float_data.len()).max(given.int64_data.len()))
    }

    /// A slice of the first axis.
    fn rows(&self, node: &Node, tensor: Tensor) -> Option<Tensor> {
        let numbers = |place: usize| self.ints(node.input.get(place).filter(|n| !n.is_empty())?);
        let (starts, ends) = (numbers(1)?, numbers(2)?);
        let one = |numbers: Option<Vec<i64>>, value| numbers.is_none_or(|found| found == [value]);
        let ([start], [end], true, true) = (
            &starts[..],
            &ends[..],
            one(numbers(3), 0),
            one(numbers(4), 1),
        ) else {
            return None;
        };
        let rows = *tensor.shape.first()?;
        // Counted from the end where negative, and cut to what is there.
        let place = |at: i64| {
            let at = if at < 0 {
                at.saturating_add(rows as i64)
            } else {
                at
            };
            at.clamp(0, rows as i64) as usize
        };
        let (start, end) = (place(*start), place(*end));
        let width: usize = tensor.shape[1..].iter().product();
        let values = tensor.values.get(start * width..end * width)?.to_vec();
        let mut shape = tensor.shape;
        shape[0] = end - start;
        Some(Tensor { shape, values })
    }
}

fn refused(name: &str, reason: impl Into<String>) -> ExchangeError {
    ExchangeError::Tensor {
        name: name.to_owned(),
        reason: reason.into(),
    }
}

/// The values of a tensor, as many as its shape says.
fn floats(name: &str, tensor: &OnnxTensor) -> Result<Tensor, ExchangeError> {
    if tensor.data_location == Some(1) {
        let reason = "has its values in another file; export with everything in one file \
                      (torch.onnx.export(..., external_data=False))";
        return Err(refused(name, reason));
    }
    let raw = tensor.raw_data.as_deref();
    let values: Vec<f32> = match (tensor.data_type, raw) {
        (Some(data_type::FLOAT), None) => tensor.float_data.clone(),
        (Some(data_type::FLOAT), Some(raw)) if raw.len().is_multiple_of(4) => raw
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| f32::from_le_bytes(bytes))
            .collect(),
        (Some(data_type::FLOAT16), Some(raw)) if raw.len().is_multiple_of(2) => {
            let halves = raw.as_chunks().0.iter();
            halves
                .map(|&bytes| f16::from_le_bytes(bytes).to_f32())
                .collect()
        }
        (Some(data_type::FLOAT | data_type::FLOAT16), _) => {
            let reason = "has values cut off in the middle; copy or download the file again";
            return Err(refused(name, reason));
        }
        (other, _) => {
            let other = other.unwrap_or_default();
            let reason = format!(
                "has values of ONNX's type {other}; only 1 (FLOAT) and 10 (FLOAT16) are read, \
                 export it unquantised"
            );
            return Err(refused(name, reason));
        }
    };
    let shape: Option<Vec<usize>> = tensor
        .dims
        .iter()
        .map(|&length| usize::try_from(length).ok())
        .collect();
    let count = |shape: &Vec<usize>| {
        shape
            .iter()
            .try_fold(1_usize, |count, &length| count.checked_mul(length))
    };
    match shape {
        Some(shape) if count(&shape) == Some(values.len()) => Ok(Tensor { shape, values }),
        _ => Err(refused(
            name,
            format!(
                "of shape {:?} has {} values; copy or download the file again",
                tensor.dims,
                values.len()
            ),
        )),
    }
}
