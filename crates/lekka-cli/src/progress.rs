//! Bars on a terminal.

use crate::terminal::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error when that is a terminal, else nothing.
pub(crate) fn bar(console: &Console, length: u64, template: &str) -> ProgressBar {
    if !console.shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(8));
    let template = if console.colored() {
        template
            .replace("{bar:30}", "{bar:30.cyan/dim}")
            .replace("{wide_bar}", "{wide_bar:.cyan/dim}")
    } else {
        template.to_owned()
    };
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

/// A bar over a known number of things.
pub(crate) fn counter(console: &Console, length: u64, what: &str) -> ProgressBar {
    let template = format!("{{bar:30}} {{pos}}/{{len}} {what}, {{eta}} left");
    bar(console, length, &template)
}
