//! An evaluation as one self-contained HTML page: no scripts, nothing loaded from elsewhere, light
//! or dark as the reader's system is.

mod chart;
mod digits;
mod doubt;
mod tables;

use crate::data::DataSet;
use crate::metrics::{Evaluation, Predictions, readings};
use crate::training::EpochMetrics;
use chart::{Chart, Series};
use lekka_model::RiskLevel;
use std::fmt::Write;
use std::io;

/// The Kannada numerals, U+0CE6 to U+0CEF.
const KANNADA: [char; 10] = ['೦', '೧', '೨', '೩', '೪', '೫', '೬', '೭', '೮', '೯'];

/// What a report is made of.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// Its heading.
    pub title: String,
    /// Facts for the table at the top, such as the weights and the command: name and value.
    pub facts: Vec<(String, String)>,
    /// The figures.
    pub evaluation: &'a Evaluation,
    /// The set that was evaluated; its misread and its doubtful images are shown.
    pub set: &'a DataSet,
    /// What was read of it.
    pub predictions: &'a Predictions,
    /// What the weights' thresholds for rates of errors accept of it; may be empty.
    pub levels: &'a [RiskLevel],
    /// The epochs of the run that made the weights; none leaves the curves out.
    pub history: &'a [EpochMetrics],
}

impl Report<'_> {
    /// The page.
    ///
    /// # Errors
    /// When an image cannot be written as PNG, or the predictions are not those of the set.
    pub fn to_html(&self) -> io::Result<String> {
        let title = escape(&self.title);
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
            include_str!("style.css")
        );
        page.push_str(&tables::summary(self.evaluation, &self.facts));
        page.push_str(&curves(self.history));
        // A set without labels has no evaluation, so this has its readings.
        let readings = readings(self.set, self.predictions).map_err(io::Error::other)?;
        page.push_str(&doubt::section(&readings, self.levels));
        page.push_str(&tables::classification(self.evaluation));
        page.push_str(&tables::confusion(self.evaluation));
        page.push_str(&tables::writers(self.evaluation));
        page.push_str(&digits::misread(self.evaluation, self.set)?);
        page.push_str(&digits::doubtful(self.predictions, self.set)?);
        page.push_str("</body>\n</html>\n");
        Ok(page)
    }
}

/// Accuracy and loss over the epochs.
fn curves(history: &[EpochMetrics]) -> String {
    let Some(first) = history.first() else {
        return String::new();
    };
    let training = |value: fn(&EpochMetrics) -> f64| Series {
        name: "training".to_owned(),
        points: history
            .iter()
            .map(|epoch| (f64::from(epoch.epoch), value(epoch)))
            .collect(),
    };
    let mut accuracy = vec![training(|epoch| 100.0 * epoch.train_accuracy)];
    let mut loss = vec![training(|epoch| epoch.train_loss)];
    for (index, set) in first.validation.iter().enumerate() {
        let rows = history
            .iter()
            .filter_map(|epoch| Some((f64::from(epoch.epoch), epoch.validation.get(index)?)));
        let name = format!("validation ({})", set.name);
        accuracy.push(Series {
            name: name.clone(),
            points: rows
                .clone()
                .map(|(epoch, set)| (epoch, 100.0 * set.accuracy))
                .collect(),
        });
        loss.push(Series {
            name,
            points: rows.map(|(epoch, set)| (epoch, set.loss)).collect(),
        });
    }
    let mut text = String::from("<h2>Training</h2>\n<div class=\"charts\">\n");
    for (title, series) in [("Accuracy, %", accuracy), ("Loss", loss)] {
        let _ = writeln!(
            text,
            "{}",
            Chart {
                title,
                across: "epoch",
                series: &series,
                marks: &[],
            }
            .to_svg()
        );
    }
    text.push_str("</div>\n");
    text
}

/// Text for HTML, in content and in attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A digit in both scripts.
fn both(digit: u8) -> String {
    KANNADA
        .get(digit as usize)
        .map_or_else(|| digit.to_string(), |kannada| format!("{kannada} {digit}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::ValidationMetrics;

    #[test]
    fn page_is_whole_and_loads_nothing() {
        let labels = (0..20).map(|index| index % 10).collect();
        let set = DataSet::new("test", vec![100; 20 * 784], Some(labels)).unwrap();
        let mut logits = vec![0.0; 200];
        logits[3] = 9.0;
        for index in 1..20 {
            logits[index * 10 + index % 10] = 9.0;
        }
        // A doubtful one.
        logits[5 * 10 + 7] = 8.5;
        let predictions = Predictions::from_logits(&logits, 1.0);
        let evaluation = Evaluation::new(&set, &predictions).unwrap();
        let epoch = |epoch| EpochMetrics {
            epoch,
            learning_rate: 0.001,
            train_loss: 1.0 / f64::from(epoch),
            train_accuracy: 0.9,
            validation: vec![ValidationMetrics {
                name: "<tenth>".to_owned(),
                images: 10,
                loss: 0.2,
                accuracy: 0.95,
            }],
            images_per_second: 1.0,
            seconds: 1.0,
        };
        let report = Report {
            title: "A & B".to_owned(),
            facts: vec![("weights".to_owned(), "model.safetensors".to_owned())],
            evaluation: &evaluation,
            set: &set,
            predictions: &predictions,
            levels: &[RiskLevel {
                max_error: 0.1,
                threshold: 0.95,
                accepted: 19,
                errors: 1,
            }],
            history: &[epoch(1), epoch(2)],
        };
        let html = report.to_html().unwrap();
        for part in [
            "<h1>A &amp; B</h1>",
            "95.00",
            "&lt;tenth&gt;",
            "<polyline",
            "data:image/png",
            "೦ 0",
            "expected calibration error",
            "<circle",
            "<h2>Doubtful digits (20)</h2>",
        ] {
            assert!(html.contains(part), "{part} is missing");
        }
        for part in ["<script", "http://", "https://", "<tenth>", "NaN"] {
            assert!(!html.contains(part), "{part} is in the page");
        }
        // The misread one, and all of them among the doubtful, the least probable first.
        assert_eq!(html.matches("<figure").count(), 21);
        let doubtful = html.split("Doubtful").nth(1).unwrap();
        assert!(doubtful.find("image 5<").unwrap() < doubtful.find("image 0<").unwrap());
        assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    }
}
