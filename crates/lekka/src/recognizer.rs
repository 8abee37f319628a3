//! From the bytes of a file to readings.

use std::fmt;
use std::sync::Arc;

use lekka_image::decode::Document;
use lekka_image::normalize::Glyph;
use lekka_image::{DecodeError, DecodeLimits, Picture, Polarity, Watcher};
use lekka_model::{LoadError, Metadata, Model};
use lekka_nn::Predictor;
use lekka_nn::network::NetworkError;
use lekka_page::{FieldLayout, NumberLine};
use thiserror::Error;

use crate::assemble::{Judge, assemble, ranked};
use crate::classifier::{Classifier, ClassifierError, logits_of};
use crate::embedded::embedded_model;
use crate::numbers::{
    LineCosts, LineReader, NumberMethod, NumberReader, NumberReading, read_several,
};
use crate::pipeline::{PageReader, PipelineError, Staged, Steps};
use crate::reading::{Alternative, PageReading};
use crate::review::{Review, ReviewError, ReviewRule};
use crate::strokes::StrokesError;

/// Number of digits there are.
pub(crate) const CLASSES: usize = 10;

/// The ten digits with their probabilities, most probable first.
pub(crate) type Ranks = [Alternative; CLASSES];

/// The probabilities in the order of the digits.
pub(crate) fn by_digit(ranks: &Ranks) -> [f32; CLASSES] {
    let mut probabilities = [0.0; CLASSES];
    for rank in ranks {
        probabilities[usize::from(rank.digit)] = rank.probability;
    }
    probabilities
}

/// How to read.
///
/// ```
/// use lekka::{ReadOptions, ReviewRule};
/// let strict = ReadOptions { review: ReviewRule::Threshold(0.999), ..ReadOptions::default() };
/// assert_eq!(strict.limits.max_pixels, 100_000_000);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// How much a file may ask for: pixels of a picture, pages of a file.
    pub limits: DecodeLimits,
    /// Which of light and dark is ink; none finds out for each page.
    pub polarity: Option<Polarity>,
    /// Which readings are for review.
    pub review: ReviewRule,
    /// The steps that a page goes through before its digits are read.
    pub steps: Steps,
}

/// Reads pictures. Make it once and share it.
pub struct Recognizer {
    classifier: Box<dyn Classifier>,
    temperature: f32,
    review: Review,
    numbers: NumberReader,
}

impl fmt::Debug for Recognizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recognizer")
            .field("temperature", &self.temperature)
            .field("review", &self.review)
            .finish_non_exhaustive()
    }
}

impl Recognizer {
    /// A recogniser with the weights that come with the library.
    ///
    /// # Errors
    ///
    /// None with the weights as they are shipped.
    pub fn embedded() -> Result<Self, RecognizerError> {
        Self::from_model(&embedded_model()?)
    }

    /// A recogniser with weights of your own for digits, with their calibration and review threshold; those for whole
    /// lines are the embedded ones.
    ///
    /// # Errors
    ///
    /// When the network does not tell ten digits apart, or was put together wrongly.
    pub fn from_model(model: &Model) -> Result<Self, RecognizerError> {
        let found = model.metadata.classes.len();
        if found != CLASSES || model.metadata.preprocessing.is_line() {
            return Err(RecognizerError::Classes { found });
        }
        let predictor = Predictor::new(&model.spec, &model.parameters)?;
        let lines = LineReader::embedded()?;
        Ok(Self::calibrated(predictor, &model.metadata).with_line_reader(lines))
    }

