//! PDFs: scans as they are embedded, pages that have to be drawn, and what cannot be read.

#![cfg(feature = "pdf")]

use lekka_image::decode::{Document, Orientation, pages};
use lekka_image::{DecodeError, DecodeLimits, GrayImage, Rect, decode, grid};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Ref};
use proptest::prelude::*;

/// A picture of a page: its data, and from its unit square to the page's points.
struct Scan {
    data: Vec<u8>,
    size: (i32, i32),
    filter: Option<Filter>,
    place: [f32; 6],
}

/// A page of 40 x 30 points.
#[derive(Default)]
struct Page {
    scans: Vec<Scan>,
    rotate: i32,
    /// A black square in the lower left corner, of so many points.
    square: f32,
}

const WIDTH: f32 = 40.0;
const HEIGHT: f32 = 30.0;
const WHOLE: [f32; 6] = [WIDTH, 0.0, 0.0, HEIGHT, 0.0, 0.0];

fn scan(gray: &GrayImage, place: [f32; 6]) -> Scan {
    Scan {
        data: gray.as_raw().clone(),
        size: (gray.width() as i32, gray.height() as i32),
        filter: None,
        place,
    }
}

fn pdf(pages: &[Page]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let mut last = 2;
    let mut next = || {
        last += 1;
        Ref::new(last)
    };
    let (catalog, tree) = (Ref::new(1), Ref::new(2));
    pdf.catalog(catalog).pages(tree);
    let ids: Vec<Ref> = pages.iter().map(|_| next()).collect();
    pdf.pages(tree)
        .kids(ids.iter().copied())
        .count(ids.len() as i32);
    for (page, id) in pages.iter().zip(ids) {
        let mut content = Content::new();
        let mut pictures = Vec::new();
        for (index, scan) in page.scans.iter().enumerate() {
            let name = format!("Scan{index}");
            content.save_state().transform(scan.place);
            content.x_object(Name(name.as_bytes())).restore_state();
            let id = next();
            let mut picture = pdf.image_xobject(id, &scan.data);
            picture.width(scan.size.0).height(scan.size.1);
            picture.color_space().device_gray();
            picture.bits_per_component(8);
            if let Some(filter) = scan.filter {
                picture.filter(filter);
            }
            picture.finish();
            pictures.push((name, id));
        }
        if page.square > 0.0 {
            content.rect(0.0, 0.0, page.square, page.square);
            content.fill_nonzero();
        }
        let stream = next();
        pdf.stream(stream, &content.finish());
        let mut written = pdf.page(id);
        written.parent(tree).contents(stream).rotate(page.rotate);
        written.media_box(pdf_writer::Rect::new(0.0, 0.0, WIDTH, HEIGHT));
        let mut resources = written.resources();
        let mut objects = resources.x_objects();
        for (name, id) in &pictures {
            objects.pair(Name(name.as_bytes()), *id);
        }
    }
    pdf.finish()
}

/// 8 x 6 pixels, of which no two rows or columns are alike.
fn picture() -> GrayImage {
    GrayImage::from_fn(8, 6, |x, y| image::Luma([(x * 9 + y * 31) as u8]))
}

fn only(bytes: &[u8]) -> Result<lekka_image::Picture, DecodeError> {
    let mut found = decode(bytes, &DecodeLimits::default())?;
    assert_eq!(found.len(), 1);
    Ok(found.remove(0))
}

#[test]
fn a_scan_is_taken_as_it_is_embedded() {
    let page = Page {
        scans: vec![scan(&picture(), WHOLE)],
        ..Page::default()
    };
    let found = only(&pdf(&[page])).unwrap();
    assert_eq!(found.gray, picture());
    assert_eq!(found.orientation, Orientation::NoTransforms);
    // In the middle of the page, smaller than it.
    let page = Page {
        scans: vec![scan(&picture(), [20.0, 0.0, 0.0, 15.0, 5.0, 5.0])],
        ..Page::default()
    };
    assert_eq!(only(&pdf(&[page])).unwrap().gray, picture());
}

#[test]
fn a_jpeg_is_decoded_like_the_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    let data = std::fs::read(folder.join("smooth-gray.jpg")).unwrap();
    let file = only(&data).unwrap().gray;
    let scan = |data: Vec<u8>| Scan {
        data,
        size: (file.width() as i32, file.height() as i32),
        filter: Some(Filter::DctDecode),
        place: [
            file.width() as f32,
            0.0,
            0.0,
            file.height() as f32,
            0.0,
            0.0,
        ]
        .map(|points| points / 4.0),
    };
    let page = |data| Page {
        scans: vec![scan(data)],
        ..Page::default()
    };
    assert_eq!(only(&pdf(&[page(data.clone())])).unwrap().gray, file);
    let cut = data[..data.len() / 2].to_vec();
    let error = only(&pdf(&[page(cut)])).unwrap_err().to_string();
    assert!(
        error.starts_with("damaged PDF file (in the scan: truncated JPEG"),
        "{error}"
    );
}

#[test]
fn a_turned_page_is_upright_and_its_boxes_are_the_scans() {
    for (rotate, orientation) in [
        (0, Orientation::NoTransforms),
        (90, Orientation::Rotate90),
        (180, Orientation::Rotate180),
        (270, Orientation::Rotate270),
    ] {
        let page = Page {
            scans: vec![scan(&picture(), WHOLE)],
            rotate,
            ..Page::default()
        };
        let found = only(&pdf(&[page])).unwrap();
        assert_eq!(found.orientation, orientation);
        let expected = match rotate {
            90 => image::imageops::rotate90(&picture()),
            180 => image::imageops::rotate180(&picture()),
            270 => image::imageops::rotate270(&picture()),
            _ => picture(),
        };
        assert_eq!(found.gray, expected, "{rotate}");
        assert_eq!(
            found.to_stored(Rect::of(&found.gray)),
            Rect::new(0, 0, 8, 6)
        );
    }
}

