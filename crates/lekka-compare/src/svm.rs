//! Support vector machines with linear, polynomial and radial kernels.
//!
//! The solver is `libsvm-rs`, a port of LIBSVM (Chang and Lin 2011) that needs no C compiler: it
//! has all three kernels, several classes (one against one) and its working set selection, shrinking
//! and cache. `linfa-svm` has no several classes of its own and keeps a whole kernel matrix for each
//! of them (its issue 308 tells of hours on 10,000 points); `smartcore` has an online solver
//! that goes through the points in random order a fixed number of times.

use crate::classifier::{Classifier, Fitted, Interrupt, Lesson, agreement};
use crate::error::CompareError;
use crate::features::FeatureKind;
use lekka_nn::random::Random;
use lekka_train::DataSet;
use lekka_train::data::{CLASSES, IMAGE_PIXELS};
use libsvm_rs::predict::predict;
use libsvm_rs::train::svm_train;
use libsvm_rs::{KernelType, SvmModel, SvmNode, SvmParameter, SvmProblem, SvmType};
use rayon::prelude::*;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Images that settings are chosen with, on either side: a quarter of an hour would go into it
/// otherwise.
const CHOOSING: usize = 2_000;

/// How alike two descriptions `x` and `y` are. Descriptions are scaled by one number so that the
/// mean of `|x - mean|²` is 1; the widths below are in that unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// `x·y`
    Linear,
    /// `(x·y + 1)^degree`
    Polynomial,
    /// `exp(-gamma |x - y|²)`
    Rbf,
}

/// Settings of one machine.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Choice {
    c: f64,
    gamma: f64,
    degree: i32,
}

impl Kernel {
    /// The settings that are tried.
    fn grid(self) -> Vec<Choice> {
        let grid = |costs: &[f64], gammas: &[f64], degrees: &[i32]| {
            let mut choices = Vec::new();
            for &c in costs {
                for &gamma in gammas {
                    choices.extend(degrees.iter().map(|&degree| Choice { c, gamma, degree }));
                }
            }
            choices
        };
        match self {
            Self::Linear => grid(&[0.01, 0.1, 1.0, 10.0], &[1.0], &[1]),
            Self::Polynomial => grid(&[0.01, 0.1, 1.0], &[1.0], &[2, 3]),
            Self::Rbf => grid(&[1.0, 10.0], &[0.25, 0.5, 1.0], &[1]),
        }
    }

    fn tell(self, choice: Choice) -> String {
        let Choice { c, gamma, degree } = choice;
        match self {
            Self::Linear => format!("C = {c}"),
            Self::Polynomial => format!("C = {c}, degree {degree}"),
            Self::Rbf => format!("C = {c}, gamma = {gamma}"),
        }
    }

    fn parameter(self, choice: Choice) -> SvmParameter {
        SvmParameter {
            svm_type: SvmType::CSvc,
            kernel_type: match self {
                Self::Linear => KernelType::Linear,
                Self::Polynomial => KernelType::Polynomial,
                Self::Rbf => KernelType::Rbf,
            },
            degree: choice.degree,
            gamma: choice.gamma,
            coef0: 1.0,
            c: choice.c,
            // Megabytes; all pairs of two classes among 10,000 images fit.
            cache_size: 400.0,
            ..SvmParameter::default()
        }
    }
}

/// One plane of a linear machine: which side is which digit.
#[derive(Debug)]
struct Plane {
    normal: Vec<f32>,
    offset: f64,
    sides: [u8; 2],
}

#[derive(Debug)]
enum Machine {
    Vectors(Box<SvmModel>),
    /// A linear kernel's support vectors add up to one plane per pair of classes.
    Planes(Vec<Plane>),
}

/// A trained machine.
#[derive(Debug)]
struct Svm {
    kind: FeatureKind,
    scale: f64,
    machine: Machine,
}

impl Svm {
    fn new(kind: FeatureKind, scale: f64, kernel: Kernel, model: SvmModel) -> Self {
        let machine = if kernel == Kernel::Linear {
            Machine::Planes(planes(&model, kind.length()))
        } else {
            Machine::Vectors(Box::new(model))
        };
        Self {
            kind,
            scale,
            machine,
        }
    }

    fn digit(&self, described: &[f32]) -> u8 {
        match &self.machine {
            Machine::Vectors(model) => predict(model, &nodes(described, self.scale)) as u8,
            Machine::Planes(planes) => {
                let mut votes = [0; CLASSES];
                for plane in planes {
                    let dot: f32 = plane.normal.iter().zip(described).map(|(a, b)| a * b).sum();
                    let side = usize::from(f64::from(dot) * self.scale <= plane.offset);
                    votes[usize::from(plane.sides[side])] += 1;
                }
                let winner = (0..CLASSES).rev().max_by_key(|&class| votes[class]);
                winner.unwrap_or(0) as u8
            }
        }
    }
}

