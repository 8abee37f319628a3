//! `lekka preprocess`: the pictures that a page goes through before its digits are read.

use crate::commands::{ReportFormat, json_line};
use crate::failure::{Exit, failure};
use crate::inputs::Input;
use crate::output::{Output, create_folder, print};
use crate::steps::StepArgs;
use crate::terminal::Console;
use crate::weights;
use anyhow::{Context, Result};
use clap::Args;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, GrayImage, ImageEncoder};
use lekka::{ReadOptions, Recognizer, Stage};
use lekka_image::decode::pages;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Options of `lekka preprocess`.
#[derive(Debug, Args)]
#[command(
    after_help = "The stages are those that `lekka read` makes with the same options: grey, inverted, \
enlarged, light, median, threshold, upright, turned, ink, rules, digits, glyphs; what does not apply to a page is \
left out. In ink, digits and glyphs ink is white.

Examples:
  lekka preprocess scan.jpg --stages stages/
  lekka preprocess scan.jpg -o clean.png
  lekka preprocess scan.jpg --stage light --light always -o even.png
  curl -s https://example.org/form.jpg | lekka preprocess - --stage ink -o - | lekka read -"
)]
pub(crate) struct PreprocessArgs {
    /// A picture, or - for standard input
    #[arg(value_name = "PICTURE|-")]
    input: PathBuf,
    /// Write every stage into this folder, numbered: 01-grey.png, 02-light.png and so on
    #[arg(long, value_name = "DIR")]
    stages: Option<PathBuf>,
    /// Write one stage of the page as PNG; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The stage that --output writes
    #[arg(long, value_name = "NAME", default_value = "ink", requires = "output")]
    stage: String,
    /// The page of the file that --output writes
    #[arg(long, value_name = "N", default_value_t = 1, requires = "output")]
    page: usize,
    /// How to list the stages
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
    /// Weights in place of the built-in ones: they decide which way up a page reads
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    steps: StepArgs,
}

/// A stage as it is listed.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    page: usize,
    stage: &'a str,
    note: &'a str,
    changed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

pub(crate) fn run(args: &PreprocessArgs, console: &Console) -> Result<Exit> {
    let input = Input::of(&args.input)?;
    let name = input.name();
    let bytes = input.read()?;
    let options = ReadOptions {
        steps: args.steps.steps(),
        ..ReadOptions::default()
    };
    let recognizer = Recognizer::from_model(&weights::load(args.weights.as_deref())?)?;
    if let Some(folder) = &args.stages {
        create_folder(folder)?;
    }
    let mut listing = String::new();
    let mut exit = Exit::Success;
    let mut written = args.output.is_none();
    let mut count = 0;
    for picture in pages(&bytes, &options.limits).with_context(|| name.clone())? {
        let picture = match picture {
            Ok(picture) => picture,
            Err(error) if count == 0 => return Err(error).with_context(|| name.clone()),
            Err(error) => {
                // A damaged page behind others.
                exit = Exit::Failed;
                console.error(&anyhow::Error::from(error).context(name.clone()));
                break;
            }
        };
        count += 1;
        let staged = recognizer.stages(&picture, &name, &options)?;
        if let (Some(output), true) = (&args.output, count == args.page) {
            let picture = find(&staged.stages, &args.stage)?;
            write_png(Output::open(Some(output))?, picture)?;
            written = true;
        }
        list(args, count, &staged.stages, &mut listing)?;
    }
    if !written {
        let message = format!("{name} has no page {}", args.page);
        return Err(failure(
            message,
            format!("it has {count}; give --page 1 to {count}"),
        ));
    }
    // The picture has standard output for itself.
    let piped = args
        .output
        .as_deref()
        .is_some_and(|path| path.as_os_str() == "-");
    if !piped {
        print(&listing)?;
    }
    Ok(exit)
}

/// Writes the stages of a page where that is wanted, and lists them.
fn list(args: &PreprocessArgs, page: usize, stages: &[Stage], listing: &mut String) -> Result<()> {
    let mut number = 0;
    for stage in stages {
        let mut file = None;
        if let Some(picture) = &stage.image {
            number += 1;
            if let Some(folder) = &args.stages {
                let prefix = if page == 1 {
                    String::new()
                } else {
                    format!("page-{page}-")
                };
                let path = folder.join(format!("{prefix}{number:02}-{}.png", stage.name));
                write_png(Output::file(&path)?, picture)?;
                file = Some(path.display().to_string());
            }
        }
        let size = stage.image.as_ref().map(GrayImage::dimensions);
        let listed = Listed {
            page,
            stage: stage.name,
            note: &stage.note,
            changed: stage.image.is_some(),
            width: size.map(|size| size.0),
            height: size.map(|size| size.1),
            file,
        };
        match args.format {
            ReportFormat::Json => listing.push_str(&json_line(&listed)?),
            ReportFormat::Text => {
                let left = if listed.changed {
                    ""
                } else {
                    ": left as it is"
                };
                let file = listed.file.map(|file| format!("  -> {file}"));
                let file = file.unwrap_or_default();
                writeln!(listing, "{:10} {}{left}{file}", listed.stage, listed.note)?;
            }
        }
    }
    Ok(())
}

/// The picture of a stage; for a step that was not taken, the one before it.
fn find<'a>(stages: &'a [Stage], name: &str) -> Result<&'a GrayImage> {
    let names = || {
        let names: Vec<&str> = stages.iter().map(|stage| stage.name).collect();
        names.join(", ")
    };
    let at = stages.iter().position(|stage| stage.name == name);
    let picture = at.and_then(|at| {
        let mut before = stages[..=at].iter().rev();
        before.find_map(|stage| stage.image.as_ref())
    });
    picture.ok_or_else(|| {
        failure(
            format!("the page has no stage {name}"),
            format!("its stages are {}", names()),
        )
    })
}

fn write_png(mut output: Output, picture: &GrayImage) -> Result<()> {
    PngEncoder::new_with_quality(&mut output, CompressionType::Fast, FilterType::Sub)
        .write_image(
            picture,
            picture.width(),
            picture.height(),
            ExtendedColorType::L8,
        )
        .map_err(|error| match error {
            image::ImageError::IoError(error) => output.explain(error),
            other => other.into(),
        })?;
    output.finish()
}
