//! Forms are read, corrected and written as the command line does it.

use lekka_wasm::Reader;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn example(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/forms");
    fs::read(folder.join(name)).unwrap()
}

fn template() -> String {
    String::from_utf8(example("pin-envelope.toml")).unwrap()
}

#[test]
fn a_form_is_described_read_corrected_and_written() {
    let reader = Reader::new(None).unwrap();
    let template = template();
    let form = reader.describe_form(&template, "pin.toml").unwrap();
    let form: Value = serde_json::from_str(&form).unwrap();
    assert_eq!(form["columns"][0], "source");
    let field = &form["fields"][0];
    assert!(field["most"].as_u64() >= field["least"].as_u64(), "{field}");
    let name = field["name"].as_str().unwrap();

    let scan = example("pin-envelope.png");
    let file = "pin-envelope.png";
    let read = |options| reader.read_form(&template, "pin.toml", &scan, file, options);
    let found = read("").unwrap();
    let readings = found.readings().unwrap();
    let csv = |readings| reader.export_form(&template, "pin.toml", readings, "csv");
    assert_eq!(
        csv(&readings).unwrap().as_bytes(),
        example("pin-envelope.csv")
    );
    let page: Value = serde_json::from_str(&readings).unwrap();
    for (index, field) in page["fields"].as_array().unwrap().iter().enumerate() {
        let picture = found.picture(0, index).unwrap();
        assert_eq!(picture.is_some(), field["status"] == "review", "{field}");
    }

    let doubtful = read(r#"{"reviewBelow": 1}"#).unwrap();
    let picture = doubtful.picture(0, 0).unwrap().unwrap();
    let limits = lekka_image::DecodeLimits::default();
    let shown = &lekka_image::decode(&picture, &limits).unwrap()[0].gray;
    assert!(shown.width() > 100 && shown.height() > 20);
    assert_eq!(doubtful.picture(0, 999).unwrap(), None);
    assert_eq!(doubtful.picture(9, 0).unwrap(), None);

    let corrections = format!(r#"[{{"page": 0, "field": "{name}", "value": "೧2"}}]"#);
    let doubtful = doubtful.readings().unwrap();
    let corrected = reader.correct_form(&doubtful, &corrections).unwrap();
    let page: Value = serde_json::from_str(&corrected).unwrap();
    assert_eq!(page["fields"][0]["value"], "12");
    assert_eq!(page["fields"][0]["status"], "ok");
    assert!(csv(&corrected).unwrap().contains(",12,"));
    let json = reader.export_form(&template, "pin.toml", &corrected, "json");
    assert_eq!(json.unwrap(), corrected);
}

#[test]
fn what_is_wrong_with_a_form_is_told() {
    let reader = Reader::new(None).unwrap();
    let template = template();
    let told = |result: Result<String, lekka_wasm::WasmError>, reason: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    };
    told(reader.describe_form("name = 1", "a.toml"), "a.toml, line 1");
    told(
        reader.describe_form("name = \"empty\"", "a.toml"),
        "a.toml: the template makes no form",
    );
    let read = |bytes: &[u8], options| {
        let scan = reader.read_form(&template, "a.toml", bytes, "b.png", options);
        scan.map(|scan| scan.readings().unwrap())
    };
    told(read(b"no picture", ""), "b.png: ");
    told(read(b"", r#"{"reviewBelow": 2}"#), "option reviewBelow");
    let blank = b"P2 4 2 255  255 255 255 255  255 255 255 255";
    assert!(read(blank, "").unwrap().contains("were not found"));
    told(
        reader.correct_form("", "[{}]"),
        "corrections: missing field",
    );
    let other = r#"[{"page": 0, "field": "x", "value": null}]"#;
    told(reader.correct_form("", other), "no page 1");
    told(
        reader.correct_form(&read(blank, "").unwrap(), other),
        "no field `x`",
    );
    told(
        reader.export_form(&template, "a.toml", "", "xml"),
        "not as `xml`",
    );
}
