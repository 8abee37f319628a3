//! Writing a graph.
//!
//! Pictures are NCHW inside the graph, sequences `[N, steps, features]`. The batch is free: shapes
//! keep it with a 0, and recurrent layers, which want the steps first, get them by transposing.

use lekka_nn::spec::{ResolvedLayer, Shape};
use lekka_nn::{Activation, LayerSpec, Parameter};
use prost::Message;

use super::messages::{
    Attribute, Dimension, Graph, Model as OnnxModel, Node, OperatorSet, Property,
    Shape as TensorShape, Tensor as OnnxTensor, TensorType, Type, ValueInfo, attribute_type,
    data_type,
};
use crate::exchange::ExchangeError;
use crate::exchange::convert::{CONV_TO_OIHW, Direction, Gates, Tensor};
use crate::load::KEY;
use crate::{LoadError, Model, save};

/// The version of ONNX's operators that exported graphs use. Old enough for every runtime at hand;
/// activation functions that are newer are written out.
pub const OPSET: i64 = 17;

/// The version of the file format that came with [`OPSET`].
const IR_VERSION: i64 = 8;

/// Name of the graph's input, `[N, height, width, channels]`.
const IMAGES: &str = "images";
/// Name of the graph's output, `[N, classes]`.
const LOGITS: &str = "logits";

/// NHWC to NCHW.
pub(super) const TO_CHANNELS_FIRST: [i64; 4] = [0, 3, 1, 2];
/// NCHW to NHWC.
pub(super) const TO_CHANNELS_LAST: [i64; 4] = [0, 2, 3, 1];
/// NCHW to columns, each with all rows and their channels.
pub(super) const TO_COLUMNS: [i64; 4] = [0, 3, 2, 1];

pub(crate) fn export(model: &Model) -> Result<Vec<u8>, ExchangeError> {
    let mut graph = Builder::default();
    let mut parameters: &[Parameter] = &model.parameters.tensors;
    IMAGES.clone_into(&mut graph.current);
    "input".clone_into(&mut graph.prefix);
    graph.transpose(&TO_CHANNELS_FIRST);
    for layer in model.spec.resolve().map_err(LoadError::from)? {
        let (tensors, rest) = parameters.split_at(layer.parameters.len());
        parameters = rest;
        graph.prefix.clone_from(&layer.name);
        graph.layer(&layer, tensors)?;
    }
    if let Some(output) = graph
        .nodes
        .last_mut()
        .and_then(|node| node.output.last_mut())
    {
        LOGITS.clone_into(output);
    }
    let [height, width, channels] = model.spec.input;
    let classes = model.spec.classes().map_err(LoadError::from)?;
    let metadata = &model.metadata;
    let property = |key: &str, value: String| Property {
        key: key.to_owned(),
        value,
    };
    let ascii: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
    let file = OnnxModel {
        ir_version: Some(IR_VERSION),
        producer_name: "lekka".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: format!("Handwritten Kannada digits: {}", metadata.name),
        opset_import: vec![OperatorSet {
            domain: String::new(),
            version: Some(OPSET),
        }],
        metadata_props: vec![
            property(KEY, save::document(model)?),
            property("classes", metadata.classes.join(",")),
            property("classes_ascii", ascii.join(",")),
            property("temperature", metadata.temperature().to_string()),
            property(
                "input",
                "0 to 1, ink 1 and paper 0 (white on black)".to_owned(),
            ),
        ],
        graph: Some(Graph {
            name: "lekka".to_owned(),
            node: graph.nodes,
            initializer: graph.initializers,
            input: vec![value_info(
                IMAGES,
                &[height, width, channels],
                "Pictures, 0 to 1, white ink on black",
            )],
            output: vec![value_info(
                LOGITS,
                &[classes],
                "Logits; divide by the temperature before the softmax",
            )],
        }),
    };
    Ok(file.encode_to_vec())
}

