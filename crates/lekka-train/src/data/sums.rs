//! SHA-256 sums of the official files, taken of what is inside the gzip.

use super::error::DataError;
use super::folder::{DataFolder, Split};
use flate2::read::MultiGzDecoder;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// One official file and the sum of its decompressed content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficialFile {
    /// The split it belongs to.
    pub split: Split,
    /// Its name without `.gz`.
    pub name: &'static str,
    /// SHA-256 of the decompressed content, in hexadecimal.
    pub sha256: &'static str,
}

/// The official files. Source: the dataset's repository, `github.com/vinayprabhu/Kannada_MNIST`,
/// folder `data/output_tensors/MNIST_format`.
pub const OFFICIAL_SUMS: [OfficialFile; 6] = [
    OfficialFile {
        split: Split::Train,
        name: "X_kannada_MNIST_train-idx3-ubyte",
        sha256: "105351b61538741814301e54ee5cfdac7464c0e2554e2a9967c63ef7ceaf7558",
    },
    OfficialFile {
        split: Split::Train,
        name: "y_kannada_MNIST_train-idx1-ubyte",
        sha256: "42d8a31792fb59dcec85b8e5b62bd03598c1a96f4edffe6f6a3e95daac9319ef",
    },
    OfficialFile {
        split: Split::Test,
        name: "X_kannada_MNIST_test-idx3-ubyte",
        sha256: "be3a7f7fd24b3eb62f28ab1e3f9e5a380738e87000f99417c14f94ca89616cf4",
    },
    OfficialFile {
        split: Split::Test,
        name: "y_kannada_MNIST_test-idx1-ubyte",
        sha256: "2a4fb3eec0877aa3d4ab80d8f59374733af9b2b2966e8be0e50efe715f443a4d",
    },
    OfficialFile {
        split: Split::Dig,
        name: "X_dig_MNIST-idx3-ubyte",
        sha256: "80f10e9328072991d61cc2db57a8793ae4ffcf030aa8b73a37dd64787da464ae",
    },
    OfficialFile {
        split: Split::Dig,
        name: "y_dig_MNIST-idx1-ubyte",
        sha256: "270a721d62dee2a1e9459e0192e425c086de49f1f9610fb3d7b9f457e3dd83fe",
    },
];

/// What was found of one official file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileCheck {
    /// The file's path, or its official name when it is missing.
    pub file: String,
    /// The result.
    #[serde(flatten)]
    pub status: FileStatus,
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum FileStatus {
    /// The content is the official one.
    Official,
    /// The content is another.
    Differs {
        /// Sum of the content, in hexadecimal.
        found: String,
        /// The official sum.
        expected: String,
    },
    /// The file could not be read to its end.
    Unreadable {
        /// Why.
        reason: String,
    },
    /// There is no such file.
    Missing,
}

/// Checks the official IDX files of a folder against their sums, in the order of
/// [`OFFICIAL_SUMS`].
///
/// # Errors
/// When there is no such folder. Faults of single files are in the result.
pub fn verify_folder(path: &Path) -> Result<Vec<FileCheck>, DataError> {
    let folder = DataFolder::open(path)?;
    let check = |official: &OfficialFile| {
        let Some(path) = folder.find(official.name) else {
            return FileCheck {
                file: official.name.to_owned(),
                status: FileStatus::Missing,
            };
        };
        let status = match File::open(&path).and_then(|file| content_sum(BufReader::new(file))) {
            Ok(sum) if sum == official.sha256 => FileStatus::Official,
            Ok(found) => FileStatus::Differs {
                found,
                expected: official.sha256.to_owned(),
            },
            Err(error) => FileStatus::Unreadable {
                reason: error.to_string(),
            },
        };
        FileCheck {
            file: path.display().to_string(),
            status,
        }
    };
    Ok(OFFICIAL_SUMS.iter().map(check).collect())
}

/// SHA-256 of what a file holds, decompressed if it is gzip, in hexadecimal.
pub(crate) fn content_sum(mut source: impl BufRead) -> io::Result<String> {
    if source.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        stream_sum(MultiGzDecoder::new(source))
    } else {
        stream_sum(source)
    }
}

fn stream_sum(mut source: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// SHA-256 of bytes, in hexadecimal.
///
/// ```
/// let sum = lekka_train::data::sha256_hex(b"abc");
/// assert_eq!(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn sum_is_of_the_decompressed_content() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"abc").unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(content_sum(&packed[..]).unwrap(), sha256_hex(b"abc"));
        assert_eq!(content_sum(&b"abc"[..]).unwrap(), sha256_hex(b"abc"));
    }

    #[test]
    fn verify_tells_missing_from_different() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(OFFICIAL_SUMS[1].name), b"abc").unwrap();
        let checks = verify_folder(folder.path()).unwrap();
        assert_eq!(checks[0].status, FileStatus::Missing);
        assert!(
            matches!(&checks[1].status, FileStatus::Differs { found, .. } if found.starts_with("ba78"))
        );
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "a skipped test must say so")]
    fn official_data_have_the_official_sums() {
        let Some(folder) = std::env::var_os("LEKKA_DATA_DIR") else {
            eprintln!("skipped: LEKKA_DATA_DIR is not set");
            return;
        };
        for check in verify_folder(Path::new(&folder)).unwrap() {
            assert_eq!(check.status, FileStatus::Official, "{}", check.file);
        }
    }
}
