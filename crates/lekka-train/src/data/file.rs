//! Reading a data file by what it holds, not by its name; writing files whole or not at all.

use super::csv_format::parse_csv;
use super::error::{DataError, DataErrorKind};
use super::idx::{Idx, IdxImages, parse_idx};
use super::set::{DataSet, IMAGE_SIDE};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

/// What a data file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataFile {
    /// Images of an IDX file; their labels are in another.
    Images(IdxImages),
    /// Labels of an IDX file.
    Labels(Vec<u8>),
    /// A CSV file: images with labels or ids.
    Set(DataSet),
}

/// Reads an IDX or CSV file, gzipped or not, told by its first bytes.
///
/// # Errors
/// When the file cannot be read, is of another format, or is damaged.
pub fn read_data_file(path: &Path) -> Result<DataFile, DataError> {
    let name = path.display().to_string();
    let open = || -> io::Result<BufReader<File>> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
        }
        Ok(BufReader::with_capacity(1 << 16, file))
    };
    let file = open().map_err(|e| DataError::new(name.clone(), e.into()))?;
    parse_data_file(&name, file)
}

/// [`read_data_file`] on an open source of this name.
///
/// # Errors
/// When the source cannot be read, is of another format, or is damaged.
pub fn parse_data_file(name: &str, mut source: impl BufRead) -> Result<DataFile, DataError> {
    let start = peek(&mut source).map_err(|e| DataError::new(name, e.into()))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        let mut inner = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(source));
        let start = peek(&mut inner).map_err(|e| DataError::new(name, DataErrorKind::Gzip(e)))?;
        return parse_plain(name, &start, inner);
    }
    parse_plain(name, &start, source)
}

fn parse_plain(name: &str, start: &[u8], source: impl Read) -> Result<DataFile, DataError> {
    let unknown = |text: &str| {
        Err(DataError::new(
            name,
            DataErrorKind::UnknownFormat(text.to_owned()),
        ))
    };
    match start {
        [] => unknown("the file is empty"),
        [0, 0, ..] => Ok(match parse_idx(name, source)? {
            Idx::Images(images) => DataFile::Images(images),
            Idx::Labels(labels) => DataFile::Labels(labels.0),
        }),
        [b'P', b'K', ..] => unknown("it is a ZIP archive, unpack it first"),
        [0x93, b'N', b'U', b'M', ..] => unknown("it is a numpy array"),
        _ if start.iter().any(|&byte| byte < 9) => unknown("it is a binary file of another kind"),
        _ => parse_csv(name, source).map(DataFile::Set),
    }
}

/// The first bytes, up to 64, without taking them.
fn peek(source: &mut impl BufRead) -> io::Result<Vec<u8>> {
    // The buffer is far longer, so the first filling has them if they exist.
    let buffer = source.fill_buf()?;
    Ok(buffer[..buffer.len().min(64)].to_vec())
}

/// Reads images and their labels: from two IDX files, or from one CSV file that has both.
///
/// # Errors
/// When a file is unreadable or damaged, images are not 28x28, the files are swapped, or their
/// numbers differ.
pub fn read_images_and_labels(images: &Path, labels: Option<&Path>) -> Result<DataSet, DataError> {
    let name = images.display().to_string();
    let labels = match labels {
        None => None,
        Some(path) => match read_data_file(path)? {
            DataFile::Labels(labels) => Some(labels),
            DataFile::Set(set) => Some(set.require_labels()?.to_vec()),
            DataFile::Images(_) => {
                let kind = DataErrorKind::WrongContent {
                    found: "images",
                    expected: "labels",
                };
                return Err(DataError::new(path.display().to_string(), kind));
            }
        },
    };
    match read_data_file(images)? {
        DataFile::Images(images) => {
            let side = IMAGE_SIDE as u32;
            if (images.rows, images.columns) != (side, side) && !images.pixels.is_empty() {
                let (width, height) = (u64::from(images.columns), u64::from(images.rows));
                return Err(DataError::new(
                    name,
                    DataErrorKind::ImageSize { width, height },
                ));
            }
            DataSet::new(name, images.pixels, labels)
        }
        DataFile::Set(set) if labels.is_none() => Ok(set),
        DataFile::Set(set) => DataSet::new(name, set.images().to_vec(), labels),
        DataFile::Labels(_) => {
            let kind = DataErrorKind::WrongContent {
                found: "labels",
                expected: "images",
            };
            Err(DataError::new(name, kind))
        }
    }
}