/// An f32 tensor with a free first axis.
fn value_info(name: &str, lengths: &[usize], about: &str) -> ValueInfo {
    let free = Dimension {
        dim_param: Some("N".to_owned()),
        dim_value: None,
    };
    let fixed = lengths.iter().map(|&length| Dimension {
        dim_param: None,
        dim_value: Some(length as i64),
    });
    ValueInfo {
        name: name.to_owned(),
        doc_string: about.to_owned(),
        r#type: Some(Type {
            tensor_type: Some(TensorType {
                elem_type: Some(data_type::FLOAT),
                shape: Some(TensorShape {
                    dim: [free].into_iter().chain(fixed).collect(),
                }),
            }),
        }),
    }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute {
        name: name.to_owned(),
        ints: values.to_vec(),
        r#type: Some(attribute_type::INTS),
        ..Attribute::default()
    }
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute {
        name: name.to_owned(),
        i: Some(value),
        r#type: Some(attribute_type::INT),
        ..Attribute::default()
    }
}

fn float(name: &str, value: f32) -> Attribute {
    Attribute {
        name: name.to_owned(),
        f: Some(value),
        r#type: Some(attribute_type::FLOAT),
        ..Attribute::default()
    }
}

fn text(name: &str, value: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        s: Some(value.as_bytes().to_vec()),
        r#type: Some(attribute_type::STRING),
        ..Attribute::default()
    }
}

fn sizes(values: [usize; 2]) -> [i64; 2] {
    values.map(|value| value as i64)
}

/// A graph that grows at its end.
#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    initializers: Vec<OnnxTensor>,
    /// Name of the value that the next node gets.
    current: String,
    /// Name of the layer, with which the names of its nodes begin.
    prefix: String,
}

impl Builder {
    /// A node that gets the current value and more, and gives the new current value.
    fn node(&mut self, op: &str, more: &[&str], attributes: Vec<Attribute>) {
        let current = std::mem::take(&mut self.current);
        let inputs = [current.as_str()].into_iter().chain(more.iter().copied());
        self.current = self.push(op, inputs.map(str::to_owned).collect(), 0, attributes);
    }

    /// A node with these inputs; its outputs before the one wanted are left out.
    fn push(
        &mut self,
        op: &str,
        input: Vec<String>,
        left_out: usize,
        attribute: Vec<Attribute>,
    ) -> String {
        let name = format!("{}.{op}_{}", self.prefix, self.nodes.len());
        let mut output = vec![String::new(); left_out];
        output.push(format!("{name}.output"));
        self.nodes.push(Node {
            input,
            output,
            op_type: op.to_owned(),
            attribute,
            domain: String::new(),
            name: name.clone(),
        });
        format!("{name}.output")
    }

