//! Kannada and ASCII digits as pen strokes, drawn with varying thickness, slant and noise.
//!
//! The strokes are data (`data/strokes.toml`): several handwritings of each Kannada digit, and
//! plain ASCII digits for annotations. A [`Hand`] says how a writer holds the pen; [`draw_glyph`]
//! and [`draw_text`] put ink on a grey picture; [`Sheet`] composes a ruled page.
//!
//! ```
//! use lekka_strokes::{Hand, Rng, draw_single};
//!
//! let picture = draw_single('೩', 1, &Hand::plain(80.0), &mut Rng::new(1)).unwrap();
//! assert!(picture.pixels().any(|p| p.0[0] < 64), "there is ink on the paper");
//! ```

mod alphabet;
mod curve;
mod hand;
mod noise;
mod random;
mod raster;
mod sheet;
mod text;

pub use alphabet::{Alphabet, AlphabetError, Glyph, Point, Stroke, Variant};
pub use hand::Hand;
pub use noise::{
    add_noise, add_salt_and_pepper, add_shadow, add_speckles, add_stains, add_uneven_light,
    blurred, set_contrast, through_jpeg,
};
pub use random::Rng;
pub use raster::{Mask, blend_rgb, draw_polyline, ink_gray, stroke_mask};
pub use sheet::{Sheet, cell_text};
pub use text::{
    draw_glyph, draw_single, draw_text, kannada_digit, kannada_number, text_mask, text_width,
};