    /// A recogniser with another classifier that gives the logits of weights with this metadata,
    /// such as one that collects digits of several callers: their calibration and review threshold.
    ///
    /// ```
    /// use lekka::{Classifier, Recognizer, embedded_model};
    ///
    /// let model = embedded_model()?;
    /// let predictor = lekka_nn::Predictor::new(&model.spec, &model.parameters)?;
    /// let recognizer = Recognizer::calibrated(predictor, &model.metadata);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn calibrated(classifier: impl Classifier + 'static, metadata: &Metadata) -> Self {
        Self {
            classifier: Box::new(classifier),
            temperature: metadata.temperature(),
            review: Review::of(metadata),
            numbers: NumberReader::default(),
        }
    }

    /// A recogniser with another classifier, whose logits are taken as they are.
    pub fn with_classifier(classifier: impl Classifier + 'static) -> Self {
        Self {
            classifier: Box::new(classifier),
            temperature: 1.0,
            review: Review::default(),
            numbers: NumberReader::default(),
        }
    }

    /// The same recogniser with other costs for lines whose digits touch or are broken.
    #[must_use]
    pub fn with_line_costs(mut self, costs: LineCosts) -> Self {
        self.numbers.costs = costs;
        self
    }

    /// The same recogniser with a network for whole lines, for digits that touch or are broken.
    #[must_use]
    pub fn with_line_reader(mut self, reader: impl Into<Arc<LineReader>>) -> Self {
        self.numbers.lines = Some(reader.into());
        self
    }

    /// The same recogniser with another way to read lines.
    #[must_use]
    pub fn with_number_method(mut self, method: NumberMethod) -> Self {
        self.numbers.method = method;
        self
    }

    /// The least probability of a reading that needs no review by a rule, 0 to 1.
    ///
    /// # Errors
    ///
    /// When the rule is [`ReviewRule::MaxError`] and the weights know no threshold for it.
    ///
    /// ```
    /// use lekka::{Recognizer, ReviewRule};
    /// let recognizer = Recognizer::embedded()?;
    /// assert_eq!(recognizer.review_threshold(ReviewRule::Threshold(0.5))?, 0.5);
    /// // Nothing was ever shown to be as sure as this.
    /// assert!(recognizer.review_threshold(ReviewRule::MaxError(1e-9)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn review_threshold(&self, rule: ReviewRule) -> Result<f32, ReviewError> {
        self.review.threshold(rule)
    }

    /// Reads all pages of a picture file. `source` is its name for readings and errors. The pages
    /// are decoded one at a time, so that a long file needs no more memory than a short one.
    ///
    /// A page without digits is a reading without fields, and no error; neither is doubt, of which
    /// the status of each digit tells. When one of several pages is damaged, its reading has the
    /// reason in its `errors`, and the other pages are read.
    ///
    /// # Errors
    ///
    /// When the bytes are no picture, the only page is damaged or exceeds the limits, when the
    /// weights know no threshold for the rule for review, and when the classifier fails.
    /// [`PageReading::failed`] makes of it an entry for a list of readings.
    pub fn read(
        &self,
        bytes: &[u8],
        source: &str,
        options: &ReadOptions,
    ) -> Result<Vec<PageReading>, ReadError> {
        let refused = |error: DecodeError| ReadError::Decode {
            file: source.to_owned(),
            source: error,
        };
        let document = Document::open(bytes, &options.limits).map_err(refused)?;
        let pages = document.page_count();
        let read = |page| match document.page(page) {
            Ok(picture) => self.read_picture(&picture, source, options),
            Err(error) if pages == 1 => Err(refused(error)),
            Err(error) => Ok(PageReading {
                page: page + 1,
                ..PageReading::failed(source, error.to_string())
            }),
        };
        (0..pages).map(read).collect()
    }

    /// The calibrated probability of each digit 0 to 9 for glyphs in the form of the data set, as
    /// [`lekka_page`] cuts them: for programs that know themselves where the digits are. Without
    /// any finite logit all are 0.
    ///
    /// # Errors
    ///
    /// When the classifier fails or gives too few or too many logits.
    pub fn probabilities(&self, glyphs: &[Glyph]) -> Result<Vec<[f32; CLASSES]>, ClassifierError> {
        let images: Vec<f32> = glyphs
            .iter()
            .flatten()
            .map(|&pixel| f32::from(pixel) / 255.0)
            .collect();
        let ranks = self.ranks(&images)?;
        Ok(ranks.iter().map(by_digit).collect())
    }

    /// The likely readings of numbers without boxes, each given by its glyphs and the line that they are of, as
    /// [`lekka_page::PrintedBoxes::number`] finds them: for programs that know themselves where the numbers are. They
    /// are read as lines of a page are; here all likely ways to divide each into digits come out, the likeliest first.
    /// Without ink there is none.
    ///
    /// # Errors
    ///
    /// When the classifier fails or gives too few or too many logits.
    pub fn numbers(
        &self,
        numbers: &[(&FieldLayout, Option<&NumberLine>)],
    ) -> Result<Vec<Vec<NumberReading>>, ClassifierError> {
        read_several(&*self.classifier, numbers, self.temperature, &self.numbers)
    }

    /// The digits of images `[N, 28, 28, 1]`, most probable first.
    pub(crate) fn ranks(&self, images: &[f32]) -> Result<Vec<Ranks>, ClassifierError> {
        let rows = logits_of(&*self.classifier, images)?;
        Ok(rows
            .iter()
            .map(|row| ranked(row, self.temperature))
            .collect())
    }

    /// Reads one picture that is already decoded.
    ///
    /// # Errors
    ///
    /// When the classifier fails, or the weights know no threshold for the rule for review.
    pub fn read_picture(
        &self,
        picture: &Picture,
        source: &str,
        options: &ReadOptions,
    ) -> Result<PageReading, ReadError> {
        self.read_watched(picture, source, options, &mut Watcher::nobody())
    }

    /// The same, with every picture that the page goes through on its way: those that
    /// [`Recognizer::read_picture`] makes, no others. Each stage is as large as the page, so this
    /// takes several times its memory.
    ///
    /// # Errors
    ///
    /// As [`Recognizer::read_picture`].
    ///
    /// ```
    /// use lekka::{ReadOptions, Recognizer};
    /// use lekka_image::{DecodeLimits, decode};
    /// let pages = decode(b"P2 2 2 255  255 255 255 0", &DecodeLimits::default())?;
    /// let staged = Recognizer::embedded()?.stages(&pages[0], "dot.pgm", &ReadOptions::default())?;
    /// let names: Vec<&str> = staged.stages.iter().map(|stage| stage.name).collect();
    /// assert_eq!(names, ["grey", "ink", "digits", "glyphs"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stages(
        &self,
        picture: &Picture,
        source: &str,
        options: &ReadOptions,
    ) -> Result<Staged, ReadError> {
        let mut stages = Vec::new();
        let reading =
            self.read_watched(picture, source, options, &mut Watcher::new(&mut stages))?;
        Ok(Staged { stages, reading })
    }

    fn read_watched(
        &self,
        picture: &Picture,
        source: &str,
        options: &ReadOptions,
        watcher: &mut Watcher<'_>,
    ) -> Result<PageReading, ReadError> {
        let review_threshold = self.review_threshold(options.review);
        let review_threshold = review_threshold.map_err(|error| ReadError::Review {
            file: source.to_owned(),
            source: error,
        })?;
        let mut steps = options.steps;
        steps.page.polarity = options.polarity.or(steps.page.polarity);
        let reader = PageReader {
            classifier: &*self.classifier,
            temperature: self.temperature,
            numbers: &self.numbers,
        };
        let page = reader.read(picture, &steps, watcher).map_err(|error| {
            let (file, page) = (source.to_owned(), picture.page + 1);
            match error {
                PipelineError::Classifier(error) => ReadError::Classifier { file, page, error },
                PipelineError::Logits { expected, found } => ReadError::Logits {
                    file,
                    page,
                    expected,
                    found,
                },
            }
        })?;
        let judge = Judge {
            temperature: self.temperature,
            review_threshold,
        };
        Ok(assemble(
            picture,
            source,
            &page.layout,
            &page.separators,
            &page.logits,
            judge,
        ))
    }
}

