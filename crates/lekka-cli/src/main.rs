//! The program `lekka`: reads handwritten Kannada digits, and trains what reads them.

mod args;
mod batch;
mod commands;
mod failure;
mod inputs;
mod interrupt;
mod ordered;
mod output;
mod progress;
mod steps;
mod terminal;
mod weights;

use args::Cli;
use clap::Parser;
use failure::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let console = terminal::Console::new(cli.global.color, cli.global.quiet);
    let exit = commands::run(cli, &console).unwrap_or_else(|error| {
        if failure::is_broken_pipe(&error) {
            // Whoever read our output has seen enough, as in `lekka read folder | head`.
            return Exit::Success;
        }
        console.error(&error);
        Exit::Failed
    });
    exit.into()
}
