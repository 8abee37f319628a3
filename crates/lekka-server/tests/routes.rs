//! What each route answers.

mod common;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::{BLANK, get, parts, post, real, sample, send};
use lekka::{OutputFormat, PageReading, ReadOptions, Recognizer};
use lekka_server::{Forms, Settings, Tokens};
use serde_json::Value;

fn router() -> Router {
    real(Settings::default())
}

/// What the library writes about a picture in a format.
fn expected(name: &str, bytes: &[u8], format: OutputFormat) -> String {
    let recognizer = Recognizer::embedded().unwrap();
    let pages = recognizer
        .read(bytes, name, &ReadOptions::default())
        .unwrap();
    let mut text = Vec::new();
    lekka::export::write_all(format.exporter().as_mut(), &pages, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn pictures_are_read_as_the_library_reads_them() {
    let router = router();
    for name in [
        "sheet.png",
        "number.png",
        "digit-7.png",
        "digit-7-28x28.png",
    ] {
        let bytes = sample(name);
        for format in OutputFormat::ALL {
            let path = format!("/v1/read?source={name}&format={}", format.as_str());
            let answer = post(&router, &path, bytes.clone()).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            assert_eq!(answer.header("content-type"), format.media_type());
            assert_eq!(answer.text(), expected(name, &bytes, format), "{path}");
        }
    }
}

#[tokio::test]
async fn options_are_those_of_the_command_line() {
    let router = router();
    let read = async |query: &str| {
        let answer = post(&router, &format!("/v1/read?{query}"), sample("digit-7.png")).await;
        (answer.status, answer)
    };
    let (_, answer) = read("format=text&script=ascii").await;
    assert_eq!(answer.text(), "7\n");
    let (_, answer) = read("format=text").await;
    assert_eq!(answer.text(), "೭\n");
    let (_, answer) = read("review_below=1").await;
    assert_eq!(answer.json()["fields"][0]["status"], "review");
    assert_eq!(answer.json()["source"], "-");
    let (_, answer) = read("ink=light").await;
    assert_ne!(answer.json()["fields"][0]["ascii"], "7");
    for query in [
        "format=xml",
        "ink=green",
        "review_below=2",
        "review_below=x",
        "max_error=0",
        "max_error=0.01&review_below=0.5",
        "max_eror=0.01",
    ] {
        let (status, answer) = read(query).await;
        assert_eq!(
            (status, answer.problem().as_str()),
            (StatusCode::BAD_REQUEST, "bad_option"),
            "{query}"
        );
    }
    let (status, answer) = read("max_error=0.000000001").await;
    assert_eq!(
        (status, answer.problem().as_str()),
        (StatusCode::BAD_REQUEST, "no_threshold")
    );
}

#[tokio::test]
async fn parts_are_pictures_in_their_order() {
    let router = router();
    let (seven, broken) = (sample("digit-7.png"), &b"a letter"[..]);
    let answer = send(
        &router,
        parts(&[("a.png", &seven), ("b.png", broken), ("c.pgm", BLANK)]),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    let pages: Vec<PageReading> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sources: Vec<_> = pages.iter().map(|page| page.source.as_str()).collect();
    assert_eq!(sources, ["a.png", "b.png", "c.pgm"]);
    assert_eq!(pages[0].fields[0].ascii, "7");
    assert!(
        pages[1].errors[0].contains("not a picture"),
        "{:?}",
        pages[1].errors
    );
    assert!(pages[2].errors.is_empty() && pages[2].fields.is_empty());

    let answer = send(&router, parts(&[("b.png", broken)])).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.text().contains("b.png"), "{}", answer.text());
    for request in [
        parts(&[]),
        Request::post("/v1/read")
            .header("content-type", "multipart/form-data")
            .body(Body::from("x"))
            .unwrap(),
        Request::post("/v1/read")
            .header("content-type", "multipart/form-data; boundary=line")
            .body(Body::from(
                "--line\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\ncut",
            ))
            .unwrap(),
    ] {
        let answer = send(&router, request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    }
}

#[tokio::test]
async fn what_is_no_picture_is_told() {
    let router = router();
    let png = sample("sheet.png");
    for (body, status, code) in [
        (b"".to_vec(), StatusCode::BAD_REQUEST, "empty"),
        (
            b"a letter".to_vec(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_a_picture",
        ),
        (
            png[..png.len() / 2].to_vec(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "unreadable",
        ),
        (
            b"P2 0 0 255 ".to_vec(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "unreadable",
        ),
        (
            b"P5 30000 30000 255 ".to_vec(),
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
        ),
    ] {
        let answer = post(&router, "/v1/read", body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, code));
    }
}

#[tokio::test]
async fn tensors_are_read_in_each_form() {
    let router = router();
    let decoded = pixels_of("digit-7-28x28.png");
    let json: Vec<f32> = decoded
        .iter()
        .map(|&byte| f32::from(byte) / 255.0)
        .collect();
    let json = serde_json::json!({ "images": [json, vec![0; 784]] }).to_string();
    let request = Request::post("/v1/digits")
        .header("content-type", "application/json; charset=utf-8")
        .body(Body::from(json))
        .unwrap();
    let first = send(&router, request).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let digits = &first.json()["digits"];
    assert_eq!(digits[0]["digit"], 7);
    assert!(
        digits[0]["probability"].as_f64().unwrap() > 0.99,
        "{digits}"
    );
    assert_eq!(
        (&digits[1]["digit"], &digits[1]["status"]),
        (&Value::Null, &"blank".into())
    );

    let plain = [decoded.clone(), vec![0; 784]].concat();
    let mut idx = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
    idx.extend(&plain);
    for body in [plain, idx] {
        let answer = post(&router, "/v1/digits", body).await;
        assert_eq!(answer.json(), first.json());
    }
    for body in [&b""[..], b"abc", b"{\"images\": []}"] {
        let answer = post(&router, "/v1/digits", body).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::BAD_REQUEST, "no_tensor")
        );
    }
    let out = serde_json::json!({ "images": [vec![1.5; 784]] }).to_string();
    let request = Request::post("/v1/digits").header("content-type", "application/json");
    let answer = send(&router, request.body(Body::from(out)).unwrap()).await;
    assert!(
        answer.text().contains("image 0, row 0, column 0"),
        "{}",
        answer.text()
    );
}

/// The pixels of a sample of 28x28, light ink on dark.
fn pixels_of(name: &str) -> Vec<u8> {
    let pictures = lekka_image::decode(&sample(name), &lekka::DecodeLimits::default()).unwrap();
    let pixels = pictures[0].gray.as_raw();
    let inverted = pixels[0] > 127;
    let upright = pixels
        .iter()
        .map(|&byte| if inverted { 255 - byte } else { byte });
    upright.collect()
}

#[tokio::test]
async fn forms_are_read_as_the_command_line_reads_them() {
    let forms = Forms::load(&common::forms()).unwrap();
    let router = real(Settings {
        forms,
        ..Settings::default()
    });
    let listed = get(&router, "/v1/forms").await.json();
    assert_eq!(listed["forms"][0]["name"], "marks-sheet");
    assert_eq!(listed["forms"].as_array().unwrap().len(), 4);
    for name in ["marks-sheet", "pin-envelope", "paying-in-slip", "tax-form"] {
        let at =
            |ending: &str| std::fs::read(common::forms().join(format!("{name}.{ending}"))).unwrap();
        let path = format!("/v1/forms/{name}?format=csv&source={name}.png");
        let answer = post(&router, &path, at("png")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.text().as_bytes(), at("csv"), "{name}");
        let answer = post(&router, &format!("/v1/forms/{name}"), at("png")).await;
        assert_eq!(answer.header("content-type"), "application/x-ndjson");
        assert_eq!(answer.json()["error"], Value::Null);
    }
    // Below 1 everything is in doubt.
    let path = "/v1/forms/pin-envelope?review_below=1&pictures=true";
    let scan = std::fs::read(common::forms().join("pin-envelope.png")).unwrap();
    let answer = post(&router, path, scan).await.json();
    let field = &answer["fields"][0];
    assert_eq!(field["status"], "review", "{field}");
    let picture = field["picture"].as_str().unwrap();
    assert!(picture.starts_with("iVBORw0KGgo"), "a PNG in base64");
    let answer = post(&router, "/v1/forms/pin-envelope", sample("digit-7.png")).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "form_not_found")
    );
    let template = get(&router, "/v1/forms/tax-form").await;
    assert_eq!(
        template.header("content-type"),
        "application/toml; charset=utf-8"
    );
    let file = std::fs::read(common::forms().join("tax-form.toml")).unwrap();
    assert_eq!(template.text().as_bytes(), file);
    assert_eq!(
        get(&router, "/v1/forms/gone").await.problem(),
        "no_such_form"
    );
    let answer = post(&router, "/v1/forms/pin-envelope", "a letter").await;
    assert_eq!(answer.problem(), "not_a_picture");
    for gone in ["/v1/forms/gone", "/v1/forms/..%2fetc", "/v1/forms/%ff"] {
        let answer = post(&router, gone, BLANK).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::NOT_FOUND, "no_such_form")
        );
    }
    let answer = post(&router, "/v1/forms/tax-form?review_below=7", BLANK).await;
    assert_eq!(answer.problem(), "bad_option");
}

