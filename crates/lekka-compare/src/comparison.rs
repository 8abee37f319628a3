//! The protocol: who is trained on, chosen by and measured on.
//!
//! A fifth of the writers is held out and only measured on. Of the others' images as many as are
//! wanted are drawn, evenly from each writer. Where a method has settings to choose or votes to
//! weigh, a fifth of *these* writers serves for it. The official test is measured when it is given,
//! and nothing depends on it.

use crate::classifier::{Classifier, Fitted, Interrupt, Lesson, agreement};
use crate::error::CompareError;
use crate::features::FeatureKind;
use crate::svm::Kernel;
use crate::table::{Accuracy, Row, Table};
use crate::{dbn, knn, network, svm, voting};
use lekka_model::Model;
use lekka_nn::random::Random;
use lekka_train::data::{IMAGE_PIXELS, SplitSpec};
use lekka_train::{DataError, DataSet};
use std::str::FromStr;
use std::time::Instant;

/// Parts into which writers are divided; one of them is held out.
const FOLDS: usize = 5;
/// Images whose times are taken one by one.
const TIMED: usize = 200;

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// [`knn`]
    Knn,
    /// [`svm`] with a linear kernel.
    SvmLinear,
    /// [`svm`] with a polynomial kernel.
    SvmPolynomial,
    /// [`svm`] with a radial kernel.
    SvmRbf,
    /// [`dbn`]
    Dbn,
    /// [`voting`]
    Voting,
    /// [`network`]: the small preset, trained on the same images.
    Small,
    /// [`network`]: the weights that are given.
    Network,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 8] = [
        Self::Knn,
        Self::SvmLinear,
        Self::SvmPolynomial,
        Self::SvmRbf,
        Self::Dbn,
        Self::Voting,
        Self::Small,
        Self::Network,
    ];

    /// The name used in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Knn => "knn",
            Self::SvmLinear => "svm-linear",
            Self::SvmPolynomial => "svm-polynomial",
            Self::SvmRbf => "svm-rbf",
            Self::Dbn => "dbn",
            Self::Voting => "voting",
            Self::Small => "small",
            Self::Network => "network",
        }
    }

    /// The features it is tried with: those that are wanted, or its own.
    fn features(self, wanted: &[FeatureKind]) -> Vec<FeatureKind> {
        match self {
            Self::Knn | Self::SvmLinear | Self::SvmPolynomial | Self::SvmRbf => wanted.to_vec(),
            Self::Dbn => vec![FeatureKind::Dag],
            Self::Voting | Self::Small | Self::Network => vec![FeatureKind::Pixels],
        }
    }

    fn fit(self, kind: FeatureKind, lesson: &Lesson) -> Result<Fitted, CompareError> {
        match self {
            Self::Knn => knn::fit(kind, lesson),
            Self::SvmLinear => svm::fit(kind, Kernel::Linear, lesson),
            Self::SvmPolynomial => svm::fit(kind, Kernel::Polynomial, lesson),
            Self::SvmRbf => svm::fit(kind, Kernel::Rbf, lesson),
            Self::Dbn => dbn::fit(kind, lesson),
            Self::Voting => voting::fit(lesson),
            Self::Small => network::fit_small(lesson),
            Self::Network => Err(CompareError::Settings("the network is given".to_owned())),
        }
    }
}

impl FromStr for Method {
    type Err = CompareError;

    fn from_str(name: &str) -> Result<Self, CompareError> {
        let known = Self::ALL.into_iter().find(|method| method.name() == name);
        known.ok_or_else(|| {
            CompareError::Settings(format!(
                "there is no method '{name}'; there are {}",
                Self::ALL.map(Self::name).join(", ")
            ))
        })
    }
}

/// What is compared, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The methods, in the order of the table.
    pub methods: Vec<Method>,
    /// The features for those methods that take any.
    pub features: Vec<FeatureKind>,
    /// Images to train on.
    pub training_images: usize,
    /// Seed of everything random: the division of writers, the drawing, the methods.
    pub seed: u64,
}

/// Something happened.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A method begins.
    Started {
        /// Its place, counted from 0.
        index: usize,
        /// How many there are.
        count: usize,
        /// The method.
        method: Method,
        /// Its features.
        features: FeatureKind,
    },
    /// A method is measured or has failed: the last row of the table so far.
    Finished(&'a Table),
}

