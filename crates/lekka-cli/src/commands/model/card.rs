//! `lekka model card`: what weights are, what they can do, and what they cannot.

use crate::commands::json_line;
use crate::failure::Exit;
use crate::output::Output;
use crate::weights;
use anyhow::Result;
use clap::{Args, ValueEnum};
use lekka_model::{Figure, Metadata, Model, PartFigure, RiskLevel, grouped, percent};
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;

/// Options of `lekka model card`.
#[derive(Debug, Args)]
#[command(
    after_help = "The figures are those that were written into the file when it was released; \
`lekka eval` measures anew.

Examples:
  lekka model card
  lekka model card -o docs/model-card.md
  lekka model card weights.safetensors --format json"
)]
pub(crate) struct CardArgs {
    /// A file of weights; the built-in ones by default
    #[arg(value_name = "WEIGHTS")]
    weights: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    format: CardFormat,
    /// Where to write it; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CardFormat {
    /// A page for people.
    Markdown,
    /// One JSON object.
    Json,
}

const INTENDED_USE: [&str; 3] = [
    "Reading handwritten Kannada digits ೦ to ೯ from scans and photographs of marks sheets, forms \
     and single digits, with a person looking at what is marked for review.",
    "Research on handwritten digits: the training, the measuring and the weights can be made again.",
    "Not for decisions without a person where a misread digit does harm: no threshold makes the \
     rate of errors zero.",
];

const WEAKNESSES: [&str; 4] = [
    "What is no digit (letters, ASCII digits, crossed-out cells) is read as the digit it resembles \
     most, and not always in doubt. The probability compares the ten digits with one another, not with \
     everything else.",
    "All training images are by writers who filled one kind of form, scanned in one way. Hands, \
     pens and scanners that differ are read less well, and surer than they should be: compare the \
     figures of Dig-MNIST, by people new to the script, with the others.",
    "Some pairs of digits differ by one small stroke (picture). Written in haste they cannot always \
     be told apart by people either.",
    "Single writers are read far less well than the mean, as the table by writer shows. Errors \
     gather: one page can have many of them.",
];

/// The card as JSON.
#[derive(Serialize)]
struct Card<'a> {
    layers: usize,
    parameters: usize,
    intended_use: &'a [&'a str],
    weaknesses: &'a [&'a str],
    metadata: &'a Metadata,
}

pub(super) fn card(args: &CardArgs) -> Result<Exit> {
    let model = weights::load(args.weights.as_deref())?;
    let text = match args.format {
        CardFormat::Json => {
            let table = model.table()?;
            json_line(&Card {
                layers: table.layers.len(),
                parameters: table.parameters,
                intended_use: &INTENDED_USE,
                weaknesses: &WEAKNESSES,
                metadata: &model.metadata,
            })?
        }
        CardFormat::Markdown => markdown(&model)?,
    };
    let mut output = Output::open(args.output.as_deref())?;
    output.text(&text)?;
    output.finish()?;
    Ok(Exit::Success)
}

fn markdown(model: &Model) -> Result<String> {
    let table = model.table()?;
    let metadata = &model.metadata;
    let mut text = format!(
        "# Model card: `{}`\n\nPrinted by `lekka model card` from the weights' own metadata.\n\n\
         A convolutional and recurrent network of {} layers and {} parameters. It takes pictures \
         of one digit, {}x{} pixels, {}, normalised by `{}`, and gives a probability for each of \
         {}. Written by Lekka {}, file format {}.\n",
        metadata.name,
        table.layers.len(),
        grouped(table.parameters as u64),
        metadata.preprocessing.size[0],
        metadata.preprocessing.size[1],
        metadata.preprocessing.ink,
        metadata.preprocessing.normalization,
        metadata.classes.join(" "),
        metadata.lekka_version,
        metadata.format_version
    );
    section(&mut text, "Intended use", &list(&INTENDED_USE));
    section(&mut text, "Data and training", &provenance(metadata));
    section(&mut text, "Accuracy", &accuracy(metadata));
    section(&mut text, "Confidence", &confidence(metadata));
    section(&mut text, "Known weaknesses", &weaknesses(metadata));
    Ok(text)
}

