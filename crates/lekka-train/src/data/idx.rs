//! The IDX format of MNIST: a big-endian header (magic number, one size per dimension), then bytes.
//!
//! Source: Y. `LeCun`, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

use super::error::{DataError, DataErrorKind};
use super::file::write_beside_and_rename;
use super::set::{DataSet, IMAGE_SIDE};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Read, Write};
use std::path::Path;

const IMAGES_MAGIC: u32 = 0x0803;
const LABELS_MAGIC: u32 = 0x0801;

/// The largest content that is read: 1 GiB, more than a million images.
pub(crate) const MAXIMUM_BYTES: u64 = 1 << 30;

/// The content of an IDX file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idx {
    /// Magic number 0x0803: grey images.
    Images(IdxImages),
    /// Magic number 0x0801: one byte for each image.
    Labels(IdxLabels),
}

/// Grey images of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxImages {
    /// Height of each image in pixels.
    pub rows: u32,
    /// Width of each image in pixels.
    pub columns: u32,
    /// Pixels, image by image, row by row.
    pub pixels: Vec<u8>,
}

/// Labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxLabels(pub Vec<u8>);

/// Reads an IDX file that is already decompressed.
///
/// # Errors
/// When the magic number is another, or the length is not what the header says. Nothing is
/// allocated on the header's word alone.
pub fn parse_idx(file: &str, mut bytes: impl Read) -> Result<Idx, DataError> {
    read_idx(&mut bytes).map_err(|kind| DataError::new(file, kind))
}

fn read_idx(source: &mut impl Read) -> Result<Idx, DataErrorKind> {
    let magic = read_header::<1>(source, 4)?[0];
    match magic {
        IMAGES_MAGIC => {
            let [count, rows, columns] = read_header::<3>(source, 16)?;
            let size = u64::from(rows) * u64::from(columns);
            // A product of three 32-bit numbers can exceed 64 bits.
            let expected = size.saturating_mul(u64::from(count));
            let pixels = read_data(source, u64::from(count), expected)?;
            Ok(Idx::Images(IdxImages {
                rows,
                columns,
                pixels,
            }))
        }
        LABELS_MAGIC => {
            let [count] = read_header::<1>(source, 8)?;
            let labels = read_data(source, u64::from(count), u64::from(count))?;
            Ok(Idx::Labels(IdxLabels(labels)))
        }
        found => Err(DataErrorKind::IdxMagic { found }),
    }
}

/// Reads `N` big-endian numbers that end a header of `whole` bytes.
fn read_header<const N: usize>(
    source: &mut impl Read,
    whole: usize,
) -> Result<[u32; N], DataErrorKind> {
    let mut bytes = Vec::with_capacity(4 * N);
    source
        .by_ref()
        .take(4 * N as u64)
        .read_to_end(&mut bytes)
        .map_err(io_kind)?;
    if bytes.len() < 4 * N {
        let found = whole - 4 * N + bytes.len();
        return Err(DataErrorKind::IdxHeader {
            expected: whole,
            found,
        });
    }
    let mut numbers = [0; N];
    for (number, chunk) in numbers.iter_mut().zip(bytes.chunks_exact(4)) {
        *number = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    }
    Ok(numbers)
}

/// Reads exactly `expected` bytes up to the end of the source.
fn read_data(source: &mut impl Read, count: u64, expected: u64) -> Result<Vec<u8>, DataErrorKind> {
    if expected > MAXIMUM_BYTES {
        return Err(DataErrorKind::TooLarge {
            bytes: expected,
            limit: MAXIMUM_BYTES,
        });
    }
    // Grows with what is really there, so that a lying header takes no memory.
    let mut data = Vec::new();
    source
        .by_ref()
        .take(expected + 1)
        .read_to_end(&mut data)
        .map_err(io_kind)?;
    if data.len() as u64 != expected {
        let found = data.len() as u64;
        return Err(DataErrorKind::IdxLength {
            count,
            expected,
            found,
        });
    }
    Ok(data)
}

fn io_kind(error: io::Error) -> DataErrorKind {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    // flate2 reports a damaged stream with these kinds; the file system does not.
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof => DataErrorKind::Gzip(error),
        _ => DataErrorKind::Io(error),
    }
}

