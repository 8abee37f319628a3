//! Field accuracy on forms that are filled with real digits and scanned in simulation.
//!
//! The digits are those of writers of Kannada-MNIST whose pages the networks were not trained on. Needs `LEKKA_DATA_DIR`, a
//! folder with `kannada-mnist/` and `sheets/`; says so where it is not set.
//!
//! - `LEKKA_SCANS`: the number of scans (40).
//! - `LEKKA_WRITERS=test`: the test writers, whose pages are for measuring only, read with the weights built in. Without
//!   it the ten training writers of fold 0 of 5, read with the weights in `weights/`, which have not seen them.
//! - `LEKKA_WEIGHTS`: other weights for digits.
//! - `LEKKA_VERBOSE`: tells of every field that is marked, not only of those that are wrong.
//! - `LEKKA_KEEP`: a folder for the scans.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "prints what was measured, or that it is skipped"
)]

mod common;

use common::fill::{Writer, fill, values};
use common::scan::{Conditions, scan};
use image::GrayImage;
use lekka::numbers::LineReader;
use lekka::{Model, Recognizer, Status};
use lekka_form::{FieldValue, Form, FormOptions, Registration, to_picture};
use lekka_image::{Polarity, Rect, crop, resize_area};
use lekka_page::{FieldKind, PageOptions, PrintedBoxes, analyze};
use lekka_strokes::Rng;
use rayon::prelude::*;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The pages of the test writers.
const TEST_PAGES: [&str; 8] = ["34", "41", "43", "47", "49", "52", "58", "62"];

/// Dots per inch of the sheets: 4963 pixels on the longer side of A4.
const SHEET_DPI: f64 = 4963.0 / 297.0 * 25.4;

/// Dots per inch at which pages are drawn.
const PAGE_DPI: f64 = 300.0;

/// The writers that the weights in `weights/` were not trained on: fold 0 of 5 of the training writers, as `lekka train`
/// draws them with seed 1.
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
    lekka_nn::random::Random::stream(1, "folds", &[5]).shuffle(&mut names);
    names.into_iter().step_by(5).collect()
}

/// A writer's digits, cut from a sheet: for each digit pictures of its ink on 0, at the sheet's resolution.
struct Hand {
    digits: Vec<Vec<GrayImage>>,
}

/// A writer who fills a form.
struct Filling<'a> {
    hand: &'a Hand,
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
        Self { digits }
    }
}

impl Writer for Filling<'_> {
    fn digit(&mut self, digit: u8, _: f64, dpi: f64, rng: &mut Rng) -> GrayImage {
        let of = &self.hand.digits[usize::from(digit)];
        let ink = &of[rng.below(of.len())];
        let scale = self.growth * dpi / SHEET_DPI;
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        resize_area(ink, side(ink.width()), side(ink.height()))
    }
}

/// What was counted over some scans.
#[derive(Clone, Default, Debug)]
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
    /// What is to be told of single fields.
    notes: String,
    /// The same of fields without boxes alone.
    areas: Option<Box<Self>>,
}

impl Tally {
    /// Counts the fields of one scan.
    fn of(
        form: &Form,
        recognizer: &Recognizer,
        picture: &GrayImage,
        truth: &[Option<String>],
        what: &str,
    ) -> Self {
        let mut tally = Self {
            scans: 1,
            ..Self::default()
        };
        let mut areas = tally.clone();
        let reading = form
            .read_page(recognizer, picture, what, 1, &FormOptions::default())
            .expect("a classifier that works");
        if let Some(error) = reading.error {
            // A page that is told to be unreadable is marked as a whole.
            tally.note(format_args!("{what}: {error}"));
            tally.not_found = 1;
            tally.fields = truth.len();
            tally.marked = truth.len();
            return tally;
        }
        let fields = &form.template().fields;
        for ((value, field), truth) in reading.fields.iter().zip(fields).zip(truth) {
            tally.count(value, truth.as_deref(), what);
            if field.kind == lekka_form::FieldKind::Area {
                areas.count(value, truth.as_deref(), what);
            }
        }
        tally.areas = (areas.fields > 0).then(|| Box::new(areas));
        tally
    }

    fn count(&mut self, field: &FieldValue, truth: Option<&str>, what: &str) {
        self.fields += 1;
        let right = field.value.as_deref() == truth;
        self.blank += usize::from(truth.is_none());
        self.settled += usize::from(!field.settled_by.is_empty());
        let name = &field.name;
        if field.status == Status::Review {
            self.marked += 1;
            self.marked_right += usize::from(right);
            if std::env::var_os("LEKKA_VERBOSE").is_some() {
                self.note(format_args!(
                    "{what} {name}: marked {:?} with {:.4} ({:?}), is {truth:?}",
                    field.value, field.probability, field.reason
                ));
            }
        } else if right {
            self.right += 1;
        } else {
            self.wrong += 1;
            self.note(format_args!(
                "{what} {name}: read {:?} with {:.4} {:?}, is {truth:?}",
                field.value, field.probability, field.settled_by
            ));
        }
    }

    fn note(&mut self, text: std::fmt::Arguments) {
        writeln!(self.notes, "{text}").expect("a string takes all");
    }

