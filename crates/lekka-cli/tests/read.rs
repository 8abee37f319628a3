//! `lekka read` on good and bad pictures.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use common::{run_in, run_with_input, samples};
use std::path::Path;

/// A white page, on which nothing is written.
const BLANK: &[u8] = b"P2 4 2 255  255 255 255 255  255 255 255 255";

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

#[test]
fn a_page_without_digits_is_no_failure() {
    let run = run_with_input("read - --format json", BLANK);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r#"{"schema_version":1,"source":"-","page":1,"width":4,"height":2,"skew_degrees":0.0,"fields":[],"errors":[]}"#);
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = std::fs::read(samples().join("sheet.png")).unwrap();
    write(folder.path(), "a.pgm", BLANK);
    write(folder.path(), "b.png", b"this is a letter, not a picture");
    write(folder.path(), "c.png", &sheet[..sheet.len() / 2]);
    write(folder.path(), "d.png", b"");
    write(folder.path(), "e.pgm", b"P2 0 0 255 ");
    write(folder.path(), "f.pgm", BLANK);
    let run = run_in(folder.path(), "read . gone.png --format json");
    assert_eq!(run.status, Some(2));
    let lines: Vec<serde_json::Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let failed: Vec<bool> = lines
        .iter()
        .map(|line| !line["errors"].as_array().unwrap().is_empty())
        .collect();
    assert_eq!(
        failed,
        [false, true, true, true, true, false],
        "{}",
        run.stdout
    );
    for name in ["b.png", "c.png", "d.png", "e.pgm", "gone.png"] {
        assert!(run.stderr.contains(name), "{name} is not in {}", run.stderr);
    }
    // Windows writes the same with backslashes.
    insta::assert_snapshot!(run.stderr.replace('\\', "/"));
}

#[test]
fn large_pictures_are_refused_by_their_header() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "huge.pgm", b"P5 30000 30000 255 ");
    let run = run_in(folder.path(), "read huge.pgm");
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("900.0 megapixels"), "{}", run.stderr);
    assert!(run.stderr.contains("--max-megapixels"), "{}", run.stderr);
}

#[test]
fn places_that_cannot_be_written_are_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.pgm", BLANK);
    let run = run_in(folder.path(), "read a.pgm -o no/such/folder.txt");
    assert_eq!(run.status, Some(2));
    assert!(
        run.stderr.contains("there is no folder no/such"),
        "{}",
        run.stderr
    );
    let run = run_in(folder.path(), "read a.pgm --annotate a.pgm");
    assert_eq!(run.status, Some(2));
    assert!(
        run.stderr.contains("cannot make the folder a.pgm"),
        "{}",
        run.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.pgm", BLANK);
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), "").is_ok() {
        eprintln!("SKIPPED: this user may write everywhere");
        return;
    }
    let run = run_in(folder.path(), "read a.pgm -o locked/out.txt");
    assert_eq!(run.status, Some(2));
    assert!(
        run.stderr.contains("locked/out.txt") && run.stderr.contains("hint:"),
        "{}",
        run.stderr
    );
}

#[test]
fn results_go_to_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.pgm", BLANK);
    let run = run_in(
        folder.path(),
        "read a.pgm a.pgm --format csv -o out.csv --annotate pages -q",
    );
    assert_eq!(
        (run.status, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "", "")
    );
    let table = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert!(table.starts_with("source,page,field"), "{table}");
    for name in ["a.png", "a-2.png"] {
        assert!(folder.path().join("pages").join(name).is_file(), "{name}");
    }
}

/// The samples are read as it stands beside them. `LEKKA_RENEW=1` writes down what is read now.
#[test]
fn samples_are_read_as_expected() {
    let info = run_in(Path::new("."), "model info --format json").stdout;
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    if info["metadata"]["name"] == "blank" {
        eprintln!("SKIPPED: this build has no trained weights");
        return;
    }
    let renew = std::env::var_os("LEKKA_RENEW").is_some();
    let mut wrong = Vec::new();
    let mut names: Vec<_> = std::fs::read_dir(samples())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "png"))
        .collect();
    names.sort();
    for path in names {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let run = run_in(&samples(), &format!("read {name} --script ascii"));
        assert_eq!(run.status, Some(0), "{name}: {}", run.stderr);
        let expected = path.with_extension("txt");
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
