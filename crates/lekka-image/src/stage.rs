//! Looking on while a picture is prepared.

use image::GrayImage;

/// A picture as it is after one of the steps of its preparation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The name of the step, a word in lower case that does not change between versions.
    pub name: &'static str,
    /// What was done and why, for people.
    pub note: String,
    /// The picture after it; `None` when the step left it as it was.
    pub image: Option<GrayImage>,
}

/// Somebody who looks at the steps of a picture, or nobody: then no copies are made for it.
///
/// ```
/// use lekka_image::{Stage, Watcher, grid};
/// let mut seen = Vec::new();
/// Watcher::new(&mut seen).see("grey", || ("as it came".to_owned(), Some(grid(&["#."]))));
/// assert_eq!((seen[0].name, seen[0].note.as_str()), ("grey", "as it came"));
/// Watcher::nobody().see("grey", || unreachable!("nobody looks"));
/// ```
pub struct Watcher<'a> {
    stages: Option<&'a mut Vec<Stage>>,
}

impl<'a> Watcher<'a> {
    /// Keeps the stages in a list.
    pub fn new(stages: &'a mut Vec<Stage>) -> Self {
        Self {
            stages: Some(stages),
        }
    }

    /// Keeps nothing.
    pub const fn nobody() -> Self {
        Self { stages: None }
    }

    /// Whether anybody looks.
    pub const fn is_watching(&self) -> bool {
        self.stages.is_some()
    }

    /// Shows a stage; note and picture are made only when somebody looks.
    pub fn see(&mut self, name: &'static str, make: impl FnOnce() -> (String, Option<GrayImage>)) {
        if let Some(stages) = &mut self.stages {
            let (note, image) = make();
            stages.push(Stage { name, note, image });
        }
    }

    /// Forgets the stages after the first `count`: what was tried and given up.
    pub fn back_to(&mut self, count: usize) {
        if let Some(stages) = &mut self.stages {
            stages.truncate(count);
        }
    }

    /// Shows stages that were kept aside until it was clear that they count.
    pub fn extend(&mut self, more: Vec<Stage>) {
        if let Some(stages) = &mut self.stages {
            stages.extend(more);
        }
    }

    /// The number of stages kept so far.
    pub fn count(&self) -> usize {
        self.stages.as_ref().map_or(0, |stages| stages.len())
    }
}
