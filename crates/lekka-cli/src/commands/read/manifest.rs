//! `--manifest`: a run that was interrupted goes on where it ended.
//!
//! The readings grow in `OUTPUT.part`, which gets its name when all is read. Behind each page the manifest gets a line
//! that says how long the part was then. Whatever a killed run wrote behind the last line is cut off when the next one
//! begins, so that each page stands in the result once.

use crate::batch::{Already, Place};
use crate::failure::{Hint, failure};
use crate::inputs::{Stamp, read_file};
use crate::output::explain;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How much of the work a power failure may cost; a killed process loses nothing that the manifest has.
const SYNC: Duration = Duration::from_secs(2);

/// The first line of a manifest.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// The version of the program.
    lekka: String,
    /// Where the readings go, as given.
    output: String,
    /// All options that change what is read and how it is written.
    settings: serde_json::Map<String, serde_json::Value>,
}

/// A page that was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) source: String,
    #[serde(flatten)]
    pub(super) stamp: Stamp,
    /// Number in the file, from 1.
    pub(super) page: usize,
    /// Whether the file has more than one page.
    pub(super) several: bool,
    /// Whether it was the last of those asked for.
    pub(super) last: bool,
    /// Whether something went wrong with it.
    pub(super) failed: bool,
    /// Bytes of the readings up to here.
    end: u64,
}

/// The manifest of a run, and what was read before it.
pub(super) struct Manifest {
    file: File,
    name: String,
    /// What an earlier run read.
    pub(super) lines: Vec<Line>,
    synced: Instant,
}

/// Readings that grow until all are there.
pub(super) struct Part {
    writer: BufWriter<File>,
    length: u64,
    /// Where it is until then.
    unfinished: PathBuf,
    path: PathBuf,
}

impl Manifest {
    /// Opens a manifest that is there, or begins one.
    pub(super) fn open(
        path: &Path,
        output: &Path,
        settings: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self> {
        if path == output {
            return Err(failure(
                "-o and --manifest name the same file",
                "give two names",
            ));
        }
        let (mut manifest, head) = Self::load(path)?;
        let name = manifest.name.clone();
        let output = output.display().to_string();
        match head {
            None => {
                let head = Head {
                    lekka: env!("CARGO_PKG_VERSION").to_owned(),
                    output,
                    settings,
                };
                let failed = |error| explain(&name, error);
                manifest.file.set_len(0).map_err(failed)?;
                manifest.append(&[head])?;
            }
            Some(head) => check(&head, &name, &output, &settings)?,
        }
        Ok(manifest)
    }

    /// The readings so far, to go on with.
    pub(super) fn part(&mut self, output: &Path) -> Result<Part> {
        let part = Part::open(output, &self.name, &mut self.lines)?;
        self.cut()?;
        Ok(part)
    }

    /// Forgets the pages of a document that was not finished.
    pub(super) fn whole_documents(&mut self) -> Result<()> {
        while self.lines.last().is_some_and(|line| !line.last) {
            self.lines.pop();
        }
        self.cut()
    }

    fn load(path: &Path) -> Result<(Self, Option<Head>)> {
        let name = path.display().to_string();
        let open = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = open
            .with_context(|| format!("cannot open the manifest {name}"))
            .hint("choose a file in a folder that you may write to")?;
        match file.try_lock() {
            Ok(()) => {}
            // Some file systems know no locks.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(explain(&name, error)),
            Err(TryLockError::WouldBlock) => {
                return Err(failure(
                    format!("another lekka is at work with the manifest {name}"),
                    "wait for it to end, or give another --manifest",
                ));
            }
        }
        let bytes = read_file(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let strange = |number: usize, error: serde_json::Error| {
            failure(
                format!("{name}, line {}: this is no manifest: {error}", number + 1),
                "give the manifest of an earlier `lekka read`, or the name of a new one",
            )
        };
        // What has no end was being written when the run was killed.
        let mut whole = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let head = match whole.next() {
            None if text.len() < 4096 && (text.is_empty() || text.starts_with('{')) => None,
            None => Some(serde_json::from_str(&text).map_err(|error| strange(0, error))?),
            Some(line) => Some(serde_json::from_str(line).map_err(|error| strange(0, error))?),
        };
        let lines = whole.enumerate();
        let lines = lines.map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| strange(index + 1, error))
        });
        let manifest = Self {
            lines: lines.collect::<Result<_>>()?,
            file,
            name,
            synced: Instant::now(),
        };
        Ok((manifest, head))
    }

    /// Cuts off what follows the lines that count: one that is not whole, or those about readings that a power failure
    /// took.
    fn cut(&mut self) -> Result<()> {
        let name = self.name.clone();
        let failed = |error| explain(&name, error);
        let mut keep = self.lines.len() + 1;
        let bytes = read_file(Path::new(&self.name))?;
        let end = bytes.iter().position(|&byte| {
            keep -= usize::from(byte == b'\n');
            keep == 0
        });
        let end = end.map_or(bytes.len(), |end| end + 1) as u64;
        self.file.set_len(end).map_err(failed)?;
        self.file.seek(SeekFrom::Start(end)).map_err(failed)?;
        Ok(())
    }

    fn append<L: Serialize>(&mut self, lines: &[L]) -> Result<()> {
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        self.file
            .write_all(&text)
            .map_err(|error| explain(&self.name, error))
    }

    /// How far each file was read.
    pub(super) fn already(&self) -> HashMap<String, Already> {
        let mut already = HashMap::new();
        for line in &self.lines {
            let entry = already.entry(line.source.clone()).or_insert(Already {
                pages: 0,
                whole: false,
                stamp: line.stamp,
            });
            entry.pages += 1;
            entry.whole |= line.last;
        }
        already
    }

    /// Writes down pages that are in the part, or of a document that is written.
    pub(super) fn pages(&mut self, lines: &[Line], mut part: Option<&mut Part>) -> Result<()> {
        if let Some(part) = &mut part {
            part.flush().map_err(|error| part.explain(error))?;
        }
        self.append(lines)?;
        if self.synced.elapsed() >= SYNC {
            self.sync(part)?;
        }
        Ok(())
    }

    /// Readings first: a line must not outlive them.
    fn sync(&mut self, part: Option<&mut Part>) -> Result<()> {
        if let Some(part) = part {
            let file = part.writer.get_ref();
            file.sync_data().map_err(|error| part.explain(error))?;
        }
        let synced = self.file.sync_data();
        synced.map_err(|error| explain(&self.name, error))?;
        self.synced = Instant::now();
        Ok(())
    }

    /// All is read: gives the readings their name.
    pub(super) fn finish(mut self, part: Option<Part>) -> Result<()> {
        let Some(mut part) = part else {
            return self.sync(None);
        };
        part.flush().map_err(|error| part.explain(error))?;
        self.sync(Some(&mut part))?;
        let Part {
            writer,
            unfinished,
            path,
            ..
        } = part;
        drop(writer);
        std::fs::rename(&unfinished, &path)
            .map_err(|error| explain(&path.display().to_string(), error))
    }
}

