//! The sheets of misread and of doubtful digits.

use super::both;
use crate::data::{DataSet, IMAGE_SIDE};
use crate::metrics::{Evaluation, Misread, Predictions};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use std::fmt::Write;
use std::io;

/// Misread digits that are shown at most, so that the page stays small.
const SHOWN: usize = 600;
/// Doubtful digits that are shown.
const DOUBTFUL: usize = 200;

/// The misread digits, the surest mistakes first.
pub(super) fn misread(evaluation: &Evaluation, set: &DataSet) -> io::Result<String> {
    let mut all: Vec<&Misread> = evaluation.misread.iter().collect();
    all.sort_by(|a, b| {
        confidence(b)
            .total_cmp(&confidence(a))
            .then(a.index.cmp(&b.index))
    });
    let mut text = format!("<h2>Misread digits ({})</h2>\n", all.len());
    if all.is_empty() {
        text.push_str("<p class=\"note\">None.</p>\n");
        return Ok(text);
    }
    text.push_str(
        "<p class=\"note\">The surest mistakes first. Bars are the probabilities of 0 to 9: \
         green the true digit, red the reading.",
    );
    if all.len() > SHOWN {
        let _ = write!(text, " The first {SHOWN} are shown.");
    }
    text.push_str("</p>\n<div class=\"sheet\">\n");
    for misread in all
        .into_iter()
        .take(SHOWN)
        .filter(|misread| misread.index < set.len())
    {
        figure(&mut text, misread, set)?;
    }
    text.push_str("</div>\n");
    Ok(text)
}

/// The digits whose reading is least probable, right or wrong.
pub(super) fn doubtful(predictions: &Predictions, set: &DataSet) -> io::Result<String> {
    let probability = |index: usize| {
        let digit = predictions.digit(index);
        predictions.probabilities(index)[usize::from(digit)]
    };
    let mut all: Vec<usize> = (0..predictions.len().min(set.len())).collect();
    all.sort_by(|&a, &b| probability(a).total_cmp(&probability(b)).then(a.cmp(&b)));
    all.truncate(DOUBTFUL);
    let mut text = format!(
        "<h2>Doubtful digits ({})</h2>\n<p class=\"note\">Those whose reading is least probable, \
         the most doubtful first, whether it is right or not.</p>\n<div class=\"sheet\">\n",
        all.len()
    );
    for index in all {
        let Some(label) = set.label(index) else {
            continue;
        };
        let digit = Misread {
            index,
            label,
            prediction: predictions.digit(index),
            probabilities: predictions.probabilities(index).to_vec(),
        };
        figure(&mut text, &digit, set)?;
    }
    text.push_str("</div>\n");
    Ok(text)
}

/// A digit with its label, its reading and the probabilities.
fn figure(text: &mut String, digit: &Misread, set: &DataSet) -> io::Result<()> {
    let Misread {
        index,
        label,
        prediction,
        ..
    } = digit;
    let probabilities: Vec<_> = (0..10_u8)
        .zip(&digit.probabilities)
        .map(|(digit, p)| format!("{digit}: {:.1} %", 100.0 * p))
        .collect();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<figure title=\"{}\"><img alt=\"image {index}\" src=\"data:image/png;base64,{}\">\
         <figcaption>true {}, read {}<br>{:.1} %, image {index}</figcaption>{}</figure>",
        probabilities.join(", "),
        STANDARD.encode(png(set.image(*index))?),
        both(*label),
        both(*prediction),
        100.0 * confidence(digit),
        bars(digit)
    );
    Ok(())
}

/// Probability of the reading.
fn confidence(misread: &Misread) -> f32 {
    misread
        .probabilities
        .get(misread.prediction as usize)
        .copied()
        .unwrap_or(0.0)
}

/// The ten probabilities as bars.
fn bars(misread: &Misread) -> String {
    let mut svg = String::from("<svg width=\"100\" height=\"24\" viewBox=\"0 0 100 24\">");
    for (digit, &probability) in misread.probabilities.iter().enumerate() {
        let class = match digit as u8 {
            digit if digit == misread.label => "true",
            digit if digit == misread.prediction => "read",
            _ => "bar",
        };
        let height = (22.0 * probability).max(1.0);
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{}\" y=\"{:.1}\" width=\"8\" height=\"{height:.1}\"/>",
            digit * 10 + 1,
            24.0 - height
        );
    }
    svg.push_str("</svg>");
    svg
}

/// An image as PNG.
fn png(pixels: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let side = IMAGE_SIDE as u32;
    PngEncoder::new(&mut bytes)
        .write_image(pixels, side, side, ExtendedColorType::L8)
        .map_err(io::Error::other)?;
    Ok(bytes)
}
