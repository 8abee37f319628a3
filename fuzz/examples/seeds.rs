//! Writes a small seed corpus for every fuzz target to `fuzz/corpus`, so that the fuzzers need not first invent the
//! file formats:
//!
//! ```text
//! cargo run --manifest-path fuzz/Cargo.toml --example seeds
//! ```

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use image::{GrayImage, ImageFormat};
use lekka_model::{Metadata, Model, ValueType, exchange};
use lekka_nn::initialize::initialize;
use lekka_nn::{Activation, LayerSpec, NetworkSpec};
use lekka_strokes::Sheet;
use lekka_train::data::{IMAGE_PIXELS, write_idx_images, write_idx_labels};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = Corpus(root.join("corpus"));
    data_files(&corpus)?;
    weights(&corpus)?;
    // The picture of every format and variant that the tests decode.
    for entry in fs::read_dir(root.join("../crates/lekka-image/tests/pictures"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = fs::read(entry.path())?;
        corpus.add("picture", &name, &bytes)?;
        if name.ends_with(".tif") {
            corpus.add("pages", &name, &bytes)?;
        }
    }
    pages(&corpus)?;
    for entry in fs::read_dir(root.join("../examples/forms"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path)?;
            corpus.add("form", &name, text.as_bytes())?;
            let template = lekka_form::Template::parse(&text, &name)?;
            if let Ok(form) = lekka_form::Form::new(template) {
                corpus.add("pages", &format!("{name}.pdf"), &lekka_form::to_pdf(&form))?;
            }
        }
    }
    println!("wrote {}", corpus.0.display());
    Ok(())
}

/// The folder with one folder per target.
struct Corpus(PathBuf);

impl Corpus {
    fn add(&self, target: &str, name: &str, bytes: &[u8]) -> Result<()> {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        Ok(fs::write(folder.join(name), bytes)?)
    }
}

fn data_files(corpus: &Corpus) -> Result<()> {
    let pixels: Vec<u8> = (0..2 * IMAGE_PIXELS).map(|i| (i * 7 % 256) as u8).collect();
    let mut images = Vec::new();
    write_idx_images(&mut images, 28, 28, &pixels)?;
    corpus.add("tensors", "images.idx", &images)?;
    corpus.add("tensors", "plain", &pixels)?;
    let rows: Vec<&[u8]> = pixels[..IMAGE_PIXELS].chunks(28).collect();
    let json = serde_json::json!({ "images": [&pixels[..IMAGE_PIXELS], rows] });
    corpus.add("tensors", "images.json", json.to_string().as_bytes())?;
    let mut small = Vec::new();
    write_idx_images(&mut small, 2, 3, &pixels[..12])?;
    let mut labels = Vec::new();
    write_idx_labels(&mut labels, &[3, 9])?;

    let columns: Vec<String> = (0..IMAGE_PIXELS).map(|i| format!("pixel{i}")).collect();
    let row = |pixels: &[u8]| pixels.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    let csv = |first: &str| {
        let (one, two) = pixels.split_at(IMAGE_PIXELS);
        format!("{first},{}\n1,{}\n9,{}\n", columns.join(","), row(one), row(two))
    };
    for (name, bytes) in [
        ("images", &images[..]),
        ("small", &small),
        ("labels", &labels),
        ("train.csv", csv("label").as_bytes()),
        ("test.csv", csv("id").as_bytes()),
    ] {
        let target = if name.ends_with("csv") { "csv" } else { "idx" };
        corpus.add(target, name, bytes)?;
        corpus.add("data_file", name, bytes)?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes)?;
        corpus.add("data_file", &format!("{name}.gz"), &packed.finish()?)?;
    }
    // The byte in front is the number of images.
    let table = "\x04split,first_index,count,writer_page\ntrain,0,3,07\ntrain,3,1,05\ntest,0,4,03\n";
    corpus.add("writers", "table", table.as_bytes())?;
    let numbers = r#"{"file":"0.png","text":"12","writer":"a","spacing":"close","boxes":[[1,2,3,4]],"separators":[[1,"point"]]}"#;
    corpus.add("numbers", "index", numbers.as_bytes())
}

