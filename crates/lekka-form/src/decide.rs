//! From the likely readings of each digit to the values of fields, by what the template says about them.
//!
//! Every constraint (a range, a check digit, a rule between fields) is evidence, not law: the writer may have broken it.
//! With the prior probability [`BROKEN`] a constraint does not hold on the paper, and then says nothing; otherwise only
//! the values that fulfil it are possible, which makes each of them as many times more likely as there are values in
//! all for one that fulfils it. Summed over all combinations of likely readings of the fields that rules tie together,
//! this gives the posterior probability of each value.

mod search;

use self::search::{NEGLIGIBLE, Outcome, holds, weigh};
use crate::check::Form;
use crate::rules::{Relation, Rule};
use crate::template::Field;
use lekka::Status;
use std::collections::BTreeMap;

/// How often a constraint is broken on the paper: a sum added up wrongly, a number copied with a slip.
pub const BROKEN: f64 = 0.01;

/// No digit is ever surer than 1 less nine tenths of this: networks are at times wrong and sure.
pub const DOUBT: f64 = 5e-4;

/// The most readings of one field that are weighed; those too unlikely to matter in any combination are left out before.
const MOST_READINGS: usize = 4000;

/// How many readings are kept to pick from.
const LISTED: usize = 5;

/// What was seen in a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    /// No ink.
    Blank,
    /// For each digit, from the left, the probability of being 0 to 9.
    Digits(Vec<[f64; 10]>),
    /// Ink that is no number of as many digits as there should be; the reading as it is, and why.
    Unclear(String, String),
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

/// One possible reading of a field.
#[derive(Debug, Clone)]
struct Reading {
    digits: Vec<u8>,
    value: i64,
    /// By its ink alone.
    seen: f64,
    /// With the field's own constraints.
    weight: f64,
}

