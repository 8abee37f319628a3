//! The weights that come with the library.

use lekka_model::{LoadError, Model};

/// The bytes of the embedded weight file, safetensors in f16.
pub fn embedded_weights() -> &'static [u8] {
    include_bytes!("../weights/default.safetensors")
}

/// The embedded model: the network, its weights, where they come from and how good they are.
///
/// # Errors
///
/// None with the weights as they are shipped; a test sees to that.
pub fn embedded_model() -> Result<Model, LoadError> {
    Model::load(embedded_weights())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_weights_load() {
        let model = embedded_model().expect("weights that fit");
        assert_eq!(model.metadata.classes.len(), 10);
    }
}
