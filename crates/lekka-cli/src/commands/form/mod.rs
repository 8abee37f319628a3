//! `lekka form`: forms from a template, printed, read and reviewed.

mod check;
mod design;
mod read;
mod review;
mod scans;

use crate::failure::{Exit, failure};
use crate::inputs::{Input, read_file};
use crate::terminal::Console;
use anyhow::Result;
use clap::{Args, Subcommand};
use lekka_form::{Form, Template};
use std::path::Path;

/// Options of `lekka form`.
#[derive(Debug, Args)]
pub(crate) struct FormArgs {
    #[command(subcommand)]
    command: FormCommand,
}

#[derive(Debug, Subcommand)]
enum FormCommand {
    /// Tell what is wrong with a template
    Check(check::CheckArgs),
    /// Draw the blank form as PDF or PNG
    Design(design::DesignArgs),
    /// Read filled scans of a form into a table
    Read(read::ReadArgs),
    /// Make a page to look through the doubtful fields of scans
    Review(review::ReviewArgs),
}

pub(crate) fn run(args: &FormArgs, console: &Console) -> Result<Exit> {
    match &args.command {
        FormCommand::Check(args) => check::run(args, console),
        FormCommand::Design(args) => design::run(args),
        FormCommand::Read(args) => read::run(args, console),
        FormCommand::Review(args) => review::run(args, console),
    }
}

/// The text of a template.
fn template_text(path: &Path) -> Result<String> {
    let bytes = if path.as_os_str() == "-" {
        Input::Stdin.read()?
    } else {
        read_file(path)?
    };
    String::from_utf8(bytes).map_err(|_| {
        let message = format!("{} is no text", path.display());
        failure(
            message,
            "give a template in TOML, before the scans; docs/forms.md has an example",
        )
    })
}

/// The form of a template without mistakes.
fn load(path: &Path) -> Result<Form> {
    let template = Template::parse(&template_text(path)?, &path.display().to_string())?;
    Form::new(template).map_err(|problems| {
        let message = format!("{}: {problems}", path.display());
        failure(
            message,
            format!(
                "`lekka form check {}` lists it line by line",
                path.display()
            ),
        )
    })
}
