//! Makes the weights that Lekka ships from a run: `release RUN_FOLDER DATA OUT.safetensors`.
//!
//! Rounds to f16, fits the temperature on the writers that the run held out, measures what was rounded on
//! the official test and Dig-MNIST, and writes all of it into the file. This is the one time that
//! a released file meets the official test; CI checks that the shipped file still gives these
//! figures.

#![expect(clippy::print_stdout, reason = "an example prints its progress")]

use lekka_model::{Calibration, Figure, Model, ValueType};
use lekka_nn::Predictor;
use lekka_train::data::{DataFolder, DataSet, Split};
use lekka_train::metrics::{Evaluation, Predictions, fit_temperature, logits_of};
use lekka_train::{RunFolder, TrainConfig};
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [run, data, out] = arguments.as_slice() else {
        return Err("usage: release RUN_FOLDER DATA OUT.safetensors".into());
    };
    let run = RunFolder::open(run)?;
    let data = DataFolder::open(data)?;
    let trained = Model::load_file(run.model_file())?;
    let mut model = Model::load(&trained.save(ValueType::F16)?)?;
    let predictor = Predictor::new(&model.spec, &model.parameters)?;

    let held_out = held_out(&run.config()?, &data)?;
    let logits = logits_of(&predictor, &held_out)?;
    let temperature = fit_temperature(&logits, held_out.require_labels()?);
    println!(
        "temperature {temperature:.3}, on {} held-out images",
        held_out.len()
    );
    model.metadata.calibration = Some(Calibration { temperature });

    model.metadata.figures.clear();
    let sets = [
        ("held-out writers", held_out),
        ("official test", data.read(Split::Test)?),
        ("Dig-MNIST", data.read(Split::Dig)?),
    ];
    for (name, set) in sets {
        let predictions = Predictions::from_logits(&logits_of(&predictor, &set)?, temperature);
        let evaluation = Evaluation::new(&set, &predictions)?;
        println!("{name}: {:.4}", evaluation.accuracy);
        model.metadata.figures.push(Figure {
            set: name.to_owned(),
            accuracy: evaluation.accuracy,
            images: set.len() as u64,
            ..Figure::default()
        });
    }
    model.save_file(out, ValueType::F16)?;
    Ok(())
}

fn held_out(config: &TrainConfig, data: &DataFolder) -> Result<DataSet, Box<dyn Error>> {
    let sets = config.split.apply(&data.read(Split::Train)?, config.seed)?;
    Ok(sets
        .validation
        .ok_or("the run held nothing out to fit a temperature on")?)
}
