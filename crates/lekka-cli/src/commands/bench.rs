//! `lekka bench`: the speed of this machine on the paper's network.

use super::{ReportFormat, json_line};
use crate::args::Threads;
use crate::failure::Exit;
use crate::output::Output;
use crate::progress;
use crate::terminal::Console;
use anyhow::Result;
use clap::Args;
use lekka_model::presets;
use lekka_nn::initialize::initialize;
use lekka_nn::{
    Network, NetworkError, Optimizer, OptimizerSpec, Predictor, StepOptions, instruction_set,
};
use lekka_strokes::Rng;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Values of one picture.
const PIXELS: usize = 28 * 28;
/// Pictures of the large batch and of a training step.
const BATCH: usize = 64;
/// Calls of each kind in a round, one after the other: enough that the first, which finds the
/// caches full of something else, does not count.
const SINGLES: usize = 100;
const BATCHES: usize = 5;
const STEPS: usize = 3;
/// Pictures that training steps choose from.
const PICTURES: usize = 1024;

/// Options of `lekka bench`.
#[derive(Debug, Args)]
#[command(
    after_help = "Medians of whole calls on the paper's network in f32. A training step \
includes dropout, the gathering of its batch and the optimiser. Close other programs first. \
LEKKA_INSTRUCTIONS=avx2 or portable in the environment measures the path of processors without \
AVX-512, or without AVX2 as well.

Examples:
  lekka bench
  lekka bench --threads 1 --format json"
)]
pub(crate) struct BenchArgs {
    /// Rounds; each measures everything once
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// How to print the figures
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
    /// Where to print them; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
}

pub(crate) fn run(args: &BenchArgs, console: &Console) -> Result<Exit> {
    args.threads.set_up()?;
    let mut output = Output::open(args.output.as_deref())?;
    let mut bench = Bench::new()?;
    let bar = progress::counter(console, u64::from(args.rounds), "rounds");
    bench.round()?;
    let mut rounds = Vec::new();
    for _ in 0..args.rounds {
        rounds.push(bench.round()?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let median_of = |pick: fn(&Round) -> &Vec<f64>| {
        median(rounds.iter().flat_map(pick).copied().collect::<Vec<_>>())
    };
    let single = 1e3 * median_of(|round| &round.single);
    let batch = BATCH as f64 / median_of(|round| &round.batch);
    let training = BATCH as f64 / median_of(|round| &round.step);
    let threads = rayon::current_num_threads();
    match args.format {
        ReportFormat::Json => output.text(&json_line(&json!({
            "inference": { "batch_1_ms": single, "batch_64_images_per_second": batch },
            "training": { "images_per_second": training },
            "threads": threads,
            "rounds": args.rounds,
            "instructions": instruction_set(),
            "network": "paper",
            "precision": "f32",
            "lekka_version": env!("CARGO_PKG_VERSION"),
        }))?)?,
        ReportFormat::Text => output.text(&format!(
            "paper's network, f32, {threads} threads, {} instructions, medians of {} rounds\n\
             inference, one picture      {single:8.2} ms\n\
             inference, batches of 64    {batch:8.0} pictures/s\n\
             training, batches of 64     {training:8.0} pictures/s\n",
            instruction_set(),
            args.rounds
        ))?,
    }
    output.finish()?;
    Ok(Exit::Success)
}

/// Seconds of the calls of one round.
struct Round {
    single: Vec<f64>,
    batch: Vec<f64>,
    step: Vec<f64>,
}

/// What is measured, set up once.
struct Bench {
    predictor: Predictor,
    network: Network,
    optimizer: Optimizer,
    pictures: Vec<u8>,
    labels: Vec<u8>,
    rng: Rng,
    inputs: Vec<f32>,
    input_labels: Vec<u8>,
    logits: Vec<f32>,
    steps: u64,
}

impl Bench {
    fn new() -> Result<Self> {
        let spec = presets::paper();
        let parameters = initialize(&spec, 1)?;
        let mut rng = Rng::new(1);
        Ok(Self {
            predictor: Predictor::new(&spec, &parameters)?,
            network: Network::from_parameters(&spec, &parameters)?,
            optimizer: Optimizer::new(&OptimizerSpec::default(), &parameters),
            // Nine in ten pixels are paper, as in the data.
            pictures: (0..PICTURES * PIXELS)
                .map(|_| {
                    if rng.below(10) == 0 {
                        rng.below(256) as u8
                    } else {
                        0
                    }
                })
                .collect(),
            labels: (0..PICTURES).map(|index| (index % 10) as u8).collect(),
            rng,
            inputs: vec![0.0; BATCH * PIXELS],
            input_labels: vec![0; BATCH],
            logits: Vec::new(),
            steps: 0,
        })
    }

    /// Each kind of call some times, one kind after the other, so that a busy moment hits all.
    fn round(&mut self) -> Result<Round, NetworkError> {
        Ok(Round {
            single: timed(SINGLES, || {
                self.predictor
                    .logits(&self.inputs[..PIXELS], &mut self.logits)
            })?,
            batch: timed(BATCHES, || {
                self.predictor.logits(&self.inputs, &mut self.logits)
            })?,
            step: timed(STEPS, || self.train_step())?,
        })
    }

    fn train_step(&mut self) -> Result<(), NetworkError> {
        self.gather();
        let options = StepOptions {
            label_smoothing: 0.0,
            dropout_seed: self.steps,
        };
        self.steps += 1;
        self.network.train_step(
            &self.inputs,
            &self.input_labels,
            &options,
            &mut self.optimizer,
            1e-5,
        )?;
        Ok(())
    }

    /// A batch of pictures at random, as training takes them.
    fn gather(&mut self) {
        for (slot, input) in self.inputs.chunks_exact_mut(PIXELS).enumerate() {
            let index = self.rng.below(PICTURES);
            let picture = &self.pictures[index * PIXELS..][..PIXELS];
            for (value, &pixel) in input.iter_mut().zip(picture) {
                *value = f32::from(pixel) / 255.0;
            }
            self.input_labels[slot] = self.labels[index];
        }
    }
}

/// Seconds of each of `calls` calls.
fn timed<E>(calls: usize, mut call: impl FnMut() -> Result<(), E>) -> Result<Vec<f64>, E> {
    let mut seconds = Vec::with_capacity(calls);
    for _ in 0..calls {
        let start = Instant::now();
        call()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

/// The middle value; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn medians() {
        for (values, expected) in [
            (vec![], 0.0),
            (vec![3.0, 1.0, 2.0], 2.0),
            (vec![4.0, 1.0, 2.0, 3.0], 2.5),
        ] {
            assert_eq!(super::median(values).to_bits(), f64::to_bits(expected));
        }
    }
}
