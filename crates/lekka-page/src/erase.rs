//! Taking ruled lines out of ink without cutting the strokes that go over them.

use crate::PageOptions;
use crate::analyze::{ruled_grids, searched};
use crate::ink::Ink;
use crate::refine::{RuledGrid, refine_rule};
use crate::rules::{Rule, RuleScale, find_rules, transposed};
use lekka_image::{
    GrayImage, Polarity, Rect, binarize,
    binarize::{histogram, invert},
};

/// Ink that stands out of a rule by no more than this is the rule's own fringe.
const FRINGE: i64 = 3;

/// The least length of a rule that is not part of a grid, in parts of the longer side of the page: a bar between the
/// digits of a strip of paper is none.
const LEAST_SPAN: f64 = 0.4;

/// The least length of such a rule, in parts of its thickness, and the least share of it that is ink. The feet of digits that
/// touch make a line of ink too, along much of a number that is alone on its picture, but shorter ones, with gaps.
const LEAST_ASPECT: f64 = 100.0;
const LEAST_COVER: f64 = 0.9;

/// Lines over this part of the page, in one direction, are mostly no feet of digits: less of them need be ink, since dotted
/// lines are rules.
const WHOLE_SPAN: f64 = 0.8;
const LEAST_ASPECT_OF_WHOLE: f64 = 120.0;
const LEAST_COVER_OF_WHOLE: f64 = 0.5;

/// Such a rule is looked at again in stretches of this length, in pixels.
const STRETCH: usize = 64;

/// Which way a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Along the rows: `along` is x.
    Lying,
    /// Along the columns: `along` is y.
    Standing,
}

/// A rule as it is on the page.
#[derive(Clone, Debug)]
pub(crate) struct DrawnRule {
    pub(crate) rule: Rule,
    /// In pixels.
    pub(crate) thickness: f64,
    pub(crate) direction: Direction,
}

/// The page without its ruled lines: those of grids and, where there is no grid, lines that go over much of the page.
/// What is erased becomes as bright as the paper. Strokes that go over a line keep what they have of it.
///
/// A page without such lines, or on which nothing stands out from the ground, is returned as it is.
///
/// ```
/// use lekka_image::GrayImage;
/// use lekka_page::{PageOptions, without_rules};
/// // A line across the page and a stroke that goes over it.
/// let stroke = |x: u32, y: u32| (150..154).contains(&x) && (20..80).contains(&y);
/// let page = GrayImage::from_fn(300, 100, |x, y| {
///     image::Luma([if (49..51).contains(&y) || stroke(x, y) { 20 } else { 230 }])
/// });
/// let free = without_rules(&page, &PageOptions::default());
/// assert_eq!((free.get_pixel(50, 50).0, free.get_pixel(151, 50).0), ([230], [20]));
/// ```
pub fn without_rules(image: &GrayImage, options: &PageOptions) -> GrayImage {
    let Some(ink) = Ink::of(image, options.polarity) else {
        return image.clone();
    };
    let grids = ruled_grids(&ink);
    let rules = if grids.is_empty() {
        long_rules(&ink)
    } else {
        grids.iter().flat_map(rules_of).collect()
    };
    if rules.is_empty() {
        return image.clone();
    }
    let free = erased(&ink, &rules).image;
    let dark = options
        .polarity
        .unwrap_or_else(|| lekka_image::polarity(image));
    if dark == Polarity::DarkOnLight {
        invert(&free)
    } else {
        free
    }
}

/// The rules of a grid, each from end to end.
fn rules_of(grid: &RuledGrid) -> Vec<DrawnRule> {
    let lattice = &grid.lattice;
    let (rows, columns) = (lattice.rows(), lattice.columns());
    let between = |rule: &Rule, from: f64, to: f64| {
        let mut points = vec![(from, rule.at(from))];
        points.extend(rule.points.iter().filter(|p| p.0 > from && p.0 < to));
        points.push((to, rule.at(to)));
        Rule {
            points,
            ..rule.clone()
        }
    };
    let lying = (0..=rows).map(|row| {
        // Over the ink of the rules that it ends at.
        let (first, last) = (lattice.node(row, 0).0, lattice.node(row, columns).0);
        let room = grid.column_thickness[0].max(grid.column_thickness[columns]) / 2.0 + 2.0;
        DrawnRule {
            rule: between(&lattice.horizontal[row], first - room, last + room),
            thickness: grid.row_thickness[row],
            direction: Direction::Lying,
        }
    });
    let standing = (0..=columns).map(|column| {
        let (first, last) = (lattice.node(0, column).1, lattice.node(rows, column).1);
        let room = grid.row_thickness[0].max(grid.row_thickness[rows]) / 2.0 + 2.0;
        DrawnRule {
            rule: between(&lattice.vertical[column], first - room, last + room),
            thickness: grid.column_thickness[column],
            direction: Direction::Standing,
        }
    });
    lying.chain(standing).collect()
}

