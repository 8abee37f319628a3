//! Options in the query of a URL, by the names that the command line has.

use crate::problem::Problem;
use axum::extract::Query;
use axum::http::Uri;
use lekka::{Polarity, ReviewRule, Script};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The options of a URL.
pub(super) fn options<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    let Query(options) = Query::try_from_uri(uri).map_err(|error| {
        use std::error::Error;
        let cause = error.source().map_or_else(String::new, ToString::to_string);
        let detail = format!("{cause}; /openapi.json lists the options of this route");
        Problem::bad_request("bad_option", detail)
    })?;
    Ok(options)
}

/// The rule for review from `review_below` and `max_error`.
pub(super) fn review(below: Option<f32>, max_error: Option<f64>) -> Result<ReviewRule, Problem> {
    let refused = |detail: &str| Err(Problem::bad_request("bad_option", detail));
    match (below, max_error) {
        (Some(_), Some(_)) => refused("give review_below or max_error, not both"),
        (Some(below), None) if (0.0..=1.0).contains(&below) => Ok(ReviewRule::Threshold(below)),
        (Some(_), None) => refused("review_below is a probability from 0 to 1"),
        (None, Some(rate)) if rate > 0.0 && rate <= 1.0 => Ok(ReviewRule::MaxError(rate)),
        (None, Some(_)) => refused("max_error is a rate above 0, at most 1, such as 0.001"),
        (None, None) => Ok(ReviewRule::Weights),
    }
}

/// Colours of the ink.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ink {
    #[default]
    Auto,
    Dark,
    Light,
}

impl Ink {
    pub(super) const fn polarity(self) -> Option<Polarity> {
        match self {
            Self::Auto => None,
            Self::Dark => Some(Polarity::DarkOnLight),
            Self::Light => Some(Polarity::LightOnDark),
        }
    }
}

/// Scripts of the text format.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ScriptName {
    #[default]
    Kannada,
    Ascii,
}

impl ScriptName {
    pub(super) const fn script(self) -> Script {
        match self {
            Self::Kannada => Script::Kannada,
            Self::Ascii => Script::Ascii,
        }
    }
}
