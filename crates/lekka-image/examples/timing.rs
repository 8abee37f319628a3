//! Rough times of the steps on one picture: `cargo run --release --example timing -- FILE`.
#![allow(clippy::print_stdout, reason = "it prints its results")]

use lekka_image::components::find_components;
use lekka_image::morphology::vertical_runs;
use lekka_image::rotate::Canvas;
use lekka_image::{
    DecodeLimits, binarize, decode, estimate_skew, median_filter, otsu_threshold, polarity, rotate,
    sauvola, thin,
};
use std::time::Instant;

fn timed<T>(what: &str, f: impl Fn() -> T) -> T {
    let mut best = f64::INFINITY;
    let mut result = None;
    for _ in 0..3 {
        let start = Instant::now();
        result = Some(f());
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what:24}{:8.1} ms", best * 1e3);
    result.expect("three results")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a picture")?;
    let bytes = std::fs::read(path)?;
    let limits = DecodeLimits::default();
    let picture = timed("decode", || decode(&bytes, &limits))?
        .swap_remove(0)
        .gray;
    println!("{} x {}", picture.width(), picture.height());
    timed("polarity", || polarity(&picture));
    let threshold = timed("otsu_threshold", || otsu_threshold(&picture));
    let binary = timed("binarize", || binarize(&picture, threshold));
    let ink = timed("invert", || binarize::invert(&binary));
    timed("median_filter", || median_filter(&ink));
    timed("sauvola", || sauvola(&picture, 40, 0.34));
    timed("find_components", || find_components(&ink));
    timed("vertical_runs", || vertical_runs(&ink, 100));
    timed("estimate_skew", || estimate_skew(&picture));
    timed("rotate", || rotate(&picture, 1.0, Canvas::Same, 255));
    timed("thin", || thin(&ink));
    Ok(())
}
