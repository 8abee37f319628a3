//! What the streams of a file unpack to, found out without unpacking them into memory.
//!
//! The PDF crates allocate what a stream's data ask for. A stream of a megabyte may ask for a
//! gigabyte, so those that could are unpacked here first, a piece at a time, and counted.

use super::FORMAT;
use crate::decode::{DecodeError, DecodeLimits, check_size, error::damaged, jpeg};
use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro::hayro_syntax::object::dict::keys::{
    COLUMNS, DECODE_PARMS, HEIGHT, IMAGE, SUBTYPE, WIDTH,
};
use hayro::hayro_syntax::object::{Array, Dict, Name, Object, Stream};
use hayro::hayro_syntax::{Filter, Pdf};
use std::io::Read;

/// Bytes that anything but a picture may unpack to.
const LIMIT: u64 = 1 << 28;

/// What a byte can become at most: of Flate by its format, of LZW when its longest codes stand for
/// its longest strings.
const FLATE: u64 = 1032;
const LZW: u64 = 2731;
const RUN_LENGTH: u64 = 64;

/// The streams that hold the file's other objects: they are unpacked when it is opened.
pub(super) fn check_structure(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut rest = bytes;
    let mut before = 0;
    while let Some(at) = find(rest, b"stream") {
        let start = before + at;
        let dictionary = &bytes[start.saturating_sub(1024)..start];
        let is_structure =
            find(dictionary, b"/ObjStm").is_some() || find(dictionary, b"/XRef").is_some();
        rest = &rest[at + 6..];
        before = start + 6;
        if !is_structure || dictionary.ends_with(b"end") {
            continue;
        }
        let data = rest.strip_prefix(b"\r").unwrap_or(rest);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        let end = find(data, b"endstream").unwrap_or(data.len());
        if !unpacks_within(&data[..end], LIMIT) {
            return Err(too_much(LIMIT));
        }
    }
    Ok(())
}

/// All streams that are no pictures.
pub(super) fn check_streams(pdf: &Pdf) -> Result<(), DecodeError> {
    for object in pdf.objects() {
        let Object::Stream(stream) = object else {
            continue;
        };
        let subtype = stream.dict().get::<Name<'_>>(SUBTYPE);
        if subtype.is_none_or(|name| *name != *IMAGE) {
            check(&stream, LIMIT)?;
        }
    }
    Ok(())
}

/// A picture or a mask: its size, in the dictionary and in its own data, and what it unpacks to.
pub(super) fn check_picture(stream: &Stream<'_>, limits: &DecodeLimits) -> Result<(), DecodeError> {
    let dict = stream.dict();
    let (width, height) = (dict.get::<u32>(WIDTH), dict.get::<u32>(HEIGHT));
    if let (Some(width), Some(height)) = (width, height) {
        check_size(FORMAT, width, height, limits)?;
        if stream.filters().contains(&Filter::CcittFaxDecode) {
            let columns = parameters(dict).and_then(|dict| dict.get::<u32>(COLUMNS));
            check_size(FORMAT, columns.unwrap_or(1728), height, limits)?;
        }
    }
    let data = stream.raw_data();
    let size = match stream.filters().first() {
        Some(Filter::DctDecode) => jpeg::outline(&data).size,
        Some(Filter::JpxDecode) => jpx_size(&data),
        Some(Filter::Jbig2Decode) => jbig2_size(&data),
        _ => None,
    };
    if let Some((width, height)) = size {
        check_size(FORMAT, width, height, limits)?;
    }
    // Eight channels of 16 bits are more than any picture has.
    check(
        stream,
        limits.max_pixels.saturating_mul(16).saturating_add(LIMIT),
    )
}

fn parameters<'a>(dict: &Dict<'a>) -> Option<Dict<'a>> {
    let single = dict.get::<Dict<'a>>(DECODE_PARMS);
    single.or_else(|| {
        dict.get::<Array<'a>>(DECODE_PARMS)?
            .iter::<Dict<'a>>()
            .last()
    })
}

fn check(stream: &Stream<'_>, limit: u64) -> Result<(), DecodeError> {
    let mut most = 1_u64;
    let mut unpackers = 0;
    for filter in stream.filters() {
        let times = match filter {
            Filter::FlateDecode => FLATE,
            Filter::LzwDecode => LZW,
            Filter::RunLengthDecode => RUN_LENGTH,
            // What stands in text becomes shorter, but for runs of zeros, which are written as one letter.
            Filter::Ascii85Decode => 4,
            // The sizes of pictures are checked by their pixels.
            _ => 1,
        };
        unpackers += usize::from(times > 4);
        most = most.saturating_mul(times);
    }
    if unpackers == 0 {
        return Ok(());
    }
    let data = stream.raw_data();
    if most.saturating_mul(data.len() as u64) <= limit {
        return Ok(());
    }
    let within = match stream.filters()[..] {
        [Filter::FlateDecode, ..] if unpackers == 1 => unpacks_within(&data, limit),
        [Filter::Ascii85Decode, Filter::FlateDecode] => unpacks_within(&ascii85(&data), limit),
        _ => false,
    };
    within.then_some(()).ok_or_else(|| too_much(limit))
}

