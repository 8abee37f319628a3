//! Digits as the points that a pen, a finger or a mouse went through.

mod joined;

use lekka_image::decode::Orientation;
use lekka_image::normalize::Glyph;
use lekka_image::{GrayImage, Picture};
use lekka_page::{PageOptions, analyze};
use lekka_strokes::{ink_gray, stroke_mask};
use thiserror::Error;

use crate::When;
use crate::reading::PageReading;
use crate::recognizer::{ReadError, ReadOptions, Recognizer};

/// The points of one movement of the pen without lifting it, in pixels of the surface it moves on:
/// x to the right, y downwards.
pub type Stroke = Vec<[f32; 2]>;

/// Most points of a drawing: minutes of writing at the rate at which browsers report a pen.
pub const MAX_POINTS: usize = 100_000;

/// How large digits are drawn, in pixels: about as a scanner at 300 dpi shows them.
const DIGIT_SIDE: f32 = 96.0;

/// Width of the line relative to the digits: a ball pen on the pages the network was trained on.
const LINE_WIDTH: f32 = 1.0 / 14.0;

/// Longest side of the picture, in pixels.
const MAX_SIDE: f32 = 4096.0;

/// Paper around the ink, in pixels.
const MARGIN: f32 = 16.0;

/// A stroke is several digits without lifting the pen when it is so many times wider than high.
const LONG: f32 = 3.0;

/// Why strokes were not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StrokesError {
    /// There are too many points.
    #[error("the strokes have {found} points, the limit is {MAX_POINTS}; send fewer, or in parts")]
    TooMany {
        /// Number of points.
        found: usize,
    },
    /// A coordinate is no number.
    #[error(
        "point {point} of stroke {stroke} is not finite; give x and y as numbers within a million"
    )]
    NotFinite {
        /// The stroke, from 1.
        stroke: usize,
        /// The point in it, from 1.
        point: usize,
    },
}

/// Strokes drawn on paper, and where on their surface the paper lies.
struct Drawing {
    picture: Picture,
    /// Pixels of the picture per pixel of the surface.
    scale: f32,
    /// The picture's upper left corner on the surface.
    origin: [f32; 2],
    /// The smallest surface that holds all points.
    surface: [u32; 2],
}

impl Recognizer {
    /// Reads what was written with a pen: draws the strokes on white paper, as large and with as
    /// wide a line as on a scan whatever the surface they come from, and reads that as any other
    /// picture. The proportions are kept.
    ///
    /// Boxes, width and height of the reading are in pixels of the surface, whole ones; coordinates
    /// that reach beyond its upper left corner count as at its edge.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_POINTS`] points or one is not finite, and as
    /// [`read_picture`](Self::read_picture).
    ///
    /// ```
    /// use lekka::{ReadOptions, Recognizer};
    /// let recognizer = Recognizer::embedded()?;
    /// // A zero: once around.
    /// let around = (0..=40).map(|step| {
    ///     let angle = step as f32 / 40.0 * std::f32::consts::TAU;
    ///     [150.0 + 50.0 * angle.sin(), 150.0 - 50.0 * angle.cos()]
    /// });
    /// let page = recognizer.read_strokes(&[around.collect()], "canvas", &ReadOptions::default())?;
    /// assert_eq!(page.fields[0].text, "೦");
    /// assert!(page.fields[0].bounds[0].abs_diff(100) < 10, "on the surface");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_strokes(
        &self,
        strokes: &[Stroke],
        source: &str,
        options: &ReadOptions,
    ) -> Result<PageReading, ReadError> {
        let drawing = Drawing::of(strokes).map_err(|error| ReadError::Strokes {
            file: source.to_owned(),
            source: error,
        })?;
        // Which way up the surface is held is known.
        let mut options = options.clone();
        options.steps.quarter_turns = When::Never;
        let mut page = self.read_picture(&drawing.picture, source, &options)?;
        [page.width, page.height] = drawing.surface;
        for field in &mut page.fields {
            field.bounds = drawing.on_surface(field.bounds);
            for digit in &mut field.digits {
                digit.bounds = drawing.on_surface(digit.bounds);
            }
            for separator in &mut field.separators {
                separator.bounds = drawing.on_surface(separator.bounds);
            }
        }
        Ok(page)
    }
}