/// Lines over much of a page that has no grid.
pub(crate) fn long_rules(ink: &Ink) -> Vec<DrawnRule> {
    let (reduced, factor) = searched(ink);
    let scale = RuleScale::for_side(reduced.width().max(reduced.height()) as usize);
    let offset = (factor as f64 - 1.0) / 2.0;
    let span = f64::from(reduced.width().max(reduced.height()));
    let find = |direction: Direction| {
        let mask = match direction {
            Direction::Lying => reduced.clone(),
            Direction::Standing => transposed(&reduced),
        };
        let side = f64::from(mask.width());
        let long = find_rules(&mask, scale)
            .into_iter()
            .filter(|rule| rule.length() >= LEAST_SPAN * span)
            .filter_map(|rule| {
                let whole = rule.length() >= WHOLE_SPAN * side;
                let rule = rule.scaled(factor as f64, offset);
                let (from, to) = (rule.start(), rule.end());
                let pieces = ((to - from) as usize / STRETCH).max(1);
                let stops: Vec<f64> = (0..=pieces)
                    .map(|i| from + (to - from) * i as f64 / pieces as f64)
                    .collect();
                let reach = (factor * 2 + 3) as i64;
                let (mut refined, thickness, cover) =
                    refine_rule(&rule, &stops, reach, |along, across| match direction {
                        Direction::Lying => ink.at(along, across),
                        Direction::Standing => ink.at(across, along),
                    });
                let aspect = rule.length() / thickness.max(1.0);
                let is_rule = (aspect >= LEAST_ASPECT && cover >= LEAST_COVER)
                    || (whole && aspect >= LEAST_ASPECT_OF_WHOLE && cover >= LEAST_COVER_OF_WHOLE);
                // Refined points are the middles of the stretches.
                let ends = [(from, refined.at(from)), (to, refined.at(to))];
                refined.points.insert(0, ends[0]);
                refined.points.push(ends[1]);
                is_rule.then_some(DrawnRule {
                    rule: refined,
                    thickness,
                    direction,
                })
            });
        long.collect::<Vec<_>>()
    };
    let mut rules = find(Direction::Lying);
    rules.extend(find(Direction::Standing));
    rules
}

/// The ink without these rules; what is erased is as dark as the ground.
pub(crate) fn erased(ink: &Ink, rules: &[DrawnRule]) -> Ink {
    let mut mask = binarize(&ink.image, ink.threshold);
    let whole = Rect::of(&ink.image);
    let before = mask.clone();
    for drawn in rules {
        let ends = (drawn.rule.start(), drawn.rule.end());
        erase(&mut mask, whole, drawn, Some(ends));
    }
    let counts = histogram(&ink.image);
    let ground = (0..=ink.threshold)
        .max_by_key(|&value| counts[usize::from(value)])
        .unwrap_or(0);
    let mut image = ink.image.clone();
    let width = image.width() as usize;
    let gone = |i: usize| before.as_raw()[i] > 0 && mask.as_raw()[i] == 0;
    let pixels: &mut [u8] = &mut image;
    for i in (0..pixels.len()).filter(|&i| gone(i)) {
        pixels[i] = ground;
        // The edge of a line fades: what is next to it and no ink goes with it.
        for j in [i.wrapping_sub(1), i + 1, i.wrapping_sub(width), i + width] {
            if let Some(value) = pixels.get_mut(j)
                && *value <= ink.threshold
            {
                *value = ground;
            }
        }
    }
    Ink {
        image,
        threshold: ink.threshold,
    }
}

