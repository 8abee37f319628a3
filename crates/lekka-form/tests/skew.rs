//! How far off the skew of pages is found, each turned by known angles, with blank margins, at 100 to 600 dpi.
//!
//! The forms of `examples/forms` are always measured; with `LEKKA_DATA_DIR`, a folder with `sheets/`, also the sheets of
//! Kannada-MNIST and Dig-MNIST, whose own skew is that of their rules and rows as `lekka_page` finds them.
//! `LEKKA_ANGLES` is the number of angles for each page (2).

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "prints what was measured, or that it is skipped"
)]

mod common;

use common::fill::{Strokes, fill, values};
use image::{GrayImage, Luma, imageops};
use lekka_form::to_picture;
use lekka_image::rotate::{Canvas, rotate};
use lekka_image::{DecodeLimits, decode, estimate_skew, resize_area, resize_bilinear};
use lekka_page::{PageOptions, analyze};
use lekka_strokes::Rng;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Resolutions that pages are brought to.
const DPI: [f64; 5] = [100.0, 150.0, 200.0, 300.0, 600.0];

/// Blank margins on every side, in parts of the longer side.
const MARGINS: [f64; 3] = [0.0, 0.1, 0.3];

#[derive(Debug, Default)]
struct Tally {
    errors: Vec<f64>,
    /// Errors of those that a page would be turned by.
    sure: Vec<f64>,
}

impl Tally {
    /// Measures a page that is `own` degrees skewed itself and has so many dots per inch.
    fn add(&mut self, page: &GrayImage, own: f64, dpi: f64, what: &str, rng: &mut Rng) {
        let angles = std::env::var("LEKKA_ANGLES").map_or(2, |n| n.parse().expect("a number"));
        for _ in 0..angles {
            let wanted = DPI[rng.below(DPI.len())];
            let margin = MARGINS[rng.below(MARGINS.len())];
            // Together with the page's own skew it stays below 45 degrees, beyond which it is a quarter turn.
            let angle = f64::from(rng.between(-43.5, 43.5));
            let turned = rotate(
                &framed(&scaled(page, wanted / dpi), margin),
                angle,
                Canvas::Enlarged,
                255,
            );
            let found = estimate_skew(&turned.image);
            let off = (found.degrees - own - angle).abs();
            self.errors.push(off);
            if found.trusted() != 0.0 {
                self.sure.push(off);
            }
            if off > 0.3 || found.trusted() == 0.0 {
                println!(
                    "{what} at {wanted} dpi, margin {margin}, turned by {angle:.2}: off by {off:.2}, confidence {:.2}",
                    found.confidence
                );
            }
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.errors.extend(other.errors);
        self.sure.extend(other.sure);
        self
    }

    /// Prints, and checks the bounds.
    fn check(&self, what: &str) {
        let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len().max(1) as f64;
        let most = |errors: &[f64]| errors.iter().copied().fold(0.0, f64::max);
        println!(
            "{what}: {} pages turned, mean error {:.3} degrees, largest {:.2}; sure of {}, of these mean {:.3}, largest {:.2}",
            self.errors.len(),
            mean(&self.errors),
            most(&self.errors),
            self.sure.len(),
            mean(&self.sure),
            most(&self.sure),
        );
        assert!(
            mean(&self.errors) <= 0.1 && most(&self.errors) <= 0.5,
            "{what}"
        );
        assert!(
            self.sure.len() * 20 >= self.errors.len() * 19,
            "{what}: not sure"
        );
    }
}

fn scaled(page: &GrayImage, factor: f64) -> GrayImage {
    let side = |length: u32| ((f64::from(length) * factor).round() as u32).max(1);
    let (width, height) = (side(page.width()), side(page.height()));
    if factor < 1.0 {
        resize_area(page, width, height)
    } else {
        resize_bilinear(page, width, height)
    }
}

/// The page in the middle of a larger sheet.
fn framed(page: &GrayImage, margin: f64) -> GrayImage {
    let room = (margin * f64::from(page.width().max(page.height()))) as u32;
    let mut sheet = GrayImage::from_pixel(
        page.width() + 2 * room,
        page.height() + 2 * room,
        Luma([255]),
    );
    imageops::replace(&mut sheet, page, i64::from(room), i64::from(room));
    sheet
}

#[test]
fn forms_are_measured_to_a_tenth_of_a_degree() {
    let mut tally = Tally::default();
    let mut rng = Rng::new(5);
    for name in common::FORMS {
        let form = common::form(name);
        let mut page = to_picture(&form, 200.0).expect("a page");
        let truth = values(&form, &mut rng);
        fill(
            &mut page,
            200.0,
            &form,
            &truth,
            &mut Strokes::new(),
            &mut rng,
        );
        tally.add(&page, 0.0, 200.0, name, &mut rng);
    }
    tally.check("forms");
}

#[test]
fn sheets_are_measured_to_a_tenth_of_a_degree() {
    let Some(data) = std::env::var_os("LEKKA_DATA_DIR").map(PathBuf::from) else {
        eprintln!("SKIPPED: set LEKKA_DATA_DIR to run the checks on real data");
        return;
    };
    for (folder, dpi) in [("main", 424.0), ("dig-dark", 172.0), ("dig-light", 172.0)] {
        let measure = |(seed, path): (usize, &PathBuf)| {
            let bytes = std::fs::read(path).expect("a file");
            let page = decode(&bytes, &DecodeLimits::default())
                .expect("a picture")
                .remove(0)
                .gray;
            let own = analyze(&page, &PageOptions::default()).skew_degrees;
            let mut tally = Tally::default();
            let mut rng = Rng::new(seed as u64);
            tally.add(&page, own, dpi, &path.display().to_string(), &mut rng);
            tally
        };
        let paths = files(&data.join("sheets").join(folder));
        let pages = paths.par_iter().enumerate().map(measure);
        pages.reduce(Tally::default, Tally::and).check(folder);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}
