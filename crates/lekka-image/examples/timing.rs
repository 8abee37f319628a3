//! Rough times of the steps on one picture: `cargo run --release -p lekka-image --example timing -- FILE`.
#![allow(clippy::print_stdout, reason = "it prints its results")]

use lekka_image::{
    DecodeLimits, binarize, components::find_components, decode, otsu_threshold, polarity,
};
use std::time::Instant;

fn timed<T>(what: &str, f: impl Fn() -> T) -> T {
    let mut best = f64::INFINITY;
    let mut result = None;
    for _ in 0..5 {
        let start = Instant::now();
        result = Some(f());
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what:24}{:8.1} ms", best * 1e3);
    result.expect("five results")
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
    let mut ink = timed("binarize", || binarize(&picture, threshold));
    ink = timed("invert", || lekka_image::binarize::invert(&ink));
    let found = timed("find_components", || find_components(&ink));
    println!("{} components", found.components.len());
    Ok(())
}
