//! Weight files: what is written reads back, and what is damaged is refused with a reason.

use std::sync::LazyLock;

use half::f16;
use lekka_model::{
    Calibration, DataSum, FORMAT_VERSION, Figure, FileError, LoadError, Metadata, Model, SaveError,
    ValueType, presets,
};
use lekka_nn::initialize::initialize;
use lekka_nn::{Activation, LayerSpec, NetworkSpec, ParametersError};
use proptest::prelude::*;

/// A network with a few hundred weights of all ranks.
fn small_spec() -> NetworkSpec {
    NetworkSpec {
        input: [28, 28, 1],
        layers: vec![
            LayerSpec::Conv2d {
                filters: 2,
                kernel: [3, 3],
                activation: Activation::Relu,
            },
            LayerSpec::batch_norm(),
            LayerSpec::MaxPool2d { window: [4, 14] },
            LayerSpec::RowsToSequence,
            LayerSpec::Gru {
                units: 3,
                bidirectional: true,
                return_sequences: true,
            },
            LayerSpec::Flatten,
            LayerSpec::Dense {
                units: 10,
                activation: Activation::Linear,
            },
        ],
    }
}

fn small_model() -> Model {
    let spec = small_spec();
    let parameters = initialize(&spec, 7).expect("a network");
    let mut metadata = Metadata::new("small");
    metadata.preprocessing.proportions.lowest = 0.45;
    metadata.data = vec![DataSum {
        name: "train".to_owned(),
        sha256: "0a".repeat(32),
    }];
    metadata.command = Some("lekka train --preset \"paper\"".to_owned());
    metadata.seed = Some(u64::MAX);
    metadata.commit = Some("0123abc".to_owned());
    metadata.figures = vec![Figure {
        set: "test".to_owned(),
        accuracy: 0.9731,
        images: 10_000,
        ..Figure::default()
    }];
    metadata.calibration = Some(Calibration { temperature: 1.3 });
    metadata.review_threshold = Some(0.9);
    Model::new(spec, parameters, metadata).expect("a model")
}

static SMALL: LazyLock<Vec<u8>> =
    LazyLock::new(|| small_model().save(ValueType::F32).expect("a file"));

/// The file with its header, as text, changed. Lengths are put right.
fn with_header(change: impl FnOnce(String) -> String) -> Vec<u8> {
    let length = usize::from_le_bytes(SMALL[..8].try_into().expect("eight bytes"));
    let header = String::from_utf8(SMALL[8..8 + length].to_vec()).expect("JSON");
    let header = change(header.trim_end().to_owned());
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(&SMALL[8 + length..]);
    bytes
}

/// The file with a part of its header replaced, which must be there.
fn replaced(from: &str, to: &str) -> Vec<u8> {
    with_header(|header| {
        assert!(header.contains(from), "no {from} in {header}");
        header.replacen(from, to, 1)
    })
}

#[test]
fn f32_reads_back_exactly_and_is_the_same_every_time() {
    let model = small_model();
    assert_eq!(Model::load(&SMALL).expect("a model"), model);
    assert_eq!(model.save(ValueType::F32).expect("a file"), *SMALL);
}

#[test]
fn f16_reads_back_rounded_at_half_the_size() {
    let model = small_model();
    let bytes = model.save(ValueType::F16).expect("a file");
    let saved = SMALL.len() - bytes.len();
    assert!(saved >= model.parameters.count() * 2, "{saved}");
    let loaded = Model::load(&bytes).expect("a model");
    assert_eq!(
        (&loaded.spec, &loaded.metadata),
        (&model.spec, &model.metadata)
    );
    for (loaded, original) in loaded
        .parameters
        .tensors
        .iter()
        .zip(&model.parameters.tensors)
    {
        assert_eq!(
            (&loaded.name, &loaded.shape, loaded.trainable),
            (&original.name, &original.shape, original.trainable)
        );
        let rounded: Vec<f32> = original
            .values
            .iter()
            .map(|&value| f16::from_f32(value).to_f32())
            .collect();
        assert_eq!(loaded.values, rounded, "{}", loaded.name);
    }
}

