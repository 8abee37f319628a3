//! From the likely readings of each digit to the values of fields, by what the template says about them.
//!
//! Every constraint (a range, a check digit, a rule between fields) is evidence, not law: the writer may have broken it.
//! With the prior probability [`BROKEN`] a constraint does not hold on the paper, and then says nothing; otherwise only
//! the values that fulfil it are possible, which makes each of them as many times more likely as there are values in
//! all for one that fulfils it. Summed over all combinations of likely readings of the fields that rules tie together,
//! this gives the posterior probability of each value.

mod readings;
mod search;

use self::readings::{Reading, constraints, readings};
use self::search::{Outcome, holds, weigh};
use crate::check::Form;
use crate::rules::{Relation, Rule};
use crate::template::Field;
use lekka::Status;
use std::collections::BTreeMap;

/// How often a constraint is broken on the paper: a sum added up wrongly, a number copied with a slip.
pub const BROKEN: f64 = 0.01;

/// No digit is ever surer than 1 less nine tenths of this: networks are at times wrong and sure.
pub const DOUBT: f64 = 5e-4;

/// How many readings are kept to pick from.
const LISTED: usize = 5;

/// What was seen in a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    /// No ink.
    Blank,
    /// The ways to divide its ink into digits, and what makes even a sure reading one for review.
    Number(Vec<Way>, Option<String>),
    /// Ink that is no number of as many digits as there should be; the reading as it is, and why.
    Unclear(String, String),
}

/// A way to divide ink into digits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Way {
    /// The probability that the ink is divided so; those of all ways of a field add up to 1.
    pub(crate) probability: f64,
    /// For each digit, from the left, the probability of being 0 to 9.
    pub(crate) digits: Vec<[f64; 10]>,
}

impl Seen {
    /// Digits each of which stands by itself.
    pub(crate) fn digits(digits: Vec<[f64; 10]>) -> Self {
        let probability = 1.0;
        Self::Number(
            vec![Way {
                probability,
                digits,
            }],
            None,
        )
    }
}

/// What a field says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    pub(crate) value: Option<String>,
    pub(crate) status: Status,
    /// Posterior probability of the value.
    pub(crate) probability: f64,
    /// The likeliest readings with their posterior probabilities, the value first.
    pub(crate) readings: Vec<(String, f64)>,
    /// Why it is for review.
    pub(crate) reason: Option<String>,
    /// The rules and check digits without which it would be for review.
    pub(crate) settled_by: Vec<String>,
}

/// Decides all fields of a page; readings less probable than `threshold` are for review.
pub(crate) fn decide(form: &Form, seen: &[Seen], threshold: f64) -> Vec<Decision> {
    let fields = &form.template().fields;
    let readings: Vec<Vec<Reading>> = fields
        .iter()
        .zip(seen)
        .map(|(field, seen)| match seen {
            Seen::Number(ways, _) => readings(field, ways),
            _ => Vec::new(),
        })
        .collect();
    let rules: Vec<&Rule> = form
        .rules()
        .iter()
        .filter(|rule| can_be_judged(rule, fields, seen))
        .collect();
    let mut decisions: Vec<Option<Decision>> = vec![None; fields.len()];
    for group in groups(&readings, &rules) {
        let own: Vec<&Rule> = rules
            .iter()
            .copied()
            .filter(|rule| rule.fields().iter().any(|field| group.contains(field)))
            .collect();
        let outcome = weigh(&group, &readings, &own, fields);
        for (place, &index) in group.iter().enumerate() {
            let decision =
                outcome.decision(place, &group, &readings, &own, &fields[index], threshold);
            decisions[index] = Some(decision);
        }
    }
    decisions
        .into_iter()
        .zip(fields.iter().zip(seen))
        .map(|(decision, (field, seen))| {
            let decision = decision.unwrap_or_else(|| without_digits(field, seen));
            match seen {
                Seen::Number(_, Some(caution)) => decision.with_caution(caution),
                _ => decision,
            }
        })
        .collect()
}

fn without_digits(field: &Field, seen: &Seen) -> Decision {
    let (value, reason) = match seen {
        Seen::Blank if field.required => {
            (None, Some("it is blank, but must be filled in".to_owned()))
        }
        Seen::Blank => (None, None),
        Seen::Unclear(value, reason) => (Some(value.clone()), Some(reason.clone())),
        Seen::Number(..) => (None, Some("its digits cannot be read".to_owned())),
    };
    Decision {
        status: if reason.is_some() {
            Status::Review
        } else {
            Status::Blank
        },
        probability: if value.is_some() { 0.0 } else { 1.0 },
        readings: Vec::new(),
        value,
        reason,
        settled_by: Vec::new(),
    }
}

impl Decision {
    /// The same, for review if it is not yet.
    fn with_caution(mut self, caution: &str) -> Self {
        if self.reason.is_none() {
            self.reason = Some(caution.to_owned());
            self.status = Status::Review;
        }
        self
    }
}

