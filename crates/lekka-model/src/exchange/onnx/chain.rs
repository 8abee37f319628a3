//! The nodes of a graph as the chain of what is done to the pictures.
//!
//! Exporters surround the operators of a network with others that only lay out values or compute
//! shapes. These are passed over; what is left must follow one another, each getting what the one
//! before gave.

use std::collections::HashMap;

use super::messages::{Graph, Node};
use super::weights::Constants;
use crate::exchange::ExchangeError;

/// Operators that lay values out anew. A transposition of pictures is no such thing: their order
/// of axes decides about weights.
const LAYOUT: [&str; 8] = [
    "Transpose",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Identity",
    "Dropout",
    "Cast",
];

/// The operators that are left, one after the other.
pub(super) struct Chain<'a> {
    nodes: std::slice::Iter<'a, Node>,
    peeked: Option<&'a Node>,
    pub(super) constants: Constants<'a>,
    /// Values that come from the pictures, with the number of operators they went through.
    data: HashMap<&'a str, usize>,
    operators: usize,
    /// Whether the values are pictures still, with four axes.
    pub(super) pictures: bool,
    output: &'a str,
}

impl<'a> Chain<'a> {
    pub(super) fn new(graph: &'a Graph) -> Self {
        let constants = Constants::new(graph);
        // Old exporters list weights among the inputs.
        let input = graph
            .input
            .iter()
            .find(|input| !constants.contains(&input.name));
        Self {
            nodes: graph.node.iter(),
            peeked: None,
            data: input
                .map(|input| (input.name.as_str(), 0))
                .into_iter()
                .collect(),
            constants,
            operators: 0,
            pictures: true,
            output: graph.output.first().map_or("", |output| &output.name),
        }
    }

    /// The next operator, which stays the next.
    pub(super) fn peek(&mut self) -> Result<Option<&'a Node>, ExchangeError> {
        if self.peeked.is_none() {
            self.peeked = self.advance()?;
        }
        Ok(self.peeked)
    }

    /// The next operator, of one of these kinds. Its output of number `output` goes on.
    pub(super) fn next(&mut self, ops: &[&str], output: usize) -> Result<&'a Node, ExchangeError> {
        let needed = ops.join(" or ");
        let Some(node) = self.peek()? else {
            return Err(ExchangeError::Ends { needed });
        };
        if !ops.contains(&node.op_type.as_str()) {
            return Err(refused(node, format!("the network has {needed} here")));
        }
        self.peeked = None;
        self.operators += 1;
        if let Some(output) = node.output.get(output) {
            self.data.insert(output, self.operators);
        }
        Ok(node)
    }

    /// Whether the graph ends here, with this value.
    pub(super) fn finish(mut self) -> Result<(), ExchangeError> {
        if let Some(node) = self.peek()? {
            return Err(refused(node, "the network has ended before it".to_owned()));
        }
        if self.data.get(self.output) != Some(&self.operators) {
            return Err(ExchangeError::Ends {
                needed: "its logits as the first output".to_owned(),
            });
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<&'a Node>, ExchangeError> {
        while let Some(node) = self.nodes.next() {
            let data = node
                .input
                .iter()
                .filter_map(|name| self.data.get(name.as_str()));
            let Some(&operators) = data.max() else {
                self.constants.fold(node);
                continue;
            };
            let op = node.op_type.as_str();
            // A shape is known from the network already.
            if op == "Shape" {
                continue;
            }
            if operators != self.operators {
                let reason = format!(
                    "it takes a value from {} operators back; only plain chains are read",
                    self.operators - operators
                );
                return Err(refused(node, reason));
            }
            let turns_pictures = op == "Transpose" && self.pictures && node.ints("perm").len() == 4;
            if LAYOUT.contains(&op) && !turns_pictures {
                if let Some(output) = node.output.first() {
                    self.data.insert(output, operators);
                }
                continue;
            }
            return Ok(Some(node));
        }
        Ok(None)
    }
}

/// An error about a node.
pub(super) fn refused(node: &Node, reason: String) -> ExchangeError {
    let name = if node.name.is_empty() {
        node.output.first()
    } else {
        Some(&node.name)
    };
    ExchangeError::Node {
        node: name.cloned().unwrap_or_default(),
        op: node.op_type.clone(),
        reason,
    }
}
