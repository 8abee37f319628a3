//! Data sets, augmentation, training, metrics and reports for Lekka networks.
//!
//! - [`data`]: reading and writing Kannada-MNIST (IDX, plain or gzip, and Kaggle's CSV), its sums,
//!   its writers, and splits by chance or by writer.
//! - [`augment`]: changing images on the fly.

pub mod augment;
pub mod data;

pub use data::{DataError, DataErrorKind, DataSet};
