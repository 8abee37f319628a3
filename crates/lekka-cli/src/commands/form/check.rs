//! `lekka form check`: what is wrong with templates.

use super::template_text;
use crate::failure::Exit;
use crate::output::print;
use crate::terminal::Console;
use anyhow::Result;
use clap::Args;
use lekka_form::Template;
use std::fmt::Write;
use std::path::PathBuf;

/// Options of `lekka form check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Tells fields that overlap or leave the page, boxes too small for a hand, \
ranges that do not fit the number of digits, rules that name no field, go round in circles or never \
hold. Ends with 1 when something is wrong.

Examples:
  lekka form check marks-sheet.toml
  lekka form check forms/*.toml"
)]
pub(crate) struct CheckArgs {
    /// Templates in TOML, or - for standard input
    #[arg(value_name = "TEMPLATE", required = true)]
    templates: Vec<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, console: &Console) -> Result<Exit> {
    let mut exit = Exit::Success;
    let mut report = String::new();
    for path in &args.templates {
        let name = path.display().to_string();
        let text = match template_text(path) {
            Ok(text) => text,
            Err(error) => {
                console.error(&error);
                exit = Exit::Failed;
                continue;
            }
        };
        let negative = match Template::parse(&text, &name) {
            Err(error) => {
                writeln!(report, "{error}")?;
                true
            }
            Ok(template) => {
                let problems = template.check();
                for problem in &problems {
                    let place = problem
                        .line
                        .map_or_else(String::new, |line| format!(", line {line}"));
                    writeln!(report, "{name}{place}: {}", problem.message)?;
                }
                if problems.is_empty() {
                    let (fields, rules) = (template.fields.len(), template.rules.len());
                    let plural = |number: usize| if number == 1 { "" } else { "s" };
                    writeln!(
                        report,
                        "{name}: {fields} field{}, {rules} rule{}, nothing wrong",
                        plural(fields),
                        plural(rules)
                    )?;
                }
                !problems.is_empty()
            }
        };
        if negative && exit == Exit::Success {
            exit = Exit::Negative;
        }
    }
    print(&report)?;
    Ok(exit)
}
