//! Readings and corrections as JavaScript passes them.

use serde::de::DeserializeOwned;

use crate::error::WasmError;

/// What a JSON text says; `what` is its name for errors.
pub(crate) fn value<T: DeserializeOwned>(json: &str, what: &'static str) -> Result<T, WasmError> {
    serde_json::from_str(json).map_err(|error| WasmError::Json { what, error })
}

/// The pages of a reading, one JSON object a line.
pub(crate) fn pages<T: DeserializeOwned>(readings: &str) -> Result<Vec<T>, WasmError> {
    let pages = serde_json::Deserializer::from_str(readings).into_iter();
    let pages: Result<_, _> = pages.collect();
    pages.map_err(|error| WasmError::Json {
        what: "readings",
        error,
    })
}

/// The page, from 0, that a correction is for.
pub(crate) fn page_of<T>(pages: &mut [T], page: usize) -> Result<&mut T, WasmError> {
    let found = pages.len();
    pages.get_mut(page).ok_or(WasmError::Page {
        file: "corrections".to_owned(),
        page: page.saturating_add(1),
        pages: found,
    })
}

/// What an exporter wrote.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, WasmError> {
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}
