//! Field accuracy on forms that are filled with real digits and scanned in simulation.
//!
//! The digits are those of writers of Kannada-MNIST whose pages the network was not trained on. Needs `LEKKA_DATA_DIR`, a
//! folder with `kannada-mnist/` and `sheets/`; says so where it is not set. `LEKKA_SCANS` is the number of scans (40),
//! `LEKKA_WRITERS=test` takes the test writers, whose pages are for measuring only, and `LEKKA_WEIGHTS` other weights.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "prints what was measured, or that it is skipped"
)]

mod common;

use common::fill::{Writer, fill, values};
use common::scan::{Conditions, scan};
use image::GrayImage;
use lekka::{Model, Recognizer, Status};
use lekka_form::{Form, FormOptions, Registration, to_picture};
use lekka_image::{Polarity, Rect, crop, resize_area};
use lekka_page::{FieldKind, PageOptions, PrintedBoxes, analyze};
use lekka_strokes::Rng;
use std::path::Path;

/// The pages of the test writers.
const TEST_PAGES: [&str; 8] = ["34", "41", "43", "47", "49", "52", "58", "62"];

/// Dots per inch of the sheets: 4963 pixels on the longer side of A4.
const SHEET_DPI: f64 = 4963.0 / 297.0 * 25.4;

/// Dots per inch at which pages are drawn.
const PAGE_DPI: f64 = 300.0;