/// Decides all fields of a page; readings less probable than `threshold` are for review.
pub(crate) fn decide(form: &Form, seen: &[Seen], threshold: f64) -> Vec<Decision> {
    let fields = &form.template().fields;
    let readings: Vec<Vec<Reading>> = fields
        .iter()
        .zip(seen)
        .map(|(field, seen)| match seen {
            Seen::Digits(digits) => readings(field, digits),
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
        .map(|(decision, (field, seen))| decision.unwrap_or_else(|| without_digits(field, seen)))
        .collect()
}

fn without_digits(field: &Field, seen: &Seen) -> Decision {
    let (value, reason) = match seen {
        Seen::Blank if field.required => {
            (None, Some("it is blank, but must be filled in".to_owned()))
        }
        Seen::Blank => (None, None),
        Seen::Unclear(value, reason) => (Some(value.clone()), Some(reason.clone())),
        Seen::Digits(_) => (None, Some("its digits cannot be read".to_owned())),
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

/// The likely readings of a number, the likeliest first.
fn readings(field: &Field, digits: &[[f64; 10]]) -> Vec<Reading> {
    let mut all: Vec<(Vec<u8>, f64)> = vec![(Vec::new(), 1.0)];
    for probabilities in digits {
        let sum: f64 = probabilities.iter().sum();
        // With nothing known, every digit is as likely.
        let part = |p: f64| if sum > 0.0 { p / sum } else { 0.1 };
        let mut next: Vec<(Vec<u8>, f64)> = all
            .iter()
            .flat_map(|(number, seen)| {
                (0_u8..10).zip(probabilities).map(move |(digit, &p)| {
                    let mut longer = number.clone();
                    longer.push(digit);
                    (longer, seen * ((1.0 - DOUBT) * part(p) + DOUBT / 10.0))
                })
            })
            .collect();
        next.sort_by(|a, b| b.1.total_cmp(&a.1));
        let least = next.first().map_or(0.0, |best| best.1 * NEGLIGIBLE);
        next.retain(|reading| reading.1 >= least);
        next.truncate(MOST_READINGS);
        all = next;
    }
    let values = 10_f64.powi(field.digits.most as i32);
    let mut readings: Vec<Reading> = all
        .into_iter()
        .map(|(digits, seen)| {
            let value = digits.iter().fold(0_i64, |v, &d| {
                v.saturating_mul(10).saturating_add(i64::from(d))
            });
            let own = constraints(field, &digits, value);
            let weight = own.iter().fold(seen, |weight, (holds, possible)| {
                weight * evidence(*holds, possible.map_or(1.0, |possible| values / possible))
            });
            Reading {
                digits,
                value,
                seen,
                weight,
            }
        })
        .collect();
    readings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    readings
}

/// The constraints of a field alone: whether each holds, and how many values fulfil it.
fn constraints(field: &Field, digits: &[u8], value: i64) -> Vec<(bool, Option<f64>)> {
    let mut constraints = Vec::new();
    if let Some([low, high]) = field.range {
        let inside = u64::try_from(value).is_ok_and(|value| (low..=high).contains(&value));
        constraints.push((inside, Some((high - low) as f64 + 1.0)));
    }
    if let Some(checksum) = field.checksum {
        let values = 10_f64.powi(field.digits.most as i32);
        constraints.push((
            checksum.holds(digits),
            Some(values / f64::from(checksum.modulus())),
        ));
    }
    constraints
}

/// The factor by which a constraint makes a combination more or less likely; `gain` is how many values there are for
/// one that fulfils it.
fn evidence(holds: bool, gain: f64) -> f64 {
    if holds {
        (1.0 - BROKEN) * gain.max(1.0) + BROKEN
    } else {
        BROKEN
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
        Seen::Digits(_) => true,
        Seen::Blank => !fields[part].required,
        Seen::Unclear(..) => false,
    });
    valued
        && parts
            .iter()
            .any(|&part| matches!(seen[part], Seen::Digits(_)))
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
        let reason = if self.cut {
            Some("it can be read in too many ways".to_owned())
        } else if outside {
            Some(match (field.range, field.checksum) {
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
mod tests {
    use super::*;
    use crate::Template;

    /// Digits, each as `7` (sure) or `(7, 1, 0.6)`: 7 with probability 0.6, else 1.
    fn number(digits: &[(u8, u8, f64)]) -> Seen {
        let digit = |&(likely, other, p): &(u8, u8, f64)| {
            let mut probabilities = [0.0; 10];
            probabilities[usize::from(other)] += 1.0 - p;
            probabilities[usize::from(likely)] += p;
            probabilities
        };
        Seen::Digits(digits.iter().map(digit).collect())
    }

    fn sure(text: &str) -> Seen {
        let digits: Vec<_> = text.bytes().map(|byte| (byte - b'0', 0, 1.0)).collect();
        number(&digits)
    }

    fn form(rules: &str) -> Form {
        let field = |name: &str, y: u32, rest: &str| {
            format!(
                "[[field]]\nname = \"{name}\"\nrect = [20, {y}, 30, 9]\ndigits = [1, 3]\n{rest}\n"
            )
        };
        let text = format!(
            "name = \"f\"\npage = \"A5\"\n{}{}{}{rules}",
            field("a", 40, "range = [0, 100]"),
            field("b", 60, "required = false"),
            field("total", 80, ""),
        );
        Form::new(Template::parse(&text, "f").unwrap()).unwrap()
    }

    const SUM: &str = "[[rule]]\nname = \"sum\"\nholds = \"total = a + b\"";

    fn told(decisions: &[Decision]) -> Vec<(&str, Status)> {
        let told = |d: &'_ Decision| {
            (
                d.value.as_deref().unwrap_or("-").to_owned().leak() as &str,
                d.status,
            )
        };
        decisions.iter().map(told).collect()
    }

    #[test]
    fn a_sum_settles_a_doubtful_digit() {
        use Status::{Ok, Review};
        // 3 with 0.6, 8 with 0.4: the sum wants the 8.
        let seen = [number(&[(4, 4, 1.0), (3, 8, 0.6)]), sure("20"), sure("68")];
        let alone = decide(&form(""), &seen, 0.98);
        assert_eq!(told(&alone), [("43", Review), ("20", Ok), ("68", Ok)]);
        let ruled = decide(&form(SUM), &seen, 0.98);
        assert_eq!(told(&ruled), [("48", Ok), ("20", Ok), ("68", Ok)]);
        assert_eq!(ruled[0].settled_by, ["sum"]);
        assert!(ruled[0].probability > 0.999, "{}", ruled[0].probability);
        assert!(ruled[1].settled_by.is_empty());
    }

    #[test]
    fn two_ways_to_fulfil_a_sum_are_for_review() {
        let seen = [number(&[(3, 4, 0.6)]), number(&[(4, 3, 0.6)]), sure("7")];
        let decisions = decide(&form(SUM), &seen, 0.98);
        // 3 + 4 or 4 + 3: both fulfil it.
        assert_eq!(decisions[0].status, Status::Review);
        assert_eq!(decisions[1].status, Status::Review);
        assert_eq!(decisions[2].status, Status::Ok);
        assert!(decisions[0].readings[0].1 > 0.6 && decisions[0].readings[0].1 < 0.8);
    }

    #[test]
    fn a_broken_sum_marks_its_fields() {
        let decisions = decide(&form(SUM), &[sure("40"), sure("20"), sure("61")], 0.98);
        for decision in &decisions {
            assert_eq!(decision.status, Status::Review, "{decision:?}");
        }
        assert!(
            decisions[0].reason.as_ref().unwrap().contains("`sum`"),
            "{:?}",
            decisions[0].reason
        );
    }

    #[test]
    fn blanks_count_as_nothing_where_they_are_allowed() {
        let decisions = decide(&form(SUM), &[sure("40"), Seen::Blank, sure("40")], 0.98);
        assert_eq!(
            told(&decisions),
            [("40", Status::Ok), ("-", Status::Blank), ("40", Status::Ok)]
        );
        let all = decide(&form(SUM), &[Seen::Blank, Seen::Blank, Seen::Blank], 0.98);
        assert_eq!(all[0].status, Status::Review);
        assert_eq!((all[1].status, all[1].value.clone()), (Status::Blank, None));
    }

    #[test]
    fn ranges_and_check_digits_are_evidence() {
        // 178 or 78: only 78 fits 0 to 100.
        let decisions = decide(
            &form(""),
            &[
                number(&[(1, 0, 0.7), (7, 7, 1.0), (8, 8, 1.0)]),
                Seen::Blank,
                sure("1"),
            ],
            0.98,
        );
        assert_eq!(told(&decisions)[0], ("078", Status::Ok));
        let decisions = decide(&form(""), &[sure("178"), Seen::Blank, sure("1")], 0.98);
        assert_eq!(decisions[0].status, Status::Review);
        let text = "name = \"f\"\n[[field]]\nname = \"id\"\nrect = [30, 50, 40, 9]\ndigits = 4\nchecksum = \"verhoeff\"";
        let form = Form::new(Template::parse(text, "f").unwrap()).unwrap();
        let doubtful = number(&[(2, 2, 1.0), (3, 3, 1.0), (5, 6, 0.8), (3, 3, 1.0)]);
        let decisions = decide(&form, &[doubtful], 0.98);
        assert_eq!(told(&decisions), [("2363", Status::Ok)]);
        assert_eq!(decisions[0].settled_by, ["verhoeff"]);
        let decisions = decide(&form, &[sure("2353")], 0.98);
        assert_eq!(decisions[0].status, Status::Review);
    }

    #[test]
    fn much_doubt_is_no_endless_search() {
        let unknown = || Seen::Digits(vec![[0.1; 10]; 3]);
        let decisions = decide(&form(SUM), &[unknown(), unknown(), unknown()], 0.98);
        assert!(
            decisions
                .iter()
                .all(|decision| decision.status == Status::Review)
        );
        let nothing = Seen::Digits(vec![[0.0; 10]; 2]);
        assert_eq!(
            decide(&form(""), &[nothing, Seen::Blank, sure("1")], 0.98)[0].status,
            Status::Review
        );
    }
}