/// A comparison rules out hardly any value; an equation all but one of the left side's.
fn gain(rule: &Rule, fields: &[Field]) -> f64 {
    let left = &fields[rule.left];
    match rule.relation {
        Relation::Equal => left
            .range
            .map_or(10_f64.powi(left.digits.most as i32), |[low, high]| {
                (high - low) as f64 + 1.0
            }),
        _ => 1.0,
    }
}

/// Whether every field of a rule has a value: a number, or nothing where nothing is allowed, which counts as 0. A rule
/// whose fields are all blank says nothing.
fn can_be_judged(rule: &Rule, fields: &[Field], seen: &[Seen]) -> bool {
    let parts = rule.fields();
    let valued = parts.iter().all(|&part| match &seen[part] {
        Seen::Number(..) => true,
        Seen::Blank => !fields[part].required,
        Seen::Unclear(..) => false,
    });
    valued
        && parts
            .iter()
            .any(|&part| matches!(seen[part], Seen::Number(..)))
}

/// The fields with readings, those together that rules tie together.
fn groups(readings: &[Vec<Reading>], rules: &[&Rule]) -> Vec<Vec<usize>> {
    let mut leader: Vec<usize> = (0..readings.len()).collect();
    for rule in rules {
        let fields = rule.fields();
        let least = fields.iter().map(|&field| leader[field]).min().unwrap_or(0);
        let joined: Vec<usize> = fields.iter().map(|&field| leader[field]).collect();
        for entry in &mut leader {
            if joined.contains(entry) {
                *entry = least;
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, readings) in readings
        .iter()
        .enumerate()
        .filter(|(_, readings)| !readings.is_empty())
    {
        let _ = readings;
        groups.entry(leader[index]).or_default().push(index);
    }
    groups.into_values().collect()
}

impl Outcome {
    fn decision(
        &self,
        place: usize,
        group: &[usize],
        readings: &[Vec<Reading>],
        rules: &[&Rule],
        field: &Field,
        threshold: f64,
    ) -> Decision {
        let own = &readings[group[place]];
        let marginals = &self.marginals[place];
        // What the rules make of it counts when it is certain; otherwise people see what is written.
        let certain = !self.cut && marginals[self.best[place]] >= threshold;
        let chosen: Vec<usize> = if certain {
            self.best.clone()
        } else {
            vec![0; group.len()]
        };
        let best = chosen[place];
        let text = |i: usize| {
            own[i]
                .digits
                .iter()
                .map(|&d| char::from(b'0' + d))
                .collect::<String>()
        };
        let mut order: Vec<usize> = (0..own.len()).filter(|&i| i != best).collect();
        order.sort_by(|&a, &b| marginals[b].total_cmp(&marginals[a]));
        let listed = std::iter::once(best).chain(order).take(LISTED);
        let all: Vec<&[Reading]> = group
            .iter()
            .map(|&index| readings[index].as_slice())
            .collect();
        let concerned = |rule: &&&Rule| rule.fields().contains(&group[place]);
        let broken = rules
            .iter()
            .filter(concerned)
            .find(|rule| !holds(rule, group, &all, &chosen));
        let value = own[best].value;
        let outside = constraints(field, &own[best].digits, value)
            .iter()
            .any(|(holds, _)| !holds);
        let probability = marginals[best];
        let number = own[best].digits.len();
        let reason = if self.cut {
            Some("it can be read in too many ways".to_owned())
        } else if outside {
            Some(match (field.range, field.checksum) {
                _ if !field.digits.allow(number) => {
                    format!("it has {number} digits where {} belong", field.digits)
                }
                (Some([low, high]), _) if !(low..=high).contains(&(value as u64)) => {
                    format!("{} is not within {low} to {high}", text(best))
                }
                (_, Some(checksum)) => {
                    format!("the check digits are not those of {}", checksum.as_str())
                }
                _ => "it breaks a constraint".to_owned(),
            })
        } else if let Some(rule) = broken {
            Some(format!("the rule {rule} does not hold"))
        } else if probability < threshold || probability.is_nan() {
            Some("its digits are in doubt".to_owned())
        } else {
            None
        };
        let alone: f64 = own.iter().map(|reading| reading.seen).sum();
        let doubtful_alone = own[best].seen / alone < threshold;
        let mut settled_by = Vec::new();
        if reason.is_none() && doubtful_alone {
            settled_by.extend(field.checksum.map(|checksum| checksum.as_str().to_owned()));
            settled_by.extend(rules.iter().filter(concerned).map(|rule| rule.name.clone()));
        }
        Decision {
            value: Some(text(best)),
            status: if reason.is_some() {
                Status::Review
            } else {
                Status::Ok
            },
            probability,
            readings: listed.map(|i| (text(i), marginals[i])).collect(),
            reason,
            settled_by,
        }
    }
}

#[cfg(test)]
mod tests;
