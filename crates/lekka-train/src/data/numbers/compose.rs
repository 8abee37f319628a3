//! Puts a number together.

use super::Spacing;
use super::bank::{GlyphBank, WriterGlyphs};
use super::place::{Canvas, transformed};
use super::separators::SeparatorMark;
use crate::data::error::{DataError, DataErrorKind};
use image::{GrayImage, Luma};
use lekka_image::{Rect, crop};
use lekka_nn::random::Random;
use serde::{Deserialize, Serialize};

/// What numbers are composed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComposeOptions {
    /// Least and most digits of a number.
    pub digits: [usize; 2],
    /// The spacings, of which each number has one, all alike often.
    pub spacing: Vec<Spacing>,
    /// Share of the numbers that have separators, in 0 to 1.
    pub separators: f64,
    /// How far numbers and the digits in them deviate from the usual, as a factor on all deviations; 1 is as people
    /// write, more is for training.
    pub variety: f64,
}

impl Default for ComposeOptions {
    fn default() -> Self {
        Self {
            digits: [2, 12],
            spacing: Spacing::ALL.to_vec(),
            separators: 0.0,
            variety: 1.0,
        }
    }
}

impl ComposeOptions {
    /// Checks the ranges.
    ///
    /// # Errors
    /// Names the value that is out of range.
    pub fn check(&self) -> Result<(), DataError> {
        let [least, most] = self.digits;
        let refuse = |text: String| Err(DataError::new("numbers", DataErrorKind::Sheet(text)));
        if least == 0 || least > most || most > 32 {
            return refuse(format!(
                "numbers of {least} to {most} digits cannot be composed; give 1 to 32"
            ));
        }
        if self.spacing.is_empty() {
            return refuse("there is no spacing; name spaced, close or touching".to_owned());
        }
        if !(0.0..=1.0).contains(&self.separators) {
            return refuse(format!(
                "the share with separators is {}, it must be in 0 to 1",
                self.separators
            ));
        }
        if !(0.0..=3.0).contains(&self.variety) {
            return refuse(format!(
                "the variety is {}, it must be in 0 to 3",
                self.variety
            ));
        }
        Ok(())
    }
}

/// A number by one writer.
#[derive(Debug, Clone, PartialEq)]
pub struct ComposedNumber {
    /// The ink, light on dark, with the box around it as its border.
    pub ink: GrayImage,
    /// The digits.
    pub digits: Vec<u8>,
    /// The box around each digit's ink, in pixels of `ink`.
    pub boxes: Vec<Rect>,
    /// Separators: the index of the digit behind each, and which it is.
    pub separators: Vec<(usize, SeparatorMark)>,
    /// The writer.
    pub writer: String,
    /// How near the digits stand.
    pub spacing: Spacing,
    /// The usual longer side of a digit in it, in pixels.
    pub size: f64,
}

/// Composes a number of digits by one writer of the bank; the same seed gives the same number.
///
/// Writer, digits and their pictures are drawn evenly. The number as a whole has a size, a slant, a slope and an
/// alignment between the middles and the feet of its digits; each digit deviates from them a little.
///
/// # Errors
/// When the bank is empty or an option is out of range.
pub fn compose(
    bank: &GlyphBank,
    options: &ComposeOptions,
    seed: u64,
) -> Result<ComposedNumber, DataError> {
    options.check()?;
    let random = &mut Random::stream(seed, "compose", &[]);
    let writers = bank.writers();
    let Some(writer) = writers.get(random.below(writers.len())) else {
        let text = "there are no writers to compose numbers of".to_owned();
        return Err(DataError::new("numbers", DataErrorKind::Sheet(text)));
    };
    let [least, most] = options.digits;
    let count = least + random.below(most - least + 1);
    let spacing = options.spacing[random.below(options.spacing.len())];
    let digits: Vec<u8> = (0..count).map(|_| random.below(10) as u8).collect();
    let marks = separators(options.separators, count, random);
    Ok(Composer::new(writer, spacing, options.variety, random).write(digits, marks))
}

/// Before which digits there are separators.
fn separators(share: f64, digits: usize, random: &mut Random) -> Vec<(usize, SeparatorMark)> {
    if digits < 2 || random.uniform_f64() >= share {
        return Vec::new();
    }
    let mark = SeparatorMark::ALL[random.below(SeparatorMark::ALL.len())];
    let mut places: Vec<usize> = (1..digits).collect();
    random.shuffle(&mut places);
    places.truncate(1 + random.below(3.min(digits / 2)));
    places.sort_unstable();
    places.into_iter().map(|place| (place, mark)).collect()
}

