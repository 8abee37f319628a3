//! Curves as SVG whose colours follow the page.

use super::escape;
use std::fmt::Write;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 28.0;
const RIGHT: f64 = 12.0;
const BOTTOM: f64 = 62.0;
/// Colours that the style sheet has.
const COLOURS: usize = 4;

/// A curve.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// A circle beside the curves.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) at: (f64, f64),
    /// Shown where the pointer rests.
    pub(super) name: String,
}

/// Curves over one axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) across: &'a str,
    pub(super) series: &'a [Series],
    pub(super) marks: &'a [Mark],
}

impl Chart<'_> {
    pub(super) fn to_svg(self) -> String {
        let marks = || self.marks.iter().map(|mark| &mark.at);
        let points = || {
            let curves = self.series.iter().flat_map(|series| &series.points);
            curves.chain(marks())
        };
        let finite = || points().filter(|point| point.1.is_finite());
        let (low, high) = range(finite().map(|point| point.1));
        let (first, last) = range(finite().map(|point| point.0));
        let step = tick_step((high - low) / 5.0);
        let (bottom, top) = ((low / step).floor() * step, (high / step).ceil() * step);
        let x = |value: f64| LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| TOP + (top - value) / (top - bottom) * (HEIGHT - TOP - BOTTOM);

        let mut svg = format!(
            "<svg width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             role=\"img\" aria-label=\"{0}\"><text x=\"{LEFT}\" y=\"16\">{0}</text>",
            escape(self.title)
        );
        let ticks = ((top - bottom) / step).round() as usize;
        for tick in 0..=ticks {
            let value = bottom + tick as f64 * step;
            let _ = write!(
                svg,
                "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y(value) + 4.0,
                shorten(value, step),
                at = y(value),
            );
        }
        let step = tick_step((last - first) / 10.0).max(1.0);
        let mut value = (first / step).ceil() * step;
        while value <= last {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                x(value),
                HEIGHT - BOTTOM + 16.0,
                shorten(value, step)
            );
            value += step;
        }
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            HEIGHT - BOTTOM + 32.0,
            escape(self.across)
        );
        let mut legend = LEFT;
        for (index, series) in self.series.iter().enumerate() {
            let class = format!("s{}", index % COLOURS);
            let _ = write!(svg, "<polyline class=\"{class}\" points=\"");
            for point in series.points.iter().filter(|point| point.1.is_finite()) {
                let _ = write!(svg, "{:.1},{:.1} ", x(point.0), y(point.1));
            }
            let at = HEIGHT - 10.0;
            let _ = write!(
                svg,
                "\"/><line class=\"{class}\" stroke-width=\"2\" x1=\"{legend:.1}\" x2=\"{:.1}\" \
                 y1=\"{:.1}\" y2=\"{:.1}\"/><text x=\"{:.1}\" y=\"{at:.1}\">{}</text>",
                legend + 16.0,
                at - 4.0,
                at - 4.0,
                legend + 20.0,
                escape(&series.name)
            );
            // About seven pixels a letter at this size.
            legend += 34.0 + 7.0 * series.name.chars().count() as f64;
        }
        for mark in self.marks {
            let _ = write!(
                svg,
                "<circle class=\"s1\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"><title>{}</title></circle>",
                x(mark.at.0),
                y(mark.at.1),
                escape(&mark.name)
            );
        }
        svg.push_str("</svg>");
        svg
    }
}

/// Least and greatest value, never equal.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if low > high {
        (0.0, 1.0)
    } else if high - low < 1e-9 {
        (low - 0.5, high + 0.5)
    } else {
        (low, high)
    }
}

/// The next of 1, 2, 5, 10, ... that is not smaller.
fn tick_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|&step| step >= least * 0.999)
        .unwrap_or(power)
}

/// A number with the decimals that its step needs.
fn shorten(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        for (least, expected) in [(0.13, 0.2), (0.2, 0.2), (3.0, 5.0), (70.0, 100.0)] {
            assert!((tick_step(least) - expected).abs() < 1e-9, "{least}");
        }
        assert_eq!(shorten(0.4, 0.2), "0.4");
        assert_eq!(shorten(40.0, 20.0), "40");
    }

    #[test]
    fn no_points_and_equal_points_give_a_chart() {
        for points in [vec![], vec![(1.0, 2.0)], vec![(1.0, f64::NAN), (2.0, 1.0)]] {
            let series = [Series {
                name: "a".to_owned(),
                points,
            }];
            let svg = Chart {
                title: "t",
                across: "x",
                series: &series,
                marks: &[],
            }
            .to_svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