/// Whether an error is of the kind expected.
type Kind = fn(&LoadError) -> bool;

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table: one entry per kind of damage"
)]
fn every_kind_of_damage_is_refused_with_its_reason() {
    let length = SMALL.len();
    let cases: Vec<(&str, Vec<u8>, Kind, String)> = vec![
        (
            "empty",
            Vec::new(),
            |e| matches!(e, LoadError::Truncated { .. }),
            "its header tells of 8 bytes, there are 0".into(),
        ),
        (
            "half of it",
            SMALL[..length / 2].to_vec(),
            |e| matches!(e, LoadError::Truncated { .. }),
            format!(
                "its header tells of {length} bytes, there are {}; copy",
                length / 2
            ),
        ),
        (
            "cut in the header",
            SMALL[..100].to_vec(),
            |e| matches!(e, LoadError::Truncated { .. }),
            "there are 100;".into(),
        ),
        (
            "more behind it",
            [&SMALL[..], b"more"].concat(),
            |e| matches!(e, LoadError::TrailingBytes { .. }),
            format!("has {} bytes, but its header tells of {length}", length + 4),
        ),
        (
            "a picture",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            |e| matches!(e, LoadError::Header { .. }),
            "not a weight file".into(),
        ),
        (
            "offsets that lie",
            replaced("\"data_offsets\":[0,", "\"data_offsets\":[4,"),
            |e| matches!(e, LoadError::Header { .. }),
            "invalid offset".into(),
        ),
        (
            "another program's safetensors",
            replaced("\"lekka\":", "\"other\":"),
            |e| matches!(e, LoadError::NoMetadata),
            "says nothing of Lekka".into(),
        ),
        (
            "a newer version",
            replaced("\\\"format_version\\\":1", "\\\"format_version\\\":77"),
            |e| matches!(e, LoadError::Version { found: 77 }),
            format!("format version 77, this program reads up to {FORMAT_VERSION}"),
        ),
        (
            "metadata without classes",
            replaced("\\\"classes\\\"", "\\\"glasses\\\""),
            |e| matches!(e, LoadError::UnreadableMetadata { .. }),
            "missing field `classes`".into(),
        ),
        (
            "an impossible figure",
            replaced("\\\"accuracy\\\":0.9731", "\\\"accuracy\\\":9.731"),
            |e| matches!(e, LoadError::Metadata(_)),
            "accuracy 9.731".into(),
        ),
        (
            "other pictures",
            replaced("kannada-mnist/1", "kannada-mnist/9"),
            |e| matches!(e, LoadError::Preprocessing(_) | LoadError::Metadata(_)),
            "`kannada-mnist/9`, this program knows `kannada-mnist/1`".into(),
        ),
        (
            "nine names for ten outputs",
            replaced("\\\"೦\\\",", ""),
            |e| matches!(e, LoadError::Classes { .. }),
            "10 outputs, but the metadata names 9 classes".into(),
        ),
        (
            "another input",
            replaced("\\\"input\\\":[28,28,1]", "\\\"input\\\":[28,28,3]"),
            |e| matches!(e, LoadError::Input { .. }),
            "takes pictures of shape [28, 28, 3], but its preprocessing gives [28, 28, 1]".into(),
        ),
        (
            "layers that do not fit",
            replaced("{\\\"type\\\":\\\"rows_to_sequence\\\"},", ""),
            |e| matches!(e, LoadError::Spec(_)),
            "describes no network: layer 3 (gru)".into(),
        ),
        (
            "an unknown layer",
            replaced("rows_to_sequence", "rows_to_nowhere"),
            |e| matches!(e, LoadError::UnreadableMetadata { .. }),
            "rows_to_nowhere".into(),
        ),
        (
            "a missing tensor",
            replaced("\"dense_1.kernel\"", "\"dense_9.kernel\""),
            |e| matches!(e, LoadError::Parameters(ParametersError::Missing { .. })),
            "`dense_1.kernel`".into(),
        ),
        (
            "a network without one of the layers",
            replaced(
                "{\\\"type\\\":\\\"batch_norm\\\",\\\"epsilon\\\":0.001,\\\"momentum\\\":0.99},",
                "",
            ),
            |e| matches!(e, LoadError::Parameters(ParametersError::Unexpected { .. })),
            "`batch_norm_1".into(),
        ),
        (
            "another shape",
            replaced("\"shape\":[3,3,1,2]", "\"shape\":[3,1,3,2]"),
            |e| matches!(e, LoadError::Parameters(ParametersError::Shape { .. })),
            "has shape [3, 1, 3, 2], the network needs [3, 3, 1, 2]".into(),
        ),
        (
            "another type",
            replaced("\"F32\"", "\"I32\""),
            |e| matches!(e, LoadError::ValueType { .. }),
            "values of type I32; only F32 and F16".into(),
        ),
    ];
    for (what, bytes, is_kind, message) in cases {
        let error = Model::load(&bytes).expect_err(what);
        assert!(is_kind(&error), "{what}: {error:?}");
        assert!(error.to_string().contains(&message), "{what}: {error}");
    }
}