/// Writes images in IDX, without compression.
///
/// # Errors
/// Those of the writer.
pub fn write_idx_images(
    mut to: impl Write,
    rows: u32,
    columns: u32,
    pixels: &[u8],
) -> io::Result<()> {
    let size = (rows as usize * columns as usize).max(1);
    let count = u32::try_from(pixels.len() / size)
        .map_err(|_| io::Error::other("more images than IDX can count"))?;
    for number in [IMAGES_MAGIC, count, rows, columns] {
        to.write_all(&number.to_be_bytes())?;
    }
    to.write_all(pixels)
}

/// Writes labels in IDX, without compression.
///
/// # Errors
/// Those of the writer.
pub fn write_idx_labels(mut to: impl Write, labels: &[u8]) -> io::Result<()> {
    let count = u32::try_from(labels.len())
        .map_err(|_| io::Error::other("more labels than IDX can count"))?;
    for number in [LABELS_MAGIC, count] {
        to.write_all(&number.to_be_bytes())?;
    }
    to.write_all(labels)
}

/// Writes a labelled set as two IDX files, gzipped where the name ends in `.gz`. Each is written
/// beside its place and renamed, so that a file is whole or not there.
///
/// # Errors
/// When the set has no labels or a file cannot be written.
pub fn write_idx_pair(set: &DataSet, images: &Path, labels: &Path) -> Result<(), DataError> {
    let side = IMAGE_SIDE as u32;
    let mut image_bytes = Vec::with_capacity(set.images().len() + 16);
    let mut label_bytes = Vec::with_capacity(set.len() + 8);
    let name = |path: &Path| path.display().to_string();
    write_idx_images(&mut image_bytes, side, side, set.images())
        .map_err(|e| DataError::new(name(images), e.into()))?;
    write_idx_labels(&mut label_bytes, set.require_labels()?)
        .map_err(|e| DataError::new(name(labels), e.into()))?;
    for (path, bytes) in [(images, image_bytes), (labels, label_bytes)] {
        let packed = if path.extension().is_some_and(|end| end == "gz") {
            // `GzEncoder` writes no time stamp, so equal content gives equal files.
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&bytes).and_then(|()| encoder.finish())
        } else {
            Ok(bytes)
        };
        packed
            .and_then(|bytes| write_beside_and_rename(path, &bytes))
            .map_err(|e| DataError::new(name(path), e.into()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn images(count: u32, rows: u32, columns: u32, data: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [IMAGES_MAGIC, count, rows, columns] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.resize(16 + data, 7);
        bytes
    }

    #[test]
    fn reads_what_it_writes() {
        let mut bytes = Vec::new();
        write_idx_images(&mut bytes, 2, 3, &[1, 2, 3, 4, 5, 6]).unwrap();
        let expected = IdxImages {
            rows: 2,
            columns: 3,
            pixels: vec![1, 2, 3, 4, 5, 6],
        };
        assert_eq!(parse_idx("x", &bytes[..]).unwrap(), Idx::Images(expected));
        let mut bytes = Vec::new();
        write_idx_labels(&mut bytes, &[9, 0]).unwrap();
        assert_eq!(
            parse_idx("x", &bytes[..]).unwrap(),
            Idx::Labels(IdxLabels(vec![9, 0]))
        );
    }

    #[test]
    fn lying_headers_are_refused() {
        let cases = [
            (vec![0, 0], "needs 4 bytes, the file has 2"),
            (
                vec![0, 0, 8, 3, 0, 0, 0, 1, 0],
                "needs 16 bytes, the file has 9",
            ),
            (vec![0, 0, 8, 4, 0, 0, 0, 1], "0x00000804"),
            (images(2, 28, 28, 784), "1568 bytes of data, but 784 follow"),
            (images(1, 28, 28, 785), "784 bytes of data, but 785 follow"),
            (
                images(u32::MAX, u32::MAX, u32::MAX, 784),
                "more than the limit",
            ),
            (images(1_000_000, 28, 28, 784), "but 784 follow"),
        ];
        for (bytes, expected) in cases {
            let message = parse_idx("x.idx", &bytes[..]).unwrap_err().to_string();
            assert!(
                message.starts_with("x.idx: ") && message.contains(expected),
                "{message}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse_idx("x", &bytes[..]);
        }

        #[test]
        fn mutated_files_give_a_result(at in 0_usize..24, value: u8) {
            let mut bytes = images(2, 2, 2, 8);
            bytes[at] = value;
            let _ = parse_idx("x", &bytes[..]);
        }
    }
}
