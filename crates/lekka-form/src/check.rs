//! What is wrong with a template, and the form that one without mistakes makes.

use crate::design::{BOX_LINE, Bounds, FRAME_LINE, INSET, marks};
use crate::rules::{Relation, Rule, cycle};
use crate::template::{Field, FieldKind, MOST_DIGITS, Registration, Template};
use std::fmt;

/// A hand needs boxes of at least this width and height, in millimetres.
const LEAST_BOX: f64 = 5.0;
/// Boxes larger than this are a slip of the pen.
const LARGEST_BOX: f64 = 60.0;
/// Printers do not print nearer to the edge than this.
const EDGE: f64 = 3.0;
/// What is printed keeps off boxes, marks and the frame by this.
const GAP: f64 = 0.8;
/// Names that columns of the table have already.
const RESERVED: [&str; 4] = ["source", "page", "review", "error"];
/// The most fields, rules, texts and lines.
const MOST: usize = 500;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the template, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Why a template makes no form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template makes no form: {}", list(.0))]
pub struct Problems(pub Vec<Problem>);

fn list(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("; ")
}

/// A template without mistakes, its rules read: it can be printed and scans of it read.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    template: Template,
    rules: Vec<Rule>,
}

impl Form {
    /// The form of a template.
    ///
    /// # Errors
    ///
    /// All that [`Template::check`] finds.
    pub fn new(template: Template) -> Result<Self, Problems> {
        let problems = template.check();
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        let rules = template.read_rules().filter_map(Result::ok).collect();
        Ok(Self { template, rules })
    }

    /// The template.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The rules, in the order of the template.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

/// What is printed: what it is, where the template says so, and its bounds.
type Thing = (String, Option<usize>, Bounds);

/// Collects problems.
struct Checker<'a> {
    template: &'a Template,
    problems: Vec<Problem>,
}

impl Template {
    /// Everything that is wrong with the template, in its order; nothing when it makes a form.
    pub fn check(&self) -> Vec<Problem> {
        let mut checker = Checker {
            template: self,
            problems: Vec::new(),
        };
        checker.page();
        // The rest makes no sense with lengths that are no numbers.
        if checker.problems.is_empty() {
            checker.names();
            self.fields.iter().for_each(|field| checker.field(field));
            checker.printed();
            checker.rules();
        }
        checker.problems
    }

    /// The rules, each read or with what is wrong.
    fn read_rules(&self) -> impl Iterator<Item = Result<Rule, Problem>> {
        let names: Vec<&str> = self.fields.iter().map(Field::name).collect();
        self.rules.iter().map(move |rule| {
            let name = rule.name.get_ref();
            Rule::parse(name, &rule.holds, &names).map_err(|message| Problem {
                line: Some(self.line(rule.name.span().start)),
                message: format!("rule `{name}`: {message}"),
            })
        })
    }
}

