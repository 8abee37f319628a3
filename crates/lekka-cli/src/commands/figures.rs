//! Tables of figures, as several commands print them.

use lekka_model::{Figure, PartFigure, RiskLevel, percent};
use std::fmt::Write;

/// What each level accepts of a number of images, one line each below a heading.
pub(crate) fn levels(levels: &[RiskLevel], images: u64) -> String {
    let mut text = format!(
        "{:>10}  {:>10}  {:>18}  {:>8}  {:>10}\n",
        "max error", "threshold", "accepted", "errors", "error rate"
    );
    for level in levels {
        let share = 100.0 * level.accepted as f64 / images.max(1) as f64;
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            text,
            "{:>10}  {:>10.6}  {:>8} ({share:5.2} %)  {:>8}  {:>8.3} %",
            format!("{} %", percent(level.max_error)),
            level.threshold,
            level.accepted,
            level.errors,
            100.0 * level.error_rate()
        );
    }
    text
}

/// Everything that is known about a set.
pub(crate) fn figure(figure: &Figure) -> String {
    let mut text = format!(
        "{}: accuracy {:.2} % of {} images",
        figure.set,
        100.0 * figure.accuracy,
        figure.images
    );
    if let Some(error) = figure.calibration_error {
        let _ = write!(text, ", expected calibration error {error:.4}");
    }
    text.push('\n');
    for (what, parts) in [("digit", &figure.digits), ("writer", &figure.writers)] {
        for PartFigure {
            name,
            accuracy,
            images,
        } in parts
        {
            let accuracy = 100.0 * accuracy;
            let _ = writeln!(text, "  {what} {name}: {accuracy:.2} % of {images}");
        }
    }
    if !figure.levels.is_empty() {
        text.push_str(&levels(&figure.levels, figure.images));
    }
    text
}
