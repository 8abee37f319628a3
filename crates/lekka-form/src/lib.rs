//! Forms: a template says what stands where; the blank form is printed, filled scans of it are read into a table.
//!
//! ```
//! use lekka_form::{Form, Template, to_pdf};
//!
//! let template = Template::parse(
//!     r#"
//!     name = "marks"
//!     page = "A6"
//!     [[field]]
//!     name = "roll"
//!     label = "Roll number"
//!     rect = [30, 40, 32, 9]
//!     digits = 4
//!     "#,
//!     "marks.toml",
//! )?;
//! let form = Form::new(template)?;
//! assert!(to_pdf(&form).starts_with(b"%PDF"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Printing is the feature `design`, on by default. Without it templates are checked and scans read all the same, but
//! whether the letters of a form fit on it is not found out: that needs the font.

mod check;
mod checksum;
mod correct;
mod decide;
mod design;
mod locate;
mod read;
mod review;
pub mod rules;
pub mod table;
mod template;
mod view;

pub use check::{Form, Problem, Problems};
pub use correct::FormCorrectionError;
pub use decide::{BROKEN, DOUBT};
#[cfg(feature = "design")]
pub use design::{PictureError, to_pdf, to_picture, to_png};
pub use locate::{LocateError, Located, locate};
pub use read::{
    Candidate, DEFAULT_REVIEW_BELOW, FieldValue, FormOptions, FormReadError, FormReading,
};
pub use review::to_html;
pub use template::{
    Align, Checksum, Digits, Field, FieldKind, MOST_DIGITS, PageSize, Registration, RuleText, Side,
    StaticLine, StaticText, Template, TemplateError,
};