impl Recognizer {
    /// Reads a number that was written without lifting the pen, or in the air: positions without a
    /// sign of where one digit ends and the next begins. The movement is cut where the digits that
    /// come of it are least in doubt; joins between digits are left out. Otherwise as
    /// [`read_strokes`](Self::read_strokes). The pen may be lifted all the same; the number is one
    /// line from left to right. Joins that go backwards or are curved are not recognised as joins.
    ///
    /// # Errors
    ///
    /// As [`read_strokes`](Self::read_strokes).
    pub fn read_joined(
        &self,
        strokes: &[Stroke],
        source: &str,
        options: &ReadOptions,
    ) -> Result<PageReading, ReadError> {
        let refused = |error| ReadError::Strokes {
            file: source.to_owned(),
            source: error,
        };
        check(strokes).map_err(refused)?;
        let digits = joined::separate(self, strokes).map_err(|error| ReadError::Classifier {
            file: source.to_owned(),
            page: 1,
            error,
        })?;
        if digits.is_empty() {
            return self.read_strokes(strokes, source, options);
        }
        // Laid apart, so that no two hang together; digits of one height stay on one line.
        let gap = 0.4 * digit_size(&digits.concat());
        let mut apart = Vec::new();
        let mut places = Vec::new();
        let mut right = f32::NEG_INFINITY;
        for digit in &digits {
            let Some((least, greatest)) = extent(digit.iter().flatten()) else {
                continue;
            };
            let moved = (right + gap - least[0]).max(0.0);
            right = greatest[0] + moved;
            places.push((right, moved));
            apart.extend(digit.iter().map(|stroke| {
                let points = stroke.iter().map(|&[x, y]| [x + moved, y]);
                points.collect::<Stroke>()
            }));
        }
        let mut page = self.read_strokes(&apart, source, options)?;
        let back = |bounds: &mut [u32; 4]| {
            let middle = bounds[0] as f32 + bounds[2] as f32 / 2.0;
            let place = places.iter().find(|(right, _)| middle <= *right);
            let moved = place.or(places.last()).map_or(0.0, |place| place.1);
            bounds[0] = (bounds[0] as f32 - moved).max(0.0).round() as u32;
        };
        for field in &mut page.fields {
            for digit in &mut field.digits {
                back(&mut digit.bounds);
            }
            for separator in &mut field.separators {
                back(&mut separator.bounds);
            }
            let right = field
                .digits
                .iter()
                .map(|digit| digit.bounds[0] + digit.bounds[2])
                .max();
            let left = field.digits.iter().map(|digit| digit.bounds[0]).min();
            if let (Some(left), Some(right)) = (left, right) {
                (field.bounds[0], field.bounds[2]) = (left, right - left);
            }
        }
        [page.width, page.height] = surface(strokes);
        Ok(page)
    }
}

/// The digit that strokes are, in the form of the data set; none where they are no one digit.
fn glyph_of(strokes: &[Stroke]) -> Option<Glyph> {
    let drawing = Drawing::of(strokes).ok()?;
    let layout = analyze(&drawing.picture.gray, &PageOptions::default());
    match &layout.fields[..] {
        [field] => match &field.glyphs[..] {
            [glyph] => glyph.pixels,
            _ => None,
        },
        _ => None,
    }
}

/// The smallest surface that holds all points.
fn surface(strokes: &[Stroke]) -> [u32; 2] {
    let extent = extent(strokes.iter().flatten());
    extent.map_or([0; 2], |(_, greatest)| {
        greatest.map(|coordinate| coordinate.max(0.0).ceil() as u32 + 1)
    })
}

impl Drawing {
    fn of(strokes: &[Stroke]) -> Result<Self, StrokesError> {
        check(strokes)?;
        let Some((least, greatest)) = extent(strokes.iter().flatten()) else {
            return Ok(Self::blank());
        };
        let size = digit_size(strokes);
        let longest = (greatest[0] - least[0]).max(greatest[1] - least[1]);
        let scale = (DIGIT_SIDE / size).min((MAX_SIDE - 2.0 * MARGIN) / longest.max(1.0));
        let origin = least.map(|coordinate| coordinate - MARGIN / scale);
        let lines: Vec<Stroke> = strokes
            .iter()
            .filter(|stroke| !stroke.is_empty())
            .map(|stroke| {
                stroke
                    .iter()
                    .map(|&[x, y]| [(x - origin[0]) * scale, (y - origin[1]) * scale])
                    .collect()
            })
            .collect();
        let side =
            |axis: usize| ((greatest[axis] - least[axis]) * scale + 2.0 * MARGIN).ceil() as u32;
        let mut gray = GrayImage::from_pixel(side(0), side(1), [255].into());
        let width = (size * scale * LINE_WIDTH).max(1.5);
        // A mask for each stroke: those of a long number have little in common.
        for line in lines {
            ink_gray(&mut gray, &stroke_mask(&[line], width), 0);
        }
        Ok(Self {
            picture: upright(gray),
            scale,
            origin,
            surface: surface(strokes),
        })
    }

