//! `numbers.jsonl`, the index of a folder of composed numbers.
#![no_main]

use lekka_train::data::parse_numbers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match parse_numbers("fuzz", text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(entries) => {
            for entry in entries {
                assert!(!entry.file.contains('/'));
                assert!(entry.text.bytes().all(|byte| byte.is_ascii_digit()));
            }
        }
    }
});
