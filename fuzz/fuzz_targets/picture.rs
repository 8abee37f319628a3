//! Picture files of every format, with limits small enough that a decoder which ignores them is found out by
//! `-rss_limit_mb` and `-malloc_limit_mb`.
#![no_main]

use lekka_image::{DecodeLimits, Rect, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = DecodeLimits {
        max_pixels: 1 << 16,
        max_pages: 4,
    };
    match decode(bytes, &limits) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(pictures) => {
            assert!((1..=4).contains(&pictures.len()));
            for (page, picture) in pictures.iter().enumerate() {
                let whole = Rect::of(&picture.gray);
                assert!((1..=limits.max_pixels).contains(&whole.area()));
                assert_eq!(picture.page, page);
                let stored = Rect::new(0, 0, picture.stored_width, picture.stored_height);
                assert_eq!(picture.to_stored(whole), stored);
            }
        }
    }
});
