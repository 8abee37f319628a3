//! Messages to the person at the terminal, on standard error.

use crate::failure::{hint_of, message_of};
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

/// When to colour messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where messages go.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    color: bool,
    terminal: bool,
    quiet: bool,
}

impl Console {
    /// Looks at the environment once.
    pub(crate) fn new(choice: ColorChoice, quiet: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let color = match choice {
            ColorChoice::Auto => terminal && !no_color && !dumb,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        Self {
            color,
            terminal: terminal && !dumb,
            quiet,
        }
    }

    /// Whether bars that move may be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        self.terminal && !self.quiet
    }

    /// Whether messages are coloured.
    pub(crate) fn colored(&self) -> bool {
        self.color
    }

    /// Whether only results, warnings and errors are wanted.
    #[cfg(feature = "serve")]
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// What went wrong and what to do.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.line("error", "31", &message_of(error));
        if let Some(hint) = hint_of(error) {
            self.line("hint", "36", hint);
        }
    }

    /// Progress in words; silent with `--quiet`.
    pub(crate) fn note(&self, message: impl Display) {
        if !self.quiet {
            put(&format!("{message}\n"));
        }
    }

    fn line(&self, label: &str, color: &str, message: &str) {
        put(&if self.color {
            format!("\x1b[1;{color}m{label}:\x1b[0m {message}\n")
        } else {
            format!("{label}: {message}\n")
        });
    }
}

/// One write for each message, so that those of two programs do not mix. When standard error is
/// closed there is nobody left to tell.
fn put(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
