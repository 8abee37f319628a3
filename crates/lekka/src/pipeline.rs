//! The one way from a decoded picture to logits: prepare, find the digits, read them, turn the page when it reads
//! better another way up.

use lekka_image::normalize::{Glyph, PIXELS, SIDE};
use lekka_image::{
    GrayImage, Perspective, Picture, Preparation, Rect, Stage, Watcher, When, prepare, warp,
};
use lekka_page::{CellProportions, FieldKind, PageLayout, PageOptions, Strokes, analyze_watched};

use crate::assemble::{glyphs, ranked};
use crate::classifier::{Classifier, ClassifierError};
use crate::numbers::{FoundSeparator, NumberReader, resolve_lines};
use crate::recognizer::CLASSES;
use crate::turn::{Turn, turned_glyph};

/// How a page is brought into the form in which it is read. The defaults are what reads best on degraded pages, as
/// `docs/preprocessing.md` shows.
///
/// ```
/// use lekka::{ReadOptions, Steps, When};
/// let mut options = ReadOptions::default();
/// options.steps.page.light = When::Never;
/// options.steps.quarter_turns = When::Never;
/// assert_ne!(options.steps, Steps::default());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Light, specks, threshold and skew of the page.
    pub page: Preparation,
    /// Whether long ruled lines are left in on pages without a grid, as if they were writing.
    pub keep_rules: bool,
    /// What is done to the strokes of digits.
    pub strokes: Strokes,
    /// Whether a page that lies on its side or upside down is turned, by what reads best. `Auto` tries it when the page
    /// as it is reads badly.
    pub quarter_turns: When,
}

/// A page on which the digits are found and read.
pub(crate) struct ReadPage {
    /// Where they are on the upright picture that was given.
    pub(crate) layout: PageLayout,
    pub(crate) separators: Vec<FoundSeparator>,
    /// Ten for each digit with ink.
    pub(crate) logits: Vec<f32>,
}

/// Why there are no logits.
pub(crate) enum PipelineError {
    Classifier(ClassifierError),
    Logits { expected: usize, found: usize },
}

/// Digits that are tried the other ways up, at most.
const SAMPLE: usize = 40;

/// With fewer digits nothing is turned: some digits read well upside down.
const FEWEST_TURNED: usize = 4;

/// A page whose mean probability is at least this is the right way up.
const READS_WELL: f32 = 0.93;

/// A page is turned when it then reads with this mean probability, and by so much better.
const TURNED_READS: f32 = 0.8;
const BETTER_BY: f32 = 0.12;

/// What pages are read by.
#[derive(Clone, Copy)]
pub(crate) struct PageReader<'a> {
    pub(crate) classifier: &'a dyn Classifier,
    pub(crate) temperature: f32,
    pub(crate) numbers: &'a NumberReader,
}

