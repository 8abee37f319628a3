//! `lekka model release`: makes weights to ship from finished runs.

use crate::args::Threads;
use crate::commands::data::require_folder;
use crate::commands::{ReportFormat, figures, json_line};
use crate::failure::{Exit, failure};
use crate::output::{Output, write_file};
use crate::progress;
use crate::terminal::Console;
use anyhow::Result;
use clap::Args;
use lekka_model::{Metadata, ValueType, percent};
use lekka_train::RunFolder;
use lekka_train::data::{DataFolder, Split};
use lekka_train::release::{Coverage, HeldOut, Release, ReleaseError, ReleaseOptions};
use std::fmt::Write;
use std::path::PathBuf;

/// Options of `lekka model release`.
#[derive(Debug, Args)]
#[command(
    after_help = "Rounds the weights of RUN to f16, fits the temperature of their probabilities \
and finds the thresholds for rates of errors on writers that the network which read them had not \
seen. The folds are runs of the same recipe with --hold-out-fold K/N, one for each K; RUN is \
trained with --hold-out 0. What was found is written into the weights: `lekka model card` prints it.

Examples:
  lekka model release runs/all --folds runs/fold-0 runs/fold-1 runs/fold-2 --data data/ -o new.safetensors
  lekka model release runs/one --held-out --data data/ --review-error 0.01 -o new.safetensors"
)]
pub(crate) struct ReleaseArgs {
    /// Folder of the run to release
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folders of runs of the same recipe that together held out every writer once
    #[arg(long, value_name = "FOLD_RUN", num_args = 1.., required_unless_present = "held_out")]
    folds: Vec<PathBuf>,
    /// Calibrate on the writers that some folds held out, without those that none did
    #[arg(long, requires = "folds")]
    partial: bool,
    /// Calibrate on what RUN itself held out, without folds
    #[arg(long, conflicts_with = "folds")]
    held_out: bool,
    /// Folder with the official files or Kaggle's CSV files
    #[arg(
        long,
        value_name = "DIR",
        env = "LEKKA_DATA_DIR",
        hide_env_values = true
    )]
    data: Option<PathBuf>,
    /// The rate of errors among accepted digits that the threshold for review is chosen for
    #[arg(long, value_name = "RATE", default_value_t = ReleaseOptions::default().review_error)]
    review_error: f64,
    /// Measure the official test and Dig-MNIST too: once for each released file, after all else
    /// is decided
    #[arg(long)]
    measure: bool,
    /// The commit of the program that trained RUN, for the record
    #[arg(long, value_name = "HASH")]
    commit: Option<String>,
    /// How to print what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
    /// Where to write the weights
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    threads: Threads,
}

pub(crate) fn release(args: &ReleaseArgs, console: &Console) -> Result<Exit> {
    args.threads.set_up()?;
    let run = RunFolder::open(&args.run)?;
    let folds = args.folds.iter().map(|path| RunFolder::open(path));
    let folds: Vec<RunFolder> = folds.collect::<Result<_, _>>()?;
    let folder = DataFolder::open(require_folder(args.data.as_deref())?)?;
    let training = folder.read(Split::Train)?;
    let measured = if args.measure {
        let sets = [("official test", Split::Test), ("Dig-MNIST", Split::Dig)];
        let sets = sets.map(|(name, split)| Ok((name, folder.read(split)?)));
        sets.into_iter().collect::<Result<Vec<_>>>()?
    } else {
        Vec::new()
    };
    let writes_stdout = args.output.as_os_str() == "-";
    // The figures must not mix with the weights.
    if !writes_stdout {
        // Opened before the work: a folder that is not there is told at once.
        drop(Output::open(Some(&args.output))?);
    }

    let bar = progress::counter(console, training.len() as u64, "images");
    let read = |images: usize| bar.inc(images as u64);
    let held_out = if args.held_out {
        HeldOut::of_run(&run, &training, read)
    } else {
        let coverage = if args.partial {
            Coverage::Some
        } else {
            Coverage::Every
        };
        HeldOut::of_folds(&run, &folds, &training, coverage, read)
    };
    bar.finish_and_clear();
    let options = ReleaseOptions {
        review_error: args.review_error,
        commit: args.commit.clone(),
    };
    let release = Release::new(&run, &held_out?, &options);
    let mut release = release.map_err(|error| match error {
        ReleaseError::Risk(_) => failure(error, "--review-error RATE chooses another rate"),
        error => error.into(),
    })?;
    for (name, set) in &measured {
        if set.labels().is_none() {
            return Err(failure(
                format!("{name} has no labels to measure by"),
                "give a folder with the official files",
            ));
        }
        release.measure(name, set)?;
    }
    let model = release.model();
    if writes_stdout {
        let mut output = Output::stdout();
        let bytes = model.save(ValueType::F16)?;
        std::io::Write::write_all(&mut output, &bytes).map_err(|error| output.explain(error))?;
        output.finish()?;
        return Ok(Exit::Success);
    }
    write_file(&args.output, &model.save(ValueType::F16)?)?;
    let text = match args.format {
        ReportFormat::Json => json_line(&model.metadata)?,
        ReportFormat::Text => describe(&model.metadata, release.evaluation().interval),
    };
    crate::output::print(&text)?;
    Ok(Exit::Success)
}

fn describe(metadata: &Metadata, interval: lekka_train::metrics::Interval) -> String {
    let mut text = String::new();
    for (number, fold) in metadata.folds.iter().enumerate() {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            text,
            "fold {number}: {:.2} % of {} images by {} writers, seed {}, {} epochs",
            100.0 * fold.accuracy,
            fold.images,
            fold.writers.len(),
            fold.seed,
            fold.epochs
        );
    }
    let _ = writeln!(text, "temperature {:.4}", metadata.temperature());
    if let (Some(threshold), Some(rate)) = (metadata.review_threshold, metadata.review_error) {
        let rate = percent(rate);
        let _ = writeln!(
            text,
            "for review below {threshold:.6}, for at most {rate} % errors"
        );
    }
    for (number, figure) in metadata.figures.iter().enumerate() {
        text.push('\n');
        text.push_str(&figures::figure(figure));
        if number == 0 {
            let _ = writeln!(
                text,
                "95 % interval of the accuracy {:.2} to {:.2} %",
                100.0 * interval.low,
                100.0 * interval.high
            );
        }
    }
    text
}
