//! `lekka read`: finds and reads the digits of pictures.

mod annotate;

use crate::args::Threads;
use crate::failure::{Exit, Hint, message_of};
use crate::inputs::{Input, expand};
use crate::output::{Output, create_folder};
use crate::progress;
use crate::steps::StepArgs;
use crate::terminal::Console;
use crate::weights;
use anyhow::Result;
use clap::Args;
use lekka::export::{CsvExporter, JsonExporter, TextExporter};
use lekka::{
    DecodeLimits, Exporter, PageReading, Polarity, ReadOptions, Recognizer, ReviewRule, Script,
};
use rayon::prelude::*;
use std::path::PathBuf;

/// Options of `lekka read`.
#[derive(Debug, Args)]
#[command(
    after_help = "Pictures are PNG, JPEG, TIFF (all pages), BMP, PNM, WebP and GIF. A cell \
without ink is `_`. Doubt is no failure: the status of each digit in JSON and CSV tells of it, and \
--annotate shows it. A file that cannot be read does not stop the others.

Examples:
  lekka read sheet.png
  lekka read scans/ --format csv -o digits.csv
  lekka read 'scans/*.tif' --format json --annotate checked/
  lekka read marks.png --max-error 0.001 --format csv
  curl -s https://example.org/form.jpg | lekka read - --script ascii"
)]
pub(crate) struct ReadArgs {
    /// Pictures, folders of pictures, patterns such as 'scans/*.png', or - for standard input
    #[arg(value_name = "PICTURE|FOLDER|-", required = true)]
    inputs: Vec<PathBuf>,
    /// How to write the readings
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Where to write them; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write each page with boxes and readings drawn on it, as PNG, into this folder
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,
    /// Weights in place of the built-in ones
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Script of the text format
    #[arg(long, value_name = "SCRIPT", default_value = "kannada")]
    script: ScriptName,
    /// Digits less probable than this are for review, 0 to 1; by default as the weights say
    #[arg(long, value_name = "P", value_parser = probability)]
    review_below: Option<f32>,
    /// Mark so many digits for review that of the others no more than this share is wrong, such as
    /// 0.001
    ///
    /// The threshold is the one that the weights were released with: with 95 % confidence it keeps
    /// the rate on writers that the network has not seen, as far as they write and are scanned as
    /// those of the training set. It promises nothing for other hands, for a single page, or for
    /// what is no digit; docs/trust.md says more, `lekka eval --max-error` measures it on data of
    /// your own.
    #[arg(long, value_name = "RATE", value_parser = error_rate, conflicts_with = "review_below")]
    max_error: Option<f64>,
    /// Which of light and dark is ink
    #[arg(long, value_name = "INK", default_value = "auto")]
    ink: Ink,
    /// Refuse pictures with more pixels
    #[arg(long, value_name = "N", default_value_t = 100.0, value_parser = megapixels)]
    max_megapixels: f64,
    /// Look for pictures in the folders below too
    #[arg(long, short)]
    recursive: bool,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    steps: StepArgs,
}

/// Forms of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The digits alone, a grid as rows.
    Text,
    /// One JSON object for each page, each on its line.
    Json,
    /// A table with one line for each digit.
    Csv,
}

/// Scripts of the text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ScriptName {
    /// ೦ ೧ ೨ ೩ ೪ ೫ ೬ ೭ ೮ ೯.
    Kannada,
    /// 0 1 2 3 4 5 6 7 8 9.
    Ascii,
}

/// Colours of the ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Ink {
    /// Finds out for each page.
    Auto,
    /// Dark on light, as on paper.
    Dark,
    /// Light on dark, as on a blackboard.
    Light,
}

fn probability(text: &str) -> Result<f32, String> {
    let value = text.parse().ok().filter(|p| (0.0..=1.0).contains(p));
    value.ok_or_else(|| "a number from 0 to 1".to_owned())
}

pub(crate) fn error_rate(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|rate| *rate > 0.0 && *rate <= 1.0);
    value.ok_or_else(|| "a rate above 0, at most 1, such as 0.001".to_owned())
}

fn megapixels(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|n| *n > 0.0 && *n <= 1e6);
    value.ok_or_else(|| "a number above 0, at most 1000000".to_owned())
}

