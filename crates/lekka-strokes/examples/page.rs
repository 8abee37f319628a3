//! Draws an A4 page at 300 dpi with 200 written digits, for measuring speed: 25 numbers of 8 digits, or with `grid` a
//! ruled table of 20 rows and 10 columns.
//!
//! ```text
//! cargo run --release -p lekka-strokes --example page -- FILE.png [SEED] [grid]
//! ```

use image::{GrayImage, Luma};
use lekka_strokes::{Hand, Rng, Sheet, add_speckles, add_uneven_light, draw_text, kannada_number};

const WIDTH: u32 = 2480;
const HEIGHT: u32 = 3508;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("give the name of a file")?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let mut rng = Rng::new(seed);
    let mut page = if arguments.next().as_deref() == Some("grid") {
        grid(seed, &mut rng)
    } else {
        numbers(&mut rng)
    };
    add_uneven_light(&mut page, 0.15, &mut rng);
    page.save(path)?;
    Ok(())
}

fn numbers(rng: &mut Rng) -> GrayImage {
    let mut page = GrayImage::from_pixel(WIDTH, HEIGHT, Luma([245]));
    let writer = Hand::random(72.0, rng);
    for line in 0..25 {
        let number: String = (0..8)
            .map(|_| char::from(b'0' + rng.below(10) as u8))
            .collect();
        let start = [300.0 + 60.0 * rng.unit(), 240.0 + 125.0 * line as f32];
        let hand = writer.vary(rng);
        draw_text(&mut page, &kannada_number(&number), start, &hand, 30, rng);
    }
    add_speckles(&mut page, 20.0, rng);
    page
}

fn grid(seed: u64, rng: &mut Rng) -> GrayImage {
    let mut row = || (0..10).map(|_| Some(rng.below(10) as u8)).collect();
    let sheet = Sheet {
        cells: (0..20).map(|_| row()).collect(),
        cell_size: [210.0, 150.0],
        rule_thickness: 4.0,
        digit_size: 0.55,
        paper: 245,
        ink: 30,
        speckles: 20.0,
        ..Sheet::default()
    };
    let table = sheet.draw(seed);
    let mut page = GrayImage::from_pixel(WIDTH, HEIGHT, Luma([245]));
    image::imageops::replace(&mut page, &table, 140, 200);
    page
}
