//! Networks that read sequences from pictures of any width: training with CTC, and inference.

use crate::core::Core;
use crate::ctc::{ctc_loss, greedy};
use crate::layers::Mode;
use crate::network::{NetworkError, StepOptions, StepOutcome};
use crate::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::predictor::Predictor;
use crate::spec::{NetworkSpec, Shape, SpecError};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Pictures are widened with empty columns to a multiple of this, so that few widths have to be set up.
const WIDTH_STEP: usize = 64;

/// The width that pictures of this width are widened to.
///
/// ```
/// use lekka_nn::sequence::padded_width;
/// assert_eq!([1, 64, 65].map(padded_width), [64, 64, 128]);
/// ```
pub const fn padded_width(width: usize) -> usize {
    let steps = width.div_ceil(WIDTH_STEP);
    if steps == 0 {
        WIDTH_STEP
    } else {
        steps * WIDTH_STEP
    }
}

impl NetworkSpec {
    /// The same network for pictures of another width. Only a network whose weights do not depend on the width gives
    /// the same function.
    #[must_use]
    pub fn with_width(&self, width: usize) -> Self {
        let [height, _, channels] = self.input;
        Self {
            input: [height, width, channels],
            layers: self.layers.clone(),
        }
    }

    /// Steps and classes of a network that ends in a sequence of logits.
    ///
    /// # Errors
    /// As [`NetworkSpec::resolve`], and when the last layer gives no sequence.
    pub fn sequence_shape(&self) -> Result<[usize; 2], SpecError> {
        match self.resolve()?.last().map(|layer| layer.output) {
            Some(Shape::Sequence(shape)) => Ok(shape),
            Some(shape) => Err(SpecError::Output {
                found: shape.dims().to_vec(),
            }),
            None => Err(SpecError::Empty),
        }
    }
}

/// Pictures of lines with what they say.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a> {
    /// `[N, height, width, channels]`, all as wide as [`padded_width`] gives.
    pub images: &'a [f32],
    /// That width.
    pub width: usize,
    /// How wide each picture really is, in pixels; what is behind it is padding and not looked at by the loss.
    pub widths: &'a [usize],
    /// The labels of each, none of them the blank.
    pub labels: &'a [Vec<u8>],
}

/// A network in training that reads lines: the last class is the blank.
pub struct SequenceNetwork {
    spec: NetworkSpec,
    classes: usize,
    parameters: Parameters,
    gradients: Vec<Vec<f32>>,
    /// One for each width, with the version of the weights that it has taken up.
    cores: BTreeMap<usize, (Core, u64)>,
    version: u64,
}

impl fmt::Debug for SequenceNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let mut debug = formatter.debug_struct("SequenceNetwork");
        debug.field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl SequenceNetwork {
    /// A network with fresh weights by Keras's initialisers.
    ///
    /// # Errors
    /// When the spec is wrong or does not end in a sequence of logits.
    pub fn new(spec: &NetworkSpec, seed: u64) -> Result<Self, NetworkError> {
        Self::from_parameters(spec, &crate::initialize::initialize(spec, seed)?)
    }

    /// A network with these weights.
    ///
    /// # Errors
    /// When the spec is wrong or the weights do not fit it.
    pub fn from_parameters(
        spec: &NetworkSpec,
        parameters: &Parameters,
    ) -> Result<Self, NetworkError> {
        let [_, classes] = spec.sequence_shape()?;
        let parameters = parameters.clone().checked(spec)?;
        let zeros = |tensor: &crate::Parameter| vec![0.0; tensor.values.len()];
        Ok(Self {
            spec: spec.clone(),
            classes,
            gradients: parameters.tensors.iter().map(zeros).collect(),
            parameters,
            cores: BTreeMap::new(),
            version: 1,
        })
    }

    /// The spec.
    pub const fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    /// The weights at present.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Gradients of the last step, one vector per tensor of [`SequenceNetwork::parameters`].
    pub fn gradients(&self) -> &[Vec<f32>] {
        &self.gradients
    }

    /// One step on a batch. The loss is the mean over the lines of the negative logarithm of the probability of a line's
    /// labels over their number; `correct` counts lines whose best path gives just their labels. Lines with more labels
    /// than steps add nothing.
    ///
    /// # Errors
    /// When lengths do not match or a label is no class; the weights are unchanged then.
    pub fn train_step(
        &mut self,
        lines: &Lines,
        options: &StepOptions,
        optimizer: &mut Optimizer,
        learning_rate: f32,
    ) -> Result<StepOutcome, NetworkError> {
        if !optimizer.fits(&self.parameters) {
            return Err(NetworkError::Optimizer);
        }
        let outcome = self.gradient_step(lines, options)?;
        if !lines.labels.is_empty() {
            optimizer.step(&mut self.parameters, &self.gradients, learning_rate);
            self.version += 1;
        }
        Ok(outcome)
    }

    /// Computes [`SequenceNetwork::gradients`] for a batch and updates the moving statistics, without changing the
    /// weights.
    ///
    /// # Errors
    /// As [`SequenceNetwork::train_step`].
    pub fn gradient_step(
        &mut self,
        lines: &Lines,
        options: &StepOptions,
    ) -> Result<StepOutcome, NetworkError> {
        let spec = self.spec.with_width(lines.width);
        let [steps, classes] = spec.sequence_shape()?;
        check_lines(lines, classes)?;
        let (core, version) = match self.cores.entry(lines.width) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert((Core::new(&spec)?, 0))
            }
        };
        if *version != self.version {
            core.weights_changed(&self.parameters);
            *version = self.version;
        }
        let batch = core.count(lines.images)?;
        if batch != lines.labels.len() {
            return Err(NetworkError::Labels {
                images: batch,
                labels: lines.labels.len(),
            });
        }
        if batch == 0 {
            return Ok(StepOutcome::default());
        }
        let mode = Mode::Train {
            dropout_seed: options.dropout_seed,
        };
        core.forward(&self.parameters, lines.images, mode);
        let per_line = steps * classes;
        let (logits, d_logits) = core.output(batch * per_line);
        d_logits.fill(0.0);
        let blank = (classes - 1) as u8;
        let mut outcome = StepOutcome::default();
        let rows = logits
            .chunks_exact(per_line)
            .zip(d_logits.chunks_exact_mut(per_line));
        for ((logits, d_logits), (labels, &width)) in
            rows.zip(lines.labels.iter().zip(lines.widths))
        {
            let length = line_steps(width, lines.width, steps) * classes;
            let share = 1.0 / (batch * labels.len().max(1)) as f64;
            let (logits, d_logits) = (&logits[..length], &mut d_logits[..length]);
            if let Some(loss) = ctc_loss(logits, classes, labels, blank, share, d_logits) {
                outcome.loss += share * loss;
            }
            outcome.correct += usize::from(greedy(logits, classes, blank) == *labels);
        }
        core.backward(&self.parameters, &mut self.gradients, lines.images);
        core.update_statistics(&mut self.parameters);
        Ok(outcome)
    }

    /// Number of classes, the blank counted.
    pub const fn classes(&self) -> usize {
        self.classes
    }
}

