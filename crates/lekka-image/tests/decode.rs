//! Every kind of picture file, whole, cut off, and damaged.
//!
//! The pictures are made by `make_pictures.py`; the first word of a name says which `.pgm` it must
//! decode to.

use image::DynamicImage;
use lekka_image::decode::{Orientation, pages};
use lekka_image::{DecodeError, DecodeLimits, GrayImage, Rect, crop, decode};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

fn pictures() -> &'static [(String, Vec<u8>)] {
    static PICTURES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    PICTURES.get_or_init(read_pictures)
}

fn read_pictures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    assert!(files.len() > 60, "{} pictures", files.len());
    files
}

fn picture(name: &str) -> Vec<u8> {
    fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/pictures")
            .join(name),
    )
    .unwrap()
}

fn first(bytes: &[u8]) -> Result<GrayImage, DecodeError> {
    Ok(decode(bytes, &DecodeLimits::default())?.swap_remove(0).gray)
}

/// The greatest and the mean difference.
fn difference(a: &GrayImage, b: &GrayImage) -> (u8, f64) {
    assert_eq!(a.dimensions(), b.dimensions());
    let differences = a
        .as_raw()
        .iter()
        .zip(b.as_raw())
        .map(|(a, b)| a.abs_diff(*b));
    let sum: u64 = differences.clone().map(u64::from).sum();
    (
        differences.max().unwrap_or(0),
        sum as f64 / a.as_raw().len() as f64,
    )
}

fn is_lossy(name: &str) -> bool {
    name.contains(".jpg") || name.contains("lossy") || name.contains("jpeg")
}

