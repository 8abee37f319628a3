//! The data set in memory.

use super::error::{DataError, DataErrorKind};
use super::writers::Writers;
use serde::Serialize;

/// Number of classes: the digits 0 to 9.
pub const CLASSES: usize = 10;
/// Width and height of an image in pixels.
pub const IMAGE_SIDE: usize = 28;
/// Pixels of one image.
pub const IMAGE_PIXELS: usize = IMAGE_SIDE * IMAGE_SIDE;

/// Images of 28x28 grey pixels (white ink on black, 0 to 255), with labels and writers where they
/// are known.
///
/// ```
/// use lekka_train::DataSet;
///
/// let set = DataSet::new("two", vec![0; 2 * 784], Some(vec![3, 7]))?;
/// assert_eq!(set.len(), 2);
/// assert_eq!(set.label(1), Some(7));
/// # Ok::<(), lekka_train::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    name: String,
    images: Vec<u8>,
    labels: Option<Vec<u8>>,
    ids: Option<Vec<u64>>,
    writers: Option<Writers>,
}

impl DataSet {
    /// A data set of whole images, 784 bytes each, row by row.
    ///
    /// # Errors
    /// When there is no image, a part of an image, a different number of labels, or a label above
    /// 9.
    pub fn new(
        name: impl Into<String>,
        images: Vec<u8>,
        labels: Option<Vec<u8>>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        let refuse = |kind| Err(DataError::new(name.clone(), kind));
        if images.is_empty() {
            return refuse(DataErrorKind::Empty);
        }
        let count = images.len() / IMAGE_PIXELS;
        if count * IMAGE_PIXELS != images.len() {
            return refuse(DataErrorKind::IdxLength {
                count: count as u64,
                expected: (count * IMAGE_PIXELS) as u64,
                found: images.len() as u64,
            });
        }
        if let Some(labels) = &labels {
            if labels.len() != count {
                return refuse(DataErrorKind::CountMismatch {
                    images: count,
                    labels: labels.len(),
                });
            }
            if let Some(index) = labels.iter().position(|&label| label as usize >= CLASSES) {
                return refuse(DataErrorKind::Label {
                    label: labels[index] as u64,
                    index,
                });
            }
        }
        Ok(Self {
            name,
            images,
            labels,
            ids: None,
            writers: None,
        })
    }

    /// The same set under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same set with the ids of Kaggle's `test.csv`.
    ///
    /// # Errors
    /// When their number is not that of the images.
    pub fn with_ids(mut self, ids: Vec<u64>) -> Result<Self, DataError> {
        if ids.len() != self.len() {
            let kind = DataErrorKind::CountMismatch {
                images: self.len(),
                labels: ids.len(),
            };
            return Err(DataError::new(self.name, kind));
        }
        self.ids = Some(ids);
        Ok(self)
    }

    /// The same set with the writer of each image.
    ///
    /// # Errors
    /// When their number is not that of the images.
    pub fn with_writers(mut self, writers: Writers) -> Result<Self, DataError> {
        if writers.len() != self.len() {
            let text = format!(
                "writers are known of {} images, but the set has {}",
                writers.len(),
                self.len()
            );
            return Err(DataError::new(self.name, DataErrorKind::Writers(text)));
        }
        self.writers = Some(writers);
        Ok(self)
    }

    /// Name of the set, for messages and tables.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of images, at least 1.
    pub fn len(&self) -> usize {
        self.images.len() / IMAGE_PIXELS
    }

    /// Always false: a set has at least one image.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// All pixels, image by image.
    pub fn images(&self) -> &[u8] {
        &self.images
    }

    /// The 784 pixels of one image.
    ///
    /// # Panics
    /// When `index` is not below [`DataSet::len`].
    pub fn image(&self, index: usize) -> &[u8] {
        &self.images[index * IMAGE_PIXELS..(index + 1) * IMAGE_PIXELS]
    }

    /// The labels, if known.
    pub fn labels(&self) -> Option<&[u8]> {
        self.labels.as_deref()
    }

    /// The labels.
    ///
    /// # Errors
    /// When the set has none.
    pub fn require_labels(&self) -> Result<&[u8], DataError> {
        self.labels()
            .ok_or_else(|| DataError::new(self.name.clone(), DataErrorKind::Unlabelled))
    }

    /// Label of one image, if known.
    pub fn label(&self, index: usize) -> Option<u8> {
        self.labels
            .as_ref()
            .and_then(|labels| labels.get(index).copied())
    }

    /// Ids of Kaggle's `test.csv`, if there are any.
    pub fn ids(&self) -> Option<&[u64]> {
        self.ids.as_deref()
    }

