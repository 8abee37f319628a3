//! Characters and lines of text.

use crate::alphabet::{Alphabet, Point};
use crate::hand::Hand;
use crate::random::Rng;
use crate::raster::{Mask, ink_gray, stroke_mask};
use image::{GrayImage, Luma};

/// Distance between the centres of neighbouring characters, in unit boxes: plain text.
const ADVANCE: f32 = 0.8;

/// The Kannada digit of a value 0..=9.
pub fn kannada_digit(value: u8) -> Option<char> {
    (value <= 9)
        .then(|| char::from_u32(0x0CE6 + u32::from(value)))
        .flatten()
}

/// ASCII digits in Kannada; anything else as it is.
///
/// ```
/// assert_eq!(lekka_strokes::kannada_number("12_"), "೧೨_");
/// ```
pub fn kannada_number(ascii: &str) -> String {
    ascii
        .chars()
        .map(|c| {
            c.to_digit(10)
                .and_then(|d| kannada_digit(d as u8))
                .unwrap_or(c)
        })
        .collect()
}

/// Draws one character with its unit box centred at `center`. The variant wraps round, so any
/// number will do. False when the character has no strokes.
pub fn draw_glyph(
    picture: &mut GrayImage,
    character: char,
    variant: usize,
    center: Point,
    hand: &Hand,
    ink: u8,
    rng: &mut Rng,
) -> bool {
    let Some(variants) = Alphabet::builtin().variants(character) else {
        return false;
    };
    let lines = hand.place(&variants[variant % variants.len()], center, rng);
    ink_gray(picture, &stroke_mask(&lines, hand.thickness), ink);
    true
}

/// One character alone, black on a white square with a margin. `None` when it has no strokes.
pub fn draw_single(
    character: char,
    variant: usize,
    hand: &Hand,
    rng: &mut Rng,
) -> Option<GrayImage> {
    let side = (hand.size * 1.6).ceil() as u32;
    let mut picture = GrayImage::from_pixel(side, side, Luma([255]));
    let center = [side as f32 / 2.0; 2];
    draw_glyph(&mut picture, character, variant, center, hand, 0, rng).then_some(picture)
}

/// Writes a line of text by hand: each character a little different, of a random handwriting.
/// `start` is the left end of the line at half height. Characters without strokes leave a space.
/// Returns the x where the line ends.
pub fn draw_text(
    picture: &mut GrayImage,
    text: &str,
    start: Point,
    hand: &Hand,
    ink: u8,
    rng: &mut Rng,
) -> f32 {
    let mut x = start[0];
    for character in text.chars() {
        let varied = hand.vary(rng);
        let advance = hand.size * rng.between(1.0, 1.15);
        let center = [
            x + advance / 2.0,
            start[1] + hand.size * 0.04 * rng.normal(),
        ];
        let variant = rng.below(64);
        draw_glyph(picture, character, variant, center, &varied, ink, rng);
        x += advance;
    }
    x
}

/// Width of plain text of [`text_mask`] in pixels.
pub fn text_width(text: &str, size: f32) -> f32 {
    text.chars().count() as f32 * size * ADVANCE
}

/// Plain text for annotations: the first handwriting, upright and steady, with its upper left
/// corner at `corner`. Characters without strokes leave a space.
pub fn text_mask(text: &str, corner: Point, size: f32, thickness: f32) -> Mask {
    let hand = Hand {
        thickness,
        ..Hand::plain(size)
    };
    let mut rng = Rng::new(0);
    let mut lines = Vec::new();
    for (i, character) in text.chars().enumerate() {
        if let Some([first, ..]) = Alphabet::builtin().variants(character) {
            let x = corner[0] + size * ADVANCE * (i as f32 + 0.5);
            lines.extend(hand.place(first, [x, corner[1] + size / 2.0], &mut rng));
        }
    }
    stroke_mask(&lines, thickness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_picture() {
        let draw = |seed| {
            let mut rng = Rng::new(seed);
            let hand = Hand::random(40.0, &mut rng);
            draw_single('೫', 2, &hand, &mut rng)
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw_single('ಅ', 0, &Hand::plain(20.0), &mut Rng::new(0)).is_none());
    }

    #[test]
    fn ink_stays_near_its_box() {
        for digit in 0..=9 {
            let digit = kannada_digit(digit).unwrap();
            for variant in 0..4 {
                let picture = draw_single(digit, variant, &Hand::plain(100.0), &mut Rng::new(0));
                let picture = picture.unwrap();
                let edge = picture
                    .enumerate_pixels()
                    .filter(|(x, y, _)| *x.min(y) < 20 || *x.max(y) >= 140);
                assert!(
                    edge.map(|(_, _, p)| p.0[0]).all(|v| v == 255),
                    "{digit} {variant}"
                );
            }
        }
    }
}
