//! `lekka eval`: how well a network reads labelled digits.

use super::data::{Source, SplitName};
use super::{ReportFormat, figures, json_line, numbers};
use crate::args::Threads;
use crate::failure::{Exit, Hint, failure};
use crate::output::Output;
use crate::progress;
use crate::terminal::Console;
use crate::weights;
use anyhow::Result;
use clap::Args;
use lekka::{Recognizer, ReviewError};
use lekka_model::{Model, RiskLevel, percent};
use lekka_nn::Predictor;
use lekka_train::data::DataSet;
use lekka_train::metrics::{
    CALIBRATION_BINS, Evaluation, Interval, Predictions, levels_on, logits_with, wilson_interval,
};
use lekka_train::{Report, RunFolder};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Options of `lekka eval`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lekka eval --data data/ --split test
  lekka eval --images X_dig_MNIST-idx3-ubyte.gz --labels y_dig_MNIST-idx1-ubyte.gz --format json
  lekka eval --images test.csv --predictions submission.csv --kaggle
  lekka eval --data data/ --weights runs/one/best.safetensors --report report.html --run runs/one
  lekka eval --data data/ --run runs/one --held-out
  lekka eval --data data/ --split dig --max-error 0.001
  lekka eval --numbers numbers/")]
pub(crate) struct EvalArgs {
    #[command(flatten)]
    source: Source,
    /// Weights in place of the built-in ones
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// How to print the figures
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
    /// Where to print them; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write index, label, prediction and ten probabilities of each image as CSV
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
    /// Write the predictions as a submission to Kaggle: id, label
    #[arg(long, requires = "predictions")]
    kaggle: bool,
    /// Write a page of HTML with tables, plots and the misread digits
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Run folder of the weights, for the curves of the report; its model is measured unless
    /// --weights names another
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Measure on what the run held out of the training images
    #[arg(long, requires = "run", conflicts_with_all = ["split", "images"])]
    held_out: bool,
    /// Tell what the weights' threshold for this rate of errors accepts, such as 0.001
    ///
    /// The threshold is that of `lekka read --max-error`. It is promised, with the confidence of
    /// the weights' table, for writers like those it was found on; here is what it does on the data
    /// that are measured.
    #[arg(long, value_name = "RATE", value_parser = super::read::error_rate)]
    max_error: Option<f64>,
    /// Measure how well whole numbers are read, on a folder that `lekka data compose` made
    #[arg(long, value_name = "DIR", conflicts_with_all = ["split", "images", "predictions", "report", "run", "max_error"])]
    numbers: Option<PathBuf>,
    /// With --numbers: how lines are read whose digits are not all beyond doubt one by one
    #[arg(long, value_name = "NAME", requires = "numbers")]
    method: Option<numbers::MethodName>,
    /// With --numbers: weights of a network for whole lines, made by `lekka train --preset numbers`
    #[arg(long, value_name = "FILE", requires = "numbers")]
    line_weights: Option<PathBuf>,
    /// With --numbers: costs of paths through lines in place of the built-in ones, as TOML
    #[arg(long, value_name = "TOML", requires = "numbers")]
    costs: Option<String>,
    /// With --numbers: look for better costs of paths through lines, and print them; use numbers of training writers
    #[arg(long, requires = "numbers")]
    tune: bool,
    /// How many of the misread digits the text lists; JSON has them all
    #[arg(long, value_name = "N", default_value_t = 20)]
    misread: usize,
    #[command(flatten)]
    threads: Threads,
}

