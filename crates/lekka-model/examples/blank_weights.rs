//! Writes a weight file of a network that has learnt nothing and takes every digit for equally
//! likely, so that the library builds without trained weights:
//! `cargo run -p lekka-model --example blank_weights -- FILE [PRESET]`.

use std::error::Error;

use lekka_model::{Metadata, Model, ValueType, presets};
use lekka_nn::{Parameter, Parameters};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments
        .next()
        .ok_or("give the path of the file to write")?;
    let name = arguments.next().unwrap_or_else(|| "paper".to_owned());
    let spec = presets::by_name(&name).ok_or("there is no preset of that name")?;
    let tensors = spec
        .parameter_layout()?
        .into_iter()
        .map(|info| {
            let tensor = info.name.rsplit('.').next().unwrap_or_default();
            let ones = matches!(tensor, "gamma" | "moving_variance");
            let count = info.shape.iter().product();
            Parameter {
                values: vec![if ones { 1.0 } else { 0.0 }; count],
                name: info.name,
                shape: info.shape,
                trainable: info.trainable,
            }
        })
        .collect();
    let model = Model::new(spec, Parameters { tensors }, Metadata::new("blank"))?;
    model.save_file(path, ValueType::F16)?;
    Ok(())
}
