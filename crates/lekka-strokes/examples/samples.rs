//! Draws the pictures of `samples/` with the expected text beside each.
//!
//! ```text
//! cargo run -p lekka-strokes --example samples -- [FOLDER]
//! ```

use image::{GrayImage, Luma};
use lekka_strokes::{
    Alphabet, Hand, Rng, Sheet, add_uneven_light, cell_text, draw_single, draw_text, kannada_digit,
    kannada_number,
};
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let folder = std::env::args_os().nth(1).map_or(default, PathBuf::from);
    std::fs::create_dir_all(&folder)?;

    // One digit each, in different hands.
    for digit in 0..=9_u8 {
        let mut rng = Rng::new(100 + u64::from(digit));
        let hand = Hand::random(72.0, &mut rng);
        let Some(character) = kannada_digit(digit) else {
            continue;
        };
        let Some(picture) = draw_single(character, usize::from(digit), &hand, &mut rng) else {
            continue;
        };
        write(
            &folder,
            &format!("digit-{digit}"),
            &picture,
            &digit.to_string(),
        )?;
    }

    // A ruled sheet: 12 rows of 10 cells, some left empty, turned by two degrees.
    let sheet = Sheet {
        cells: cells(12, 10, 1, 0.06),
        skew_degrees: 2.0,
        ..Sheet::default()
    };
    write(&folder, "sheet", &sheet.draw(5), &cell_text(&sheet.cells))?;

    // Light ink on dark paper, turned the other way, in uneven light.
    let sheet = Sheet {
        cells: cells(5, 8, 2, 0.1),
        skew_degrees: -1.5,
        paper: 40,
        ink: 230,
        speckles: 0.0,
        ..Sheet::default()
    };
    let mut picture = sheet.draw(6);
    add_uneven_light(&mut picture, 0.25, &mut Rng::new(6));
    write(&folder, "sheet-dark", &picture, &cell_text(&sheet.cells))?;

    // A number on plain paper.
    let mut picture = GrayImage::from_pixel(560, 120, Luma([255]));
    let mut rng = Rng::new(22);
    let hand = Hand::random(64.0, &mut rng);
    draw_text(
        &mut picture,
        &kannada_number("560034"),
        [60.0, 60.0],
        &hand,
        0,
        &mut rng,
    );
    write(&folder, "number", &picture, "560034")?;

    if std::env::var_os("LEKKA_CONTACT_SHEET").is_some() {
        write(
            &folder,
            "contact",
            &contact_sheet(),
            "every handwriting of every digit",
        )?;
    }
    Ok(())
}

/// Digits at random, a fraction of the cells blank.
fn cells(rows: usize, columns: usize, seed: u64, blank: f32) -> Vec<Vec<Option<u8>>> {
    let mut rng = Rng::new(seed);
    let mut cell = || (rng.unit() >= blank).then(|| rng.below(10) as u8);
    (0..rows)
        .map(|_| (0..columns).map(|_| cell()).collect())
        .collect()
}

/// Every handwriting, steady and in random hands, to look at.
fn contact_sheet() -> GrayImage {
    let mut picture = GrayImage::from_pixel(1280, 800, Luma([255]));
    let mut rng = Rng::new(3);
    for digit in 0..=9_u8 {
        let Some(character) = kannada_digit(digit) else {
            continue;
        };
        let count = Alphabet::builtin()
            .variants(character)
            .map_or(0, <[_]>::len);
        for column in 0..16 {
            let hand = if column < 4 {
                Hand::plain(56.0)
            } else {
                Hand::random(56.0, &mut rng)
            };
            if column < 4 && column >= count {
                continue;
            }
            let center = [column as f32 * 80.0 + 40.0, f32::from(digit) * 80.0 + 40.0];
            lekka_strokes::draw_glyph(&mut picture, character, column, center, &hand, 0, &mut rng);
        }
    }
    picture
}

fn write(folder: &Path, name: &str, picture: &GrayImage, text: &str) -> Result<()> {
    picture.save(folder.join(format!("{name}.png")))?;
    std::fs::write(folder.join(format!("{name}.txt")), format!("{text}\n"))?;
    Ok(())
}
