//! Inference only: weights prepared once, shared by any number of threads.

mod operation;

use crate::conv::Workspace;
use crate::layers::grown;
use crate::network::NetworkError;
use crate::parameters::Parameters;
use crate::spec::NetworkSpec;
use crate::threads::in_pool;
use operation::{Operation, State, compile};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Pictures that go through the network together: every chunk reads all the weights again, and the
/// memory for intermediate results grows with it.
const CHUNK: usize = 64;

/// A network that only infers. `&self` throughout: share one between threads. Memory for
/// intermediate results is kept for the next call, one set per caller at the same time.
///
/// ```
/// use lekka_nn::{Activation, LayerSpec, Network, NetworkSpec, Predictor};
///
/// let dense = LayerSpec::Dense { units: 3, activation: Activation::Linear };
/// let spec = NetworkSpec { input: [2, 2, 1], layers: vec![LayerSpec::Flatten, dense] };
/// let network = Network::new(&spec, 1)?;
/// let predictor = Predictor::new(&spec, network.parameters())?;
/// let mut logits = Vec::new();
/// predictor.logits(&[0.0; 8], &mut logits)?;
/// assert_eq!(logits, [0.0; 6]); // two pictures, three classes, biases still zero
/// # Ok::<(), lekka_nn::NetworkError>(())
/// ```
pub struct Predictor {
    per_image: usize,
    classes: usize,
    operations: Vec<Operation>,
    /// Most values any operation gives for one picture.
    widest: usize,
    idle: Mutex<Vec<Memory>>,
}

/// What one caller needs.
struct Memory {
    input: Vec<f32>,
    output: Vec<f32>,
    states: Vec<State>,
    workspace: Workspace,
}

impl fmt::Debug for Predictor {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let mut debug = formatter.debug_struct("Predictor");
        debug
            .field("per_image", &self.per_image)
            .field("classes", &self.classes);
        debug.finish_non_exhaustive()
    }
}

impl Predictor {
    /// Prepares the weights: batch norm is folded into a scale and a shift per channel, and with
    /// max-pooling into the convolution before it.
    ///
    /// # Errors
    /// When the spec is wrong or the weights do not fit it.
    pub fn new(spec: &NetworkSpec, parameters: &Parameters) -> Result<Self, NetworkError> {
        Self::with_outputs(spec, parameters, spec.classes()?)
    }

    /// As [`Predictor::new`], for networks that give this many values per picture in whatever shape.
    pub(crate) fn with_outputs(
        spec: &NetworkSpec,
        parameters: &Parameters,
        classes: usize,
    ) -> Result<Self, NetworkError> {
        let layers = spec.resolve()?;
        let parameters = parameters.check(spec)?;
        let operations = compile(&layers, &parameters.tensors)?;
        let widest = operations
            .iter()
            .map(|operation| operation.output_length)
            .max();
        Ok(Self {
            per_image: spec.input.iter().product(),
            classes,
            operations,
            widest: widest.unwrap_or(0),
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Number of values of one picture.
    pub const fn image_length(&self) -> usize {
        self.per_image
    }

    /// Number of logits per picture.
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// Replaces `logits` by those of `images`: `[N, height, width, channels]` gives
    /// `[N, classes]`. Uses the threads of rayon's current pool.
    ///
    /// # Errors
    /// When `images` is not a whole number of pictures.
    pub fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), NetworkError> {
        let (values, per_image) = (images.len(), self.per_image);
        if !values.is_multiple_of(per_image) {
            return Err(NetworkError::Input { values, per_image });
        }
        logits.clear();
        logits.reserve(values / per_image * self.classes);
        let mut memory = self.take_memory();
        // The caller's thread waits once, and not in every operation, for those of the pool.
        in_pool(|| {
            for images in images.chunks(CHUNK * per_image) {
                logits.extend_from_slice(self.run(images, &mut memory));
            }
        });
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(memory);
        Ok(())
    }

    fn take_memory(&self) -> Memory {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.unwrap_or_else(|| Memory {
            input: Vec::new(),
            output: Vec::new(),
            states: self.operations.iter().map(Operation::state).collect(),
            workspace: Workspace::new(),
        })
    }

    fn run<'a>(&self, images: &[f32], memory: &'a mut Memory) -> &'a [f32] {
        let batch = images.len() / self.per_image;
        grown(&mut memory.input, batch * self.widest.max(self.per_image));
        grown(&mut memory.output, batch * self.widest.max(self.per_image));
        let mut length = images.len();
        memory.input[..length].copy_from_slice(images);
        for (operation, state) in self.operations.iter().zip(&mut memory.states) {
            let input = &mut memory.input[..length];
            length = batch * operation.output_length;
            let output = &mut memory.output[..length];
            if operation.run(batch, input, output, state, &mut memory.workspace) {
                std::mem::swap(&mut memory.input, &mut memory.output);
            }
        }
        &memory.input[..length]
    }
}