/// Writes a file beside its place, flushes it to the disk, and renames it: after a crash or a full
/// disk the old file is still there, or the new one is whole.
pub(crate) fn write_beside_and_rename(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = Path::new(&beside);
    let write = || -> io::Result<()> {
        let mut file = File::create(beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(beside, path)
    };
    write().inspect_err(|_| {
        // The error that counts is the first one.
        let _ = std::fs::remove_file(beside);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{write_idx_images, write_idx_labels, write_idx_pair};
    use proptest::prelude::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn labels_file(labels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_idx_labels(&mut bytes, labels).unwrap();
        bytes
    }

    #[test]
    fn content_decides_not_the_name() {
        let plain = labels_file(&[1, 2]);
        for bytes in [plain.clone(), gzip(&plain)] {
            assert_eq!(
                parse_data_file("a.png", &bytes[..]).unwrap(),
                DataFile::Labels(vec![1, 2])
            );
        }
    }

    #[test]
    fn other_formats_are_named() {
        let cases: [(&[u8], &str); 5] = [
            (b"", "the file is empty"),
            (b"PK\x03\x04", "ZIP"),
            (b"\x93NUMPY", "numpy"),
            (b"\x7fELF\x02\x01", "binary file of another kind"),
            (b"\x1f\x8b\x08", "gzip stream is damaged"),
        ];
        for (bytes, expected) in cases {
            let message = parse_data_file("x", bytes).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn truncated_gzip_is_refused() {
        let whole = gzip(&labels_file(&[1; 5000]));
        for end in 3..whole.len() - 1 {
            assert!(parse_data_file("x", &whole[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn pairs_are_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let set = DataSet::new(
            "s",
            (0..=255).cycle().take(3 * 784).collect(),
            Some(vec![4, 5, 6]),
        );
        let set = set.unwrap();
        for end in ["", ".gz"] {
            let images = folder.path().join(format!("x{end}"));
            let labels = folder.path().join(format!("y{end}"));
            write_idx_pair(&set, &images, &labels).unwrap();
            let read = read_images_and_labels(&images, Some(&labels)).unwrap();
            assert_eq!((read.images(), read.labels()), (set.images(), set.labels()));
            let swapped = read_images_and_labels(&labels, Some(&images))
                .unwrap_err()
                .to_string();
            assert!(swapped.contains("swapped"), "{swapped}");
        }
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            4,
            "nothing left beside"
        );
    }

    #[test]
    fn other_sizes_and_counts_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("x");
        let labels = folder.path().join("y");
        std::fs::write(&labels, labels_file(&[1, 2])).unwrap();
        for (rows, count, expected) in [
            (27, 2, "28x27 pixels"),
            (28, 3, "3 images but 2 labels"),
            (28, 0, "holds no images"),
        ] {
            let mut bytes = Vec::new();
            write_idx_images(&mut bytes, rows, 28, &vec![0; (rows * 28 * count) as usize]).unwrap();
            std::fs::write(&images, bytes).unwrap();
            let error = read_images_and_labels(&images, Some(&labels))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
        let missing = read_data_file(&folder.path().join("none"))
            .unwrap_err()
            .to_string();
        assert!(missing.contains("none: No such file"), "{missing}");
        assert!(
            read_data_file(folder.path())
                .unwrap_err()
                .to_string()
                .contains("is a folder")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse_data_file("x", &bytes[..]);
        }

        #[test]
        fn mutated_gzip_gives_a_result(at in 0_usize..1000, value: u8) {
            let mut bytes = gzip(&labels_file(&[1, 2, 3, 4, 5]));
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = parse_data_file("x", &bytes[..]);
        }
    }
}
