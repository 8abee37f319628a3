//! Looks for better costs of paths through lines of digits, on numbers that `lekka data compose` made of training
//! writers:
//!
//! ```sh
//! cargo run --release -p lekka --example tune_numbers -- NUMBERS_FOLDER [WEIGHTS]
//! ```
//!
//! One cost after the other is changed as long as numbers are read better; what is best at the end is printed. The
//! network reads all candidates once.

#![expect(clippy::print_stdout, reason = "an example that prints what it finds")]

use lekka::numbers::{DigitScores, LineCosts, PathItem, best_path};
use lekka_image::{DecodeLimits, decode};
use lekka_nn::Predictor;
use lekka_page::{CutLattice, PageOptions, analyze};
use std::error::Error;
use std::path::Path;

/// A number with the lattices of its lines and what the network says of their candidates.
struct Number {
    digits: Vec<u8>,
    lines: Vec<(CutLattice, Vec<DigitScores>)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("name the folder of numbers")?;
    let folder = Path::new(&folder);
    // Weights that have not seen the writers: of those they have seen they are too sure.
    let model = match std::env::args().nth(2) {
        Some(file) => lekka::Model::load_file(file)?,
        None => lekka::embedded_model()?,
    };
    let predictor = Predictor::new(&model.spec, &model.parameters)?;
    let temperature = model.metadata.temperature();
    let mut numbers = Vec::new();
    for line in std::fs::read_to_string(folder.join("numbers.jsonl"))?.lines() {
        let entry: serde_json::Value = serde_json::from_str(line)?;
        let text = |key: &str| entry[key].as_str().ok_or("a damaged line");
        let picture = decode(
            &std::fs::read(folder.join(text("file")?))?,
            &DecodeLimits::default(),
        )?;
        let layout = analyze(
            &picture.first().ok_or("no page")?.gray,
            &PageOptions::default(),
        );
        let mut lines = Vec::new();
        for lattice in layout.lines.iter().filter_map(|line| line.lattice(&[])) {
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
                .map(|row| log_softmax(row, temperature));
            lines.push((lattice, scores.collect()));
        }
        numbers.push(Number {
            digits: text("text")?.bytes().map(|byte| byte - b'0').collect(),
            lines,
        });
    }
    let mut costs = LineCosts::default();
    let mut best = right(&numbers, &costs);
    println!("{best} of {} with the costs as they are", numbers.len());
    for round in 0..4 {
        let before = best;
        for (name, place) in PLACES {
            for factor in [0.0, 0.25, 0.5, 0.75, 0.9, 1.1, 1.4, 2.0, 4.0] {
                let mut tried = costs;
                *place(&mut tried) *= factor;
                let found = right(&numbers, &tried);
                if found > best {
                    (best, costs) = (found, tried);
                    println!("{best} with {name} {}", place(&mut tried));
                }
            }
        }
        if best <= before {
            println!("nothing better in round {}", round + 1);
            break;
        }
    }
    println!("{costs:?}");
    Ok(())
}

/// A cost with its name.
type Place = (&'static str, fn(&mut LineCosts) -> &mut f32);

const PLACES: [Place; 7] = [
    ("digit", |costs| &mut costs.digit),
    ("size", |costs| &mut costs.size),
    ("side", |costs| &mut costs.side),
    ("cut", |costs| &mut costs.cut),
    ("gap", |costs| &mut costs.gap),
    ("separator", |costs| &mut costs.separator),
    ("speck", |costs| &mut costs.speck),
];

/// How many numbers are read whole, less a quarter for each digit inserted, deleted or replaced.
fn right(numbers: &[Number], costs: &LineCosts) -> f64 {
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
                let best = (1..10).fold(0, |best, digit| {
                    if scores[digit] > scores[best] {
                        digit
                    } else {
                        best
                    }
                });
                digits.push(best as u8);
            }
        }
    }
    digits
}

fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn log_softmax(row: &[f32; 10], temperature: f32) -> DigitScores {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = row
        .iter()
        .map(|logit| ((logit - greatest) / temperature).exp())
        .sum();
    row.map(|logit| ((logit - greatest) / temperature - sum.ln()).max(1e-5_f32.ln()))
}
