//! Readings as a table: one row for each page, a column for each field.

use crate::check::Form;
use crate::read::FormReading;
use std::io::{self, Write};

/// The columns of the table of a form: source and page, its fields, what is for review, and why a page was not read.
pub fn columns(form: &Form) -> Vec<String> {
    let fields = form
        .template()
        .fields
        .iter()
        .map(|field| field.name().to_owned());
    ["source", "page"]
        .map(str::to_owned)
        .into_iter()
        .chain(fields)
        .chain(["review", "error"].map(str::to_owned))
        .collect()
}

/// The cells of a page, in the order of [`columns`].
pub(crate) fn row(form: &Form, reading: &FormReading) -> Vec<String> {
    let value = |name: &str| {
        let field = reading.fields.iter().find(|field| field.name == name);
        field
            .and_then(|field| field.value.clone())
            .unwrap_or_default()
    };
    let mut row = vec![reading.source.clone(), reading.page.to_string()];
    row.extend(
        form.template()
            .fields
            .iter()
            .map(|field| value(field.name())),
    );
    row.push(reading.review().collect::<Vec<_>>().join(" "));
    row.push(reading.error.clone().unwrap_or_default());
    row
}

/// Writes the header of the table as CSV.
///
/// # Errors
///
/// Whatever `out` answers.
pub fn write_csv_header(form: &Form, out: &mut dyn Write) -> io::Result<()> {
    write_line(&columns(form), out)
}

/// Writes a page as a row of CSV.
///
/// # Errors
///
/// Whatever `out` answers.
pub fn write_csv_row(form: &Form, reading: &FormReading, out: &mut dyn Write) -> io::Result<()> {
    write_line(&row(form, reading), out)
}

fn write_line(cells: &[String], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(io::Error::other)?;
    let bytes = writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&bytes)
}

/// Writes a page as a line of JSON.
///
/// # Errors
///
/// Whatever `out` answers.
pub fn write_json(reading: &FormReading, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, reading)?;
    out.write_all(b"\n")
}
