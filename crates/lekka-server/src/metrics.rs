//! What is counted, for Prometheus.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

/// The media type of [`Metrics::text`].
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    /// The route as it is written, so that clients cannot make new ones.
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

/// One more, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Counted(Gauge);

impl Counted {
    pub(crate) fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// All counters of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: Family<Answer, Counter>,
    seconds: Family<Route, Histogram>,
    problems: Family<Code, Counter>,
    pub(crate) in_flight: Gauge,
    pub(crate) waiting: Gauge,
    pub(crate) computing: Gauge,
    pub(crate) buffered: Gauge,
    pub(crate) connections: Gauge,
    pages: Counter,
    digits: Counter,
    batch_digits: Histogram,
    batch_seconds: Histogram,
}

impl Metrics {
    /// Everything at zero. `weights` is the name of the weights in use.
    pub fn new(weights: &str) -> Self {
        let mut registry = Registry::with_prefix("lekka");
        let seconds = Family::new_with_constructor(latency as fn() -> Histogram);
        let metrics = Self {
            answers: Family::default(),
            seconds,
            problems: Family::default(),
            in_flight: Gauge::default(),
            waiting: Gauge::default(),
            computing: Gauge::default(),
            buffered: Gauge::default(),
            connections: Gauge::default(),
            pages: Counter::default(),
            digits: Counter::default(),
            batch_digits: Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]),
            batch_seconds: latency(),
            registry: Registry::default(),
        };
        let info = Info::new(vec![
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("weights", weights.to_owned()),
        ]);
        registry.register("server", "The program and its weights", info);
        let answers = metrics.answers.clone();
        registry.register("http_requests", "Requests answered", answers);
        let seconds = metrics.seconds.clone();
        let help = "From a request's headers to its answer";
        registry.register_with_unit("http_request", help, Unit::Seconds, seconds);
        let problems = metrics.problems.clone();
        registry.register("problems", "Answers that were problems, by code", problems);
        for (name, help, gauge) in [
            (
                "http_in_flight",
                "Requests not yet answered",
                &metrics.in_flight,
            ),
            (
                "waiting",
                "Requests that wait for their turn",
                &metrics.waiting,
            ),
            (
                "computing",
                "Requests that are computed",
                &metrics.computing,
            ),
            ("connections", "Open connections", &metrics.connections),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let buffered = metrics.buffered.clone();
        let help = "Bodies of requests in memory";
        registry.register_with_unit("buffered", help, Unit::Bytes, buffered);
        registry.register("pages", "Pages read", metrics.pages.clone());
        registry.register("digits", "Digits read", metrics.digits.clone());
        let sizes = metrics.batch_digits.clone();
        registry.register("batch_digits", "Digits of a batch of the network", sizes);
        let seconds = metrics.batch_seconds.clone();
        registry.register_with_unit("batch", "Time of a batch", Unit::Seconds, seconds);
        Self {
            registry,
            ..metrics
        }
    }

    pub(crate) fn answer(
        &self,
        route: &str,
        method: &'static str,
        status: u16,
        code: Option<&'static str>,
        time: Duration,
    ) {
        let route = route.to_owned();
        let seconds = self.seconds.get_or_create(&Route {
            route: route.clone(),
        });
        seconds.observe(time.as_secs_f64());
        let answer = Answer {
            route,
            method,
            status,
        };
        self.answers.get_or_create(&answer).inc();
        if let Some(code) = code {
            self.problems.get_or_create(&Code { code }).inc();
        }
    }

    pub(crate) fn batch(&self, digits: usize, time: Duration) {
        self.digits.inc_by(digits as u64);
        self.batch_digits.observe(digits as f64);
        self.batch_seconds.observe(time.as_secs_f64());
    }

    pub(crate) fn read_pages(&self, pages: usize) {
        self.pages.inc_by(pages as u64);
    }

    /// All of it in the text format of `OpenMetrics`, which Prometheus reads.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// From a digit's fraction of a millisecond to a long document.
fn latency() -> Histogram {
    Histogram::new([
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ])
}
