//! Digits in printed boxes whose places are known, as on a form.

use crate::cells::CellReader;
use crate::cut::natural_glyph;
use crate::ink::Ink;
use crate::lattice::Lattice;
use crate::layout::{FieldKind, FieldLayout, GlyphRegion};
use crate::loose::one_line;
use crate::numbers::NumberLine;
use crate::refine::{RuledGrid, refine};
use crate::rules::Rule;
use lekka_image::{GrayImage, Polarity, Rect, crop};

/// A row of printed boxes side by side on a picture that shows them upright and undistorted: where the middles of
/// their lines are expected, in pixels, centres at whole numbers. The lines are looked for around there.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedBoxes {
    /// The upright lines from left to right; one more than boxes.
    pub columns: Vec<f64>,
    /// The upper and the lower line.
    pub rows: [f64; 2],
}

/// A digit's ink, cut from its box.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitInk {
    /// The digit's ink alone, light on dark, with the box around it as its border.
    pub image: GrayImage,
    /// That box, in pixels of the picture.
    pub bounds: Rect,
}

/// What is in printed boxes.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedField {
    /// The digits at their true proportions: one glyph for each box, or those found side by side in an area. Boxes are
    /// in pixels of the picture.
    pub layout: FieldLayout,
    /// The share of the printed lines that is ink, 0 to 1: low when there are no such boxes on the picture.
    pub cover: f64,
}

/// A number that is written in a printed area.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedNumber {
    /// The ink that hangs together, each piece as if it were a digit, and how much of the area's lines is seen.
    pub field: PrintedField,
    /// The same ink, for digits that touch or are broken; `None` when the area is empty.
    pub line: Option<NumberLine>,
    /// How many digits are written above each other, at most; 0 in an empty area.
    pub rows: usize,
}

impl PrintedBoxes {
    /// The digits in the boxes, one in each. Remnants of the printed lines are taken out, strokes that go over them
    /// kept. `None` when nothing stands out from the ground, not even the boxes, or there is no box.
    pub fn digits(&self, view: &GrayImage, polarity: Polarity) -> Option<PrintedField> {
        let (ink, grid) = self.find(view, polarity)?;
        let reader = CellReader::new(&ink, &grid);
        let columns = grid.lattice.columns();
        let glyphs = (0..columns)
            .map(|column| GlyphRegion {
                row: 0,
                column,
                bounds: grid.cell_bounds(0, column, ink.width(), ink.height()),
                pixels: reader
                    .cell_ink(0, column)
                    .and_then(|found| natural_glyph(&found.image, found.tight())),
            })
            .collect();
        Some(PrintedField {
            layout: FieldLayout {
                kind: FieldKind::Grid,
                bounds: grid.bounds(ink.width(), ink.height()),
                rows: 1,
                columns,
                glyphs,
            },
            cover: grid.cover,
        })
    }

    /// The ink of the digit in each box, `None` in an empty one; what [`PrintedBoxes::digits`] makes its glyphs of.
    pub fn inks(&self, view: &GrayImage, polarity: Polarity) -> Option<Vec<Option<DigitInk>>> {
        let (ink, grid) = self.find(view, polarity)?;
        let reader = CellReader::new(&ink, &grid);
        let inks = (0..grid.lattice.columns()).map(|column| {
            reader.cell_ink(0, column).map(|found| DigitInk {
                image: crop(&found.image, found.tight()),
                bounds: found.bounds,
            })
        });
        Some(inks.collect())
    }

    /// The digits that stand side by side within the outer lines, however many they are; the layout has no glyphs when
    /// the area is empty. `None` as for [`PrintedBoxes::digits`].
    pub fn number(&self, view: &GrayImage, polarity: Polarity) -> Option<PrintedNumber> {
        let (first, last) = (self.columns.first()?, self.columns.last()?);
        let area = Self {
            columns: vec![*first, *last],
            rows: self.rows,
        };
        let (ink, grid) = area.find(view, polarity)?;
        let found = CellReader::for_numbers(&ink, &grid).cell_ink(0, 0);
        let found = found.and_then(|found| {
            let alone = Ink {
                image: found.image,
                threshold: ink.threshold,
            };
            Some((one_line(&alone)?, found.origin))
        });
        let (mut glyphs, mut line, mut rows) = (Vec::new(), None, 0);
        if let Some((number, (left, top))) = found {
            glyphs = number.field.glyphs;
            for glyph in &mut glyphs {
                glyph.bounds.x += left;
                glyph.bounds.y += top;
            }
            line = number.line.map(|line| line.moved_by(left, top));
            rows = number.rows;
        }
        Some(PrintedNumber {
            field: PrintedField {
                layout: FieldLayout {
                    kind: FieldKind::Number,
                    bounds: grid.bounds(ink.width(), ink.height()),
                    rows: 1,
                    columns: glyphs.len(),
                    glyphs,
                },
                cover: grid.cover,
            },
            line,
            rows,
        })
    }

