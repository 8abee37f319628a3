//! How to read, as JavaScript says it.

use lekka::{DecodeLimits, Polarity, ReadOptions, ReviewRule};
use serde::Deserialize;

use crate::error::WasmError;

/// Options of a reading, the same as those of `lekka read`; JSON with camel-case members, all of
/// which may be missing.
///
/// ```
/// let options = lekka_wasm::Options::parse(r#"{"ink": "light", "reviewBelow": 0.99}"#)?;
/// assert_eq!(options.to_read_options()?.polarity, Some(lekka::Polarity::LightOnDark));
/// // A name that does not exist is an error, not silently nothing.
/// assert!(lekka_wasm::Options::parse(r#"{"inc": "light"}"#).is_err());
/// # Ok::<(), lekka_wasm::WasmError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// Which of light and dark is ink: `auto` finds out for each page.
    pub ink: Ink,
    /// Digits less probable than this are for review, 0 to 1; as the weights say if missing.
    pub review_below: Option<f32>,
    /// Mark so many digits for review that of the others no more than this share is wrong.
    pub max_error: Option<f64>,
    /// Refuse pictures with more millions of pixels; 100 if missing.
    pub max_megapixels: Option<f64>,
    /// Refuse files with more pages; 1000 if missing.
    pub max_pages: Option<usize>,
}

/// Colours of the ink.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ink {
    /// Finds out for each page.
    #[default]
    Auto,
    /// Dark on light, as on paper.
    Dark,
    /// Light on dark, as on a blackboard.
    Light,
}

impl Options {
    /// Options from JSON; an empty text is none.
    ///
    /// # Errors
    ///
    /// When the text is not JSON of that form.
    pub fn parse(json: &str) -> Result<Self, WasmError> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(json).map_err(|error| WasmError::Json {
            what: "options",
            error,
        })
    }

    /// The library's options.
    ///
    /// # Errors
    ///
    /// When a number is out of its range.
    pub fn to_read_options(&self) -> Result<ReadOptions, WasmError> {
        let within = |name, value: Option<f64>, expected, fits: fn(f64) -> bool| match value {
            Some(value) if !fits(value) => Err(WasmError::Option {
                name,
                value,
                expected,
            }),
            _ => Ok(()),
        };
        let below = self.review_below.map(f64::from);
        within("reviewBelow", below, "a number from 0 to 1", |p| {
            (0.0..=1.0).contains(&p)
        })?;
        let rate = "a rate above 0, at most 1";
        within("maxError", self.max_error, rate, |r| r > 0.0 && r <= 1.0)?;
        let pixels = "a number above 0, at most 1000000";
        within("maxMegapixels", self.max_megapixels, pixels, |n| {
            n > 0.0 && n <= 1e6
        })?;
        let limits = DecodeLimits::default();
        Ok(ReadOptions {
            limits: DecodeLimits {
                max_pixels: self
                    .max_megapixels
                    .map_or(limits.max_pixels, |n| (n * 1e6) as u64),
                max_pages: self.max_pages.unwrap_or(limits.max_pages),
            },
            polarity: match self.ink {
                Ink::Auto => None,
                Ink::Dark => Some(Polarity::DarkOnLight),
                Ink::Light => Some(Polarity::LightOnDark),
            },
            review: match (self.review_below, self.max_error) {
                (Some(threshold), _) => ReviewRule::Threshold(threshold),
                (None, Some(rate)) => ReviewRule::MaxError(rate),
                (None, None) => ReviewRule::Weights,
            },
            ..ReadOptions::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_options_are_those_of_the_library() {
        for json in ["", "{}"] {
            let options = Options::parse(json).unwrap().to_read_options().unwrap();
            assert_eq!(options, ReadOptions::default(), "{json:?}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        for (json, reason) in [
            (
                r#"{"reviewBelow": 1.5}"#,
                "option reviewBelow: 1.5 is not a number from 0 to 1",
            ),
            (r#"{"maxError": 0}"#, "option maxError: 0 is not a rate"),
            (
                r#"{"maxMegapixels": -1}"#,
                "option maxMegapixels: -1 is not",
            ),
            (r#"{"maxPages": -1}"#, "options: invalid value"),
        ] {
            let refused = Options::parse(json).and_then(|options| options.to_read_options());
            let message = refused.unwrap_err().to_string();
            assert!(message.starts_with(reason), "{message}");
        }
    }
}
