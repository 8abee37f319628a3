//! The directory of a TIFF page, changed in place.

use tiff::tags::Tag;

/// One image file directory in the bytes of a file, to change small tags in place.
pub(super) struct Directory<'a> {
    bytes: &'a mut [u8],
    offset: usize,
    big_endian: bool,
    big: bool,
}

impl<'a> Directory<'a> {
    pub(super) fn new(bytes: &'a mut [u8], offset: u64) -> Self {
        let big_endian = bytes.starts_with(b"MM");
        let big = matches!(bytes.get(2..4), Some([43, 0] | [0, 43]));
        Self {
            bytes,
            offset: usize::try_from(offset).unwrap_or(usize::MAX),
            big_endian,
            big,
        }
    }

    fn read(&self, at: usize, length: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        let add = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
        Some(if self.big_endian {
            bytes.iter().fold(0, add)
        } else {
            bytes.iter().rev().fold(0, add)
        })
    }

    /// Changes the value of a tag that has one SHORT or LONG; does nothing when there is no such
    /// tag.
    pub(super) fn set(&mut self, tag: Tag, value: u32) -> Option<()> {
        let (count_size, entry_size, value_at) = if self.big { (8, 20, 12) } else { (2, 12, 8) };
        let count = self.read(self.offset, count_size)?;
        let first = self.offset.checked_add(count_size)?;
        for i in 0..usize::try_from(count).ok()? {
            let entry = first.checked_add(i.checked_mul(entry_size)?)?;
            if self.read(entry, 2)? != u64::from(tag.to_u16()) {
                continue;
            }
            let size = match self.read(entry + 2, 2)? {
                3 => 2,
                4 => 4,
                _ => return None,
            };
            let target = self
                .bytes
                .get_mut(entry + value_at..entry + value_at + size)?;
            if self.big_endian {
                target.copy_from_slice(&value.to_be_bytes()[4 - size..]);
            } else {
                target.copy_from_slice(&value.to_le_bytes()[..size]);
            }
            return Some(());
        }
        None
    }
}
