//! `lekka form` as a user runs it.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use common::{run_in, run_with_input};
use std::path::{Path, PathBuf};

fn forms() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/forms")
}

const NAMES: [&str; 4] = ["marks-sheet", "pin-envelope", "paying-in-slip", "tax-form"];

#[test]
fn mistakes_are_listed_with_their_lines() {
    let template = b"name = \"f\"\npage = \"A6\"\n[[field]]\nname = \"a\"\nrect = [20, 40, 12, 9]\ndigits = 3\n\
        [[field]]\nname = \"b\"\nrect = [25, 45, 60, 9]\ndigits = 3\nrange = [0, 20]\n\
        [[rule]]\nname = \"sum\"\nholds = \"a = b + c\"\n";
    let run = run_with_input("form check -", template);
    assert_eq!(run.status, Some(1));
    insta::assert_snapshot!(run.stdout, @r"
    -, line 4: field `a`: a box is 4.0 x 9.0 mm, too small for a hand; make `rect` at least 15 mm wide and 5 mm high
    -, line 8: field `b`: range = [0, 20] has numbers of 2 digits at most, `digits` says 3; let them agree
    -, line 8: field `b` and field `a` overlap or are nearer than 0.8 mm to each other; move one
    -, line 13: rule `sum`: there is no field `c`; the fields are a, b
    ");
    let run = run_with_input(
        "form check -",
        b"name = \"f\"\n[[field]]\nname = \"a\"\nrects = 1\n",
    );
    assert_eq!(run.status, Some(1));
    assert!(
        run.stdout
            .contains("line 4, field `a`: unknown field `rects`"),
        "{}",
        run.stdout
    );
    let run = run_in(&forms(), "form check gone.toml");
    assert_eq!(run.status, Some(2));
    assert!(
        run.stderr.contains("gone.toml") && run.stderr.contains("hint:"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_examples_are_without_mistakes() {
    let names = NAMES.map(|name| format!("{name}.toml")).join(" ");
    let run = run_in(&forms(), &format!("form check {names}"));
    assert_eq!(run.status, Some(0), "{}", run.stdout);
    insta::assert_snapshot!(run.stdout, @r"
    marks-sheet.toml: 17 fields, 6 rules, nothing wrong
    pin-envelope.toml: 2 fields, 0 rules, nothing wrong
    paying-in-slip.toml: 13 fields, 5 rules, nothing wrong
    tax-form.toml: 12 fields, 4 rules, nothing wrong
    ");
}

#[test]
fn forms_are_drawn_as_pdf_and_png() {
    let folder = tempfile::tempdir().unwrap();
    let template = forms().join("pin-envelope.toml");
    let template = template.display();
    for (name, start) in [("a.pdf", &b"%PDF"[..]), ("a.png", b"\x89PNG")] {
        let run = run_in(
            folder.path(),
            &format!("form design {template} -o {name} --dpi 100"),
        );
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        assert!(
            std::fs::read(folder.path().join(name))
                .unwrap()
                .starts_with(start),
            "{name}"
        );
    }
    let run = run_in(folder.path(), &format!("form design {template} -o a.svg"));
    assert_eq!(run.status, Some(2));
    assert!(
        run.stderr.contains("ends in .pdf or .png"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_scan_that_fails_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let template = forms().join("pin-envelope.toml");
    let template = template.display();
    let run = run_in(
        folder.path(),
        &format!("form design {template} -o blank.png --dpi 150"),
    );
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    std::fs::write(folder.path().join("letter.png"), "no picture").unwrap();
    std::fs::write(
        folder.path().join("white.pgm"),
        [b"P5 880 440 255 ".to_vec(), vec![255; 880 * 440]].concat(),
    )
    .unwrap();
    let run = run_in(
        folder.path(),
        &format!("form read {template} letter.png white.pgm blank.png gone.png"),
    );
    assert_eq!(run.status, Some(2));
    for name in ["letter.png", "white.pgm", "gone.png"] {
        assert!(run.stderr.contains(name), "{name} is not in {}", run.stderr);
    }
    let rows: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(rows.len(), 4, "{}", run.stdout);
    assert_eq!(rows[0], "source,page,pin,sender_pin,review,error");
    assert!(rows[1].starts_with("letter.png,1,,,,"), "{}", rows[1]);
    assert_eq!(rows[3], "blank.png,1,,,pin,");
    let run = run_in(
        folder.path(),
        &format!("form review {template} blank.png -o review.html"),
    );
    assert_eq!(
        (run.status, run.stderr.as_str()),
        (Some(0), "1 of 2 fields are for review\n")
    );
    let page = std::fs::read_to_string(folder.path().join("review.html")).unwrap();
    assert!(page.contains("data:image/png;base64,"));
}

/// The specimens are read as it stands beside them. `LEKKA_RENEW=1` writes down what is read now.
#[test]
fn specimens_are_read_as_expected() {
    let info = run_in(Path::new("."), "model info --format json").stdout;
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    if info["metadata"]["name"] == "blank" {
        eprintln!("SKIPPED: this build has no trained weights");
        return;
    }
    let renew = std::env::var_os("LEKKA_RENEW").is_some();
    let mut wrong = Vec::new();
    for name in NAMES {
        let run = run_in(&forms(), &format!("form read {name}.toml {name}.png"));
        assert_eq!(run.status, Some(0), "{name}: {}", run.stderr);
        let expected = forms().join(format!("{name}.csv"));
        if renew {
            std::fs::write(&expected, &run.stdout).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap() != run.stdout {
            wrong.push(format!("{name}:\n{}", run.stdout));
        }
    }
    assert!(
        wrong.is_empty(),
        "read otherwise than expected:\n{}",
        wrong.join("\n")
    );
}
