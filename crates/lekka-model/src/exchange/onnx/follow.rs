//! Follows a network through a graph, layer by layer, and takes its weights.

use lekka_nn::spec::{ResolvedLayer, Shape};
use lekka_nn::{Activation, LayerSpec};

use super::chain::{Chain, refused};
use super::export::{LEAK, TO_CHANNELS_FIRST, TO_CHANNELS_LAST, TO_COLUMNS, same_padding};
use super::messages::Node;
use crate::exchange::ExchangeError;
use crate::exchange::convert::{CONV_FROM_OIHW, CONV_TO_OIHW, Direction, Gates, Tensor};

type Result<T> = std::result::Result<T, ExchangeError>;

/// The weights of all layers in our order and with our axes, as they are taken.
pub(super) struct Follower<'a> {
    chain: Chain<'a>,
    pub(super) tensors: Vec<Tensor>,
    /// The epsilons of batch norm, which belong to the weights: what a graph says holds.
    pub(super) epsilons: Vec<f32>,
}

impl<'a> Follower<'a> {
    /// At the input of the graph, whose pictures may come as NHWC or as NCHW.
    pub(super) fn new(mut chain: Chain<'a>) -> Result<Self> {
        if chain
            .peek()?
            .is_some_and(|node| node.ints("perm") == TO_CHANNELS_FIRST)
        {
            chain.next(&["Transpose"], 0)?;
        }
        Ok(Self {
            chain,
            tensors: Vec::new(),
            epsilons: Vec::new(),
        })
    }

    /// Whether the graph ends here.
    pub(super) fn finish(self) -> Result<(Vec<Tensor>, Vec<f32>)> {
        self.chain.finish()?;
        Ok((self.tensors, self.epsilons))
    }

    pub(super) fn layer(&mut self, layer: &ResolvedLayer) -> Result<()> {
        match &layer.spec {
            LayerSpec::Conv2d {
                kernel, activation, ..
            } => {
                self.conv(layer, *kernel)?;
                self.activation(*activation)
            }
            LayerSpec::BatchNorm { .. } => self.batch_norm(layer),
            LayerSpec::MaxPool2d { window } => self.max_pool(*window),
            LayerSpec::RowsToSequence => self.turn(&TO_CHANNELS_LAST, false),
            LayerSpec::ColumnsToSequence => self.turn(&TO_COLUMNS, false),
            LayerSpec::Gru {
                units,
                return_sequences,
                ..
            } => self.recurrent(layer, "GRU", Gates::GruOurs, *units, *return_sequences),
            LayerSpec::Lstm {
                units,
                return_sequences,
                ..
            } => self.recurrent(layer, "LSTM", Gates::LstmOnnx, *units, *return_sequences),
            LayerSpec::Flatten if matches!(layer.input, Shape::Image(_)) => {
                self.turn(&TO_CHANNELS_LAST, false)
            }
            LayerSpec::GlobalAveragePool2d => self.global_average(),
            LayerSpec::Activation { activation } => self.activation(*activation),
            LayerSpec::Dense { activation, .. } => {
                let image = matches!(layer.input, Shape::Image(_));
                if image {
                    self.turn(&TO_CHANNELS_LAST, true)?;
                }
                self.dense(layer)?;
                if image {
                    self.turn(&TO_CHANNELS_FIRST, true)?;
                }
                self.activation(*activation)
            }
            // Dropout does nothing, and a sequence is flattened by a layout.
            _ => Ok(()),
        }
    }

    /// The transposition that decides in which order values of pictures are read.
    fn turn(&mut self, order: &[i64], pictures: bool) -> Result<()> {
        let node = self.chain.next(&["Transpose"], 0)?;
        needs(node, "perm", node.ints("perm"), order)?;
        self.chain.pictures = pictures;
        Ok(())
    }

    /// Input `place` of a node, which must be a constant of this shape.
    fn weight(&self, node: &Node, place: usize, shape: &[usize]) -> Result<Tensor> {
        let name = node.input.get(place).map_or("", String::as_str);
        let tensor = self.chain.constants.tensor(name)?;
        if tensor.shape == shape {
            return Ok(tensor);
        }
        Err(ExchangeError::Shape {
            name: name.to_owned(),
            expected: shape.to_vec(),
            found: tensor.shape,
        })
    }

    /// The same, or zeros where it is left out.
    fn optional(&self, node: &Node, place: usize, shape: &[usize]) -> Result<Tensor> {
        if is_given(node, place) {
            self.weight(node, place, shape)
        } else {
            Ok(Tensor::new(shape, vec![0.0; shape.iter().product()]))
        }
    }