impl PageReader<'_> {
    /// Reads one picture; `watcher` sees every stage of it.
    pub(crate) fn read(
        self,
        picture: &Picture,
        steps: &Steps,
        watcher: &mut Watcher<'_>,
    ) -> Result<ReadPage, PipelineError> {
        let given = picture.gray.dimensions();
        let ready = prepare(&picture.gray, &steps.page, watcher);
        // Of writers held out of training these are read better than the squeezed cells of the data set
        // (docs/accuracy.md).
        let mut options = PageOptions::default()
            .with_cells(CellProportions::Paper)
            .with_strokes(steps.strokes);
        if steps.keep_rules {
            options = options.with_rules_kept();
        }
        if let Some(polarity) = ready.polarity {
            options = options.with_polarity(polarity);
        }
        let prepared = watcher.count();
        let found = self.find(&ready.image, options, watcher)?;
        let mut map = ready.map;
        let mut skew_degrees = found.layout.skew_degrees + ready.turned_degrees;
        let turn = self.best_turn(&found, steps.quarter_turns)?;
        let mut page = self.resolved(found)?;
        if let Some(turn) = turn {
            let turned = turn.apply(&ready.image);
            let mut stages = Vec::new();
            let mut aside = if watcher.is_watching() {
                Watcher::new(&mut stages)
            } else {
                Watcher::nobody()
            };
            aside.see("turned", || {
                let note = format!("{}: the digits read better so", turn.words());
                (note, Some(turned.clone()))
            });
            let other = self.resolved(self.find(&turned, options, &mut aside)?)?;
            // Digits that touch read badly until their line is read, so both are read to the end.
            if self.clearly_better(&other.logits, &page.logits) {
                watcher.back_to(prepared);
                watcher.extend(stages);
                map = map.then(&turn.map(ready.image.width(), ready.image.height()));
                skew_degrees = turn.skew(other.layout.skew_degrees + ready.turned_degrees);
                page = other;
            }
        }
        let ReadPage {
            mut layout,
            mut separators,
            logits,
        } = page;
        layout.skew_degrees = skew_degrees;
        bring_back(&mut layout, &mut separators, &map, given);
        Ok(ReadPage {
            layout,
            separators,
            logits,
        })
    }

    /// Finds the digits of a page and reads each by itself.
    fn find(
        self,
        image: &GrayImage,
        options: PageOptions,
        watcher: &mut Watcher<'_>,
    ) -> Result<ReadPage, PipelineError> {
        let layout = analyze_watched(image, &options, watcher);
        let logits = self.classify(&glyphs(&layout))?;
        watcher.see("glyphs", || {
            let digits = logits.len() / CLASSES;
            (
                format!("{digits} digits as the network sees them"),
                Some(contact_sheet(&layout)),
            )
        });
        Ok(ReadPage {
            layout,
            separators: Vec::new(),
            logits,
        })
    }

    /// The page with its doubtful lines read as lines.
    fn resolved(self, mut page: ReadPage) -> Result<ReadPage, PipelineError> {
        page.separators = resolve_lines(
            self.classifier,
            &mut page.layout,
            &mut page.logits,
            self.temperature,
            self.numbers,
        )
        .map_err(PipelineError::Classifier)?;
        Ok(page)
    }

    /// Ten logits for each picture.
    fn classify(self, images: &[f32]) -> Result<Vec<f32>, PipelineError> {
        let mut logits = Vec::new();
        if !images.is_empty() {
            self.classifier
                .logits(images, &mut logits)
                .map_err(PipelineError::Classifier)?;
        }
        let expected = images.len() / PIXELS * CLASSES;
        if logits.len() == expected {
            Ok(logits)
        } else {
            Err(PipelineError::Logits {
                expected,
                found: logits.len(),
            })
        }
    }

    /// The turn after which a sample of the digits reads clearly better; `None` when they are right as they are, or when
    /// there are too few to tell.
    fn best_turn(self, page: &ReadPage, when: When) -> Result<Option<Turn>, PipelineError> {
        let wanted = match when {
            When::Never => false,
            When::Auto => self.mean_probability(&page.logits) < READS_WELL,
            When::Always => true,
        };
        let inked: Vec<&Glyph> = page
            .layout
            .fields
            .iter()
            .flat_map(|field| &field.glyphs)
            .filter_map(|glyph| glyph.pixels.as_ref())
            .collect();
        if !wanted || inked.len() < FEWEST_TURNED {
            return Ok(None);
        }
        let count = inked.len().min(SAMPLE);
        let sample: Vec<&Glyph> = (0..count).map(|i| inked[i * inked.len() / count]).collect();
        let read = |turn: Option<Turn>| -> Result<Vec<f32>, PipelineError> {
            let images: Vec<f32> = sample
                .iter()
                .flat_map(|&glyph| turn.map_or(*glyph, |turn| turned_glyph(glyph, turn)))
                .map(|pixel| f32::from(pixel) / 255.0)
                .collect();
            self.classify(&images)
        };
        let as_it_is = read(None)?;
        let mut best = (0.0, None);
        for turn in [Turn::Left, Turn::Over, Turn::Right] {
            let logits = read(Some(turn))?;
            let probability = self.mean_probability(&logits);
            if probability > best.0 && self.clearly_better(&logits, &as_it_is) {
                best = (probability, Some(turn));
            }
        }
        Ok(best.1)
    }

    /// Whether digits read well after a turn, and clearly better than before it.
    fn clearly_better(self, turned: &[f32], before: &[f32]) -> bool {
        let probability = self.mean_probability(turned);
        turned.len() / CLASSES >= FEWEST_TURNED
            && probability >= TURNED_READS
            && probability >= self.mean_probability(before) + BETTER_BY
    }

    /// The mean probability of the best readings, 0 without any.
    fn mean_probability(self, logits: &[f32]) -> f32 {
        let (rows, _) = logits.as_chunks::<CLASSES>();
        let sum: f32 = rows
            .iter()
            .map(|row| ranked(row, self.temperature)[0].probability)
            .sum();
        sum / rows.len().max(1) as f32
    }
}

