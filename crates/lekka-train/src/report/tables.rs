//! The tables of a report.

use super::{both, escape};
use crate::data::CLASSES;
use crate::metrics::{Average, Evaluation};
use std::fmt::Write;

/// The main figures and the facts about where they come from.
pub(super) fn summary(evaluation: &Evaluation, facts: &[(String, String)]) -> String {
    let Evaluation {
        images,
        correct,
        accuracy,
        interval,
        ..
    } = evaluation;
    let figures = [
        ("data", format!("{} ({images} images)", evaluation.set)),
        (
            "accuracy",
            format!(
                "{:.2} % ({correct} of {images}; 95 % interval {:.2} to {:.2} %)",
                100.0 * accuracy,
                100.0 * interval.low,
                100.0 * interval.high
            ),
        ),
        (
            "negative log-likelihood",
            format!("{:.4}", evaluation.negative_log_likelihood),
        ),
        (
            "expected calibration error",
            format!("{:.2} %", 100.0 * evaluation.calibration_error),
        ),
    ];
    let figures = figures.map(|(name, value)| (name.to_owned(), value));
    let mut text = String::from("<table class=\"facts\">\n");
    for (name, value) in figures.iter().chain(facts) {
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(name),
            escape(value)
        );
    }
    text.push_str("</table>\n");
    text
}

/// Precision, recall and F1.
pub(super) fn classification(evaluation: &Evaluation) -> String {
    let report = &evaluation.report;
    let mut text = String::from(
        "<h2>Classification report</h2>\n<table><thead><tr><th></th><th>precision</th>\
         <th>recall</th><th>F1</th><th>support</th></tr></thead>\n",
    );
    for class in &report.classes {
        let _ = writeln!(
            text,
            "<tr><th>{}</th><td>{:.4}</td><td>{:.4}</td><td>{:.4}</td><td>{}</td></tr>",
            both(class.digit),
            class.precision,
            class.recall,
            class.f1,
            class.support
        );
    }
    let _ = writeln!(
        text,
        "<tr><th>accuracy</th><td></td><td></td><td>{:.4}</td><td>{}</td></tr>",
        report.accuracy, evaluation.images
    );
    for (name, average) in [
        ("macro average", report.macro_average),
        ("weighted average", report.weighted_average),
    ] {
        let Average {
            precision,
            recall,
            f1,
            support,
        } = average;
        let _ = writeln!(
            text,
            "<tr><th>{name}</th><td>{precision:.4}</td><td>{recall:.4}</td><td>{f1:.4}</td>\
             <td>{support}</td></tr>"
        );
    }
    text.push_str("</table>\n");
    text
}

/// The confusion matrix as a heat map: green on the diagonal, red beside it, each by its share of
/// the row.
pub(super) fn confusion(evaluation: &Evaluation) -> String {
    let mut text = String::from(
        "<h2>Confusion matrix</h2>\n<p class=\"note\">Rows are true digits, columns are \
         readings.</p>\n<div class=\"wide\"><table class=\"heat\"><thead><tr><th></th>",
    );
    for class in 0..CLASSES as u8 {
        let _ = write!(text, "<th>{}</th>", both(class));
    }
    text.push_str("</tr></thead>\n");
    for (class, row) in evaluation.confusion.counts.iter().enumerate() {
        let _ = write!(text, "<tr><th>{}</th>", both(class as u8));
        let total = row.iter().sum::<usize>().max(1) as f64;
        for (reading, &count) in row.iter().enumerate() {
            let share = count as f64 / total;
            let (colour, strength) = if reading == class {
                ("good", 0.45 * share)
            } else {
                // The root makes rare confusions visible too.
                ("heat", 0.9 * share.sqrt())
            };
            let _ = if count == 0 {
                write!(text, "<td></td>")
            } else {
                write!(
                    text,
                    "<td style=\"background:rgb(var(--{colour})/{strength:.2})\">{count}</td>"
                )
            };
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table></div>\n");
    text
}

/// Accuracy for each writer, when they are known.
pub(super) fn writers(evaluation: &Evaluation) -> String {
    let Some(writers) = &evaluation.writers else {
        return String::new();
    };
    let mut text = String::from(
        "<h2>Writers</h2>\n<table><thead><tr><th>writer</th><th>images</th><th>misread</th>\
         <th>accuracy</th></tr></thead>\n",
    );
    for writer in writers {
        let _ = writeln!(
            text,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{:.2} %</td></tr>",
            escape(&writer.writer),
            writer.images,
            writer.images - writer.correct,
            100.0 * writer.accuracy
        );
    }
    text.push_str("</table>\n");
    text
}
