//! Help, completions, manual, exit status.

mod common;

use common::{lekka, run_in};
use std::path::Path;
use std::process::Stdio;

fn run(arguments: &str) -> common::Run {
    run_in(Path::new("."), arguments)
}

#[test]
fn help_of_every_command_has_examples() {
    for command in [
        "read",
        "preprocess",
        "train",
        "eval",
        "bench",
        "model info",
        "model export",
        "model import",
        "model card",
        "model release",
        "form check",
        "form design",
        "form read",
        "form review",
        "completions",
        "man",
        "data verify",
        "data info",
        "data show",
        "data from-sheets",
        "data fetch",
        #[cfg(feature = "serve")]
        "serve",
    ] {
        let run = run(&format!("{command} --help"));
        assert_eq!(run.status, Some(0), "{command}");
        assert!(
            run.stdout.contains("Examples:"),
            "{command}: {}",
            run.stdout
        );
    }
}

#[cfg(feature = "serve")]
#[test]
fn overview() {
    insta::assert_snapshot!(run("--help").stdout);
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        "",
        "raed",
        "read",
        "read --format xml x.png",
        "data",
        "eval --kaggle",
    ] {
        let run = run(arguments);
        assert_eq!(run.status, Some(2), "lekka {arguments}");
        assert!(!run.stderr.is_empty(), "lekka {arguments}");
    }
    assert_eq!(
        run("--version").stdout,
        concat!("lekka ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn completions_and_manual_come_from_the_definition() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = run(&format!("completions {shell}")).stdout;
        assert!(script.contains("from-sheets"), "{shell}");
    }
    assert!(run("man").stdout.contains(".TH lekka"));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        run_in(folder.path(), "man --output-dir man1").status,
        Some(0)
    );
    for page in ["lekka.1", "lekka-read.1", "lekka-data-verify.1"] {
        let text = std::fs::read_to_string(folder.path().join("man1").join(page)).unwrap();
        assert!(text.contains(".SH NAME"), "{page}");
    }
}

#[test]
fn the_layer_table_is_that_of_the_paper() {
    let run = run("model info --preset paper");
    assert_eq!(run.status, Some(0));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = lekka()
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let run = run("model info --preset paper -o /dev/full");
    assert_eq!(run.status, Some(2));
    assert!(
        run.stderr.contains("/dev/full") && run.stderr.contains("hint:"),
        "{}",
        run.stderr
    );
}
