//! The scanned sheets of Kannada-MNIST, when `LEKKA_DATA_DIR` names a folder with `kannada-mnist/` and `sheets/`.

#![allow(
    clippy::print_stderr,
    reason = "says when it is skipped and what it measured"
)]

use flate2::read::GzDecoder;
use lekka_image::{DecodeLimits, GrayImage, decode};
use lekka_page::{FieldKind, PageOptions, analyze, extract_grid_tensors};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

fn data_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("LEKKA_DATA_DIR").map(PathBuf::from);
    if dir.is_none() {
        eprintln!("skipped: LEKKA_DATA_DIR is not set");
    }
    dir
}

fn page(path: &Path) -> GrayImage {
    let bytes = fs::read(path).unwrap();
    decode(&bytes, &DecodeLimits::default())
        .unwrap()
        .remove(0)
        .gray
}

#[test]
fn every_sheet_is_a_grid_of_40_x_32() {
    let Some(dir) = data_dir() else { return };
    let mut sheets: Vec<PathBuf> = fs::read_dir(dir.join("sheets/main"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .chain([1, 6, 8].map(|n| dir.join(format!("sheets/dig-dark/page_{n}.tif"))))
        .collect();
    sheets.sort();
    for path in &sheets {
        let layout = analyze(&page(path), &PageOptions::default());
        let sizes: Vec<_> = layout
            .fields
            .iter()
            .map(|f| (f.kind, f.rows, f.columns))
            .collect();
        assert_eq!(sizes, [(FieldKind::Grid, 40, 32)], "{}", path.display());
        let blank = layout.fields[0]
            .glyphs
            .iter()
            .filter(|g| g.pixels.is_none())
            .count();
        assert!(blank <= 2, "{}: {blank} blank cells", path.display());
        assert!(layout.skew_degrees.abs() < 2.0, "{}", path.display());
    }
    eprintln!("{} sheets", sheets.len());
}

/// The official pictures are in the order of the columns: first the 40 of the leftmost.
#[test]
fn cells_are_close_to_the_official_pictures() {
    let Some(dir) = data_dir() else { return };
    let packed = fs::File::open(dir.join("kannada-mnist/X_kannada_MNIST_train-idx3-ubyte.gz"));
    let mut official = Vec::new();
    GzDecoder::new(packed.unwrap())
        .read_to_end(&mut official)
        .unwrap();
    let official = &official[16..];
    let writers = fs::read_to_string(dir.join("kannada-mnist/writers.csv")).unwrap();
    let (mut cells, mut close, mut sum) = (0, 0, 0.0);
    // A few writers are enough to notice a change.
    for line in writers
        .lines()
        .filter(|line| line.starts_with("train,"))
        .step_by(7)
    {
        let fields: Vec<&str> = line.split(',').collect();
        let first: usize = fields[1].parse().unwrap();
        let path = dir.join(format!("sheets/main/page_{}.png", fields[3]));
        if fields[2] != "1280" || !path.exists() {
            continue;
        }
        let tensors = extract_grid_tensors(&page(&path), 40, 32, &PageOptions::default()).unwrap();
        for (i, tensor) in tensors.iter().enumerate() {
            let (row, column) = (i / 32, i % 32);
            let at = (first + column * 40 + row) * 784;
            let similarity =
                tensor.map_or(0.0, |tensor| correlation(&tensor, &official[at..at + 784]));
            cells += 1;
            sum += similarity;
            close += usize::from(similarity > 0.8);
        }
    }
    let (mean, share) = (sum / f64::from(cells), close as f64 / f64::from(cells));
    eprintln!(
        "{cells} cells: mean correlation {mean:.3}, {:.1} % above 0.8",
        100.0 * share
    );
    assert!(cells > 0 && mean > LEAST_MEAN, "{mean}");
}

/// The pictures depend on fractions of a pixel, since the official procedure shrinks cells without averaging.
const LEAST_MEAN: f64 = 0.85;

fn correlation(a: &[u8], b: &[u8]) -> f64 {
    let mean = |v: &[u8]| v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a) - ma, f64::from(b) - mb);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt().max(1e-9)
}
