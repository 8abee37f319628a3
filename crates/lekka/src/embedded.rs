//! The weights that come with the library.

use std::borrow::Cow;

use lekka_model::{LoadError, Model};

/// The bytes of the embedded weight file, safetensors in f16.
pub fn embedded_weights() -> Cow<'static, [u8]> {
    stored::bytes(stored::DEFAULT)
}

/// The embedded model: the network, its weights, where they come from and how good they are.
///
/// # Errors
///
/// None with the weights as they are shipped; a test sees to that.
pub fn embedded_model() -> Result<Model, LoadError> {
    Model::load(&embedded_weights())
}

/// The bytes of the embedded weight file for whole lines, safetensors in f16.
pub fn embedded_line_weights() -> Cow<'static, [u8]> {
    stored::bytes(stored::LINES)
}

/// The embedded model for whole lines of digits.
///
/// # Errors
///
/// None with the weights as they are shipped; a test sees to that.
pub fn embedded_line_model() -> Result<Model, LoadError> {
    Model::load(&embedded_line_weights())
}

/// The files as they are.
#[cfg(not(target_arch = "wasm32"))]
mod stored {
    use std::borrow::Cow;

    pub(super) static DEFAULT: &[u8] = include_bytes!("../weights/default.safetensors");
    pub(super) static LINES: &[u8] = include_bytes!("../weights/numbers.safetensors");

    pub(super) fn bytes(file: &'static [u8]) -> Cow<'static, [u8]> {
        Cow::Borrowed(file)
    }
}

/// The files in planes, as `build.rs` wrote them.
#[cfg(target_arch = "wasm32")]
mod stored {
    use std::borrow::Cow;

    pub(super) static DEFAULT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/default.planes"));
    pub(super) static LINES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/numbers.planes"));

    pub(super) fn bytes(planes: &'static [u8]) -> Cow<'static, [u8]> {
        Cow::Owned(crate::planes::joined(planes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_weights_load() {
        let model = embedded_model().expect("weights that fit");
        assert_eq!(model.metadata.classes.len(), 10);
        let lines = embedded_line_model().expect("weights that fit");
        assert!(lines.metadata.preprocessing.is_line());
        assert!(crate::numbers::LineReader::from_model(&lines).is_ok());
        assert!(crate::numbers::LineReader::from_model(&model).is_err());
    }
}
