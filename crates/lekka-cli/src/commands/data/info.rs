//! `lekka data info`: counts per class and writer.

use super::source::Source;
use crate::commands::{ReportFormat, json_line};
use crate::failure::{Exit, failure};
use crate::output::print;
use anyhow::Result;
use clap::Args;
use lekka_train::data::{SetInfo, Split};
use serde_json::json;
use std::fmt::Write;

/// Options of `lekka data info`.
#[derive(Debug, Args)]
#[command(after_help = "Without --split all parts in the folder are described.

Examples:
  lekka data info --data data/
  lekka data info --data data/ --split train --writers
  lekka data info --images train.csv --format json")]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    source: Source,
    /// List the writers with their number of images
    #[arg(long)]
    writers: bool,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: ReportFormat,
}

pub(crate) fn run(args: &InfoArgs) -> Result<Exit> {
    let mut infos = Vec::new();
    if args.source.images.is_some() || args.source.split.is_some() {
        infos.push(args.source.read(super::SplitName::Train)?.info());
    } else {
        let folder = args.source.folder()?;
        for split in Split::ALL {
            if folder.files(split).is_ok() {
                infos.push(folder.read(split)?.info());
            }
        }
        if infos.is_empty() {
            let message = format!("there are no data files in {}", folder.path().display());
            return Err(failure(
                message,
                "`lekka data fetch` downloads the official files",
            ));
        }
    }
    match args.format {
        ReportFormat::Json => print(&json_line(&json!({ "sets": infos }))?)?,
        ReportFormat::Text => print(&text(&infos, args.writers))?,
    }
    Ok(Exit::Success)
}

fn text(infos: &[SetInfo], list_writers: bool) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        text,
        "{:<12}{:>8}{:>9}{:>8}",
        "set", "images", "writers", "ink"
    );
    for digit in 0..10 {
        let _ = write!(text, "{digit:>7}");
    }
    text.push('\n');
    for info in infos {
        let writers = info
            .writers
            .as_ref()
            .map_or("?".to_owned(), |w| w.len().to_string());
        let ink = 100.0 * info.mean_ink;
        let _ = write!(
            text,
            "{:<12}{:>8}{writers:>9}{ink:>6.2} %",
            info.name, info.images
        );
        match info.classes {
            Some(counts) => counts.iter().for_each(|count| {
                let _ = write!(text, "{count:>7}");
            }),
            None => text.push_str("  no labels"),
        }
        text.push('\n');
    }
    if list_writers {
        for info in infos {
            for (writer, count) in info.writers.iter().flatten() {
                let _ = writeln!(text, "{}: writer {writer}, {count} images", info.name);
            }
        }
    }
    text
}