/// Small networks that have every kind of layer between them.
fn weights(corpus: &Corpus) -> Result<()> {
    let conv = |filters| LayerSpec::Conv2d {
        filters,
        kernel: [3, 3],
        activation: Activation::Relu,
    };
    let dense = LayerSpec::Dense {
        units: 10,
        activation: Activation::Linear,
    };
    let networks = [
        vec![LayerSpec::Flatten, dense.clone()],
        vec![
            conv(2),
            LayerSpec::batch_norm(),
            LayerSpec::MaxPool2d { window: [4, 7] },
            LayerSpec::Dropout { rate: 0.25 },
            LayerSpec::RowsToSequence,
            LayerSpec::Gru {
                units: 3,
                bidirectional: true,
                return_sequences: true,
            },
            LayerSpec::Flatten,
            dense.clone(),
        ],
        vec![
            conv(1),
            LayerSpec::MaxPool2d { window: [7, 4] },
            LayerSpec::ColumnsToSequence,
            LayerSpec::Lstm {
                units: 2,
                bidirectional: false,
                return_sequences: false,
            },
            dense.clone(),
        ],
        vec![
            conv(4),
            LayerSpec::Activation {
                activation: Activation::Gelu,
            },
            LayerSpec::GlobalAveragePool2d,
            dense,
        ],
    ];
    for (index, layers) in networks.into_iter().enumerate() {
        let spec = NetworkSpec {
            input: [28, 28, 1],
            layers,
        };
        let parameters = initialize(&spec, 1)?;
        let model = Model::new(spec, parameters, Metadata::new("fuzz"))?;
        for (name, values) in [("f16", ValueType::F16), ("f32", ValueType::F32)] {
            corpus.add("weights", &format!("{index}-{name}"), &model.save(values)?)?;
        }
        for (name, bytes) in [
            ("onnx", exchange::to_onnx(&model)?),
            ("pytorch", exchange::to_safetensors(&model, exchange::Names::PyTorch)?),
            ("keras", exchange::to_safetensors(&model, exchange::Names::Keras)?),
        ] {
            corpus.add("exchange", &format!("{index}-{name}"), &bytes)?;
        }
    }
    Ok(())
}

/// Small sheets and single digits, as PNM (which mutates well) and PNG.
fn pages(corpus: &Corpus) -> Result<()> {
    let sheet = |rows: usize, columns: usize, cell: f32| Sheet {
        cells: (0..rows)
            .map(|row| (0..columns).map(|column| Some(((row + column) % 10) as u8)).collect())
            .collect(),
        cell_size: [cell, cell],
        margin: cell / 2.0,
        ..Sheet::default()
    };
    let pictures = [
        ("sheet", sheet(4, 5, 40.0).draw(1)),
        ("small", sheet(3, 3, 24.0).draw(2)),
        ("turned", Sheet { skew_degrees: 2.0, ..sheet(3, 4, 40.0) }.draw(3)),
        ("dark", Sheet { paper: 30, ink: 220, ..sheet(3, 3, 40.0) }.draw(4)),
        ("unruled", Sheet { rule_thickness: 0.0, ..sheet(2, 4, 48.0) }.draw(5)),
        ("one", Sheet { rule_thickness: 0.0, ..sheet(1, 1, 64.0) }.draw(6)),
        ("blank", GrayImage::from_pixel(64, 48, image::Luma([255]))),
        ("dot", GrayImage::from_pixel(1, 1, image::Luma([0]))),
    ];
    for (name, picture) in pictures {
        for (ending, format) in [("pgm", ImageFormat::Pnm), ("png", ImageFormat::Png)] {
            let mut bytes = std::io::Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format)?;
            corpus.add("read", &format!("{name}.{ending}"), bytes.get_ref())?;
        }
    }
    Ok(())
}
