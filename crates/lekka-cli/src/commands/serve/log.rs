//! The log of the server, on standard error.

use crate::terminal::Console;
use tracing::level_filters::LevelFilter;

/// Forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// One line for each event, for people.
    Text,
    /// One JSON object for each event.
    Json,
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogLevel {
    /// What the operator should look after.
    Error,
    /// Requests that were refused too.
    Warn,
    /// All requests too.
    Info,
    /// Connections that broke off too.
    Debug,
}

/// From now on events are written.
pub(super) fn start(format: LogFormat, level: LogLevel, console: &Console) {
    let level = match level {
        _ if console.is_quiet() => LevelFilter::ERROR,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(console.colored())
        .with_target(false)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
