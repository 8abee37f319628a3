//! `lekka data from-sheets`: a labelled data set from scanned pages of a ruled grid.

use crate::failure::{Exit, Hint, failure};
use crate::inputs::{Input, expand};
use crate::output::{create_folder, print, write_file};
use crate::progress;
use crate::terminal::Console;
use anyhow::{Context, Result};
use clap::Args;
use lekka_image::{DecodeLimits, decode};
use lekka_page::{CellProportions, PageOptions};
use lekka_train::data::{CellOrder, LabelRule, SheetOptions, SheetSet, write_idx_pair};
use std::path::{Path, PathBuf};

/// Options of `lekka data from-sheets`.
#[derive(Debug, Args)]
#[command(
    after_help = "Each page is one writer's, named after its file. Cells are cut and \
normalised as those of Kannada-MNIST; blank cells are left out. The folder gets \
images-idx3-ubyte.gz, labels-idx1-ubyte.gz and writers.csv.

Examples:
  lekka data from-sheets scans/ --output-dir mine
  lekka data from-sheets page.png --rows 10 --columns 8 --labels columns:01234567 --output-dir mine
  lekka data from-sheets scans/ --proportions paper --output-dir natural
  lekka data from-sheets scans/ --variations 3 --output-dir varied
  lekka train --init best.safetensors --set 'data.extra=[{name=\"mine\", \
images=\"mine/images-idx3-ubyte.gz\", labels=\"mine/labels-idx1-ubyte.gz\"}]'"
)]
pub(crate) struct FromSheetsArgs {
    /// Scanned pages, folders of them, or patterns
    #[arg(value_name = "PICTURE|FOLDER", required = true)]
    inputs: Vec<PathBuf>,
    /// Folder for the data set
    #[arg(long, short = 'o', value_name = "DIR")]
    output_dir: PathBuf,
    /// Rows of the grid
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rows: u16,
    /// Columns of the grid
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    columns: u16,
    /// Which digit is in which cell: row-mod-10 (row 0 holds 0, row 1 holds 1, ...), rows:DIGITS
    /// or columns:DIGITS, one digit for each
    #[arg(long, value_name = "RULE", default_value = "row-mod-10")]
    labels: String,
    /// In which order cells become images
    #[arg(long, value_name = "ORDER", default_value = "column")]
    order: Order,
    /// Proportions that the digits get
    #[arg(long, value_name = "WHICH", default_value = "official")]
    proportions: ProportionsName,
    /// In place of each digit, N as other hands and other cuts might have given it through the
    /// official procedure; to train on
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=100),
        conflicts_with = "proportions")]
    variations: u16,
    /// Seed of the variations
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Look for pictures in the folders below too
    #[arg(long, short)]
    recursive: bool,
}

/// Orders of the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Order {
    /// Column by column, as in Kannada-MNIST.
    Column,
    /// Row by row.
    Row,
}

/// Proportions of the digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProportionsName {
    /// Stretched in height as those of Kannada-MNIST.
    Official,
    /// As they stand on the paper.
    Paper,
}

pub(crate) fn run(args: &FromSheetsArgs, console: &Console) -> Result<Exit> {
    let options = SheetOptions {
        rows: usize::from(args.rows),
        columns: usize::from(args.columns),
        labels: label_rule(args)?,
        order: match args.order {
            Order::Column => CellOrder::ByColumn,
            Order::Row => CellOrder::ByRow,
        },
        page: PageOptions::default().with_cells(match args.proportions {
            ProportionsName::Official => CellProportions::Official,
            ProportionsName::Paper => CellProportions::Paper,
        }),
        variations: args.variations,
        seed: args.seed,
    };
    let inputs = expand(&args.inputs, args.recursive);
    create_folder(&args.output_dir)?;
    let bar = progress::counter(console, inputs.len() as u64, "pages");
    let mut sheets = SheetSet::default();
    let [mut pages, mut digits, mut blank] = [0, 0, 0];
    let mut exit = Exit::Success;
    for input in inputs {
        match input.and_then(|input| add(&mut sheets, &input, &options)) {
            Ok(counts) => {
                for count in counts {
                    pages += 1;
                    digits += count.digits;
                    blank += count.blank.len();
                }
            }
            Err(error) => {
                exit = Exit::Failed;
                bar.suspend(|| console.error(&error));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if digits == 0 {
        let hint = "check --rows and --columns against the pages";
        return Err(failure(
            "no digits were found, so there is no data set",
            hint,
        ));
    }
    let set = sheets.finish("sheets")?;
    let at = |name: &str| args.output_dir.join(name);
    write_idx_pair(
        &set,
        &at("images-idx3-ubyte.gz"),
        &at("labels-idx1-ubyte.gz"),
    )
    .hint("choose a folder that you may write to, or free space on the disk")?;
    if let Some(writers) = set.writers() {
        write_file(&at("writers.csv"), writers.to_table("train").as_bytes())?;
    }
    print(&format!(
        "{digits} digits of {pages} pages in {}; {blank} cells are blank\n",
        args.output_dir.display()
    ))?;
    Ok(exit)
}

fn add(
    sheets: &mut SheetSet,
    input: &Input,
    options: &SheetOptions,
) -> Result<Vec<lekka_train::data::SheetCount>> {
    let name = input.name();
    let pictures =
        decode(&input.read()?, &DecodeLimits::default()).with_context(|| name.clone())?;
    let stem = Path::new(&name)
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_else(|| name.clone());
    let several = pictures.len() > 1;
    let mut counts = Vec::new();
    for picture in &pictures {
        let writer = if several {
            format!("{stem}-{}", picture.page + 1)
        } else {
            stem.clone()
        };
        counts.push(
            sheets
                .add(&writer, &picture.gray, options)
                .with_context(|| name.clone())?,
        );
    }
    Ok(counts)
}

fn label_rule(args: &FromSheetsArgs) -> Result<LabelRule> {
    let digits = |text: &str, expected: u16, what: &str| {
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|c| c.to_digit(10).map(|digit| digit as u8))
            .collect();
        digits
            .filter(|digits| digits.len() == usize::from(expected))
            .ok_or_else(|| {
                let message = format!(
                    "--labels {} does not give {expected} {what} a digit",
                    args.labels
                );
                failure(message, format!("write {expected} digits, one for each"))
            })
    };
    match args.labels.split_once(':') {
        None if args.labels == "row-mod-10" => Ok(LabelRule::RowModulo10),
        Some(("rows", text)) => Ok(LabelRule::Rows(digits(text, args.rows, "rows")?)),
        Some(("columns", text)) => Ok(LabelRule::Columns(digits(text, args.columns, "columns")?)),
        _ => {
            let hint = "it is row-mod-10, rows:DIGITS or columns:DIGITS";
            Err(failure(
                format!("--labels {} is no rule", args.labels),
                hint,
            ))
        }
    }
}