/// The writers that the shipped weights were not trained on: the first of nine parts of the training writers, as
/// `lekka train` draws them with seed 1.
fn held_out(data: &Path) -> Vec<String> {
    let table =
        std::fs::read_to_string(data.join("kannada-mnist/writers.csv")).expect("writers.csv");
    let mut names: Vec<String> = table
        .lines()
        .filter(|line| line.starts_with("train,"))
        .filter_map(|line| line.rsplit(',').next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    lekka_nn::random::Random::stream(1, "folds", &[9]).shuffle(&mut names);
    names.into_iter().step_by(9).collect()
}

/// A writer's digits, cut from a sheet.
struct Hand {
    /// For each digit, pictures of its ink on 0, at the sheet's resolution.
    digits: Vec<Vec<GrayImage>>,
    /// How much larger than on the sheet this writer writes in a box.
    growth: f64,
}

impl Hand {
    fn cut(data: &Path, page: &str) -> Self {
        let path = data.join(format!("sheets/main/page_{page}.png"));
        let bytes = std::fs::read(&path).expect("a page");
        let limits = lekka_image::DecodeLimits::default();
        let sheet = lekka_image::decode(&bytes, &limits)
            .expect("a picture")
            .remove(0)
            .gray;
        let layout = analyze(&sheet, &PageOptions::default());
        let grid = layout
            .fields
            .iter()
            .find(|field| field.kind == FieldKind::Grid)
            .expect("a grid");
        let mut digits = vec![Vec::new(); 10];
        for cell in &grid.glyphs {
            let Rect {
                x,
                y,
                width,
                height,
            } = cell.bounds;
            let margin = height / 2;
            let view = Rect::from_corners(
                x.saturating_sub(margin),
                y.saturating_sub(margin),
                x + width + margin,
                y + height + margin,
            );
            let view = view
                .intersection(&Rect::of(&sheet))
                .expect("a cell on the page");
            let place = |at: u32, origin: u32| f64::from(at) - f64::from(origin);
            let boxes = PrintedBoxes {
                columns: vec![place(x, view.x), place(x + width, view.x)],
                rows: [place(y, view.y), place(y + height, view.y)],
            };
            let inks = boxes.inks(&crop(&sheet, view), Polarity::DarkOnLight);
            let Some(ink) = inks.into_iter().flatten().flatten().next() else {
                continue;
            };
            digits[cell.row % 10].push(ink.image);
        }
        Self {
            digits,
            growth: 1.0,
        }
    }
}

impl Writer for Hand {
    fn digit(&mut self, digit: u8, _: f64, dpi: f64, rng: &mut Rng) -> GrayImage {
        let of = &self.digits[usize::from(digit)];
        let ink = &of[rng.below(of.len())];
        let scale = self.growth * dpi / SHEET_DPI;
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        resize_area(ink, side(ink.width()), side(ink.height()))
    }
}

#[derive(Clone, Copy, Default, Debug)]
struct Tally {
    scans: usize,
    not_found: usize,
    fields: usize,
    blank: usize,
    right: usize,
    wrong: usize,
    marked: usize,
    marked_right: usize,
    settled: usize,
}

impl Tally {
    fn add(
        &mut self,
        form: &Form,
        recognizer: &Recognizer,
        picture: &GrayImage,
        truth: &[Option<String>],
        what: &str,
    ) {
        self.scans += 1;
        self.fields += truth.len();
        let reading = form
            .read_page(recognizer, picture, what, 1, &FormOptions::default())
            .expect("a classifier that works");
        if let Some(error) = reading.error {
            // A page that is told to be unreadable is marked as a whole.
            println!("{what}: {error}");
            self.not_found += 1;
            self.marked += truth.len();
            return;
        }
        for (field, truth) in reading.fields.iter().zip(truth) {
            let right = field.value == *truth;
            self.blank += usize::from(truth.is_none());
            self.settled += usize::from(!field.settled_by.is_empty());
            if field.status == Status::Review {
                self.marked += 1;
                self.marked_right += usize::from(right);
                if std::env::var_os("LEKKA_VERBOSE").is_some() {
                    println!(
                        "{what} {}: marked {:?} ({:?}), is {truth:?}",
                        field.name, field.value, field.reason
                    );
                }
            } else if right {
                self.right += 1;
            } else {
                self.wrong += 1;
                println!(
                    "{what} {}: read {:?} with {:.4} {:?}, is {truth:?}",
                    field.name, field.value, field.probability, field.settled_by
                );
            }
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            scans: self.scans + other.scans,
            not_found: self.not_found + other.not_found,
            fields: self.fields + other.fields,
            blank: self.blank + other.blank,
            right: self.right + other.right,
            wrong: self.wrong + other.wrong,
            marked: self.marked + other.marked,
            marked_right: self.marked_right + other.marked_right,
            settled: self.settled + other.settled,
        }
    }

    fn share(&self, number: usize) -> f64 {
        number as f64 / self.fields.max(1) as f64
    }

    fn print(&self, what: &str) {
        println!(
            "{what}: {} scans ({} not found), {} fields ({} blank): {:.2} % right or marked, {:.2} % marked \
             ({} of {} marked were right), {} wrong, {} settled by rules",
            self.scans,
            self.not_found,
            self.fields,
            self.blank,
            100.0 * (1.0 - self.share(self.wrong)),
            100.0 * self.share(self.marked),
            self.marked_right,
            self.marked,
            self.wrong,
            self.settled,
        );
    }
}

#[test]
fn forms_in_real_hands_are_read_or_marked() {
    let Some(data) = std::env::var_os("LEKKA_DATA_DIR").map(std::path::PathBuf::from) else {
        eprintln!("SKIPPED: set LEKKA_DATA_DIR to run the checks on real data");
        return;
    };
    let scans: usize =
        std::env::var("LEKKA_SCANS").map_or(40, |n| n.parse().expect("a number of scans"));
    let pages = match std::env::var("LEKKA_WRITERS").as_deref() {
        Ok("test") => TEST_PAGES.map(str::to_owned).to_vec(),
        _ => held_out(&data),
    };
    let recognizer = match std::env::var_os("LEKKA_WEIGHTS") {
        Some(path) => Recognizer::from_model(&Model::load_file(path).expect("weights")),
        None => Recognizer::embedded(),
    }
    .expect("a recogniser");
    println!("writers {}", pages.join(" "));
    let mut hands: Vec<Hand> = pages.iter().map(|page| Hand::cut(&data, page)).collect();
    let forms: Vec<(Form, GrayImage)> = common::FORMS
        .map(common::form)
        .map(|form| {
            let page = to_picture(&form, PAGE_DPI).expect("a page");
            (form, page)
        })
        .into();
    let mut tallies: Vec<Tally> = common::FORMS.iter().map(|_| Tally::default()).collect();
    for index in 0..scans {
        let mut rng = Rng::new(1000 + index as u64);
        let kind = index % forms.len();
        let (form, blank) = &forms[kind];
        let writer = (index / forms.len()) % hands.len();
        let hand = &mut hands[writer];
        hand.growth = f64::from(rng.between(1.0, 1.6));
        let truth = values(form, &mut rng);
        let mut page = blank.clone();
        fill(&mut page, PAGE_DPI, form, &truth, hand, &mut rng);
        let mut conditions = Conditions::random(&mut rng);
        if form.template().registration == Registration::None {
            // Such a form is scanned as it is, without anything around it.
            conditions.bed_mm = 0.0;
        }
        let picture = scan(&page, PAGE_DPI, &conditions, &mut rng);
        if let Some(folder) = std::env::var_os("LEKKA_KEEP") {
            let path = Path::new(&folder).join(format!("{}-{index:03}.png", common::FORMS[kind]));
            picture.save(path).expect("a folder to keep scans in");
        }
        let what = format!("{} {index} (writer {})", common::FORMS[kind], pages[writer]);
        tallies[kind].add(form, &recognizer, &picture, &truth, &what);
    }
    for (tally, name) in tallies.iter().zip(common::FORMS) {
        tally.print(name);
    }
    let all = tallies.into_iter().fold(Tally::default(), Tally::and);
    all.print("all");
    assert!(all.share(all.wrong) <= 0.005, "{all:?}");
    assert!(all.share(all.marked) <= 0.15, "{all:?}");
}
