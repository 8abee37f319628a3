//! Reads a picture and prints its digits: `cargo run --example read -- PICTURE`.

use std::error::Error;
use std::io;

use lekka::{OutputFormat, ReadOptions, Recognizer, export};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("give the path of a picture")?;
    let recognizer = Recognizer::embedded()?;
    let pages = recognizer.read(&std::fs::read(&path)?, &path, &ReadOptions::default())?;
    export::write_all(
        OutputFormat::Text.exporter().as_mut(),
        &pages,
        &mut io::stdout(),
    )?;
    Ok(())
}