/// Takes a rule out of `mask`, the part `window` of the page, except where a stroke goes over it. Between `ends` along
/// the rule, or over all of the mask.
pub(crate) fn erase(
    mask: &mut GrayImage,
    window: Rect,
    drawn: &DrawnRule,
    ends: Option<(f64, f64)>,
) {
    let width = i64::from(window.width);
    // Distances in memory along and across the rule, the mask's size along and across, its first pixels.
    let (steps, size, start) = match drawn.direction {
        Direction::Lying => (
            (1, width),
            (width, i64::from(window.height)),
            (i64::from(window.x), i64::from(window.y)),
        ),
        Direction::Standing => (
            (width, 1),
            (i64::from(window.height), width),
            (i64::from(window.y), i64::from(window.x)),
        ),
    };
    let pixels: &mut [u8] = mask;
    let at = |along: i64, across: i64| {
        (along >= 0 && along < size.0 && across >= 0 && across < size.1)
            .then_some((along * steps.0 + across * steps.1) as usize)
    };
    let half = drawn.thickness / 2.0 + 1.0;
    let (first, last) = ends.map_or((0, size.0 - 1), |(from, to)| {
        (
            (from.ceil() as i64 - start.0).max(0),
            (to.floor() as i64 - start.0).min(size.0 - 1),
        )
    });
    let bands: Vec<(i64, i64)> = (first..=last)
        .map(|along| {
            let middle = drawn.rule.at((along + start.0) as f64) - start.1 as f64;
            let (low, high) = (
                (middle - half).ceil() as i64,
                (middle + half).floor() as i64,
            );
            let ink = |across: i64| {
                (along - 1..=along + 1).any(|a| at(a, across).is_some_and(|i| pixels[i] > 0))
            };
            let above = (1..=FRINGE + 1).take_while(|&k| ink(low - k)).count() as i64;
            let below = (1..=FRINGE + 1).take_while(|&k| ink(high + k)).count() as i64;
            match (above > FRINGE, below > FRINGE) {
                (true, true) => (0, -1),
                (true, false) => (low, high + below),
                (false, true) => (low - above, high),
                (false, false) => (low - above, high + below),
            }
        })
        .collect();
    for ((low, high), along) in bands.into_iter().zip(first..) {
        for across in low..=high {
            if let Some(i) = at(along, across) {
                pixels[i] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paper with horizontal lines every 60 pixels, 3 pixels thick, and a bar of 8 x 50 pixels over one of them.
    fn lined() -> GrayImage {
        GrayImage::from_fn(500, 400, |x, y| {
            let line = y % 60 < 3 && x > 20;
            let bar = (200..208).contains(&x) && (100..150).contains(&y);
            image::Luma([if line || bar { 30 } else { 230 }])
        })
    }

    #[test]
    fn lines_go_and_strokes_stay() {
        let free = without_rules(&lined(), &PageOptions::default());
        let ink = |x0: u32, y0: u32, x1: u32, y1: u32| {
            let inside = free.enumerate_pixels();
            inside
                .filter(|(x, y, p)| (x0..x1).contains(x) && (y0..y1).contains(y) && p.0[0] < 128)
                .count()
        };
        assert!(ink(200, 100, 208, 150) >= 8 * 50 - 4);
        // A pixel on either side may stay where the stroke goes over the line.
        assert!(
            ink(0, 0, 500, 400) <= 8 * 50 + 2 * 5,
            "{}",
            ink(0, 0, 500, 400)
        );
    }

    /// Digits whose feet touch: bars of 60 pixels, 4 thick, with gaps of 6 pixels between them.
    #[test]
    fn feet_of_digits_in_a_row_are_no_rule() {
        let page = GrayImage::from_fn(500, 120, |x, y| {
            let foot = (50..420).contains(&x) && x % 66 < 60 && (80..84).contains(&y);
            let stem = (50..420).contains(&x) && x % 66 < 5 && (40..84).contains(&y);
            image::Luma([if foot || stem { 30 } else { 230 }])
        });
        assert_eq!(without_rules(&page, &PageOptions::default()), page);
    }

    #[test]
    fn pages_without_lines_stay_as_they_are() {
        let page = GrayImage::from_fn(300, 200, |x, y| {
            image::Luma([if x % 50 < 6 && y % 50 < 30 { 20 } else { 230 }])
        });
        assert_eq!(without_rules(&page, &PageOptions::default()), page);
        let empty = GrayImage::new(10, 10);
        assert_eq!(without_rules(&empty, &PageOptions::default()), empty);
    }
}