    /// Paper without ink.
    fn blank() -> Self {
        Self {
            picture: upright(GrayImage::from_pixel(32, 32, [255].into())),
            scale: 1.0,
            origin: [0.0; 2],
            surface: [0; 2],
        }
    }

    /// A box of the picture on the surface, as whole pixels that hold it.
    fn on_surface(&self, [x, y, width, height]: [u32; 4]) -> [u32; 4] {
        let place = |axis: usize, start: u32, length: u32| {
            let at = |pixel: u32| self.origin[axis] + pixel as f32 / self.scale;
            let start_at = at(start).max(0.0).floor();
            let end = at(start + length).max(start_at).ceil();
            (start_at as u32, (end - start_at).max(1.0) as u32)
        };
        let (x, width) = place(0, x, width);
        let (y, height) = place(1, y, height);
        [x, y, width, height]
    }
}

fn upright(gray: GrayImage) -> Picture {
    let (stored_width, stored_height) = gray.dimensions();
    Picture {
        gray,
        page: 0,
        stored_width,
        stored_height,
        orientation: Orientation::NoTransforms,
    }
}

/// Coordinates are compared and scaled in f32: beyond a million, pixels would be lost.
fn check(strokes: &[Stroke]) -> Result<(), StrokesError> {
    let found = strokes.iter().map(Vec::len).sum();
    if found > MAX_POINTS {
        return Err(StrokesError::TooMany { found });
    }
    for (stroke, points) in strokes.iter().enumerate() {
        for (point, coordinates) in points.iter().enumerate() {
            if !coordinates.iter().all(|c| c.abs() <= 1e6) {
                return Err(StrokesError::NotFinite {
                    stroke: stroke + 1,
                    point: point + 1,
                });
            }
        }
    }
    Ok(())
}

/// The least and the greatest coordinates.
type Extent = ([f32; 2], [f32; 2]);

/// The extent of some points, none of no points.
fn extent<'a>(points: impl Iterator<Item = &'a [f32; 2]>) -> Option<Extent> {
    points.fold(None, |extent, &[x, y]| {
        let (least, greatest) = extent.unwrap_or(([x, y], [x, y]));
        Some((
            [least[0].min(x), least[1].min(y)],
            [greatest[0].max(x), greatest[1].max(y)],
        ))
    })
}

/// How large the digits are: the largest stroke's longer side, or its height where it is several
/// digits without lifting the pen. Dots alone count as a small digit, not as a magnified one.
fn digit_size(strokes: &[Stroke]) -> f32 {
    const LEAST: f32 = 12.0;
    let sizes = strokes.iter().filter_map(|stroke| {
        let (least, greatest) = extent(stroke.iter())?;
        let (width, height) = (greatest[0] - least[0], greatest[1] - least[1]);
        Some(if width > LONG * height {
            height.max(width / (2.0 * LONG))
        } else {
            width.max(height)
        })
    });
    sizes.fold(LEAST, f32::max)
}

#[cfg(test)]
mod tests {
    use lekka_strokes::{Alphabet, Hand, Rng, kannada_digit};
    use proptest::prelude::*;

    use super::*;

    fn written(digits: &str, size: f32) -> Vec<Stroke> {
        let mut rng = Rng::new(3);
        let hand = Hand::plain(size);
        let mut strokes = Vec::new();
        for (place, digit) in digits.bytes().enumerate() {
            let digit = kannada_digit(digit - b'0').unwrap();
            let center = [size * (0.7 + place as f32), size * 0.7];
            strokes.extend(hand.place(
                &Alphabet::builtin().variants(digit).unwrap()[0],
                center,
                &mut rng,
            ));
        }
        strokes
    }

