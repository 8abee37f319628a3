//! The batches of an epoch, prepared while the network is busy with the one before.

use super::lines::{LineBatches, LineLabels};
use super::sources::TrainingSource;
use crate::augment::{Augmentation, AugmentationError, Augmenter, non_digit};
use crate::data::{DataError, IMAGE_PIXELS};
use lekka_nn::NO_CLASS;
use lekka_nn::random::{Random, derive_seed};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};

/// Images and labels of one step.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) images: Vec<f32>,
    pub(crate) labels: Vec<u8>,
    /// Lines have several labels each, and their own widths.
    pub(crate) lines: LineLabels,
}

impl Batch {
    /// Number of images or lines.
    pub(crate) fn len(&self) -> usize {
        self.labels.len() + self.lines.labels.len()
    }

    /// Those that have a label.
    pub(crate) fn labeled(&self) -> usize {
        self.labels
            .iter()
            .filter(|&&label| label != NO_CLASS)
            .count()
            + self.lines.labels.len()
    }
}

/// Makes the batches of every epoch.
#[derive(Debug)]
pub(crate) struct Batches<'a> {
    parts: Vec<Part<'a>>,
    images: usize,
    seed: u64,
    batch_size: usize,
    lines: Option<LineBatches<'a>>,
}

#[derive(Debug)]
struct Part<'a> {
    source: &'a TrainingSource,
    labels: &'a [u8],
    augmenter: Augmenter,
}

impl<'a> Batches<'a> {
    pub(crate) fn new(
        sources: &'a [TrainingSource],
        augmentation: &Augmentation,
        seed: u64,
        batch_size: usize,
    ) -> Result<Self, BatchError> {
        let mut parts = Vec::with_capacity(sources.len());
        for source in sources {
            let augmentation = source.augmentation.as_ref().unwrap_or(augmentation);
            let augmenter = Augmenter::new(Augmentation {
                height: source.height.unwrap_or(augmentation.height),
                ..*augmentation
            })?;
            parts.push(Part {
                source,
                labels: source.set.require_labels()?,
                augmenter,
            });
        }
        let images = sources.iter().map(|source| source.set.len()).sum();
        Ok(Self {
            parts,
            images,
            seed,
            batch_size,
            lines: None,
        })
    }

    /// Batches of numbers that are composed as they are needed.
    pub(crate) fn of_lines(lines: LineBatches<'a>, seed: u64, batch_size: usize) -> Self {
        Self {
            parts: Vec::new(),
            images: lines.per_epoch(),
            seed,
            batch_size,
            lines: Some(lines),
        }
    }

    /// Images of an epoch.
    pub(crate) fn images(&self) -> usize {
        self.images
    }

    /// Steps of an epoch; the last one may be smaller.
    pub(crate) fn steps(&self) -> usize {
        self.images.div_ceil(self.batch_size)
    }

    /// The order of the images in an epoch: the images themselves are shuffled, not batches.
    fn order(&self, epoch: u32) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.images).collect();
        Random::stream(self.seed, "shuffle", &[u64::from(epoch)]).shuffle(&mut order);
        order
    }

    fn fill(&self, epoch: u32, indices: &[usize], batch: &mut Batch) {
        batch.images.resize(indices.len() * IMAGE_PIXELS, 0.0);
        batch.labels.clear();
        for (&index, out) in indices
            .iter()
            .zip(batch.images.chunks_exact_mut(IMAGE_PIXELS))
        {
            let seed = derive_seed(self.seed, "augment", &[u64::from(epoch), index as u64]);
            let Some((part, index)) = self.find(index) else {
                continue;
            };
            let random = &mut Random::stream(self.seed, "non-digit", &[seed]);
            if random.uniform() < part.augmenter.config().non_digits {
                let picture = non_digit(random, |random| {
                    part.source.set.image(random.below(part.labels.len()))
                });
                part.augmenter.apply(&picture, seed, out);
                batch.labels.push(NO_CLASS);
            } else {
                let image = part.source.set.image(index);
                part.augmenter.apply(image, seed, out);
                batch.labels.push(part.labels[index]);
            }
        }
    }

    /// The part that holds an image, and its index there.
    fn find(&self, mut index: usize) -> Option<(&Part<'a>, usize)> {
        for part in &self.parts {
            if index < part.labels.len() {
                return Some((part, index));
            }
            index -= part.labels.len();
        }
        None
    }

    /// Calls `work` with a stream of the batches of an epoch from `first_step` on. They are filled
    /// by another thread, at most two ahead.
    pub(crate) fn stream<R>(
        &self,
        epoch: u32,
        first_step: usize,
        work: impl FnOnce(&BatchStream) -> R,
    ) -> R {
        let (sender, batches) = sync_channel::<Batch>(1);
        let (used, recycled) = channel::<Batch>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if let Some(lines) = &self.lines {
                    let (steps, size) = (self.steps(), self.batch_size);
                    alone(move || lines.send(epoch, first_step, steps, size, &sender, &recycled));
                    return;
                }
                let order = self.order(epoch);
                for indices in order.chunks(self.batch_size).skip(first_step) {
                    let mut batch = recycled.try_recv().unwrap_or_default();
                    self.fill(epoch, indices, &mut batch);
                    // The other side has stopped early.
                    if sender.send(batch).is_err() {
                        break;
                    }
                }
            });
            // The stream is dropped before the scope waits for the thread, which ends it.
            let stream = BatchStream { batches, used };
            work(&stream)
        })
    }
}

