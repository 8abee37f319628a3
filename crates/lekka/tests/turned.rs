//! The sample sheet read whichever way it lies, with the weights that are built in.

use image::{GrayImage, imageops};
use lekka::{PageReading, ReadOptions, Recognizer, When};
use lekka_image::decode::Orientation;
use lekka_image::rotate::{Canvas, rotate};
use lekka_image::{DecodeLimits, Picture, decode};
use std::path::Path;

fn sheet() -> GrayImage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/sheet.png");
    let bytes = std::fs::read(path).expect("the sample");
    decode(&bytes, &DecodeLimits::default())
        .expect("a picture")
        .remove(0)
        .gray
}

fn picture(gray: GrayImage) -> Picture {
    let (stored_width, stored_height) = gray.dimensions();
    Picture {
        gray,
        page: 0,
        stored_width,
        stored_height,
        orientation: Orientation::NoTransforms,
    }
}

fn text(reading: &PageReading) -> String {
    let fields = reading.fields.iter().map(|field| field.ascii.as_str());
    fields.collect::<Vec<_>>().join("\n")
}

/// How many characters of two texts of the same length are the same; 0 when the lengths differ.
fn agreement(a: &str, b: &str) -> f64 {
    if a.len() != b.len() {
        return 0.0;
    }
    let same = a.bytes().zip(b.bytes()).filter(|(a, b)| a == b).count();
    same as f64 / a.len() as f64
}

#[test]
fn a_sheet_reads_the_same_whichever_way_up() {
    let recognizer = Recognizer::embedded().expect("the weights");
    let read = |page: GrayImage| {
        let options = ReadOptions::default();
        recognizer
            .read_picture(&picture(page), "sheet", &options)
            .expect("a reading")
    };
    let upright = sheet();
    let before = read(upright.clone());
    let expected = text(&before);
    assert!(expected.len() > 20, "{expected}");
    for (turned, degrees) in [
        (imageops::rotate90(&upright), -90.0),
        (imageops::rotate180(&upright), 180.0),
        (imageops::rotate270(&upright), 90.0),
        (rotate(&upright, 12.0, Canvas::Enlarged, 255).image, 12.0),
        (rotate(&upright, -33.0, Canvas::Enlarged, 255).image, -33.0),
    ] {
        let reading = read(turned);
        let found = text(&reading);
        assert!(
            agreement(&expected, &found) >= 0.95,
            "{degrees}:\n{expected}\n{found}"
        );
        let off: f64 = reading.skew_degrees - before.skew_degrees - degrees;
        assert!(
            off.abs().min((360.0 - off.abs()).abs()) < 0.5,
            "{degrees}: {} after {}",
            reading.skew_degrees,
            before.skew_degrees
        );
    }
}

#[test]
fn boxes_are_those_of_the_turned_picture() {
    let recognizer = Recognizer::embedded().expect("the weights");
    let options = ReadOptions::default();
    let upright = sheet();
    let (width, height) = upright.dimensions();
    let read = |page: GrayImage| {
        recognizer
            .read_picture(&picture(page), "sheet", &options)
            .expect("a reading")
    };
    let before = read(upright.clone());
    let after = read(imageops::rotate180(&upright));
    for (a, b) in before.digits().zip(after.digits()) {
        let [x, y, w, h] = a.bounds.map(i64::from);
        let turned = [i64::from(width) - x - w, i64::from(height) - y - h, w, h];
        let off = turned
            .iter()
            .zip(b.bounds)
            .map(|(a, b)| (a - i64::from(b)).abs());
        assert!(off.max() <= Some(3), "{turned:?} {:?}", b.bounds);
    }
}

#[test]
fn looking_on_changes_nothing() {
    let recognizer = Recognizer::embedded().expect("the weights");
    let mut options = ReadOptions::default();
    for upright in [When::Auto, When::Never] {
        options.steps.page.upright = upright;
        let page = picture(rotate(&sheet(), 7.0, Canvas::Enlarged, 255).image);
        let staged = recognizer.stages(&page, "sheet", &options).expect("stages");
        let reading = recognizer
            .read_picture(&page, "sheet", &options)
            .expect("a reading");
        assert_eq!(staged.reading, reading);
        let turned = staged
            .stages
            .iter()
            .find(|stage| stage.name == "upright")
            .is_some_and(|stage| stage.image.is_some());
        assert_eq!(turned, upright == When::Auto);
        let last = staged.stages.last().expect("stages");
        assert_eq!(last.name, "glyphs");
        assert!(last.image.as_ref().is_some_and(|sheet| sheet.width() > 100));
    }
}