impl Line {
    /// The line of a page; `part` is where its reading was written to.
    pub(super) fn new(place: &Place, failed: bool, part: Option<&Part>) -> Self {
        Self {
            source: place.source.to_string(),
            stamp: place.stamp,
            page: place.page,
            several: place.several,
            last: place.number == place.of,
            failed,
            end: part.map_or(0, |part| part.length),
        }
    }
}

/// Refuses to mix readings of two kinds in one file.
fn check(
    head: &Head,
    name: &str,
    output: &str,
    settings: &serde_json::Map<String, serde_json::Value>,
) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let differs = if head.lekka != version {
        Some(format!("lekka {}, this is lekka {version}", head.lekka))
    } else if head.output != output {
        Some(format!("-o {}, now it is -o {output}", head.output))
    } else {
        let both = head.settings.keys().chain(settings.keys());
        let value = |settings: &serde_json::Map<String, serde_json::Value>, key: &str| {
            settings
                .get(key)
                .map_or_else(String::new, ToString::to_string)
        };
        both.map(|key| (key, value(&head.settings, key), value(settings, key)))
            .find(|(_, old, new)| old != new)
            .map(|(key, old, new)| format!("--{key} {old}, now it is {new}"))
    };
    differs.map_or(Ok(()), |differs| {
        Err(failure(
            format!("the manifest {name} was begun with {differs}"),
            "give the same options to go on, or another --manifest to start anew",
        ))
    })
}

impl Part {
    /// Opens the readings so far, or begins them; drops the lines of the manifest that are about more than is there.
    fn open(output: &Path, manifest: &str, lines: &mut Vec<Line>) -> Result<Self> {
        let mut part = output.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let name = part.display().to_string();
        let end = |lines: &[Line]| lines.last().map_or(0, |line| line.end);
        if !part.exists() && !lines.is_empty() {
            // All was read; now there is more to read.
            if output.metadata().is_ok_and(|data| data.len() == end(lines)) {
                std::fs::rename(output, &part).map_err(|error| explain(&name, error))?;
            } else {
                return Err(failure(
                    format!(
                        "the manifest {manifest} counts {} pages whose readings are neither in {name} nor in {}",
                        lines.len(),
                        output.display()
                    ),
                    "put the file back, or start anew with another --manifest",
                ));
            }
        }
        let open = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&part);
        let failed = |error| explain(&name, error);
        let mut file = open.map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        while end(lines) > length {
            lines.pop();
        }
        let length = end(lines);
        file.set_len(length).map_err(failed)?;
        file.seek(SeekFrom::Start(length)).map_err(failed)?;
        Ok(Self {
            writer: BufWriter::with_capacity(1 << 16, file),
            length,
            unfinished: part,
            path: output.to_path_buf(),
        })
    }

    /// Whether nothing is in it yet.
    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// What a failed write means.
    pub(super) fn explain(&self, error: io::Error) -> anyhow::Error {
        explain(&self.unfinished.display().to_string(), error)
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
