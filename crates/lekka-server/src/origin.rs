//! Pages of other servers that may call this one.

use axum::http::HeaderValue;
use std::str::FromStr;
use thiserror::Error;

/// An origin as browsers send it, such as `https://example.org`, or `*` for all.
///
/// ```
/// use lekka_server::Origin;
/// assert!("https://example.org:8443".parse::<Origin>().is_ok());
/// assert!("example.org".parse::<Origin>().is_err());
/// assert!("https://example.org/".parse::<Origin>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// Not an origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no origin; give scheme and host without a path, such as https://example.org, or *"
)]
pub struct OriginError(String);

impl Origin {
    pub(crate) fn is_all(&self) -> bool {
        self.0 == "*"
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let host = text.split_once("://").filter(|(scheme, _)| {
            !scheme.is_empty()
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        });
        let fits = |host: &str| {
            !host.is_empty()
                && host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c))
        };
        let refused = || OriginError(text.to_owned());
        if text != "*" && !host.is_some_and(|(_, host)| fits(host)) {
            return Err(refused());
        }
        // Browsers write hosts in lower case, and compare letter by letter.
        let text = text.to_ascii_lowercase();
        HeaderValue::from_str(&text)
            .map(Self)
            .map_err(|_| refused())
    }
}
