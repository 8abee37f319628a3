//! Sheets of Kannada-MNIST whose digits are known, and how many of them a reading has right.

#![allow(dead_code, reason = "each program uses a part")]

use lekka::numbers::LineReader;
use lekka::{FieldKind, Model, PageReading, Recognizer};
use lekka_image::normalize::Glyph;
use lekka_image::{DecodeLimits, GrayImage, Perspective, Picture, decode};
use lekka_page::{PageOptions, analyze};
use std::path::Path;

/// The pages of the test writers.
pub(crate) const TEST_PAGES: [&str; 8] = ["34", "41", "43", "47", "49", "52", "58", "62"];

/// Rows and columns of a sheet.
pub(crate) const ROWS: usize = 40;
pub(crate) const COLUMNS: usize = 32;

/// The training writers that `weights/small-37-writers.safetensors` was not trained on: the first of five parts, as `lekka train`
/// draws them with seed 1.
pub(crate) fn held_out(data: &Path) -> Vec<String> {
    let mut names: Vec<String> = writers(data)
        .into_iter()
        .filter(|(split, ..)| split == "train")
        .map(|(_, _, _, name)| name)
        .collect();
    names.sort();
    names.dedup();
    lekka_nn::random::Random::stream(1, "folds", &[5]).shuffle(&mut names);
    let mut held: Vec<String> = names.into_iter().step_by(5).collect();
    held.sort();
    held
}

/// Split, first index, count and page of each run of the official images.
pub(crate) fn writers(data: &Path) -> Vec<(String, usize, usize, String)> {
    let table =
        std::fs::read_to_string(data.join("kannada-mnist/writers.csv")).expect("writers.csv");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some((
                fields.next()?.to_owned(),
                fields.next()?.parse().ok()?,
                fields.next()?.parse().ok()?,
                fields.next()?.to_owned(),
            ))
        })
        .collect()
}

/// The pages named in the environment, `test` for those of the test writers, or the first `count` of the held-out ones.
pub(crate) fn pages(data: &Path, count: usize) -> Vec<String> {
    match std::env::var("LEKKA_PAGES") {
        Ok(names) if names == "test" => TEST_PAGES.map(str::to_owned).to_vec(),
        Ok(names) => names.split([',', ' ']).map(str::to_owned).collect(),
        Err(_) => held_out(data).into_iter().take(count).collect(),
    }
}

pub(crate) fn main_page(data: &Path, page: &str) -> GrayImage {
    load(&data.join(format!("sheets/main/page_{page}.png")))
}

pub(crate) fn load(path: &Path) -> GrayImage {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    decode(&bytes, &DecodeLimits::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .remove(0)
        .gray
}

/// The weights named in the environment, otherwise those that have not seen the held-out writers.
pub(crate) fn recognizer() -> Recognizer {
    let weights = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../weights");
        Model::load_file(folder.join(name)).expect("weights")
    };
    if let Some(path) = std::env::var_os("LEKKA_WEIGHTS") {
        let model = Model::load_file(path).expect("weights");
        return Recognizer::from_model(&model).expect("a recogniser");
    }
    let lines = LineReader::from_model(&weights("numbers-37-writers.safetensors"));
    Recognizer::from_model(&weights("small-37-writers.safetensors"))
        .expect("a recogniser")
        .with_line_reader(lines.expect("a network for lines"))
}

/// A picture that is already upright.
pub(crate) fn picture(gray: GrayImage) -> Picture {
    let (stored_width, stored_height) = gray.dimensions();
    Picture {
        gray,
        page: 0,
        stored_width,
        stored_height,
        orientation: lekka_image::decode::Orientation::NoTransforms,
    }
}

/// Where the digits of a sheet are, known from a good scan of it.
pub(crate) struct Sheet {
    /// The middles of the cells, row by row.
    pub(crate) places: Vec<(f64, f64)>,
}

impl Sheet {
    /// From the grid on a good scan.
    pub(crate) fn of(scan: &GrayImage) -> Self {
        let layout = analyze(scan, &PageOptions::default());
        let grid = layout
            .fields
            .iter()
            .find(|field| (field.rows, field.columns) == (ROWS, COLUMNS))
            .expect("a sheet of 40 x 32 cells");
        let places = grid.glyphs.iter().map(|glyph| glyph.bounds.center());
        Self {
            places: places.collect(),
        }
    }

    /// How many digits are read right on a view of the sheet: `map` takes points of the good scan to points of the view.
    /// Each digit of the reading counts for the cell whose middle is nearest, the first of several.
    pub(crate) fn right(&self, reading: &PageReading, map: &Perspective) -> usize {
        let places: Vec<(f64, f64)> = self.places.iter().map(|&p| map.apply(p)).collect();
        let mut taken = vec![false; places.len()];
        let mut right = 0;
        for digit in reading.digits() {
            let Some(value) = digit.digit else { continue };
            let [x, y, width, height] = digit.bounds.map(f64::from);
            let (x, y) = (x + width / 2.0, y + height / 2.0);
            let distance = |p: &(f64, f64)| (p.0 - x).hypot(p.1 - y);
            let nearest = (0..places.len())
                .min_by(|&a, &b| distance(&places[a]).total_cmp(&distance(&places[b])));
            if let Some(cell) = nearest.filter(|&cell| !taken[cell]) {
                taken[cell] = true;
                right += usize::from(usize::from(value) == cell / COLUMNS % 10);
            }
        }
        right
    }
}

/// The grid of 40 x 32 on a page, as digits row by row; `None` in empty cells.
pub(crate) fn grid_digits(reading: &PageReading) -> Option<Vec<Option<u8>>> {
    let grid = reading.fields.iter().find(|field| {
        field.kind == FieldKind::Grid && (field.rows, field.columns) == (ROWS, COLUMNS)
    })?;
    Some(grid.digits.iter().map(|digit| digit.digit).collect())
}

/// The official pictures of a set, `train` or `test`.
pub(crate) fn official(data: &Path, split: &str) -> Vec<Glyph> {
    use std::io::Read;
    let path = data.join(format!(
        "kannada-mnist/X_kannada_MNIST_{split}-idx3-ubyte.gz"
    ));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).expect("the data set"))
        .read_to_end(&mut bytes)
        .expect("a whole file");
    let (glyphs, _) = bytes[16..].as_chunks::<784>();
    glyphs.to_vec()
}