/// Steps of a line that is `width` pixels wide, in a picture of `padded` pixels that gives `steps`.
fn line_steps(width: usize, padded: usize, steps: usize) -> usize {
    (width * steps).div_ceil(padded.max(1)).min(steps)
}

fn check_lines(lines: &Lines, classes: usize) -> Result<(), NetworkError> {
    let refuse = |index, reason: String| Err(NetworkError::Line { index, reason });
    if lines.widths.len() != lines.labels.len() {
        return refuse(
            0,
            format!(
                "{} widths, but {} labels",
                lines.widths.len(),
                lines.labels.len()
            ),
        );
    }
    for (index, (labels, &width)) in lines.labels.iter().zip(lines.widths).enumerate() {
        if width > lines.width {
            return refuse(
                index,
                format!("it is {width} pixels wide, its picture {}", lines.width),
            );
        }
        if let Some(label) = labels
            .iter()
            .find(|&&label| usize::from(label) + 1 >= classes)
        {
            return refuse(
                index,
                format!("the label {label} is not below the blank, {}", classes - 1),
            );
        }
    }
    Ok(())
}

/// A network that only reads lines. `&self` throughout: share one between threads.
pub struct SequencePredictor {
    spec: NetworkSpec,
    parameters: Parameters,
    classes: usize,
    /// One for each width, and its number of steps.
    predictors: Mutex<BTreeMap<usize, (Arc<Predictor>, usize)>>,
}

impl fmt::Debug for SequencePredictor {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let mut debug = formatter.debug_struct("SequencePredictor");
        debug
            .field("classes", &self.classes)
            .finish_non_exhaustive()
    }
}

impl SequencePredictor {
    /// Prepares the weights.
    ///
    /// # Errors
    /// When the spec is wrong, does not end in a sequence, or the weights do not fit it.
    pub fn new(spec: &NetworkSpec, parameters: &Parameters) -> Result<Self, NetworkError> {
        let [_, classes] = spec.sequence_shape()?;
        Ok(Self {
            spec: spec.clone(),
            parameters: parameters.clone().checked(spec)?,
            classes,
            predictors: Mutex::new(BTreeMap::new()),
        })
    }

    /// Number of classes; the last one is the blank.
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// Height of a picture, in pixels.
    pub const fn height(&self) -> usize {
        self.spec.input[0]
    }

    /// The logits of a line, `[steps, classes]`, and how many pixels wide a step is. `image` is `[height, width]` with
    /// one channel.
    ///
    /// # Errors
    /// When the picture has another height than the network takes, or cannot be taken at this width.
    pub fn logits(&self, image: &[f32], width: usize) -> Result<(Vec<f32>, f64), NetworkError> {
        let [height, _, channels] = self.spec.input;
        if image.len() != height * width * channels || width == 0 {
            return Err(NetworkError::Input {
                values: image.len(),
                per_image: height * width * channels,
            });
        }
        let padded = padded_width(width);
        let (predictor, steps) = self.predictor(padded)?;
        let row = width * channels;
        let mut wide = vec![0.0; height * padded * channels];
        for (from, to) in image
            .chunks_exact(row)
            .zip(wide.chunks_exact_mut(padded * channels))
        {
            to[..row].copy_from_slice(from);
        }
        let mut logits = Vec::new();
        predictor.logits(&wide, &mut logits)?;
        logits.truncate(line_steps(width, padded, steps) * self.classes);
        Ok((logits, padded as f64 / steps as f64))
    }

    fn predictor(&self, width: usize) -> Result<(Arc<Predictor>, usize), NetworkError> {
        let mut predictors = self
            .predictors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((predictor, steps)) = predictors.get(&width) {
            return Ok((Arc::clone(predictor), *steps));
        }
        let spec = self.spec.with_width(width);
        let [steps, classes] = spec.sequence_shape()?;
        let predictor = Arc::new(Predictor::with_outputs(
            &spec,
            &self.parameters,
            steps * classes,
        )?);
        predictors.insert(width, (Arc::clone(&predictor), steps));
        Ok((predictor, steps))
    }
}