    fn and(mut self, other: &Self) -> Self {
        self.scans += other.scans;
        self.not_found += other.not_found;
        self.fields += other.fields;
        self.blank += other.blank;
        self.right += other.right;
        self.wrong += other.wrong;
        self.marked += other.marked;
        self.marked_right += other.marked_right;
        self.settled += other.settled;
        self.notes += &other.notes;
        if let Some(areas) = &other.areas {
            self.areas = Some(Box::new(
                self.areas.map_or_else(Self::default, |own| *own).and(areas),
            ));
        }
        self
    }

    fn share(&self, number: usize) -> f64 {
        number as f64 / self.fields.max(1) as f64
    }

    /// A row of the table in `docs/forms.md`.
    fn row(&self, what: &str) -> String {
        format!(
            "| {what} | {} | {} | {} | {} | {} | {} | {:.2} % | {:.2} % |",
            self.scans,
            self.fields,
            self.right,
            self.marked,
            self.marked_right,
            self.wrong,
            100.0 * (1.0 - self.share(self.wrong)),
            100.0 * self.share(self.marked),
        )
    }
}

/// The weights to read with: those of `LEKKA_WEIGHTS`, or those built in for the test writers, and those that have not seen
/// them for the writers held out.
fn recognizer(test_writers: bool) -> Recognizer {
    let load = |path: &Path| {
        println!("weights {}", path.display());
        Model::load_file(path).expect("weights")
    };
    if let Some(path) = std::env::var_os("LEKKA_WEIGHTS") {
        return Recognizer::from_model(&load(Path::new(&path))).expect("a recogniser");
    }
    if test_writers {
        return Recognizer::embedded().expect("a recogniser");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../weights");
    let lines = load(&folder.join("numbers-37-writers.safetensors"));
    let lines = LineReader::from_model(&lines).expect("a network for lines");
    Recognizer::from_model(&load(&folder.join("small-37-writers.safetensors")))
        .expect("a recogniser")
        .with_line_reader(lines)
}

#[test]
fn forms_in_real_hands_are_read_or_marked() {
    let Some(data) = std::env::var_os("LEKKA_DATA_DIR").map(PathBuf::from) else {
        eprintln!("SKIPPED: set LEKKA_DATA_DIR to run the checks on real data");
        return;
    };
    let scans: usize =
        std::env::var("LEKKA_SCANS").map_or(40, |n| n.parse().expect("a number of scans"));
    let test_writers = std::env::var("LEKKA_WRITERS").is_ok_and(|writers| writers == "test");
    let mut pages = if test_writers {
        TEST_PAGES.map(str::to_owned).to_vec()
    } else {
        held_out(&data)
    };
    let forms: Vec<(Form, GrayImage)> = common::FORMS
        .into_par_iter()
        .map(|name| {
            let form = common::form(name);
            let page = to_picture(&form, PAGE_DPI).expect("a page");
            (form, page)
        })
        .collect();
    pages.truncate(scans.div_ceil(forms.len()));
    let recognizer = recognizer(test_writers);
    let hands: Vec<Hand> = pages
        .par_iter()
        .map(|page| Hand::cut(&data, page))
        .collect();
    let of_scan = |index: usize| {
        let mut rng = Rng::new(1000 + index as u64);
        let kind = index % forms.len();
        let (form, blank) = &forms[kind];
        let writer = (index / forms.len()) % hands.len();
        let mut filling = Filling {
            hand: &hands[writer],
            growth: f64::from(rng.between(1.0, 1.6)),
        };
        let truth = values(form, &mut rng);
        let mut page = blank.clone();
        fill(&mut page, PAGE_DPI, form, &truth, &mut filling, &mut rng);
        let mut conditions = Conditions::random(&mut rng);
        if form.template().registration == Registration::None {
            // Such a form is scanned as it is, without anything around it.
            conditions.bed_mm = 0.0;
        }
        let picture = scan(&page, PAGE_DPI, &conditions, &mut rng);
        let name = common::FORMS[kind];
        if let Some(folder) = std::env::var_os("LEKKA_KEEP") {
            let path = Path::new(&folder).join(format!("{name}-{index:03}.png"));
            picture.save(path).expect("a folder to keep scans in");
        }
        let what = format!("{name} {index} (writer {})", pages[writer]);
        Tally::of(form, &recognizer, &picture, &truth, &what)
    };
    // Each scan is as large as its page, so only as many are made at once as there are threads.
    let tallies: Vec<Tally> = (0..scans).into_par_iter().map(of_scan).collect();
    let kinds: Vec<Tally> = (0..forms.len())
        .map(|kind| {
            let own = tallies.iter().skip(kind).step_by(forms.len());
            own.fold(Tally::default(), Tally::and)
        })
        .collect();
    let all = kinds.iter().fold(Tally::default(), Tally::and);
    let writers = if test_writers {
        "test"
    } else {
        "training, held out"
    };
    print!("{}", all.notes);
    println!("writers ({writers}): {}", pages.join(" "));
    println!(
        "{} scans not found; {} fields blank, {} settled by rules and check digits",
        all.not_found, all.blank, all.settled
    );
    println!(
        "| form | scans | fields | right | marked | marked, but right | wrong | right or marked | marked |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (tally, name) in kinds.iter().zip(common::FORMS) {
        println!("{}", tally.row(name));
    }
    println!("{}", all.row("all"));
    if let Some(areas) = &all.areas {
        println!("{}", areas.row("of these without boxes"));
    }
    assert!(all.share(all.wrong) <= 0.005, "{all:?}");
    assert!(all.share(all.marked) <= 0.15, "{all:?}");
}