pub(crate) fn run(args: &EvalArgs, console: &Console) -> Result<Exit> {
    args.threads.set_up()?;
    if let Some(folder) = &args.numbers {
        return run_numbers(folder, args, console);
    }
    let run = args.run.as_deref().map(RunFolder::open).transpose()?;
    let of_run = run.as_ref().map(RunFolder::model_file);
    let model = weights::load(args.weights.as_deref().or(of_run.as_deref()))?;
    let set = match &run {
        Some(run) if args.held_out => held_out(run, &args.source)?,
        _ => args.source.read(SplitName::Test)?,
    };
    let asked = args.max_error.map(|rate| level(&model, rate)).transpose()?;
    if set.labels().is_none() && args.predictions.is_none() {
        let message = format!("{} has no labels to measure by", set.name());
        return Err(failure(
            message,
            "give --labels FILE, or only write --predictions FILE",
        ));
    }
    // Opened before the work: a folder that is not there is told at once.
    let mut output = Output::open(args.output.as_deref())?;
    let predictions_to = args
        .predictions
        .as_deref()
        .map(|path| Output::open(Some(path)));
    let predictions_to = predictions_to.transpose()?;
    let report_to = args
        .report
        .as_deref()
        .map(|path| Output::open(Some(path)))
        .transpose()?;
    let history = run.as_ref().map(RunFolder::history).transpose()?;
    let history = history.unwrap_or_default();
    let predictions = predict(&model, &set, console)?;
    if let Some(mut to) = predictions_to {
        let written = if args.kaggle {
            predictions.write_kaggle(&set, &mut to)
        } else {
            predictions.write_csv(&set, &mut to)
        };
        written.map_err(|error| to.explain(error))?;
        to.finish()?;
    }
    if set.labels().is_some() {
        let evaluation = Evaluation::new(&set, &predictions)?;
        let risk = model.metadata.risk.as_ref();
        let levels = risk.map_or(&[][..], |risk| &risk.levels);
        let levels = levels_on(&set, &predictions, levels)?;
        let asked = levels_on(&set, &predictions, asked.as_slice())?;
        if let Some(mut to) = report_to {
            let report = Report {
                title: format!("Evaluation on {}", evaluation.set),
                facts: facts(&model, args),
                evaluation: &evaluation,
                set: &set,
                predictions: &predictions,
                levels: &levels,
                history: &history,
            };
            to.text(&report.to_html()?)?;
            to.finish()?;
        }
        match args.format {
            ReportFormat::Json => {
                let accepted = asked.first().map(|level| Accepted::new(level, &evaluation));
                output.text(&json_line(&Measured {
                    evaluation: &evaluation,
                    accepted,
                    levels: &levels,
                })?)?;
            }
            ReportFormat::Text => {
                let doubt = doubt(&evaluation, &asked, &levels);
                output.text(&text(&evaluation, &doubt, args.misread))?;
            }
        }
    } else {
        console.note(format_args!(
            "{} has no labels: only its predictions are written",
            set.name()
        ));
    }
    output.finish()?;
    Ok(Exit::Success)
}

/// Measures whole numbers, or looks for better costs on them.
fn run_numbers(folder: &Path, args: &EvalArgs, console: &Console) -> Result<Exit> {
    let mut output = Output::open(args.output.as_deref())?;
    let weights_file = args.weights.as_deref();
    let text = if args.tune {
        numbers::tune(folder, weights_file, console)?
    } else {
        let recognizer = Recognizer::from_model(&weights::load(weights_file)?)?;
        let recognizer = numbers::chosen(
            recognizer,
            args.method,
            args.line_weights.as_deref(),
            args.costs.as_deref(),
        )?;
        numbers::measure(folder, &recognizer, args.format, args.misread, console)?
    };
    output.text(&text)?;
    output.finish()?;
    Ok(Exit::Success)
}

/// The threshold of weights for a rate of errors.
fn level(model: &Model, rate: f64) -> Result<RiskLevel> {
    let hint = "`lekka model card` prints the rates that the weights have thresholds for";
    let Some(risk) = &model.metadata.risk else {
        let error = ReviewError::NoTable { wanted: rate };
        return Err(failure(error, hint));
    };
    Ok(*risk.level(rate).hint(hint)?)
}

/// The figures with what thresholds accept.
#[derive(Serialize)]
struct Measured<'a> {
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    /// For `--max-error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Accepted>,
    /// For each rate that the weights have a threshold for.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    levels: &'a [RiskLevel],
}

/// What the threshold for `--max-error` accepts.
#[derive(Serialize)]
struct Accepted {
    #[serde(flatten)]
    level: RiskLevel,
    /// Share of the digits that are accepted, 0 to 1.
    share: f64,
    /// Share of errors among them, 0 to 1.
    error_rate: f64,
    /// Its 95 % interval, as if digits were independent of one another.
    interval: Interval,
}

impl Accepted {
    fn new(level: &RiskLevel, evaluation: &Evaluation) -> Self {
        Self {
            level: *level,
            share: level.accepted as f64 / evaluation.images.max(1) as f64,
            error_rate: level.error_rate(),
            interval: wilson_interval(level.errors as usize, level.accepted as usize),
        }
    }
}

