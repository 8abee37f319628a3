//! Reading many scans of a form, for the table and for the review page.

use super::load;
use crate::args::Threads;
use crate::failure::{Exit, message_of};
use crate::inputs::{Input, expand};
use crate::progress;
use crate::terminal::Console;
use crate::weights;
use anyhow::Result;
use clap::Args;
use lekka::{DecodeLimits, Recognizer};
use lekka_form::{DEFAULT_REVIEW_BELOW, Form, FormOptions, FormReading};
use rayon::prelude::*;
use std::path::PathBuf;

/// What to read and how.
#[derive(Debug, Args)]
pub(super) struct Scans {
    /// The template in TOML
    #[arg(value_name = "TEMPLATE")]
    template: PathBuf,
    /// Scans of the filled form: pictures, folders of pictures, patterns, or - for standard input
    #[arg(value_name = "SCAN", required = true)]
    inputs: Vec<PathBuf>,
    /// Weights in place of the built-in ones
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Fields whose value is less probable than this are for review, 0 to 1
    #[arg(long, value_name = "P", default_value_t = DEFAULT_REVIEW_BELOW, value_parser = probability)]
    review_below: f64,
    /// Refuse pictures with more pixels
    #[arg(long, value_name = "N", default_value_t = 100.0, value_parser = megapixels)]
    max_megapixels: f64,
    /// Look for pictures in the folders below too
    #[arg(long, short)]
    recursive: bool,
    #[command(flatten)]
    threads: Threads,
}

fn probability(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|p| (0.0..=1.0).contains(p));
    value.ok_or_else(|| "a number from 0 to 1".to_owned())
}

fn megapixels(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|n| *n > 0.0 && *n <= 1e6);
    value.ok_or_else(|| "a number above 0, at most 1000000".to_owned())
}

impl Scans {
    /// The form of the template.
    pub(super) fn form(&self) -> Result<Form> {
        load(&self.template)
    }

    /// Reads all scans; `page` takes each page in the order given. A scan that fails, or on which the form is not found,
    /// is told, gives a page with an error, and does not stop the others.
    pub(super) fn read(
        &self,
        form: &Form,
        keep_pictures: bool,
        console: &Console,
        mut page: impl FnMut(FormReading) -> Result<()>,
    ) -> Result<Exit> {
        self.threads.set_up()?;
        let recognizer = Recognizer::from_model(&weights::load(self.weights.as_deref())?)?;
        let options = FormOptions {
            limits: DecodeLimits {
                max_pixels: (self.max_megapixels * 1e6) as u64,
                ..DecodeLimits::default()
            },
            review_below: self.review_below,
            keep_pictures,
        };
        let inputs = expand(&self.inputs, self.recursive);
        let bar = progress::counter(console, inputs.len() as u64, "scans");
        let mut exit = Exit::Success;
        let read = |input: &Result<Input>| -> Option<Result<Vec<FormReading>>> {
            let input = input.as_ref().ok()?;
            let read =
                |bytes: Vec<u8>| Ok(form.read(&recognizer, &bytes, &input.name(), &options)?);
            Some(input.read().and_then(read))
        };
        for batch in inputs.chunks(rayon::current_num_threads().max(1)) {
            let results: Vec<_> = match batch {
                [single] => vec![read(single)],
                several => several.par_iter().map(read).collect(),
            };
            for (input, result) in batch.iter().zip(results) {
                bar.inc(1);
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
                    Ok(readings) => readings,
                    Err(error) => {
                        exit = Exit::Failed;
                        bar.suspend(|| console.error(&error));
                        page(FormReading::failed(name, 1, message_of(&error)))?;
                        continue;
                    }
                };
                for reading in readings {
                    if let Some(error) = &reading.error {
                        exit = Exit::Failed;
                        let error = anyhow::anyhow!("{name}, page {}: {error}", reading.page);
                        bar.suspend(|| console.error(&error));
                    }
                    page(reading)?;
                }
            }
        }
        bar.finish_and_clear();
        Ok(exit)
    }
}
