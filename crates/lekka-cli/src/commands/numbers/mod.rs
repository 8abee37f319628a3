//! `lekka eval --numbers`: how well numbers of several digits are read.

mod tune;

use super::{ReportFormat, json_line};
use crate::failure::{Hint, failure};
use crate::inputs::read_file;
use crate::progress;
use crate::terminal::Console;
use crate::weights;
use anyhow::{Context, Result};
use lekka::numbers::{LineReader, NumberMethod};
use lekka::{PageReading, ReadOptions, Recognizer};
use lekka_train::data::{NumberEntry, Spacing, read_numbers};
use lekka_train::metrics::{NumberCounts, NumberScores};
use rayon::prelude::*;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// Ways to read lines, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MethodName {
    /// The best path through the line's cuts.
    Segmentation,
    /// A network for whole lines.
    Ctc,
    /// Both together.
    Both,
}

/// The recogniser with what was asked for in place of the default.
pub(crate) fn chosen(
    mut recognizer: Recognizer,
    method: Option<MethodName>,
    line_weights: Option<&Path>,
    costs: Option<&str>,
) -> Result<Recognizer> {
    if let Some(text) = costs {
        let hint = "write them as TOML, such as `cut = 8.0`; `--tune` prints all";
        recognizer = recognizer.with_line_costs(toml::from_str(text).hint(hint)?);
    }
    if let Some(file) = line_weights {
        let reader = LineReader::from_model(&weights::load(Some(file))?)
            .hint("give weights that `lekka train --preset numbers` made")?;
        recognizer = recognizer.with_line_reader(reader);
    }
    if let Some(method) = method {
        recognizer = recognizer.with_number_method(match method {
            MethodName::Segmentation => NumberMethod::Segmentation,
            MethodName::Ctc => NumberMethod::Ctc,
            MethodName::Both => NumberMethod::Both,
        });
    }
    Ok(recognizer)
}

/// What is measured on a folder of numbers.
#[derive(Debug, Default)]
struct Measured {
    scores: NumberScores,
    /// Digits whose number was read rightly, and those of them whose box is that of their ink.
    boxes: [usize; 2],
    /// Separators that there are, that were found at their place, and that were found at all.
    separators: [usize; 3],
    /// Numbers read wrongly: file, digits, reading.
    wrong: Vec<[String; 3]>,
}

/// Looks for better costs of paths through the lines of a folder of numbers.
pub(crate) fn tune(folder: &Path, weights: Option<&Path>, console: &Console) -> Result<String> {
    tune::tune(folder, &weights::load(weights)?, console)
}

/// Reads all numbers of a folder and tells how well.
pub(crate) fn measure(
    folder: &Path,
    recognizer: &Recognizer,
    format: ReportFormat,
    misread: usize,
    console: &Console,
) -> Result<String> {
    let entries = read_numbers(folder).hint("give a folder that `lekka data compose` made")?;
    if entries.is_empty() {
        return Err(failure(
            format!("{} holds no numbers", folder.display()),
            "compose some with `lekka data compose`",
        ));
    }
    let bar = progress::counter(console, entries.len() as u64, "numbers");
    let readings: Vec<Result<Vec<PageReading>>> = entries
        .par_iter()
        .map(|entry| {
            let path = folder.join(&entry.file);
            let bytes = read_file(&path)?;
            let name = path.display().to_string();
            let pages = recognizer.read(&bytes, &name, &ReadOptions::default());
            bar.inc(1);
            pages.with_context(|| name)
        })
        .collect();
    bar.finish_and_clear();
    let mut measured = Measured::default();
    for (entry, pages) in entries.iter().zip(readings) {
        measured.add(entry, &pages?);
    }
    match format {
        ReportFormat::Text => Ok(measured.text(folder, misread)),
        ReportFormat::Json => json_line(&measured.json(folder)),
    }
}

impl Measured {
    fn add(&mut self, entry: &NumberEntry, pages: &[PageReading]) {
        let digits = || pages.iter().flat_map(PageReading::digits);
        let reading: String = digits()
            .filter_map(|digit| digit.digit)
            .map(|digit| char::from(b'0' + digit))
            .collect();
        self.scores
            .add(entry.spacing, entry.text.as_bytes(), reading.as_bytes());
        if reading == entry.text {
            let good = digits()
                .zip(&entry.boxes)
                .filter(|(digit, truth)| overlap(digit.bounds, **truth) >= 0.5);
            self.boxes[0] += entry.boxes.len();
            self.boxes[1] += good.count();
        } else {
            self.wrong
                .push([entry.file.clone(), entry.text.clone(), reading]);
        }
        let found: Vec<usize> = pages
            .iter()
            .flat_map(|page| &page.fields)
            .flat_map(|field| &field.separators)
            .map(|separator| separator.before)
            .collect();
        self.separators[0] += entry.separators.len();
        self.separators[1] += entry
            .separators
            .iter()
            .filter(|(before, _)| found.contains(before))
            .count();
        self.separators[2] += found.len();
    }

