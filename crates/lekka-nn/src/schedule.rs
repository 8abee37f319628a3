//! Learning-rate schedules.

use serde::{Deserialize, Serialize};

/// How the learning rate changes in the course of training.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// Steps over which the rate first rises in a line from nearly 0.
    #[serde(default)]
    pub warm_up_steps: u64,
    /// What happens after that.
    #[serde(default)]
    pub shape: ScheduleShape,
}

/// The course of the rate after warming up.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ScheduleShape {
    /// The same rate throughout.
    #[default]
    Constant,
    /// Half a cosine from the rate down to `min_rate` at the last step.
    Cosine {
        /// The rate at the end.
        #[serde(default)]
        min_rate: f32,
    },
    /// Rises from the rate / 25 to the rate, then falls to the rate / 250,000, both as half
    /// cosines (Smith 2018; PyTorch's `OneCycleLR`).
    OneCycle {
        /// Share of the steps in which the rate rises.
        #[serde(default = "rise")]
        rise: f32,
    },
    /// Multiplies the rate by `factor` after `patience` epochs without a better result.
    Plateau {
        /// What the rate is multiplied with.
        #[serde(default = "factor")]
        factor: f32,
        /// Epochs without a better result before the rate falls.
        #[serde(default = "patience")]
        patience: u32,
        /// The rate does not fall below this.
        #[serde(default = "min_rate")]
        min_rate: f32,
    },
}

const fn rise() -> f32 {
    0.3
}
const fn factor() -> f32 {
    0.25
}
const fn patience() -> u32 {
    1
}
const fn min_rate() -> f32 {
    1e-5
}

/// What a schedule remembers between epochs, for checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleState {
    /// What the rate is multiplied with at present.
    pub scale: f32,
    /// The best result so far.
    pub best: Option<f64>,
    /// Epochs since the best result or the last fall of the rate.
    pub waited: u32,
}

/// A schedule in use.
///
/// ```
/// use lekka_nn::schedule::{Schedule, ScheduleShape, ScheduleSpec};
///
/// let shape = ScheduleShape::Plateau { factor: 0.25, patience: 1, min_rate: 1e-5 };
/// let mut schedule = Schedule::new(ScheduleSpec { warm_up_steps: 0, shape }, 1e-3, 1000);
/// schedule.end_epoch(0.98);
/// assert_eq!(schedule.rate(0), 1e-3);
/// schedule.end_epoch(0.97); // not better
/// assert_eq!(schedule.rate(0), 2.5e-4);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    spec: ScheduleSpec,
    rate: f32,
    total_steps: u64,
    state: ScheduleState,
}

impl Schedule {
    /// A schedule around `rate` over `total_steps` steps of training.
    pub const fn new(spec: ScheduleSpec, rate: f32, total_steps: u64) -> Self {
        let state = ScheduleState {
            scale: 1.0,
            best: None,
            waited: 0,
        };
        Self {
            spec,
            rate,
            total_steps,
            state,
        }
    }

    /// The rate for a step, counted from 0 over the whole of training.
    pub fn rate(&self, step: u64) -> f32 {
        let warm_up = self.spec.warm_up_steps;
        let rate = f64::from(self.rate);
        if step < warm_up {
            return (rate * (step + 1) as f64 / (warm_up + 1) as f64) as f32;
        }
        let length = self
            .total_steps
            .saturating_sub(warm_up)
            .saturating_sub(1)
            .max(1);
        let progress = ((step - warm_up) as f64 / length as f64).min(1.0);
        let rate = match self.spec.shape {
            ScheduleShape::Constant => rate,
            ScheduleShape::Cosine { min_rate } => cosine(rate, f64::from(min_rate), progress),
            ScheduleShape::OneCycle { rise } => {
                let rise = f64::from(rise);
                if progress < rise {
                    cosine(rate / 25.0, rate, progress / rise)
                } else {
                    let fallen = if rise < 1.0 {
                        (progress - rise) / (1.0 - rise)
                    } else {
                        0.0
                    };
                    cosine(rate, rate / 250_000.0, fallen)
                }
            }
            ScheduleShape::Plateau { min_rate, .. } => {
                let floor = f64::from(min_rate).min(rate);
                (rate * f64::from(self.state.scale)).max(floor)
            }
        };
        rate as f32
    }

    /// Tells the result of an epoch, greater being better (an accuracy).
    pub fn end_epoch(&mut self, result: f64) {
        let ScheduleShape::Plateau {
            factor, patience, ..
        } = self.spec.shape
        else {
            return;
        };
        let state = &mut self.state;
        if state.best.is_none_or(|best| result > best) {
            state.best = Some(result);
            state.waited = 0;
            return;
        }
        state.waited += 1;
        if state.waited >= patience {
            state.scale *= factor;
            state.waited = 0;
        }
    }

    /// What it remembers, to be saved.
    pub const fn state(&self) -> ScheduleState {
        self.state
    }

    /// Takes up what was saved.
    pub const fn load_state(&mut self, state: ScheduleState) {
        self.state = state;
    }
}

/// From `start` at progress 0 to `end` at 1.
fn cosine(start: f64, end: f64, progress: f64) -> f64 {
    end + (start - end) * (1.0 + (std::f64::consts::PI * progress).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(warm_up_steps: u64, shape: ScheduleShape, steps: &[u64]) -> Vec<f32> {
        let schedule = Schedule::new(
            ScheduleSpec {
                warm_up_steps,
                shape,
            },
            1.0,
            101,
        );
        steps.iter().map(|&step| schedule.rate(step)).collect()
    }

    #[test]
    fn shapes() {
        let cosine = ScheduleShape::Cosine { min_rate: 0.0 };
        let one_cycle = ScheduleShape::OneCycle { rise: 0.5 };
        let cases = [
            (
                0,
                ScheduleShape::Constant,
                [0, 50, 100, 500],
                [1.0, 1.0, 1.0, 1.0],
            ),
            (0, cosine, [0, 50, 100, 500], [1.0, 0.5, 0.0, 0.0]),
            (3, cosine, [0, 1, 2, 3], [0.25, 0.5, 0.75, 1.0]),
            (0, one_cycle, [0, 25, 50, 100], [0.04, 0.52, 1.0, 4e-6]),
        ];
        for (warm_up, shape, steps, expected) in cases {
            let found = rates(warm_up, shape, &steps);
            for (value, expected) in found.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-6, "{shape:?}: {found:?}");
            }
        }
    }

    #[test]
    fn plateau_waits_falls_and_stops_at_its_floor() {
        let shape = ScheduleShape::Plateau {
            factor: 0.1,
            patience: 2,
            min_rate: 0.05,
        };
        let mut schedule = Schedule::new(
            ScheduleSpec {
                warm_up_steps: 0,
                shape,
            },
            1.0,
            0,
        );
        let results = [0.5, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6];
        let mut rates = Vec::new();
        for result in results {
            schedule.end_epoch(result);
            rates.push(schedule.rate(7));
        }
        assert_eq!(rates, [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.05]);

        let mut resumed = Schedule::new(
            ScheduleSpec {
                warm_up_steps: 0,
                shape,
            },
            1.0,
            0,
        );
        resumed.load_state(schedule.state());
        assert_eq!(resumed, schedule);
    }
}