impl Checker<'_> {
    fn add(&mut self, at: Option<usize>, message: String) {
        let line = at.map(|at| self.template.line(at));
        self.problems.push(Problem { line, message });
    }

    fn page(&mut self) {
        let template = self.template;
        let page = template.page;
        if ![page.width, page.height]
            .iter()
            .all(|side| (40.0..=450.0).contains(side))
        {
            self.add(
                None,
                format!(
                    "the page is {} x {} mm; sides of 40 to 450 mm can be printed and scanned",
                    page.width, page.height
                ),
            );
        }
        let sizes = [
            ("fields", template.fields.len()),
            ("rules", template.rules.len()),
            ("texts", template.texts.len()),
            ("lines", template.lines.len()),
        ];
        for (what, number) in sizes {
            if number > MOST {
                self.add(
                    None,
                    format!("there are {number} {what}; at most {MOST} are possible"),
                );
            }
        }
        if template.fields.is_empty() {
            self.add(
                None,
                "there is no field; add one that begins with [[field]]".to_owned(),
            );
        }
        let lengths = |values: &[f64]| values.iter().all(|v| v.abs() <= 1000.0);
        for field in template.fields.iter().filter(|field| !lengths(&field.rect)) {
            let message = format!(
                "field `{}`: rect = {:?} is not four lengths in millimetres",
                field.name(),
                field.rect
            );
            self.add(Some(field.name.span().start), message);
        }
        for text in &template.texts {
            let fits = lengths(&text.at) && (1.0..=50.0).contains(&text.size);
            if !fits || text.text.get_ref().chars().count() > 1000 {
                let message = format!(
                    "the text at {:?} of size {} is no text on a page; sizes are 1 to 50 mm, texts at most 1000 \
                     characters",
                    text.at, text.size
                );
                self.add(Some(text.text.span().start), message);
            }
        }
        for line in &template.lines {
            let fits = lengths(&line.from) && lengths(&line.to);
            if !fits || !(0.05..=10.0).contains(&line.thickness) {
                let message = format!(
                    "the line from {:?} to {:?} is {} mm thick; 0.05 to 10 mm are possible",
                    line.from, line.to, line.thickness
                );
                self.add(None, message);
            }
        }
    }

    fn names(&mut self) {
        let template = self.template;
        let fields = template.fields.iter().map(|field| ("field", &field.name));
        let rules = template.rules.iter().map(|rule| ("rule", &rule.name));
        let all: Vec<_> = fields.chain(rules).collect();
        for (i, (kind, name)) in all.iter().enumerate() {
            let (at, name) = (Some(name.span().start), name.get_ref().as_str());
            let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !word {
                self.add(
                    at,
                    format!(
                        "{kind} `{name}`: names are made of letters a to z, digits and _, and do not begin with a \
                         digit; write what people read into `label`"
                    ),
                );
            } else if *kind == "field" && RESERVED.contains(&name) {
                self.add(
                    at,
                    format!("field `{name}`: the table has a column of that name; choose another"),
                );
            }
            if all[..i]
                .iter()
                .any(|(k, n)| k == kind && n.get_ref() == name)
            {
                self.add(
                    at,
                    format!("{kind} `{name}`: there are two of that name; rename one"),
                );
            }
        }
    }

    fn field(&mut self, field: &Field) {
        let at = Some(field.name.span().start);
        let name = field.name();
        let [_, _, width, height] = field.rect;
        let digits = field.digits;
        if digits.least == 0 || digits.least > digits.most || digits.most > MOST_DIGITS {
            self.add(
                at,
                format!("field `{name}`: {digits} digits are not possible; 1 to {MOST_DIGITS} are, the least first"),
            );
            return;
        }
        let side = width / digits.most as f64;
        let what = match field.kind {
            FieldKind::Boxes => "a box",
            FieldKind::Area => "the room for a digit",
        };
        if side < LEAST_BOX || height < LEAST_BOX {
            self.add(
                at,
                format!(
                    "field `{name}`: {what} is {side:.1} x {height:.1} mm, too small for a hand; make `rect` at least \
                     {:.0} mm wide and {LEAST_BOX:.0} mm high",
                    LEAST_BOX * digits.most as f64
                ),
            );
        }
        if (field.kind == FieldKind::Boxes && side > LARGEST_BOX) || height > LARGEST_BOX {
            self.add(
                at,
                format!(
                    "field `{name}`: {what} is {side:.1} x {height:.1} mm; boxes above {LARGEST_BOX:.0} mm are not \
                     read, lengths are in millimetres"
                ),
            );
        }
        if let Some([low, high]) = field.range {
            let needed = high.checked_ilog10().unwrap_or(0) as usize + 1;
            if low > high {
                self.add(at, format!("field `{name}`: range = [{low}, {high}] is empty; the least value comes first"));
            } else if needed != digits.most {
                self.add(
                    at,
                    format!(
                        "field `{name}`: range = [{low}, {high}] has numbers of {needed} digits at most, `digits` \
                         says {}; let them agree",
                        digits.most
                    ),
                );
            }
        }
        if let Some(checksum) = field.checksum {
            if digits.least <= checksum.digits() {
                self.add(
                    at,
                    format!(
                        "field `{name}`: a number of {} digits has no room for the {} check digits of {}",
                        digits.least,
                        checksum.digits(),
                        checksum.as_str()
                    ),
                );
            }
            if checksum == crate::Checksum::Mod11 && digits.most > 10 {
                self.add(
                    at,
                    format!(
                        "field `{name}`: mod11 sees no mistake in the eleventh digit, `digits` says {}; 10 are \
                         possible",
                        digits.most
                    ),
                );
            }
        }
    }

    /// What is printed stays on the page and does not touch.
    fn printed(&mut self) {
        let template = self.template;
        let page = template.page;
        let (margin, marks) = match template.registration {
            Registration::Corners => (EDGE, marks(template).to_vec()),
            Registration::Frame => (INSET + FRAME_LINE + GAP, Vec::new()),
            Registration::None => (EDGE, Vec::new()),
        };
        let room = [margin, margin, page.width - margin, page.height - margin];
        let inside = match template.registration {
            Registration::Frame => "the frame",
            _ => "the part of the page that printers reach",
        };
        let mut things: Vec<Thing> = Vec::new();
        for field in &template.fields {
            let half = BOX_LINE / 2.0;
            let [x, y, width, height] = field.rect;
            let bounds = [x - half, y - half, x + width + half, y + height + half];
            things.push((
                format!("field `{}`", field.name()),
                Some(field.name.span().start),
                bounds,
            ));
        }
        let fields = things.len();
        self.letters(&mut things);
        for line in &template.lines {
            let half = line.thickness / 2.0;
            let (a, b) = (line.from, line.to);
            let bounds = [
                a[0].min(b[0]) - half,
                a[1].min(b[1]) - half,
                a[0].max(b[0]) + half,
                a[1].max(b[1]) + half,
            ];
            things.push((format!("the line from {a:?} to {b:?}"), None, bounds));
        }
        for (i, (what, at, bounds)) in things.iter().enumerate() {
            if !within(*bounds, room) {
                self.add(
                    *at,
                    format!(
                        "{what} reaches from {:.1}, {:.1} to {:.1}, {:.1} mm, beyond {inside} ({:.1}, {:.1} to {:.1}, \
                         {:.1}); move it or make it smaller",
                        bounds[0], bounds[1], bounds[2], bounds[3], room[0], room[1], room[2], room[3]
                    ),
                );
            }
            if marks.iter().any(|mark| touch(*bounds, *mark, 2.0)) {
                self.add(
                    *at,
                    format!("{what} is nearer than 2 mm to a corner mark; move it"),
                );
            }
            for (other, _, others) in &things[..i.min(fields)] {
                if touch(*bounds, *others, GAP) {
                    self.add(
                        *at,
                        format!("{what} and {other} overlap or are nearer than {GAP} mm to each other; move one"),
                    );
                }
            }
        }
    }

    /// Adds what is printed as letters.
    #[cfg(feature = "design")]
    fn letters(&mut self, things: &mut Vec<Thing>) {
        let texts = crate::design::texts(self.template);
        for crate::design::PrintedText {
            what,
            at,
            shape,
            missing,
        } in &texts
        {
            if let Some(character) = missing.first() {
                self.add(
                    *at,
                    format!("{what}: the font has no letter for `{character}`; Latin and Kannada letters can be printed"),
                );
            }
            if let Some(bounds) = shape.bounds() {
                things.push((what.clone(), *at, bounds));
            }
        }
    }

    /// Without the font nobody knows how wide letters are.
    #[cfg(not(feature = "design"))]
    #[expect(clippy::unused_self, reason = "as with the font")]
    fn letters(&mut self, _: &mut [Thing]) {}

    fn rules(&mut self) {
        let template = self.template;
        let mut rules = Vec::new();
        for (rule, text) in template.read_rules().zip(&template.rules) {
            match rule {
                Err(problem) => self.problems.push(problem),
                Ok(rule) => {
                    self.possible(&rule, text.name.span().start);
                    rules.push(rule);
                }
            }
        }
        if let Some(cycle) = cycle(&rules) {
            let names: Vec<&str> = cycle.iter().map(|&i| template.fields[i].name()).collect();
            self.add(
                None,
                format!(
                    "the rules go round in a circle: {}; each field may be made of others only once",
                    names.join(" from ")
                ),
            );
        }
    }

    /// Whether any values that the fields may have fit the rule.
    fn possible(&mut self, rule: &Rule, at: usize) {
        let fields = &self.template.fields;
        if fields.iter().any(|field| field.digits.most > MOST_DIGITS) {
            return;
        }
        let limits = |index: usize| {
            let field = &fields[index];
            let most = 10_i128.pow(field.digits.most as u32) - 1;
            let [low, high] = field.range.map_or([0, most], |range| range.map(i128::from));
            // A blank counts as 0.
            [if field.required { low } else { low.min(0) }, high]
        };
        let left = limits(rule.left);
        let mut right = [0_i128; 2];
        for term in &rule.terms {
            let [low, high] = term.field.map_or([1, 1], limits);
            let factor = i128::from(term.factor);
            right[0] += (factor * low).min(factor * high);
            right[1] += (factor * low).max(factor * high);
        }
        let possible = match rule.relation {
            Relation::Equal => left[0] <= right[1] && right[0] <= left[1],
            Relation::AtMost => left[0] <= right[1],
            Relation::Below => left[0] < right[1],
            Relation::AtLeast => left[1] >= right[0],
            Relation::Above => left[1] > right[0],
        };
        if !possible {
            self.add(
                Some(at),
                format!(
                    "rule {rule} never holds: the left side is {} to {}, the right side {} to {}; correct it, or the \
                     ranges",
                    left[0], left[1], right[0], right[1]
                ),
            );
        }
    }
}

fn within(inner: Bounds, outer: Bounds) -> bool {
    inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
}

fn touch(a: Bounds, b: Bounds, gap: f64) -> bool {
    a[0] < b[2] + gap && b[0] < a[2] + gap && a[1] < b[3] + gap && b[1] < a[3] + gap
}

#[cfg(test)]
mod tests;
