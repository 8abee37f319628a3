//! Kaggle's CSV: what is accepted is a set of whole images with as many labels.
#![no_main]

use lekka_train::data::{CLASSES, IMAGE_PIXELS, parse_csv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| match parse_csv("fuzz", bytes) {
    Err(error) => assert!(!error.to_string().is_empty()),
    Ok(set) => {
        assert!(!set.is_empty());
        assert_eq!(set.images().len(), set.len() * IMAGE_PIXELS);
        if let Some(labels) = set.labels() {
            assert_eq!(labels.len(), set.len());
            assert!(labels.iter().all(|&label| usize::from(label) < CLASSES));
        }
    }
});