/// A writer writing one number.
struct Composer<'a> {
    writer: &'a WriterGlyphs,
    random: &'a mut Random,
    spacing: Spacing,
    /// Factor on all deviations.
    variety: f64,
    /// Size against the writer's own.
    scale: f64,
    slant: f64,
    slope: f64,
    /// 0 aligns the digits' middles, 1 their feet.
    feet: f64,
}

impl<'a> Composer<'a> {
    fn new(
        writer: &'a WriterGlyphs,
        spacing: Spacing,
        variety: f64,
        random: &'a mut Random,
    ) -> Self {
        let mut normal = |deviation: f64, most: f64| {
            variety * (f64::from(random.normal()) * deviation).clamp(-most, most)
        };
        let scale = normal(0.12, 0.3).exp();
        let slant = normal(0.1, 0.3);
        let slope = normal(0.02, 0.06);
        Self {
            feet: random.uniform_f64(),
            writer,
            random,
            spacing,
            variety,
            scale,
            slant,
            slope,
        }
    }

    fn write(mut self, digits: Vec<u8>, marks: Vec<(usize, SeparatorMark)>) -> ComposedNumber {
        let size = self.writer.size * self.scale;
        let stroke = self.writer.stroke * self.scale;
        let width = (2.6 * size * (digits.len() + marks.len()) as f64 + 4.0 * size) as u32;
        let level = 3.0 * size + 0.07 * f64::from(width);
        let mut canvas = Canvas::new(width, (2.0 * level) as u32);
        let touching = self.touching(digits.len());
        let mut boxes = Vec::with_capacity(digits.len());
        for (index, &digit) in digits.iter().enumerate() {
            let all = &self.writer.digits[usize::from(digit)];
            let glyph = &all[self.random.below(all.len())];
            let own = self.scale * self.normal(0.06, 0.15).exp();
            let wide = own * self.normal(0.04, 0.1).exp();
            let slant = self.slant + self.normal(0.03, 0.1);
            let glyph = transformed(glyph, [wide, own], slant);
            let wander = self.normal(0.05, 0.12) * size;
            let height = f64::from(glyph.height());
            // Feet are on a line 0.4 of a digit below the middles.
            let at_feet = level + 0.4 * size - height;
            let at_middle = level - height / 2.0;
            let x = canvas.end();
            let y = self.feet * at_feet
                + (1.0 - self.feet) * at_middle
                + wander
                + self.slope * x as f64;
            let y = y.round() as i64;
            if let Some((_, mark)) = marks.iter().find(|(before, _)| *before == index) {
                let gap = size * self.uniform(0.06, 0.3);
                let middle = level + self.slope * x as f64;
                let extent = [middle - 0.42 * size, middle + 0.42 * size];
                let end = mark.draw(&mut canvas, x as f64 + gap, extent, stroke, self.random);
                let gap = size * self.uniform(0.06, 0.3);
                boxes.extend(canvas.put(&glyph, (end + gap).ceil() as i64, y));
                continue;
            }
            let left = if index == 0 {
                size as i64
            } else if self.spacing == Spacing::Spaced {
                x + (size * self.uniform(0.2, 0.7)).round() as i64
            } else if touching[index] {
                let overlap = 1.0 + stroke * self.uniform(0.0, 0.7);
                canvas.left_for(&glyph, y, -overlap, 0)
            } else {
                // At least two columns, in the rows around too, so that strokes do not touch.
                let gap = (size * self.uniform(0.04, 0.2)).max(3.0);
                canvas.left_for(&glyph, y, gap, 3)
            };
            boxes.extend(canvas.put(&glyph, left, y));
        }
        let around = boxes
            .iter()
            .copied()
            .reduce(|a, b| a.union(&b))
            .unwrap_or_default();
        let bounds = lekka_image::normalize::ink_bounds(&canvas.image).unwrap_or(around);
        for digit in &mut boxes {
            digit.x -= bounds.x;
            digit.y -= bounds.y;
        }
        ComposedNumber {
            ink: crop(&canvas.image, bounds),
            digits,
            boxes,
            separators: marks,
            writer: self.writer.name.clone(),
            spacing: self.spacing,
            size,
        }
    }

