//! Draws pairs of digits that are easily taken for each other, for the model card.
//!
//! ```text
//! cargo run -p lekka-strokes --example look_alikes -- [FILE] [PAIR...]
//! ```
//!
//! Pairs such as 6/9 stand for the digits that weights confuse most, which `lekka model card`
//! lists.

use image::{GrayImage, Luma};
use lekka_strokes::{Hand, Rng, draw_glyph, kannada_digit};
use std::path::{Path, PathBuf};

/// Side of the box of a digit in pixels.
const BOX: f32 = 72.0;
/// Writings of each digit.
const WRITINGS: usize = 5;
/// The pairs where none are given.
const PAIRS: [&str; 6] = ["0/1", "6/7", "6/9", "3/7", "3/5", "4/5"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images/look-alikes.png");
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().map_or(default, PathBuf::from);
    let mut pairs: Vec<String> = arguments.collect();
    if pairs.is_empty() {
        pairs = PAIRS.map(str::to_owned).to_vec();
    }
    // Each row a pair: the name, then both digits in several hands.
    let width = BOX * (1.6 + 2.0 * WRITINGS as f32 + 0.5);
    let height = BOX * pairs.len() as f32;
    let mut picture = GrayImage::from_pixel(width as u32, height as u32, Luma([255]));
    for (row, pair) in pairs.iter().enumerate() {
        let digits = parse(pair).ok_or_else(|| format!("{pair} is no pair such as 6/9"))?;
        let y = BOX * (row as f32 + 0.5);
        for (index, character) in pair.chars().enumerate() {
            // The slash has no strokes; it stays a gap.
            let center = [BOX * (0.35 + 0.35 * index as f32), y];
            let hand = Hand::plain(0.4 * BOX);
            draw_glyph(
                &mut picture,
                character,
                0,
                center,
                &hand,
                120,
                &mut Rng::new(0),
            );
        }
        for (side, digit) in digits.into_iter().enumerate() {
            let character = kannada_digit(digit).ok_or("only 0 to 9 are digits")?;
            let mut rng = Rng::new(7 + u64::from(digit));
            for writing in 0..WRITINGS {
                let column = (side * WRITINGS + writing) as f32 + 0.5 * side as f32;
                let center = [BOX * (2.1 + column), y];
                let hand = Hand::random(0.72 * BOX, &mut rng);
                draw_glyph(&mut picture, character, writing, center, &hand, 0, &mut rng);
            }
        }
    }
    picture.save(file)?;
    Ok(())
}

/// Both digits of a pair such as 6/9.
fn parse(pair: &str) -> Option<[u8; 2]> {
    let (first, second) = pair.split_once('/')?;
    let digit = |text: &str| text.parse().ok().filter(|digit| *digit <= 9);
    Some([digit(first)?, digit(second)?])
}
