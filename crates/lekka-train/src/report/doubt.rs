//! How far the probabilities can be trusted: the reliability diagram and the risk-coverage curve.

use super::chart::{Chart, Mark, Series};
use crate::metrics::{
    CALIBRATION_BINS, ReliabilityBin, RiskCoverage, expected_calibration_error, reliability,
};
use lekka_model::{RiskLevel, percent};
use std::fmt::Write;

/// Points of the risk-coverage curve.
const POINTS: usize = 200;

/// Both plots, of the probability of each reading and whether it is right.
pub(super) fn section(readings: &[(f32, bool)], levels: &[RiskLevel]) -> String {
    let error = expected_calibration_error(readings.iter().copied());
    let curve = RiskCoverage::new(readings.iter().copied(), POINTS);
    let mut text = format!(
        "<h2>Confidence</h2>\n<p class=\"note\">Left, by the probability of the reading in \
         {CALIBRATION_BINS} bins of equal width: bars are the share that is right, lines the mean \
         probability, which calibration brings to the same height; expected calibration error \
         {:.2} %. Right, errors among the most probable readings, as more of them are accepted; \
         area below the curve {:.3} %.",
        100.0 * error,
        100.0 * curve.area
    );
    if !levels.is_empty() {
        text.push_str(
            " Circles are the thresholds that the weights have for wanted rates of errors.",
        );
    }
    text.push_str("</p>\n<div class=\"charts\">\n");
    text.push_str(&diagram(&reliability(readings.iter().copied())));
    text.push('\n');
    text.push_str(&risk_coverage(&curve, levels, readings.len()));
    text.push_str("\n</div>\n");
    text.push_str(&table(levels, readings.len()));
    text
}

fn risk_coverage(curve: &RiskCoverage, levels: &[RiskLevel], images: usize) -> String {
    let points = curve.points.iter();
    let series = Series {
        name: "errors".to_owned(),
        points: points
            .map(|point| (100.0 * point.coverage, 100.0 * point.error))
            .collect(),
    };
    let marks: Vec<Mark> = levels
        .iter()
        .map(|level| Mark {
            at: (100.0 * share(level, images), 100.0 * level.error_rate()),
            name: format!("at most {} %", percent(level.max_error)),
        })
        .collect();
    let chart = Chart {
        title: "Errors among accepted digits, %",
        across: "accepted digits, %",
        series: &[series],
        marks: &marks,
    };
    chart.to_svg()
}

fn share(level: &RiskLevel, images: usize) -> f64 {
    level.accepted as f64 / images.max(1) as f64
}

/// The levels in numbers.
fn table(levels: &[RiskLevel], images: usize) -> String {
    if levels.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<table><thead><tr><th>wanted at most</th><th>threshold</th><th>accepted</th><th></th>\
         <th>errors</th><th>error rate</th></tr></thead>\n",
    );
    for level in levels {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            text,
            "<tr><td>{} %</td><td>{:.6}</td><td>{}</td><td>{:.2} %</td><td>{}</td>\
             <td>{:.3} %</td></tr>",
            percent(level.max_error),
            level.threshold,
            level.accepted,
            100.0 * share(level, images),
            level.errors,
            100.0 * level.error_rate()
        );
    }
    text.push_str("</table>\n");
    text
}

/// Bars of accuracy by confidence.
fn diagram(bins: &[ReliabilityBin]) -> String {
    const SIDE: f64 = 210.0;
    const LEFT: f64 = 48.0;
    const TOP: f64 = 28.0;
    let bottom = TOP + SIDE;
    let width = SIDE / bins.len() as f64;
    let mut svg = format!(
        "<svg width=\"280\" height=\"280\" viewBox=\"0 0 280 280\" role=\"img\" \
         aria-label=\"Reliability\"><text x=\"{LEFT}\" y=\"16\">Right readings, %</text>"
    );
    for tick in 0..=5 {
        let value = 20 * tick;
        let along = SIDE * f64::from(value) / 100.0;
        let (x, y) = (LEFT + along, bottom - along);
        let _ = write!(
            svg,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{value}</text>",
            LEFT + SIDE,
            LEFT - 6.0,
            y + 4.0,
            bottom + 16.0
        );
    }
    for (index, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.count > 0) {
        let x = LEFT + index as f64 * width;
        let height = SIDE * bin.accuracy();
        let mean = bottom - SIDE * bin.confidence;
        let _ = write!(
            svg,
            "<rect class=\"share\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\">\
             <title>{} of {} right, mean probability {:.1} %</title></rect>\
             <line class=\"s1\" stroke-width=\"2\" x1=\"{x:.1}\" x2=\"{:.1}\" y1=\"{mean:.1}\" \
             y2=\"{mean:.1}\"/>",
            x + 0.5,
            bottom - height,
            width - 1.0,
            bin.correct,
            bin.count,
            100.0 * bin.confidence,
            x + width
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">probability of the reading, %</text></svg>",
        LEFT + SIDE,
        bottom + 32.0
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_marked_and_listed() {
        let readings = [(0.99, true), (0.97, true), (0.6, false), (0.9, true)];
        let level = RiskLevel {
            max_error: 0.001,
            threshold: 0.95,
            accepted: 2,
            errors: 0,
        };
        let html = section(&readings, &[level]);
        assert_eq!(html.matches("<circle").count(), 1);
        assert!(html.contains("<td>0.1 %</td><td>0.950000</td><td>2</td><td>50.00 %</td>"));
        // 0.6, 0.9, and the two in the last bin.
        assert_eq!(html.matches("<rect").count(), 3);
        assert!(
            html.contains("2 of 2 right, mean probability 98.0 %"),
            "{html}"
        );
        assert!(!section(&[], &[]).contains("NaN"));
    }
}