#[test]
fn every_kind_of_file_shows_the_same_picture() {
    let mut wrong = Vec::new();
    for (name, bytes) in pictures() {
        let Some((subject, _)) = name.split_once(['-', '.']) else {
            continue;
        };
        if ["pages", "palette", "turned"].contains(&subject) {
            continue;
        }
        let expected = first(&picture(&format!("{subject}.pgm"))).unwrap();
        match first(bytes) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(gray) => {
                let (most, mean) = difference(&gray, &expected);
                let (most_allowed, mean_allowed) =
                    if is_lossy(name) { (16, 2.0) } else { (1, 0.2) };
                if most > most_allowed || mean > mean_allowed {
                    wrong.push(format!(
                        "{name}: differs by up to {most}, {mean:.2} in the mean"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_pages_of_a_file_are_read() {
    let expected =
        ["gray.pgm", "bilevel.pgm", "color.pgm"].map(|name| first(&picture(name)).unwrap());
    let found = decode(&picture("pages.tif"), &DecodeLimits::default()).unwrap();
    assert_eq!(found.len(), 3);
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found.page, i);
        assert!(difference(&found.gray, expected).0 <= 1, "page {i}");
    }
    let found = decode(&picture("palette-pages.tif"), &DecodeLimits::default()).unwrap();
    assert_eq!(found.len(), 2);
    assert!(difference(&found[0].gray, &expected[0]).0 <= 1);
    // A palette of 256 colours is not exact.
    assert!(difference(&found[1].gray, &expected[2]).1 < 3.0);
}

#[test]
fn too_many_pages_are_refused_after_those_allowed() {
    let bytes = picture("pages.tif");
    let limits = DecodeLimits {
        max_pages: 2,
        ..DecodeLimits::default()
    };
    let results: Vec<_> = pages(&bytes, &limits).unwrap().collect();
    assert_eq!(results.len(), 3);
    assert!(results[1].is_ok());
    assert!(
        matches!(results[2], Err(DecodeError::TooManyPages { limit: 2, .. })),
        "{:?}",
        results[2]
    );
}

#[test]
fn many_pages_may_not_be_too_large_together() {
    let bytes = picture("pages.tif");
    // Three pages are within four times the limit of one.
    let limits = DecodeLimits {
        max_pixels: 29 * 19,
        ..DecodeLimits::default()
    };
    assert_eq!(decode(&bytes, &limits).unwrap().len(), 3);
    let error = DecodeError::TooLargeTogether {
        pages: 6,
        pixels: 104_000_000,
        limit: 100_000_000,
    };
    assert!(
        error
            .to_string()
            .starts_with("the first 6 pages of the file have 104.0 megapixels")
    );
}

#[test]
fn pictures_are_turned_upright_and_boxes_turned_back() {
    for (name, bytes) in pictures() {
        let Some(turned) = name.strip_prefix("turned-") else {
            continue;
        };
        let tag: u8 = turned[..1].parse().unwrap();
        let stored = first(&picture(if is_lossy(name) {
            "smooth.pgm"
        } else {
            "gray.pgm"
        }))
        .unwrap();
        let orientation = Orientation::from_exif(tag).unwrap();
        let mut upright = DynamicImage::ImageLuma8(stored.clone());
        upright.apply_orientation(orientation);

        let found = decode(bytes, &DecodeLimits::default())
            .unwrap()
            .swap_remove(0);
        assert_eq!(found.orientation, orientation, "{name}");
        assert_eq!(
            (found.stored_width, found.stored_height),
            stored.dimensions(),
            "{name}"
        );
        assert!(
            difference(&found.gray, &upright.into_luma8()).1 < 2.0,
            "{name}"
        );
        let part = Rect::new(3, 5, 7, 4);
        let mut seen = DynamicImage::ImageLuma8(crop(&stored, found.to_stored(part)));
        seen.apply_orientation(orientation);
        assert!(
            difference(&crop(&found.gray, part), &seen.into_luma8()).1 < 2.0,
            "{name}"
        );
    }
}

/// What is missing may only be what is not needed: later frames of a GIF, padding, a last tag. (Of
/// a number in a PGM of text nobody can tell that it was longer, so there the last one is needed.)
#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    let mut wrong = Vec::new();
    for (name, bytes) in pictures() {
        let whole = decode(bytes, &DecodeLimits::default()).unwrap();
        let last = if name == "gray-ascii.pgm" {
            bytes.len() - 4
        } else {
            bytes.len()
        };
        for length in 0..last {
            let cut = decode(&bytes[..length], &DecodeLimits::default());
            if cut.is_ok_and(|cut| cut != whole) {
                wrong.push(format!(
                    "{name}: {length} of {} give another picture",
                    bytes.len()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn errors_are_told_apart() {
    let limits = DecodeLimits::default();
    let png = picture("gray-8bit.png");
    let jpg = picture("smooth-gray.jpg");
    let tif = picture("gray-lzw.tif");
    let mut damaged = png.clone();
    damaged[60] ^= 0x55;
    let mut zero = png.clone();
    zero[16..20].fill(0);
    let cases: Vec<(&[u8], &str)> = vec![
        (b"", "the file is empty"),
        (b"hello, this is text", "not a picture"),
        (b"\0\0\0\x18ftypheic", "this kind of HEIF"),
        (&png[..png.len() / 2], "truncated PNG"),
        (&png[..6], "truncated PNG"),
        (&jpg[..jpg.len() / 2], "truncated JPEG"),
        (&tif[..tif.len() / 2], "truncated TIFF"),
        (b"GIF89a", "truncated GIF"),
        (b"BM12345", "truncated BMP"),
        (b"P5 5 5 255\n12345", "truncated PNM"),
        (b"RIFF\x20\0\0\0WEBPVP8L", "truncated WebP"),
        (&damaged, "damaged PNG"),
        (&zero, "the PNG picture is 0x19 pixels"),
        (b"P5 0 5 255\n", "the PNM picture is 0x5 pixels"),
        (
            b"P1 30000 30000\n",
            "the PNM picture is 30000x30000 pixels, 900.0 megapixels, and the limit is 100.0",
        ),
    ];
    let mut wrong = Vec::new();
    for (bytes, expected) in cases {
        let message = decode(bytes, &limits).unwrap_err().to_string();
        if !message.starts_with(expected) {
            wrong.push(format!("expected: {expected}\n   found: {message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(not(feature = "pdf"))]
#[test]
fn a_pdf_is_refused_where_it_is_not_built_in() {
    let message = first(b"%PDF-1.7").unwrap_err().to_string();
    assert!(
        message.starts_with("this kind of PDF is not read (this program was built without"),
        "{message}"
    );
}

/// Headers of 30,000 x 30,000 pixels: all are refused, and by their headers alone.
#[test]
fn huge_pictures_are_refused_before_they_are_decoded() {
    let side = 30_000_u32;
    let mut png = picture("gray-8bit.png");
    png[16..20].copy_from_slice(&side.to_be_bytes());
    png[20..24].copy_from_slice(&side.to_be_bytes());
    let mut jpg = picture("smooth-gray.jpg");
    let frame = jpg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    jpg[frame + 5..frame + 7].copy_from_slice(&30_000_u16.to_be_bytes());
    jpg[frame + 7..frame + 9].copy_from_slice(&30_000_u16.to_be_bytes());
    let mut gif = picture("gray.gif");
    gif[6..8].copy_from_slice(&30_000_u16.to_le_bytes());
    gif[8..10].copy_from_slice(&30_000_u16.to_le_bytes());
    let mut bmp = picture("gray.bmp");
    bmp[18..22].copy_from_slice(&side.to_le_bytes());
    bmp[22..26].copy_from_slice(&side.to_le_bytes());
    // Width, height and rows per strip.
    let mut tif = picture("gray-lzw.tif");
    let directory = u32::from_le_bytes(tif[4..8].try_into().unwrap()) as usize;
    for entry in tif[directory + 2..].chunks_exact_mut(12).take(9) {
        if matches!(entry[..2], [0 | 1 | 22, 1]) {
            entry[2..4].copy_from_slice(&4_u16.to_le_bytes());
            entry[8..12].copy_from_slice(&side.to_le_bytes());
        }
    }
    for bytes in [png, jpg, gif, bmp, tif] {
        match decode(&bytes, &DecodeLimits::default()) {
            Err(DecodeError::TooLarge {
                width: 30_000,
                height: 30_000,
                ..
            }) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn as_many_pixels_as_the_limit_are_allowed() {
    let bytes = picture("gray.gif");
    let exactly = DecodeLimits {
        max_pixels: 29 * 19,
        ..DecodeLimits::default()
    };
    assert!(decode(&bytes, &exactly).is_ok());
    let less = DecodeLimits {
        max_pixels: 29 * 19 - 1,
        ..DecodeLimits::default()
    };
    assert!(matches!(
        decode(&bytes, &less),
        Err(DecodeError::TooLarge { .. })
    ));
}

proptest! {
    /// Whatever happens to a file, there is an answer, and it keeps the limits.
    #[test]
    fn damaged_files_are_answered(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (name, mut bytes) = which.get(pictures()).clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let limits = DecodeLimits { max_pixels: 1_000_000, max_pages: 10 };
        if let Ok(found) = decode(&bytes, &limits) {
            for picture in found {
                prop_assert!(Rect::of(&picture.gray).area() <= limits.max_pixels, "{}", name);
                prop_assert!(!picture.gray.is_empty(), "{}", name);
            }
        }
    }

    #[test]
    fn random_bytes_are_answered(
        start in 0..8_usize,
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        const STARTS: [&[u8]; 8] = [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"II*\0\x08\0\0\0",
            b"BM",
            b"P7\n",
            b"GIF89a",
            b"RIFF\0\0\0\0WEBP",
        ];
        let bytes = [STARTS[start], &bytes].concat();
        let _ = decode(&bytes, &DecodeLimits { max_pixels: 1_000_000, max_pages: 10 });
    }
}
