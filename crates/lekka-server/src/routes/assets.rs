//! The pages, which are built into the program.

use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;
use std::fmt::Write;

/// The page at `/`, as it was built from `web/`.
#[derive(RustEmbed)]
#[folder = "assets"]
struct Site;

/// What describes the API, and the page to try it.
#[derive(RustEmbed)]
#[folder = "pages"]
struct Pages;

/// A file of the pages; a problem for everything else.
pub(super) async fn asset(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let path = match path {
        "" => "index.html",
        "docs" => "docs.html",
        path => path,
    };
    let Some(file) = Pages::get(path).or_else(|| Site::get(path)) else {
        return Problem::new(
            StatusCode::NOT_FOUND,
            "no_such_route",
            format!(
                "there is nothing at {}; /openapi.json lists what is",
                uri.path()
            ),
        )
        .into_response();
    };
    if method != Method::GET && method != Method::HEAD {
        let detail = format!("{method} is not for {}; use GET", uri.path());
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", detail);
        return ([(header::ALLOW, "GET, HEAD")], problem).into_response();
    }
    send(path, file, &method, &headers)
}

fn send(path: &str, file: EmbeddedFile, method: &Method, headers: &HeaderMap) -> Response {
    let tag = etag(&file);
    // The server's next version may bring others under the same name: browsers ask each time, and
    // are told that nothing changed.
    let caching = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, tag.clone()),
    ];
    if is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let kind = [(header::CONTENT_TYPE, media_type(path))];
    let length = [(header::CONTENT_LENGTH, HeaderValue::from(file.data.len()))];
    if method == Method::HEAD {
        return (caching, kind, length, Body::empty()).into_response();
    }
    match file.data {
        Cow::Borrowed(bytes) => (caching, kind, bytes).into_response(),
        Cow::Owned(bytes) => (caching, kind, bytes).into_response(),
    }
}

fn etag(file: &EmbeddedFile) -> HeaderValue {
    let mut tag = String::from("\"");
    for byte in &file.metadata.sha256_hash()[..16] {
        // Writing to a string cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the browser has this version already.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tags = headers.get(header::IF_NONE_MATCH);
    let tags = tags.and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let mut tags = tags
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|known| known == "*" || known.as_bytes() == tag.as_bytes())
}

fn media_type(path: &str) -> HeaderValue {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let mut kind = kind.essence_str().to_owned();
    if kind.starts_with("text/") || kind == "application/json" {
        kind.push_str("; charset=utf-8");
    }
    HeaderValue::from_str(&kind).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_those_that_browsers_want() {
        for (path, kind) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a/b.js", "text/javascript; charset=utf-8"),
            ("a.mjs", "application/javascript"),
            ("a.css", "text/css; charset=utf-8"),
            ("lekka_bg.wasm", "application/wasm"),
            ("icon.svg", "image/svg+xml"),
            ("app.webmanifest", "application/manifest+json"),
            ("openapi.json", "application/json; charset=utf-8"),
            ("a.woff2", "font/woff2"),
            ("a", "application/octet-stream"),
        ] {
            assert_eq!(media_type(path), kind, "{path}");
        }
    }
}
