//! Times the paper's network in burn on its CPU backend, for the table of docs/benchmarks.md.
//!
//! ```text
//! lekka-bench-burn WORK [--threads N] [--seconds S]
//! ```
//!
//! WORK is `training`, `batch64` or `batch1`. Prints one line of JSON with the median milliseconds of a whole call
//! after warm-up, as `bench/peers.py` does for the other frameworks.

mod network;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{GradientsParams, RmsPropConfig};
use burn::prelude::*;
use burn::tensor::Distribution;

use network::Network;

/// Weights of the network as burn and Keras count them: 1,417,162 trainable ones (all that PyTorch counts) and 1,408
/// moving statistics.
const PARAMETERS: usize = 1_418_570;

struct Arguments {
    work: String,
    threads: usize,
    seconds: f64,
}

fn arguments() -> Result<Arguments, String> {
    let mut parsed = Arguments {
        work: String::new(),
        threads: 2,
        seconds: 5.0,
    };
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--threads" => {
                parsed.threads = value()?
                    .parse()
                    .map_err(|error| format!("--threads: {error}"))?
            }
            "--seconds" => {
                parsed.seconds = value()?
                    .parse()
                    .map_err(|error| format!("--seconds: {error}"))?
            }
            "training" | "batch64" | "batch1" => parsed.work = argument,
            other => return Err(format!("{other} is not understood")),
        }
    }
    if parsed.work.is_empty() {
        return Err("say what to time: training, batch64 or batch1".to_owned());
    }
    Ok(parsed)
}

/// Calls three times to warm up, then for `seconds` and at least five times; returns the median in milliseconds and
/// the number of calls timed.
fn time(seconds: f64, mut call: impl FnMut()) -> (f64, usize) {
    for _ in 0..3 {
        call();
    }
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut times = Vec::new();
    while Instant::now() < end || times.len() < 5 {
        let start = Instant::now();
        call();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    let median = if times.len() % 2 == 1 {
        times[middle]
    } else {
        (times[middle - 1] + times[middle]) / 2.0
    };
    (median, times.len())
}

fn network(device: &Device) -> Network {
    device.seed(1);
    let network = Network::new(device);
    assert_eq!(network.num_params(), PARAMETERS);
    network
}

fn time_inference(seconds: f64, batch: usize) -> (f64, usize) {
    let device = Device::flex();
    let network = network(&device);
    let images = Tensor::<4>::random([batch, 1, 28, 28], Distribution::Uniform(0.0, 1.0), &device);
    time(seconds, || {
        let logits = network.forward(images.clone());
        assert_eq!(logits.into_data().num_elements(), batch * 10);
    })
}

fn time_training(seconds: f64, batch: usize) -> (f64, usize) {
    let device = Device::flex().autodiff();
    // `step` takes the network and gives it back.
    let mut network = Some(network(&device));
    // Keras adds epsilon inside the root, burn (like PyTorch) outside; the work is the same.
    let mut optimizer = RmsPropConfig::new()
        .with_alpha(0.9)
        .with_momentum(0.0)
        .with_epsilon(1e-7)
        .init();
    let cross_entropy = CrossEntropyLossConfig::new().init(&device);
    let images = Tensor::<4>::random([batch, 1, 28, 28], Distribution::Uniform(0.0, 1.0), &device);
    let labels: Vec<i32> = (0..batch as i32).map(|index| index * 7 % 10).collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [batch]), &device);
    time(seconds, || {
        let current = network.take().expect("given back below");
        let loss = cross_entropy.forward(current.forward(images.clone()), labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &current);
        network = Some(optimizer.step(1e-5, current, gradients));
        let loss: f32 = loss.into_scalar();
        assert!(loss.is_finite());
    })
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("lekka-bench-burn: {message}");
            return ExitCode::from(2);
        }
    };
    // burn's threads are those of rayon's global pool.
    if let Err(error) = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads)
        .build_global()
    {
        eprintln!("lekka-bench-burn: {error}");
        return ExitCode::from(2);
    }
    let (milliseconds, calls) = match arguments.work.as_str() {
        "training" => time_training(arguments.seconds, 64),
        "batch64" => time_inference(arguments.seconds, 64),
        _ => time_inference(arguments.seconds, 1),
    };
    println!(
        r#"{{"version": "burn-flex 0.22.1", "milliseconds": {milliseconds}, "calls": {calls}}}"#
    );
    ExitCode::SUCCESS
}
