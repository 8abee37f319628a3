//! Lekka in the browser: what [`lekka`] does, for JavaScript.
//!
//! Nothing is done here that the library does not do: bytes and numbers come in, the library reads
//! them, and what it says goes out as the same JSON that the command line writes. `web/build.sh`
//! makes the WebAssembly module and its JavaScript of this crate; `docs/web.md` tells how to use
//! them. On other targets the crate compiles for its tests only.
//!
//! Errors are thrown as JavaScript's `Error` with the library's message. `FormScan`
//! is for forms, read as `lekka form read` does.

mod error;
mod form;
mod json;
mod options;
mod picture;
mod reader;

pub use error::WasmError;
pub use form::FormScan;
pub use options::Options;
pub use picture::{Preview, StagePicture};
pub use reader::Reader;