    fn text(&self, folder: &Path, misread: usize) -> String {
        let all = self.scores.of(None, None);
        let mut text = String::new();
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            text,
            "{}: {} of {} numbers read whole, {:.2} %; {} errors in {} digits, {:.2} %\n",
            folder.display(),
            all.right,
            all.numbers,
            100.0 * all.accuracy(),
            all.errors,
            all.digits,
            100.0 * all.digit_error_rate()
        );
        let _ = writeln!(text, "read whole / digit error rate, %");
        let _ = write!(text, "{:>6}", "digits");
        for spacing in Spacing::ALL {
            let _ = write!(text, "{:>18}", spacing.as_str());
        }
        text.push('\n');
        let lengths = self.scores.lengths().into_iter().map(Some);
        for length in lengths.chain([None]) {
            let name = length.map_or_else(|| "all".to_owned(), |length| length.to_string());
            let _ = write!(text, "{name:>6}");
            for spacing in Spacing::ALL {
                let _ = write!(text, "{:>18}", cell(self.scores.of(Some(spacing), length)));
            }
            text.push('\n');
        }
        let [of, boxed] = self.boxes;
        let _ = writeln!(
            text,
            "\nboxes: {boxed} of {of} digits of numbers read whole have the box of their ink (IoU 0.5), {:.2} %",
            100.0 * boxed as f64 / of.max(1) as f64
        );
        let [there, placed, found] = self.separators;
        if there + found > 0 {
            let _ = writeln!(
                text,
                "separators: {placed} of {there} found at their place; {found} found in all"
            );
        }
        if misread > 0 && !self.wrong.is_empty() {
            let _ = writeln!(
                text,
                "\nmisread, {} of {}:",
                misread.min(self.wrong.len()),
                self.wrong.len()
            );
            for [file, digits, reading] in self.wrong.iter().take(misread) {
                let _ = writeln!(text, "{file}: {digits} read as {reading}");
            }
        }
        text
    }

    fn json(&self, folder: &Path) -> Report {
        let line = |spacing: Option<Spacing>, digits: Option<usize>, counts: NumberCounts| Line {
            spacing,
            digits,
            counts,
            accuracy: counts.accuracy(),
            digit_error_rate: counts.digit_error_rate(),
        };
        let cells = self
            .scores
            .cells()
            .map(|(spacing, digits, counts)| line(Some(spacing), Some(digits), counts));
        Report {
            folder: folder.display().to_string(),
            all: line(None, None, self.scores.of(None, None)),
            cells: cells.collect(),
            boxes: self.boxes,
            separators: self.separators,
            misread: self.wrong.clone(),
        }
    }
}

/// The measurement as JSON.
#[derive(Serialize)]
struct Report {
    folder: String,
    all: Line,
    cells: Vec<Line>,
    /// Digits of numbers read whole; those with the box of their ink.
    boxes: [usize; 2],
    /// Separators; those found at their place; found in all.
    separators: [usize; 3],
    /// File, digits, reading.
    misread: Vec<[String; 3]>,
}

#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    spacing: Option<Spacing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digits: Option<usize>,
    #[serde(flatten)]
    counts: NumberCounts,
    /// Share read whole, 0 to 1.
    accuracy: f64,
    /// Errors per digit.
    digit_error_rate: f64,
}

fn cell(counts: NumberCounts) -> String {
    if counts.numbers == 0 {
        return "-".to_owned();
    }
    format!(
        "{:.2} / {:.2}",
        100.0 * counts.accuracy(),
        100.0 * counts.digit_error_rate()
    )
}

/// Intersection over union of two boxes.
fn overlap(a: [u32; 4], b: [u32; 4]) -> f64 {
    let along = |i: usize| {
        let end = (a[i] + a[i + 2]).min(b[i] + b[i + 2]);
        f64::from(end.saturating_sub(a[i].max(b[i])))
    };
    let area = |c: [u32; 4]| f64::from(c[2]) * f64::from(c[3]);
    let shared = along(0) * along(1);
    shared / (area(a) + area(b) - shared).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_a_share() {
        let square = [10, 10, 4, 4];
        assert!((overlap(square, square) - 1.0).abs() < 1e-9);
        assert!((overlap(square, [12, 10, 4, 4]) - 1.0 / 3.0).abs() < 1e-9);
        assert!(overlap(square, [20, 20, 4, 4]).abs() < 1e-9);
    }
}
