//! What all methods have in common.

use crate::error::CompareError;
use lekka_train::DataSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A trained method.
pub trait Classifier: Send + Sync + std::fmt::Debug {
    /// The digit of each image; `images` is `[N, 28, 28]`, white ink on black, 0 to 255. Uses the
    /// threads of rayon's current pool.
    ///
    /// # Errors
    /// When the method cannot take the images.
    fn classify(&self, images: &[u8]) -> Result<Vec<u8>, CompareError>;

    /// Bytes of what must be kept to classify, at four bytes for a number.
    fn bytes(&self) -> u64;
}

/// A trained method with what was chosen for it.
#[derive(Debug)]
pub struct Fitted {
    /// The method.
    pub classifier: Box<dyn Classifier>,
    /// Its settings, for people; those that were chosen among several and those that were fixed.
    pub settings: String,
    /// Images it was trained on.
    pub training_images: usize,
    /// Seconds of the search for settings.
    pub choosing_seconds: f64,
    /// Seconds of the training with them.
    pub training_seconds: f64,
}

/// What a method may learn from. No image of a writer that is measured on is among it.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// All images to train on.
    pub all: DataSet,
    /// The part of them by most of their writers.
    pub inner: DataSet,
    /// The part by the other writers: settings are chosen and votes weighted by it.
    pub choosing: DataSet,
    /// Seed of everything random.
    pub seed: u64,
    /// Set when the user has asked to stop.
    pub interrupt: Interrupt,
}

/// The wish of the user to stop.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(pub Arc<AtomicBool>);

impl Interrupt {
    /// Fails once the user has asked to stop.
    ///
    /// # Errors
    /// [`CompareError::Interrupted`].
    pub fn check(&self) -> Result<(), CompareError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(CompareError::Interrupted);
        }
        Ok(())
    }
}

/// Share of equal entries, 0 of none.
pub(crate) fn agreement(found: &[u8], labels: &[u8]) -> f64 {
    let right = found.iter().zip(labels).filter(|(a, b)| a == b).count();
    right as f64 / labels.len().max(1) as f64
}
