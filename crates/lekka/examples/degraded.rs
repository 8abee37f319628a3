//! What each step of preparation gains or loses, in digits read right on degraded copies of sheets: the tables of
//! `docs/preprocessing.md`.
//!
//! ```text
//! cargo run --release -p lekka --example degraded -- DATA [COUNT]
//! ```
//!
//! DATA is the folder with `kannada-mnist/` and `sheets/`, COUNT the number of pages (4). The pages are of training
//! writers that `weights/small-37-writers.safetensors`, which reads them, has not seen. `LEKKA_PAGES` names others,
//! `LEKKA_WEIGHTS` other weights; `LEKKA_ROWS` and `LEKKA_COLUMNS` take a part of the table (parts of their names, with
//! commas between).

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Sheet, main_page, pages, picture, recognizer};
use image::imageops;
use lekka::{Preparation, ReadOptions, Steps, Strokes, Threshold, When};
use lekka_image::rotate::{Canvas, rotate};
use lekka_image::{GrayImage, Perspective, resize_area};
use lekka_page::{PageOptions, without_rules};
use lekka_strokes::{
    Rng, add_noise, add_salt_and_pepper, add_shadow, add_stains, add_uneven_light, blurred,
    set_contrast, through_jpeg,
};
use std::io::Write;

/// Dots per inch of the sheets, and of the copies unless they say otherwise.
const SHEET_DPI: f64 = 424.0;
const DPI: f64 = 200.0;

type Degrade = fn(GrayImage, &mut Rng) -> (GrayImage, Perspective);

/// A copy that is not moved.
fn still(image: GrayImage) -> (GrayImage, Perspective) {
    (image, Perspective::IDENTITY)
}

fn changed(mut image: GrayImage, change: impl FnOnce(&mut GrayImage)) -> (GrayImage, Perspective) {
    change(&mut image);
    still(image)
}

fn turned(image: &GrayImage, degrees: f64) -> (GrayImage, Perspective) {
    let turned = rotate(image, degrees, Canvas::Enlarged, 255);
    (turned.image, turned.map)
}

/// What is done to the copies. The first is none.
const DEGRADED: [(&str, Degrade); 19] = [
    ("as scanned", |page, _| still(page)),
    ("blur, 1.5 pixels", |page, _| still(blurred(&page, 1.5))),
    ("blur, 2.5 pixels", |page, _| still(blurred(&page, 2.5))),
    ("noise, deviation 30", |page, rng| {
        changed(page, |page| add_noise(page, 30.0, rng))
    }),
    ("noise, deviation 60", |page, rng| {
        changed(page, |page| add_noise(page, 60.0, rng))
    }),
    ("salt and pepper, 2 %", |page, rng| {
        changed(page, |page| add_salt_and_pepper(page, 0.02, rng))
    }),
    ("contrast of 60 grey values, noise 4", |page, rng| {
        changed(page, |page| {
            set_contrast(page, 150, 210);
            add_noise(page, 4.0, rng);
        })
    }),
    ("light falls off by 0.8", |page, rng| {
        changed(page, |page| add_uneven_light(page, 0.8, rng))
    }),
    ("shadow, soft", |page, rng| {
        changed(page, |page| add_shadow(page, 0.6, 400.0, rng))
    }),
    ("shadow, sharp", |page, rng| {
        changed(page, |page| add_shadow(page, 0.6, 20.0, rng))
    }),
    ("stains", |page, rng| {
        changed(page, |page| add_stains(page, 12, 0.6, rng))
    }),
    ("JPEG of quality 20", |page, _| still(jpeg(&page))),
    ("100 dpi", |page, _| {
        let factor = 100.0 / DPI;
        (scaled(&page, factor), scale(factor))
    }),
    ("75 dpi", |page, _| {
        let factor = 75.0 / DPI;
        (scaled(&page, factor), scale(factor))
    }),
    ("shadow, blur, noise, JPEG", |page, rng| {
        let (mut page, map) = changed(blurred(&page, 1.2), |page| {
            add_shadow(page, 0.5, 300.0, rng);
            add_noise(page, 12.0, rng);
        });
        page = jpeg(&page);
        (page, map)
    }),
    ("turned by 4 degrees", |page, _| turned(&page, -4.0)),
    ("turned by 12 degrees", |page, _| turned(&page, 12.0)),
    ("upside down", |page, _| {
        let (right, bottom) = (f64::from(page.width() - 1), f64::from(page.height() - 1));
        let map = [-1.0, 0.0, right, 0.0, -1.0, bottom, 0.0, 0.0, 1.0];
        (imageops::rotate180(&page), Perspective::from_matrix(map))
    }),
    ("grid erased, lined like a notebook", |page, _| {
        let mut page = without_rules(&page, &PageOptions::default());
        // Lines where the writing does not heed them.
        for y in (20..page.height()).step_by(97) {
            for x in 0..page.width() {
                for dy in 0..3.min(page.height() - y) {
                    page.put_pixel(x, y + dy, image::Luma([40]));
                }
            }
        }
        still(page)
    }),
];

