//! The template of a form, as it is written in TOML.
//!
//! Lengths are in millimetres, from the upper left corner of the page, x to the right and y down.

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

/// The most digits that a field may have: their number fits 64 bits.
pub const MOST_DIGITS: usize = 18;

/// A form as its template says.
///
/// ```
/// let template = lekka_form::Template::parse(
///     r#"
///     name = "marks"
///     page = "A6"
///
///     [[field]]
///     name = "roll"
///     rect = [30, 40, 32, 9]
///     digits = 4
///     "#,
///     "marks.toml",
/// )?;
/// assert_eq!(template.fields[0].digits.to_string(), "4");
/// assert!(template.check().is_empty());
/// # Ok::<(), lekka_form::TemplateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What the form is called in messages and titles.
    pub name: String,
    /// Printed at the top, between the corner marks; nothing by default.
    #[serde(default)]
    pub title: Option<String>,
    /// The paper.
    #[serde(default)]
    pub page: PageSize,
    /// By what the page is found on a scan.
    #[serde(default)]
    pub registration: Registration,
    /// What is filled in.
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
    /// What must hold between fields.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleText>,
    /// Printed text beside titles and labels.
    #[serde(default, rename = "text")]
    pub texts: Vec<StaticText>,
    /// Printed lines.
    #[serde(default, rename = "line")]
    pub lines: Vec<StaticLine>,
    /// The line of the file where each byte position of `source` is, to name lines in messages.
    #[serde(skip)]
    pub(crate) line_starts: Vec<usize>,
}

/// Width and height of the paper in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageSize {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Default for PageSize {
    /// A4, upright.
    fn default() -> Self {
        Self {
            width: 210.0,
            height: 297.0,
        }
    }
}

/// Names of paper and their upright sizes in millimetres.
const PAPERS: [(&str, f64, f64); 9] = [
    ("A3", 297.0, 420.0),
    ("A4", 210.0, 297.0),
    ("A5", 148.0, 210.0),
    ("A6", 105.0, 148.0),
    ("Letter", 215.9, 279.4),
    ("Legal", 215.9, 355.6),
    // Envelopes.
    ("DL", 110.0, 220.0),
    ("C5", 162.0, 229.0),
    ("C6", 114.0, 162.0),
];

impl<'de> Deserialize<'de> for PageSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "a name such as \"A4\" or [width, height] in millimetres"
        )]
        enum Written {
            Name(String),
            Size([f64; 2]),
        }
        match Written::deserialize(deserializer)? {
            Written::Size([width, height]) => Ok(Self { width, height }),
            Written::Name(name) => {
                let (paper, turned) = match name.strip_suffix(" landscape") {
                    Some(paper) => (paper, true),
                    None => (name.as_str(), false),
                };
                let known = PAPERS
                    .iter()
                    .find(|(known, ..)| known.eq_ignore_ascii_case(paper))
                    .ok_or_else(|| {
                        let names: Vec<&str> = PAPERS.iter().map(|paper| paper.0).collect();
                        de::Error::custom(format!(
                            "there is no page size `{name}`; use one of {}, each with ` landscape` behind it to \
                             turn it, or [width, height] in millimetres",
                            names.join(", ")
                        ))
                    })?;
                let &(_, width, height) = known;
                Ok(if turned {
                    Self {
                        width: height,
                        height: width,
                    }
                } else {
                    Self { width, height }
                })
            }
        }
    }
}

/// By what the page is found on a scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// A black square in each corner, the lower right one hollow: any turn and perspective.
    #[default]
    Corners,
    /// A rectangle around the form.
    Frame,
    /// Nothing is printed: the scan shows the whole page upright, and its boxes are looked for.
    None,
}

