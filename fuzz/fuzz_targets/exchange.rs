//! ONNX, and safetensors of other programs: what is accepted can be saved, and exported again the same.
#![no_main]

use lekka_model::exchange::{Names, import, to_onnx, to_safetensors};
use lekka_model::{Model, ValueType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let model = match import(bytes, "gru") {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
        Ok(imported) => imported.model,
    };
    let saved = model.save(ValueType::F32).expect("what is imported can be saved");
    assert_eq!(Model::load(&saved).expect("what is saved loads"), model);
    for bytes in [
        to_onnx(&model),
        to_safetensors(&model, Names::PyTorch),
        to_safetensors(&model, Names::Keras),
    ] {
        let bytes = bytes.expect("what is imported can be exported");
        assert_eq!(import(&bytes, "gru").expect("what is exported can be imported").model, model);
    }
});
