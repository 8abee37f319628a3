//! A folder with data files under their official names, or under Kaggle's.

use super::error::{DataError, DataErrorKind};
use super::file::read_images_and_labels;
use super::set::DataSet;
use super::writers::Writers;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// The parts in which the data are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// The 60,000 images to train on.
    Train,
    /// The official 10,000 test images; in Kaggle's form 5,000 without labels.
    Test,
    /// Dig-MNIST: 10,240 images by writers new to the script.
    Dig,
}

impl Split {
    /// All parts.
    pub const ALL: [Self; 3] = [Self::Train, Self::Test, Self::Dig];

    /// The name used in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
            Self::Dig => "dig",
        }
    }

    /// Official names of images and labels, without `.gz`.
    pub fn idx_names(self) -> [&'static str; 2] {
        match self {
            Self::Train => [
                "X_kannada_MNIST_train-idx3-ubyte",
                "y_kannada_MNIST_train-idx1-ubyte",
            ],
            Self::Test => [
                "X_kannada_MNIST_test-idx3-ubyte",
                "y_kannada_MNIST_test-idx1-ubyte",
            ],
            Self::Dig => ["X_dig_MNIST-idx3-ubyte", "y_dig_MNIST-idx1-ubyte"],
        }
    }

    /// Kaggle's name.
    pub fn csv_name(self) -> &'static str {
        match self {
            Self::Train => "train.csv",
            Self::Test => "test.csv",
            Self::Dig => "Dig-MNIST.csv",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A folder of data files, or one with a folder `kannada-mnist` of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// The folder at this path.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        if !path.is_dir() {
            let text = "is not a folder; give the folder that holds the data files".to_owned();
            let kind = DataErrorKind::NotFound(text);
            return Err(DataError::new(path.display().to_string(), kind));
        }
        let inner = path.join("kannada-mnist");
        let path = if inner.is_dir() {
            inner
        } else {
            path.to_path_buf()
        };
        Ok(Self { path })
    }

    /// The folder with the files.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of this name, or the same name with `.gz`.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        [name.to_owned(), format!("{name}.gz")]
            .into_iter()
            .map(|name| self.path.join(name))
            .find(|path| path.is_file())
    }

    /// The files of a split: images and labels, or one CSV file.
    ///
    /// # Errors
    /// When neither form is there, saying which names were looked for.
    pub fn files(&self, split: Split) -> Result<(PathBuf, Option<PathBuf>), DataError> {
        let [images, labels] = split.idx_names();
        if let (Some(images), Some(labels)) = (self.find(images), self.find(labels)) {
            return Ok((images, Some(labels)));
        }
        self.find(split.csv_name())
            .map(|file| (file, None))
            .ok_or_else(|| {
                let text = format!(
                    "holds no data of the split '{split}'; it needs {images} and {labels} (with or \
                 without .gz), or {}; `lekka data fetch` downloads the official files",
                    split.csv_name()
                );
                DataError::new(
                    self.path.display().to_string(),
                    DataErrorKind::NotFound(text),
                )
            })
    }

    /// Reads a split, with its writers where they are known: from `writers.csv` in the folder, or,
    /// when there is none and the set is the official one in size, as runs of 1,280 images.
    ///
    /// # Errors
    /// When files are missing, unreadable or damaged.
    pub fn read(&self, split: Split) -> Result<DataSet, DataError> {
        let (images, labels) = self.files(split)?;
        let set = read_images_and_labels(&images, labels.as_deref())?.named(split.name());
        let table = self.path.join("writers.csv");
        let count = set.len();
        let official = match split {
            Split::Train => 60_000,
            Split::Test => 10_000,
            Split::Dig => return Ok(set),
        };
        if table.is_file() {
            let file = table.display().to_string();
            let text = std::fs::read(&table).map_err(|e| DataError::new(&*file, e.into()))?;
            let runs = Writers::parse_table(&file, &text)?;
            // Kaggle's 5,000 are another set than the one that the table is about.
            if count == official || split == Split::Train {
                let writers = Writers::from_runs(&file, &runs, split.name(), count)?;
                return set.with_writers(writers);
            }
        } else if count == official {
            return set.with_writers(Writers::in_runs_of(1280, count));
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::write_idx_pair;

    #[test]
    fn official_names_and_writers_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("kannada-mnist");
        std::fs::create_dir(&inner).unwrap();
        let set = DataSet::new("s", vec![0; 2 * 784], Some(vec![1, 2])).unwrap();
        let [images, labels] = Split::Train.idx_names();
        write_idx_pair(
            &set,
            &inner.join(format!("{images}.gz")),
            &inner.join(labels),
        )
        .unwrap();
        std::fs::write(
            inner.join("writers.csv"),
            "split,first_index,count,writer_page\ntrain,0,1,07\ntrain,1,1,09\n",
        )
        .unwrap();
        let opened = DataFolder::open(folder.path()).unwrap();
        let read = opened.read(Split::Train).unwrap();
        assert_eq!((read.name(), read.len()), ("train", 2));
        assert_eq!(read.writers().unwrap().names(), ["07", "09"]);
        let error = opened.read(Split::Dig).unwrap_err().to_string();
        assert!(error.contains("X_dig_MNIST-idx3-ubyte") && error.contains("Dig-MNIST.csv"));
    }
}
