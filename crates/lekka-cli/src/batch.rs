//! Reading the pages of many files: the loop that `lekka read` and `lekka form` share.

use crate::failure::{Exit, failure, message_of};
use crate::inputs::{Input, Stamp};
use crate::ordered::in_order;
use crate::progress;
use crate::terminal::Console;
use anyhow::{Result, anyhow};
use indicatif::ProgressBar;
use lekka::{DecodeLimits, PageReading};
use lekka_form::FormReading;
use lekka_image::Picture;
use lekka_image::decode::Document;
use std::collections::HashMap;
use std::sync::Arc;

/// For each thread, how many results may wait for one of an earlier page.
const WINDOW: usize = 8;

/// What is to be read.
pub(crate) struct Batch {
    /// The files, and what could not be found.
    pub(crate) inputs: Vec<Result<Input>>,
    /// How much a file may ask for.
    pub(crate) limits: DecodeLimits,
    /// Which of their pages.
    pub(crate) pages: PageSelection,
    /// What was read by an earlier run, by the names of the files.
    pub(crate) already: HashMap<String, Already>,
}

/// How far a file was read by an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Already {
    /// How many of the pages asked for.
    pub(crate) pages: usize,
    /// Whether these are all.
    pub(crate) whole: bool,
    /// The file as it was.
    pub(crate) stamp: Stamp,
}

/// Which page it is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The name of the file, `-` for standard input.
    pub(crate) source: Arc<str>,
    /// Number of the page in its file, from 1.
    pub(crate) page: usize,
    /// Which of the pages asked for it is, from 1.
    pub(crate) number: usize,
    /// How many pages of the file are asked for.
    pub(crate) of: usize,
    /// Whether the file has more than one page.
    pub(crate) several: bool,
    /// The file as it is.
    pub(crate) stamp: Stamp,
}

/// What is read from a page.
pub(crate) trait Reading: Send {
    /// The entry for a page that could not be read.
    fn failed(place: &Place, message: String) -> Self;
    /// Why it could not be read.
    fn error(&self) -> Option<&str>;
}

impl Reading for PageReading {
    fn failed(place: &Place, message: String) -> Self {
        Self {
            page: place.page,
            ..Self::failed(&*place.source, message)
        }
    }

    fn error(&self) -> Option<&str> {
        self.errors.first().map(String::as_str)
    }
}

impl Reading for FormReading {
    fn failed(place: &Place, message: String) -> Self {
        Self::failed(&*place.source, place.page, message)
    }

    fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

/// Reads all pages, a page per thread at a time.
///
/// `prepare` is called for each page before it is read, in order; `read` reads it, on any thread; `take` gets what was
/// read, in order, and whether something went wrong. What goes wrong with a page or a file is told, makes the exit
/// [`Exit::Failed`] and does not stop the others; what goes wrong in `take` does.
pub(crate) fn read_all<R: Reading, P>(
    batch: Batch,
    console: &Console,
    prepare: impl FnMut(&Place) -> P + Send,
    read: impl Fn(&Picture, &Place, P) -> Result<R> + Sync,
    mut take: impl FnMut(&Place, R, bool) -> Result<()> + Send,
) -> Result<Exit> {
    let bar = progress::counter(console, batch.inputs.len() as u64, "pages");
    let mut queue = Queue {
        inputs: batch.inputs.into_iter(),
        limits: batch.limits,
        pages: batch.pages,
        already: batch.already,
        open: None,
        prepare,
        bar: bar.clone(),
    };
    let work = |task: Task<P>| match task {
        Task::Nowhere(error) => Outcome {
            page: None,
            error: Some(error),
        },
        Task::Unreadable(place, error) => {
            let reading = R::failed(&place, message_of(&error));
            Outcome {
                page: Some((place, reading)),
                error: Some(error),
            }
        }
        Task::Page(document, place, prepared) => {
            let (reading, error) = match document.page(place.page - 1) {
                Ok(picture) => match read(&picture, &place, prepared) {
                    Ok(reading) => {
                        let error = reading.error().map(|error| anyhow!(named(&place, error)));
                        (reading, error)
                    }
                    Err(error) => (R::failed(&place, message_of(&error)), Some(error)),
                },
                Err(error) => {
                    let named = named(&place, &error.to_string());
                    let message = if place.several {
                        error.to_string()
                    } else {
                        named.clone()
                    };
                    (R::failed(&place, message), Some(anyhow!(named)))
                }
            };
            Outcome {
                page: Some((place, reading)),
                error,
            }
        }
    };
    let mut exit = Exit::Success;
    let result = in_order(
        WINDOW * rayon::current_num_threads(),
        || queue.next(),
        work,
        |outcome| {
            let failed = outcome.error.is_some();
            if let Some(error) = outcome.error {
                exit = Exit::Failed;
                bar.suspend(|| console.error(&error));
            }
            if let Some((place, reading)) = outcome.page {
                take(&place, reading, failed)?;
            }
            bar.inc(1);
            Ok(())
        },
    );
    bar.finish_and_clear();
    result.map(|()| exit)
}

/// An error with the page it is about.
fn named(place: &Place, error: &str) -> String {
    if place.several {
        format!("{}, page {}: {error}", place.source, place.page)
    } else {
        format!("{}: {error}", place.source)
    }
}

struct Outcome<R> {
    page: Option<(Place, R)>,
    error: Option<anyhow::Error>,
}

enum Task<P> {
    /// An argument that leads to no file.
    Nowhere(anyhow::Error),
    /// A file that cannot be read at all.
    Unreadable(Place, anyhow::Error),
    Page(Arc<Document<'static>>, Place, P),
}

/// The pages still to be read.
struct Queue<F> {
    inputs: std::vec::IntoIter<Result<Input>>,
    limits: DecodeLimits,
    pages: PageSelection,
    already: HashMap<String, Already>,
    open: Option<OpenFile>,
    prepare: F,
    bar: ProgressBar,
}

/// The file whose pages are being read.
struct OpenFile {
    document: Arc<Document<'static>>,
    source: Arc<str>,
    stamp: Stamp,
    /// Numbers from 1.
    pages: Vec<usize>,
    next: usize,
}

impl<P, F: FnMut(&Place) -> P> Queue<F> {
    fn next(&mut self) -> Option<Task<P>> {
        loop {
            if let Some(open) = &mut self.open {
                if let Some(&page) = open.pages.get(open.next) {
                    open.next += 1;
                    let place = Place {
                        source: open.source.clone(),
                        page,
                        number: open.next,
                        of: open.pages.len(),
                        several: open.document.page_count() > 1,
                        stamp: open.stamp,
                    };
                    let prepared = (self.prepare)(&place);
                    return Some(Task::Page(open.document.clone(), place, prepared));
                }
                self.open = None;
            }
            match self.inputs.next()? {
                Err(error) => return Some(Task::Nowhere(error)),
                Ok(input) => {
                    if let Some(task) = self.open(&input) {
                        return Some(task);
                    }
                }
            }
        }
    }

