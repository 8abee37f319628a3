//! Bearer tokens, RFC 6750.

use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

/// Characters that a token has at least: shorter ones can be tried out.
const SHORTEST: usize = 16;

/// Who has one of these may read. Without any, everybody may.
///
/// Only hashes are kept. They are compared in a time that does not depend on them, so that nobody
/// can find a token letter by letter.
#[derive(Clone, Default)]
pub struct Tokens(Vec<[u8; 32]>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.0.len())
    }
}

/// Why a list of tokens was refused. The message does not have the token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// A token that is too short.
    #[error(
        "the token in line {line} has {length} characters, at least 16 are needed; make one with \
         `openssl rand -hex 32`"
    )]
    Short {
        /// Its line, from 1.
        line: usize,
        /// Its length.
        length: usize,
    },
    /// A character that HTTP does not allow there.
    #[error(
        "the token in line {line} has a character that no token may have; use letters, digits and \
         -._~+/="
    )]
    Character {
        /// Its line, from 1.
        line: usize,
    },
    /// No token at all.
    #[error("there is no token in it; give one token a line")]
    None,
}

impl Tokens {
    /// Reads a list with one token a line; empty lines and those that begin with `#` are left out.
    ///
    /// # Errors
    ///
    /// When there is none, or one is too short or has characters that no token may have.
    ///
    /// ```
    /// use lekka_server::Tokens;
    /// assert!(Tokens::parse("# the scanner's\n0123456789abcdef\n").is_ok());
    /// assert!(Tokens::parse("secret").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let mut hashes = Vec::new();
        for (index, token) in text.lines().map(str::trim).enumerate() {
            if token.is_empty() || token.starts_with('#') {
                continue;
            }
            let line = index + 1;
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
            if !token.chars().all(allowed) {
                return Err(TokenError::Character { line });
            }
            if token.len() < SHORTEST {
                let length = token.len();
                return Err(TokenError::Short { line, length });
            }
            hashes.push(Sha256::digest(token).into());
        }
        if hashes.is_empty() {
            return Err(TokenError::None);
        }
        Ok(Self(hashes))
    }

    /// Whether everybody may read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn hold(&self, token: &[u8]) -> bool {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let equal = |found: Choice, known: &[u8; 32]| found | known.ct_eq(&hash);
        self.0.iter().fold(Choice::from(0), equal).into()
    }
}

pub(crate) async fn require(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let tokens = state.tokens();
    if !tokens.is_empty() {
        let header = request.headers().get(header::AUTHORIZATION);
        let value = header.map_or(&b""[..], |value| value.as_bytes());
        let (scheme, token) = value.split_at_checked(7).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "no_token",
                "this server asks for a token; send it as `Authorization: Bearer TOKEN`",
            ));
        }
        if !tokens.hold(token.trim_ascii()) {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "wrong_token",
                "the token is not one of this server's; ask its operator",
            ));
        }
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_line_by_line() {
        let tokens = Tokens::parse("\n# office\n  abcdefghijklmnop \r\nABCDEFGHIJKLMNOP=").unwrap();
        assert!(tokens.hold(b"abcdefghijklmnop"));
        assert!(tokens.hold(b"ABCDEFGHIJKLMNOP="));
        for wrong in [
            &b""[..],
            b"abcdefghijklmno",
            b"abcdefghijklmnopq",
            b"# office",
        ] {
            assert!(!tokens.hold(wrong), "{wrong:?}");
        }
        assert_eq!(format!("{tokens:?}"), "Tokens(2)");
    }

    #[test]
    fn bad_tokens_are_told_by_their_line() {
        let error = |text| Tokens::parse(text).unwrap_err();
        assert_eq!(error("# none\n\n"), TokenError::None);
        assert_eq!(error("\nshort"), TokenError::Short { line: 2, length: 5 });
        assert_eq!(
            error("with a blank in it, long enough"),
            TokenError::Character { line: 1 }
        );
        assert!(!error("\nshort").to_string().contains("short,"));
    }
}