    /// Which digits touch the one before them.
    fn touching(&mut self, count: usize) -> Vec<bool> {
        let mut touching = vec![false; count];
        if self.spacing == Spacing::Touching && count > 1 {
            let certain = 1 + self.random.below(count - 1);
            for (index, touches) in touching.iter_mut().enumerate().skip(1) {
                *touches = index == certain || self.random.uniform_f64() < 0.5;
            }
        }
        touching
    }

    fn normal(&mut self, deviation: f64, most: f64) -> f64 {
        self.variety * (f64::from(self.random.normal()) * deviation).clamp(-most, most)
    }

    fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random.uniform_f64()
    }
}

impl ComposedNumber {
    /// The number as a picture of paper: dark ink, a margin of a digit's size around it.
    pub fn picture(&self) -> GrayImage {
        let margin = self.margin();
        let (width, height) = self.ink.dimensions();
        let mut page = GrayImage::from_pixel(width + 2 * margin, height + 2 * margin, Luma([244]));
        for (x, y, pixel) in self.ink.enumerate_pixels() {
            let ink = u32::from(pixel.0[0]);
            page.put_pixel(
                x + margin,
                y + margin,
                Luma([(244 - ink * 210 / 255) as u8]),
            );
        }
        page
    }

    /// The margin of the picture, in pixels.
    pub fn margin(&self) -> u32 {
        self.size.round() as u32
    }

    /// The digits as text.
    pub fn text(&self) -> String {
        self.digits
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lekka_image::connected_components;

    /// A writer whose digits are rings of different widths.
    fn bank() -> GlyphBank {
        let digits = std::array::from_fn(|digit| {
            let wide = 20 + 3 * digit as u32;
            vec![GrayImage::from_fn(wide, 40, |x, y| {
                let edge = x < 4 || y < 4 || x + 4 >= wide || y + 4 >= 40;
                Luma([if edge { 255 } else { 0 }])
            })]
        });
        GlyphBank::new(vec![WriterGlyphs::new("a", digits).unwrap()])
    }

    fn numbers(spacing: Spacing, separators: f64) -> Vec<ComposedNumber> {
        let options = ComposeOptions {
            digits: [2, 8],
            spacing: vec![spacing],
            separators,
            ..ComposeOptions::default()
        };
        let bank = bank();
        (0..40)
            .map(|seed| compose(&bank, &options, seed).unwrap())
            .collect()
    }

    #[test]
    fn spacing_is_as_it_says() {
        for spacing in [Spacing::Spaced, Spacing::Close] {
            for number in numbers(spacing, 0.0) {
                let binary = lekka_image::binarize(&number.ink, 96);
                assert_eq!(connected_components(&binary).len(), number.digits.len());
            }
        }
        for number in numbers(Spacing::Touching, 0.0) {
            let binary = lekka_image::binarize(&number.ink, 96);
            assert!(connected_components(&binary).len() < number.digits.len());
        }
    }

    #[test]
    fn boxes_are_around_the_digits() {
        for number in numbers(Spacing::Spaced, 0.0) {
            assert_eq!(number.boxes.len(), number.digits.len());
            let binary = lekka_image::binarize(&number.ink, 96);
            let mut found: Vec<Rect> = connected_components(&binary)
                .iter()
                .map(|c| c.bounds)
                .collect();
            found.sort_by_key(|bounds| bounds.x);
            assert_eq!(found, number.boxes);
        }
    }

    #[test]
    fn separators_stand_between_digits() {
        let all = numbers(Spacing::Close, 1.0);
        for number in &all {
            let binary = lekka_image::binarize(&number.ink, 96);
            let expected = number.digits.len() + number.separators.len();
            assert_eq!(
                connected_components(&binary).len(),
                expected,
                "{:?}",
                number.separators
            );
            assert!(!number.separators.is_empty());
            assert!(
                number
                    .separators
                    .iter()
                    .all(|(before, _)| (1..number.digits.len()).contains(before))
            );
        }
    }

    #[test]
    fn the_seed_decides() {
        let options = ComposeOptions::default();
        let bank = bank();
        let of = |seed| compose(&bank, &options, seed).unwrap();
        assert_eq!(of(7), of(7));
        assert_ne!(of(7).ink, of(8).ink);
        assert!(compose(&GlyphBank::default(), &options, 1).is_err());
        let options = ComposeOptions {
            digits: [5, 2],
            ..options
        };
        let error = compose(&bank, &options, 1).unwrap_err().to_string();
        assert!(error.contains("5 to 2 digits"), "{error}");
    }
}