/// A place for a number.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The column of the table, and how rules call it: letters, digits and `_`.
    pub name: Spanned<String>,
    /// Printed beside it; nothing by default.
    #[serde(default)]
    pub label: Option<String>,
    /// Where the label stands.
    #[serde(default)]
    pub label_side: Side,
    /// Left, top, width and height.
    pub rect: [f64; 4],
    /// Boxes or a free area.
    #[serde(default)]
    pub kind: FieldKind,
    /// How many digits: `6`, or `[1, 3]` for from 1 to 3.
    pub digits: Digits,
    /// Whether it must be filled in; yes by default.
    #[serde(default = "yes")]
    pub required: bool,
    /// The least and the largest value, both allowed.
    #[serde(default)]
    pub range: Option<[u64; 2]>,
    /// The check digit that the number ends with.
    #[serde(default)]
    pub checksum: Option<Checksum>,
}

/// What of a field is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// A box for each digit.
    #[default]
    Boxes,
    /// One box for all digits.
    Area,
}

/// Where a label stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Above the field, beginning where it begins.
    #[default]
    Above,
    /// Left of the field, ending 3 mm before it.
    Left,
}

/// How many digits a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    /// At least so many, if it is filled in.
    pub least: usize,
    /// At most so many; the number of boxes.
    pub most: usize,
}

impl Digits {
    /// Whether a number may have so many.
    pub fn allow(&self, number: usize) -> bool {
        (self.least..=self.most).contains(&number)
    }
}

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.least == self.most {
            write!(f, "{}", self.most)
        } else {
            write!(f, "{} to {}", self.least, self.most)
        }
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number of digits such as 6, or [least, most]")]
        enum Written {
            Fixed(usize),
            Range([usize; 2]),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Fixed(digits) => Self {
                least: digits,
                most: digits,
            },
            Written::Range([least, most]) => Self { least, most },
        })
    }
}

/// A rule between fields, as it is written; see [`crate::rules`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// What the rule is called in messages.
    pub name: Spanned<String>,
    /// Such as `total = theory + practical`.
    pub holds: String,
}

/// Text that is printed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticText {
    /// Left end of the base line, or its middle or right end as `align` says.
    pub at: [f64; 2],
    /// What is printed, in Latin or Kannada letters.
    pub text: Spanned<String>,
    /// Size of the letters in millimetres; 3.5 by default.
    #[serde(default = "text_size")]
    pub size: f64,
    /// Where `at` is.
    #[serde(default)]
    pub align: Align,
}

/// Which point of a text its position is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// The left end.
    #[default]
    Left,
    /// The middle.
    Center,
    /// The right end.
    Right,
}

/// A line that is printed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticLine {
    /// One end.
    pub from: [f64; 2],
    /// The other end.
    pub to: [f64; 2],
    /// How thick it is; 0.25 by default.
    #[serde(default = "line_thickness")]
    pub thickness: f64,
}

/// How the last digits of a number follow from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checksum {
    /// Cards: every second digit from the right doubled, its digits added; the sum is a multiple of 10.
    Luhn,
    /// ISBN-10 without the digit X: digits times 1, 2, 3, ... from the right; the sum is a multiple of 11.
    Mod11,
    /// ISO 7064: the whole number leaves 1 when divided by 97.
    Mod97,
    /// Aadhaar: Verhoeff's dihedral code.
    Verhoeff,
}

const fn yes() -> bool {
    true
}

const fn text_size() -> f64 {
    3.5
}

const fn line_thickness() -> f64 {
    0.25
}

