//! The pages, the headers of every answer, and what describes the API.

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::{BLANK, get, post, real, send};
use lekka_server::{Origin, Settings};
use serde_json::Value;

#[tokio::test]
async fn pages_are_sent_once() {
    let router = real(Settings::default());
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs.js", "text/javascript; charset=utf-8"),
        ("/docs.css", "text/css; charset=utf-8"),
        ("/openapi.json", "application/json; charset=utf-8"),
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("content-type"), kind, "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache");
        let tag = answer.header("etag").to_owned();
        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let request = Request::get(path).header("if-none-match", known);
            let again = send(&router, request.body(Body::empty()).unwrap()).await;
            assert_eq!(
                (again.status, again.body.len()),
                (StatusCode::NOT_MODIFIED, 0)
            );
            assert_eq!(again.header("etag"), tag);
        }
        let request = Request::get(path).header("if-none-match", "\"other\"");
        let other = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(other.status, StatusCode::OK);
        let head = send(&router, Request::head(path).body(Body::empty()).unwrap()).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
        assert_eq!(head.header("content-length"), answer.body.len().to_string());
    }
}

/// Nothing that a page needs is at another host or above the page, and no script stands in HTML.
#[tokio::test]
async fn pages_are_whole_and_can_lie_below_any_path() {
    let router = real(Settings::default());
    for page in ["/", "/docs"] {
        let html = get(&router, page).await.text().to_owned();
        assert!(!html.contains("://"), "{page} names another host");
        assert!(
            !html.contains("<style") && !html.contains(" style="),
            "{page}"
        );
        assert!(
            !html.contains(" onclick=") && !html.contains("javascript:"),
            "{page}"
        );
        for script in html.split("<script").skip(1) {
            assert!(
                script.contains("src=") && script.contains("></script>"),
                "{page}: {script}"
            );
        }
        let mut links = 0;
        for attribute in ["src=\"", "href=\""] {
            for link in html.split(attribute).skip(1) {
                let link = link.split('"').next().unwrap();
                assert!(!link.starts_with('/'), "{page}: {link}");
                if link.starts_with("data:") || link.starts_with('#') {
                    continue;
                }
                let target = get(&router, &format!("/{}", link.trim_start_matches("./"))).await;
                assert_eq!(target.status, StatusCode::OK, "{page}: {link}");
                links += 1;
            }
        }
        assert!(links > 0, "{page}");
    }
}

#[tokio::test]
async fn every_answer_has_the_headers() {
    let router = real(Settings::default());
    let mut ids = Vec::new();
    for path in ["/", "/healthz", "/gone", "/v1/read"] {
        let answer = get(&router, path).await;
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains(" 'unsafe-eval'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        ids.push(answer.header("x-request-id").to_owned());
    }
    assert!(ids.iter().all(|id| id.len() == 36), "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 4);

    let id = async |given: &str| {
        let request = Request::get("/healthz").header("x-request-id", given);
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(id("scanner-7/0001").await, "scanner-7/0001");
    for bad in ["", "with a blank", &"x".repeat(129)] {
        assert_eq!(id(bad).await.len(), 36, "{bad}");
    }
}

#[tokio::test]
async fn other_origins_are_let_in_only_when_it_was_said() {
    let ask = async |origins: &[&str], origin: &str| {
        let cors_origins = origins
            .iter()
            .map(|origin| origin.parse::<Origin>().unwrap());
        let router = real(Settings {
            cors_origins: cors_origins.collect(),
            ..Settings::default()
        });
        let request = Request::builder()
            .method("OPTIONS")
            .uri("/v1/read")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            );
        let preflight = send(&router, request.body(Body::empty()).unwrap()).await;
        let request = Request::post("/v1/read").header("origin", origin);
        let answer = send(&router, request.body(Body::from(BLANK)).unwrap()).await;
        let allowed = "access-control-allow-origin";
        assert_eq!(preflight.header(allowed), answer.header(allowed));
        (answer.header(allowed).to_owned(), preflight.status)
    };
    let (allowed, status) = ask(&[], "https://a.example").await;
    assert_eq!(
        (allowed.as_str(), status),
        ("", StatusCode::METHOD_NOT_ALLOWED)
    );
    let two = ["https://a.example", "https://B.example:8443"];
    assert_eq!(ask(&two, "https://a.example").await.0, "https://a.example");
    assert_eq!(
        ask(&two, "https://b.example:8443").await.0,
        "https://b.example:8443"
    );
    assert_eq!(ask(&two, "https://c.example").await.0, "");
    assert_eq!(ask(&["*"], "https://c.example").await.0, "*");
    for bad in [
        "",
        "a.example",
        "https://",
        "https://a.example/path",
        "https://a b",
    ] {
        assert!(bad.parse::<Origin>().is_err(), "{bad}");
    }
}

/// A zero, once around.
const STROKES: &[u8] = br#"{"strokes": [[[150, 100], [185, 115], [200, 150], [185, 185],
    [150, 200], [115, 185], [100, 150], [115, 115], [150, 100]]]}"#;

