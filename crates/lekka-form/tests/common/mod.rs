//! Filled forms and their scans, made at test time.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod fill;
pub(crate) mod scan;

use lekka_form::{Form, Template};
use std::path::{Path, PathBuf};

/// The forms of `examples/forms`.
pub(crate) const FORMS: [&str; 4] = ["marks-sheet", "pin-envelope", "paying-in-slip", "tax-form"];

pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/forms")
}

/// One of the forms in `examples/forms`.
pub(crate) fn form(name: &str) -> Form {
    let path = examples().join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).expect("the template is there");
    let template = Template::parse(&text, name).unwrap_or_else(|error| panic!("{error}"));
    Form::new(template).unwrap_or_else(|problems| panic!("{name}: {problems}"))
}
