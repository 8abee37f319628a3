//! Numbers without boxes: digits that touch, and marks between digits that are none.

#![expect(clippy::print_stdout, reason = "what was read stands beside a failure")]

mod common;

use common::fill::{Strokes, Writer};
use image::{GrayImage, Luma};
use lekka::{Recognizer, Status};
use lekka_form::{FieldValue, Form, FormOptions, Template, to_picture};
use lekka_image::resize_area;
use lekka_strokes::Rng;

const DPI: f64 = 200.0;

/// Where the area is, in millimetres.
const AREA: [f64; 4] = [20.0, 60.0, 110.0, 12.0];

/// A page with an area for so many digits.
fn area(digits: &str) -> Form {
    let text = format!(
        "name = \"area\"\npage = \"A5\"\n[[field]]\nname = \"number\"\nrect = {AREA:?}\nkind = \"area\"\n\
         digits = {digits}\n"
    );
    Form::new(Template::parse(&text, "area").unwrap()).unwrap()
}

/// What stands between two digits.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Gap,
    /// The digits touch.
    Joined,
    Comma,
    Point,
    Hyphen,
}

/// Writes digits into the area of a page in our own strokes; `between` says what stands before the digit with this index.
fn write(
    page: &mut GrayImage,
    number: &str,
    between: impl Fn(usize) -> Between,
    strokes: &mut Strokes,
    rng: &mut Rng,
) {
    let [x, y, _, height] = AREA.map(|mm| mm * DPI / 25.4);
    let size = 0.6 * height;
    let (mut left, middle) = (x + 0.5 * size, y + height / 2.0);
    for (index, digit) in number.bytes().map(|byte| byte - b'0').enumerate() {
        let ink = strokes.digit(digit, height, DPI, rng);
        let scale = size / f64::from(ink.height().max(ink.width()));
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        let ink = resize_area(&ink, side(ink.width()), side(ink.height()));
        let foot = middle + size / 2.0;
        if index > 0 {
            match between(index) {
                Between::Gap => left += 0.2 * size,
                Between::Joined => left = joined(page, &ink, left, middle),
                Between::Comma => left = stroke(page, left, foot, [0.12, 0.3], 0.15, size),
                Between::Point => left = stroke(page, left, foot, [0.14, 0.14], 0.0, size),
                Between::Hyphen => left = stroke(page, left, middle, [0.4, 0.1], 0.0, size),
            }
        }
        let top = (middle - f64::from(ink.height()) / 2.0).round();
        for (u, v, pixel) in ink.enumerate_pixels() {
            let at = (left.round() as u32 + u, top as u32 + v);
            let paper = &mut page.get_pixel_mut(at.0, at.1).0[0];
            *paper = (*paper).min(255 - pixel.0[0]);
        }
        left += f64::from(ink.width());
    }
}

/// Where a digit has to begin for its ink to touch what is written before it.
fn joined(page: &GrayImage, ink: &GrayImage, left: f64, middle: f64) -> f64 {
    let top = (middle - f64::from(ink.height()) / 2.0).round();
    let meets = |left: u32| {
        ink.enumerate_pixels().any(|(u, v, pixel)| {
            pixel.0[0] > 128 && page.get_pixel(left + u, top as u32 + v).0[0] < 128
        })
    };
    let start = left.round() as u32 + 2;
    let touches = (0..ink.width())
        .map(|back| start - back)
        .find(|&at| meets(at));
    f64::from(touches.unwrap_or(start))
}

/// Draws an upright box of this part of a digit's size that ends `below` under a line; gives where writing goes on.
fn stroke(
    page: &mut GrayImage,
    left: f64,
    line: f64,
    part: [f64; 2],
    below: f64,
    size: f64,
) -> f64 {
    let [width, height] = part.map(|part| (part * size).round().max(2.0) as u32);
    let x = (left + 0.15 * size).round() as u32;
    let y = (line + below * size).round() as u32 - height;
    for (u, v) in (0..width).flat_map(|u| (0..height).map(move |v| (u, v))) {
        page.put_pixel(x + u, y + v, Luma([10]));
    }
    f64::from(x + width) + 0.15 * size
}