fn section(text: &mut String, heading: &str, body: &str) {
    // Writing to a string cannot fail, here and below.
    let _ = write!(text, "\n## {heading}\n\n{body}");
}

fn list(items: &[&str]) -> String {
    let mut text = String::new();
    for item in items {
        let _ = writeln!(text, "- {item}");
    }
    text
}

/// A table with its heading; the first column is text, the others are numbers.
fn table(heading: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(heading);
    text.push('|');
    for index in 0..heading.len() {
        text.push_str(if index == 0 { "---|" } else { "---:|" });
    }
    text.push('\n');
    text.extend(rows.into_iter().map(|row| line(&row)));
    text
}

fn provenance(metadata: &Metadata) -> String {
    let known = |value: Option<String>| value.unwrap_or_else(|| "not recorded".to_owned());
    let code = |value: Option<&String>| value.map(|value| format!("`{value}`"));
    let mut facts = vec![
        ("command".to_owned(), known(code(metadata.command.as_ref()))),
        (
            "seed".to_owned(),
            known(metadata.seed.map(|seed| seed.to_string())),
        ),
        ("commit".to_owned(), known(code(metadata.commit.as_ref()))),
    ];
    for sum in &metadata.data {
        let name = format!("data `{}`", sum.name);
        facts.push((name, format!("SHA-256 `{}`", sum.sha256)));
    }
    let mut text = String::new();
    for (name, value) in facts {
        let _ = writeln!(text, "- {name}: {value}");
    }
    if !metadata.folds.is_empty() {
        text.push_str(&folds(metadata));
    }
    if let Some(configuration) = &metadata.configuration {
        let _ = write!(
            text,
            "\nThe whole configuration:\n\n```toml\n{}\n```\n",
            configuration.trim_end()
        );
    }
    text
}

/// The runs that calibration and thresholds come from.
fn folds(metadata: &Metadata) -> String {
    let mut text = String::from(
        "\nCalibration and thresholds come from runs of the same recipe that each held out a part \
         of the writers, whose images were read by the network that had not seen them:\n\n",
    );
    let heading = ["fold", "seed", "epochs", "writers", "images", "accuracy"].map(str::to_owned);
    let rows = metadata.folds.iter().enumerate().map(|(number, fold)| {
        vec![
            number.to_string(),
            fold.seed.to_string(),
            fold.epochs.to_string(),
            fold.writers.join(" "),
            grouped(fold.images),
            share(fold.accuracy),
        ]
    });
    text.push_str(&table(&heading, rows));
    text
}

fn accuracy(metadata: &Metadata) -> String {
    let figures = &metadata.figures;
    if figures.is_empty() {
        return "Not recorded.\n".to_owned();
    }
    let heading = ["set", "images", "accuracy", "expected calibration error"];
    let rows = figures.iter().map(|figure| {
        vec![
            figure.set.clone(),
            grouped(figure.images),
            share(figure.accuracy),
            figure.calibration_error.map_or_else(String::new, share),
        ]
    });
    let mut text = table(&heading.map(str::to_owned), rows);
    text.push_str(
        "\nWriters of these sets were not seen by the network that read them. The calibration \
         error is over 15 bins of equal width.\n",
    );
    text.push_str(&parts("digit", figures, |figure| &figure.digits));
    for figure in figures.iter().filter(|figure| !figure.writers.is_empty()) {
        let one = std::slice::from_ref(figure);
        text.push_str(&parts("writer", one, |figure| &figure.writers));
    }
    text
}

