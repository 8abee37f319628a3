//! The command line as a whole; each command's options stand in its own file.

#[cfg(feature = "compare")]
use crate::commands::compare;
#[cfg(feature = "serve")]
use crate::commands::serve;
use crate::commands::{bench, completions, data, eval, form, man, model, preprocess, read, train};
use crate::terminal::ColorChoice;
use anyhow::Context;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Reads handwritten Kannada digits from scans, and trains the network that reads them.
#[derive(Debug, Parser)]
#[command(
    name = "lekka",
    version,
    styles = STYLES,
    after_help = "Exit status: 0 when all inputs were read, 1 when a check says no, 2 when an \
                  input failed or the usage was wrong."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// When to colour messages; `NO_COLOR` in the environment turns colours off too
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// Say nothing but results, warnings and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find and read the digits of pictures
    Read(read::ReadArgs),
    /// Show the pictures that a page goes through before its digits are read
    Preprocess(preprocess::PreprocessArgs),
    /// Check, count, show, make and fetch training data
    Data(data::DataArgs),
    /// Train a network
    Train(Box<train::TrainArgs>),
    /// Measure a network on labelled data
    Eval(eval::EvalArgs),
    /// Print forms, read filled ones and look through what is doubtful
    Form(form::FormArgs),
    /// Describe a network and its weights
    Model(model::ModelArgs),
    /// Read pictures that come over HTTP
    #[cfg(feature = "serve")]
    Serve(Box<serve::ServeArgs>),
    /// Measure the speed of this machine
    Bench(bench::BenchArgs),
    /// Train the classical methods that the paper cites and measure them beside the network
    #[cfg(feature = "compare")]
    Compare(compare::CompareArgs),
    /// Print a script that completes commands in a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write those of all commands into a folder
    Man(man::ManArgs),
}

/// How many threads to use.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Threads {
    /// Threads to use; by default as many as the machine has cores
    #[arg(long, short = 'j', visible_alias = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

impl Threads {
    /// Their number; 0 is as many as the machine has cores.
    #[cfg(feature = "serve")]
    pub(crate) fn count(self) -> usize {
        self.threads.map_or(0, usize::from)
    }

    /// Sets up the pool; 0 threads are as many as the machine has cores. The calling thread is one
    /// of them: one picture is read in well under a millisecond, of which handing the work to
    /// another thread and waiting for it would take a tenth.
    pub(crate) fn set_up(self) -> anyhow::Result<()> {
        rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads.map_or(0, usize::from))
            .use_current_thread()
            .build_global()
            .context("cannot start the threads; fewer may do: --threads 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
