//! `PyTorch`'s names: those of the module that `exchange/load_pytorch.py` builds.

use std::collections::HashMap;

use lekka_nn::spec::ResolvedLayer;
use lekka_nn::{LayerSpec, NetworkSpec, Parameter, Parameters};

use super::convert::{CONV_FROM_OIHW, CONV_TO_OIHW, Direction, Gates, Tensor};
use super::named::{Stored, Tensors};
use super::{ExchangeError, named_as_ours};
use crate::{LoadError, Model};

/// The layers that have weights, with their names in the module. Convolutions, batch norms and
/// dense layers are counted from 1; recurrent layers from 2, since there is seldom more than one.
fn layers(spec: &NetworkSpec) -> Result<Vec<(String, ResolvedLayer)>, ExchangeError> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut named = Vec::new();
    for layer in spec.resolve().map_err(LoadError::from)? {
        let kind = match layer.spec {
            LayerSpec::Conv2d { .. } => "conv",
            LayerSpec::BatchNorm { .. } => "bn",
            LayerSpec::Gru { .. } => "gru",
            LayerSpec::Lstm { .. } => "lstm",
            LayerSpec::Dense { .. } => "fc",
            _ => continue,
        };
        let number = counts.entry(kind).or_default();
        *number += 1;
        let recurrent = matches!(kind, "gru" | "lstm");
        let name = if recurrent && *number == 1 {
            kind.to_owned()
        } else {
            format!("{kind}{number}")
        };
        named.push((name, layer));
    }
    Ok(named)
}

/// The tensors of batch norm, in our order.
const BATCH_NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

fn gates(layer: &LayerSpec) -> Gates {
    match layer {
        LayerSpec::Gru { .. } => Gates::GruPyTorch,
        _ => Gates::LstmOurs,
    }
}

pub(super) fn export(model: &Model) -> Result<Vec<(String, Stored)>, ExchangeError> {
    let mut written = Vec::new();
    let mut ours: &[Parameter] = &model.parameters.tensors;
    for (name, layer) in layers(&model.spec)? {
        let (tensors, rest) = ours.split_at(layer.parameters.len());
        ours = rest;
        let mut add = |tensor: &str, value: Tensor| {
            written.push((format!("{name}.{tensor}"), Stored::F32(value)));
        };
        match (&layer.spec, tensors) {
            (LayerSpec::Conv2d { .. }, [kernel, bias]) => {
                add("weight", Tensor::of(kernel).permuted(&CONV_TO_OIHW));
                add("bias", Tensor::of(bias));
            }
            (LayerSpec::Dense { .. }, [kernel, bias]) => {
                add("weight", Tensor::of(kernel).permuted(&[1, 0]));
                add("bias", Tensor::of(bias));
            }
            (LayerSpec::BatchNorm { .. }, tensors) => {
                for (tensor, ours) in BATCH_NORM.iter().zip(tensors) {
                    add(tensor, Tensor::of(ours));
                }
                // The module has this counter; only training without momentum reads it.
                written.push((format!("{name}.num_batches_tracked"), Stored::Count(0)));
            }
            (recurrent, tensors) => {
                for (ours, suffix) in tensors.as_chunks().0.iter().zip(["", "_reverse"]) {
                    let theirs = Direction::from_ours(gates(recurrent), ours);
                    let rows = theirs.input_bias.len();
                    let mut add = |tensor: &str, columns: Option<usize>, values: Vec<f32>| {
                        let shape: Vec<usize> = [rows].into_iter().chain(columns).collect();
                        add(&format!("{tensor}_l0{suffix}"), Tensor::new(shape, values));
                    };
                    add("weight_ih", Some(ours[0].shape[0]), theirs.input);
                    add("weight_hh", Some(ours[1].shape[0]), theirs.recurrent);
                    add("bias_ih", None, theirs.input_bias);
                    add("bias_hh", None, theirs.recurrent_bias);
                }
            }
        }
    }
    Ok(written)
}

pub(super) fn import(
    spec: &NetworkSpec,
    theirs: &mut Tensors,
) -> Result<Parameters, ExchangeError> {
    let mut tensors = Vec::new();
    for (name, layer) in layers(spec)? {
        let shapes: Vec<&[usize]> = layer
            .parameters
            .iter()
            .map(|info| &info.shape[..])
            .collect();
        let mut take =
            |tensor: &str, shape: &[usize]| theirs.take(&format!("{name}.{tensor}"), shape);
        match (&layer.spec, &shapes[..]) {
            (LayerSpec::Conv2d { .. }, [kernel, bias]) => {
                let shape = CONV_TO_OIHW.map(|axis| kernel[axis]);
                tensors.push(take("weight", &shape)?.permuted(&CONV_FROM_OIHW));
                tensors.push(take("bias", bias)?);
            }
            (LayerSpec::Dense { .. }, [kernel, bias]) => {
                tensors.push(take("weight", &[kernel[1], kernel[0]])?.permuted(&[1, 0]));
                tensors.push(take("bias", bias)?);
            }
            (LayerSpec::BatchNorm { .. }, shapes) => {
                for (tensor, shape) in BATCH_NORM.iter().zip(shapes) {
                    tensors.push(take(tensor, shape)?);
                }
            }
            (recurrent, shapes) => {
                for ([kernel, recurrent_kernel, _], suffix) in
                    shapes.as_chunks().0.iter().zip(["", "_reverse"])
                {
                    let (features, rows, units) = (kernel[0], kernel[1], recurrent_kernel[0]);
                    let mut take = |tensor: &str, shape: &[usize]| {
                        Ok::<_, ExchangeError>(take(&format!("{tensor}_l0{suffix}"), shape)?.values)
                    };
                    let direction = Direction {
                        input: take("weight_ih", &[rows, features])?,
                        recurrent: take("weight_hh", &[rows, units])?,
                        input_bias: take("bias_ih", &[rows])?,
                        recurrent_bias: take("bias_hh", &[rows])?,
                    };
                    tensors.extend(direction.into_ours(gates(recurrent), units));
                }
            }
        }
    }
    named_as_ours(spec, tensors)
}
