//! Errors with a hint at what to do, and what the program's end says about them.

use std::fmt;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All inputs were read.
    Success,
    /// A check was made and its answer is no.
    Negative,
    /// An input or the usage was wrong; other inputs may have been read.
    Failed,
    /// Ctrl-C; what was done is saved.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Negative => 1,
            Exit::Failed => 2,
            // As shells number it: 128 and the number of SIGINT.
            Exit::Interrupted => 130,
        })
    }
}

/// An error together with what the user can do about it.
#[derive(Debug)]
pub(crate) struct Hinted {
    error: anyhow::Error,
    hint: String,
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

impl std::error::Error for Hinted {}

/// Adds a hint to an error.
pub(crate) trait Hint<T> {
    /// Says what the user can do when this fails.
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Hint<T> for Result<T, E> {
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T> {
        self.map_err(|error| {
            Hinted {
                error: error.into(),
                hint: hint.into(),
            }
            .into()
        })
    }
}

/// An error made of a message and a hint.
pub(crate) fn failure(message: impl fmt::Display, hint: impl Into<String>) -> anyhow::Error {
    Hinted {
        error: anyhow::anyhow!("{message}"),
        hint: hint.into(),
    }
    .into()
}

/// The hint of an error, if it or one of its causes has one.
pub(crate) fn hint_of(error: &anyhow::Error) -> Option<&str> {
    error
        .chain()
        .find_map(|cause| cause.downcast_ref::<Hinted>())
        .map(|h| h.hint.as_str())
}

/// The message with its causes. A cause that its error already tells is not told twice.
pub(crate) fn message_of(error: &anyhow::Error) -> String {
    let mut message = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    message
}

/// Whether the reader of our output went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        let inner = cause.downcast_ref::<Hinted>();
        io.is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
            || inner.is_some_and(|h| is_broken_pipe(&h.error))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use std::io;

    #[test]
    fn causes_are_told_once_and_hints_are_found() {
        let io = io::Error::other("disk on fire");
        let error = Err::<(), _>(io)
            .hint("pour water")
            .context("cannot write x")
            .unwrap_err();
        assert_eq!(message_of(&error), "cannot write x: disk on fire");
        assert_eq!(hint_of(&error), Some("pour water"));
        let repeated = anyhow::anyhow!("inner").context("outer: inner");
        assert_eq!(message_of(&repeated), "outer: inner");
    }

    #[test]
    fn a_broken_pipe_is_recognised_under_its_context() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(
            &anyhow::Error::from(broken()).context("cannot write")
        ));
        assert!(is_broken_pipe(
            &Err::<(), _>(broken()).hint("h").unwrap_err()
        ));
        assert!(!is_broken_pipe(&anyhow::anyhow!("no")));
    }
}
