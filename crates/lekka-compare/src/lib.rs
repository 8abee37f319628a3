//! The classical methods that the paper cites, measured beside the network: nearest neighbours,
//! support vector machines, a deep belief network and a vote of recurrent networks.
//!
//! - [`features`]: what the methods see: pixels, HOG and DAG.
//! - [`knn`], [`svm`], [`dbn`], [`voting`], [`network`]: the methods, each a [`Classifier`].
//! - [`comparison`]: the protocol, the same for all: who is trained on, chosen by and measured on.
//! - [`table`]: the result as text, JSON or CSV.
//!
//! Nothing here reads a page: the methods get the data set's own 28x28 images. `docs/compare.md` has what they give.

#![cfg_attr(
    test,
    allow(
        clippy::float_cmp,
        reason = "tests compare values that are exact by construction"
    )
)]

mod classifier;
pub mod comparison;
pub mod dbn;
mod error;
pub mod features;
pub mod knn;
pub mod network;
mod rbm;
pub mod svm;
pub mod table;
pub mod voting;

pub use classifier::{Classifier, Fitted, Interrupt, Lesson};
pub use comparison::{Comparison, Event, Method, Settings};
pub use error::CompareError;
pub use features::FeatureKind;
pub use table::{Row, Table};
