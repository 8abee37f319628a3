//! Numbers composed from a sheet and read back.

mod common;

use lekka_strokes::Sheet;
use serde_json::Value;
use std::path::Path;

/// A sheet laid out as those of Kannada-MNIST.
fn draw_sheet(path: &Path) {
    let cells = (0..40_u8).map(|row| vec![Some(row % 10); 32]).collect();
    let sheet = Sheet {
        cells,
        ..Sheet::default()
    };
    sheet.draw(5).save(path).unwrap();
}

#[test]
fn numbers_of_a_sheet_are_composed_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| common::run_in(folder.path(), arguments);
    draw_sheet(&folder.path().join("page.png"));
    let compose =
        run("data compose page.png --count 30 --digits 6 --spacing spaced,close -o numbers");
    assert_eq!(compose.status, Some(0), "{}", compose.stderr);
    assert_eq!(compose.stdout, "30 numbers by 1 writers in numbers\n");
    let index = folder.path().join("numbers/numbers.jsonl");
    let first = std::fs::read_to_string(&index).unwrap();
    run("data compose page.png --count 30 --digits 6 --spacing spaced,close -o again");
    let again = std::fs::read_to_string(folder.path().join("again/numbers.jsonl")).unwrap();
    assert_eq!(first, again, "the seed decides");

    let text = run("eval --numbers numbers");
    assert_eq!(text.status, Some(0), "{}", text.stderr);
    assert!(
        text.stdout.contains("read whole / digit error rate"),
        "{}",
        text.stdout
    );
    let json = run("eval --numbers numbers --format json --method segmentation");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["all"]["numbers"], 30);
    let errors = json["all"]["digit_error_rate"].as_f64().unwrap();
    assert!(errors < 0.1, "{errors}");
}

#[test]
fn amounts_have_separators() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| common::run_in(folder.path(), arguments);
    draw_sheet(&folder.path().join("page.png"));
    run("data compose page.png --count 20 --digits 5 --spacing close --separators 1 -o amounts");
    let json = run("eval --numbers amounts --format json");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let [there, placed] = [0, 1].map(|index| json["separators"][index].as_u64().unwrap());
    assert!(there >= 20 && 2 * placed > there, "{placed} of {there}");
}

#[test]
fn what_cannot_be_measured_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let missing = common::run_in(folder.path(), "eval --numbers nothing");
    assert_eq!(missing.status, Some(2));
    assert!(
        missing.stderr.contains("numbers.jsonl") && missing.stderr.contains("data compose"),
        "{}",
        missing.stderr
    );
    std::fs::write(folder.path().join("numbers.jsonl"), "").unwrap();
    let empty = common::run_in(folder.path(), "eval --numbers .");
    assert!(
        empty.stderr.contains("holds no numbers"),
        "{}",
        empty.stderr
    );
    let digits = common::run_in(folder.path(), "data compose x.png -o out --digits 5..2");
    assert_eq!(digits.status, Some(2));
    let train = common::run_in(folder.path(), "train --preset numbers");
    assert!(
        train.stderr.contains("no sheets to compose numbers of"),
        "{}",
        train.stderr
    );
}
