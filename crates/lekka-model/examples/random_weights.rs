//! Writes a weight file of a network that has learnt nothing, with random weights, to compare
//! other programs with every kind of layer:
//! `cargo run -p lekka-model --example random_weights -- FILE PRESET [ACTIVATION]`.

use std::error::Error;

use lekka_model::{Metadata, Model, ValueType, presets};
use lekka_nn::initialize::initialize;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, name, activation) = match &arguments[..] {
        [path, name] => (path, name, None),
        [path, name, activation] => (path, name, Some(activation)),
        _ => return Err("give FILE PRESET [ACTIVATION]".into()),
    };
    let mut spec = presets::by_name(name).ok_or("there is no preset of that name")?;
    if let Some(activation) = activation {
        let activation = serde_json::from_value(activation.as_str().into())?;
        spec = presets::with_activation(spec, activation);
    }
    let mut parameters = initialize(&spec, 1)?;
    for tensor in &mut parameters.tensors {
        // Biases and statistics begin equal; an exchange of two of them must show.
        if tensor.shape.len() == 1 || tensor.name.ends_with("bias") {
            for (index, value) in tensor.values.iter_mut().enumerate() {
                *value += (index % 13) as f32 * 0.02;
            }
        }
    }
    let model = Model::new(spec, parameters, Metadata::new(name))?;
    model.save_file(path, ValueType::F32)?;
    Ok(())
}