/// Does work that may use rayon on threads of its own: those of the pool may all be waiting for what comes of it. Where
/// no thread can be had, there is no work, and the run stops as if interrupted.
fn alone(work: impl FnOnce() + Send) {
    if let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        pool.install(work);
    }
}

/// The batches of an epoch.
#[derive(Debug)]
pub(crate) struct BatchStream {
    batches: Receiver<Batch>,
    used: Sender<Batch>,
}

impl BatchStream {
    pub(crate) fn next(&self) -> Option<Batch> {
        self.batches.recv().ok()
    }

    /// Gives a batch back, so that its memory is used again.
    pub(crate) fn recycle(&self, batch: Batch) {
        // Nobody needs it when all batches are made.
        let _ = self.used.send(batch);
    }
}

/// Why there can be no batches.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Augmentation(#[from] AugmentationError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSet;

    fn source(first: u8, count: u8) -> TrainingSource {
        let images = (first..first + count)
            .flat_map(|value| [value; IMAGE_PIXELS])
            .collect();
        let labels = (first..first + count).map(|value| value % 10).collect();
        TrainingSource {
            set: DataSet::new("s", images, Some(labels)).unwrap(),
            views: None,
            height: None,
            augmentation: None,
        }
    }

    fn collect(batches: &Batches, epoch: u32, first: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        batches.stream(epoch, first, |stream| {
            let mut all = Vec::new();
            while let Some(batch) = stream.next() {
                let first_pixels = batch.images.chunks(IMAGE_PIXELS);
                let values = first_pixels
                    .map(|image| (image[0] * 255.0).round() as u8)
                    .collect();
                all.push((values, batch.labels.clone()));
                stream.recycle(batch);
            }
            all
        })
    }

    #[test]
    fn every_image_comes_once_with_its_label_and_the_rest_is_kept() {
        let sources = [source(0, 20), source(100, 13)];
        let batches = Batches::new(&sources, &Augmentation::off(), 1, 8).unwrap();
        let epoch = collect(&batches, 1, 0);
        assert_eq!(
            epoch.iter().map(|(v, _)| v.len()).collect::<Vec<_>>(),
            [8, 8, 8, 8, 1]
        );
        assert!(
            epoch
                .iter()
                .all(|(v, l)| v.iter().zip(l).all(|(v, l)| v % 10 == *l))
        );
        let mut seen: Vec<u8> = epoch.iter().flat_map(|(v, _)| v.clone()).collect();
        assert_ne!(seen[..5], [0, 1, 2, 3, 4]);
        seen.sort_unstable();
        assert_eq!(seen, (0..20).chain(100..113).collect::<Vec<_>>());
        assert_ne!(collect(&batches, 2, 0), epoch);
    }

    #[test]
    fn a_share_of_the_images_is_no_digit() {
        let sources = [source(0, 200)];
        let augmentation = Augmentation {
            non_digits: 0.25,
            ..Augmentation::off()
        };
        let batches = Batches::new(&sources, &augmentation, 1, 8).unwrap();
        let epoch = collect(&batches, 1, 0);
        let labels = epoch.iter().flat_map(|(_, labels)| labels);
        let count = labels.filter(|&&label| label == NO_CLASS).count();
        assert!((30..=70).contains(&count), "{count} of 200");
    }

    #[test]
    fn a_stream_can_begin_and_end_in_the_middle() {
        let sources = [source(0, 33)];
        let batches = Batches::new(&sources, &Augmentation::strong(), 1, 4).unwrap();
        let whole = collect(&batches, 3, 0);
        assert_eq!(collect(&batches, 3, 5), whole[5..]);
        let first = batches.stream(3, 0, |stream| stream.next().map(|batch| batch.labels));
        assert_eq!(first.unwrap(), whole[0].1);
    }
}