impl Classifier for Svm {
    fn classify(&self, images: &[u8]) -> Result<Vec<u8>, CompareError> {
        let images = images.par_chunks_exact(IMAGE_PIXELS);
        Ok(images
            .map(|image| self.digit(&self.kind.describe(image)))
            .collect())
    }

    fn bytes(&self) -> u64 {
        let length = self.kind.length();
        let numbers = match &self.machine {
            Machine::Vectors(model) => {
                model.sv.len() * (length + model.sv_coef.len()) + model.rho.len()
            }
            Machine::Planes(planes) => planes.len() * (length + 1),
        };
        4 * numbers as u64
    }
}

/// One plane for each pair of classes, in the order in which LIBSVM keeps them.
fn planes(model: &SvmModel, length: usize) -> Vec<Plane> {
    let mut starts = vec![0];
    for count in &model.n_sv {
        starts.push(starts[starts.len() - 1] + count);
    }
    let mut planes = Vec::new();
    for i in 0..model.nr_class {
        for j in i + 1..model.nr_class {
            let mut normal = vec![0.0; length];
            let own = (starts[i]..starts[i + 1]).map(|vector| (vector, j - 1));
            let other = (starts[j]..starts[j + 1]).map(|vector| (vector, i));
            for (vector, row) in own.chain(other) {
                for node in &model.sv[vector] {
                    normal[node.index as usize - 1] += model.sv_coef[row][vector] * node.value;
                }
            }
            planes.push(Plane {
                normal: normal.into_iter().map(|value| value as f32).collect(),
                offset: model.rho[planes.len()],
                sides: [model.label[i] as u8, model.label[j] as u8],
            });
        }
    }
    planes
}

/// LIBSVM's sparse form, scaled.
fn nodes(described: &[f32], scale: f64) -> Vec<SvmNode> {
    let numbered = (1..).zip(described);
    let present = numbered.filter(|&(_, &value)| value != 0.0);
    present
        .map(|(index, &value)| SvmNode {
            index,
            value: f64::from(value) * scale,
        })
        .collect()
}

/// What descriptions are multiplied by: one over the root of their summed variances.
fn scale_of(described: &[Vec<f32>]) -> f64 {
    let length = described.first().map_or(0, Vec::len);
    let (mut sums, mut squares) = (vec![0.0; length], 0.0);
    for row in described {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value);
            squares += f64::from(value) * f64::from(value);
        }
    }
    let count = described.len().max(1) as f64;
    let means: f64 = sums.iter().map(|sum| (sum / count) * (sum / count)).sum();
    let spread = squares / count - means;
    if spread > 0.0 {
        spread.sqrt().recip()
    } else {
        1.0
    }
}

/// Chooses the settings of a machine and trains it.
///
/// # Errors
/// When labels are not known, training fails, or the user asks to stop.
pub fn fit(kind: FeatureKind, kernel: Kernel, lesson: &Lesson) -> Result<Fitted, CompareError> {
    let began = Instant::now();
    let inner = some_of(&lesson.inner, lesson.seed)?;
    let choosing = some_of(&lesson.choosing, lesson.seed)?;
    let labels = choosing.require_labels()?;
    let mut best: Option<(f64, Choice)> = None;
    for choice in kernel.grid() {
        let machine = train(kind, kernel, choice, &inner, &lesson.interrupt)?;
        let accuracy = agreement(&machine.classify(choosing.images())?, labels);
        if best.is_none_or(|(most, _)| accuracy > most) {
            best = Some((accuracy, choice));
        }
    }
    let Some((_, choice)) = best else {
        return Err(CompareError::SupportVectors(
            "no settings to try".to_owned(),
        ));
    };
    let choosing_seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let machine = train(kind, kernel, choice, &lesson.all, &lesson.interrupt)?;
    let vectors = match &machine.machine {
        Machine::Vectors(model) => format!(", {} support vectors", model.sv.len()),
        Machine::Planes(planes) => format!(", {} planes", planes.len()),
    };
    Ok(Fitted {
        settings: kernel.tell(choice) + &vectors,
        training_images: lesson.all.len(),
        choosing_seconds,
        training_seconds: began.elapsed().as_secs_f64(),
        classifier: Box::new(machine),
    })
}

