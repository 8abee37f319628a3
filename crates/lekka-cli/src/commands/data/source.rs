//! Which data a command works on.

use crate::failure::failure;
use anyhow::Result;
use clap::Args;
use lekka_train::data::{DataFolder, DataSet, Split, read_images_and_labels};
use std::path::{Path, PathBuf};

/// A part of the published data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SplitName {
    /// The 60,000 images to train on.
    Train,
    /// The official 10,000 test images.
    Test,
    /// Dig-MNIST, 10,240 images by writers new to the script.
    Dig,
}

impl From<SplitName> for Split {
    fn from(name: SplitName) -> Self {
        match name {
            SplitName::Train => Self::Train,
            SplitName::Test => Self::Test,
            SplitName::Dig => Self::Dig,
        }
    }
}

/// Options that name data: a folder and a split, or files.
#[derive(Debug, Clone, Args)]
pub(crate) struct Source {
    /// Folder with the official files or Kaggle's CSV files
    #[arg(
        long,
        value_name = "DIR",
        env = "LEKKA_DATA_DIR",
        hide_env_values = true
    )]
    pub(crate) data: Option<PathBuf>,
    /// Which part of the data in the folder
    #[arg(long, value_name = "PART", conflicts_with = "images")]
    pub(crate) split: Option<SplitName>,
    /// Images as IDX (plain or gzip), or Kaggle's CSV with images and labels
    #[arg(long, value_name = "FILE")]
    pub(crate) images: Option<PathBuf>,
    /// Labels as IDX (plain or gzip)
    #[arg(long, value_name = "FILE", requires = "images")]
    pub(crate) labels: Option<PathBuf>,
}

impl Source {
    /// Reads the set that is meant; `default` is the part of a folder when none is named.
    pub(crate) fn read(&self, default: SplitName) -> Result<DataSet> {
        match &self.images {
            Some(images) => read_files(images, self.labels.as_deref()),
            None => Ok(self.folder()?.read(self.split.unwrap_or(default).into())?),
        }
    }

    /// The folder of data.
    pub(crate) fn folder(&self) -> Result<DataFolder> {
        Ok(DataFolder::open(require_folder(self.data.as_deref())?)?)
    }
}

/// Reads a set from given files.
pub(crate) fn read_files(images: &Path, labels: Option<&Path>) -> Result<DataSet> {
    Ok(read_images_and_labels(images, labels)?)
}

/// The folder of data that was given by `--data` or by the environment.
pub(crate) fn require_folder(folder: Option<&Path>) -> Result<&Path> {
    folder.ok_or_else(|| {
        failure(
            "no data was named",
            "give --data DIR (or set LEKKA_DATA_DIR); `lekka data fetch` downloads the data",
        )
    })
}