/// Accuracy by digit or writer, a column for each set that has it.
fn parts(what: &str, figures: &[Figure], of: fn(&Figure) -> &Vec<PartFigure>) -> String {
    let figures: Vec<&Figure> = figures
        .iter()
        .filter(|figure| !of(figure).is_empty())
        .collect();
    let Some(first) = figures.first() else {
        return String::new();
    };
    let mut heading = vec![what.to_owned()];
    heading.extend(figures.iter().map(|figure| figure.set.clone()));
    let rows = of(first).iter().map(|part| {
        let mut row = vec![part.name.clone()];
        row.extend(figures.iter().map(|figure| {
            let own = of(figure).iter().find(|other| other.name == part.name);
            own.map_or_else(String::new, |own| share(own.accuracy))
        }));
        row
    });
    format!("\n{}", table(&heading, rows))
}

fn confidence(metadata: &Metadata) -> String {
    let mut text = match metadata.calibration {
        None => "The probabilities are not calibrated.\n".to_owned(),
        Some(calibration) => format!(
            "Logits are divided by the temperature {:.4} before the softmax.\n",
            calibration.temperature
        ),
    };
    if let Some(threshold) = metadata.review_threshold {
        let _ = write!(text, "Readings below {threshold:.6} are for review");
        if let Some(rate) = metadata.review_error {
            let rate = percent(rate);
            let _ = write!(text, ", so that at most {rate} % of the others are wrong");
        }
        text.push_str(".\n");
    }
    let Some(risk) = &metadata.risk else {
        text.push_str("There is no table of error rates: `--max-error` is refused.\n");
        return text;
    };
    let _ = write!(
        text,
        "\n`--max-error` takes its thresholds from {} digits of {} writers, each by itself at \
         {} % confidence; they can show no less than {:.4} %. What this covers is said in \
         [trust.md](trust.md). What the thresholds accept, and the errors among it:\n\n",
        grouped(risk.images),
        risk.writers,
        percent(risk.confidence),
        100.0 * risk.least_error
    );
    let figures = metadata.figures.iter();
    let figures: Vec<&Figure> = figures.filter(|figure| !figure.levels.is_empty()).collect();
    let mut heading = vec!["wanted at most".to_owned(), "threshold".to_owned()];
    for figure in &figures {
        heading.push(format!("{}: accepted", figure.set));
        heading.push("errors".to_owned());
    }
    let rows = risk.levels.iter().enumerate().map(|(index, level)| {
        let mut row = vec![
            format!("{} %", percent(level.max_error)),
            format!("{:.6}", level.threshold),
        ];
        for figure in &figures {
            let level = figure.levels.get(index);
            let rate = |level: &RiskLevel| {
                format!("{} = {:.3} %", level.errors, 100.0 * level.error_rate())
            };
            let accepted =
                |level: &RiskLevel| share(level.accepted as f64 / figure.images.max(1) as f64);
            row.push(level.map_or_else(String::new, accepted));
            row.push(level.map_or_else(String::new, rate));
        }
        row
    });
    text.push_str(&table(&heading, rows));
    text
}

fn weaknesses(metadata: &Metadata) -> String {
    let mut text = list(&WEAKNESSES);
    text.push_str(
        "\n![Pairs of digits that are easily taken for each other](images/look-alikes.png)\n\n\
         The picture is drawn by `cargo run -p lekka-strokes --example look_alikes`; no digit of \
         the data set is in it.\n",
    );
    for figure in &metadata.figures {
        if figure.confusions.is_empty() {
            continue;
        }
        let pairs = figure.confusions.iter().map(|confusion| {
            let (digit, reading) = (&confusion.digit, &confusion.reading);
            format!("{digit} as {reading} ({})", confusion.images)
        });
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        let _ = write!(text, "\nMost often misread, {}: {pairs}.\n", figure.set);
    }
    text
}

fn share(value: f64) -> String {
    format!("{:.2} %", 100.0 * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_markdown() {
        let heading = ["a".to_owned(), "b".to_owned()];
        let row = vec!["1".to_owned(), "2".to_owned()];
        assert_eq!(table(&heading, [row]), "| a | b |\n|---|---:|\n| 1 | 2 |\n");
    }
}