/// Why a file is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", place(*line, field.as_deref()))]
pub struct TemplateError {
    /// The file's name.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The field, rule or text that the line belongs to, where one is named.
    pub field: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

fn place(line: Option<usize>, field: Option<&str>) -> String {
    let mut place = line.map_or_else(String::new, |line| format!(", line {line}"));
    if let Some(field) = field {
        place.push_str(", ");
        place.push_str(field);
    }
    place
}

/// The longest template that is read, in bytes.
const LONGEST: usize = 1 << 20;

impl Template {
    /// Reads a template; `file` is its name for messages. [`Template::check`] tells whether what it says makes sense.
    ///
    /// # Errors
    ///
    /// When the text is no TOML, or has members that a template has not, or lacks some. The message has the line, the
    /// name of the field and what to write.
    pub fn parse(text: &str, file: &str) -> Result<Self, TemplateError> {
        if text.len() > LONGEST {
            return Err(TemplateError {
                file: file.to_owned(),
                line: None,
                field: None,
                message: format!(
                    "the template has {} bytes, at most {LONGEST} are read; is this the right file?",
                    text.len()
                ),
            });
        }
        let line_starts: Vec<usize> = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        match toml::from_str::<Self>(text) {
            Ok(mut template) => {
                template.line_starts = line_starts;
                Ok(template)
            }
            Err(error) => {
                let start = error.span().map(|span| span.start);
                let hint = "docs/forms.md has every member with an example";
                Err(TemplateError {
                    file: file.to_owned(),
                    line: start.map(|at| line_of(&line_starts, at)),
                    field: start.and_then(|at| name_around(text, at)),
                    message: format!("{}; {hint}", error.message().trim_end()),
                })
            }
        }
    }

    /// The line of the template, from 1, that a byte of it is on.
    pub(crate) fn line(&self, at: usize) -> usize {
        line_of(&self.line_starts, at)
    }

    /// The field with a name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name() == name)
    }
}

impl Field {
    /// The column of the table.
    pub fn name(&self) -> &str {
        self.name.get_ref()
    }
}

fn line_of(line_starts: &[usize], at: usize) -> usize {
    line_starts.partition_point(|&start| start <= at).max(1)
}

/// What the table around a byte of a broken template is called: its kind and its `name`.
fn name_around(text: &str, at: usize) -> Option<String> {
    let at = (0..=at.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))?;
    let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let header = text[..line_end].rfind("[[")?;
    let table = &text[header..];
    let kind = table.strip_prefix("[[")?.split("]]").next()?.trim();
    let end = table[2..].find("\n[").map_or(table.len(), |end| end + 2);
    let name = table[..end].lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "name").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    });
    Some(match name {
        Some(name) => format!("{kind} `{name}`"),
        None => format!("{kind} without a name"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_line_field_and_remedy() {
        let field = "name = \"f\"\n[[field]]\nname = \"total\"\nrect = [1, 2, 3, 4]\n";
        for (text, parts) in [
            (
                format!("{field}digits = 3\ncolour = 1"),
                &["line 6", "field `total`", "unknown field `colour`"][..],
            ),
            (
                field.to_owned(),
                &["line 2", "field `total`", "missing field `digits`"],
            ),
            (
                format!("{field}digits = \"three\""),
                &["line 5", "field `total`", "[least, most]"],
            ),
            (
                "name = \"f\"\npage = \"A9\"".to_owned(),
                &["line 2", "no page size `A9`", "landscape"],
            ),
            ("name = f".to_owned(), &["line 1", "docs/forms.md"]),
            (
                "[[field]]\nrect = [1, 2]".to_owned(),
                &["field without a name"],
            ),
            ("title = \"x\"".to_owned(), &["missing field `name`"]),
        ] {
            let error = Template::parse(&text, "a.toml").unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "`{part}` is not in `{error}`");
            }
            assert!(error.starts_with("a.toml"), "{error}");
        }
    }

    #[test]
    fn pages_have_names_and_turn() {
        let page = |text: &str| {
            let text = format!("name = \"f\"\npage = {text}");
            Template::parse(&text, "a").map(|template| (template.page.width, template.page.height))
        };
        assert_eq!(page("\"a5\""), Ok((148.0, 210.0)));
        assert_eq!(page("\"DL landscape\""), Ok((220.0, 110.0)));
        assert_eq!(page("[80, 60.5]"), Ok((80.0, 60.5)));
    }
}
