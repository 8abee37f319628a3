//! Numbers composed from the digits of one writer, as people write them: close, touching, uneven.

mod bank;
mod compose;
mod folder;
mod place;
mod separators;

pub use bank::{GlyphBank, WriterGlyphs};
pub use compose::{ComposeOptions, ComposedNumber, compose};
pub use folder::{NumberEntry, parse_numbers, read_numbers, write_numbers};
pub use separators::SeparatorMark;

use serde::{Deserialize, Serialize};

/// How near to each other the digits of a number stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spacing {
    /// Boxes around neighbours are 0.2 to 0.7 of a digit's size apart.
    Spaced,
    /// Strokes of neighbours are 0.04 to 0.2 of a digit's size apart; their boxes may overlap.
    Close,
    /// Strokes of at least one pair of neighbours touch or overlap, of each with a chance of a half; the others are
    /// close.
    Touching,
}

impl Spacing {
    /// From wide to narrow.
    pub const ALL: [Self; 3] = [Self::Spaced, Self::Close, Self::Touching];

    /// The word in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spaced => "spaced",
            Self::Close => "close",
            Self::Touching => "touching",
        }
    }
}
