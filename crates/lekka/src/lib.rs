//! Reads handwritten Kannada digits from scans.

mod export;
mod reading;

pub use export::{
    CsvExporter, Exporter, JsonExporter, OutputFormat, TextExporter, UnknownFormat, write_all,
};
pub use reading::{
    Alternative, DigitReading, FieldKind, FieldReading, PageReading, SCHEMA_VERSION, Script, Status,
};