fn some_of(set: &DataSet, seed: u64) -> Result<DataSet, CompareError> {
    let mut order: Vec<usize> = (0..set.len()).collect();
    Random::stream(seed, "choosing of support vectors", &[]).shuffle(&mut order);
    order.truncate(CHOOSING);
    Ok(set.subset(set.name(), &order)?)
}

fn train(
    kind: FeatureKind,
    kernel: Kernel,
    choice: Choice,
    set: &DataSet,
    interrupt: &Interrupt,
) -> Result<Svm, CompareError> {
    interrupt.check()?;
    let described = kind.describe_all(set.images());
    let scale = scale_of(&described);
    let problem = SvmProblem {
        labels: set
            .require_labels()?
            .iter()
            .map(|&l| f64::from(l))
            .collect(),
        instances: described.iter().map(|row| nodes(row, scale)).collect(),
    };
    let parameter = kernel.parameter(choice);
    libsvm_rs::check_parameter(&problem, &parameter)
        .map_err(|error| CompareError::SupportVectors(error.to_string()))?;
    let model = abandonable(interrupt, move || svm_train(&problem, &parameter))?;
    Ok(Svm::new(kind, scale, kernel, model))
}

/// Runs work that cannot be interrupted on a thread that is left to itself when the user asks to
/// stop: the program is about to end then.
fn abandonable<T: Send + 'static>(
    interrupt: &Interrupt,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CompareError> {
    const LOOK: Duration = Duration::from_millis(100);
    libsvm_rs::set_quiet(true);
    let (sender, receiver) = channel();
    thread::Builder::new()
        .name("support vectors".to_owned())
        // Nobody receives when the user has asked to stop meanwhile.
        .spawn(move || drop(sender.send(work())))
        .map_err(|error| CompareError::SupportVectors(format!("no thread: {error}")))?;
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => interrupt.check()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(CompareError::SupportVectors(
                    "the solver gave up".to_owned(),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::tests::{lesson, unseen};
    use std::sync::atomic::Ordering;

    #[test]
    fn every_kernel_learns_bars() {
        let (set, labels) = unseen();
        for kernel in [Kernel::Linear, Kernel::Polynomial, Kernel::Rbf] {
            let fitted = fit(FeatureKind::Dag, kernel, &lesson()).unwrap();
            let found = fitted.classifier.classify(set.images()).unwrap();
            assert!(agreement(&found, &labels) > 0.95, "{kernel:?}: {found:?}");
            assert!(fitted.settings.starts_with("C = "), "{}", fitted.settings);
        }
    }

    #[test]
    fn planes_decide_as_their_support_vectors() {
        let lesson = lesson();
        let (set, _) = unseen();
        let described = FeatureKind::Hog.describe_all(lesson.all.images());
        let scale = scale_of(&described);
        let labels = lesson.all.labels().unwrap();
        let problem = SvmProblem {
            labels: labels.iter().map(|&label| f64::from(label)).collect(),
            instances: described.iter().map(|row| nodes(row, scale)).collect(),
        };
        let choice = Choice {
            c: 1.0,
            gamma: 1.0,
            degree: 1,
        };
        let model = svm_train(&problem, &Kernel::Linear.parameter(choice));
        let vectors = Svm {
            kind: FeatureKind::Hog,
            scale,
            machine: Machine::Vectors(Box::new(model.clone())),
        };
        let planes = Svm::new(FeatureKind::Hog, scale, Kernel::Linear, model);
        assert_eq!(planes.bytes(), 45 * 325 * 4);
        assert_eq!(
            planes.classify(set.images()).unwrap(),
            vectors.classify(set.images()).unwrap()
        );
    }

    #[test]
    fn scale_brings_the_spread_to_one() {
        // Variances 4 and 0: a spread of 4.
        assert_eq!(scale_of(&[vec![1.0, 3.0], vec![5.0, 3.0]]), 0.5);
        assert_eq!(scale_of(&[vec![0.0; 3]]), 1.0);
        assert_eq!(scale_of(&[]), 1.0);
    }

    #[test]
    fn interruption_does_not_wait_for_the_solver() {
        let interrupt = Interrupt::default();
        interrupt.0.store(true, Ordering::Relaxed);
        let began = Instant::now();
        let result = abandonable(&interrupt, || thread::sleep(Duration::from_secs(5)));
        assert!(matches!(result, Err(CompareError::Interrupted)));
        assert!(began.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn a_solver_that_panics_is_an_error() {
        let result = abandonable(&Interrupt::default(), || {
            assert!(thread::current().name().is_none(), "on purpose");
        });
        assert!(matches!(result, Err(CompareError::SupportVectors(_))));
    }
}