    fn conv(&mut self, layer: &ResolvedLayer, kernel: [usize; 2]) -> Result<()> {
        let node = self.chain.next(&["Conv"], 0)?;
        needs(node, "group", &[node.int("group", 1)], &[1])?;
        needs(node, "strides", or(node.ints("strides"), &[1, 1]), &[1, 1])?;
        needs(
            node,
            "dilations",
            or(node.ints("dilations"), &[1, 1]),
            &[1, 1],
        )?;
        let padding = same_padding(kernel);
        match node.text("auto_pad", "NOTSET") {
            "SAME_UPPER" => {}
            "NOTSET" => needs(node, "pads", or(node.ints("pads"), &[0; 4]), &padding)?,
            other => {
                return Err(refused(
                    node,
                    format!("it has auto_pad {other}, needed are pads {padding:?}"),
                ));
            }
        }
        let ours = &layer.parameters[0].shape;
        let theirs = CONV_TO_OIHW.map(|axis| ours[axis]);
        let kernel = self.weight(node, 1, &theirs)?.permuted(&CONV_FROM_OIHW);
        let bias = self.optional(node, 2, &[theirs[0]])?;
        self.tensors.extend([kernel, bias]);
        Ok(())
    }

    fn batch_norm(&mut self, layer: &ResolvedLayer) -> Result<()> {
        let node = self.chain.next(&["BatchNormalization"], 0)?;
        needs(node, "training_mode", &[node.int("training_mode", 0)], &[0])?;
        for (place, info) in layer.parameters.iter().enumerate() {
            let tensor = self.weight(node, place + 1, &info.shape)?;
            self.tensors.push(tensor);
        }
        self.epsilons.push(node.float("epsilon", 1e-5));
        Ok(())
    }

    fn max_pool(&mut self, window: [usize; 2]) -> Result<()> {
        let node = self.chain.next(&["MaxPool"], 0)?;
        let window = window.map(|length| length as i64);
        needs(node, "kernel_shape", node.ints("kernel_shape"), &window)?;
        needs(node, "strides", or(node.ints("strides"), &[1, 1]), &window)?;
        needs(node, "pads", or(node.ints("pads"), &[0; 4]), &[0; 4])?;
        needs(
            node,
            "dilations",
            or(node.ints("dilations"), &[1, 1]),
            &[1, 1],
        )?;
        needs(node, "ceil_mode", &[node.int("ceil_mode", 0)], &[0])?;
        match node.text("auto_pad", "NOTSET") {
            "NOTSET" | "VALID" => Ok(()),
            other => Err(refused(
                node,
                format!("it has auto_pad {other}, needed is none"),
            )),
        }
    }

    fn global_average(&mut self) -> Result<()> {
        let node = self.chain.next(&["GlobalAveragePool", "ReduceMean"], 0)?;
        if node.op_type == "ReduceMean" {
            let given = node
                .input
                .get(1)
                .and_then(|name| self.chain.constants.ints(name));
            let mut axes = given.unwrap_or_else(|| node.ints("axes").to_vec());
            for axis in &mut axes {
                *axis = if *axis < 0 {
                    axis.saturating_add(4)
                } else {
                    *axis
                };
            }
            axes.sort_unstable();
            needs(node, "axes", &axes, &[2, 3])?;
        }
        self.chain.pictures = false;
        Ok(())
    }

    fn dense(&mut self, layer: &ResolvedLayer) -> Result<()> {
        let node = self.chain.next(&["Gemm", "MatMul"], 0)?;
        let kernel = &layer.parameters[0].shape[..];
        let bias = &layer.parameters[1].shape[..];
        if node.op_type == "Gemm" {
            needs(node, "transA", &[node.int("transA", 0)], &[0])?;
            for factor in ["alpha", "beta"] {
                number(node, factor, node.float(factor, 1.0), 1.0)?;
            }
            let kernel = if node.int("transB", 0) == 0 {
                self.weight(node, 1, kernel)?
            } else {
                self.weight(node, 1, &[kernel[1], kernel[0]])?
                    .permuted(&[1, 0])
            };
            let bias = self.optional(node, 2, bias)?;
            self.tensors.extend([kernel, bias]);
            return Ok(());
        }
        let kernel = self.weight(node, 1, kernel)?;
        self.tensors.push(kernel);
        let zeros = Tensor::new(bias, vec![0.0; bias.iter().product()]);
        let bias = match self.chain.peek()? {
            Some(next) if next.op_type == "Add" => {
                let node = self.chain.next(&["Add"], 0)?;
                let first = node
                    .input
                    .first()
                    .is_some_and(|name| self.chain.constants.contains(name));
                self.weight(node, usize::from(!first), bias)?
            }
            _ => zeros,
        };
        self.tensors.push(bias);
        Ok(())
    }