/// Why there is no recogniser.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecognizerError {
    /// The weights cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The network cannot be run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The network is none for lines of digits.
    #[error(
        "the network tells {found} classes apart on pictures of its own kind, a reader of lines \
         needs ten digits and the blank on lines; give weights of `lekka train --preset numbers`"
    )]
    NoLines {
        /// Number of classes.
        found: usize,
    },
    /// The network tells other things apart than ten digits.
    #[error(
        "the network tells {found} classes apart, a recogniser of digits needs 10; \
         give weights that were trained on the ten digits"
    )]
    Classes {
        /// Number of classes.
        found: usize,
    },
}

/// Why a file gave no readings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes are no picture, or none that is let in.
    #[error("{file}: {source}")]
    Decode {
        /// Name of the file.
        file: String,
        /// Why.
        source: DecodeError,
    },
    /// The strokes cannot be drawn.
    #[error("{file}: {source}")]
    Strokes {
        /// Name of the drawing.
        file: String,
        /// Why.
        source: StrokesError,
    },
    /// The weights know no threshold for the rule for review.
    #[error("{file}: {source}")]
    Review {
        /// Name of the file.
        file: String,
        /// Why.
        source: ReviewError,
    },
    /// The classifier failed.
    #[error("{file}, page {page}: the classifier failed: {error}")]
    Classifier {
        /// Name of the file.
        file: String,
        /// Number of the page from 1.
        page: usize,
        /// What it said.
        error: ClassifierError,
    },
    /// The classifier broke its contract.
    #[error(
        "{file}, page {page}: the classifier gave {found} logits, ten per digit are {expected}; \
         repair the classifier"
    )]
    Logits {
        /// Name of the file.
        file: String,
        /// Number of the page from 1.
        page: usize,
        /// Ten per digit.
        expected: usize,
        /// Number that came.
        found: usize,
    },
}