    fn read(strokes: &[Stroke]) -> PageReading {
        let recognizer = Recognizer::embedded().unwrap();
        recognizer
            .read_strokes(strokes, "canvas", &ReadOptions::default())
            .unwrap()
    }

    #[test]
    fn the_size_of_the_surface_does_not_matter() {
        for size in [30.0, 200.0, 1500.0] {
            let page = read(&written("2947", size));
            let found: Vec<&str> = page
                .fields
                .iter()
                .map(|field| field.ascii.as_str())
                .collect();
            assert_eq!(found, ["2947"], "{size}");
            for (place, digit) in page.digits().enumerate() {
                let [x, _, width, _] = digit.bounds.map(|value| value as f32);
                let middle = x + width / 2.0;
                assert!(
                    (middle / size - 0.7 - place as f32).abs() < 0.2,
                    "{size}: {digit:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_drawn_is_nothing_read() {
        assert!(read(&[]).fields.is_empty());
        assert!(read(&[vec![]]).fields.is_empty());
    }

    #[test]
    fn unusable_strokes_are_refused() {
        let recognizer = Recognizer::embedded().unwrap();
        let refused = |strokes: &[Stroke]| {
            let error = recognizer.read_strokes(strokes, "canvas", &ReadOptions::default());
            error.unwrap_err().to_string()
        };
        let error = refused(&[vec![[0.0, 0.0]], vec![[1.0, 1.0], [f32::NAN, 0.0]]]);
        assert!(
            error.starts_with("canvas: point 2 of stroke 2 is not finite"),
            "{error}"
        );
        let error = refused(&[vec![[f32::MAX, 0.0]]]);
        assert!(error.contains("point 1 of stroke 1"), "{error}");
        let error = refused(&vec![vec![[0.0; 2]]; MAX_POINTS + 1]);
        assert!(
            error.contains("100001 points, the limit is 100000"),
            "{error}"
        );
    }

    #[test]
    fn far_points_do_not_ask_for_all_memory() {
        let drawing = Drawing::of(&[vec![[-1e6, 0.0], [1e6, 1e6]], vec![[0.0, 0.0]]]).unwrap();
        assert!(drawing.picture.gray.width() <= MAX_SIDE as u32);
        assert_eq!(drawing.on_surface([0, 0, 10, 10])[0], 0, "at the edge");
    }

    /// Sure that everything is a five.
    struct Fives;

    impl crate::Classifier for Fives {
        fn logits(
            &self,
            images: &[f32],
            logits: &mut Vec<f32>,
        ) -> Result<(), crate::ClassifierError> {
            logits.clear();
            for _ in images.chunks_exact(28 * 28) {
                logits.extend([0.0, 0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 0.0]);
            }
            Ok(())
        }
    }

    fn any_strokes() -> impl Strategy<Value = Vec<Stroke>> {
        let near = prop::array::uniform2(-50.0_f32..500.0);
        let far = prop::array::uniform2(-1e6_f32..1e6);
        let point = prop_oneof![60 => near, 1 => far];
        prop::collection::vec(prop::collection::vec(point, 0..20), 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn whatever_is_drawn_is_read_without_a_panic(strokes in any_strokes()) {
            let recognizer = Recognizer::with_classifier(Fives);
            let options = ReadOptions::default();
            for page in [
                recognizer.read_strokes(&strokes, "canvas", &options).unwrap(),
                recognizer.read_joined(&strokes, "canvas", &options).unwrap(),
            ] {
                for digit in page.digits() {
                    let [x, y, ..] = digit.bounds;
                    prop_assert!(x <= page.width && y <= page.height, "{digit:?}");
                }
            }
        }
    }

    #[test]
    fn a_number_in_one_movement_is_cut() {
        let movement: Stroke = written("305", 120.0).concat();
        let recognizer = Recognizer::embedded().unwrap();
        let page = recognizer
            .read_joined(&[movement], "air", &ReadOptions::default())
            .unwrap();
        assert_eq!(page.fields.len(), 1);
        assert_eq!(page.fields[0].ascii, "305");
        // In its place, though it was read apart from its neighbours.
        let [x, _, width, _] = page.fields[0].digits[1].bounds;
        assert!((x + width / 2).abs_diff(204) < 30, "{page:?}");
    }
}
