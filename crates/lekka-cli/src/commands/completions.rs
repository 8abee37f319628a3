//! `lekka completions`: scripts that complete commands in a shell.

use crate::args::Cli;
use crate::failure::Exit;
use crate::output::Output;
use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Options of `lekka completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lekka completions bash > ~/.local/share/bash-completion/completions/lekka
  lekka completions zsh > \"${fpath[1]}/_lekka\"
  lekka completions fish > ~/.config/fish/completions/lekka.fish
  lekka completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit> {
    // Into memory first: the generator panics when its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lekka", &mut script);
    let mut output = Output::stdout();
    output.text(&String::from_utf8_lossy(&script))?;
    output.finish()?;
    Ok(Exit::Success)
}
