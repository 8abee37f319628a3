//! The search through the combinations of readings of fields that rules tie together.

use super::gain;
use super::readings::{Reading, evidence};
use crate::rules::Rule;
use crate::template::Field;

/// Combinations this much less likely than the likeliest are left out.
pub(super) const NEGLIGIBLE: f64 = 1e-8;

/// Readings of a field this much less likely than its likeliest are left out in the first, quick search, which finds a
/// likely combination to compare the others with.
const UNLIKELY: f64 = 1e-2;

/// The most combinations of readings of fields that are weighed.
const MOST_COMBINATIONS: usize = 400_000;

/// The combinations of readings of a group, weighed.
pub(super) struct Outcome {
    /// For each field of the group and each of its readings, the posterior probability.
    pub(super) marginals: Vec<Vec<f64>>,
    /// The likeliest combination: for each field which reading.
    pub(super) best: Vec<usize>,
    /// Whether some likely combinations were left out because there were too many.
    pub(super) cut: bool,
}

struct Search<'a> {
    readings: Vec<&'a [Reading]>,
    /// For each field of the group, the rules whose last field it is, each with the factor that breaking it costs.
    closing: Vec<Vec<(&'a Rule, f64)>>,
    group: &'a [usize],
    /// The product of the greatest weights of the fields from each one on.
    bound: Vec<f64>,
    /// Readings of a field less likely than its likeliest by this factor are left out.
    within: f64,
    sums: Vec<Vec<f64>>,
    total: f64,
    /// The greatest weight of a combination, and the combination.
    best: (f64, Vec<usize>),
    visited: usize,
}

/// Weighs all likely combinations of the readings of a group of fields.
pub(super) fn weigh(
    group: &[usize],
    readings: &[Vec<Reading>],
    rules: &[&Rule],
    fields: &[Field],
) -> Outcome {
    let own: Vec<&[Reading]> = group
        .iter()
        .map(|&index| readings[index].as_slice())
        .collect();
    let mut closing = vec![Vec::new(); group.len()];
    for rule in rules {
        let parts = rule.fields();
        if let Some(last) = group.iter().rposition(|index| parts.contains(index)) {
            let gain = gain(rule, fields);
            closing[last].push((*rule, evidence(false, gain) / evidence(true, gain)));
        }
    }
    let mut bound = vec![1.0; group.len() + 1];
    for i in (0..group.len()).rev() {
        let greatest = own[i].first().map_or(0.0, |reading| reading.weight);
        bound[i] = bound[i + 1] * greatest;
    }
    let mut search = Search {
        sums: Vec::new(),
        readings: own,
        closing,
        group,
        bound,
        within: UNLIKELY,
        total: 0.0,
        best: (0.0, vec![0; group.len()]),
        visited: 0,
    };
    for within in [UNLIKELY, 0.0] {
        search.within = within;
        search.total = 0.0;
        search.visited = 0;
        search.sums = search
            .readings
            .iter()
            .map(|readings| vec![0.0; readings.len()])
            .collect();
        search.descend(&mut Vec::new(), 1.0);
    }
    let total = if search.total > 0.0 {
        search.total
    } else {
        1.0
    };
    Outcome {
        marginals: search
            .sums
            .iter()
            .map(|sums| sums.iter().map(|sum| sum / total).collect())
            .collect(),
        best: search.best.1,
        cut: search.visited >= MOST_COMBINATIONS,
    }
}

impl Search<'_> {
    /// Goes through the readings of the next field; `weight` is that of those chosen so far, with the rules that they
    /// break. No combination that begins with them can weigh more than that times what is left of `bound`.
    fn descend(&mut self, chosen: &mut Vec<usize>, weight: f64) {
        let depth = chosen.len();
        if depth == self.readings.len() {
            self.total += weight;
            for (sums, &reading) in self.sums.iter_mut().zip(chosen.iter()) {
                sums[reading] += weight;
            }
            if weight > self.best.0 {
                self.best = (weight, chosen.clone());
            }
            return;
        }
        let readings = self.readings[depth];
        let greatest = readings.first().map_or(0.0, |reading| reading.weight);
        for (i, reading) in readings.iter().enumerate() {
            let least = self.best.0 * NEGLIGIBLE;
            let next = weight * reading.weight;
            // The likeliest come first: what follows is less likely still.
            if next * self.bound[depth + 1] < least
                || reading.weight < greatest * self.within
                || self.visited >= MOST_COMBINATIONS
            {
                return;
            }
            self.visited += 1;
            chosen.push(i);
            let next = self.closing[depth]
                .iter()
                .fold(next, |weight, (rule, cost)| {
                    let holds = holds(rule, self.group, &self.readings, chosen);
                    if holds { weight } else { weight * cost }
                });
            if next * self.bound[depth + 1] >= least {
                self.descend(chosen, next);
            }
            chosen.pop();
        }
    }
}

/// Whether a rule holds for the readings chosen; fields outside of the group are blank and count as 0.
pub(super) fn holds(
    rule: &Rule,
    group: &[usize],
    readings: &[&[Reading]],
    chosen: &[usize],
) -> bool {
    rule.holds(|field| {
        group
            .iter()
            .position(|&index| index == field)
            .and_then(|place| Some(readings.get(place)?.get(*chosen.get(place)?)?.value))
            .unwrap_or(0)
    })
}