#[test]
fn strips_are_put_together_at_their_resolution() {
    // 40 x 30 points of 160 x 120 pixels are 288 dpi.
    let whole = GrayImage::from_fn(160, 120, |x, y| {
        image::Luma([if (x / 16 + y / 16) % 2 == 0 { 0 } else { 255 }])
    });
    let half = |top| image::imageops::crop_imm(&whole, 0, top, 160, 60).to_image();
    let page = Page {
        scans: vec![
            scan(&half(0), [WIDTH, 0.0, 0.0, HEIGHT / 2.0, 0.0, HEIGHT / 2.0]),
            scan(&half(60), [WIDTH, 0.0, 0.0, HEIGHT / 2.0, 0.0, 0.0]),
        ],
        ..Page::default()
    };
    let found = only(&pdf(&[page])).unwrap().gray;
    assert!(found.width().abs_diff(160) <= 1 && found.height().abs_diff(120) <= 1);
    for (x, y) in [(8, 8), (24, 8), (8, 56), (8, 72), (24, 72), (150, 110)] {
        assert!(
            found.get_pixel(x, y).0[0].abs_diff(whole.get_pixel(x, y).0[0]) < 40,
            "{x}, {y}"
        );
    }
}

#[test]
fn what_is_drawn_over_a_scan_counts() {
    let white = GrayImage::from_pixel(80, 60, image::Luma([255]));
    let page = Page {
        scans: vec![scan(&white, WHOLE)],
        square: 10.0,
        ..Page::default()
    };
    let found = only(&pdf(&[page])).unwrap().gray;
    // At 144 dpi the scan is coarser than what a page is drawn at.
    assert_eq!(found.dimensions(), (83, 63));
    assert_eq!(found.get_pixel(5, found.height() - 5).0, [0]);
    assert!(found.get_pixel(60, 10).0[0] >= 250);
}

#[test]
fn a_page_without_pictures_is_drawn_at_300_dpi() {
    let found = only(&pdf(&[Page {
        square: 15.0,
        ..Page::default()
    }]))
    .unwrap();
    // 40 x 30 points are 166.7 x 125 pixels.
    assert_eq!(found.gray.dimensions(), (167, 125));
    let dark = found.gray.pixels().filter(|pixel| pixel.0[0] < 128).count();
    assert!((3600..4200).contains(&dark), "{dark}");
    assert!(
        only(&pdf(&[Page::default()])).is_ok(),
        "an empty page is white"
    );
}

#[test]
fn pages_are_independent() {
    let good = || Page {
        scans: vec![scan(&picture(), WHOLE)],
        ..Page::default()
    };
    let damaged = Page {
        scans: vec![Scan {
            data: b"no JPEG".to_vec(),
            filter: Some(Filter::DctDecode),
            ..scan(&picture(), WHOLE)
        }],
        ..Page::default()
    };
    let large = Page {
        scans: vec![Scan {
            size: (30_000, 30_000),
            ..scan(&picture(), WHOLE)
        }],
        ..Page::default()
    };
    let bytes = pdf(&[good(), damaged, large, good(), good()]);
    let limits = DecodeLimits::default();
    let found: Vec<_> = pages(&bytes, &limits).unwrap().collect();
    assert_eq!(found[0].as_ref().unwrap().gray, picture());
    assert!(
        matches!(found[1], Err(DecodeError::Damaged { .. })),
        "{:?}",
        found[1]
    );
    assert!(
        matches!(found[2], Err(DecodeError::TooLarge { width: 30_000, .. })),
        "{:?}",
        found[2]
    );
    assert_eq!(found[3].as_ref().unwrap().page, 3);
    assert_eq!(found.len(), 5);

    let limits = DecodeLimits {
        max_pages: 4,
        ..DecodeLimits::default()
    };
    let document = Document::open(&bytes[..], &limits).unwrap();
    assert_eq!(document.page_count(), 5);
    assert!(document.page(3).is_ok());
    assert!(matches!(
        document.page(4),
        Err(DecodeError::TooManyPages { limit: 4, .. })
    ));
}

#[test]
fn what_is_no_pdf_is_told() {
    let cases: [(&[u8], &str); 2] = [
        (
            b"%PDF-1.7",
            "damaged PDF file (no pages can be found in it)",
        ),
        (
            b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n",
            "damaged PDF file",
        ),
    ];
    for (bytes, expected) in cases {
        let message = only(bytes).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
    // Some programs write before the header.
    let bytes = [
        b"\n\n",
        &pdf(&[Page {
            scans: vec![scan(&grid(&["#.", ".#"]), [30.0, 0.0, 0.0, 30.0, 0.0, 0.0])],
            ..Page::default()
        }])[..],
    ]
    .concat();
    assert_eq!(only(&bytes).unwrap().gray, grid(&["#.", ".#"]));
}

proptest! {
    /// Whatever happens to a file, there is an answer, and it keeps the limits.
    #[test]
    fn damaged_files_are_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = pdf(&[
            Page { scans: vec![scan(&picture(), WHOLE)], rotate: 90, ..Page::default() },
            Page { square: 8.0, ..Page::default() },
        ]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let limits = DecodeLimits { max_pixels: 1_000_000, max_pages: 10 };
        for picture in pages(&bytes, &limits).into_iter().flatten().flatten() {
            prop_assert!(Rect::of(&picture.gray).area() <= limits.max_pixels);
            prop_assert!(!picture.gray.is_empty());
        }
    }
}
