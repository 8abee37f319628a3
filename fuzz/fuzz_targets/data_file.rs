//! Data files of any kind, told by their first bytes: IDX and CSV, gzipped or not.
#![no_main]

use lekka_train::data::parse_data_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = parse_data_file("fuzz", bytes) {
        assert!(!error.to_string().is_empty());
    }
});
