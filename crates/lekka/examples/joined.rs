//! How often numbers written without lifting the pen are read rightly:
//! `cargo run --release -p lekka --example joined [NUMBERS]`.
//!
//! The numbers are drawn from this project's own strokes by random hands, straight joins between the
//! digits. It prints the rate for numbers of one to five digits, cut by `read_joined` and uncut by
//! `read_strokes`.

use lekka::{ReadOptions, Recognizer, Stroke};
use lekka_strokes::{Alphabet, Hand, Rng, kannada_digit};

/// A number in one movement, and its digits.
fn written(length: usize, rng: &mut Rng) -> (Stroke, String) {
    let hand = Hand::random(120.0, rng);
    let mut movement = Stroke::new();
    let mut digits = String::new();
    let mut x = 100.0;
    for _ in 0..length {
        let digit = rng.below(10) as u8;
        digits.push(char::from(b'0' + digit));
        let variants = kannada_digit(digit).and_then(|digit| Alphabet::builtin().variants(digit));
        let variants = variants.unwrap_or_default();
        let variant = &variants[rng.below(variants.len())];
        for stroke in hand.vary(rng).place(variant, [x, 100.0], rng) {
            movement.extend(stroke);
        }
        x += hand.size * rng.between(1.15, 1.4);
    }
    (movement, digits)
}

#[expect(clippy::print_stdout, reason = "its purpose")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: usize = std::env::args()
        .nth(1)
        .map_or(Ok(100), |count| count.parse())?;
    let recognizer = Recognizer::embedded()?;
    let options = ReadOptions::default();
    println!("digits  cut      uncut");
    for length in 1..=5 {
        let mut rng = Rng::new(length as u64);
        let (mut cut, mut uncut) = (0, 0);
        for _ in 0..numbers {
            let (movement, digits) = written(length, &mut rng);
            let strokes = [movement];
            let right =
                |page: lekka::PageReading| page.fields.len() == 1 && page.fields[0].ascii == digits;
            cut += usize::from(right(
                recognizer.read_joined(&strokes, "movement", &options)?,
            ));
            uncut += usize::from(right(
                recognizer.read_strokes(&strokes, "movement", &options)?,
            ));
        }
        let percent = |count: usize| 100.0 * count as f64 / numbers.max(1) as f64;
        println!(
            "{length:6}  {:5.1} %  {:5.1} %",
            percent(cut),
            percent(uncut)
        );
    }
    Ok(())
}
