//! `lekka model export` and `lekka model import`: weights for other programs and from them.

use super::preset_names;
use crate::failure::{Exit, Hint};
use crate::output::{Output, print, write_file};
use crate::weights;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use lekka_model::ValueType;
use lekka_model::exchange::{self, Names};
use std::io::Write;
use std::path::PathBuf;

/// Options of `lekka model export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lekka model export --format onnx -o lekka.onnx
  lekka model export runs/one/best.safetensors --format safetensors --names keras -o keras.safetensors
  lekka model export --format safetensors -o - | sha256sum")]
pub(crate) struct ExportArgs {
    /// A file of weights; the built-in ones by default
    #[arg(value_name = "WEIGHTS")]
    weights: Option<PathBuf>,
    /// The kind of file to write
    #[arg(long)]
    format: FileFormat,
    /// How safetensors name and lay out the weights
    #[arg(long, value_name = "NAMES", default_value = "pytorch")]
    names: NamesChoice,
    /// Where to write it; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// Options of `lekka model import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lekka model import lekka.onnx -o weights.safetensors
  lekka model import trained.safetensors --preset lstm -o weights.safetensors")]
pub(crate) struct ImportArgs {
    /// ONNX, or safetensors with the names of PyTorch or Keras
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The network, where the file does not say it
    #[arg(long, value_name = "NAME", default_value = "paper", value_parser = preset_names())]
    preset: String,
    /// Where to write Lekka's weights
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    /// A graph with its weights.
    Onnx,
    /// Weights alone.
    Safetensors,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NamesChoice {
    /// As in Keras 3.
    Keras,
    /// As in a state dict of PyTorch.
    Pytorch,
}

pub(crate) fn export(args: &ExportArgs) -> Result<Exit> {
    let model = weights::load(args.weights.as_deref())?;
    let bytes = match (args.format, args.names) {
        (FileFormat::Onnx, _) => exchange::to_onnx(&model),
        (FileFormat::Safetensors, NamesChoice::Keras) => {
            exchange::to_safetensors(&model, Names::Keras)
        }
        (FileFormat::Safetensors, NamesChoice::Pytorch) => {
            exchange::to_safetensors(&model, Names::PyTorch)
        }
    }?;
    let mut output = Output::open(Some(&args.output))?;
    output
        .write_all(&bytes)
        .map_err(|error| output.explain(error))?;
    output.finish()?;
    Ok(Exit::Success)
}

pub(crate) fn import(args: &ImportArgs) -> Result<Exit> {
    let name = args.file.display();
    let bytes = std::fs::read(&args.file)
        .with_context(|| format!("cannot read {name}"))
        .hint("check the path")?;
    let imported = exchange::import(&bytes, &args.preset).with_context(|| name.to_string())?;
    let model = &imported.model;
    write_file(&args.output, &model.save(ValueType::F32)?)?;
    let network = if imported.described {
        "which the file describes".to_owned()
    } else {
        format!("preset {}", args.preset)
    };
    print(&format!(
        "{}: {} weights of the network `{}`, {network}\n",
        imported.source,
        model.parameters.count(),
        model.metadata.name
    ))?;
    Ok(Exit::Success)
}
