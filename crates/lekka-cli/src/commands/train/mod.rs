//! `lekka train`: trains a network and keeps everything about it in a run folder.

mod options;
mod watch;

pub(crate) use options::TrainArgs;

use crate::failure::{Exit, Hint, failure};
use crate::interrupt;
use crate::terminal::Console;
use crate::weights;
use anyhow::{Context, Result};
use lekka_train::training::TrainEvent;
use lekka_train::{Outcome, RunFolder, TrainConfig, TrainError, Trainer, TrainingData};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) fn run(args: &TrainArgs, console: &Console) -> Result<Exit> {
    if args.print_config {
        crate::output::print(&args.config()?.to_toml()?)?;
        return Ok(Exit::Success);
    }
    args.threads.set_up()?;
    let (trainer, folder) = match &args.resume {
        Some(folder) => (resume(folder, args)?, folder.clone()),
        None => start(args)?,
    };
    let interrupt = Arc::new(AtomicBool::new(false));
    interrupt::listen(Arc::clone(&interrupt))?;
    console.note(format_args!("run folder {}", folder.display()));
    let command = first_command(&folder);
    let mut watch = watch::Watch::new(console.clone());
    let outcome = trainer
        .interrupt(interrupt)
        .command(&command)
        .on_event(|event| {
            if let TrainEvent::Started(_) = event {
                // Only a note for later: the run goes on without it.
                let _ = std::fs::write(folder.join(COMMAND_FILE), format!("{command}\n"));
            }
            watch.event(event);
        })
        .run();
    watch.clear();
    match outcome.map_err(|error| explain(error, &folder))? {
        Outcome::Finished { .. } => {
            let best = RunFolder::open(&folder)?.model_file();
            console.note(format_args!("weights in {}", best.display()));
            Ok(Exit::Success)
        }
        Outcome::Interrupted { .. } => {
            let folder = folder.display();
            console.note(format_args!(
                "saved; go on with `lekka train --resume {folder}`"
            ));
            Ok(Exit::Interrupted)
        }
    }
}

/// File of a run folder with the command that began the run.
const COMMAND_FILE: &str = "command.txt";

/// The command that began the run: resuming it does not make it another's.
fn first_command(folder: &Path) -> String {
    match std::fs::read_to_string(folder.join(COMMAND_FILE)) {
        Ok(command) if !command.trim().is_empty() => command.trim().to_owned(),
        _ => command_line(std::env::args().skip(1)),
    }
}

fn start(args: &TrainArgs) -> Result<(Trainer<'static>, PathBuf)> {
    let config = args.config()?;
    let spec = config.network_spec()?;
    let sheets = config.numbers.as_ref().map(|numbers| &numbers.sheets);
    if sheets.is_some_and(Vec::is_empty) {
        return Err(failure(
            "no sheets to compose numbers of were named",
            "give --sheets DIR, a folder of scanned sheets by training writers",
        ));
    }
    if sheets.is_none() && config.data.folder.is_none() && config.data.extra.is_empty() {
        return Err(failure(
            "no data to train on was named",
            "give --data DIR (or set LEKKA_DATA_DIR); `lekka data fetch` downloads the data",
        ));
    }
    let initial = match &args.init {
        None => None,
        Some(file) => {
            let model = weights::load(Some(file))?;
            model
                .expect_spec(&spec)
                .with_context(|| format!("{} does not fit the network", file.display()))
                .hint(
                    "choose the network of the weights with --network, --activation, --dropout",
                )?;
            Some(model.parameters)
        }
    };
    let folder = args.run.clone().unwrap_or_else(|| default_folder(&config));
    // Before the data are read, which takes a while.
    if folder.join("config.toml").exists() {
        return Err(explain(
            TrainError::RunExists {
                path: folder.clone(),
            },
            &folder,
        ));
    }
    let data = TrainingData::load(&config)?;
    let mut trainer = Trainer::new(config, data).run_folder(&folder);
    if let Some(weights) = initial {
        trainer = trainer.initial(weights);
    }
    Ok((trainer, folder))
}

fn resume(folder: &Path, args: &TrainArgs) -> Result<Trainer<'static>> {
    let trainer = match &args.data {
        None => Trainer::resume(folder),
        Some(data) => RunFolder::open(folder)
            .and_then(|run| run.config())
            .and_then(|mut config| {
                if config.numbers.is_none() {
                    config.data.folder = Some(data.clone());
                }
                Trainer::resume_with(folder, TrainingData::load(&config)?)
            }),
    };
    trainer.map_err(|error| explain(error, folder))
}

fn default_folder(config: &TrainConfig) -> PathBuf {
    Path::new("runs").join(format!("{}-seed-{}", config.name, config.seed))
}

fn explain(error: TrainError, folder: &Path) -> anyhow::Error {
    let hint = match &error {
        TrainError::RunExists { .. } => {
            format!(
                "`lekka train --resume {}` goes on with it; --run DIR starts another",
                folder.display()
            )
        }
        TrainError::Io { .. } => {
            "choose another --run folder, or free space on the disk".to_owned()
        }
        TrainError::Diverged { .. } => {
            "lower --learning-rate, or warm up with --warm-up-steps".to_owned()
        }
        _ => return error.into(),
    };
    failure(error, hint)
}

/// The command as a shell would take it, for the metadata of the weights.
fn command_line(arguments: impl Iterator<Item = String>) -> String {
    let quote = |argument: String| {
        let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    let words: Vec<String> = std::iter::once("lekka".to_owned())
        .chain(arguments.map(quote))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_into_a_shell() {
        let arguments = ["train", "--run", "my run", "--set", "a='b'", ""].map(str::to_owned);
        assert_eq!(
            command_line(arguments.into_iter()),
            r"lekka train --run 'my run' --set 'a='\''b'\''' ''"
        );
    }
}
