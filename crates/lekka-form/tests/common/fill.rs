//! Values that fit a form, and a hand that writes them into it.

use image::GrayImage;
use lekka_form::rules::Relation;
use lekka_form::{Field, FieldKind, Form};
use lekka_image::resize_area;
use lekka_strokes::{Hand, Rng, draw_glyph, kannada_digit};

/// Numbers for the fields of a form, `None` for those left blank, that fit all its ranges, check digits and rules.
pub(crate) fn values(form: &Form, rng: &mut Rng) -> Vec<Option<String>> {
    (0..20_000)
        .find_map(|_| attempt(form, rng))
        .expect("values that fit the form")
}

fn attempt(form: &Form, rng: &mut Rng) -> Option<Vec<Option<String>>> {
    let fields = &form.template().fields;
    let made = |index: usize| {
        let mut equations = form
            .rules()
            .iter()
            .filter(|rule| rule.relation == Relation::Equal);
        equations.find(|rule| rule.left == index)
    };
    let mut numbers: Vec<Option<Option<i64>>> = vec![None; fields.len()];
    for (index, field) in fields
        .iter()
        .enumerate()
        .filter(|(index, _)| made(*index).is_none())
    {
        let blank = !field.required && rng.unit() < 0.25;
        numbers[index] = Some((!blank).then(|| number(field, rng)));
    }
    // Sums of what is known, as often as one sum may be part of another.
    for _ in 0..fields.len() {
        for index in 0..fields.len() {
            let (None, Some(rule)) = (numbers[index], made(index)) else {
                continue;
            };
            let parts: Vec<usize> = rule.terms.iter().filter_map(|term| term.field).collect();
            if parts.iter().any(|&part| numbers[part].is_none()) {
                continue;
            }
            let sum = rule
                .terms
                .iter()
                .map(|term| {
                    term.factor * term.field.map_or(1, |f| numbers[f].flatten().unwrap_or(0))
                })
                .sum();
            let blank = !fields[index].required
                && parts.iter().all(|&part| numbers[part].flatten().is_none());
            numbers[index] = Some((!blank).then_some(sum));
        }
    }
    let numbers: Vec<Option<i64>> = numbers.into_iter().map(Option::flatten).collect();
    let fits = fields.iter().zip(&numbers).all(|(field, number)| {
        number.is_none_or(|number| {
            let [low, high] = limits(field);
            (low..=high).contains(&number)
        })
    });
    let hold = form
        .rules()
        .iter()
        .all(|rule| rule.holds(|field| numbers[field].unwrap_or(0)));
    (fits && hold).then(|| {
        fields
            .iter()
            .zip(numbers)
            .map(|(field, number)| {
                number.map(|n| format!("{n:0width$}", width = field.digits.least))
            })
            .collect()
    })
}

fn limits(field: &Field) -> [i64; 2] {
    let most = 10_i64.pow(field.digits.most as u32) - 1;
    field
        .range
        .map_or([0, most], |range| range.map(|v| v as i64))
}

fn number(field: &Field, rng: &mut Rng) -> i64 {
    let [low, high] = limits(field);
    // Amounts are mostly smaller than their boxes allow.
    let high = match (field.range, field.digits.least == field.digits.most) {
        (None, false) => 10_i64.pow(1 + rng.below(field.digits.most.min(6)) as u32) - 1,
        _ => high,
    };
    loop {
        let number = low + (rng.next_u64() % ((high - low) as u64 + 1)) as i64;
        let text = format!("{number:0width$}", width = field.digits.least);
        let digits: Vec<u8> = text.bytes().map(|byte| byte - b'0').collect();
        if field
            .checksum
            .is_none_or(|checksum| checksum.holds(&digits))
        {
            return number;
        }
    }
}

/// Writes digits.
pub(crate) trait Writer {
    /// Ink of a digit on 0, 255 where it is densest; `height` is that of the box in pixels.
    fn digit(&mut self, digit: u8, height: f64, dpi: f64, rng: &mut Rng) -> GrayImage;
}

/// Our own strokes.
pub(crate) struct Strokes {
    hand: Option<Hand>,
}

impl Strokes {
    pub(crate) fn new() -> Self {
        Self { hand: None }
    }
}

impl Writer for Strokes {
    fn digit(&mut self, digit: u8, height: f64, _: f64, rng: &mut Rng) -> GrayImage {
        let side = height as f32 * 0.72;
        let writer = self.hand.get_or_insert_with(|| Hand::random(side, rng));
        let mut hand = writer.vary(rng);
        hand.size = side;
        hand.thickness = writer.thickness;
        let canvas = (side * 1.7) as u32;
        let mut ink = GrayImage::new(canvas, canvas);
        let character = kannada_digit(digit).expect("a digit");
        let variant = rng.below(64);
        draw_glyph(
            &mut ink,
            character,
            variant,
            [canvas as f32 / 2.0; 2],
            &hand,
            255,
            rng,
        );
        let bounds = lekka_image::normalize::ink_bounds(&ink).expect("ink");
        lekka_image::crop(&ink, bounds)
    }
}

