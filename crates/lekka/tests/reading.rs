//! Reading drawn pages with a classifier that needs no weights.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, GrayImage, ImageEncoder, ImageFormat, Luma, imageops};
use lekka::{
    Classifier, ClassifierError, DecodeLimits, FieldKind, PageReading, ReadError, ReadOptions,
    Recognizer, Status,
};
use lekka_strokes::{Hand, Rng, Sheet, cell_text, draw_single};

/// Answers what it was told, in order, and counts its calls.
struct Scripted {
    digits: Vec<u8>,
    calls: Arc<AtomicUsize>,
}

impl Scripted {
    fn new(digits: Vec<u8>) -> Self {
        Self {
            digits,
            calls: Arc::default(),
        }
    }
}

impl Classifier for Scripted {
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let count = images.len() / 784;
        if count != self.digits.len() {
            return Err(format!("{count} digits found, {} written", self.digits.len()).into());
        }
        assert!(images.iter().all(|value| (0.0..=1.0).contains(value)));
        logits.clear();
        for &digit in &self.digits {
            let mut ten = [0.0; 10];
            ten[usize::from(digit)] = 12.0;
            logits.extend(ten);
        }
        Ok(())
    }
}

/// Answers nothing.
struct Silent;

impl Classifier for Silent {
    fn logits(&self, _: &[f32], _: &mut Vec<f32>) -> Result<(), ClassifierError> {
        Ok(())
    }
}

fn png(picture: &GrayImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .expect("a PNG");
    bytes
}

/// A sheet of five rows and six columns with two blanks.
fn sheet() -> Sheet {
    let cell = |row: u8, column: u8| {
        let blank = matches!((row, column), (1, 2) | (4, 5));
        (!blank).then_some((row + column) % 10)
    };
    let cells = (0..5)
        .map(|row| (0..6).map(|column| cell(row, column)).collect())
        .collect();
    Sheet {
        cells,
        ..Sheet::default()
    }
}

fn digits(sheet: &Sheet) -> Vec<u8> {
    sheet.cells.iter().flatten().copied().flatten().collect()
}

