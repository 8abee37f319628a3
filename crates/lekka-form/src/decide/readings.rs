//! The likely readings of one field, weighed by what the template says of it alone.

use super::search::NEGLIGIBLE;
use super::{BROKEN, DOUBT, Way};
use crate::template::Field;
use std::collections::BTreeMap;

/// The most readings of one field that are weighed; those too unlikely to matter in any combination are left out before.
const MOST_READINGS: usize = 4000;

/// One possible reading of a field.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) digits: Vec<u8>,
    pub(super) value: i64,
    /// By its ink alone.
    pub(super) seen: f64,
    /// With the field's own constraints.
    pub(super) weight: f64,
}

/// The likely digits of a number, each with its probability, the likeliest first.
fn likely(digits: &[[f64; 10]]) -> Vec<(Vec<u8>, f64)> {
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
        keep_likely(&mut next);
        all = next;
    }
    all
}

/// Brings numbers into the order of their probabilities and leaves out those that do not matter.
fn keep_likely(numbers: &mut Vec<(Vec<u8>, f64)>) {
    numbers.sort_by(|a, b| b.1.total_cmp(&a.1));
    let least = numbers.first().map_or(0.0, |best| best.1 * NEGLIGIBLE);
    numbers.retain(|number| number.1 >= least);
    numbers.truncate(MOST_READINGS);
}

/// The likely readings of a field, the likeliest first.
pub(super) fn readings(field: &Field, ways: &[Way]) -> Vec<Reading> {
    // What can be read in several ways is as likely as these together.
    let mut together: BTreeMap<Vec<u8>, f64> = BTreeMap::new();
    for way in ways {
        for (digits, seen) in likely(&way.digits) {
            *together.entry(digits).or_default() += way.probability * seen;
        }
    }
    let mut all = together.into_iter().collect();
    keep_likely(&mut all);
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
pub(super) fn constraints(field: &Field, digits: &[u8], value: i64) -> Vec<(bool, Option<f64>)> {
    // Boxes with too few or too many digits are never weighed; in an area it may be the reading that is wrong.
    let mut constraints = vec![(field.digits.allow(digits.len()), None)];
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
pub(super) fn evidence(holds: bool, gain: f64) -> f64 {
    if holds {
        (1.0 - BROKEN) * gain.max(1.0) + BROKEN
    } else {
        BROKEN
    }
}