    /// A weight of the layer; gives its name.
    fn weight(&mut self, name: &str, tensor: &Tensor) -> String {
        let name = format!("{}.{name}", self.prefix);
        self.initializers.push(OnnxTensor {
            dims: tensor.shape.iter().map(|&length| length as i64).collect(),
            data_type: Some(data_type::FLOAT),
            raw_data: Some(tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            name: name.clone(),
            ..OnnxTensor::default()
        });
        name
    }

    /// A number of a formula.
    fn number(&mut self, name: &str, value: f32) -> String {
        self.weight(name, &Tensor::new([], vec![value]))
    }

    fn transpose(&mut self, order: &[i64]) {
        self.node("Transpose", &[], vec![ints("perm", order)]);
    }

    /// To a shape in which 0 keeps the length.
    fn reshape(&mut self, shape: &[i64]) {
        let name = format!("{}.shape_{}", self.prefix, self.nodes.len());
        self.initializers.push(OnnxTensor {
            dims: vec![shape.len() as i64],
            data_type: Some(data_type::INT64),
            raw_data: Some(
                shape
                    .iter()
                    .flat_map(|length| length.to_le_bytes())
                    .collect(),
            ),
            name: name.clone(),
            ..OnnxTensor::default()
        });
        self.node("Reshape", &[&name], Vec::new());
    }

    fn layer(&mut self, layer: &ResolvedLayer, tensors: &[Parameter]) -> Result<(), ExchangeError> {
        match (&layer.spec, tensors) {
            (
                LayerSpec::Conv2d {
                    kernel, activation, ..
                },
                [weights, bias],
            ) => {
                let weights = Tensor::of(weights).permuted(&CONV_TO_OIHW);
                let weights = self.weight("kernel", &weights);
                let bias = self.weight("bias", &Tensor::of(bias));
                let attributes = vec![
                    ints("kernel_shape", &sizes(*kernel)),
                    ints("pads", &same_padding(*kernel)),
                ];
                self.node("Conv", &[&weights, &bias], attributes);
                self.activation(*activation)?;
            }
            (LayerSpec::BatchNorm { epsilon, momentum }, tensors) => {
                let names: Vec<String> = ["gamma", "beta", "moving_mean", "moving_variance"]
                    .iter()
                    .zip(tensors)
                    .map(|(name, tensor)| self.weight(name, &Tensor::of(tensor)))
                    .collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                // ONNX normalises the second axis, as it is for pictures and vectors.
                let sequence = matches!(layer.input, Shape::Sequence(_));
                if sequence {
                    self.transpose(&[0, 2, 1]);
                }
                let attributes = vec![float("epsilon", *epsilon), float("momentum", *momentum)];
                self.node("BatchNormalization", &names, attributes);
                if sequence {
                    self.transpose(&[0, 2, 1]);
                }
            }
            (LayerSpec::MaxPool2d { window }, _) => {
                let window = sizes(*window);
                let attributes = vec![ints("kernel_shape", &window), ints("strides", &window)];
                self.node("MaxPool", &[], attributes);
            }
            (LayerSpec::Dropout { .. }, _) => {}
            (LayerSpec::RowsToSequence, _) => {
                self.transpose(&TO_CHANNELS_LAST);
                self.reshape(&sequence_shape(layer.output));
            }
            (LayerSpec::ColumnsToSequence, _) => {
                self.transpose(&TO_COLUMNS);
                self.reshape(&sequence_shape(layer.output));
            }
            (
                LayerSpec::Gru {
                    units,
                    return_sequences,
                    ..
                },
                tensors,
            ) => {
                self.recurrent("GRU", Gates::GruOurs, *units, *return_sequences, tensors);
            }
            (
                LayerSpec::Lstm {
                    units,
                    return_sequences,
                    ..
                },
                tensors,
            ) => {
                self.recurrent("LSTM", Gates::LstmOnnx, *units, *return_sequences, tensors);
            }
            (LayerSpec::Flatten, _) => {
                if matches!(layer.input, Shape::Image(_)) {
                    self.transpose(&TO_CHANNELS_LAST);
                }
                self.node("Flatten", &[], vec![int("axis", 1)]);
            }
            (LayerSpec::GlobalAveragePool2d, _) => {
                self.node("GlobalAveragePool", &[], Vec::new());
                self.node("Flatten", &[], vec![int("axis", 1)]);
            }
            (LayerSpec::Activation { activation }, _) => self.activation(*activation)?,
            (LayerSpec::Dense { activation, .. }, [kernel, bias]) => {
                self.dense(layer.input, kernel, bias);
                self.activation(*activation)?;
            }
            (other, _) => return Err(unsupported(other.kind())),
        }
        Ok(())
    }

    /// On vectors a product with its bias; else the product is over the last axis.
    fn dense(&mut self, input: Shape, kernel: &Parameter, bias: &Parameter) {
        let kernel = self.weight("kernel", &Tensor::of(kernel));
        let bias = self.weight("bias", &Tensor::of(bias));
        if matches!(input, Shape::Vector(_)) {
            self.node("Gemm", &[&kernel, &bias], Vec::new());
            return;
        }
        let image = matches!(input, Shape::Image(_));
        if image {
            self.transpose(&TO_CHANNELS_LAST);
        }
        self.node("MatMul", &[&kernel], Vec::new());
        self.node("Add", &[&bias], Vec::new());
        if image {
            self.transpose(&TO_CHANNELS_FIRST);
        }
    }

    /// A GRU or LSTM with steps first, as runtimes know it, and back to pictures first.
    fn recurrent(
        &mut self,
        op: &str,
        gates: Gates,
        units: usize,
        return_sequences: bool,
        tensors: &[Parameter],
    ) {
        let directions: Vec<Direction> = tensors
            .as_chunks()
            .0
            .iter()
            .map(|ours| Direction::from_ours(gates, ours))
            .collect();
        let count = directions.len();
        let rows = gates.order().len() * units;
        let features = tensors.first().map_or(0, |kernel| kernel.shape[0]);
        let stacked = |shape: &[usize], values: fn(&Direction) -> Vec<f32>| {
            let shape = [&[count], shape].concat();
            Tensor::new(shape, directions.iter().flat_map(values).collect())
        };
        let kernel = stacked(&[rows, features], |direction| direction.input.clone());
        let recurrent = stacked(&[rows, units], |direction| direction.recurrent.clone());
        let bias = stacked(&[2 * rows], |direction| {
            [&direction.input_bias[..], &direction.recurrent_bias].concat()
        });
        let kernel = self.weight("kernel", &kernel);
        let recurrent = self.weight("recurrent_kernel", &recurrent);
        let bias = self.weight("bias", &bias);
        let direction = if count == 2 {
            "bidirectional"
        } else {
            "forward"
        };
        let mut attributes = vec![
            text("direction", direction),
            int("hidden_size", units as i64),
        ];
        if op == "GRU" {
            attributes.push(int("linear_before_reset", 1));
        }
        self.transpose(&[1, 0, 2]);
        let inputs = vec![std::mem::take(&mut self.current), kernel, recurrent, bias];
        // The first output has every step, [steps, directions, N, units], the second the last.
        self.current = self.push(op, inputs, usize::from(!return_sequences), attributes);
        let width = (count * units) as i64;
        if return_sequences {
            self.transpose(&[2, 0, 1, 3]);
            self.reshape(&[0, 0, width]);
        } else {
            self.transpose(&[1, 0, 2]);
            self.reshape(&[0, width]);
        }
    }

    fn activation(&mut self, activation: Activation) -> Result<(), ExchangeError> {
        match activation {
            Activation::Linear => {}
            Activation::Relu => self.node("Relu", &[], Vec::new()),
            Activation::LeakyRelu => self.node("LeakyRelu", &[], vec![float("alpha", LEAK)]),
            Activation::Elu => self.node("Elu", &[], Vec::new()),
            Activation::Tanh => self.node("Tanh", &[], Vec::new()),
            Activation::Sigmoid => self.node("Sigmoid", &[], Vec::new()),
            Activation::Silu => {
                let x = self.current.clone();
                self.node("Sigmoid", &[], Vec::new());
                self.node("Mul", &[&x], Vec::new());
            }
            Activation::Mish => {
                let x = self.current.clone();
                self.node("Softplus", &[], Vec::new());
                self.node("Tanh", &[], Vec::new());
                self.node("Mul", &[&x], Vec::new());
            }
            Activation::Gelu => {
                let x = self.current.clone();
                let root = self.number("sqrt_2", std::f32::consts::SQRT_2);
                let one = self.number("one", 1.0);
                let half = self.number("half", 0.5);
                self.node("Div", &[&root], Vec::new());
                self.node("Erf", &[], Vec::new());
                self.node("Add", &[&one], Vec::new());
                self.node("Mul", &[&x], Vec::new());
                self.node("Mul", &[&half], Vec::new());
            }
            _ => return Err(unsupported("activation")),
        }
        Ok(())
    }
}

/// Slope of the leaky rectifier below zero.
pub(super) const LEAK: f32 = 0.2;

/// Rows and columns added before and after, such that the size stays; what is odd goes behind.
pub(super) fn same_padding(kernel: [usize; 2]) -> [i64; 4] {
    let [height, width] = sizes(kernel);
    [(height - 1) / 2, (width - 1) / 2, height / 2, width / 2]
}

fn sequence_shape(output: Shape) -> Vec<i64> {
    [0].into_iter()
        .chain(output.dims().iter().map(|&length| length as i64))
        .collect()
}

fn unsupported(kind: &str) -> ExchangeError {
    let reason =
        format!("ONNX export does not know the new layer kind `{kind}`; export safetensors");
    ExchangeError::Unsupported { reason }
}