fn read(form: &Form, recognizer: &Recognizer, page: &GrayImage) -> FieldValue {
    let options = FormOptions::default();
    let mut reading = form.read_page(recognizer, page, "a", 1, &options).unwrap();
    assert_eq!(reading.error, None);
    reading.fields.swap_remove(0)
}

/// Numbers of this many digits, each once with what stands between its digits, and what they are read as.
fn readings(
    form: &Form,
    seed: u64,
    count: usize,
    digits: usize,
    between: impl Fn(usize) -> Between,
) -> Vec<(String, FieldValue)> {
    let recognizer = Recognizer::embedded().unwrap();
    let blank = to_picture(form, DPI).unwrap();
    (0..count as u64)
        .map(|index| {
            let mut rng = Rng::new(seed + index);
            let number: String = (0..digits)
                .map(|_| char::from(b'0' + rng.below(10) as u8))
                .collect();
            let mut page = blank.clone();
            write(&mut page, &number, &between, &mut Strokes::new(), &mut rng);
            (number, read(form, &recognizer, &page))
        })
        .collect()
}

/// How many are read right, how many of all readings are marked, and how many are wrong without a mark.
fn counted(readings: &[(String, FieldValue)]) -> [usize; 3] {
    let right = |(number, field): &&(String, FieldValue)| field.value.as_ref() == Some(number);
    let marked = |(_, field): &&(String, FieldValue)| field.status == Status::Review;
    for (number, field) in readings {
        let likely = field.readings.iter().take(3);
        let likely: Vec<String> = likely
            .map(|reading| format!("{} {:.3}", reading.value, reading.probability))
            .collect();
        println!("{number} read as {likely:?} {:?}", field.reason);
    }
    [
        readings.iter().filter(right).count(),
        readings.iter().filter(marked).count(),
        readings.iter().filter(|r| !right(r) && !marked(r)).count(),
    ]
}

#[test]
fn digits_that_touch_are_read_one_by_one() {
    let joined = |index| {
        if index == 2 {
            Between::Joined
        } else {
            Between::Gap
        }
    };
    let readings = readings(&area("[1, 10]"), 100, 12, 4, joined);
    let [right, _, wrong] = counted(&readings);
    assert!(right >= 8, "{right} of 12 are right");
    assert!(wrong <= 1, "{wrong} are wrong and not marked");
}

#[test]
fn separators_are_no_digits() {
    for (mark, name) in [(Between::Comma, "comma"), (Between::Hyphen, "hyphen")] {
        let before_third_last = |index| if index == 2 { mark } else { Between::Gap };
        let readings = readings(&area("[1, 10]"), 200, 8, 5, before_third_last);
        let [right, _, wrong] = counted(&readings);
        assert!(right >= 7, "{name}: {right} of 8 are right");
        assert!(wrong == 0, "{name}: {wrong} are wrong and not marked");
    }
}

#[test]
fn a_decimal_point_is_told_and_not_read_over() {
    let before_last_two = |index| {
        if index == 3 {
            Between::Point
        } else {
            Between::Gap
        }
    };
    let readings = readings(&area("[1, 10]"), 300, 6, 5, before_last_two);
    let [right, marked, _] = counted(&readings);
    assert!(right >= 5, "{right} of 6 are right");
    assert!(marked >= 5, "{marked} of 6 are marked");
    let told = |(_, field): &&(String, FieldValue)| {
        let reason = field.reason.as_deref().unwrap_or_default();
        reason.contains("numbers are whole")
    };
    assert!(readings.iter().filter(told).count() >= 4);
}

#[test]
fn several_readings_come_out_for_rules_to_choose_from() {
    let joined = |index| {
        if index == 2 {
            Between::Joined
        } else {
            Between::Gap
        }
    };
    let readings = readings(&area("4"), 100, 12, 4, joined);
    let several = readings
        .iter()
        .filter(|(_, field)| field.readings.len() > 1);
    assert!(several.count() >= 10);
    for (_, field) in &readings {
        let sum: f64 = field
            .readings
            .iter()
            .map(|reading| reading.probability)
            .sum();
        assert!(sum <= 1.0 + 1e-6, "{sum}");
    }
    let [right, _, wrong] = counted(&readings);
    assert!(right >= 9 && wrong == 0, "{right} {wrong}");
}
