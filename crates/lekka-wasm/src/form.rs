//! Forms for JavaScript.

use lekka_form::table::{columns, write_csv_header, write_csv_row, write_json};
use lekka_form::{DEFAULT_REVIEW_BELOW, Form, FormOptions, FormReading, Template};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::WasmError;
use crate::json;
use crate::options::Options;
use crate::picture::png_of;
use crate::reader::Reader;

/// What was read of the pages of a file as a form, with pictures of what is in doubt.
#[wasm_bindgen]
#[derive(Debug)]
pub struct FormScan {
    pages: Vec<FormReading>,
}

#[wasm_bindgen]
impl FormScan {
    /// What `lekka form read --format json` writes: one JSON object a line for each page.
    ///
    /// # Errors
    ///
    /// None; writing to memory does not fail.
    pub fn readings(&self) -> Result<String, WasmError> {
        written(&self.pages)
    }

    /// A field as it stands on the scan, upright, as PNG; both counted from 0. None when it is not in doubt or does
    /// not exist.
    ///
    /// # Errors
    ///
    /// When it cannot be written as PNG.
    pub fn picture(&self, page: usize, field: usize) -> Result<Option<Vec<u8>>, WasmError> {
        let field = self.pages.get(page).and_then(|page| page.fields.get(field));
        let picture = field.and_then(|field| field.picture.as_ref());
        picture.map(png_of).transpose()
    }
}

/// A correction as JavaScript says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonCorrection {
    page: usize,
    field: String,
    value: Option<String>,
}

#[wasm_bindgen]
impl Reader {
    /// What a template says, as JSON: `name`, `title`, the `columns` of its table, and `fields` with `name`, `label`,
    /// `least` and `most` digits. `template` is its TOML, `file` its name for errors.
    ///
    /// # Errors
    ///
    /// When it is no template or has mistakes; each is told with its line.
    #[wasm_bindgen(js_name = describeForm)]
    pub fn describe_form(&self, template: &str, file: &str) -> Result<String, WasmError> {
        let form = form_of(template, file)?;
        let template = form.template();
        let field = |field: &lekka_form::Field| {
            serde_json::json!({
                "name": field.name(),
                "label": field.label,
                "least": field.digits.least,
                "most": field.digits.most,
            })
        };
        Ok(serde_json::json!({
            "name": template.name,
            "title": template.title,
            "columns": columns(&form),
            "fields": template.fields.iter().map(field).collect::<Vec<_>>(),
        })
        .to_string())
    }

    /// Reads all pages of a scan of a form. `options` is the JSON of [`Options`]; forms are dark on light, so that `ink`
    /// and `maxError` say nothing.
    ///
    /// # Errors
    ///
    /// As [`describe_form`](Self::describe_form), and when the bytes are no picture, or one beyond the limits.
    #[wasm_bindgen(js_name = readForm)]
    pub fn read_form(
        &self,
        template: &str,
        template_file: &str,
        bytes: &[u8],
        file: &str,
        options: &str,
    ) -> Result<FormScan, WasmError> {
        let options = Options::parse(options)?;
        let form_options = FormOptions {
            limits: options.to_read_options()?.limits,
            review_below: options.review_below.map_or(DEFAULT_REVIEW_BELOW, f64::from),
            keep_pictures: true,
        };
        let form = form_of(template, template_file)?;
        let pages = form.read(&self.recognizer, bytes, file, &form_options)?;
        Ok(FormScan { pages })
    }

    /// Readings of a form, JSON as [`FormScan::readings`] gives it, with what a person says of fields: `corrections` is
    /// a JSON array of `{"page", "field", "value"}`, the page counted from 0, the field by its name, the value in
    /// digits or null for a blank.
    ///
    /// # Errors
    ///
    /// When the JSON is not of that form, there is no such field or the value is no number.
    #[wasm_bindgen(js_name = correctForm)]
    pub fn correct_form(&self, readings: &str, corrections: &str) -> Result<String, WasmError> {
        let mut pages = json::pages::<FormReading>(readings)?;
        let corrections: Vec<JsonCorrection> = json::value(corrections, "corrections")?;
        for JsonCorrection { page, field, value } in corrections {
            json::page_of(&mut pages, page)?.correct(&field, value.as_deref())?;
        }
        written(&pages)
    }

    /// Readings of a form, JSON as [`FormScan::readings`] gives it, as a table (`csv`) or one object a line (`json`).
    ///
    /// # Errors
    ///
    /// As [`describe_form`](Self::describe_form), and when the JSON is not of that form or the format does not exist.
    #[wasm_bindgen(js_name = exportForm)]
    pub fn export_form(
        &self,
        template: &str,
        template_file: &str,
        readings: &str,
        format: &str,
    ) -> Result<String, WasmError> {
        let form = form_of(template, template_file)?;
        let pages: Vec<FormReading> = json::pages(readings)?;
        match format {
            "json" => written(&pages),
            "csv" => {
                let mut out = Vec::new();
                write_csv_header(&form, &mut out)?;
                for page in &pages {
                    write_csv_row(&form, page, &mut out)?;
                }
                json::text(out)
            }
            other => Err(WasmError::FormFormat(other.to_owned())),
        }
    }
}

fn form_of(template: &str, file: &str) -> Result<Form, WasmError> {
    Form::new(Template::parse(template, file)?).map_err(|problems| WasmError::Mistakes {
        file: file.to_owned(),
        problems,
    })
}

fn written(pages: &[FormReading]) -> Result<String, WasmError> {
    let mut out = Vec::new();
    for page in pages {
        write_json(page, &mut out)?;
    }
    json::text(out)
}
