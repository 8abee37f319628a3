//! `lekka form design`: the blank form.

use super::load;
use crate::failure::{Exit, Hint, failure};
use crate::output::Output;
use anyhow::Result;
use clap::Args;
use lekka_form::{to_pdf, to_png};
use std::io::Write;
use std::path::PathBuf;

/// Options of `lekka form design`.
#[derive(Debug, Args)]
#[command(
    after_help = "Print the PDF at 100 %, not \"fit to page\". Letters are Latin and Kannada \
and drawn as outlines, so that every printer prints them alike.

Examples:
  lekka form design marks-sheet.toml -o marks-sheet.pdf
  lekka form design marks-sheet.toml -o marks-sheet.png --dpi 200"
)]
pub(crate) struct DesignArgs {
    /// The template in TOML, or - for standard input
    #[arg(value_name = "TEMPLATE")]
    template: PathBuf,
    /// Where to draw it: a name that ends in .pdf or .png, or - for a PDF on standard output
    #[arg(long, short, value_name = "FILE", required = true)]
    output: PathBuf,
    /// Dots per inch of a PNG picture
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(50..=600))]
    dpi: u32,
}

pub(super) fn run(args: &DesignArgs) -> Result<Exit> {
    let form = load(&args.template)?;
    let ending = args
        .output
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    let bytes = match ending.as_deref() {
        Some("png") => to_png(&form, f64::from(args.dpi)).hint("choose a lower --dpi")?,
        Some("pdf") => to_pdf(&form),
        None if args.output.as_os_str() == "-" => to_pdf(&form),
        _ => {
            let message = format!("cannot tell what to draw into {}", args.output.display());
            return Err(failure(message, "give a name that ends in .pdf or .png"));
        }
    };
    let mut output = Output::open(Some(&args.output))?;
    output
        .write_all(&bytes)
        .map_err(|error| output.explain(error))?;
    output.finish()?;
    Ok(Exit::Success)
}
