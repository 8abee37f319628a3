//! `lekka form review`: a page to look through doubtful fields.

use super::scans::Scans;
use crate::failure::Exit;
use crate::output::Output;
use crate::terminal::Console;
use anyhow::Result;
use clap::Args;
use lekka_form::to_html;
use std::fmt::Write;
use std::path::PathBuf;

/// Options of `lekka form review`.
#[derive(Debug, Args)]
#[command(
    after_help = "The page is one HTML file with the pictures of the doubtful fields in it. It asks for \
nothing from elsewhere, works by keyboard alone, and saves the corrected table as CSV.

Examples:
  lekka form review marks-sheet.toml scans/ -o review.html"
)]
pub(crate) struct ReviewArgs {
    #[command(flatten)]
    scans: Scans,
    /// Where to write the page; - is standard output
    #[arg(long, short, value_name = "FILE", default_value = "review.html")]
    output: PathBuf,
}

pub(super) fn run(args: &ReviewArgs, console: &Console) -> Result<Exit> {
    let form = args.scans.form()?;
    let mut output = Output::open(Some(&args.output))?;
    let mut readings = Vec::new();
    let exit = args.scans.read(&form, true, console, |reading| {
        readings.push(reading);
        Ok(())
    })?;
    output.text(&to_html(&form, &readings)?)?;
    output.finish()?;
    let doubtful: usize = readings
        .iter()
        .map(|reading| reading.review().count())
        .sum();
    let fields: usize = readings.iter().map(|reading| reading.fields.len()).sum();
    let unread = readings
        .iter()
        .filter(|reading| reading.error.is_some())
        .count();
    let mut note = format!("{doubtful} of {fields} fields are for review");
    if unread > 0 {
        let plural = if unread == 1 { " was" } else { "s were" };
        write!(note, "; {unread} page{plural} not read")?;
    }
    console.note(note);
    Ok(exit)
}
