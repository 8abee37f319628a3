//! `lekka form read`: filled scans into a table.

use super::scans::Scans;
use crate::failure::Exit;
use crate::output::Output;
use crate::terminal::Console;
use anyhow::Result;
use clap::Args;
use lekka_form::table::{write_csv_header, write_csv_row, write_json};
use std::path::PathBuf;

/// Options of `lekka form read`.
#[derive(Debug, Args)]
#[command(
    after_help = "The table has a row for each page and a column for each field; `review` names the \
fields that somebody has to look at, `error` says why a page was not read. JSON has the likeliest \
readings of each field with their probabilities, and why it is for review. Doubt is no failure; a page \
on which the form is not found is.

Examples:
  lekka form read marks-sheet.toml scans/ -o marks.csv
  lekka form read marks-sheet.toml scan.png --format json"
)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    scans: Scans,
    /// How to write the readings
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: Format,
    /// Where to write them; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Forms of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table with a line for each page.
    Csv,
    /// One JSON object for each page, each on its line.
    Json,
}

pub(super) fn run(args: &ReadArgs, console: &Console) -> Result<Exit> {
    let form = args.scans.form()?;
    let mut output = Output::open(args.output.as_deref())?;
    if args.format == Format::Csv {
        write_csv_header(&form, &mut output).map_err(|error| output.explain(error))?;
    }
    let exit = args.scans.read(&form, false, console, |reading| {
        match args.format {
            Format::Csv => write_csv_row(&form, &reading, &mut output),
            Format::Json => write_json(&reading, &mut output),
        }
        .map_err(|error| output.explain(error))
    })?;
    output.finish()?;
    Ok(exit)
}
