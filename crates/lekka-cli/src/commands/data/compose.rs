//! `lekka data compose`: numbers of several digits, put together from the digits of one writer.

use crate::failure::{Exit, Hint, failure};
use crate::inputs::{Input, expand};
use crate::output::{create_folder, print};
use crate::progress;
use crate::terminal::Console;
use anyhow::{Context, Result};
use clap::Args;
use lekka_image::{DecodeLimits, decode};
use lekka_nn::random::derive_seed;
use lekka_train::data::{
    ComposeOptions, GlyphBank, SheetOptions, Spacing, WriterGlyphs, compose, write_numbers,
};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Options of `lekka data compose`.
#[derive(Debug, Args)]
#[command(
    after_help = "Each page is a ruled sheet of one writer, row r holding the digit r mod 10, as for \
`lekka data from-sheets`. Digits keep the proportions and the strokes that they have on the page; a \
number is by one writer, who is drawn at random. The folder gets a PNG for each number and \
numbers.jsonl with its digits, the writer and the box around each digit.

Examples:
  lekka data compose scans/ --count 1000 -o numbers
  lekka data compose page_07.png --digits 6 --spacing touching --seed 2 -o numbers
  lekka data compose scans/ --separators 1 -o amounts
  lekka eval --numbers numbers"
)]
pub(crate) struct ComposeArgs {
    /// Scanned pages, folders of them, or patterns
    #[arg(value_name = "PICTURE|FOLDER", required = true)]
    inputs: Vec<PathBuf>,
    /// Folder for the numbers
    #[arg(long, short = 'o', value_name = "DIR")]
    output_dir: PathBuf,
    /// How many numbers
    #[arg(long, value_name = "N", default_value_t = 1000)]
    count: u32,
    /// How many digits they have: a number, or LEAST..MOST
    #[arg(long, value_name = "N|A..B", default_value = "2..12", value_parser = digits)]
    digits: [usize; 2],
    /// How near to each other the digits stand; each number has one of those that are named
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_values = ["spaced", "close", "touching"])]
    spacing: Vec<SpacingName>,
    /// Share of the numbers that have separators: points, commas, slashes, hyphens or bars
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    separators: f64,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Look for pictures in the folders below too
    #[arg(long, short)]
    recursive: bool,
}

/// Spacings by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum SpacingName {
    /// Well apart.
    Spaced,
    /// Near, but not touching.
    Close,
    /// About every second digit touches the one before it.
    Touching,
}

impl From<SpacingName> for Spacing {
    fn from(name: SpacingName) -> Self {
        match name {
            SpacingName::Spaced => Self::Spaced,
            SpacingName::Close => Self::Close,
            SpacingName::Touching => Self::Touching,
        }
    }
}

/// `N` or `A..B`.
fn digits(text: &str) -> Result<[usize; 2], String> {
    let number = |text: &str| text.trim().parse().ok();
    let range = match text.split_once("..") {
        Some((least, most)) => number(least).zip(number(most)),
        None => number(text).map(|count| (count, count)),
    };
    match range {
        Some((least, most)) if 1 <= least && least <= most && most <= 32 => Ok([least, most]),
        _ => Err(
            "a number of digits from 1 to 32, or two with .. between them, such as 2..12"
                .to_owned(),
        ),
    }
}

pub(crate) fn run(args: &ComposeArgs, console: &Console) -> Result<Exit> {
    let options = ComposeOptions {
        digits: args.digits,
        spacing: args.spacing.iter().copied().map(Spacing::from).collect(),
        separators: args.separators,
        ..ComposeOptions::default()
    };
    options
        .check()
        .hint("--separators takes a share from 0 to 1")?;
    create_folder(&args.output_dir)?;
    let (bank, exit) = glyph_bank(&args.inputs, args.recursive, console);
    if bank.is_empty() {
        return Err(failure(
            "no sheet of digits was found, so there is nothing to compose numbers of",
            "give pages with a grid of 40 rows and 32 columns, such as those of Kannada-MNIST",
        ));
    }
    let bar = progress::counter(console, args.count.into(), "numbers");
    let numbers = (0..u64::from(args.count)).map(|index| {
        bar.inc(1);
        compose(&bank, &options, derive_seed(args.seed, "number", &[index]))
    });
    let count = write_numbers(&args.output_dir, numbers)
        .hint("choose a folder that you may write to, or free space on the disk")?;
    bar.finish_and_clear();
    print(&format!(
        "{count} numbers by {} writers in {}\n",
        bank.writers().len(),
        args.output_dir.display()
    ))?;
    Ok(exit)
}

/// The digits of all sheets that can be read.
fn glyph_bank(inputs: &[PathBuf], recursive: bool, console: &Console) -> (GlyphBank, Exit) {
    let inputs = expand(inputs, recursive);
    let bar = progress::counter(console, inputs.len() as u64, "pages");
    let found: Vec<Result<WriterGlyphs>> = inputs
        .into_par_iter()
        .map(|input| {
            let writer = input.and_then(|input| writer(&input));
            bar.inc(1);
            writer
        })
        .collect();
    bar.finish_and_clear();
    let mut writers = Vec::new();
    let mut exit = Exit::Success;
    for writer in found {
        match writer {
            Ok(writer) => writers.push(writer),
            Err(error) => {
                exit = Exit::Failed;
                console.error(&error);
            }
        }
    }
    (GlyphBank::new(writers), exit)
}

/// The digits of a sheet; its first page counts.
fn writer(input: &Input) -> Result<WriterGlyphs> {
    let name = input.name();
    let pictures =
        decode(&input.read()?, &DecodeLimits::default()).with_context(|| name.clone())?;
    let stem = Path::new(&name)
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_else(|| name.clone());
    let picture = pictures
        .first()
        .with_context(|| format!("{name}: no page"))?;
    WriterGlyphs::from_sheet(&stem, &picture.gray, &SheetOptions::default())
        .with_context(|| name.clone())
}
