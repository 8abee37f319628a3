//! Data sets: images of 28x28 grey pixels with their labels and writers.

mod csv_format;
mod error;
mod fetch;
mod file;
mod folder;
mod idx;
mod numbers;
mod set;
mod sheets;
mod split;
mod sums;
mod writers;

pub use csv_format::parse_csv;
pub use error::{DataError, DataErrorKind};
#[cfg(feature = "fetch")]
pub use fetch::download;
pub use fetch::{FetchEvent, FetchItem, OFFICIAL_SOURCE, fetch, fetch_plan};
pub(crate) use file::write_beside_and_rename;
pub use file::{DataFile, parse_data_file, read_data_file, read_images_and_labels};
pub use folder::{DataFolder, Split};
pub use idx::{
    Idx, IdxImages, IdxLabels, parse_idx, write_idx_images, write_idx_labels, write_idx_pair,
};
pub use numbers::{
    ComposeOptions, ComposedNumber, GlyphBank, NumberEntry, SeparatorMark, Spacing, WriterGlyphs,
    compose, parse_numbers, read_numbers, write_numbers,
};
pub use set::{CLASSES, DataSet, IMAGE_PIXELS, IMAGE_SIDE, SetInfo};
pub use sheets::{CellOrder, LabelRule, SheetCount, SheetOptions, SheetSet};
pub use split::{SplitSets, SplitSpec};
pub use sums::{FileCheck, FileStatus, OFFICIAL_SUMS, OfficialFile, sha256_hex, verify_folder};
pub use writers::{WriterRun, Writers};