#[test]
fn values_that_are_no_numbers_are_found() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut bytes = SMALL.clone();
        let last = bytes.len() - 4;
        bytes[last..].copy_from_slice(&value.to_le_bytes());
        let error = Model::load(&bytes).expect_err("not finite");
        assert!(
            matches!(
                error,
                LoadError::Parameters(ParametersError::NotFinite { .. })
            ),
            "{error:?}"
        );
        assert!(
            error.to_string().contains(&format!("value {value}")),
            "{error}"
        );
    }
}

#[test]
fn metadata_are_printed_for_people() {
    insta::assert_snapshot!(small_model().metadata);
}

#[test]
fn what_would_not_load_is_not_saved() {
    let mut model = small_model();
    model.parameters.tensors[0].values[3] = f32::NAN;
    assert!(matches!(
        model.save(ValueType::F32),
        Err(SaveError::Invalid(_))
    ));

    let mut model = small_model();
    model.metadata.figures[0].accuracy = f64::NAN;
    assert!(matches!(
        model.save(ValueType::F32),
        Err(SaveError::Invalid(_))
    ));

    let mut model = small_model();
    model.parameters.tensors[0].values[3] = 1e5;
    assert!(model.save(ValueType::F32).is_ok());
    assert!(matches!(
        model.save(ValueType::F16),
        Err(SaveError::Overflow { value: 1e5, .. })
    ));
}

#[test]
fn files_name_themselves_in_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.safetensors");
    let model = small_model();
    model.save_file(&path, ValueType::F32).expect("written");
    assert_eq!(Model::load_file(&path).expect("read"), model);
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        1
    );

    std::fs::write(&path, b"no weights at all").expect("written");
    let error = Model::load_file(&path).expect_err("damaged");
    assert!(matches!(error, FileError::Load { .. }));
    assert!(
        error
            .to_string()
            .contains("a.safetensors: not a weight file"),
        "{error}"
    );

    let missing = folder.path().join("none").join("b.safetensors");
    let error = Model::load_file(&missing).expect_err("missing");
    assert!(error.to_string().starts_with("cannot read "), "{error}");
    let error = model
        .save_file(&missing, ValueType::F16)
        .expect_err("no folder");
    assert!(error.to_string().starts_with("cannot write "), "{error}");
}

#[test]
fn another_network_is_told_from_the_one_needed() {
    let model = small_model();
    assert!(model.expect_spec(&small_spec()).is_ok());
    let error = model
        .expect_spec(&presets::paper())
        .expect_err("another network")
        .to_string();
    assert!(
        error.contains("layer 1 is Conv2D 2, 3x3 same, ReLU, needed is Conv2D 64, 3x3 same, ReLU"),
        "{error}"
    );
    let mut longer = small_spec();
    longer.layers.push(LayerSpec::Flatten);
    let error = model
        .expect_spec(&longer)
        .expect_err("another network")
        .to_string();
    assert!(
        error.contains("layer 8 is nothing, needed is Flatten"),
        "{error}"
    );
}

proptest! {
    /// Whatever happens to the bytes, loading answers: with an error, or with finite weights when
    /// only a weight or a word of the metadata was hit.
    #[test]
    fn changed_bytes_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = SMALL.clone();
        for (place, value) in &changes {
            let place = place.index(bytes.len());
            bytes[place] = *value;
        }
        if let Some(length) = length {
            bytes.truncate(length.index(bytes.len()));
        }
        check(&bytes)?;
    }

    /// The same for the header alone, where changes do more, with its length kept right.
    #[test]
    fn changed_headers_never_panic(
        place in any::<prop::sample::Index>(),
        removed in 0_usize..20,
        inserted in prop::string::string_regex("[\\[\\]{}\",:0-9eE.\\-a-z\\\\]{0,12}")
            .expect("an expression"),
    ) {
        let bytes = with_header(|header| {
            let characters: Vec<char> = header.chars().collect();
            let start = place.index(characters.len());
            let end = characters.len().min(start + removed);
            let (before, after) = (&characters[..start], &characters[end..]);
            before.iter().copied().chain(inserted.chars()).chain(after.iter().copied()).collect()
        });
        check(&bytes)?;
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Model::load(&bytes).is_err());
    }
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    match Model::load(bytes) {
        Ok(model) => {
            let mut values = model
                .parameters
                .tensors
                .iter()
                .flat_map(|tensor| &tensor.values);
            prop_assert!(values.all(|value| value.is_finite()));
            prop_assert!(model.metadata.check().is_ok());
        }
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}