/// Whether a value is what a schema of openapi.json says, as far as these schemas say it.
fn fits(api: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = api
            .pointer(reference.trim_start_matches('#'))
            .expect("a schema");
        return fits(api, schema, value);
    }
    let no = |why: &str| Err(format!("{why}: {value} for {schema}"));
    if schema
        .get("const")
        .is_some_and(|constant| constant != value)
    {
        return no("another constant");
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|options| !options.contains(value))
    {
        return no("none of the list");
    }
    let is = |kind: &str| match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schema has the type {other}"),
    };
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind)) {
        return no("another type");
    }
    if let Some(number) = value.as_f64() {
        let over = schema["maximum"].as_f64().is_some_and(|most| number > most);
        if over
            || schema["minimum"]
                .as_f64()
                .is_some_and(|least| number < least)
        {
            return no("out of range");
        }
    }
    if let Some(list) = value.as_array() {
        let length = list.len() as u64;
        let over = schema["maxItems"]
            .as_u64()
            .is_some_and(|most| length > most);
        if over
            || schema["minItems"]
                .as_u64()
                .is_some_and(|least| length < least)
        {
            return no("another length");
        }
        if let Some(items) = schema.get("items") {
            list.iter().try_for_each(|item| fits(api, items, item))?;
        }
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap()) {
                return no(&format!("without {name}"));
            }
        }
        for (name, member) in object {
            match schema["properties"].get(name) {
                Some(schema) => fits(api, schema, member)?,
                None if schema["additionalProperties"] == false => {
                    return no(&format!("with {name}"));
                }
                None => {}
            }
        }
    }
    Ok(())
}

/// The description has the routes that there are, and what they answer is as it says.
#[tokio::test]
async fn the_description_tells_the_truth() {
    let router = real(Settings {
        forms: lekka_server::Forms::load(&common::forms()).unwrap(),
        ..Settings::default()
    });
    let api = get(&router, "/openapi.json").await.json();
    assert_eq!(api["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut paths: Vec<&str> = api["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "/healthz",
            "/metrics",
            "/readyz",
            "/v1/digits",
            "/v1/forms",
            "/v1/forms/{name}",
            "/v1/model",
            "/v1/read",
            "/v1/strokes"
        ]
    );
    let form = std::fs::read(common::forms().join("tax-form.png")).unwrap();
    let sheet = common::sample("sheet.png");
    let bodies: [(&str, &str, &[u8]); 10] = [
        ("/v1/strokes", "post", STROKES),
        ("/v1/read", "post", &sheet),
        ("/v1/read", "post", b"no picture"),
        ("/v1/digits", "post", &[9; 784]),
        ("/v1/digits", "post", &[0; 784]),
        ("/v1/digits", "post", b"1"),
        ("/v1/forms/{name}", "post", &form),
        ("/v1/forms/{name}", "post", BLANK),
        ("/v1/forms", "get", b""),
        ("/v1/model", "get", b""),
    ];
    for (path, method, body) in bodies {
        let target = path.replace("{name}", "tax-form");
        let answer = match method {
            "get" => get(&router, &target).await,
            _ => post(&router, &target, body.to_vec()).await,
        };
        let described = &api["paths"][path][method]["responses"][answer.status.as_str()];
        let kind = answer.header("content-type");
        let schema = &described["content"][kind]["schema"];
        assert!(
            schema.is_object(),
            "{method} {path}: {} {kind} is not described",
            answer.status
        );
        for line in answer.text().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            fits(&api, schema, &line).unwrap_or_else(|why| panic!("{method} {path}: {why}"));
        }
    }
}

#[tokio::test]
async fn what_was_done_is_counted() {
    let router = real(Settings::default());
    post(&router, "/v1/read", common::sample("number.png")).await;
    post(&router, "/v1/read", "no picture").await;
    for path in ["/x", "/y", "/z"] {
        get(&router, path).await;
    }
    let answer = get(&router, "/metrics").await;
    assert!(
        answer
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = answer.text();
    for line in [
        "lekka_http_requests_total{route=\"/v1/read\",method=\"POST\",status=\"200\"} 1",
        "lekka_http_requests_total{route=\"/v1/read\",method=\"POST\",status=\"415\"} 1",
        "lekka_http_requests_total{route=\"other\",method=\"GET\",status=\"404\"} 3",
        "lekka_problems_total{code=\"not_a_picture\"} 1",
        "lekka_pages_total 1",
        "lekka_computing 0",
        "lekka_waiting 0",
        "lekka_buffered_bytes 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let digits = text
        .lines()
        .find_map(|line| line.strip_prefix("lekka_digits_total "));
    assert!(digits.unwrap().parse::<u32>().unwrap() > 1);
}

#[tokio::test]
async fn strokes_are_read() {
    let router = real(Settings::default());
    let page = post(&router, "/v1/strokes?source=pad", STROKES).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert_eq!(page.json()["source"], "pad");
    assert_eq!(page.json()["fields"][0]["ascii"], "0");
    let joined = STROKES.strip_suffix(b"}").unwrap();
    let joined = [joined, br#", "joined": true}"#].concat();
    assert_eq!(
        post(&router, "/v1/strokes", joined).await.status,
        StatusCode::OK
    );
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"strokes": [[[1]]]}"#,
        r#"{"strokes": [[[1e999, 0]]]}"#,
    ] {
        let answer = post(&router, "/v1/strokes", bad).await;
        assert_eq!(answer.problem(), "bad_strokes", "{bad}");
    }
    let long = format!("{{\"strokes\": [{}[]]}}", "[],".repeat(2 << 20));
    assert_eq!(
        post(&router, "/v1/strokes", long).await.problem(),
        "too_large"
    );
}
