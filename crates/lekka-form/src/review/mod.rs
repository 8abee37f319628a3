//! A page to look through doubtful fields, in one file without any request to elsewhere.

use crate::check::Form;
use crate::read::FormReading;
use crate::table::{columns, row};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::GrayImage;
use lekka::Status;
use lekka_image::resize_area;
use serde::Serialize;

/// Pictures of fields are at most this wide, in pixels.
const MOST_WIDTH: u32 = 900;

#[derive(Serialize)]
struct Page<'a> {
    form: &'a str,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    doubts: Vec<Doubt<'a>>,
}

/// A doubtful field.
#[derive(Serialize)]
struct Doubt<'a> {
    row: usize,
    column: usize,
    label: &'a str,
    reason: &'a str,
    readings: Vec<(&'a str, f64)>,
    least: usize,
    most: usize,
    picture: Option<String>,
}

/// The review page of some readings as HTML; the fields' pictures are in it when they were kept
/// ([`FormOptions::keep_pictures`](crate::FormOptions::keep_pictures)).
///
/// It shows each doubtful field with its likeliest readings to pick from, works by keyboard alone and with a screen
/// reader, in light and dark, and saves the corrected table as CSV.
///
/// # Errors
///
/// When a picture cannot be written as PNG.
pub fn to_html(form: &Form, readings: &[FormReading]) -> Result<String, png::EncodingError> {
    let template = form.template();
    let mut doubts = Vec::new();
    for (row, reading) in readings.iter().enumerate() {
        for (column, (value, field)) in reading.fields.iter().zip(&template.fields).enumerate() {
            if value.status != Status::Review {
                continue;
            }
            doubts.push(Doubt {
                row,
                column: column + 2,
                label: field.label.as_deref().unwrap_or(field.name()),
                reason: value.reason.as_deref().unwrap_or_default(),
                readings: value
                    .readings
                    .iter()
                    .map(|reading| {
                        (
                            reading.value.as_str(),
                            (reading.probability * 1e4).round() / 1e4,
                        )
                    })
                    .collect(),
                least: field.digits.least,
                most: field.digits.most,
                picture: value.picture.as_ref().map(data_url).transpose()?,
            });
        }
    }
    let page = Page {
        form: template.title.as_deref().unwrap_or(&template.name),
        columns: columns(form),
        rows: readings.iter().map(|reading| row(form, reading)).collect(),
        doubts,
    };
    // In a script element only `<` could end it or begin a comment.
    let data = serde_json::to_string(&page)
        .unwrap_or_default()
        .replace('<', "\\u003c");
    let [before, rest] = divided(include_str!("page.html"), "/* STYLE */");
    let [between, rest] = divided(rest, "/* DATA */");
    let [last, after] = divided(rest, "/* SCRIPT */");
    Ok([
        before,
        include_str!("style.css"),
        between,
        &data,
        last,
        include_str!("script.js"),
        after,
    ]
    .concat())
}

fn divided<'a>(text: &'a str, mark: &str) -> [&'a str; 2] {
    text.split_once(mark)
        .map_or([text, ""], |(before, after)| [before, after])
}

/// A picture as an address that holds it.
fn data_url(picture: &GrayImage) -> Result<String, png::EncodingError> {
    let width = picture.width().min(MOST_WIDTH);
    let height = (u64::from(picture.height()) * u64::from(width)
        / u64::from(picture.width().max(1)))
    .max(1) as u32;
    let picture = resize_area(picture, width, height);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Four);
    let mut writer = encoder.write_header()?;
    // Sixteen greys are enough to look at, and half the size.
    let rows = picture
        .as_raw()
        .chunks_exact(picture.width().max(1) as usize);
    let packed: Vec<u8> = rows
        .flat_map(|row| {
            row.chunks(2)
                .map(|pair| (pair[0] & 0xF0) | (pair.get(1).unwrap_or(&0) >> 4))
        })
        .collect();
    writer.write_image_data(&packed)?;
    writer.finish()?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
}