/// A comparison about to be made.
#[derive(Debug)]
pub struct Comparison {
    settings: Settings,
    lesson: Lesson,
    held_out: DataSet,
    test: Option<DataSet>,
    network: Option<Model>,
}

impl Comparison {
    /// Divides the images; `network` is measured by [`Method::Network`], and `test` by every method
    /// when it is given.
    ///
    /// # Errors
    /// When the images have no labels or writers, or the writers are too few to be divided.
    pub fn new(
        settings: Settings,
        images: &DataSet,
        test: Option<DataSet>,
        network: Option<Model>,
    ) -> Result<Self, CompareError> {
        if settings.training_images == 0 {
            let text = "training-images is 0, it must be at least 1".to_owned();
            return Err(CompareError::Settings(text));
        }
        images.require_labels()?;
        if let Some(test) = &test {
            test.require_labels()?;
        }
        let (others, held_out) = divide(images, settings.seed)?;
        let all = draw_evenly(&others, settings.training_images, settings.seed)?;
        let (inner, choosing) = divide(&all, settings.seed)?;
        let lesson = Lesson {
            all,
            inner,
            choosing,
            seed: settings.seed,
            interrupt: Interrupt::default(),
        };
        Ok(Self {
            settings,
            lesson,
            held_out,
            test,
            network,
        })
    }

    /// A wish to stop that the comparison listens to.
    #[must_use]
    pub fn interrupt(mut self, interrupt: Interrupt) -> Self {
        self.lesson.interrupt = interrupt;
        self
    }

    /// Trains and measures one method after the other. A method that fails is a row with its
    /// reason; after a wish to stop the table has the rows so far.
    pub fn run(&self, mut on_event: impl FnMut(Event)) -> Table {
        let pairs: Vec<(Method, FeatureKind)> = self
            .settings
            .methods
            .iter()
            .flat_map(|&method| {
                let features = method.features(&self.settings.features);
                features.into_iter().map(move |kind| (method, kind))
            })
            .collect();
        let mut table = Table {
            seed: self.settings.seed,
            training_images: self.lesson.all.len(),
            held_out_images: self.held_out.len(),
            held_out_writers: writers_of(&self.held_out),
            test_images: self.test.as_ref().map(DataSet::len),
            interrupted: false,
            rows: Vec::new(),
        };
        for (index, &(method, features)) in pairs.iter().enumerate() {
            on_event(Event::Started {
                index,
                count: pairs.len(),
                method,
                features,
            });
            let mut row = Row::new(method.name(), features);
            match self.measure(method, features, &mut row) {
                Ok(()) => (),
                Err(CompareError::Interrupted) => {
                    table.interrupted = true;
                    break;
                }
                Err(error) => row.failure = Some(error.to_string()),
            }
            table.rows.push(row);
            on_event(Event::Finished(&table));
        }
        table
    }

    fn measure(
        &self,
        method: Method,
        kind: FeatureKind,
        row: &mut Row,
    ) -> Result<(), CompareError> {
        self.lesson.interrupt.check()?;
        if method == Method::Network {
            return self.measure_given(row);
        }
        let fitted = method.fit(kind, &self.lesson)?;
        row.settings = Some(fitted.settings);
        row.training_images = Some(fitted.training_images);
        row.choosing_seconds = Some(fitted.choosing_seconds);
        row.training_seconds = Some(fitted.training_seconds);
        row.held_out = Some(self.accuracy(&*fitted.classifier, &self.held_out)?);
        self.measure_rest(&*fitted.classifier, row)
    }

    fn measure_given(&self, row: &mut Row) -> Result<(), CompareError> {
        let Some(model) = &self.network else {
            let text = "no network is given to be measured".to_owned();
            return Err(CompareError::Settings(text));
        };
        let classifier = network::given(model)?;
        row.settings = Some(format!("weights {}", model.metadata.name));
        // It may have been trained on the writers that are held out here, so that only what its own
        // run, or the folds of its recipe, held out says anything.
        let figures = model.metadata.figures.iter();
        let mut own = figures.filter(|figure| {
            let held_out = ["held-out writers", "out of fold"];
            held_out.contains(&figure.set.as_str()) || figure.set.starts_with("validation")
        });
        row.held_out = own.next_back().map(|figure| Accuracy {
            accuracy: figure.accuracy,
            images: figure.images as usize,
        });
        row.note = Some(match row.held_out {
            Some(_) => "held out: by its own run, as its file says".to_owned(),
            None => "held out: its file says nothing of it".to_owned(),
        });
        self.measure_rest(&classifier, row)
    }

