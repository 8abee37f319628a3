//! Templates of forms: what is accepted has no mistakes, can be printed, and its lines are those of the file.
#![no_main]

use lekka_form::{Form, Template, to_pdf};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let template = match Template::parse(text, "fuzz") {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
        Ok(template) => template,
    };
    let problems = template.check();
    let lines = text.lines().count().max(1);
    assert!(problems.iter().all(|problem| problem.line.is_none_or(|line| line <= lines)));
    match Form::new(template) {
        Err(refused) => assert_eq!(refused.0, problems),
        Ok(form) => {
            assert!(problems.is_empty());
            assert!(to_pdf(&form).starts_with(b"%PDF"));
        }
    }
});
