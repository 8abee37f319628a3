//! `lekka preprocess`: the stages of a page as pictures.

mod common;

use common::{run_in, run_with_input, samples};
use std::path::Path;

/// A page of 200 x 160 pixels with upright strokes, in the shade on the right.
fn shaded() -> Vec<u8> {
    let mut bytes = b"P5 200 160 255\n".to_vec();
    for y in 0..160_u32 {
        for x in 0..200_u32 {
            let light = 240 - x * 3 / 5;
            let stroke = x % 40 < 4 && y % 50 > 20;
            bytes.push(if stroke { light / 4 } else { light } as u8);
        }
    }
    bytes
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_stage_is_a_numbered_picture() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.pgm"), shaded()).unwrap();
    let run = run_in(folder.path(), "preprocess page.pgm --stages out");
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let listing = run.stdout.replace('\\', "/");
    for (stage, expected) in [
        ("light", "-> out/02-light.png"),
        ("median", "left as it is"),
        ("glyphs", "-> out/05-glyphs.png"),
    ] {
        let line = listing.lines().find(|line| line.starts_with(stage));
        assert!(
            line.is_some_and(|line| line.ends_with(expected)),
            "{listing}"
        );
    }
    assert_eq!(
        names(&folder.path().join("out")),
        [
            "01-grey.png",
            "02-light.png",
            "03-ink.png",
            "04-digits.png",
            "05-glyphs.png"
        ]
    );
    let run = run_in(
        folder.path(),
        "preprocess page.pgm --light never --format json",
    );
    let lines: Vec<serde_json::Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["stage"], &lines[0]["width"]),
        (&"grey".into(), &200.into())
    );
    let light = lines.iter().find(|line| line["stage"] == "light").unwrap();
    assert_eq!(light["changed"], false);
}

#[test]
fn a_stage_goes_through_a_pipe_and_is_read_as_the_page_is() {
    let sheet = std::fs::read(samples().join("number.png")).unwrap();
    let run = common::lekka()
        .args(["preprocess", "-", "-o", "-", "--stage", "light"])
        .stdin(std::process::Stdio::from(
            std::fs::File::open(samples().join("number.png")).unwrap(),
        ))
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(run.stdout.starts_with(b"\x89PNG"));
    let again = run_with_input("read - --script ascii", &run.stdout);
    let before = run_with_input("read - --script ascii", &sheet);
    assert_eq!(again.stdout, before.stdout);
}

#[test]
fn what_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.pgm"), shaded()).unwrap();
    std::fs::write(folder.path().join("broken.png"), b"no picture").unwrap();
    for (arguments, expected) in [
        (
            "preprocess page.pgm -o x.png --stage skeleton",
            "no stage skeleton",
        ),
        ("preprocess page.pgm -o x.png --page 3", "has no page 3"),
        ("preprocess gone.png", "gone.png"),
        ("preprocess broken.png", "broken.png"),
        ("preprocess .", "more than one picture"),
        ("preprocess page.pgm --stage ink", "--output"),
        ("preprocess page.pgm --light sometimes", "sometimes"),
    ] {
        let run = run_in(folder.path(), arguments);
        assert_eq!(run.status, Some(2), "{arguments}");
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
        assert!(!folder.path().join("x.png").exists(), "{arguments}");
    }
}