fn jpeg(page: &GrayImage) -> GrayImage {
    through_jpeg(page, 20).expect("a picture that JPEG can store")
}

fn scaled(page: &GrayImage, factor: f64) -> GrayImage {
    let side = |length: u32| (f64::from(length) * factor).round() as u32;
    resize_area(page, side(page.width()), side(page.height()))
}

fn scale(factor: f64) -> Perspective {
    Perspective::from_matrix([factor, 0.0, 0.0, 0.0, factor, 0.0, 0.0, 0.0, 1.0])
}

const BARE: Steps = Steps {
    page: Preparation::NONE,
    keep_rules: true,
    strokes: Strokes {
        upright: false,
        thin: false,
    },
    quarter_turns: When::Never,
};

/// The ways to prepare a page that are compared: none, each step alone, what is done by default, and that with more.
fn ways() -> Vec<(&'static str, Steps)> {
    let alone = |change: fn(&mut Steps)| {
        let mut steps = BARE;
        change(&mut steps);
        steps
    };
    let more = |change: fn(&mut Steps)| {
        let mut steps = Steps::default();
        change(&mut steps);
        steps
    };
    vec![
        ("none", BARE),
        ("light", alone(|steps| steps.page.light = When::Always)),
        ("enlarge", alone(|steps| steps.page.enlarge = When::Always)),
        ("median", alone(|steps| steps.page.median = When::Always)),
        (
            "Sauvola",
            alone(|steps| steps.page.threshold = Threshold::Sauvola),
        ),
        ("upright", alone(|steps| steps.page.upright = When::Always)),
        ("default", Steps::default()),
        (
            "+ Sauvola",
            more(|steps| steps.page.threshold = Threshold::Sauvola),
        ),
        ("+ slant", more(|steps| steps.strokes.upright = true)),
        ("+ thin", more(|steps| steps.strokes.thin = true)),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().ok_or("name the folder of the data")?;
    let data = std::path::Path::new(&data);
    let count = arguments.next().map_or(Ok(4), |count| count.parse())?;
    let named = |variable: &str| std::env::var(variable).ok();
    let wanted = |list: &Option<String>, name: &str| {
        let names = list.as_deref().unwrap_or_default();
        list.is_none() || names.split(',').any(|part| name.contains(part))
    };
    let (rows, columns) = (named("LEKKA_ROWS"), named("LEKKA_COLUMNS"));
    let recognizer = recognizer();
    let sheets: Vec<(Sheet, GrayImage)> = pages(data, count)
        .iter()
        .map(|page| {
            let scan = main_page(data, page);
            (Sheet::of(&scan), scaled(&scan, DPI / SHEET_DPI))
        })
        .collect();
    let mut ways = ways();
    ways.retain(|way| wanted(&columns, way.0));
    let mut out = std::io::stdout();
    write!(out, "| digits read right, % |")?;
    ways.iter()
        .try_for_each(|way| write!(out, " {} |", way.0))?;
    writeln!(out, "\n|---|{}", "---|".repeat(ways.len()))?;
    for (name, degrade) in DEGRADED {
        if !wanted(&rows, name) {
            continue;
        }
        let copies: Vec<_> = sheets
            .iter()
            .zip(1..)
            .map(|((sheet, scan), seed)| {
                let (copy, map) = degrade(scan.clone(), &mut Rng::new(seed));
                (sheet, picture(copy), scale(DPI / SHEET_DPI).then(&map))
            })
            .collect();
        write!(out, "| {name} |")?;
        for (_, steps) in &ways {
            let options = ReadOptions {
                steps: *steps,
                ..ReadOptions::default()
            };
            let (mut right, mut all) = (0, 0);
            for (sheet, copy, map) in &copies {
                let reading = recognizer.read_picture(copy, name, &options)?;
                right += sheet.right(&reading, map);
                all += sheet.places.len();
            }
            write!(out, " {:.2} |", 100.0 * right as f64 / all as f64)?;
            out.flush()?;
        }
        writeln!(out)?;
    }
    Ok(())
}
