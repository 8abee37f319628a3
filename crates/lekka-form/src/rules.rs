//! Rules between fields: linear equations and comparisons of whole numbers.
//!
//! ```text
//! rule  = NAME ("=" | "<=" | "<" | ">=" | ">") term (("+" | "-") term)*
//! term  = [NUMBER "*"] NAME | NUMBER
//! ```

use std::collections::BTreeMap;
use std::fmt;

/// How the two sides of a rule compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `=`
    Equal,
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

/// One part of the right side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What it is multiplied by, its sign included.
    pub factor: i64,
    /// The index of the field; `None` for a number alone.
    pub field: Option<usize>,
}

/// A rule with its fields found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// The rule as it is written.
    pub text: String,
    /// The index of the field on the left side.
    pub left: usize,
    /// How the sides compare.
    pub relation: Relation,
    /// The parts of the right side.
    pub terms: Vec<Term>,
}

/// The largest number in a rule: with 18 digits and 500 terms, sums stay within 128 bits.
const LARGEST: i64 = 1_000_000_000;

/// The most parts of a right side.
const MOST_TERMS: usize = 500;

impl Rule {
    /// Reads a rule; `fields` are the names of the form's fields.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong and what to write.
    pub fn parse(name: &str, text: &str, fields: &[&str]) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let find = |word: &str| {
            fields
                .iter()
                .position(|field| *field == word)
                .ok_or_else(|| {
                    format!(
                        "there is no field `{word}`; the fields are {}",
                        fields.join(", ")
                    )
                })
        };
        let mut tokens = tokens.into_iter().peekable();
        let left = match tokens.next() {
            Some(Token::Word(word)) => find(&word)?,
            _ => return Err(usage("the left side is one field")),
        };
        let Some(Token::Relation(relation)) = tokens.next() else {
            return Err(usage("behind the first field stands =, <=, <, >= or >"));
        };
        let mut terms = Vec::new();
        let mut sign = match tokens.peek() {
            Some(Token::Sign(sign)) => {
                let sign = *sign;
                tokens.next();
                sign
            }
            _ => 1,
        };
        loop {
            let term = match tokens.next() {
                Some(Token::Word(word)) => Term {
                    factor: sign,
                    field: Some(find(&word)?),
                },
                Some(Token::Number(number)) => {
                    let factor = sign * number;
                    if tokens.next_if_eq(&Token::Times).is_some() {
                        match tokens.next() {
                            Some(Token::Word(word)) => Term {
                                factor,
                                field: Some(find(&word)?),
                            },
                            _ => return Err(usage("behind `*` stands a field")),
                        }
                    } else {
                        Term {
                            factor,
                            field: None,
                        }
                    }
                }
                _ => return Err(usage("a field or a number is missing")),
            };
            terms.push(term);
            if terms.len() > MOST_TERMS {
                return Err(format!("a rule has at most {MOST_TERMS} terms; divide it"));
            }
            sign = match tokens.next() {
                None => break,
                Some(Token::Sign(sign)) => sign,
                Some(_) => return Err(usage("between terms stands + or -")),
            };
        }
        let rule = Self {
            name: name.to_owned(),
            text: text.trim().to_owned(),
            left,
            relation,
            terms,
        };
        if rule.terms.iter().all(|term| term.field.is_none()) {
            return Err(
                "there is no field on the right side; `range` limits a single field".to_owned(),
            );
        }
        if rule.terms.iter().any(|term| term.field == Some(left)) {
            return Err(format!(
                "`{}` stands on both sides; write it on the left side only",
                fields[left]
            ));
        }
        Ok(rule)
    }

    /// The fields that the rule speaks of, each once, in the order of the form.
    pub fn fields(&self) -> Vec<usize> {
        let mut fields: Vec<usize> = self.terms.iter().filter_map(|term| term.field).collect();
        fields.push(self.left);
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// Whether the rule holds, given the value of each field.
    pub fn holds(&self, value: impl Fn(usize) -> i64) -> bool {
        let left = i128::from(value(self.left));
        let right: i128 = self
            .terms
            .iter()
            .map(|term| i128::from(term.factor) * term.field.map_or(1, |f| i128::from(value(f))))
            .sum();
        match self.relation {
            Relation::Equal => left == right,
            Relation::AtMost => left <= right,
            Relation::Below => left < right,
            Relation::AtLeast => left >= right,
            Relation::Above => left > right,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.name, self.text)
    }
}

