//! The commands, one file each.

pub(crate) mod bench;
#[cfg(feature = "compare")]
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod eval;
pub(crate) mod figures;
pub(crate) mod form;
pub(crate) mod man;
pub(crate) mod model;
mod numbers;
pub(crate) mod preprocess;
pub(crate) mod read;
#[cfg(feature = "serve")]
pub(crate) mod serve;
pub(crate) mod train;

use crate::args::{Cli, Command};
use crate::failure::Exit;
use crate::terminal::Console;
use anyhow::Result;

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli, console: &Console) -> Result<Exit> {
    match cli.command {
        Command::Read(args) => read::run(&args, console),
        Command::Preprocess(args) => preprocess::run(&args, console),
        Command::Data(args) => data::run(&args, console),
        Command::Train(args) => train::run(&args, console),
        Command::Eval(args) => eval::run(&args, console),
        Command::Model(args) => model::run(&args, console),
        Command::Form(args) => form::run(&args, console),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(&args, console),
        Command::Bench(args) => bench::run(&args, console),
        #[cfg(feature = "compare")]
        Command::Compare(args) => compare::run(&args, console),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// Results for people or for programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ReportFormat {
    /// Tables for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// A value as one line of JSON.
pub(crate) fn json_line(value: &impl serde::Serialize) -> Result<String> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    Ok(text)
}