#[tokio::test]
async fn the_network_is_described() {
    let answer = get(&router(), "/v1/model").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let json = answer.json();
    assert_eq!(json["parameters"], 1_418_570);
    assert_eq!(json["metadata"]["classes"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn what_does_not_exist_is_a_problem() {
    let router = router();
    for (method, path, status) in [
        ("GET", "/v1/raed", StatusCode::NOT_FOUND),
        ("POST", "/nothing", StatusCode::NOT_FOUND),
        ("GET", "/../Cargo.toml", StatusCode::NOT_FOUND),
        ("GET", "/v1/read", StatusCode::METHOD_NOT_ALLOWED),
        ("DELETE", "/v1/model", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let request = Request::builder().method(method).uri(path);
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(!answer.problem().is_empty());
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert!(!answer.header("allow").is_empty(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn tokens_are_asked_for_where_something_is_read() {
    let router = real(Settings {
        tokens: Tokens::parse("abcdefghijklmnop\nqrstuvwxyz012345").unwrap(),
        ..Settings::default()
    });
    let ask = async |path: &'static str, header: Option<&'static str>| {
        let mut request = Request::get(path);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        send(&router, request.body(Body::empty()).unwrap()).await
    };
    for path in ["/v1/model", "/v1/forms", "/metrics"] {
        for wrong in [
            None,
            Some("Bearer abcdefghijklmno"),
            Some("Basic abcdefghijklmnop"),
            Some("Bearer"),
            Some("Bearer "),
        ] {
            let answer = ask(path, wrong).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {wrong:?}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
            answer.problem();
        }
        for right in ["Bearer abcdefghijklmnop", "bearer qrstuvwxyz012345"] {
            assert_eq!(
                ask(path, Some(right)).await.status,
                StatusCode::OK,
                "{path} {right}"
            );
        }
    }
    for open in ["/", "/docs", "/openapi.json", "/healthz", "/readyz"] {
        assert_eq!(ask(open, None).await.status, StatusCode::OK, "{open}");
    }
    let answer = post(&router, "/v1/read", BLANK).await;
    assert_eq!(answer.problem(), "no_token");
}
