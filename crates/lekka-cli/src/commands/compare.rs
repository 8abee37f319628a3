//! `lekka compare`: the classical methods that the paper cites beside the network.

use super::data::require_folder;
use crate::args::Threads;
use crate::failure::{Exit, failure};
use crate::interrupt;
use crate::output::{Output, write_file};
use crate::progress;
use crate::terminal::Console;
use crate::weights;
use anyhow::Result;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use indicatif::ProgressBar;
use lekka_compare::{
    CompareError, Comparison, Event, FeatureKind, Interrupt, Method, Row, Settings, Table,
};
use lekka_train::data::{DataFolder, Split};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Options of `lekka compare`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lekka compare --data data/
  lekka compare --data data/ --methods knn,svm-rbf --features hog --training-images 2000
  lekka compare --data data/ --measure-test --format csv -o compare.csv -j 1
  lekka compare --data data/ --methods network --weights runs/one/model.safetensors

A fifth of the writers is held out and only measured on; settings are chosen on other writers.
What is finished is kept when a method fails or Ctrl-C ends the run; with -o also on the disk.")]
pub(crate) struct CompareArgs {
    /// Folder with the official files or Kaggle's CSV files, and writers.csv
    #[arg(
        long,
        value_name = "DIR",
        env = "LEKKA_DATA_DIR",
        hide_env_values = true
    )]
    data: Option<PathBuf>,
    /// Methods, divided by commas; all by default
    #[arg(long, value_name = "LIST", value_delimiter = ',',
          value_parser = PossibleValuesParser::new(Method::ALL.map(Method::name)).try_map(|name| name.parse::<Method>()))]
    methods: Vec<Method>,
    /// Features for knn and the support vector machines, divided by commas; all by default
    #[arg(long, value_name = "LIST", value_delimiter = ',',
          value_parser = PossibleValuesParser::new(FeatureKind::ALL.map(FeatureKind::name)).try_map(|name| name.parse::<FeatureKind>()))]
    features: Vec<FeatureKind>,
    /// Images to train on, drawn evenly from the writers
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    training_images: usize,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Weights to measure in place of the built-in ones
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Measure on the official test too; leave it off while you choose anything
    #[arg(long)]
    measure_test: bool,
    /// How to print the table
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TableFormat,
    /// Where to print it; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
}

/// Forms of the table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum TableFormat {
    /// Columns for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// A line for each method.
    Csv,
}

impl TableFormat {
    fn write(self, table: &Table) -> Result<String, CompareError> {
        match self {
            Self::Text => Ok(table.to_text()),
            Self::Json => table.to_json(),
            Self::Csv => table.to_csv(),
        }
    }
}

pub(crate) fn run(args: &CompareArgs, console: &Console) -> Result<Exit> {
    args.threads.set_up()?;
    let mut output = Output::open(args.output.as_deref())?;
    // Saved after each row too, unless it is a pipe or a device, which keeps all that it gets.
    let path = args.output.as_deref();
    let file = path.filter(|path| path.as_os_str() != "-" && (path.is_file() || !path.exists()));
    let folder = DataFolder::open(require_folder(args.data.as_deref())?)?;
    let images = folder.read(Split::Train)?;
    let test = args.measure_test.then(|| folder.read(Split::Test));
    let test = test.transpose()?;
    let settings = Settings {
        methods: or_all(&args.methods, &Method::ALL),
        features: or_all(&args.features, &FeatureKind::ALL),
        training_images: args.training_images,
        seed: args.seed,
    };
    let network = settings
        .methods
        .contains(&Method::Network)
        .then(|| weights::load(args.weights.as_deref()))
        .transpose()?;
    let interrupt = Interrupt::default();
    interrupt::listen(Arc::clone(&interrupt.0))?;
    let comparison = Comparison::new(settings, &images, test, network)
        .map_err(explain)?
        .interrupt(interrupt);
    let mut bar = ProgressBar::hidden();
    let mut written = Ok(());
    let table = comparison.run(|event| match event {
        Event::Started {
            index,
            count,
            method,
            features,
        } => {
            if index == 0 {
                bar = progress::bar(
                    console,
                    count as u64,
                    "{bar:30} {pos}/{len} {msg} {elapsed}",
                );
                bar.enable_steady_tick(std::time::Duration::from_millis(250));
            }
            bar.set_message(format!("{} on {features}", method.name()));
        }
        Event::Finished(table) => {
            bar.inc(1);
            if let Some(row) = table.rows.last() {
                bar.suspend(|| console.note(line(row)));
            }
            if let (Some(path), Ok(())) = (file, &written) {
                written = save(path, args.format, table);
            }
        }
        _ => (),
    });
    bar.finish_and_clear();
    written?;
    output.text(&args.format.write(&table)?)?;
    output.finish()?;
    Ok(if table.interrupted {
        Exit::Interrupted
    } else if table.rows.iter().any(|row| row.failure.is_some()) {
        Exit::Failed
    } else {
        Exit::Success
    })
}

fn or_all<T: Copy + PartialEq>(wanted: &[T], all: &[T]) -> Vec<T> {
    if wanted.is_empty() {
        return all.to_vec();
    }
    // Named twice is measured once.
    let mut once = Vec::with_capacity(wanted.len());
    for &one in wanted {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

fn save(path: &Path, format: TableFormat, table: &Table) -> Result<()> {
    write_file(path, format.write(table)?.as_bytes())
}

/// One method in one line.
fn line(row: &Row) -> String {
    let name = format!("{} on {}", row.method, row.features);
    match (&row.failure, row.held_out) {
        (Some(reason), _) => format!("{name} failed: {reason}"),
        (None, Some(held_out)) => {
            let settings = row.settings.as_deref().unwrap_or_default();
            let percent = 100.0 * held_out.accuracy;
            format!("{name}: {percent:.2} % of {}, {settings}", held_out.images)
        }
        (None, None) => format!("{name}: measured"),
    }
}

fn explain(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Data(_) => failure(
            error,
            "all of it is needed: the 60,000 training images with labels and writers.csv",
        ),
        other => other.into(),
    }
}
