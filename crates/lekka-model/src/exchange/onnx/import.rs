//! Reading a graph: one of ours, or what `torch.onnx.export` writes for the same network.

use lekka_nn::LayerSpec;
use prost::Message;

use super::chain::Chain;
use super::follow::Follower;
use super::messages::{Graph, Model as OnnxModel};
use crate::exchange::{ExchangeError, Imported, Source, described, named_as_ours};
use crate::load::KEY;
use crate::{LoadError, Model};

/// Longest file that is read: a network of ours takes six million bytes. What is decoded may take
/// several times the memory, so this is kept small.
const MAX_BYTES: usize = 1 << 26;

pub(crate) fn import(bytes: &[u8], preset: &str) -> Result<Imported, ExchangeError> {
    if bytes.len() > MAX_BYTES {
        return Err(ExchangeError::TooLarge {
            found: bytes.len(),
            limit: MAX_BYTES,
        });
    }
    let file = OnnxModel::decode(bytes).map_err(|error| ExchangeError::Unknown {
        reason: error.to_string(),
    })?;
    let graph = file.graph.as_ref().filter(|graph| !graph.node.is_empty());
    let graph = graph.ok_or_else(|| ExchangeError::Unknown {
        reason: "it has no graph".to_owned(),
    })?;
    foreign_domain(graph)?;
    let document = file
        .metadata_props
        .iter()
        .find(|property| property.key == KEY);
    let (mut spec, metadata) = described(document.map(|property| property.value.as_str()), preset)?;

    let mut follower = Follower::new(Chain::new(graph))?;
    for layer in spec.resolve().map_err(LoadError::from)? {
        follower.layer(&layer)?;
    }
    let (tensors, epsilons) = follower.finish()?;
    let of_spec = spec.layers.iter_mut().filter_map(|layer| match layer {
        LayerSpec::BatchNorm { epsilon, .. } => Some(epsilon),
        _ => None,
    });
    for (ours, theirs) in of_spec.zip(epsilons) {
        *ours = theirs;
    }
    let parameters = named_as_ours(&spec, tensors)?;
    Ok(Imported {
        model: Model::new(spec, parameters, metadata)?,
        source: Source::Onnx,
        described: document.is_some(),
    })
}

/// Operators of other domains may mean anything, whatever they are called.
fn foreign_domain(graph: &Graph) -> Result<(), ExchangeError> {
    let foreign = |domain: &str| !matches!(domain, "" | "ai.onnx");
    match graph.node.iter().find(|node| foreign(&node.domain)) {
        None => Ok(()),
        Some(node) => {
            let reason = format!("it belongs to `{}`, not to ONNX itself", node.domain);
            Err(super::chain::refused(node, reason))
        }
    }
}
