//! Digits found on pages without being told of a grid: the figures of `docs/pages.md`.
//!
//! Needs `LEKKA_DATA_DIR`, a folder with `kannada-mnist/` and `sheets/`; says so where it is not set. The main pages are
//! those of two training writers whom `weights/small-37-writers.safetensors`, which reads them, has not seen; `LEKKA_PAGES` takes
//! others (`LEKKA_PAGES=test` the test writers', for measuring only), `LEKKA_WEIGHTS` other weights.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "prints what was measured, or that it is skipped"
)]

mod common;

use common::{COLUMNS, ROWS, Sheet, grid_digits, load, main_page, official, picture, writers};
use lekka::{PageReading, ReadOptions, Recognizer};
use lekka_image::{GrayImage, Perspective};
use lekka_page::{PageOptions, without_rules};
use std::path::{Path, PathBuf};

/// The main pages that are read unless others are named.
const PAGES: usize = 2;

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("LEKKA_DATA_DIR").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: set LEKKA_DATA_DIR to run the checks on real data");
    }
    folder
}

fn read(recognizer: &Recognizer, page: GrayImage, name: &str) -> PageReading {
    recognizer
        .read_picture(&picture(page), name, &ReadOptions::default())
        .expect("a classifier that works")
}

#[test]
fn the_sheets_of_dig_mnist_are_found_and_read() {
    let Some(data) = data() else { return };
    let recognizer = common::recognizer();
    let (mut boxed, mut right, mut all) = (0, 0, 0);
    for folder in ["dig-dark", "dig-light"] {
        for number in [1, 3, 6, 8] {
            let ending = if folder == "dig-dark" { "tif" } else { "png" };
            let path = data.join(format!("sheets/{folder}/page_{number}.{ending}"));
            let reading = read(&recognizer, load(&path), "dig");
            let sizes: Vec<_> = reading.fields.iter().map(|f| (f.rows, f.columns)).collect();
            let digits = grid_digits(&reading).unwrap_or_else(|| {
                panic!(
                    "{}: no {ROWS} rows of {COLUMNS}, but {sizes:?}",
                    path.display()
                )
            });
            let found = digits.iter().flatten().count();
            let good = digits
                .iter()
                .enumerate()
                .filter(|(i, digit)| digit.is_some_and(|d| usize::from(d) == i / COLUMNS % 10))
                .count();
            println!(
                "{folder} {number}: {found} boxed, {good} read right of {}",
                digits.len()
            );
            boxed += found;
            right += good;
            all += digits.len();
        }
    }
    let share = |count: usize| count as f64 / all as f64;
    println!(
        "all: {:.2} % boxed, {:.2} % read right",
        100.0 * share(boxed),
        100.0 * share(right)
    );
    assert!(share(boxed) >= 0.99 && share(right) >= 0.90);
}

/// How many digits of main pages are read right with their grid, and after it was erased, of how many.
fn with_and_without_grid(data: &Path, recognizer: &Recognizer, pages: &[String]) -> [usize; 3] {
    let mut sums = [0; 3];
    for name in pages {
        let page = main_page(data, name);
        let sheet = Sheet::of(&page);
        let erased = without_rules(&page, &PageOptions::default());
        let count = |page: GrayImage| {
            let reading = read(recognizer, page, name);
            sheet.right(&reading, &Perspective::IDENTITY)
        };
        let counts = [count(page), count(erased), sheet.places.len()];
        println!(
            "page {name}: {} right with the grid, {} without, of {}",
            counts[0], counts[1], counts[2]
        );
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    sums
}

#[test]
fn pages_are_read_without_their_grid_as_well_as_with_it() {
    let Some(data) = data() else { return };
    let recognizer = common::recognizer();
    let pages = common::pages(&data, PAGES);
    let [with, without, all] = with_and_without_grid(&data, &recognizer, &pages);
    let share = |count: usize| count as f64 / all as f64;
    println!(
        "with their grid {:.2} %, without {:.2} %",
        100.0 * share(with),
        100.0 * share(without)
    );
    assert!(share(without) >= share(with) - 0.005);

    // The official pictures of the same writers.
    let (mut right, mut all) = (0, 0);
    for split in ["train", "test"] {
        let mut images = Vec::new();
        for (_, first, count, page) in writers(&data).into_iter().filter(|w| w.0 == split) {
            if !pages.contains(&page) {
                continue;
            }
            if images.is_empty() {
                images = official(&data, split);
            }
            let probabilities = recognizer
                .probabilities(&images[first..first + count])
                .expect("a classifier that works");
            // Images are in the order of the columns, whose rows hold 0 to 9 four times.
            for (i, row) in probabilities.iter().enumerate() {
                let best = (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b]));
                right += usize::from(best == Some((first + i) % 10));
                all += 1;
            }
        }
    }
    let tensors = right as f64 / f64::from(all.max(1));
    println!(
        "official pictures of the same writers: {:.2} % of {all}",
        100.0 * tensors
    );
    assert!(all > 0, "none of the pages is in writers.csv");
    assert!(share(without) >= tensors - 0.005);
}