/// Writes values into a page that was drawn with `dpi` dots per inch.
pub(crate) fn fill(
    page: &mut GrayImage,
    dpi: f64,
    form: &Form,
    values: &[Option<String>],
    writer: &mut dyn Writer,
    rng: &mut Rng,
) {
    let pen = rng.between(0.0, 90.0) as u8;
    for (field, value) in form.template().fields.iter().zip(values) {
        let Some(value) = value else { continue };
        let digits: Vec<u8> = value.bytes().map(|byte| byte - b'0').collect();
        let placed = match field.kind {
            FieldKind::Boxes => in_boxes(field, &digits, dpi, writer, rng),
            FieldKind::Area => in_area(field, &digits, dpi, writer, rng),
        };
        for (ink, corner) in placed {
            stamp(page, &ink, corner, pen);
        }
    }
}

/// Ink, and where its upper left corner goes.
type Placed = (GrayImage, (i64, i64));

/// A digit of no more than this size in pixels.
fn digit(
    digit: u8,
    most: (f64, f64),
    height: f64,
    dpi: f64,
    writer: &mut dyn Writer,
    rng: &mut Rng,
) -> GrayImage {
    let ink = writer.digit(digit, height, dpi, rng);
    let shrink = (most.0 / f64::from(ink.width()))
        .min(most.1 / f64::from(ink.height()))
        .min(1.0);
    resized(&ink, shrink)
}

fn resized(ink: &GrayImage, scale: f64) -> GrayImage {
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    resize_area(ink, side(ink.width()), side(ink.height()))
}

/// Not quite in the middle of what is free.
fn off_middle(origin: f64, spare: f64, rng: &mut Rng) -> i64 {
    let at = (0.5 + 0.17 * f64::from(rng.normal())).clamp(-0.1, 1.1);
    (origin + spare.max(0.0) * at).round() as i64
}

/// One digit in each box.
fn in_boxes(
    field: &Field,
    digits: &[u8],
    dpi: f64,
    writer: &mut dyn Writer,
    rng: &mut Rng,
) -> Vec<Placed> {
    let [x, y, width, height] = field.rect.map(|mm| mm * dpi / 25.4);
    let boxes = field.digits.most;
    // Some begin at the first box, some end at the last.
    let start = if rng.below(2) == 0 {
        0
    } else {
        boxes - digits.len()
    };
    let room = width / boxes as f64;
    let place = |(i, &value): (usize, &u8)| {
        let ink = digit(
            value,
            (0.86 * room, 0.86 * height),
            height,
            dpi,
            writer,
            rng,
        );
        let left = x + room * (start + i) as f64;
        let corner = (
            off_middle(left, room - f64::from(ink.width()), rng),
            off_middle(y, height - f64::from(ink.height()), rng),
        );
        (ink, corner)
    };
    digits.iter().enumerate().map(place).collect()
}

/// Digits side by side: mostly 0.04 to 0.4 of their height apart, one pair in twenty touching.
fn in_area(
    field: &Field,
    digits: &[u8],
    dpi: f64,
    writer: &mut dyn Writer,
    rng: &mut Rng,
) -> Vec<Placed> {
    let [x, y, width, height] = field.rect.map(|mm| mm * dpi / 25.4);
    let most = 0.8 * height;
    let mut inks: Vec<GrayImage> = digits
        .iter()
        .map(|&value| digit(value, (1.4 * most, most), height, dpi, writer, rng))
        .collect();
    let size = inks.iter().map(|ink| f64::from(ink.height())).sum::<f64>() / inks.len() as f64;
    let mut gaps: Vec<f64> = (1..inks.len())
        .map(|_| {
            let gap = match rng.below(20) {
                0 => rng.between(-0.1, 0.0),
                _ => rng.between(0.04, 0.4),
            };
            f64::from(gap) * size
        })
        .collect();
    let inset = 1.5 * dpi / 25.4;
    let long =
        inks.iter().map(|ink| f64::from(ink.width())).sum::<f64>() + gaps.iter().sum::<f64>();
    let fit = ((width - 2.0 * inset) / long).min(1.0);
    if fit < 1.0 {
        inks = inks.iter().map(|ink| resized(ink, fit)).collect();
        gaps = gaps.iter().map(|gap| gap * fit).collect();
    }
    let mut left = x + inset + (width - 2.0 * inset - long * fit) * f64::from(rng.unit()) * 0.5;
    let middle = y + height / 2.0 + 0.04 * height * f64::from(rng.normal());
    gaps.push(0.0);
    inks.into_iter()
        .zip(gaps)
        .map(|(ink, gap)| {
            let up = f64::from(ink.height()) / 2.0 + 0.03 * height * f64::from(rng.normal());
            let top = (middle - up).clamp(y + 2.0, y + height - f64::from(ink.height()) - 2.0);
            let corner = (left.round() as i64, top.round() as i64);
            left += f64::from(ink.width()) + gap;
            (ink, corner)
        })
        .collect()
}

/// Puts ink on a page.
fn stamp(page: &mut GrayImage, ink: &GrayImage, corner: (i64, i64), pen: u8) {
    for (x, y, pixel) in ink.enumerate_pixels() {
        let (x, y) = (corner.0 + i64::from(x), corner.1 + i64::from(y));
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            continue;
        };
        if x < page.width() && y < page.height() {
            let paper = &mut page.get_pixel_mut(x, y).0[0];
            let cover = u32::from(pixel.0[0]);
            let mixed = (u32::from(*paper) * (255 - cover) + u32::from(pen) * cover) / 255;
            *paper = (*paper).min(mixed as u8);
        }
    }
}
