//! `lekka man`: the manual, made from the command line's own definition.

use crate::args::Cli;
use crate::failure::Exit;
use crate::output::{create_folder, print, write_file};
use anyhow::Result;
use clap::{Args, Command, CommandFactory};
use std::path::PathBuf;

/// Options of `lekka man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lekka man | man -l -
  lekka man --output-dir ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs) -> Result<Exit> {
    let mut command = Cli::command();
    command.build();
    match &args.output_dir {
        None => print(&page(command)?)?,
        Some(folder) => {
            create_folder(folder)?;
            for (name, command) in pages("lekka", command) {
                write_file(&folder.join(format!("{name}.1")), page(command)?.as_bytes())?;
            }
        }
    }
    Ok(Exit::Success)
}

fn page(command: Command) -> Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// The command and those below it, each with the name of its page, such as `lekka-data-info`.
fn pages(name: &str, command: Command) -> Vec<(String, Command)> {
    let mut all = Vec::new();
    for below in command.get_subcommands().filter(|c| c.get_name() != "help") {
        all.extend(pages(
            &format!("{name}-{}", below.get_name()),
            below.clone(),
        ));
    }
    all.insert(0, (name.to_owned(), command));
    all
}