fn read(bytes: &[u8], digits: Vec<u8>) -> PageReading {
    let recognizer = Recognizer::with_classifier(Scripted::new(digits));
    let mut pages = recognizer
        .read(bytes, "sheet.png", &ReadOptions::default())
        .expect("a reading");
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

#[test]
fn a_sheet_is_read_cell_by_cell() {
    let sheet = sheet();
    let picture = sheet.draw(3);
    let page = read(&png(&picture), digits(&sheet));
    assert_eq!(
        (page.page, page.width, page.height),
        (1, picture.width(), picture.height())
    );
    assert!(page.skew_degrees.abs() < 0.3, "{}", page.skew_degrees);
    let [field] = &page.fields[..] else {
        panic!("{:?}", page.fields)
    };
    assert_eq!(
        (field.name.as_str(), field.kind),
        ("field_1", FieldKind::Grid)
    );
    assert_eq!(
        (field.rows, field.columns, field.status),
        (5, 6, Status::Ok)
    );
    assert_eq!(field.ascii, cell_text(&sheet.cells));
    assert_eq!(field.text, lekka_strokes::kannada_number(&field.ascii));
    for (index, digit) in field.digits.iter().enumerate() {
        assert_eq!((digit.row, digit.column), (index / 6, index % 6));
        assert_eq!(digit.status == Status::Blank, digit.digit.is_none());
        let [x, y, width, height] = digit.bounds.map(|length| length as f32);
        let middle = [
            sheet.margin + (digit.column as f32 + 0.5) * sheet.cell_size[0],
            sheet.margin + (digit.row as f32 + 0.5) * sheet.cell_size[1],
        ];
        assert!((x..x + width).contains(&middle[0]), "{digit:?}");
        assert!((y..y + height).contains(&middle[1]), "{digit:?}");
    }
}

#[test]
fn all_digits_of_a_page_come_in_one_call() {
    let classifier = Scripted::new(digits(&sheet()));
    let calls = Arc::clone(&classifier.calls);
    let recognizer = Recognizer::with_classifier(classifier);
    recognizer
        .read(&png(&sheet().draw(3)), "", &ReadOptions::default())
        .expect("a reading");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn light_on_dark_and_turned_sheets_are_read_alike() {
    for sheet in [
        Sheet {
            paper: 30,
            ink: 220,
            ..sheet()
        },
        Sheet {
            skew_degrees: 2.0,
            ..sheet()
        },
        Sheet {
            skew_degrees: -3.0,
            ..sheet()
        },
    ] {
        let page = read(&png(&sheet.draw(4)), digits(&sheet));
        assert_eq!(page.fields[0].ascii, cell_text(&sheet.cells));
        let turned = f64::from(sheet.skew_degrees);
        assert!(
            (page.skew_degrees - turned).abs() < 0.3,
            "{} {turned}",
            page.skew_degrees
        );
    }
}

#[test]
fn a_lone_digit_is_found() {
    for digit in 0..10_u8 {
        let character = lekka_strokes::kannada_digit(digit).expect("a digit");
        let picture = draw_single(character, 1, &Hand::plain(90.0), &mut Rng::new(5));
        let page = read(&png(&picture.expect("strokes")), vec![digit]);
        let [field] = &page.fields[..] else {
            panic!("{digit}: {:?}", page.fields)
        };
        assert_eq!(
            (field.kind, field.rows, field.columns),
            (FieldKind::Digit, 1, 1)
        );
        assert_eq!(field.text, character.to_string());
    }
}

#[test]
fn boxes_of_a_turned_photo_lie_where_the_file_has_the_ink() {
    // The camera was held upright: the picture is stored lying on its left side, and the EXIF
    // orientation 6 says that it has to be turned clockwise.
    let sheet = Sheet {
        speckles: 0.0,
        ..sheet()
    };
    let stored = imageops::rotate270(&sheet.draw(6));
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    encoder.set_exif_metadata(exif).expect("PNG takes EXIF");
    encoder
        .write_image(
            &stored,
            stored.width(),
            stored.height(),
            ExtendedColorType::L8,
        )
        .expect("a PNG");

    let page = read(&bytes, digits(&sheet));
    assert_eq!((page.width, page.height), stored.dimensions());
    assert_eq!(page.fields[0].ascii, cell_text(&sheet.cells));
    for digit in page.digits() {
        let [x, y, width, height] = digit.bounds;
        // Less the ruling around it, a cell has ink when a digit stands in it.
        let inside = imageops::crop_imm(&stored, x + 8, y + 8, width - 16, height - 16);
        let ink = inside.to_image().pixels().any(|pixel| pixel.0[0] < 128);
        assert_eq!(ink, digit.digit.is_some(), "{digit:?}");
    }
}

#[test]
fn pages_without_digits_have_no_fields() {
    for picture in [
        GrayImage::from_pixel(300, 200, Luma([255])),
        GrayImage::from_pixel(300, 200, Luma([0])),
        GrayImage::from_pixel(1, 1, Luma([90])),
    ] {
        let page = read(&png(&picture), Vec::new());
        assert!(page.fields.is_empty(), "{:?}", page.fields);
        assert!(page.errors.is_empty());
    }
}

/// Uncompressed pages of 8-bit grey in one TIFF file: the directories first, then the pixels.
fn tiff(pages: &[GrayImage]) -> Vec<u8> {
    const ENTRIES: u16 = 6;
    const DIRECTORY: u32 = 2 + 12 * ENTRIES as u32 + 4;
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    let mut pixels = 8 + DIRECTORY * pages.len() as u32;
    for (index, page) in pages.iter().enumerate() {
        bytes.extend(ENTRIES.to_le_bytes());
        let length = page.width() * page.height();
        // Width, height, bits, black is 0, where the only strip is and how long.
        let entries: [(u16, u32); ENTRIES as usize] = [
            (256, page.width()),
            (257, page.height()),
            (258, 8),
            (262, 1),
            (273, pixels),
            (279, length),
        ];
        for (tag, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(4_u16.to_le_bytes());
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        let is_last = index + 1 == pages.len();
        let next = if is_last {
            0
        } else {
            8 + DIRECTORY * (index as u32 + 1)
        };
        bytes.extend(next.to_le_bytes());
        pixels += length;
    }
    for page in pages {
        bytes.extend(page.as_raw());
    }
    bytes
}

#[test]
fn pages_count_from_one_and_a_damaged_one_leaves_those_before_it() {
    let sheet = sheet();
    let bytes = tiff(&[sheet.draw(3), sheet.draw(3)]);
    let recognizer = Recognizer::with_classifier(Scripted::new(digits(&sheet)));
    let options = ReadOptions::default();
    let pages = recognizer
        .read(&bytes, "two.tif", &options)
        .expect("readings");
    assert_eq!(
        pages.iter().map(|page| page.page).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(pages[0].fields, pages[1].fields);

    let cut = &bytes[..bytes.len() - 1000];
    let pages = recognizer.read(cut, "two.tif", &options).expect("readings");
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0].fields[0].ascii, cell_text(&sheet.cells));
    assert!(pages[0].errors.is_empty());
    assert_eq!((pages[1].page, pages[1].fields.len()), (2, 0));
    assert!(
        pages[1].errors[0].starts_with("truncated TIFF file"),
        "{:?}",
        pages[1].errors
    );
}

#[test]
fn errors_name_the_file_and_the_reason() {
    let options = ReadOptions::default();
    let recognizer = Recognizer::with_classifier(Scripted::new(Vec::new()));
    let error = recognizer
        .read(b"just text", "notes.txt", &options)
        .expect_err("no picture");
    assert!(matches!(error, ReadError::Decode { .. }));
    assert!(
        error.to_string().starts_with("notes.txt: not a picture"),
        "{error}"
    );

    let bytes = png(&sheet().draw(3));
    let half = &bytes[..bytes.len() / 2];
    let error = recognizer
        .read(half, "half.png", &options)
        .expect_err("cut off");
    assert!(
        error.to_string().starts_with("half.png: truncated"),
        "{error}"
    );

    let error = recognizer
        .read(&bytes, "sheet.png", &options)
        .expect_err("no answers");
    assert_eq!(
        error.to_string(),
        "sheet.png, page 1: the classifier failed: 28 digits found, 0 written"
    );

    let silent = Recognizer::with_classifier(Silent);
    let error = silent
        .read(&bytes, "sheet.png", &options)
        .expect_err("no logits");
    assert_eq!(
        error.to_string(),
        "sheet.png, page 1: the classifier gave 0 logits, ten per digit are 280; repair the \
         classifier"
    );

    let limits = DecodeLimits {
        max_pixels: 1000,
        ..DecodeLimits::default()
    };
    let strict = ReadOptions {
        limits,
        ..ReadOptions::default()
    };
    let error = recognizer
        .read(&bytes, "sheet.png", &strict)
        .expect_err("too large");
    assert!(error.to_string().contains("the limit is"), "{error}");
}
