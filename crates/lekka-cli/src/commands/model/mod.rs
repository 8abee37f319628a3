//! `lekka model`: what a network is made of, where its weights come from, and their exchange with
//! other programs.

mod card;
mod exchange;
mod release;

use super::{ReportFormat, json_line};
use crate::failure::Exit;
use crate::output::Output;
use crate::terminal::Console;
use crate::weights;
use anyhow::Result;
use clap::{Args, Subcommand};
use lekka_model::{LayerTable, Metadata, ModelInfo, presets};
use std::fmt::Write;
use std::path::PathBuf;

/// Options of `lekka model`.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Print the layers, their shapes and parameters, and what is known about the weights
    Info(InfoArgs),
    /// Write weights for ONNX Runtime, PyTorch or Keras
    Export(exchange::ExportArgs),
    /// Read weights from ONNX, PyTorch or Keras
    Import(exchange::ImportArgs),
    /// Print the model card: data, protocol, figures, intended use, known weaknesses
    Card(card::CardArgs),
    /// Make weights to ship from finished runs
    Release(release::ReleaseArgs),
}

/// Options of `lekka model info`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without arguments it describes the paper's network in f32 and the weights \
that are built in.

Examples:
  lekka model info
  lekka model info runs/one/best.safetensors --format json
  lekka model info --preset lstm"
)]
struct InfoArgs {
    /// A file of weights; the built-in ones by default
    #[arg(value_name = "WEIGHTS")]
    weights: Option<PathBuf>,
    /// A network by name, without weights
    #[arg(long, value_name = "NAME", conflicts_with = "weights", value_parser = preset_names())]
    preset: Option<String>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: ReportFormat,
    /// Where to write it; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The networks by name, for a completion and a check by the command line.
pub(crate) fn preset_names() -> Vec<&'static str> {
    presets::ALL.iter().map(|preset| preset.name).collect()
}

pub(crate) fn run(args: &ModelArgs, console: &Console) -> Result<Exit> {
    match &args.command {
        ModelCommand::Info(args) => info(args),
        ModelCommand::Export(args) => exchange::export(args),
        ModelCommand::Import(args) => exchange::import(args),
        ModelCommand::Card(args) => card::card(args),
        ModelCommand::Release(args) => release::release(args, console),
    }
}

fn info(args: &InfoArgs) -> Result<Exit> {
    let (spec, metadata) = if let Some(spec) = args.preset.as_deref().and_then(presets::by_name) {
        (spec, None)
    } else {
        let model = weights::load(args.weights.as_deref())?;
        (model.spec, Some(model.metadata))
    };
    let table = LayerTable::new(&spec)?;
    let mut output = Output::open(args.output.as_deref())?;
    match args.format {
        ReportFormat::Json => {
            let value = ModelInfo::new(&spec, metadata.as_ref())?;
            output.text(&json_line(&value)?)?;
        }
        ReportFormat::Text => {
            output.text(&format!("{table}\n"))?;
            if let Some(metadata) = &metadata {
                output.text(&describe(metadata))?;
            }
        }
    }
    output.finish()?;
    Ok(Exit::Success)
}

/// The metadata as lines of `name  value`.
fn describe(metadata: &Metadata) -> String {
    let mut lines = vec![("weights", metadata.name.clone())];
    let preprocessing = &metadata.preprocessing;
    lines.push((
        "preprocessing",
        format!(
            "{}, {}, heights {} to {} of the official",
            preprocessing.normalization,
            preprocessing.ink,
            preprocessing.proportions.lowest,
            preprocessing.proportions.highest
        ),
    ));
    lines.push(("classes", metadata.classes.join(" ")));
    for sum in &metadata.data {
        lines.push(("data", format!("{}, SHA-256 {}", sum.name, sum.sha256)));
    }
    lines.extend(metadata.command.clone().map(|command| ("command", command)));
    lines.extend(metadata.seed.map(|seed| ("seed", seed.to_string())));
    lines.extend(metadata.commit.clone().map(|commit| ("commit", commit)));
    lines.push(("written by", format!("lekka {}", metadata.lekka_version)));
    for figure in &metadata.figures {
        let accuracy = 100.0 * figure.accuracy;
        lines.push((
            "accuracy",
            format!("{} {accuracy:.2} % of {}", figure.set, figure.images),
        ));
    }
    lines.push(("temperature", metadata.temperature().to_string()));
    lines.extend(
        metadata
            .review_threshold
            .map(|p| ("review below", p.to_string())),
    );
    let mut text = String::from("\n");
    for (name, value) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<13}  {value}");
    }
    text
}
