//! The characters as data.

use serde::Deserialize;
use std::sync::OnceLock;

/// A point in the unit box: x to the right, y downwards, or in pixels once placed.
pub type Point = [f32; 2];
/// One movement of the pen without lifting it.
pub type Stroke = Vec<Point>;
/// One handwriting of a character.
pub type Variant = Vec<Stroke>;

/// A character and its handwritings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glyph {
    /// The character that the strokes show.
    pub character: char,
    /// Its handwritings; at least one.
    pub variants: Vec<Variant>,
}

/// The characters that can be drawn.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alphabet {
    #[serde(rename = "glyph")]
    glyphs: Vec<Glyph>,
}

/// Why a file of strokes was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlphabetError {
    /// The text is not TOML of the expected form.
    #[error("the strokes are not TOML of the expected form: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A character is there twice or without strokes.
    #[error("the strokes of {character:?} are unusable: {reason}")]
    Glyph {
        /// The character.
        character: char,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Alphabet {
    /// The built-in strokes.
    ///
    /// # Panics
    /// Never: the embedded file is checked by this crate's tests.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Alphabet> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            Self::parse(include_str!("../data/strokes.toml")).expect("the embedded strokes parse")
        })
    }

    /// Reads strokes from TOML in the form of `data/strokes.toml`.
    ///
    /// # Errors
    /// When the text is not of that form, a character is there twice, or one has no strokes.
    pub fn parse(text: &str) -> Result<Self, AlphabetError> {
        let alphabet: Self = toml::from_str(text)?;
        for (index, glyph) in alphabet.glyphs.iter().enumerate() {
            let refuse = |reason| AlphabetError::Glyph {
                character: glyph.character,
                reason,
            };
            if alphabet.glyphs[..index]
                .iter()
                .any(|g| g.character == glyph.character)
            {
                return Err(refuse("the character is listed twice"));
            }
            if glyph.variants.is_empty() {
                return Err(refuse("there is no variant"));
            }
            for stroke in glyph.variants.iter().flatten() {
                if stroke.len() < 2 {
                    return Err(refuse("a stroke needs at least two points"));
                }
                if stroke.iter().flatten().any(|v| !(-0.5..=1.5).contains(v)) {
                    return Err(refuse("a point lies outside -0.5..1.5"));
                }
            }
        }
        Ok(alphabet)
    }

    /// The handwritings of a character, if it can be drawn.
    pub fn variants(&self, character: char) -> Option<&[Variant]> {
        self.glyphs
            .iter()
            .find(|g| g.character == character)
            .map(|g| g.variants.as_slice())
    }

    /// All characters in the order of the file.
    pub fn characters(&self) -> impl Iterator<Item = char> {
        self.glyphs.iter().map(|g| g.character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_several_handwritings() {
        for digit in '೦'..='೯' {
            assert!(
                Alphabet::builtin()
                    .variants(digit)
                    .is_some_and(|v| v.len() >= 3),
                "{digit}"
            );
        }
        for character in "0123456789_?.,:-+/%".chars() {
            assert!(
                Alphabet::builtin().variants(character).is_some(),
                "{character}"
            );
        }
    }

    #[test]
    fn unusable_strokes_are_refused() {
        let cases = [
            ("glyph = 1", "expected form"),
            ("[[glyph]]\ncharacter = 'a'\nvariants = []", "no variant"),
            (
                "[[glyph]]\ncharacter = 'a'\nvariants = [[[[0.0, 0.0]]]]",
                "two points",
            ),
            (
                "[[glyph]]\ncharacter = 'a'\nvariants = [[[[0.0, 0.0], [9.0, 0.0]]]]",
                "outside",
            ),
        ];
        for (text, reason) in cases {
            let error = Alphabet::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
