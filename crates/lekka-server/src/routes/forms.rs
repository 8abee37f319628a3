//! `/v1/forms`: which there are, and filled scans of one.

use super::options::options;
use crate::body::{self, Upload, uploads};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::ImageFormat;
use lekka::{DecodeLimits, Recognizer};
use lekka_form::table::{write_csv_header, write_csv_row, write_json};
use lekka_form::{DEFAULT_REVIEW_BELOW, Form, FormOptions, FormReadError, FormReading};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

#[derive(Debug, Serialize)]
struct Listed<'a> {
    name: &'a str,
    title: Option<&'a str>,
    fields: Vec<&'a str>,
}

pub(super) async fn list(State(state): State<AppState>) -> Response {
    let listed = |(name, form): (&'_ str, &'_ Form)| {
        let template = form.template();
        serde_json::to_value(Listed {
            name,
            title: template.title.as_deref(),
            fields: template
                .fields
                .iter()
                .map(lekka_form::Field::name)
                .collect(),
        })
    };
    let forms: Result<Vec<_>, _> = state.forms().iter().map(listed).collect();
    match forms {
        Ok(forms) => Json(serde_json::json!({ "forms": forms })).into_response(),
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}

/// The name in the path; what is no text is no name either.
type Name = Result<Path<String>, PathRejection>;

fn text_of(name: Name) -> String {
    name.map_or_else(|_| String::new(), |Path(name)| name)
}

fn no_such_form(name: &str) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_form",
        format!("there is no form `{name}`; GET /v1/forms lists them"),
    )
}

pub(super) async fn template(
    State(state): State<AppState>,
    name: Name,
) -> Result<Response, Problem> {
    let name = text_of(name);
    let template = state.forms().template(&name);
    let template = template.ok_or_else(|| no_such_form(&name))?.to_owned();
    let toml = [(header::CONTENT_TYPE, "application/toml; charset=utf-8")];
    Ok((toml, template).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormQuery {
    #[serde(default)]
    format: Format,
    review_below: Option<f64>,
    /// Whether the JSON has a picture of each field that is in doubt.
    #[serde(default)]
    pictures: bool,
    /// The name under which the readings of a single scan stand.
    source: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Csv,
}

pub(super) async fn read(
    State(state): State<AppState>,
    name: Name,
    request: Request,
) -> Result<Response, Problem> {
    let name = text_of(name);
    let form = state.forms().get(&name).cloned();
    let form = form.ok_or_else(|| no_such_form(&name))?;
    let query: FormQuery = options(request.uri())?;
    let review_below = query.review_below.unwrap_or(DEFAULT_REVIEW_BELOW);
    if !(0.0..=1.0).contains(&review_below) {
        let detail = "review_below is a probability from 0 to 1";
        return Err(Problem::bad_request("bad_option", detail));
    }
    let limits = state.limits();
    let form_options = FormOptions {
        limits: DecodeLimits {
            max_pixels: limits.max_pixels,
            max_pages: limits.max_pages,
        },
        review_below,
        keep_pictures: query.pictures && query.format == Format::Json,
    };
    let most = limits.max_pictures;
    let headers = request.headers().clone();
    let mut buffered = body::read(request, &state).await?;
    let bytes = std::mem::take(&mut buffered.bytes);
    let scans = uploads(&headers, bytes, query.source, most).await?;
    let metrics = state.metrics().clone();
    let work = move |recognizer: &Recognizer| {
        let pages = read_all(&form, recognizer, scans, &form_options)?;
        metrics.read_pages(pages.len());
        let text = written(&form, &pages, query.format);
        drop(buffered);
        text.map_err(|error| Problem::internal(error.to_string()))
    };
    let text = state.recognize(work).await??;
    let media_type = match query.format {
        Format::Json => "application/x-ndjson",
        Format::Csv => "text/csv; charset=utf-8",
    };
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

fn written(form: &Form, pages: &[FormReading], format: Format) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if format == Format::Csv {
        write_csv_header(form, &mut text)?;
    }
    for page in pages {
        match format {
            Format::Csv => write_csv_row(form, page, &mut text)?,
            Format::Json if page.fields.iter().any(|field| field.picture.is_some()) => {
                serde_json::to_writer(&mut text, &with_pictures(page)?)?;
                text.push(b'\n');
            }
            Format::Json => write_json(page, &mut text)?,
        }
    }
    Ok(text)
}

/// A page with the pictures of its doubtful fields, PNG in base64.
fn with_pictures(page: &FormReading) -> std::io::Result<serde_json::Value> {
    let mut value = serde_json::to_value(page)?;
    for (index, field) in page.fields.iter().enumerate() {
        let Some(picture) = &field.picture else {
            continue;
        };
        let mut png = Cursor::new(Vec::new());
        picture
            .write_to(&mut png, ImageFormat::Png)
            .map_err(std::io::Error::other)?;
        value["fields"][index]["picture"] = STANDARD.encode(png.into_inner()).into();
    }
    Ok(value)
}

/// The pages of all scans, with their reasons where they could not be read; the first reason when
/// that is so of all.
fn read_all(
    form: &Form,
    recognizer: &Recognizer,
    scans: Vec<Upload>,
    options: &FormOptions,
) -> Result<Vec<FormReading>, Problem> {
    let mut pages = Vec::new();
    let mut first = None;
    for Upload { name, bytes } in scans {
        match form.read(recognizer, &bytes, &name, options) {
            Ok(readings) => pages.extend(readings),
            Err(error) => {
                let problem = match &error {
                    FormReadError::Decode { error: cause, .. } => {
                        let kind = Problem::from(cause);
                        Problem::new(kind.status(), kind.code(), error.to_string())
                    }
                    _ => return Err(Problem::internal(error.to_string())),
                };
                first.get_or_insert(problem);
                pages.push(FormReading::failed(name, 1, error.to_string()));
            }
        }
    }
    if pages.iter().any(|page| page.error.is_none()) {
        return Ok(pages);
    }
    let not_found = |page: &FormReading| {
        let reason = page.error.as_deref().unwrap_or_default();
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "form_not_found",
            format!("{}, page {}: {reason}", page.source, page.page),
        )
    };
    Err(first
        .or_else(|| pages.first().map(not_found))
        .unwrap_or_else(|| Problem::internal("the scans have no pages")))
}
