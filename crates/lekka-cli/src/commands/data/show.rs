//! `lekka data show`: a sheet of samples as a picture, a row for each digit.

use super::source::Source;
use crate::failure::{Exit, failure};
use crate::output::Output;
use anyhow::{Context, Result};
use clap::Args;
use image::{GrayImage, ImageFormat, Luma};
use lekka_strokes::{Hand, Rng, draw_glyph, ink_gray, kannada_digit, text_mask};
use lekka_train::data::{CLASSES, DataSet, IMAGE_SIDE};
use std::io::{Cursor, Write};
use std::path::PathBuf;

/// Pixels between two samples.
const GAP: u32 = 4;
/// Width of the labels at the left.
const LABELS: u32 = 96;

/// Options of `lekka data show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lekka data show --data data/ -o samples.png
  lekka data show --data data/ --split dig --columns 20 --seed 7 -o dig.png
  lekka data show --data data/ --split train --writer 07 --digit 3 -o threes.png")]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    source: Source,
    /// Samples in a row
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=200))]
    columns: u32,
    /// Rows for each digit, or altogether when there are no labels
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=200))]
    rows: u32,
    /// Only this digit
    #[arg(long, value_name = "DIGIT", value_parser = clap::value_parser!(u8).range(0..=9))]
    digit: Option<u8>,
    /// Only this writer
    #[arg(long, value_name = "WRITER")]
    writer: Option<String>,
    /// Pixels of the sheet for a pixel of a sample
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    scale: u32,
    /// Which samples are drawn: the same seed draws the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Where to write the PNG; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

pub(crate) fn run(args: &ShowArgs) -> Result<Exit> {
    let set = args.source.read(super::SplitName::Train)?;
    let rows = choose(args, &set)?;
    let side = IMAGE_SIDE as u32 * args.scale;
    let left = if set.labels().is_some() { LABELS } else { GAP };
    let mut sheet = GrayImage::from_pixel(
        left + args.columns * (side + GAP),
        GAP + rows.len() as u32 * (side + GAP),
        Luma([255]),
    );
    for (row, (label, samples)) in rows.iter().enumerate() {
        let top = GAP + row as u32 * (side + GAP);
        if let Some(label) = *label {
            draw_label(&mut sheet, label, top, side);
        }
        for (column, &index) in samples.iter().enumerate() {
            let corner = [left + column as u32 * (side + GAP), top];
            draw_sample(&mut sheet, set.image(index), corner, args.scale);
        }
    }
    let mut png = Cursor::new(Vec::new());
    sheet
        .write_to(&mut png, ImageFormat::Png)
        .context("cannot encode the sheet as PNG")?;
    let mut output = Output::open(Some(&args.output))?;
    output
        .write_all(png.get_ref())
        .map_err(|error| output.explain(error))?;
    output.finish()?;
    Ok(Exit::Success)
}

/// Rows of sample indices with their label.
fn choose(args: &ShowArgs, set: &DataSet) -> Result<Vec<(Option<u8>, Vec<usize>)>> {
    if let Some(writer) = &args.writer {
        let known = set
            .writers()
            .map(|writers| writers.names().to_vec())
            .unwrap_or_default();
        if !known.contains(writer) {
            let hint = if known.is_empty() {
                "the writers of this set are not known".to_owned()
            } else {
                format!("its writers are {}", known.join(", "))
            };
            return Err(failure(
                format!("{} has no writer {writer}", set.name()),
                hint,
            ));
        }
    }
    let wanted = |index: &usize| {
        let writer = set.writers().map(|writers| writers.name_of(*index));
        args.writer.is_none() || args.writer.as_deref() == writer
    };
    let labels: Vec<Option<u8>> = match (set.labels().is_some(), args.digit) {
        (true, Some(digit)) => vec![Some(digit)],
        (true, None) => (0..CLASSES as u8).map(Some).collect(),
        (false, None) => vec![None],
        (false, Some(_)) => {
            let message = format!("{} has no labels to find a digit by", set.name());
            return Err(failure(message, "leave --digit out, or give --labels"));
        }
    };
    let mut rng = Rng::new(args.seed);
    let mut rows = Vec::new();
    for label in labels {
        let mut indices: Vec<usize> = (0..set.len())
            .filter(wanted)
            .filter(|&i| set.label(i) == label)
            .collect();
        // The first of a Fisher-Yates shuffle.
        let count = indices.len().min((args.columns * args.rows) as usize);
        for i in 0..count {
            let other = i + rng.below(indices.len() - i);
            indices.swap(i, other);
        }
        indices.truncate(count);
        rows.extend(
            indices
                .chunks(args.columns as usize)
                .map(|row| (label, row.to_vec())),
        );
    }
    if rows.is_empty() {
        let message = format!("{} has no such samples", set.name());
        return Err(failure(message, "choose another --digit or --writer"));
    }
    Ok(rows)
}

/// The digit in Kannada and in ASCII at the left of its row.
fn draw_label(sheet: &mut GrayImage, label: u8, top: u32, side: u32) {
    let middle = top as f32 + side as f32 / 2.0;
    let size = (side as f32 * 0.7).min(34.0);
    if let Some(character) = kannada_digit(label) {
        let hand = Hand::plain(size);
        draw_glyph(
            sheet,
            character,
            0,
            [30.0, middle],
            &hand,
            0,
            &mut Rng::new(0),
        );
    }
    let corner = [58.0, middle - size * 0.4];
    ink_gray(
        sheet,
        &text_mask(&label.to_string(), corner, size * 0.8, 1.5),
        120,
    );
}

/// A sample, which is white on black, as black on white.
fn draw_sample(sheet: &mut GrayImage, pixels: &[u8], corner: [u32; 2], scale: u32) {
    for (i, &pixel) in pixels.iter().enumerate() {
        let [x, y] = [(i % IMAGE_SIDE) as u32, (i / IMAGE_SIDE) as u32];
        for dy in 0..scale {
            for dx in 0..scale {
                let at = [corner[0] + x * scale + dx, corner[1] + y * scale + dy];
                sheet.put_pixel(at[0], at[1], Luma([255 - pixel]));
            }
        }
    }
}