    fn measure_rest(&self, classifier: &dyn Classifier, row: &mut Row) -> Result<(), CompareError> {
        row.model_bytes = Some(classifier.bytes());
        row.milliseconds_per_image = Some(self.milliseconds(classifier)?);
        if let Some(test) = &self.test {
            row.test = Some(self.accuracy(classifier, test)?);
        }
        Ok(())
    }

    fn accuracy(
        &self,
        classifier: &dyn Classifier,
        set: &DataSet,
    ) -> Result<Accuracy, CompareError> {
        /// Images between two looks at whether to stop.
        const PART: usize = 512;
        let mut digits = Vec::with_capacity(set.len());
        for part in set.images().chunks(PART * IMAGE_PIXELS) {
            self.lesson.interrupt.check()?;
            digits.extend(classifier.classify(part)?);
        }
        Ok(Accuracy {
            accuracy: agreement(&digits, set.require_labels()?),
            images: set.len(),
        })
    }

    /// Median time of one image on one thread, from pixels to digit.
    fn milliseconds(&self, classifier: &dyn Classifier) -> Result<f64, CompareError> {
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let one = one.map_err(|error| CompareError::Settings(format!("no thread: {error}")))?;
        let images = self.held_out.images().chunks_exact(IMAGE_PIXELS);
        // Images in order are of one writer and one digit after the other: take them from everywhere.
        let step = (self.held_out.len() / TIMED).max(1);
        let times = one.install(|| {
            let mut times = Vec::with_capacity(TIMED);
            for image in images.step_by(step) {
                let began = Instant::now();
                classifier.classify(image)?;
                times.push(1e3 * began.elapsed().as_secs_f64());
            }
            Ok::<_, CompareError>(times)
        });
        let mut times = times?;
        times.sort_by(f64::total_cmp);
        Ok(times.get(times.len() / 2).copied().unwrap_or(0.0))
    }
}

/// The images of most writers, and those of the first of five parts of the writers.
fn divide(set: &DataSet, seed: u64) -> Result<(DataSet, DataSet), CompareError> {
    let writers = set.writers().map_or(FOLDS, |writers| writers.names().len());
    let folds = writers.clamp(2, FOLDS);
    let sides = SplitSpec::Fold { folds, fold: 0 }.apply(set, seed)?;
    let Some(held_out) = sides.validation else {
        let text = format!("{}: no writer can be held out", set.name());
        return Err(CompareError::Settings(text));
    };
    Ok((sides.training, held_out))
}

/// As many images of each writer, drawn at random; the first writers give one more when it does not
/// come out even. All when fewer are there than wanted.
fn draw_evenly(set: &DataSet, wanted: usize, seed: u64) -> Result<DataSet, DataError> {
    let Some(writers) = set.writers().filter(|_| wanted < set.len()) else {
        return Ok(set.clone());
    };
    let mut of_writer = vec![Vec::new(); writers.names().len()];
    for index in 0..set.len() {
        of_writer[writers.number_of(index)].push(index);
    }
    for (number, indices) in of_writer.iter_mut().enumerate() {
        Random::stream(seed, "images to compare on", &[number as u64]).shuffle(indices);
    }
    let mut drawn = Vec::with_capacity(wanted);
    let most = of_writer.iter().map(Vec::len).max().unwrap_or(0);
    let rounds = (0..most).flat_map(|round| of_writer.iter().filter_map(move |own| own.get(round)));
    drawn.extend(rounds.take(wanted));
    drawn.sort_unstable();
    set.subset(set.name(), &drawn)
}

