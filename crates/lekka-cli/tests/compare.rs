//! The comparison of methods, on data small enough for a test.

#![cfg(feature = "compare")]

mod common;

use common::{lekka, run_in};
use std::fmt::Write as _;
use std::path::Path;

const WRITERS: usize = 8;
const IMAGES: usize = 320;

/// Bars of two rows whose height tells the label; each writer draws them at another place.
fn write_data(folder: &Path) {
    let mut images = vec![0, 0, 8, 3];
    for size in [IMAGES as u32, 28, 28] {
        images.extend(size.to_be_bytes());
    }
    let mut labels = vec![0, 0, 8, 1];
    labels.extend((IMAGES as u32).to_be_bytes());
    let per_writer = IMAGES / WRITERS;
    for index in 0..IMAGES {
        let (digit, left) = (index % 10, index / per_writer);
        labels.push(digit as u8);
        images.extend((0..784).map(|pixel| {
            let lit = pixel / 28 / 2 == digit + 2 && (left..left + 14).contains(&(pixel % 28));
            if lit { 255 } else { 0 }
        }));
    }
    let mut writers = "split,first_index,count,writer_page\n".to_owned();
    for writer in 0..WRITERS {
        let _ = writeln!(
            writers,
            "train,{},{per_writer},{writer:02}",
            writer * per_writer
        );
    }
    std::fs::create_dir_all(folder).unwrap();
    for name in ["kannada_MNIST_train", "kannada_MNIST_test"] {
        std::fs::write(folder.join(format!("X_{name}-idx3-ubyte")), &images).unwrap();
        std::fs::write(folder.join(format!("y_{name}-idx1-ubyte")), &labels).unwrap();
    }
    std::fs::write(folder.join("writers.csv"), writers).unwrap();
}

/// Columns of a CSV table that are the same on every machine.
fn steady(table: &str) -> Vec<String> {
    let columns = [0, 1, 2, 3, 4, 6, 9];
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        columns.map(|column| cells[column]).join(",")
    };
    table.lines().map(line).collect()
}

#[test]
fn methods_learn_and_are_told_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    write_data(&folder.path().join("data"));
    let run = |arguments: &str| run_in(folder.path(), arguments);

    let common = "compare --data data --methods knn,svm-linear,svm-rbf --features dag";
    let done = run(&format!(
        "{common} --measure-test --format csv -o table.csv -j 1"
    ));
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    assert!(
        done.stderr.contains("svm-rbf on dag: 100.00 % of 80"),
        "{}",
        done.stderr
    );
    let table = std::fs::read_to_string(folder.path().join("table.csv")).unwrap();
    let rows = steady(&table);
    assert_eq!(
        rows[0],
        "method,features,held_out_accuracy,held_out_images,test_accuracy,model_bytes,training_images"
    );
    let starts = ["knn,dag,1,80,", "svm-linear,dag,1,80,", "svm-rbf,dag,1,80,"];
    assert_eq!(rows.len(), 4);
    for (row, start) in rows[1..].iter().zip(starts) {
        assert!(row.starts_with(start), "{row}");
    }

    // Other threads, the same figures.
    let again = run(&format!(
        "{common} --measure-test --format csv -j 2 --quiet"
    ));
    assert_eq!(steady(&again.stdout), steady(&table));
    assert_eq!(again.stderr, "");

    let json = run("compare --data data --methods knn --features dag,pixels --format json");
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["rows"][1]["features"], "pixels");
    assert_eq!(
        json["rows"][1]["test"],
        serde_json::Value::Null,
        "not asked for"
    );
    assert_eq!(json["held_out_writers"].as_array().unwrap().len(), 2);

    let text = run("compare --data data --methods knn --features hog --training-images 60");
    assert!(
        text.stdout.contains("60 images to train on"),
        "{}",
        text.stdout
    );
}

#[test]
fn the_built_in_network_is_a_row_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path());
    let done = run_in(
        folder.path(),
        "compare --data . --methods network --format json",
    );
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    let json: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let row = &json["rows"][0];
    assert_eq!(row["model_bytes"], 4 * 1_418_570);
    assert_eq!(
        row["held_out"]["images"], 60_000,
        "by the folds of its recipe"
    );
    assert_eq!(row["note"], "held out: by its own run, as its file says");
}

#[test]
fn wrong_usage_is_told_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    write_data(&folder.path().join("data"));
    let cases = [
        ("compare", "no data was named"),
        ("compare --data none", "is not a folder"),
        ("compare --data data --methods boosting", "svm-rbf"),
        ("compare --data data --features sift", "pixels, hog, dag"),
        (
            "compare --data data --training-images 0",
            "training-images is 0",
        ),
        (
            "compare --data data -o no/such/table.csv",
            "there is no folder",
        ),
        (
            "compare --data data --methods network --weights none",
            "none",
        ),
    ];
    for (arguments, expected) in cases {
        let run = run_in(folder.path(), arguments);
        assert_eq!(run.status, Some(2), "{arguments}");
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
    }
    std::fs::remove_file(folder.path().join("data/writers.csv")).unwrap();
    let run = run_in(folder.path(), "compare --data data --methods knn");
    assert!(
        run.stderr.contains("writers are not known"),
        "{}",
        run.stderr
    );
    assert!(
        lekka()
            .args(["compare", "--help"])
            .output()
            .unwrap()
            .status
            .success()
    );
}