    /// Writer of each image, if known.
    pub fn writers(&self) -> Option<&Writers> {
        self.writers.as_ref()
    }

    /// The images of these indices, in this order.
    ///
    /// # Errors
    /// When `indices` is empty.
    ///
    /// # Panics
    /// When an index is not below [`DataSet::len`].
    pub fn subset(&self, name: impl Into<String>, indices: &[usize]) -> Result<Self, DataError> {
        let name = name.into();
        if indices.is_empty() {
            return Err(DataError::new(name, DataErrorKind::Empty));
        }
        let mut images = Vec::with_capacity(indices.len() * IMAGE_PIXELS);
        for &index in indices {
            images.extend_from_slice(self.image(index));
        }
        let pick = |values: &Vec<u8>| indices.iter().map(|&index| values[index]).collect();
        Ok(Self {
            name,
            images,
            labels: self.labels.as_ref().map(pick),
            ids: self
                .ids
                .as_ref()
                .map(|ids| indices.iter().map(|&index| ids[index]).collect()),
            writers: self.writers.as_ref().map(|writers| writers.subset(indices)),
        })
    }

    /// This set followed by another. Labels, ids and writers stay where both have them.
    #[must_use]
    pub fn followed_by(mut self, other: &Self) -> Self {
        fn join<T: Clone>(first: Option<Vec<T>>, second: Option<&Vec<T>>) -> Option<Vec<T>> {
            let mut first = first?;
            first.extend_from_slice(second?);
            Some(first)
        }
        self.images.extend_from_slice(&other.images);
        self.labels = join(self.labels, other.labels.as_ref());
        self.ids = join(self.ids, other.ids.as_ref());
        self.writers = match (self.writers, &other.writers) {
            (Some(first), Some(second)) => Some(first.followed_by(second)),
            _ => None,
        };
        self
    }

    /// SHA-256 of images and labels, in hexadecimal: tells one set from another.
    pub fn digest(&self) -> String {
        use sha2::Digest;
        let mut hash = sha2::Sha256::new();
        hash.update(&self.images);
        hash.update(self.labels.as_deref().unwrap_or_default());
        super::sums::hex(&hash.finalize())
    }

    /// Counts per class and per writer.
    pub fn info(&self) -> SetInfo {
        let mut classes = [0; CLASSES];
        for &label in self.labels.iter().flatten() {
            classes[label as usize] += 1;
        }
        SetInfo {
            name: self.name.clone(),
            images: self.len(),
            classes: self.labels.is_some().then_some(classes),
            writers: self.writers.as_ref().map(Writers::counts),
            mean_ink: self.images.iter().map(|&pixel| pixel as f64).sum::<f64>()
                / (255 * self.images.len()) as f64,
        }
    }
}

/// Counts of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetInfo {
    /// Name of the set.
    pub name: String,
    /// Number of images.
    pub images: usize,
    /// Images of each class, if labels are known.
    pub classes: Option<[usize; CLASSES]>,
    /// Images of each writer in order of appearance, if writers are known.
    pub writers: Option<Vec<(String, usize)>>,
    /// Mean pixel, 0 to 1.
    pub mean_ink: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_does_not_fit() {
        let cases = [
            (Vec::<u8>::new(), None, "holds no images"),
            (vec![0; 785], None, "785 follow"),
            (vec![0; 784], Some(vec![1, 2]), "1 images but 2 labels"),
            (vec![0; 784], Some(vec![10]), "label 10 of item 0"),
        ];
        for (images, labels, expected) in cases {
            let message = DataSet::new("x", images, labels).unwrap_err().to_string();
            assert!(
                message.starts_with("x: ") && message.contains(expected),
                "{message}"
            );
        }
    }

    #[test]
    fn subsets_and_joins_keep_labels_and_writers() {
        let images = (0..3).flat_map(|value| [value; IMAGE_PIXELS]).collect();
        let set = DataSet::new("s", images, Some(vec![0, 1, 2])).unwrap();
        let set = set.with_writers(Writers::in_runs_of(2, 3)).unwrap();
        let part = set.subset("part", &[2, 0]).unwrap();
        assert_eq!(part.labels(), Some(&[2, 0][..]));
        assert_eq!(part.image(0)[0], 2);
        assert_eq!(part.writers().unwrap().name_of(0), "run_01");
        let both = part.followed_by(&set);
        assert_eq!(both.labels(), Some(&[2, 0, 0, 1, 2][..]));
        assert_eq!(
            both.info().writers.unwrap(),
            [("run_01".to_owned(), 2), ("run_00".to_owned(), 3)]
        );
    }
}
