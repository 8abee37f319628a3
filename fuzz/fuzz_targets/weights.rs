//! Weight files: what is accepted is saved and loaded again the same, and its network can be run.
#![no_main]

use lekka_model::{Model, ValueType};
use lekka_nn::Predictor;
use libfuzzer_sys::fuzz_target;

/// Networks with larger tensors are loaded, but not run: that would only be slow.
const VALUES_TO_RUN: usize = 1 << 18;

fuzz_target!(|bytes: &[u8]| {
    let model = match Model::load(bytes) {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
        Ok(model) => model,
    };
    let saved = model.save(ValueType::F32).expect("what loads can be saved");
    let again = Model::load(&saved).expect("what is saved loads");
    assert_eq!(again, model);

    let summary = model.spec.summary().expect("loading resolved it");
    let values = summary
        .iter()
        .map(|layer| layer.parameters + layer.output_shape.iter().product::<usize>());
    if values.sum::<usize>() > VALUES_TO_RUN {
        return;
    }
    if let Ok(predictor) = Predictor::new(&model.spec, &model.parameters) {
        let image = vec![0.5; model.spec.input.iter().product()];
        let mut logits = Vec::new();
        predictor.logits(&image, &mut logits).expect("one whole picture");
        assert_eq!(logits.len(), model.metadata.classes.len());
    }
});
