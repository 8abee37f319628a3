//! `lekka read`: finds and reads the digits of pictures.

mod annotate;
mod destination;
mod manifest;
mod names;

use self::destination::{Boxed, Destination};
use self::manifest::Manifest;
use self::names::Names;
use crate::args::Threads;
use crate::batch::{self, Batch, PageSelection};
use crate::failure::{Exit, Hint, failure};
use crate::inputs::{Input, expand};
use crate::output::create_folder;
use crate::steps::StepArgs;
use crate::terminal::Console;
use crate::weights;
use anyhow::Result;
use clap::Args;
use lekka::export::{AltoExporter, CsvExporter, HocrExporter, JsonExporter, TextExporter};
use lekka::{DecodeLimits, Polarity, ReadOptions, Recognizer, ReviewRule, Script};
use std::collections::HashSet;
use std::path::PathBuf;

/// Options of `lekka read`.
#[derive(Debug, Args)]
#[command(
    after_help = "Pictures are PNG, JPEG, TIFF and PDF (all pages), BMP, PNM, WebP and GIF. A cell \
without ink is `_`. Doubt is no failure: the status of each digit in JSON and CSV tells of it, and \
--annotate shows it. A page that cannot be read does not stop the others. ALTO and hOCR are a \
document for each picture file; for several, -o names a folder.

Examples:
  lekka read sheet.png
  lekka read scans/ --format csv -o digits.csv
  lekka read 'scans/*.tif' --format json --annotate checked/
  lekka read marks.png --max-error 0.001 --format csv
  lekka read archive/ --recursive --format json -o digits.jsonl --manifest digits.manifest
  lekka read book.pdf --pages 2-5,9 --format alto -o book.xml
  curl -s https://example.org/form.jpg | lekka read - --script ascii"
)]
pub(crate) struct ReadArgs {
    /// Pictures, folders of pictures, patterns such as 'scans/*.png', or - for standard input
    #[arg(value_name = "PICTURE|FOLDER|-", required = true)]
    inputs: Vec<PathBuf>,
    /// How to write the readings
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Where to write them; - is standard output. A folder for ALTO or hOCR of several files
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which pages of each file, such as 2-5,9 or 3-; by default all
    #[arg(long, value_name = "PAGES", value_parser = PageSelection::parse)]
    pages: Option<PageSelection>,
    /// Keep a list of the pages that are read, so that the same command goes on after an
    /// interruption
    ///
    /// The readings grow in OUTPUT.part and get their name when all is read; of ALTO and hOCR each
    /// document is written whole. A page that the list has is not read again, and none stands in
    /// the readings twice. Files that were added in the meantime are read too.
    #[arg(long, value_name = "FILE", requires = "output")]
    manifest: Option<PathBuf>,
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
    /// ALTO 4 XML, a document for each file.
    Alto,
    /// hOCR, a document for each file.
    Hocr,
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

pub(crate) fn megapixels(text: &str) -> Result<f64, String> {
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

    fn script(&self) -> Script {
        match self.script {
            ScriptName::Kannada => Script::Kannada,
            ScriptName::Ascii => Script::Ascii,
        }
    }

    fn destination(&self, files: usize) -> Result<Destination> {
        let (output, script) = (self.output.as_deref(), self.script());
        let manifest = match (&self.manifest, output) {
            (Some(path), Some(output)) => Some(Manifest::open(path, output, self.settings())?),
            _ => None,
        };
        let alto = move || -> Boxed { Box::new(AltoExporter::new(script)) };
        let hocr = move || -> Boxed { Box::new(HocrExporter::new(script)) };
        let text = |begun| -> Boxed {
            // Whether there is more than one file is not known to a run that goes on.
            let headings = files > 1 || self.manifest.is_some();
            let exporter = TextExporter::new(script, headings);
            Box::new(if begun { exporter.going_on() } else { exporter })
        };
        match self.format {
            Format::Text => Destination::rows(output, manifest, text),
            Format::Json => Destination::rows(output, manifest, |_| Box::new(JsonExporter)),
            Format::Csv => Destination::rows(output, manifest, |_| Box::new(CsvExporter)),
            Format::Alto => Destination::documents(output, files, "xml", manifest, Box::new(alto)),
            Format::Hocr => Destination::documents(output, files, "hocr", manifest, Box::new(hocr)),
        }
    }

    /// All options on which the readings depend, by name.
    fn settings(&self) -> serde_json::Map<String, serde_json::Value> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let pages = self.pages.as_ref().map(ToString::to_string);
        let serde_json::Value::Object(settings) = serde_json::json!({
            "format": format!("{:?}", self.format).to_lowercase(),
            "script": format!("{:?}", self.script).to_lowercase(),
            "ink": format!("{:?}", self.ink).to_lowercase(),
            "weights": path(&self.weights),
            "annotate": path(&self.annotate),
            "pages": pages,
            "review-below": self.review_below,
            "max-error": self.max_error,
            "max-megapixels": self.max_megapixels,
            "preparation": format!("{:?}", self.steps.steps()),
        }) else {
            return serde_json::Map::new();
        };
        settings
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
    let mut inputs = expand(&args.inputs, args.recursive);
    if args.manifest.is_some() {
        each_once(&mut inputs)?;
    }
    let mut destination = args.destination(inputs.len())?;
    if let Some(folder) = &args.annotate {
        create_folder(folder)?;
    }
    let mut names = Names::default();
    let mut annotated = |source: &str, page: usize, several: bool| {
        let folder = args.annotate.as_ref()?;
        Some(folder.join(names.claim(source, several.then_some(page), "png")))
    };
    let earlier = destination.earlier();
    for line in earlier {
        annotated(&line.source, line.page, line.several);
    }
    let failed_earlier = earlier.iter().filter(|line| line.failed).count();
    if !earlier.is_empty() {
        console.note(format!(
            "{} pages were read before, {failed_earlier} of them with errors; going on behind them",
            earlier.len()
        ));
    }

    let batch = Batch {
        inputs,
        limits: options.limits.clone(),
        pages: args.pages.clone().unwrap_or_default(),
        already: destination.already(),
    };
    let exit = batch::read_all(
        batch,
        console,
        |place| annotated(&place.source, place.page, place.several),
        |picture, place, annotated: Option<PathBuf>| {
            let mut reading = recognizer.read_picture(picture, &place.source, &options)?;
            if let Some(path) = annotated
                && let Err(error) = annotate::write(&path, picture, &reading)
            {
                reading.errors.push(crate::failure::message_of(&error));
            }
            Ok(reading)
        },
        |place, reading, failed| destination.page(place, &reading, failed),
    )?;
    destination.finish()?;
    Ok(if failed_earlier > 0 {
        Exit::Failed
    } else {
        exit
    })
}

/// A manifest knows files by their names: one that is named twice is read once.
fn each_once(inputs: &mut Vec<Result<Input>>) -> Result<()> {
    let mut seen = HashSet::new();
    inputs.retain(|input| {
        let name = input.as_ref().ok().map(Input::name);
        name.is_none_or(|name| seen.insert(name))
    });
    if seen.contains("-") {
        return Err(failure(
            "standard input cannot be read a second time, so a manifest is of no use",
            "read files, or leave --manifest out",
        ));
    }
    Ok(())
}
