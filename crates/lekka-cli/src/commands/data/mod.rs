//! `lekka data`: everything about data sets.

mod compose;
mod fetch;
mod from_sheets;
mod info;
mod show;
mod source;
mod verify;

pub(crate) use source::{Source, SplitName, require_folder};

use crate::failure::Exit;
use crate::terminal::Console;
use anyhow::Result;
use clap::{Args, Subcommand};

/// Options of `lekka data`.
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Check the official files against their sums
    Verify(verify::VerifyArgs),
    /// Count images per class and writer
    Info(info::InfoArgs),
    /// Draw a sheet of samples as a PNG picture
    Show(show::ShowArgs),
    /// Make a labelled data set from scanned pages of a ruled grid
    FromSheets(from_sheets::FromSheetsArgs),
    /// Compose numbers of several digits from scanned pages, each of one writer
    Compose(compose::ComposeArgs),
    /// Download the official files from their author's repository
    Fetch(fetch::FetchArgs),
}

pub(crate) fn run(args: &DataArgs, console: &Console) -> Result<Exit> {
    match &args.command {
        DataCommand::Verify(args) => verify::run(args),
        DataCommand::Info(args) => info::run(args),
        DataCommand::Show(args) => show::run(args),
        DataCommand::FromSheets(args) => from_sheets::run(args, console),
        DataCommand::Compose(args) => compose::run(args, console),
        DataCommand::Fetch(args) => fetch::run(args, console),
    }
}
