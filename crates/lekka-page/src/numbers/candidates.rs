//! What may stand between two cuts of a line.

use super::seam::seams;
use super::{InkShape, NumberLine};
use crate::piece::{Piece, shared_columns};
use crate::strokes::Strokes;
use lekka_image::Rect;
use lekka_image::normalize::Glyph;

/// Segments that one digit may be made of.
const MOST_SEGMENTS: usize = 9;

/// Lines with more segments than this are no numbers.
const MOST_OF_LINE: usize = 160;

/// All that may stand between two cuts of a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CutLattice {
    /// The number of segments of the line, from left to right. A reading of the line is a way from 0 to this number.
    pub segments: usize,
    /// What may be one digit, a separator, or nothing.
    pub candidates: Vec<CutCandidate>,
}

/// Some neighbouring segments, taken as one. Lengths are parts of the usual height of a digit in the line.
#[derive(Clone, Debug, PartialEq)]
pub struct CutCandidate {
    /// The first of its segments.
    pub first: usize,
    /// The segment behind its last.
    pub end: usize,
    /// The glyph of the field that it is just the same as, if any.
    pub glyph: Option<usize>,
    /// The box around it on the page.
    pub bounds: Rect,
    /// Its picture for the network.
    pub pixels: Glyph,
    /// Its shape.
    pub shape: InkShape,
    /// The middle of the box, from 0 at the top of the line to 1 at its bottom.
    pub middle: f32,
    /// Ink that its cuts go through, left and right together.
    pub cut_ink: f32,
    /// The widest gap between its segments; below 0 when they overlap.
    pub gap: f32,
}

/// A segment: ink between two cuts.
struct Segment {
    piece: Piece,
    /// Pieces of the line that it is made of, or cut from.
    sources: Vec<usize>,
    /// Ink of the cuts on its left and right.
    cuts: [f64; 2],
    /// Whether it may not be cut or joined: a glyph that is sure.
    unit: Option<usize>,
}

impl NumberLine {
    /// The ways to read the line. Glyphs of the field that are `sure` are neither cut nor joined with other ink. `None`
    /// when the line is far too long for a number.
    pub fn lattice(&self, sure: &[bool]) -> Option<CutLattice> {
        let segments = self.segments(sure);
        if segments.is_empty() || segments.len() > MOST_OF_LINE {
            return None;
        }
        let top = segments.iter().map(|s| s.piece.bounds.y).min()?;
        let bottom = segments.iter().map(|s| s.piece.bounds.bottom()).max()?;
        let extent = (top, bottom.max(top + 1));
        let mut candidates = Vec::new();
        for first in 0..segments.len() {
            let most = (first + MOST_SEGMENTS).min(segments.len());
            for end in first + 1..=most {
                let group = &segments[first..end];
                if group.len() > 1 && group.iter().any(|segment| segment.unit.is_some()) {
                    break;
                }
                if group.len() > 1 && !self.fits(group) {
                    break;
                }
                candidates.extend(self.candidate(group, first, extent));
            }
        }
        candidates.extend(self.whole_pieces(&segments, &candidates, extent));
        Some(CutLattice {
            segments: segments.len(),
            candidates,
        })
    }

    /// The pieces that are cut so often that they are no candidates yet.
    fn whole_pieces(
        &self,
        segments: &[Segment],
        known: &[CutCandidate],
        extent: (u32, u32),
    ) -> Vec<CutCandidate> {
        let mut found = Vec::new();
        let mut first = 0;
        for group in segments.chunk_by(|a, b| a.sources == b.sources) {
            let end = first + group.len();
            let is_known =
                |candidate: &CutCandidate| (candidate.first, candidate.end) == (first, end);
            if !known.iter().any(is_known) {
                found.extend(self.candidate(group, first, extent));
            }
            first = end;
        }
        found
    }

    /// Whether segments may be one digit by their sizes.
    fn fits(&self, group: &[Segment]) -> bool {
        let bounds = group
            .iter()
            .map(|s| s.piece.bounds)
            .reduce(|a, b| a.union(&b));
        bounds.is_some_and(|bounds| {
            let (width, height) = (f64::from(bounds.width), f64::from(bounds.height));
            width <= 2.2 * self.height
                && width <= 3.6 * height
                && widest_gap(group) <= 0.4 * self.height
        })
    }

