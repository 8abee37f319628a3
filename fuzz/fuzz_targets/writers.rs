//! `writers.csv`, and the writers of the images that it tells of. The first byte is the number of images.
#![no_main]

use lekka_train::data::Writers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&images, table)) = bytes.split_first() else {
        return;
    };
    let images = usize::from(images);
    let Ok(runs) = Writers::parse_table("fuzz", table) else {
        return;
    };
    for split in ["train", "test"] {
        match Writers::from_runs("fuzz", &runs, split, images) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(writers) => {
                assert_eq!(writers.len(), images);
                let counted: usize = writers.counts().iter().map(|(_, count)| count).sum();
                assert_eq!(counted, images);
            }
        }
    }
});
