//! Logits of raw pictures, to compare with other programs:
//! `cargo run -p lekka-model --example logits -- WEIGHTS PICTURES LOGITS`.
//!
//! PICTURES holds f32, little-endian, `[N, height, width, channels]`; LOGITS becomes
//! `[N, classes]` of the same kind.

use std::error::Error;
use std::fs;

use lekka_model::Model;
use lekka_nn::Predictor;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [weights, pictures, to] = &arguments[..] else {
        return Err("give WEIGHTS PICTURES LOGITS".into());
    };
    let model = Model::load_file(weights)?;
    let bytes = fs::read(pictures)?;
    let images: Vec<f32> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&value| f32::from_le_bytes(value))
        .collect();
    let mut logits = Vec::new();
    Predictor::new(&model.spec, &model.parameters)?.logits(&images, &mut logits)?;
    let bytes: Vec<u8> = logits
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    fs::write(to, bytes)?;
    Ok(())
}
