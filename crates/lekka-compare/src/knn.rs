//! The k nearest neighbours.
//!
//! The search is `smartcore`'s: its linear search takes any distance, so that ours, over plain
//! slices, is compiled to vector instructions. Trees do not help here: `kiddo` is made for few
//! dimensions, and in hundreds of them a tree visits nearly all points anyway. `linfa-nn` sorts all
//! distances of each query on a heap and needs 49 crates where `smartcore` needs 17.

use crate::classifier::{Classifier, Fitted, Lesson, agreement};
use crate::error::CompareError;
use crate::features::FeatureKind;
use lekka_train::DataSet;
use lekka_train::data::{CLASSES, IMAGE_PIXELS};
use rayon::prelude::*;
use smartcore::algorithm::neighbour::linear_search::LinearKNNSearch;
use smartcore::metrics::distance::Distance;
use std::time::Instant;

/// Numbers of neighbours to choose from.
pub const NEIGHBOURS: [usize; 5] = [1, 3, 5, 7, 9];

/// The square of the Euclidean distance: it has the same neighbours and needs no root.
#[derive(Debug, Clone, Copy)]
struct SquaredEuclidean;

impl Distance<Vec<f32>> for SquaredEuclidean {
    fn distance(&self, a: &Vec<f32>, b: &Vec<f32>) -> f64 {
        const LANES: usize = 16;
        let mut sums = [0.0_f32; LANES];
        let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
        let rest: f32 = a
            .remainder()
            .iter()
            .zip(b.remainder())
            .map(|(a, b)| (a - b) * (a - b))
            .sum();
        for (a, b) in a.zip(b) {
            for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                *sum += (a - b) * (a - b);
            }
        }
        f64::from(sums.iter().sum::<f32>() + rest)
    }
}

/// The training images, and how many of them vote.
pub struct NearestNeighbours {
    kind: FeatureKind,
    search: LinearKNNSearch<Vec<f32>, SquaredEuclidean>,
    labels: Vec<u8>,
    k: usize,
}

impl std::fmt::Debug for NearestNeighbours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NearestNeighbours")
            .field("kind", &self.kind)
            .field("k", &self.k)
            .finish_non_exhaustive()
    }
}

impl NearestNeighbours {
    fn new(kind: FeatureKind, set: &DataSet, k: usize) -> Result<Self, CompareError> {
        let labels = set.require_labels()?.to_vec();
        let search = LinearKNNSearch::new(kind.describe_all(set.images()), SquaredEuclidean)
            .map_err(|error| CompareError::Neighbours(error.to_string()))?;
        Ok(Self {
            kind,
            search,
            k: k.min(labels.len()),
            labels,
        })
    }

    /// Labels of the nearest, nearest first.
    fn nearest(&self, image: &[u8]) -> Result<Vec<u8>, CompareError> {
        let mut found = self
            .search
            .find(&self.kind.describe(image), self.k)
            .map_err(|error| CompareError::Neighbours(error.to_string()))?;
        found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        Ok(found.iter().map(|hit| self.labels[hit.0]).collect())
    }
}

/// The class with most votes; of equals that of the nearest neighbour.
fn majority(nearest: &[u8]) -> u8 {
    let mut votes = [0; CLASSES];
    for &label in nearest {
        votes[usize::from(label)] += 1;
    }
    let most = votes.iter().copied().max().unwrap_or(0);
    let winner = nearest
        .iter()
        .find(|&&label| votes[usize::from(label)] == most);
    winner.copied().unwrap_or(0)
}

impl Classifier for NearestNeighbours {
    fn classify(&self, images: &[u8]) -> Result<Vec<u8>, CompareError> {
        images
            .par_chunks_exact(IMAGE_PIXELS)
            .map(|image| self.nearest(image).map(|nearest| majority(&nearest)))
            .collect()
    }

    fn bytes(&self) -> u64 {
        (self.labels.len() * (self.kind.length() * 4 + 1)) as u64
    }
}

/// Chooses k and keeps the training images.
///
/// # Errors
/// When labels are not known or the user asks to stop.
pub fn fit(kind: FeatureKind, lesson: &Lesson) -> Result<Fitted, CompareError> {
    let began = Instant::now();
    let most = NEIGHBOURS.into_iter().max().unwrap_or(1);
    let inner = NearestNeighbours::new(kind, &lesson.inner, most)?;
    let labels = lesson.choosing.require_labels()?;
    // One search for all k: fewer neighbours are the first of more.
    let nearest: Vec<Vec<u8>> = lesson
        .choosing
        .images()
        .par_chunks_exact(IMAGE_PIXELS)
        .map(|image| {
            lesson.interrupt.check()?;
            inner.nearest(image)
        })
        .collect::<Result<_, _>>()?;
    let (mut k, mut best) = (1, -1.0);
    for candidate in NEIGHBOURS {
        let found: Vec<u8> = nearest
            .iter()
            .map(|nearest| majority(&nearest[..candidate.min(nearest.len())]))
            .collect();
        let accuracy = agreement(&found, labels);
        if accuracy > best {
            (k, best) = (candidate, accuracy);
        }
    }
    let choosing_seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let classifier = NearestNeighbours::new(kind, &lesson.all, k)?;
    Ok(Fitted {
        settings: format!("k = {}", classifier.k),
        training_images: lesson.all.len(),
        choosing_seconds,
        training_seconds: began.elapsed().as_secs_f64(),
        classifier: Box::new(classifier),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::tests::{lesson, unseen};

    #[test]
    fn distance_of_long_and_short_vectors() {
        let (a, b) = (vec![1.0; 19], vec![3.0; 19]);
        assert_eq!(SquaredEuclidean.distance(&a, &b), 76.0);
        assert_eq!(
            SquaredEuclidean.distance(&vec![1.0, 5.0], &vec![4.0, 1.0]),
            25.0
        );
    }

    #[test]
    fn ties_go_to_the_nearest() {
        assert_eq!(majority(&[4, 2, 2, 4, 7]), 4);
        assert_eq!(majority(&[7, 2, 2, 4, 4, 4]), 4);
        assert_eq!(majority(&[]), 0);
    }

    #[test]
    fn learns_bars() {
        let (set, labels) = unseen();
        for kind in FeatureKind::ALL {
            let fitted = fit(kind, &lesson()).unwrap();
            let found = fitted.classifier.classify(set.images()).unwrap();
            assert!(agreement(&found, &labels) > 0.95, "{kind}: {found:?}");
            let bytes = fitted.training_images * (4 * kind.length() + 1);
            assert_eq!(fitted.classifier.bytes(), bytes as u64);
        }
    }
}
