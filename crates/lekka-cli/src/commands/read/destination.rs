//! Where readings go: all into one file, or a document for each picture file.

use super::manifest::{Line, Manifest, Part};
use super::names::Names;
use crate::batch::{Already, Place};
use crate::failure::failure;
use crate::output::{Output, create_folder};
use anyhow::Result;
use lekka::{Exporter, PageReading};
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Takes readings in order.
pub(super) struct Destination {
    writer: Writer,
    manifest: Option<Manifest>,
}

enum Writer {
    /// All pages one behind the other.
    Rows {
        rows: Rows,
        exporter: Boxed,
    },
    Documents(Documents),
}

/// A file that all pages go into.
enum Rows {
    Once(Output),
    Growing(Part),
}

/// An exporter that may be called from any thread.
pub(super) type Boxed = Box<dyn Exporter + Send>;

/// Makes an exporter for a document.
pub(super) type Make = Box<dyn Fn() -> Boxed + Send>;

/// A document for each file.
struct Documents {
    to: To,
    make: Make,
    ending: &'static str,
    open: Option<Document>,
}

enum To {
    Folder { folder: PathBuf, names: Names },
    One(Option<PathBuf>),
}

struct Document {
    output: Output,
    exporter: Boxed,
    lines: Vec<Line>,
}

impl Destination {
    /// One file, or standard output. `exporter` is told whether it goes on behind what is already there.
    pub(super) fn rows(
        output: Option<&Path>,
        mut manifest: Option<Manifest>,
        exporter: impl FnOnce(bool) -> Boxed,
    ) -> Result<Self> {
        let mut rows = match &mut manifest {
            None => Rows::Once(Output::open(output)?),
            Some(manifest) => Rows::Growing(manifest.part(regular(output)?)?),
        };
        let begun = matches!(&rows, Rows::Growing(part) if !part.is_empty());
        let mut exporter = exporter(begun);
        if !begun {
            exporter
                .begin(&mut rows)
                .map_err(|error| rows.explain(error))?;
        }
        Ok(Self {
            writer: Writer::Rows { rows, exporter },
            manifest,
        })
    }

    /// A document for each of `files` picture files, in a folder when there are several.
    pub(super) fn documents(
        output: Option<&Path>,
        files: usize,
        ending: &'static str,
        mut manifest: Option<Manifest>,
        make: Make,
    ) -> Result<Self> {
        let is_folder =
            |path: &&Path| path.is_dir() || path.to_string_lossy().ends_with(['/', '\\']);
        let to = match output.filter(|path| path.as_os_str() != "-") {
            Some(path) if files != 1 || is_folder(&path) => {
                create_folder(path)?;
                let mut names = Names::default();
                // Those that are written already keep their names.
                let lines = manifest.iter().flat_map(|manifest| &manifest.lines);
                for line in lines.filter(|line| line.last) {
                    names.claim(&line.source, None, ending);
                }
                To::Folder {
                    folder: path.to_path_buf(),
                    names,
                }
            }
            None if files != 1 => {
                return Err(failure(
                    format!(
                        "this format is a document for each picture file, and there are {files}"
                    ),
                    "name a folder for them: -o FOLDER",
                ));
            }
            one => To::One(one.map(Path::to_path_buf)),
        };
        if let Some(manifest) = &mut manifest {
            regular(output)?;
            manifest.whole_documents()?;
        }
        Ok(Self {
            writer: Writer::Documents(Documents {
                to,
                make,
                ending,
                open: None,
            }),
            manifest,
        })
    }

    /// How far each file was read by an earlier run.
    pub(super) fn already(&self) -> HashMap<String, Already> {
        self.manifest
            .as_ref()
            .map(Manifest::already)
            .unwrap_or_default()
    }

    /// The pages that an earlier run read.
    pub(super) fn earlier(&self) -> &[Line] {
        self.manifest
            .as_ref()
            .map_or(&[], |manifest| &manifest.lines)
    }

    /// Writes a page; `failed` says that something went wrong with it.
    pub(super) fn page(
        &mut self,
        place: &Place,
        reading: &PageReading,
        failed: bool,
    ) -> Result<()> {
        match &mut self.writer {
            Writer::Rows { rows, exporter } => {
                exporter
                    .page(reading, rows)
                    .map_err(|error| rows.explain(error))?;
                if let (Some(manifest), Rows::Growing(part)) = (&mut self.manifest, rows) {
                    let line = Line::new(place, failed, Some(part));
                    manifest.pages(&[line], Some(part))?;
                }
                Ok(())
            }
            Writer::Documents(documents) => {
                let line = Line::new(place, failed, None);
                if let Some(lines) = documents.page(place, reading, line)?
                    && let Some(manifest) = &mut self.manifest
                {
                    manifest.pages(&lines, None)?;
                }
                Ok(())
            }
        }
    }

    /// All pages are there.
    pub(super) fn finish(self) -> Result<()> {
        let part = match self.writer {
            Writer::Documents(_) => None,
            Writer::Rows {
                mut rows,
                mut exporter,
            } => {
                exporter
                    .end(&mut rows)
                    .map_err(|error| rows.explain(error))?;
                match rows {
                    Rows::Once(output) => return output.finish(),
                    Rows::Growing(part) => Some(part),
                }
            }
        };
        self.manifest
            .map_or(Ok(()), |manifest| manifest.finish(part))
    }
}

impl Documents {
    /// Writes a page; when it was the last of its document, gives the lines for the manifest.
    fn page(
        &mut self,
        place: &Place,
        reading: &PageReading,
        line: Line,
    ) -> Result<Option<Vec<Line>>> {
        // Of a file that is no picture there is no document.
        let nothing = place.of == 1 && reading.width == 0 && !reading.errors.is_empty();
        if nothing {
            return Ok(Some(vec![line]));
        }
        let mut document = match self.open.take() {
            Some(document) => document,
            None => self.begin(place)?,
        };
        document
            .exporter
            .page(reading, &mut document.output)
            .map_err(|error| document.output.explain(error))?;
        document.lines.push(line);
        if place.number < place.of {
            self.open = Some(document);
            return Ok(None);
        }
        document
            .exporter
            .end(&mut document.output)
            .map_err(|error| document.output.explain(error))?;
        document.output.finish()?;
        Ok(Some(document.lines))
    }

    fn begin(&mut self, place: &Place) -> Result<Document> {
        let mut output = match &mut self.to {
            To::One(path) => Output::open(path.as_deref())?,
            To::Folder { folder, names } => {
                Output::file(&folder.join(names.claim(&place.source, None, self.ending)))?
            }
        };
        let mut exporter = (self.make)();
        exporter
            .begin(&mut output)
            .map_err(|error| output.explain(error))?;
        Ok(Document {
            output,
            exporter,
            lines: Vec::new(),
        })
    }
}

impl Rows {
    fn explain(&self, error: io::Error) -> anyhow::Error {
        match self {
            Self::Once(output) => output.explain(error),
            Self::Growing(part) => part.explain(error),
        }
    }
}

impl Write for Rows {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Once(output) => output.write(bytes),
            Self::Growing(part) => part.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Once(output) => output.flush(),
            Self::Growing(part) => part.flush(),
        }
    }
}

/// What a manifest can count on to be there next time.
fn regular(output: Option<&Path>) -> Result<&Path> {
    let device = |path: &Path| path.exists() && !path.is_file() && !path.is_dir();
    output
        .filter(|path| path.as_os_str() != "-" && !device(path))
        .ok_or_else(|| {
            failure(
                "--manifest needs a file for the readings, to go on with after an interruption",
                "name one with -o",
            )
        })
}
