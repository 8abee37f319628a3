//! `lekka eval --numbers DIR --tune`: looks for better costs of paths through lines of digits.

use crate::failure::Hint;
use crate::inputs::read_file;
use crate::progress;
use crate::terminal::Console;
use anyhow::{Context, Result};
use lekka::numbers::{DigitScores, LineCosts, PathItem, best_path};
use lekka_image::{DecodeLimits, decode};
use lekka_model::Model;
use lekka_nn::Predictor;
use lekka_page::{CutLattice, PageOptions, analyze};
use lekka_train::data::{NumberEntry, read_numbers};
use lekka_train::metrics::edit_distance;
use rayon::prelude::*;
use std::fmt::Write;
use std::path::Path;

/// A number with the lattices of its lines and what the network says of their candidates.
struct Number {
    digits: Vec<u8>,
    lines: Vec<(CutLattice, Vec<DigitScores>)>,
}

/// A cost with its name.
type Place = (&'static str, fn(&mut LineCosts) -> &mut f32);

const PLACES: [Place; 7] = [
    ("digit", |costs| &mut costs.digit),
    ("cut", |costs| &mut costs.cut),
    ("size", |costs| &mut costs.size),
    ("side", |costs| &mut costs.side),
    ("gap", |costs| &mut costs.gap),
    ("separator", |costs| &mut costs.separator),
    ("speck", |costs| &mut costs.speck),
];

const FACTORS: [f32; 8] = [0.0, 0.25, 0.5, 0.75, 1.3, 1.8, 2.5, 4.0];

/// One cost after the other is changed as long as the numbers of the folder are read better. The network reads all
/// candidates once. No glyph is taken as sure.
pub(super) fn tune(folder: &Path, model: &Model, console: &Console) -> Result<String> {
    let entries = read_numbers(folder).hint("give a folder that `lekka data compose` made")?;
    let predictor = Predictor::new(&model.spec, &model.parameters)?;
    let temperature = model.metadata.temperature();
    let bar = progress::counter(console, entries.len() as u64, "numbers");
    let numbers: Result<Vec<Number>> = entries
        .par_iter()
        .map(|entry| {
            bar.inc(1);
            number(folder, entry, &predictor, temperature)
        })
        .collect();
    let numbers = numbers?;
    bar.finish_and_clear();
    let mut costs = LineCosts::default();
    let mut best = rating(&numbers, &costs);
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "{best:.2} with the costs as they are");
    for _ in 0..4 {
        let before = best;
        for (name, place) in PLACES {
            let start = *place(&mut costs);
            for factor in FACTORS {
                let mut tried = costs;
                *place(&mut tried) = start * factor;
                let found = rating(&numbers, &tried);
                if found > best {
                    (best, costs) = (found, tried);
                    let _ = writeln!(text, "{best:.2} with {name} {}", start * factor);
                }
            }
        }
        if best <= before {
            break;
        }
    }
    let right = numbers
        .iter()
        .filter(|number| read(number, &costs) == number.digits)
        .count();
    let _ = writeln!(
        text,
        "{right} of {} numbers read whole with\n",
        numbers.len()
    );
    text.push_str(&toml::to_string(&costs)?);
    Ok(text)
}

fn number(
    folder: &Path,
    entry: &NumberEntry,
    predictor: &Predictor,
    temperature: f32,
) -> Result<Number> {
    let path = folder.join(&entry.file);
    let name = path.display().to_string();
    let pages =
        decode(&read_file(&path)?, &DecodeLimits::default()).with_context(|| name.clone())?;
    let page = pages.first().with_context(|| format!("{name}: no page"))?;
    let mut lines = Vec::new();
    for lattice in analyze(&page.gray, &PageOptions::default())
        .lines
        .iter()
        .filter_map(|line| line.lattice(&[]))
    {
        let pixels = lattice
            .candidates
            .iter()
            .flat_map(|candidate| candidate.pixels);
        let images: Vec<f32> = pixels.map(|pixel| f32::from(pixel) / 255.0).collect();
        let mut logits = Vec::new();
        predictor.logits(&images, &mut logits)?;
        let scores = logits
            .as_chunks::<10>()
            .0
            .iter()
            .map(|row| scores(row, temperature))
            .collect();
        lines.push((lattice, scores));
    }
    Ok(Number {
        digits: entry.text.bytes().map(|byte| byte - b'0').collect(),
        lines,
    })
}

/// Numbers read whole, less a quarter for each digit inserted, deleted or replaced.
fn rating(numbers: &[Number], costs: &LineCosts) -> f64 {
    let rate = |number: &Number| {
        let errors = edit_distance(&read(number, costs), &number.digits);
        f64::from(u8::from(errors == 0)) - 0.25 * errors as f64
    };
    numbers.iter().map(rate).sum()
}

fn read(number: &Number, costs: &LineCosts) -> Vec<u8> {
    let mut digits = Vec::new();
    for (lattice, scores) in &number.lines {
        for item in best_path(lattice, scores, costs)
            .map(|path| path.items)
            .unwrap_or_default()
        {
            if let PathItem::Digit(index) = item {
                let scores = &scores[index];
                let better = |best: usize, digit: usize| {
                    if scores[digit] > scores[best] {
                        digit
                    } else {
                        best
                    }
                };
                digits.push((1..10).fold(0, better) as u8);
            }
        }
    }
    digits
}

/// The logarithms of calibrated probabilities.
fn scores(row: &[f32; 10], temperature: f32) -> DigitScores {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = row
        .iter()
        .map(|logit| ((logit - greatest) / temperature).exp())
        .sum();
    row.map(|logit| ((logit - greatest) / temperature - sum.ln()).max(1e-5_f32.ln()))
}