/// What thresholds accept, in words.
fn doubt(evaluation: &Evaluation, asked: &[RiskLevel], levels: &[RiskLevel]) -> String {
    let mut text = String::new();
    for level in asked {
        let accepted = Accepted::new(level, evaluation);
        let _ = writeln!(
            text,
            "for at most {} % errors: probability at least {:.6}; accepted {} of {} ({:.2} %), of \
             which {} are wrong, {:.3} %, 95 % interval {:.3} to {:.3} %\n",
            percent(level.max_error),
            level.threshold,
            level.accepted,
            evaluation.images,
            100.0 * accepted.share,
            level.errors,
            100.0 * accepted.error_rate,
            100.0 * accepted.interval.low,
            100.0 * accepted.interval.high
        );
    }
    if !levels.is_empty() {
        text.push_str(&figures::levels(levels, evaluation.images as u64));
        text.push('\n');
    }
    text
}

/// The training images that a run did not train on.
fn held_out(run: &RunFolder, source: &Source) -> Result<DataSet> {
    let config = run.config()?;
    let all = source.read(SplitName::Train)?;
    let sets = config.split.apply(&all, config.seed)?;
    sets.validation.ok_or_else(|| {
        failure(
            format!("{} held nothing out", run.path().display()),
            "measure it with --split test or --split dig",
        )
    })
}

/// What the report says of the weights.
fn facts(model: &Model, args: &EvalArgs) -> Vec<(String, String)> {
    let metadata = &model.metadata;
    let file = args
        .weights
        .as_ref()
        .map_or("built in".to_owned(), |path| path.display().to_string());
    let mut facts = vec![("weights", format!("{} ({file})", metadata.name))];
    facts.extend(
        metadata
            .command
            .clone()
            .map(|command| ("trained by", command)),
    );
    facts.extend(metadata.seed.map(|seed| ("seed", seed.to_string())));
    facts.extend(metadata.data.iter().map(|sum| {
        (
            "trained on",
            format!("{}, SHA-256 {}", sum.name, sum.sha256),
        )
    }));
    facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn predict(model: &Model, set: &DataSet, console: &Console) -> Result<Predictions> {
    let predictor = Predictor::new(&model.spec, &model.parameters)?;
    let bar = progress::counter(console, set.len() as u64, "images");
    let logits = logits_with(set, |images, logits| {
        let result = predictor.logits(images, logits);
        bar.inc((images.len() / lekka_train::data::IMAGE_PIXELS) as u64);
        result
    })?;
    bar.finish_and_clear();
    Ok(Predictions::from_logits(
        &logits,
        model.metadata.temperature(),
    ))
}

fn text(evaluation: &Evaluation, doubt: &str, misread: usize) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        text,
        "{}: {} of {} right, accuracy {:.2} %, 95 % interval {:.2} to {:.2} %",
        evaluation.set,
        evaluation.correct,
        evaluation.images,
        100.0 * evaluation.accuracy,
        100.0 * evaluation.interval.low,
        100.0 * evaluation.interval.high
    );
    let _ = writeln!(
        text,
        "negative log likelihood {:.4}, expected calibration error {:.4} ({CALIBRATION_BINS} bins)\n",
        evaluation.negative_log_likelihood, evaluation.calibration_error
    );
    text.push_str(doubt);
    let _ = writeln!(text, "{:.4}\n\n{}", evaluation.report, evaluation.confusion);
    for writer in evaluation.writers.iter().flatten() {
        let _ = writeln!(
            text,
            "writer {}: {} of {} right, {:.2} %",
            writer.writer,
            writer.correct,
            writer.images,
            100.0 * writer.accuracy
        );
    }
    if misread > 0 && !evaluation.misread.is_empty() {
        let all = evaluation.misread.len();
        let _ = writeln!(text, "\nmisread, {} of {all}:", misread.min(all));
    }
    for digit in evaluation.misread.iter().take(misread) {
        let of = |class: u8| 100.0 * digit.probabilities.get(usize::from(class)).unwrap_or(&0.0);
        let _ = writeln!(
            text,
            "index {}: {} ({:.1} %) read as {} ({:.1} %)",
            digit.index,
            digit.label,
            of(digit.label),
            digit.prediction,
            of(digit.prediction)
        );
    }
    text
}
