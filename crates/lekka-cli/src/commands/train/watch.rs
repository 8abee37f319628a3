//! What a run shows: a bar on a terminal, lines elsewhere.

use crate::progress;
use crate::terminal::Console;
use indicatif::ProgressBar;
use lekka_train::training::{EpochMetrics, RunSummary, StepProgress, TrainEvent};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// Time between two lines where there is no terminal.
const QUIET_TIME: Duration = Duration::from_secs(20);

/// Shows the events of a run.
pub(super) struct Watch {
    console: Console,
    bar: ProgressBar,
    last_line: Instant,
    epochs: u32,
}

impl Watch {
    pub(super) fn new(console: Console) -> Self {
        Self {
            console,
            bar: ProgressBar::hidden(),
            last_line: Instant::now(),
            epochs: 0,
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    pub(super) fn event(&mut self, event: &TrainEvent) {
        match event {
            TrainEvent::Started(start) => {
                self.epochs = start.epochs;
                let mut text = format!("{} images to train on", start.training_images);
                for (name, images) in &start.validation {
                    let _ = write!(text, ", {images} of {name} to validate");
                }
                let _ = write!(
                    text,
                    "; {} epochs of {} steps",
                    start.epochs, start.steps_per_epoch
                );
                if let Some((epochs, step)) = start.resumed_after {
                    let _ = write!(text, "; resumed after {epochs} epochs and {step} steps");
                }
                self.console.note(text);
            }
            TrainEvent::Step(step) => self.step(step),
            TrainEvent::Validating { epoch, images } => {
                self.bar
                    .set_message(format!("epoch {epoch}: validating on {images} images"));
            }
            TrainEvent::EpochFinished(epoch) => self.print(&epoch_line(epoch, self.epochs)),
            TrainEvent::StoppedEarly { epoch } => {
                self.print(&format!(
                    "stopped after epoch {epoch}: no better epoch for long"
                ));
            }
            TrainEvent::Interrupted { epoch, step } => {
                self.print(&format!("interrupted in epoch {epoch} after step {step}"));
            }
            TrainEvent::Finished(summary) => self.print(&summary_lines(summary)),
            _ => (),
        }
    }

    fn step(&mut self, step: &StepProgress) {
        let text = format!(
            "loss {:.4}, accuracy {:.2} %, {:.0} images/s, {} left",
            step.loss,
            100.0 * step.accuracy,
            step.images_per_second,
            duration(step.seconds_left)
        );
        let epoch = format!("epoch {}/{}", step.epoch, step.epochs);
        if self.console.shows_progress() {
            if self.bar.is_finished() || self.bar.length() != Some(step.steps as u64) {
                let template = "{prefix} {wide_bar} {pos}/{len} {msg}";
                self.bar = progress::bar(&self.console, step.steps as u64, template);
            }
            self.bar.set_prefix(epoch);
            self.bar.set_message(text);
            self.bar.set_position(step.step as u64);
        } else if self.last_line.elapsed() >= QUIET_TIME {
            self.last_line = Instant::now();
            self.console.note(format_args!(
                "{epoch} step {}/{}: {text}",
                step.step, step.steps
            ));
        }
    }

    /// A result, on standard output. That nobody reads it is no reason to stop training.
    fn print(&mut self, line: &str) {
        self.last_line = Instant::now();
        self.bar.suspend(|| {
            let mut output = std::io::stdout().lock();
            let _ = writeln!(output, "{line}").and_then(|()| output.flush());
        });
    }
}

fn epoch_line(epoch: &EpochMetrics, epochs: u32) -> String {
    let mut line = format!(
        "epoch {}/{epochs}: rate {:e}, loss {:.4}, accuracy {:.2} %",
        epoch.epoch,
        epoch.learning_rate,
        epoch.train_loss,
        100.0 * epoch.train_accuracy
    );
    for (index, set) in epoch.validation.iter().enumerate() {
        // The first set has the name of what it was held out of, which would read as training.
        let of = if index == 0 {
            String::new()
        } else {
            format!(" of {}", set.name)
        };
        let accuracy = 100.0 * set.accuracy;
        let _ = write!(
            line,
            "; held out{of}: loss {:.4}, accuracy {accuracy:.2} %",
            set.loss
        );
    }
    let _ = write!(
        line,
        "; {:.0} images/s, {}",
        epoch.images_per_second,
        duration(epoch.seconds)
    );
    line
}

fn summary_lines(summary: &RunSummary) -> String {
    let mut text = format!(
        "mean over {} epochs: training accuracy {:.2} %",
        summary.epochs,
        100.0 * summary.mean_train_accuracy
    );
    if let Some(accuracy) = summary.mean_validation_accuracy {
        let _ = write!(text, ", validation accuracy {:.2} %", 100.0 * accuracy);
    }
    let _ = write!(
        text,
        "; best epoch {}; {}",
        summary.best_epoch,
        duration(summary.seconds)
    );
    text
}

/// Seconds for people: `45 s`, `3 min 20 s`, `2 h 5 min`.
fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_for_people() {
        for (seconds, text) in [(0.4, "0 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min")] {
            assert_eq!(super::duration(seconds), text);
        }
    }
}
