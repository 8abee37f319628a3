//! What JavaScript gets is what the library says.

use lekka::{OutputFormat, ReadOptions, Recognizer};
use lekka_wasm::Reader;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn reader() -> Reader {
    Reader::new(None).unwrap()
}

#[test]
fn a_picture_is_read_as_by_the_library() {
    let bytes = fs::read(root().join("samples/sheet.png")).unwrap();
    let pages = Recognizer::embedded()
        .unwrap()
        .read(&bytes, "sheet.png", &ReadOptions::default())
        .unwrap();
    let mut expected = Vec::new();
    let mut exporter = OutputFormat::Json.exporter();
    lekka::export::write_all(exporter.as_mut(), &pages, &mut expected).unwrap();
    let found = reader().read(&bytes, "sheet.png", "").unwrap();
    assert_eq!(found.as_bytes(), expected);

    let strict = reader()
        .read(&bytes, "sheet.png", r#"{"reviewBelow": 1}"#)
        .unwrap();
    assert!(strict.contains(r#""status":"review""#));
}

#[test]
fn unreadable_files_are_errors_that_name_them() {
    let error = reader()
        .read(b"no picture", "a.png", "")
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("a.png: "), "{error}");
    let error = reader()
        .read(b"", "a.png", r#"{"inc": 1}"#)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("options: unknown field `inc`"), "{error}");
    let error = Reader::new(Some(vec![0; 9])).unwrap_err().to_string();
    assert!(!error.is_empty());
}

#[test]
fn readings_are_corrected_and_written_in_every_format() {
    let reader = reader();
    let bytes = fs::read(root().join("samples/number.png")).unwrap();
    let readings = reader.read(&bytes, "number.png", "").unwrap();
    let before = reader.export(&readings, "ascii").unwrap();
    let corrections = r#"[{"page": 0, "field": 0, "digit": 0, "value": null}]"#;
    let corrected = reader.correct(&readings, corrections).unwrap();
    let after = reader.export(&corrected, "ascii").unwrap();
    assert_eq!(after, format!("_{}", &before[1..]));
    assert!(reader.export(&corrected, "text").unwrap().contains('_'));
    assert!(
        reader
            .export(&corrected, "csv")
            .unwrap()
            .starts_with("source,page,")
    );
    assert_eq!(reader.export(&corrected, "json").unwrap(), corrected);
    for (corrections, reason) in [
        (
            r#"[{"page": 1, "field": 0, "digit": 0, "value": 1}]"#,
            "no page 2",
        ),
        (
            r#"[{"page": 0, "field": 9, "digit": 0, "value": 1}]"#,
            "in field 9",
        ),
        ("[{}]", "corrections: missing field"),
    ] {
        let error = reader
            .correct(&readings, corrections)
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert!(
        reader
            .export(&readings, "xml")
            .unwrap_err()
            .to_string()
            .contains("`xml`")
    );
    assert!(
        reader
            .export("{", "csv")
            .unwrap_err()
            .to_string()
            .starts_with("readings: ")
    );
}

#[test]
fn every_stage_of_a_page_is_shown() {
    let bytes = fs::read(root().join("samples/number.png")).unwrap();
    let stages = reader().stages(&bytes, "number.png", 1, 100, "").unwrap();
    let names: Vec<String> = stages.iter().map(lekka_wasm::StagePicture::name).collect();
    assert_eq!(
        (names[0].as_str(), names.last().unwrap().as_str()),
        ("grey", "glyphs")
    );
    for png in stages.iter().filter_map(lekka_wasm::StagePicture::png) {
        let limits = lekka_image::DecodeLimits::default();
        let shown = &lekka_image::decode(&png, &limits).unwrap()[0].gray;
        assert!(shown.width().max(shown.height()) <= 100);
    }
}

#[test]
fn a_digit_of_the_data_set_is_classified() {
    let bytes = fs::read(root().join("samples/digit-7-28x28.png")).unwrap();
    let picture = &lekka_image::decode(&bytes, &lekka_image::DecodeLimits::default()).unwrap()[0];
    // Ink is black on the picture, white in the data set.
    let digit: Vec<u8> = picture.gray.as_raw().iter().map(|&v| 255 - v).collect();
    let twice = [digit.as_slice(); 2].concat();
    let probabilities = reader().classify(&twice).unwrap();
    assert_eq!(probabilities.len(), 20);
    assert!(
        probabilities[7] > 0.9 && probabilities[17] > 0.9,
        "{probabilities:?}"
    );
    let error = reader().classify(&[0; 783]).unwrap_err().to_string();
    assert!(
        error.starts_with("783 values are no whole number"),
        "{error}"
    );
}

/// Strokes of all digits in pixels of a surface, as a browser records them; the tests of the page
/// draw them too. They are the first handwriting of each digit in `lekka-strokes`.
fn recorded() -> Value {
    let file = root().join("web/tests/fixtures/strokes.json");
    serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap()
}

#[test]
fn recorded_strokes_are_read() {
    let recorded = recorded();
    let reader = reader();
    for entry in recorded.as_array().unwrap() {
        let strokes: Vec<Vec<[f32; 2]>> = serde_json::from_value(entry["strokes"].clone()).unwrap();
        let coordinates: Vec<f32> = strokes.concat().concat();
        let lengths: Vec<u32> = strokes.iter().map(|stroke| stroke.len() as u32).collect();
        let page = reader
            .read_strokes(&coordinates, &lengths, false, "drawing", "")
            .unwrap();
        let page: Value = serde_json::from_str(&page).unwrap();
        let digits = page["fields"][0]["digits"].as_array().unwrap();
        assert_eq!(digits.len(), 1, "{entry}");
        assert_eq!(digits[0]["digit"], entry["digit"], "{page}");
    }
    let error = reader
        .read_strokes(&[0.0; 3], &[2], false, "drawing", "")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("the strokes have 2 points by their lengths and 3"),
        "{error}"
    );
}
