//! Files of many pages, TIFF and PDF: their pages in any order are those in order, and keep the limits. Bytes that are
//! neither get the beginning of a PDF, so that its parser is met more often than those of pictures.
#![no_main]

use lekka_image::decode::{Document, pages};
use lekka_image::{DecodeLimits, Rect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = DecodeLimits {
        max_pixels: 1 << 16,
        max_pages: 4,
    };
    let headed;
    let bytes = match bytes {
        [b'%' | b'I' | b'M', ..] => bytes,
        other => {
            headed = [b"%PDF-1.7\n", other].concat();
            &headed
        }
    };
    let Ok(document) = Document::open(bytes, &limits) else {
        return;
    };
    let count = document.page_count();
    assert!((1..=5).contains(&count));
    assert!(document.page(count).is_err());
    let backwards: Vec<_> = (0..count).rev().map(|page| document.page(page)).collect();
    let forwards = pages(bytes, &limits).expect("it opened before");
    for ((page, first), second) in forwards.enumerate().zip(backwards.into_iter().rev()) {
        match (first, second) {
            (Ok(first), Ok(second)) => {
                assert!(first == second && first.page == page);
                let whole = Rect::of(&first.gray);
                assert!((1..=limits.max_pixels).contains(&whole.area()));
                let stored = Rect::new(0, 0, first.stored_width, first.stored_height);
                assert_eq!(first.to_stored(whole), stored);
            }
            (Err(first), Err(second)) => assert_eq!(first.to_string(), second.to_string()),
            (first, second) => panic!("{:?} and {:?}", first.err(), second.err()),
        }
    }
});
