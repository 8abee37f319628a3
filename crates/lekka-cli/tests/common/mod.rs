//! Running the program as a user does.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod data;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program with an environment that does not depend on who runs the tests.
pub(crate) fn lekka() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lekka"));
    command
        .env_remove("LEKKA_DATA_DIR")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs the program in a folder with arguments divided at spaces.
pub(crate) fn run_in(folder: &Path, arguments: &str) -> Run {
    let mut command = lekka();
    command
        .current_dir(folder)
        .args(arguments.split_whitespace());
    let run = Run::from(command.output().expect("the program starts"));
    assert!(
        !run.stderr.contains("panicked"),
        "lekka {arguments}: {}",
        run.stderr
    );
    run
}

/// Runs the program with bytes on standard input.
pub(crate) fn run_with_input(arguments: &str, input: &[u8]) -> Run {
    let mut child = lekka()
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses its input early closes the pipe, which is no fault of the test.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("the program ends").into()
}

/// The repository's folder of sample pictures.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}
