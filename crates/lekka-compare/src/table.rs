//! The result: one row per method, as text, JSON or CSV.

use crate::error::CompareError;
use crate::features::FeatureKind;
use serde::Serialize;
use std::fmt::Write;

/// Share of images that were read rightly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Accuracy {
    /// The share, 0 to 1.
    pub accuracy: f64,
    /// Number of images.
    pub images: usize,
}

/// One method on one kind of features. What is not known or not measured is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The method.
    pub method: String,
    /// What it sees.
    pub features: FeatureKind,
    /// Its settings.
    pub settings: Option<String>,
    /// On writers that are held out.
    pub held_out: Option<Accuracy>,
    /// On the official test.
    pub test: Option<Accuracy>,
    /// Median time of one image on one thread, from pixels to digit.
    pub milliseconds_per_image: Option<f64>,
    /// Bytes of what must be kept to classify.
    pub model_bytes: Option<u64>,
    /// Seconds of the search for settings.
    pub choosing_seconds: Option<f64>,
    /// Seconds of the training with the settings that were chosen.
    pub training_seconds: Option<f64>,
    /// Images it was trained on.
    pub training_images: Option<usize>,
    /// What must be known to read the row rightly.
    pub note: Option<String>,
    /// Why there are no figures.
    pub failure: Option<String>,
}

impl Row {
    /// A row without figures.
    pub(crate) fn new(method: &str, features: FeatureKind) -> Self {
        Self {
            method: method.to_owned(),
            features,
            settings: None,
            held_out: None,
            test: None,
            milliseconds_per_image: None,
            model_bytes: None,
            choosing_seconds: None,
            training_seconds: None,
            training_images: None,
            note: None,
            failure: None,
        }
    }

    /// Settings, note and failure in one.
    fn remarks(&self) -> String {
        let failure = self.failure.as_ref().map(|text| format!("failed: {text}"));
        let all = [self.settings.clone(), self.note.clone(), failure];
        all.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// All rows, and what they have in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Seed of everything random.
    pub seed: u64,
    /// Images that were drawn to train on.
    pub training_images: usize,
    /// Images by writers that are held out.
    pub held_out_images: usize,
    /// These writers.
    pub held_out_writers: Vec<String>,
    /// Images of the official test, when it was measured.
    pub test_images: Option<usize>,
    /// Whether the user stopped before the last row.
    pub interrupted: bool,
    /// The rows.
    pub rows: Vec<Row>,
}

/// Names of the columns of the CSV.
const COLUMNS: [&str; 11] = [
    "method",
    "features",
    "held_out_accuracy",
    "held_out_images",
    "test_accuracy",
    "milliseconds_per_image",
    "model_bytes",
    "training_seconds",
    "choosing_seconds",
    "training_images",
    "remarks",
];

impl Table {
    /// A table for people.
    pub fn to_text(&self) -> String {
        let heads = [
            "method", "features", "held out", "test", "ms/image", "model", "training", "choosing",
            "images", "remarks",
        ];
        let mut lines = vec![heads.map(str::to_owned)];
        lines.extend(self.rows.iter().map(|row| {
            let accuracy =
                |a: Option<Accuracy>| show(a, |a| format!("{:.2} %", 100.0 * a.accuracy));
            let seconds = |s: Option<f64>| show(s, |s| format!("{s:.1} s"));
            [
                row.method.clone(),
                row.features.to_string(),
                accuracy(row.held_out),
                accuracy(row.test),
                show(row.milliseconds_per_image, |time| format!("{time:.3}")),
                show(row.model_bytes, size),
                seconds(row.training_seconds),
                seconds(row.choosing_seconds),
                show(row.training_images, |count| count.to_string()),
                row.remarks(),
            ]
        }));
        let mut widths = [0; 10];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for line in &lines {
            let mut written = String::new();
            for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
                // Writing to a string cannot fail.
                let _ = match column {
                    0 | 1 | 9 => write!(written, "{cell:<width$}  "),
                    _ => write!(written, "{cell:>width$}  "),
                };
            }
            text.push_str(written.trim_end());
            text.push('\n');
        }
        let _ = writeln!(
            text,
            "\n{} images to train on, {} by {} writers held out, seed {}{}",
            self.training_images,
            self.held_out_images,
            self.held_out_writers.len(),
            self.seed,
            if self.interrupted {
                "; interrupted"
            } else {
                ""
            }
        );
        text
    }

    /// One JSON object.
    ///
    /// # Errors
    /// When a number cannot be written.
    pub fn to_json(&self) -> Result<String, CompareError> {
        let mut text = serde_json::to_string(self).map_err(|error| CompareError::Format {
            format: "JSON",
            reason: error.to_string(),
        })?;
        text.push('\n');
        Ok(text)
    }

    /// CSV with a line of names. What is not known is empty.
    ///
    /// # Errors
    /// When the lines cannot be put together.
    pub fn to_csv(&self) -> Result<String, CompareError> {
        let refuse = |reason: String| CompareError::Format {
            format: "CSV",
            reason,
        };
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut lines = vec![COLUMNS.map(str::to_owned)];
        lines.extend(self.rows.iter().map(|row| {
            [
                row.method.clone(),
                row.features.to_string(),
                plain(row.held_out.map(|a| a.accuracy)),
                plain(row.held_out.map(|a| a.images)),
                plain(row.test.map(|a| a.accuracy)),
                plain(row.milliseconds_per_image),
                plain(row.model_bytes),
                plain(row.training_seconds),
                plain(row.choosing_seconds),
                plain(row.training_images),
                row.remarks(),
            ]
        }));
        for line in &lines {
            writer
                .write_record(line)
                .map_err(|error| refuse(error.to_string()))?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| refuse(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| refuse(error.to_string()))
    }
}

fn show<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

fn plain(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Bytes in thousands or millions.
fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{:.1} kB", bytes as f64 / 1e3)
    } else {
        format!("{:.1} MB", bytes as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let accuracy = |accuracy| {
            Some(Accuracy {
                accuracy,
                images: 2_560,
            })
        };
        let knn = Row {
            settings: Some("k = 3".into()),
            held_out: accuracy(0.9625),
            test: accuracy(0.875),
            milliseconds_per_image: Some(1.25),
            model_bytes: Some(31_400_000),
            choosing_seconds: Some(0.5),
            training_seconds: Some(0.0),
            training_images: Some(10_000),
            ..Row::new("knn", FeatureKind::Pixels)
        };
        let network = Row {
            settings: Some("weights default".into()),
            milliseconds_per_image: Some(0.5),
            model_bytes: Some(5_120),
            note: Some("held out: its file says nothing of it".into()),
            ..Row::new("network", FeatureKind::Pixels)
        };
        let failed = Row {
            failure: Some("support vector machine: \"C\", or gamma".into()),
            ..Row::new("svm-rbf", FeatureKind::Hog)
        };
        Table {
            seed: 1,
            training_images: 10_000,
            held_out_images: 2_560,
            held_out_writers: vec!["03".into(), "54".into()],
            test_images: Some(2_560),
            interrupted: true,
            rows: vec![knn, network, failed],
        }
    }

    #[test]
    fn formats() {
        let table = table();
        insta::assert_snapshot!("text", table.to_text());
        insta::assert_snapshot!("csv", table.to_csv().unwrap());
        let json = table.to_json().unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        insta::assert_snapshot!("json", serde_json::to_string_pretty(&value).unwrap());
    }
}