    /// The lines where they really are.
    fn find(&self, view: &GrayImage, polarity: Polarity) -> Option<(Ink, RuledGrid)> {
        let all = || self.columns.iter().chain(&self.rows);
        let ordered = self.columns.is_sorted() && self.rows.is_sorted();
        if self.columns.len() < 2 || !ordered || !all().all(|line| line.abs() < 1e6) {
            return None;
        }
        let ink = Ink::of(view, Some(polarity))?;
        let (left, right) = (self.columns[0], self.columns[self.columns.len() - 1]);
        let straight = |along: [f64; 2], across: f64| Rule {
            points: vec![(along[0], across), (along[1], across)],
            slope: 0.0,
            seen: along[1] - along[0],
        };
        let expected = Lattice {
            horizontal: self
                .rows
                .iter()
                .map(|&y| straight([left, right], y))
                .collect(),
            vertical: self
                .columns
                .iter()
                .map(|&x| straight(self.rows, x))
                .collect(),
        };
        let grid = refine(&ink, &expected, 1);
        Some((ink, grid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// Three boxes of 40 x 50 pixels from (20, 20) on, with lines 2 pixels thick and strokes drawn into them.
    fn boxes(strokes: &[[u32; 4]]) -> GrayImage {
        GrayImage::from_fn(180, 90, |x, y| {
            let (in_x, in_y) = ((20..142).contains(&x), (20..72).contains(&y));
            let vertical = in_y && in_x && (x - 20) % 40 < 2;
            let horizontal = in_x && in_y && !(22..70).contains(&y);
            let stroke = strokes.iter().any(|[left, top, right, bottom]| {
                (*left..*right).contains(&x) && (*top..*bottom).contains(&y)
            });
            Luma([if vertical || horizontal || stroke {
                0
            } else {
                255
            }])
        })
    }

    /// Where the lines are expected: a little off.
    fn expected() -> PrintedBoxes {
        PrintedBoxes {
            columns: vec![22.0, 62.0, 102.0, 142.0],
            rows: [19.0, 69.0],
        }
    }

    fn read(picture: &GrayImage) -> PrintedField {
        expected().digits(picture, Polarity::DarkOnLight).unwrap()
    }

    #[test]
    fn empty_boxes_are_empty_although_they_are_not_quite_where_expected() {
        let found = read(&boxes(&[]));
        assert!(found.cover > 0.9, "{}", found.cover);
        assert!(
            found
                .layout
                .glyphs
                .iter()
                .all(|glyph| glyph.pixels.is_none())
        );
        assert_eq!(found.layout.columns, 3);
    }

    #[test]
    fn digits_are_in_their_boxes_and_keep_what_goes_over_a_line() {
        // The middle box: a stroke that goes over its lower line.
        let found = read(&boxes(&[[70, 40, 76, 84]]));
        let inked: Vec<bool> = found
            .layout
            .glyphs
            .iter()
            .map(|glyph| glyph.pixels.is_some())
            .collect();
        assert_eq!(inked, [false, true, false]);
        let glyph = found.layout.glyphs[1].pixels.unwrap();
        let widths: Vec<usize> = glyph
            .chunks_exact(28)
            .map(|row| row.iter().filter(|&&value| value > 0).count())
            .filter(|&width| width > 0)
            .collect();
        // 44 x 6 pixels, so 20 x 3; a pixel of the line stays on either side where the stroke goes over it.
        assert_eq!(widths.len(), 20, "{widths:?}");
        assert!(widths.iter().all(|&width| width == 3 || width == 5));
        assert!(widths.iter().filter(|&&width| width == 3).count() >= 18);
    }

    #[test]
    fn a_number_is_divided_into_its_digits() {
        let picture = boxes(&[]);
        let strokes = GrayImage::from_fn(180, 90, |x, y| {
            let inside = (22..140).contains(&x) && (22..70).contains(&y);
            let digit = (30..60).contains(&y) && matches!(x, 40..=45 | 70..=75 | 110..=115);
            match (inside, digit) {
                (true, true) => Luma([0]),
                (true, false) => Luma([255]),
                _ => *picture.get_pixel(x, y),
            }
        });
        let found = expected().number(&strokes, Polarity::DarkOnLight).unwrap();
        assert_eq!((found.rows, found.line.is_some()), (1, true));
        let lefts: Vec<u32> = found
            .field
            .layout
            .glyphs
            .iter()
            .map(|glyph| glyph.bounds.x)
            .collect();
        assert_eq!(lefts, [40, 70, 110]);
    }

    /// An area with these strokes in it.
    fn area(strokes: &[[u32; 4]]) -> PrintedNumber {
        let picture = boxes(&[]);
        let drawn = GrayImage::from_fn(180, 90, |x, y| {
            let inside = (22..140).contains(&x) && (22..70).contains(&y);
            let inked = strokes.iter().any(|[left, top, right, bottom]| {
                (*left..*right).contains(&x) && (*top..*bottom).contains(&y)
            });
            match (inside, inked) {
                (true, true) => Luma([0]),
                (true, false) => Luma([255]),
                _ => *picture.get_pixel(x, y),
            }
        });
        expected().number(&drawn, Polarity::DarkOnLight).unwrap()
    }

    #[test]
    fn a_point_stays_in_the_line_and_is_no_glyph() {
        let digits = [[40, 30, 46, 60], [70, 30, 76, 60], [110, 30, 116, 60]];
        let bare = area(&digits);
        assert!(!bare.line.unwrap().has_more_ink());
        let found = area(&[digits[0], digits[1], digits[2], [93, 56, 97, 60]]);
        assert_eq!(found.field.layout.columns, 3);
        assert!(found.line.unwrap().has_more_ink());
    }

    #[test]
    fn writing_above_each_other_is_told() {
        let lines = [[40, 26, 46, 44], [70, 26, 76, 44], [41, 48, 47, 66]];
        assert_eq!(area(&lines).rows, 2);
        assert_eq!(area(&lines[..2]).rows, 1);
        let empty = area(&[]);
        assert_eq!((empty.rows, empty.line), (0, None));
    }

    #[test]
    fn without_boxes_the_cover_is_low() {
        let blots = GrayImage::from_fn(180, 90, |x, y| {
            Luma([if (x / 9 + y / 9) % 5 == 0 { 0 } else { 255 }])
        });
        assert!(read(&blots).cover < 0.6);
        let blank = GrayImage::from_pixel(180, 90, Luma([250]));
        assert_eq!(expected().digits(&blank, Polarity::DarkOnLight), None);
    }
}
