//! Trains a network as a TOML file says: `train RUN_FOLDER [CONFIG.toml]`; without a file, goes
//! on with the run of the folder.

#![expect(clippy::print_stdout, reason = "an example prints its progress")]

use lekka_train::{Outcome, RunFolder, TrainConfig, TrainEvent, Trainer, TrainingData};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments
        .next()
        .ok_or("usage: train RUN_FOLDER [CONFIG.toml]")?;
    let command = std::env::args().collect::<Vec<_>>().join(" ");
    let trainer = match arguments.next() {
        Some(file) => {
            let config = TrainConfig::from_toml(&std::fs::read_to_string(file)?)?;
            let data = TrainingData::load(&config)?;
            Trainer::new(config, data).run_folder(&folder)
        }
        None => Trainer::resume(&folder)?,
    };
    let outcome = trainer
        .command(command)
        .on_event(|event| match event {
            TrainEvent::Step(step) if step.step % 50 == 0 => println!(
                "epoch {} step {}/{} loss {:.4} accuracy {:.4} {:.0} images/s, {:.0} s left",
                step.epoch,
                step.step,
                step.steps,
                step.loss,
                step.accuracy,
                step.images_per_second,
                step.seconds_left
            ),
            TrainEvent::EpochFinished(epoch) => println!("{epoch:?}"),
            _ => (),
        })
        .run()?;
    if let Outcome::Finished { summary, .. } = outcome {
        println!(
            "{summary:#?}\n{}",
            RunFolder::open(&folder)?.model_file().display()
        );
    }
    Ok(())
}