    /// Opens a file, unless there is nothing to be done with it or it cannot be opened.
    fn open(&mut self, input: &Input) -> Option<Task<P>> {
        let source = input.name();
        let stamp = input.stamp();
        let already = self.already.get(&source).copied();
        if already.is_some_and(|already| already.stamp != stamp) {
            let message = format!("{source} is not the file any more that was read before");
            let hint = "put the old file back, or start anew with another --manifest";
            return Some(Task::Nowhere(failure(message, hint)));
        }
        if already.is_some_and(|already| already.whole) {
            self.bar.inc(1);
            return None;
        }
        let refused = |error| {
            let place = Place {
                source: source.as_str().into(),
                page: 1,
                number: 1,
                of: 1,
                several: false,
                stamp,
            };
            Some(Task::Unreadable(place, error))
        };
        let bytes = match input.read() {
            Ok(bytes) => bytes,
            Err(error) => return refused(error),
        };
        let document = match Document::open(bytes, &self.limits) {
            Ok(document) => document,
            Err(error) => return refused(anyhow!("{source}: {error}")),
        };
        let pages = self.pages.of(document.page_count());
        if pages.is_empty() {
            let (number, pages) = (document.page_count(), &self.pages);
            let plural = if number == 1 { "" } else { "s" };
            return refused(anyhow!(
                "{source}: none of the pages {pages} is there, the file has {number} page{plural}; \
                 ask for others"
            ));
        }
        let next = already.map_or(0, |already| already.pages);
        self.bar
            .inc_length((pages.len() - next.min(pages.len())).saturating_sub(1) as u64);
        self.open = Some(OpenFile {
            document: Arc::new(document),
            source: source.into(),
            stamp,
            pages,
            next,
        });
        None
    }
}

/// Numbers of pages: all, or some such as `2-5,9,12-`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PageSelection(Vec<(usize, usize)>);

impl PageSelection {
    /// Reads what stands after `--pages`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let usage = || "numbers and ranges from 1, such as 2-5,9,12-".to_owned();
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| usage());
        let mut ranges = Vec::new();
        for part in text.split(',') {
            let (first, last) = match part.split_once('-') {
                None => (number(part)?, number(part)?),
                Some((first, "")) => (number(first)?, usize::MAX),
                Some((first, last)) => (number(first)?, number(last)?),
            };
            if first == 0 || first > last {
                return Err(usage());
            }
            ranges.push((first, last));
        }
        Ok(Self(ranges))
    }

    /// The numbers among the pages of a file, in order, each once.
    fn of(&self, count: usize) -> Vec<usize> {
        let asked_for = |page: &usize| {
            let within = |&(first, last): &(usize, usize)| (first..=last).contains(page);
            self.0.is_empty() || self.0.iter().any(within)
        };
        (1..=count).filter(asked_for).collect()
    }
}

impl std::fmt::Display for PageSelection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, &(first, last)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match last {
                usize::MAX => write!(f, "{comma}{first}-")?,
                last if last == first => write!(f, "{comma}{first}")?,
                last => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_chosen_by_number() {
        let chosen = |text| PageSelection::parse(text).unwrap().of(12);
        assert_eq!(chosen("2-5,9"), [2, 3, 4, 5, 9]);
        assert_eq!(chosen("11-"), [11, 12]);
        assert_eq!(chosen("9,2,2-3"), [2, 3, 9], "in the order of the file");
        assert_eq!(chosen("13"), [0; 0]);
        assert_eq!(PageSelection::default().of(3), [1, 2, 3]);
        for wrong in [
            "",
            "0",
            "5-2",
            "-3",
            "a",
            "1,,2",
            "2-b",
            "99999999999999999999",
        ] {
            assert!(PageSelection::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            PageSelection::parse("2-5,9,12-").unwrap().to_string(),
            "2-5,9,12-"
        );
    }
}
