//! `lekka data verify`: whether the files are the official ones.

use super::source::require_folder;
use crate::commands::{ReportFormat, json_line};
use crate::failure::Exit;
use crate::output::print;
use anyhow::Result;
use clap::Args;
use lekka_train::data::{FileStatus, verify_folder};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

/// Options of `lekka data verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "The sums are taken of what is inside the gzip, since a file can be packed \
differently. Exit status 1 when a file differs or is missing.

Examples:
  lekka data verify --data data/
  lekka data verify --data data/ --format json"
)]
pub(crate) struct VerifyArgs {
    /// Folder with the official IDX files
    #[arg(
        long,
        value_name = "DIR",
        env = "LEKKA_DATA_DIR",
        hide_env_values = true
    )]
    data: Option<PathBuf>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: ReportFormat,
}

pub(crate) fn run(args: &VerifyArgs) -> Result<Exit> {
    let checks = verify_folder(require_folder(args.data.as_deref())?)?;
    let all = checks
        .iter()
        .all(|check| check.status == FileStatus::Official);
    match args.format {
        ReportFormat::Json => print(&json_line(&json!({ "ok": all, "files": checks }))?)?,
        ReportFormat::Text => {
            let mut text = String::new();
            for check in &checks {
                let status = match &check.status {
                    FileStatus::Official => "official".to_owned(),
                    FileStatus::Differs { found, expected } => {
                        format!("DIFFERS: SHA-256 {found}, expected {expected}")
                    }
                    FileStatus::Unreadable { reason } => format!("UNREADABLE: {reason}"),
                    FileStatus::Missing => "MISSING".to_owned(),
                };
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{}  {status}", check.file);
            }
            print(&text)?;
        }
    }
    Ok(if all { Exit::Success } else { Exit::Negative })
}