/// Brings the boxes of a page back to the picture given, of this size.
fn bring_back(
    layout: &mut PageLayout,
    separators: &mut [FoundSeparator],
    map: &Perspective,
    (width, height): (u32, u32),
) {
    if *map == Perspective::IDENTITY {
        return;
    }
    let Some(back) = map.inverse() else { return };
    let given = |bounds: Rect| warp::bounds_under(&back, bounds, width, height);
    for field in &mut layout.fields {
        field.bounds = given(field.bounds);
        for glyph in &mut field.glyphs {
            glyph.bounds = given(glyph.bounds);
        }
    }
    for separator in separators {
        separator.bounds = given(separator.bounds);
    }
}

/// Space between glyphs of a contact sheet, in pixels.
const GAP: u32 = 2;

/// Columns of a contact sheet when no field has more.
const SHEET_COLUMNS: usize = 32;

/// All glyphs of a page side by side, white on black, those of a grid in its rows and columns, others in the order of
/// reading; grey in between.
fn contact_sheet(layout: &PageLayout) -> GrayImage {
    let mut rows: Vec<Vec<Option<&Glyph>>> = vec![Vec::new()];
    for field in &layout.fields {
        let glyphs = field.glyphs.iter().map(|glyph| glyph.pixels.as_ref());
        if field.kind == FieldKind::Grid {
            let glyphs: Vec<_> = glyphs.collect();
            rows.extend(glyphs.chunks(field.columns.max(1)).map(<[_]>::to_vec));
            rows.push(Vec::new());
        } else {
            for glyph in glyphs {
                match rows.last_mut() {
                    Some(row) if row.len() < SHEET_COLUMNS => row.push(glyph),
                    _ => rows.push(vec![glyph]),
                }
            }
        }
    }
    rows.retain(|row| !row.is_empty());
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0) as u32;
    let step = SIDE + GAP;
    let mut sheet = GrayImage::from_pixel(
        columns * step + GAP,
        rows.len() as u32 * step + GAP,
        image::Luma([96]),
    );
    for (row, glyphs) in (0..).zip(&rows) {
        for (column, glyph) in (0..).zip(glyphs) {
            for i in 0..SIDE * SIDE {
                let value = glyph.map_or(0, |glyph| glyph[i as usize]);
                let (x, y) = (GAP + column * step + i % SIDE, GAP + row * step + i / SIDE);
                sheet.put_pixel(x, y, image::Luma([value]));
            }
        }
    }
    sheet
}

/// The pictures that a page goes through on its way to be read, and what was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Staged {
    /// The stages in order. Their names are `grey`, `inverted`, `enlarged`, `light`, `median`, `threshold`, `upright`,
    /// `turned`, `ink`, `rules`, `digits` and `glyphs`; those that do not apply are left out.
    pub stages: Vec<Stage>,
    /// The reading, the same as without looking on.
    pub reading: crate::PageReading,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_sheet_has_a_place_for_each_cell() {
        assert_eq!(contact_sheet(&PageLayout::default()).dimensions(), (2, 2));
    }
}
