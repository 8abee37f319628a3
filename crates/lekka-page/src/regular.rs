//! Even spacing: most sheets repeat one row height and one column width. Where they do, rows of digits in line that
//! were taken for rules can be told from rules, and rules that are missing can be filled in.

use crate::rules::Rule;

/// How far a distance may be off the usual one, in parts of it, and still be the usual one.
const SAME: f64 = 0.12;

/// The share of the way that must be made of usual distances for the rules to count as evenly spaced.
const MOSTLY: f64 = 0.6;

/// Rules seen over this share of the longest go all the way.
const LONG: f64 = 0.85;

/// So many of them, so nearly evenly spaced, tell the spacing by themselves.
const MANY: usize = 8;
const NEARLY_ALL: f64 = 0.8;

/// Rules in order, less those that break an even spacing, plus those that are missing from it.
///
/// `middle` is the position along the rules where the distances are taken. Unevenly spaced rules stay as they are.
pub(crate) fn make_regular(rules: Vec<Rule>, middle: f64) -> Vec<Rule> {
    let across: Vec<f64> = rules.iter().map(|rule| rule.at(middle)).collect();
    let Some(pitch) = usual_distance(&across, MOSTLY).or_else(|| of_long_rules(&rules, middle))
    else {
        return rules;
    };
    let kept = on_the_comb(&across, pitch);
    let mut regular: Vec<Rule> = Vec::with_capacity(rules.len());
    let mut last: Option<usize> = None;
    for k in kept {
        if let Some(before) = last {
            let steps = (across[k] - across[before]) / pitch;
            let missing = steps.round();
            if missing >= 2.0 && (steps - missing).abs() <= SAME * missing.sqrt() && missing <= 4.0
            {
                let count = missing as usize;
                for step in 1..count {
                    let part = step as f64 / count as f64;
                    regular.push(between(&rules[before], &rules[k], part));
                }
            }
        }
        regular.push(rules[k].clone());
        last = Some(k);
    }
    regular
}

/// The usual distance of the rules that go all the way, where these are many and nearly all evenly spaced: on a bad scan,
/// digits in line, each below the other, make nearly as many shorter rules between them.
fn of_long_rules(rules: &[Rule], middle: f64) -> Option<f64> {
    let most = rules.iter().map(|rule| rule.seen).fold(0.0, f64::max);
    let long = rules.iter().filter(|rule| rule.seen >= LONG * most);
    let across: Vec<f64> = long.map(|rule| rule.at(middle)).collect();
    (across.len() >= MANY).then(|| usual_distance(&across, NEARLY_ALL))?
}

/// The distance between neighbours that makes up most of the way from the first to the last, if there is one that makes up
/// this share of it.
fn usual_distance(across: &[f64], share: f64) -> Option<f64> {
    let mut distances: Vec<f64> = across.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // With two or three rules there is nothing to tell even from uneven by.
    if distances.len() < 4 {
        return None;
    }
    distances.sort_by(f64::total_cmp);
    let total: f64 = distances.iter().sum();
    let mut way = 0.0;
    let pitch = distances.iter().copied().find(|distance| {
        way += distance;
        way >= total / 2.0
    })?;
    let same: f64 = distances
        .iter()
        .filter(|&&d| (d - pitch).abs() <= SAME * pitch)
        .sum();
    (pitch > 0.0 && same >= share * total).then_some(pitch)
}

/// The positions that are a usual distance from the next, those in between left out.
fn on_the_comb(across: &[f64], pitch: f64) -> Vec<usize> {
    let usual = |a: usize, b: usize| (across[b] - across[a] - pitch).abs() <= SAME * pitch;
    // Begin where there is no doubt: usual distances on both sides.
    let anchor = (1..across.len().saturating_sub(1))
        .filter(|&i| usual(i - 1, i) && usual(i, i + 1))
        .min_by_key(|&i| i.abs_diff(across.len() / 2))
        .unwrap_or(0);
    let better = |from: usize, a: usize, b: usize| {
        let off = |i: usize| ((across[i] - across[from]).abs() - pitch).abs();
        off(a).total_cmp(&off(b))
    };
    let mut kept = vec![anchor];
    let mut at = anchor;
    while at + 1 < across.len() {
        at = (at + 1..across.len())
            .filter(|&i| usual(at, i))
            .min_by(|&a, &b| better(at, a, b))
            .unwrap_or(at + 1);
        kept.push(at);
    }
    at = anchor;
    while at > 0 {
        at = (0..at)
            .filter(|&i| usual(i, at))
            .min_by(|&a, &b| better(at, a, b))
            .unwrap_or(at - 1);
        kept.push(at);
    }
    kept.sort_unstable();
    kept
}

/// The line that divides the distance between two rules.
fn between(a: &Rule, b: &Rule, part: f64) -> Rule {
    let (start, end) = (a.start().max(b.start()), a.end().min(b.end()));
    let mut alongs: Vec<f64> = a
        .points
        .iter()
        .map(|p| p.0)
        .filter(|&x| x >= start && x <= end)
        .collect();
    if alongs.is_empty() {
        alongs.push(f64::midpoint(start, end));
    }
    Rule {
        points: alongs
            .into_iter()
            .map(|x| (x, a.at(x) + part * (b.at(x) - a.at(x))))
            .collect(),
        slope: f64::midpoint(a.slope, b.slope),
        seen: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(across: &[f64]) -> Vec<Rule> {
        across
            .iter()
            .map(|&y| Rule {
                points: vec![(0.0, y), (100.0, y)],
                slope: 0.0,
                seen: 100.0,
            })
            .collect()
    }

    fn positions(rules: &[Rule]) -> Vec<f64> {
        rules.iter().map(|rule| rule.at(50.0)).collect()
    }

    #[test]
    fn rules_between_evenly_spaced_ones_go() {
        let found = rules(&[10., 60., 110., 147., 160., 210., 236., 250., 261., 310.]);
        assert_eq!(
            positions(&make_regular(found, 50.0)),
            [10., 60., 110., 160., 210., 261., 310.]
        );
    }

    #[test]
    fn missing_rules_are_filled_in() {
        let found = rules(&[0., 50., 100., 200., 250., 300., 350.]);
        assert_eq!(
            positions(&make_regular(found, 50.0)),
            [0., 50., 100., 150., 200., 250., 300., 350.]
        );
    }

    #[test]
    fn long_rules_tell_the_spacing_where_short_ones_are_as_many() {
        let mut found = rules(&[
            0., 17., 35., 51., 70., 90., 105., 120., 140., 158., 175., 191., 210., 245., 280.,
        ]);
        for short in [1, 3, 5, 7, 9, 11] {
            found[short].seen = 60.0;
        }
        let kept = [0., 35., 70., 105., 140., 175., 210., 245., 280.];
        assert_eq!(positions(&make_regular(found.clone(), 50.0)), kept);
        for rule in &mut found {
            rule.seen = 100.0;
        }
        assert_eq!(make_regular(found.clone(), 50.0).len(), found.len());
    }

    #[test]
    fn uneven_rules_are_left_alone() {
        for uneven in [&[0., 20., 70., 80., 150., 160.][..], &[0., 40., 60.], &[]] {
            assert_eq!(positions(&make_regular(rules(uneven), 50.0)), uneven);
        }
    }
}
