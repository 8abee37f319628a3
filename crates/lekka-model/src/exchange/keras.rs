//! Keras 3's names: the paths of variables. Axes and gates are ours, which are Keras's.

use std::collections::{BTreeSet, HashMap};

use lekka_nn::{LayerSpec, NetworkSpec, Parameters};

use super::convert::Tensor;
use super::named::{Stored, Tensors};
use super::{ExchangeError, named_as_ours};
use crate::{LoadError, Model};

/// Kinds of layers that have weights, as they begin a path.
const KINDS: [&str; 6] = [
    "conv2d",
    "batch_normalization",
    "bidirectional",
    "gru",
    "lstm",
    "dense",
];

/// The path of each tensor, in the order of the layout.
fn paths(spec: &NetworkSpec) -> Result<Vec<String>, ExchangeError> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut paths = Vec::new();
    for layer in spec.resolve().map_err(LoadError::from)? {
        let (kind, cell) = match layer.spec {
            LayerSpec::Conv2d { .. } => ("conv2d", None),
            LayerSpec::BatchNorm { .. } => ("batch_normalization", None),
            LayerSpec::Gru { bidirectional, .. } => (wrapped(bidirectional, "gru"), Some("gru")),
            LayerSpec::Lstm { bidirectional, .. } => (wrapped(bidirectional, "lstm"), Some("lstm")),
            LayerSpec::Dense { .. } => ("dense", None),
            _ => continue,
        };
        let name = numbered(
            kind,
            *counts.entry(kind).and_modify(|n| *n += 1).or_default(),
        );
        for info in &layer.parameters {
            // Ours are `gru_1.forward.kernel`, or `dense_1.kernel`.
            let tensor = info.name.rsplit('.').next().unwrap_or_default();
            paths.push(match cell {
                None => format!("{name}/{tensor}"),
                Some(cell) if kind != "bidirectional" => format!("{name}/{cell}_cell/{tensor}"),
                Some(cell) => {
                    let backward = info.name.contains(".backward.");
                    let direction = if backward { "backward" } else { "forward" };
                    format!("{name}/{direction}_{cell}/{cell}_cell/{tensor}")
                }
            });
        }
    }
    Ok(paths)
}

fn wrapped(bidirectional: bool, kind: &'static str) -> &'static str {
    if bidirectional { "bidirectional" } else { kind }
}

/// Keras counts from nothing: `dense`, `dense_1`.
fn numbered(kind: &str, number: usize) -> String {
    if number == 0 {
        kind.to_owned()
    } else {
        format!("{kind}_{number}")
    }
}

pub(super) fn export(model: &Model) -> Result<Vec<(String, Stored)>, ExchangeError> {
    let tensors = model
        .parameters
        .tensors
        .iter()
        .map(|tensor| Stored::F32(Tensor::of(tensor)));
    Ok(paths(&model.spec)?.into_iter().zip(tensors).collect())
}

pub(super) fn import(
    spec: &NetworkSpec,
    theirs: &mut Tensors,
) -> Result<Parameters, ExchangeError> {
    renumber(theirs)?;
    let layout = spec.parameter_layout().map_err(LoadError::from)?;
    let paths = paths(spec)?;
    let tensors = paths
        .iter()
        .zip(&layout)
        .map(|(path, info)| theirs.take(path, &info.shape));
    named_as_ours(spec, tensors.collect::<Result<_, _>>()?)
}

/// The kind, number and rest of a path; what stands before, such as `sequential/`, is cut off.
fn parsed(path: &str) -> Option<(&'static str, u32, &str)> {
    let mut rest = path;
    loop {
        let (layer, tensor) = rest.split_once('/')?;
        let found = KINDS.iter().find_map(|kind| {
            let number = match layer.strip_prefix(kind)? {
                "" => 0,
                number => number.strip_prefix('_')?.parse().ok()?,
            };
            Some((*kind, number, tensor))
        });
        if found.is_some() {
            return found;
        }
        rest = tensor;
    }
}

/// Keras counts through a session: the second network's first dense layer may be `dense_2`. Within
/// a network the numbers rise with the layers, so their order is what counts. Cells carry numbers of
/// their own (`bidirectional/forward_gru_1/gru_cell`), which say nothing.
fn renumber(tensors: &mut Tensors) -> Result<(), ExchangeError> {
    let mut numbers: HashMap<&str, BTreeSet<u32>> = HashMap::new();
    for (kind, number, _) in tensors.keys().filter_map(parsed) {
        numbers.entry(kind).or_default().insert(number);
    }
    tensors.rename(|path| match parsed(path) {
        None => path.to_owned(),
        Some((kind, number, tensor)) => {
            let rank = numbers[kind].range(..number).count();
            let tensor: Vec<&str> = tensor.split('/').map(without_number).collect();
            format!("{}/{}", numbered(kind, rank), tensor.join("/"))
        }
    })
}

fn without_number(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((kind, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => kind,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn paths_are_those_of_keras() {
        let paths = paths(&presets::paper()).unwrap();
        assert_eq!(paths[..2], ["conv2d/kernel", "conv2d/bias"]);
        assert!(paths.contains(&"conv2d_5/kernel".to_owned()));
        assert!(paths.contains(&"batch_normalization_3/moving_variance".to_owned()));
        assert!(paths.contains(&"bidirectional/backward_gru/gru_cell/recurrent_kernel".to_owned()));
        assert_eq!(paths.last().unwrap(), "dense_1/bias");
    }

    #[test]
    fn paths_are_parsed_with_what_stands_before_them() {
        assert_eq!(parsed("dense/kernel"), Some(("dense", 0, "kernel")));
        assert_eq!(
            parsed("sequential_3/bidirectional_7/forward_gru/gru_cell/bias"),
            Some(("bidirectional", 7, "forward_gru/gru_cell/bias"))
        );
        assert_eq!(parsed("sequential/dense_x/kernel"), None);
        assert_eq!(parsed("kernel"), None);
    }
}