    fn candidate(
        &self,
        group: &[Segment],
        first: usize,
        extent: (u32, u32),
    ) -> Option<CutCandidate> {
        let piece = Piece::union(group.iter().map(|segment| &segment.piece))?;
        let pixels = piece.glyph(&self.ink, Strokes::default(), 0.0)?;
        let bounds = piece.bounds;
        let part = |length: f64| (length / self.height) as f32;
        let cut_ink = group.first()?.cuts[0] + group.last()?.cuts[1];
        let mut sources: Vec<usize> = group.iter().flat_map(|s| s.sources.clone()).collect();
        sources.sort_unstable();
        sources.dedup();
        let same = |unit: &Vec<usize>| {
            let area: u64 = unit.iter().map(|&i| self.pieces[i].area).sum();
            area == piece.area && *unit == sources
        };
        let (_, middle) = bounds.center();
        let lines = f64::from(extent.1 - extent.0);
        Some(CutCandidate {
            first,
            end: first + group.len(),
            glyph: self.units.iter().position(same),
            bounds: self.on_page(bounds),
            pixels,
            shape: self.shape(&piece),
            middle: ((middle - f64::from(extent.0)) / lines) as f32,
            cut_ink: part(cut_ink),
            gap: if group.len() > 1 {
                part(widest_gap(group))
            } else {
                0.0
            },
        })
    }

    /// The segments from left to right.
    fn segments(&self, sure: &[bool]) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut taken = vec![false; self.pieces.len()];
        for (index, unit) in self.units.iter().enumerate() {
            if sure.get(index).copied().unwrap_or(false)
                && let Some(piece) = Piece::union(unit.iter().map(|&i| &self.pieces[i]))
            {
                for &i in unit {
                    taken[i] = true;
                }
                segments.push(Segment {
                    piece,
                    sources: unit.clone(),
                    cuts: [0.0; 2],
                    unit: Some(index),
                });
            }
        }
        for sources in self.stacks(&taken) {
            let Some(whole) = Piece::union(sources.iter().map(|&i| &self.pieces[i])) else {
                continue;
            };
            let (top, mut left_cut) = (whole.bounds.y, 0.0);
            let mut rest = Some(whole.clone());
            for seam in seams(&whole, self.height) {
                let Some(piece) = rest.take() else { break };
                let at = |y: u32| seam.columns[(y - top) as usize];
                let (left, right) = piece.split_at(at);
                let Some((left, right)) = left.zip(right) else {
                    rest = Some(piece);
                    continue;
                };
                segments.push(Segment {
                    piece: left,
                    sources: sources.clone(),
                    cuts: [left_cut, seam.ink],
                    unit: None,
                });
                left_cut = seam.ink;
                rest = Some(right);
            }
            segments.extend(rest.map(|piece| Segment {
                piece,
                sources,
                cuts: [left_cut, 0.0],
                unit: None,
            }));
        }
        segments.sort_by(|a, b| {
            let middle = |s: &Segment| s.piece.bounds.center().0;
            middle(a).total_cmp(&middle(b))
        });
        segments
    }

    /// Pieces that lie over each other, and so cannot be different digits.
    fn stacks(&self, taken: &[bool]) -> Vec<Vec<usize>> {
        let mut stacks: Vec<(Rect, Vec<usize>)> = Vec::new();
        let mut order: Vec<usize> = (0..self.pieces.len()).filter(|&i| !taken[i]).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(self.pieces[i].bounds.width));
        for i in order {
            let bounds = self.pieces[i].bounds;
            let over = |other: &Rect| {
                5 * shared_columns(other, &bounds) > 4 * bounds.width
                    && f64::from(other.width) <= 2.0 * self.height
            };
            match stacks.iter_mut().find(|(other, _)| over(other)) {
                Some((other, stack)) => {
                    *other = other.union(&bounds);
                    stack.push(i);
                }
                None => stacks.push((bounds, vec![i])),
            }
        }
        stacks
            .into_iter()
            .map(|(_, mut stack)| {
                stack.sort_unstable();
                stack
            })
            .collect()
    }
}

/// The widest gap between segments that follow each other; below 0 when all overlap.
fn widest_gap(group: &[Segment]) -> f64 {
    let gap = |pair: &[Segment]| {
        f64::from(pair[1].piece.bounds.x) - f64::from(pair[0].piece.bounds.right())
    };
    group.windows(2).map(gap).fold(f64::NEG_INFINITY, f64::max)
}
