//! Reading many scans of a form, for the table and for the review page.

use super::load;
use crate::args::Threads;
use crate::batch::{self, Batch, PageSelection};
use crate::failure::Exit;
use crate::inputs::expand;
use crate::terminal::Console;
use crate::weights;
use anyhow::Result;
use clap::Args;
use lekka::{DecodeLimits, Recognizer};
use lekka_form::{DEFAULT_REVIEW_BELOW, Form, FormOptions, FormReading};
use std::collections::HashMap;
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
    /// Which pages of each file, such as 2-5,9 or 3-; by default all
    #[arg(long, value_name = "PAGES", value_parser = PageSelection::parse)]
    pages: Option<PageSelection>,
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
        mut page: impl FnMut(FormReading) -> Result<()> + Send,
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
        let batch = Batch {
            inputs: expand(&self.inputs, self.recursive),
            limits: options.limits.clone(),
            pages: self.pages.clone().unwrap_or_default(),
            already: HashMap::new(),
        };
        batch::read_all(
            batch,
            console,
            |_| (),
            |picture, place, ()| {
                let (image, source) = (&picture.gray, &place.source);
                Ok(form.read_page(&recognizer, image, source, place.page, &options)?)
            },
            |_, reading, _| page(reading),
        )
    }
}