/// Data that stand in text, as far as they are whole groups.
fn ascii85(text: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(text.len() / 5 * 4);
    let (mut group, mut digits) = (0_u32, 0);
    for &letter in text {
        match letter {
            b'z' if digits == 0 => data.extend([0; 4]),
            b'!'..=b'u' => {
                group = group
                    .wrapping_mul(85)
                    .wrapping_add(u32::from(letter - b'!'));
                digits += 1;
                if digits == 5 {
                    data.extend(group.to_be_bytes());
                    (group, digits) = (0, 0);
                }
            }
            b'~' => break,
            _ => {}
        }
    }
    data
}

/// Whether Flate data become no more than so many bytes.
fn unpacks_within(data: &[u8], limit: u64) -> bool {
    if FLATE.saturating_mul(data.len() as u64) <= limit {
        return true;
    }
    let count = |reader: &mut dyn Read| {
        let mut sum = 0;
        let mut piece = vec![0; 1 << 16];
        while let Ok(length @ 1..) = reader.read(&mut piece) {
            sum += length as u64;
            if sum > limit {
                break;
            }
        }
        sum
    };
    // Some programs leave the header out.
    count(&mut ZlibDecoder::new(data)) <= limit && count(&mut DeflateDecoder::new(data)) <= limit
}

fn too_much(limit: u64) -> DecodeError {
    damaged(
        FORMAT,
        format!("a stream may unpack to more than {limit} bytes"),
    )
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// The size in the first header of a JPEG 2000 code stream.
fn jpx_size(data: &[u8]) -> Option<(u32, u32)> {
    // SOC and SIZ; then length and capabilities, 2 bytes each, and the outer and inner corner.
    let at = find(data, &[0xff, 0x4f, 0xff, 0x51])?;
    let [x1, y1, x0, y0] = [8, 12, 16, 20].map(|offset| word(data, at + offset));
    Some((x1?.saturating_sub(x0?), y1?.saturating_sub(y0?)))
}

/// The size in the page information of an embedded JBIG2 stream.
fn jbig2_size(data: &[u8]) -> Option<(u32, u32)> {
    const PAGE_INFORMATION: u8 = 48;
    let mut at = 0_usize;
    loop {
        let number = word(data, at)?;
        let flags = *data.get(at + 4)?;
        let count = *data.get(at + 5)?;
        // Up to four segments referred to are counted in three bits, more in a long form.
        let (references, mut header) = if count >> 5 == 7 {
            let count = (word(data, at + 5)? & 0x1fff_ffff) as usize;
            (count, at + 9 + (count + 1).div_ceil(8))
        } else {
            (usize::from(count >> 5), at + 6)
        };
        let reference = match number {
            0..=256 => 1,
            257..=65536 => 2,
            _ => 4,
        };
        header = header.checked_add(references.checked_mul(reference)?)?;
        header += if flags & 0x40 == 0 { 1 } else { 4 };
        let length = word(data, header)?;
        let body = header.checked_add(4)?;
        if flags & 0x3f == PAGE_INFORMATION {
            return Some((word(data, body)?, word(data, body + 4)?));
        }
        at = body.checked_add(usize::try_from(length).ok()?)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_data() {
        assert_eq!(
            ascii85(b"87cUR D]j7B\nEbo80 z~> rest"),
            b"Hello world!\0\0\0\0"
        );
    }

    #[test]
    fn a_bomb_is_counted() {
        use std::io::Write;
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
        let data = encoder.finish().unwrap();
        assert!(data.len() < 2000, "{}", data.len());
        assert!(unpacks_within(&data, 1 << 20));
        assert!(!unpacks_within(&data, (1 << 20) - 1));
    }

    #[test]
    fn sizes_stand_in_the_data() {
        let mut jpx = b"box\xff\x4f\xff\x51\0\x29\0\0".to_vec();
        for value in [110_u32, 60, 10, 20] {
            jpx.extend(value.to_be_bytes());
        }
        assert_eq!(jpx_size(&jpx), Some((100, 40)));
        // A segment that is skipped, then the page information.
        let mut jbig2 = vec![0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9];
        jbig2.extend([0, 0, 0, 1, 48, 0, 1, 0, 0, 0, 19]);
        jbig2.extend([0, 0, 0, 30, 0, 0, 0, 20]);
        assert_eq!(jbig2_size(&jbig2), Some((30, 20)));
        for length in 0..jbig2.len() {
            assert_eq!(jbig2_size(&jbig2[..length]), None, "{length}");
        }
    }
}
