//! The program on Kannada-MNIST itself: what the README and the model card state must come out.
//!
//! Needs `LEKKA_DATA_DIR`, a folder with `kannada-mnist/` and `sheets/`; says so where it is not set.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "prints what was measured, or that it is skipped"
)]

mod common;

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The test writers: their pages are for measuring only.
const TEST_PAGES: [&str; 8] = ["34", "41", "43", "47", "49", "52", "58", "62"];

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("LEKKA_DATA_DIR").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: set LEKKA_DATA_DIR to run the checks on real data");
    }
    folder
}

fn page(data: &Path, number: &str) -> PathBuf {
    data.join(format!("sheets/main/page_{number}.png"))
}

/// Runs the program, which must succeed, and parses what it prints, one JSON value a line.
fn json_lines(arguments: &[&Path]) -> Vec<Value> {
    let output = common::lekka()
        .args(arguments)
        .output()
        .expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn evaluation(arguments: &[&str]) -> Value {
    let mut all = vec![Path::new("eval"), Path::new("--format"), Path::new("json")];
    all.extend(arguments.iter().map(Path::new));
    json_lines(&all).swap_remove(0)
}

fn accuracy(arguments: &[&str]) -> f64 {
    let evaluation = evaluation(arguments);
    evaluation["accuracy"].as_f64().expect("an accuracy")
}

/// Whether calibration error and levels are as stated; older weights state none.
fn expect_stated_doubt(set: &str, measured: &Value, stated: &Value) {
    if let Some(error) = stated["calibration_error"].as_f64() {
        let found = measured["calibration_error"].as_f64().expect("a number");
        assert!(
            (found - error).abs() < 5e-4,
            "{set}: calibration error {found}, stated {error}"
        );
    }
    for (number, level) in stated["levels"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let found = &measured["levels"][number];
        // Written as f32 in one place and widened to f64 in the other.
        let threshold = |level: &Value| level["threshold"].as_f64().expect("a number") as f32;
        assert_eq!(
            threshold(found).to_bits(),
            threshold(level).to_bits(),
            "{set}"
        );
        for (count, allowed) in [("accepted", 5), ("errors", 2)] {
            let of = |level: &Value| level[count].as_u64().expect("a count");
            // As for the accuracy: another processor may round a probability at a threshold.
            assert!(
                of(found).abs_diff(of(level)) <= allowed,
                "{set}: {count} {}, stated {}",
                of(found),
                of(level)
            );
        }
    }
}

#[test]
fn the_shipped_weights_give_the_figures_they_state() {
    let Some(data) = data() else { return };
    expect_stated_figures(&data, None, 0.973);
}

#[test]
fn the_small_weights_give_the_figures_they_state() {
    let Some(data) = data() else { return };
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../weights/small.safetensors");
    expect_stated_figures(&data, Some(&small.to_string_lossy()), 0.97);
}

/// Measures weights, the built-in ones where no file is named, and compares with their card; `least` is the accuracy that
/// the official test must have.
fn expect_stated_figures(data: &Path, weights: Option<&str>, least: f64) {
    let mut arguments = vec!["model", "info", "--format", "json"];
    arguments.extend(weights);
    let arguments: Vec<&Path> = arguments.into_iter().map(Path::new).collect();
    let info = &json_lines(&arguments)[0];
    let stated = info["metadata"]["figures"].as_array().expect("figures");
    for (set, split) in [("official test", "test"), ("Dig-MNIST", "dig")] {
        let figure = stated
            .iter()
            .find(|figure| figure["set"] == set)
            .unwrap_or_else(|| panic!("the weights state no figure for {set}"));
        let folder = data.to_string_lossy();
        let mut arguments = vec!["--data", &folder, "--split", split];
        arguments.extend(weights.into_iter().flat_map(|file| ["--weights", file]));
        let evaluation = evaluation(&arguments);
        expect_stated_doubt(set, &evaluation, figure);
        let stated = figure["accuracy"].as_f64().expect("a number");
        let measured = evaluation["accuracy"].as_f64().expect("a number");
        // Another processor may round a tie the other way: one digit of ten thousand.
        assert!(
            (measured - stated).abs() < 1.5e-4,
            "{set}: {measured}, stated {stated}"
        );
        println!("{set}: {measured}");
        if split == "test" {
            assert!(measured >= least, "{measured}");
        }
    }
}

#[test]
fn the_test_writers_pages_are_read() {
    let Some(data) = data() else { return };
    let mut arguments = vec!["read", "--format", "json"]
        .into_iter()
        .map(PathBuf::from)
        .collect::<Vec<_>>();
    arguments.extend(TEST_PAGES.map(|number| page(&data, number)));
    let pages = json_lines(&arguments.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    assert_eq!(pages.len(), TEST_PAGES.len());
    let (mut right, mut all) = (0, 0);
    for page in &pages {
        let grid = &page["fields"][0];
        assert_eq!(
            (&grid["rows"], &grid["columns"]),
            (&40.into(), &32.into()),
            "{}",
            page["source"]
        );
        let digits = grid["digits"].as_array().expect("digits");
        assert_eq!(digits.len(), 1280, "{}", page["source"]);
        all += digits.len();
        right += digits
            .iter()
            .filter(|digit| digit["digit"].as_u64() == digit["row"].as_u64().map(|row| row % 10))
            .count();
    }
    let accuracy = right as f64 / all as f64;
    println!("test writers' pages: {right} of {all} right, {accuracy:.4}");
    assert!(accuracy >= 0.968, "{accuracy}");
}

#[test]
fn sheets_become_a_data_set_that_is_as_readable_as_the_official_one() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sheets = |inputs: Vec<PathBuf>, name: &str| -> PathBuf {
        let out = folder.path().join(name);
        let status = common::lekka()
            .args(["data", "from-sheets", "--output-dir"])
            .arg(&out)
            .args(inputs)
            .status()
            .expect("the program starts");
        assert!(status.success(), "from-sheets {name}");
        out
    };
    let all = sheets(vec![data.join("sheets/main")], "all");
    let labels = lekka_train::data::read_images_and_labels(
        &all.join("images-idx3-ubyte.gz"),
        Some(&all.join("labels-idx1-ubyte.gz")),
    )
    .expect("a data set");
    assert_eq!(labels.len(), 70_400);

    let test = sheets(TEST_PAGES.map(|number| page(&data, number)).into(), "test");
    let file = |name| test.join(name).to_string_lossy().into_owned();
    let ours = accuracy(&[
        "--images",
        &file("images-idx3-ubyte.gz"),
        "--labels",
        &file("labels-idx1-ubyte.gz"),
    ]);
    let official = accuracy(&["--data", &data.to_string_lossy(), "--split", "test"]);
    println!("digits cut from the test writers' pages: {ours}, official tensors: {official}");
    // Cutting them must cost nothing; that it gains is no fault (ink beyond the cell is kept).
    assert!(ours >= official - 0.003, "{ours} and {official}");
}