    fn recurrent(
        &mut self,
        layer: &ResolvedLayer,
        op: &str,
        gates: Gates,
        units: usize,
        return_sequences: bool,
    ) -> Result<()> {
        let node = self.chain.next(&[op], usize::from(!return_sequences))?;
        let count = layer.parameters.len() / 3;
        let direction = if count == 2 {
            "bidirectional"
        } else {
            "forward"
        };
        let found = node.text("direction", "forward");
        if found != direction {
            return Err(refused(
                node,
                format!("its direction is {found}, needed is {direction}"),
            ));
        }
        needs(node, "layout", &[node.int("layout", 0)], &[0])?;
        if op == "GRU" {
            let found = node.int("linear_before_reset", 0);
            needs(node, "linear_before_reset", &[found], &[1])?;
        }
        for (place, what) in [(4, "lengths of sequences"), (7, "peepholes")] {
            if is_given(node, place) {
                return Err(refused(
                    node,
                    format!("it has {what}, which the network has not"),
                ));
            }
        }
        for place in [5, 6] {
            // One that is computed has been made from shapes, of zeros.
            let name = node.input.get(place).map_or("", String::as_str);
            if self.chain.constants.contains(name)
                && self
                    .chain
                    .constants
                    .tensor(name)?
                    .values
                    .iter()
                    .any(|&value| value != 0.0)
            {
                return Err(refused(
                    node,
                    format!("its first state `{name}` is not zero"),
                ));
            }
        }
        for attribute in ["activations", "clip", "input_forget"] {
            if node
                .attribute
                .iter()
                .any(|a| a.name == attribute && a.i != Some(0))
            {
                return Err(refused(
                    node,
                    format!("it has `{attribute}`, which the network has not"),
                ));
            }
        }
        let (features, rows) = (layer.parameters[0].shape[0], gates.order().len() * units);
        let kernel = self.weight(node, 1, &[count, rows, features])?;
        let recurrent = self.weight(node, 2, &[count, rows, units])?;
        let bias = self.optional(node, 3, &[count, 2 * rows])?;
        for number in 0..count {
            let part = |tensor: &Tensor| {
                let length = tensor.values.len() / count;
                tensor.values[number * length..][..length].to_vec()
            };
            let bias = part(&bias);
            let (input_bias, recurrent_bias) = bias.split_at(rows);
            let direction = Direction {
                input: part(&kernel),
                recurrent: part(&recurrent),
                input_bias: input_bias.to_vec(),
                recurrent_bias: recurrent_bias.to_vec(),
            };
            self.tensors.extend(direction.into_ours(gates, units));
        }
        Ok(())
    }

    /// One of the ways in which exporters write a function.
    fn activation(&mut self, activation: Activation) -> Result<()> {
        let ways: &[&[&str]] = match activation {
            Activation::Linear => return Ok(()),
            Activation::Relu => &[&["Relu"]],
            Activation::LeakyRelu => &[&["LeakyRelu"]],
            Activation::Elu => &[&["Elu"]],
            Activation::Tanh => &[&["Tanh"]],
            Activation::Sigmoid => &[&["Sigmoid"]],
            Activation::Silu => &[&["Sigmoid", "Mul"], &["Swish"]],
            Activation::Mish => &[&["Softplus", "Tanh", "Mul"], &["Mish"]],
            _ => &[
                &["Div", "Erf", "Add", "Mul", "Mul"],
                &["Mul", "Erf", "Add", "Mul", "Mul"],
                &["Gelu"],
            ],
        };
        let found = self.chain.peek()?.map_or("", |node| node.op_type.as_str());
        let firsts: Vec<&str> = ways.iter().map(|way| way[0]).collect();
        let Some(way) = ways.iter().find(|way| way[0] == found) else {
            return self.chain.next(&firsts, 0).map(drop);
        };
        for op in *way {
            let node = self.chain.next(&[op], 0)?;
            match *op {
                "LeakyRelu" => number(node, "alpha", node.float("alpha", 0.01), LEAK)?,
                "Elu" | "Swish" => number(node, "alpha", node.float("alpha", 1.0), 1.0)?,
                "Gelu" if node.text("approximate", "none") != "none" => {
                    return Err(refused(
                        node,
                        "it is approximate, needed is the exact one".to_owned(),
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_given(node: &Node, place: usize) -> bool {
    node.input.get(place).is_some_and(|name| !name.is_empty())
}

/// What an attribute says, or its default where it is left out.
fn or<'a>(found: &'a [i64], default: &'a [i64]) -> &'a [i64] {
    if found.is_empty() { default } else { found }
}

fn needs(node: &Node, what: &str, found: &[i64], needed: &[i64]) -> Result<()> {
    if found == needed {
        return Ok(());
    }
    Err(refused(
        node,
        format!("its {what} is {found:?}, the network needs {needed:?}"),
    ))
}

#[expect(clippy::float_cmp, reason = "both are written down, not computed")]
fn number(node: &Node, what: &str, found: f32, needed: f32) -> Result<()> {
    if found == needed {
        return Ok(());
    }
    Err(refused(
        node,
        format!("its {what} is {found}, the network needs {needed}"),
    ))
}