impl ReadArgs {
    fn options(&self) -> ReadOptions {
        ReadOptions {
            limits: DecodeLimits {
                max_pixels: (self.max_megapixels * 1e6) as u64,
                ..DecodeLimits::default()
            },
            polarity: match self.ink {
                Ink::Auto => None,
                Ink::Dark => Some(Polarity::DarkOnLight),
                Ink::Light => Some(Polarity::LightOnDark),
            },
            review: match (self.review_below, self.max_error) {
                (Some(threshold), _) => ReviewRule::Threshold(threshold),
                (None, Some(rate)) => ReviewRule::MaxError(rate),
                (None, None) => ReviewRule::Weights,
            },
            steps: self.steps.steps(),
        }
    }

    fn exporter(&self, headings: bool) -> Box<dyn Exporter> {
        let script = match self.script {
            ScriptName::Kannada => Script::Kannada,
            ScriptName::Ascii => Script::Ascii,
        };
        match self.format {
            Format::Text => Box::new(TextExporter::new(script, headings)),
            Format::Json => Box::new(JsonExporter),
            Format::Csv => Box::new(CsvExporter),
        }
    }
}

pub(crate) fn run(args: &ReadArgs, console: &Console) -> Result<Exit> {
    args.threads.set_up()?;
    let options = args.options();
    let recognizer = Recognizer::from_model(&weights::load(args.weights.as_deref())?)?;
    // Told once, not for each file.
    recognizer.review_threshold(options.review).hint(
        "--review-below P gives a probability instead; `lekka model card` prints the table",
    )?;
    let inputs = expand(&args.inputs, args.recursive);
    let mut annotator = match &args.annotate {
        None => None,
        Some(folder) => {
            create_folder(folder)?;
            Some(annotate::Annotator::new(folder.clone()))
        }
    };
    let mut output = Output::open(args.output.as_deref())?;
    let mut exporter = args.exporter(inputs.len() > 1);
    exporter
        .begin(&mut output)
        .map_err(|error| output.explain(error))?;

    let bar = progress::counter(console, inputs.len() as u64, "files");
    let mut exit = Exit::Success;
    // A batch at a time: all threads have work, and not all pictures are in memory at once.
    for batch in inputs.chunks(rayon::current_num_threads().max(1)) {
        let read = |input: &Result<Input>| match input {
            Err(_) => None,
            Ok(input) => Some(read_one(&recognizer, input, &options, annotator.is_some())),
        };
        // One picture has the threads for itself.
        let results: Vec<_> = match batch {
            [single] => vec![read(single)],
            several => several.par_iter().map(read).collect(),
        };
        for (input, result) in batch.iter().zip(results) {
            let (name, result) = match (input, result) {
                (Ok(input), Some(result)) => (input.name(), result),
                (Err(error), _) => {
                    exit = Exit::Failed;
                    bar.suspend(|| console.error(error));
                    continue;
                }
                (Ok(_), None) => continue,
            };
            let readings = match result {
                Ok((readings, bytes)) => {
                    // A damaged page behind others that could be read.
                    for error in readings.iter().flat_map(|reading| &reading.errors) {
                        exit = Exit::Failed;
                        bar.suspend(|| console.error(&anyhow::anyhow!("{name}: {error}")));
                    }
                    if let (Some(annotator), Some(bytes)) = (&mut annotator, bytes)
                        && let Err(error) = annotator.write(&name, &bytes, &options, &readings)
                    {
                        exit = Exit::Failed;
                        bar.suspend(|| console.error(&error));
                    }
                    readings
                }
                Err(error) => {
                    exit = Exit::Failed;
                    bar.suspend(|| console.error(&error));
                    vec![PageReading::failed(name, message_of(&error))]
                }
            };
            for reading in &readings {
                exporter
                    .page(reading, &mut output)
                    .map_err(|error| output.explain(error))?;
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    output.finish()?;
    Ok(exit)
}

/// The readings of one file, and its bytes when they are still needed.
type FileReading = (Vec<PageReading>, Option<Vec<u8>>);

fn read_one(
    recognizer: &Recognizer,
    input: &Input,
    options: &ReadOptions,
    keep: bool,
) -> Result<FileReading> {
    let bytes = input.read()?;
    let readings = recognizer.read(&bytes, &input.name(), options)?;
    Ok((readings, keep.then_some(bytes)))
}