fn writers_of(set: &DataSet) -> Vec<String> {
    set.writers()
        .map(|writers| writers.counts().into_iter().map(|(name, _)| name).collect())
        .unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use lekka_train::data::Writers;
    use std::sync::atomic::Ordering;

    /// Images of bars: the digit tells the height of the bar, the writer where it begins.
    fn bars(count: usize, writers: usize) -> DataSet {
        let mut images = Vec::with_capacity(count * IMAGE_PIXELS);
        for index in 0..count {
            let (digit, left) = (index % 10, index * 7 / 10 % 8);
            images.extend((0..IMAGE_PIXELS).map(|pixel| {
                let (row, column) = (pixel / 28, pixel % 28);
                let lit = row / 2 == digit + 2 && (left..left + 14).contains(&column);
                if lit { 255 } else { 0 }
            }));
        }
        let labels = (0..count).map(|index| (index % 10) as u8).collect();
        let set = DataSet::new("bars", images, Some(labels)).unwrap();
        set.with_writers(Writers::in_runs_of(count / writers, count))
            .unwrap()
    }

    /// What the methods' own tests learn from.
    pub(crate) fn lesson() -> Lesson {
        let settings = Settings {
            methods: vec![],
            features: vec![],
            training_images: 1_000,
            seed: 1,
        };
        let comparison = Comparison::new(settings, &bars(800, 8), None, None);
        comparison.unwrap().lesson
    }

    /// Images that are not among them, with labels.
    pub(crate) fn unseen() -> (DataSet, Vec<u8>) {
        let set = bars(40, 4);
        let labels = set.labels().unwrap().to_vec();
        (set, labels)
    }

    fn comparison(methods: Vec<Method>) -> Comparison {
        let settings = Settings {
            methods,
            features: vec![FeatureKind::Dag],
            training_images: 100,
            seed: 1,
        };
        Comparison::new(settings, &bars(400, 8), Some(bars(20, 2)), None).unwrap()
    }

    #[test]
    fn no_writer_is_on_two_sides() {
        let made = comparison(vec![]);
        let sides = [&made.lesson.inner, &made.lesson.choosing, &made.held_out];
        let names: Vec<Vec<String>> = sides.map(writers_of).to_vec();
        assert_eq!(names.concat().len(), 8);
        for (index, writers) in names.iter().enumerate() {
            assert!(!writers.is_empty());
            for other in &names[index + 1..] {
                assert!(writers.iter().all(|name| !other.contains(name)));
            }
        }
        assert_eq!(made.lesson.all.len(), 100);
        let all = made.lesson.all.writers().unwrap().counts();
        let counts: Vec<usize> = all.into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [17, 17, 17, 17, 16, 16]);
    }

    #[test]
    fn a_method_that_fails_is_a_row_with_its_reason() {
        let mut finished = Vec::new();
        let table = comparison(vec![Method::Network, Method::Knn]).run(|event| {
            if let Event::Finished(table) = event {
                finished.push(table.rows.len());
            }
        });
        assert_eq!(finished, [1, 2]);
        let failure = table.rows[0].failure.as_deref();
        assert_eq!(failure, Some("no network is given to be measured"));
        let row = &table.rows[1];
        assert_eq!(
            (row.failure.as_ref(), row.training_images),
            (None, Some(100))
        );
        assert_eq!(row.held_out.unwrap().images, 100);
        assert!(row.test.unwrap().accuracy > 0.9);
        assert!(row.milliseconds_per_image.unwrap() > 0.0);
    }

    #[test]
    fn interruption_keeps_the_rows_so_far() {
        let interrupt = Interrupt::default();
        let flag = interrupt.0.clone();
        let comparison = comparison(vec![Method::Knn, Method::Dbn, Method::Voting]);
        let table = comparison.interrupt(interrupt).run(|event| {
            if let Event::Finished(_) = event {
                flag.store(true, Ordering::Relaxed);
            }
        });
        assert!(table.interrupted);
        assert_eq!(table.rows.len(), 1);
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        let settings = |training_images| Settings {
            methods: vec![],
            features: vec![],
            training_images,
            seed: 1,
        };
        let unknown = DataSet::new("anonymous", vec![0; 784], Some(vec![1])).unwrap();
        let cases = [
            (unknown, 1, "anonymous: writers are not known"),
            (bars(20, 1), 10, "fold 0 of 2 cannot be made of 1 writers"),
            (bars(20, 2), 10, "fold 0 of 2 cannot be made of 1 writers"),
            (bars(80, 8), 0, "training-images is 0"),
        ];
        for (set, images, expected) in cases {
            let made = Comparison::new(settings(images), &set, None, None);
            let message = made.unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for method in Method::ALL {
            assert_eq!(method.name().parse::<Method>().unwrap(), method);
        }
        let message = "boosting".parse::<Method>().unwrap_err().to_string();
        assert!(message.starts_with("there is no method 'boosting'; there are knn"));
    }
}