/// Equations in which each field follows from another and comes back to itself, as the fields' indices; a mistake, since
/// on paper something is added up first.
pub(crate) fn cycle(rules: &[Rule]) -> Option<Vec<usize>> {
    let mut made_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.relation == Relation::Equal) {
        let parts = rule.terms.iter().filter_map(|term| term.field);
        made_of.entry(rule.left).or_default().extend(parts);
    }
    // Depth first; what is done leads to no cycle.
    let mut done = std::collections::BTreeSet::new();
    for &start in made_of.keys() {
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some(&(field, next)) = path.last() {
            let parts = made_of.get(&field).map_or(&[][..], Vec::as_slice);
            let Some(&part) = parts.get(next) else {
                done.insert(field);
                path.pop();
                continue;
            };
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            if let Some(at) = path.iter().position(|&(f, _)| f == part) {
                let mut cycle: Vec<usize> = path[at..].iter().map(|p| p.0).collect();
                cycle.push(part);
                return Some(cycle);
            }
            if !done.contains(&part) {
                path.push((part, 0));
            }
        }
    }
    None
}

fn usage(what: &str) -> String {
    format!("{what}; write it like `total = theory + practical` or `tax <= 2 * income - 100`")
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Number(i64),
    Relation(Relation),
    Sign(i64),
    Times,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let (token, length) = if first.is_ascii_digit() {
            let number = rest[..word]
                .parse()
                .ok()
                .filter(|number| *number <= LARGEST)
                .ok_or_else(|| format!("`{}` is no number up to {LARGEST}", &rest[..word]))?;
            (Token::Number(number), word)
        } else if word > 0 {
            (Token::Word(rest[..word].to_owned()), word)
        } else if rest.starts_with("<=") {
            (Token::Relation(Relation::AtMost), 2)
        } else if rest.starts_with(">=") {
            (Token::Relation(Relation::AtLeast), 2)
        } else {
            let token = match first {
                '=' => Token::Relation(Relation::Equal),
                '<' => Token::Relation(Relation::Below),
                '>' => Token::Relation(Relation::Above),
                '+' => Token::Sign(1),
                '-' => Token::Sign(-1),
                '*' => Token::Times,
                other => return Err(usage(&format!("`{other}` is no part of a rule"))),
            };
            (token, 1)
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 4] = ["total", "theory", "practical", "fee"];

    fn rule(text: &str) -> Result<Rule, String> {
        Rule::parse("r", text, &FIELDS)
    }

    #[test]
    fn rules_hold_or_not() {
        let values = [75_i64, 50, 25, 5];
        for (text, holds) in [
            ("total = theory + practical", true),
            ("total=theory+practical+fee", false),
            ("total = theory + 3 * practical - 10 * fee", true),
            ("total > theory", true),
            ("theory >= total - practical", true),
            ("theory < 2 * practical", false),
            ("total = - fee + 80", true),
        ] {
            let rule = rule(text).unwrap();
            assert_eq!(rule.holds(|field| values[field]), holds, "{text}");
        }
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (text, part) in [
            (
                "total = theory + oral",
                "no field `oral`; the fields are total",
            ),
            ("12 = total", "the left side is one field"),
            ("total theory", "stands =, <=, <"),
            ("total = theory practical", "between terms"),
            ("total = ", "is missing"),
            ("total = 2 *", "behind `*` stands a field"),
            ("total = theory / 2", "`/` is no part"),
            ("total = 99999999999 * fee", "no number up to"),
            ("total = total + fee", "on both sides"),
            ("total = 3", "no field on the right"),
            ("", "the left side"),
        ] {
            let error = rule(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn cycles_are_found() {
        let rules = |texts: &[&str]| -> Vec<Rule> {
            texts.iter().map(|text| rule(text).unwrap()).collect()
        };
        assert_eq!(
            cycle(&rules(&["total = theory + practical", "theory = fee"])),
            None
        );
        assert_eq!(
            cycle(&rules(&[
                "total = theory + fee",
                "theory = practical",
                "practical = total"
            ])),
            Some(vec![0, 1, 2, 0])
        );
        assert_eq!(cycle(&rules(&["total = theory", "theory <= total"])), None);
    }
}
