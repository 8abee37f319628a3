//! IDX files, already decompressed: what is accepted is written back byte for byte.
#![no_main]

use lekka_train::data::{Idx, parse_idx, write_idx_images, write_idx_labels};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut written = Vec::new();
    match parse_idx("fuzz", bytes) {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
        // The number of images without pixels cannot be told from their pixels.
        Ok(Idx::Images(images)) if images.pixels.is_empty() => return,
        Ok(Idx::Images(images)) => {
            write_idx_images(&mut written, images.rows, images.columns, &images.pixels)
        }
        Ok(Idx::Labels(labels)) => write_idx_labels(&mut written, &labels.0),
    }
    .expect("a vector takes everything");
    assert_eq!(written, bytes);
});
