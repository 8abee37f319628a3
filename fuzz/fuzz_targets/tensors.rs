//! Bodies of `/v1/digits`, as JSON and as bytes: what is accepted is whole images, and bytes come back the same.
#![no_main]

use lekka_server::tensors::{PIXELS, from_bytes, from_json};
use libfuzzer_sys::fuzz_target;

const MOST: usize = 8;

fuzz_target!(|body: &[u8]| {
    match from_json(body, MOST) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(images) => {
            assert!(images.len().is_multiple_of(PIXELS));
            assert!((1..=MOST).contains(&(images.len() / PIXELS)));
        }
    }
    match from_bytes(body, MOST) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(images) => {
            assert!((1..=MOST).contains(&(images.len() / PIXELS)));
            let bytes: Vec<u8> = images.iter().map(|value| (value * 255.0).round() as u8).collect();
            assert!(body.ends_with(&bytes));
        }
    }
});
