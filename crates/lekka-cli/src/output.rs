//! Where results go: standard output, or a file written beside its name and renamed.

use crate::failure::{Hint, failure};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A destination that is complete or not there at all.
pub(crate) struct Output {
    target: Target,
    name: String,
}

enum Target {
    Stdout(BufWriter<io::Stdout>),
    /// Not a regular file, such as a pipe or `/dev/null`: written directly.
    Device(BufWriter<File>),
    File {
        writer: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
}

impl Output {
    /// Opens the destination of `-o`: `-` or nothing is standard output.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        match path {
            None => Ok(Self::stdout()),
            Some(path) if path.as_os_str() == "-" => Ok(Self::stdout()),
            Some(path) => Self::file(path),
        }
    }

    /// Standard output.
    pub(crate) fn stdout() -> Self {
        let target = Target::Stdout(BufWriter::with_capacity(1 << 16, io::stdout()));
        Self {
            target,
            name: "standard output".to_owned(),
        }
    }

    /// A file, which appears under its name only when it is complete.
    pub(crate) fn file(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        if path.as_os_str().is_empty() {
            return Err(failure(
                "the name of the output file is empty",
                "give a name after -o",
            ));
        }
        if path.is_dir() {
            let hint = format!(
                "name a file in it, such as {}",
                path.join("out.txt").display()
            );
            return Err(failure(
                format!("cannot write {name}: it is a folder"),
                hint,
            ));
        }
        if path.exists() && !path.is_file() {
            let file = File::options().write(true).open(path);
            let file = file.with_context(|| format!("cannot write {name}"))?;
            return Ok(Self {
                target: Target::Device(BufWriter::new(file)),
                name,
            });
        }
        // Through a link the file behind it is replaced, not the link.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let folder = folder_of(&path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".lekka-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let temporary = match builder.tempfile_in(folder) {
            Ok(temporary) => temporary,
            Err(error) => return Err(cannot_write(&name, folder, error)),
        };
        let writer = BufWriter::with_capacity(1 << 16, temporary);
        Ok(Self {
            target: Target::File { writer, path },
            name,
        })
    }

    /// Writes out what is left and gives the file its name.
    pub(crate) fn finish(self) -> Result<()> {
        let name = &self.name;
        let result = match self.target {
            Target::Stdout(mut writer) => writer.flush(),
            Target::Device(mut writer) => writer.flush(),
            Target::File { writer, path } => writer
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| file.persist(&path).map(drop).map_err(|error| error.error)),
        };
        result.map_err(|error| explain(name, error))
    }

    /// What a failed write means, for errors from the `Write` implementation.
    pub(crate) fn explain(&self, error: io::Error) -> anyhow::Error {
        explain(&self.name, error)
    }

    /// Writes text.
    pub(crate) fn text(&mut self, text: &str) -> Result<()> {
        self.write_all(text.as_bytes())
            .map_err(|error| self.explain(error))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Stdout(writer) => writer.write(bytes),
            Target::Device(writer) => writer.write(bytes),
            Target::File { writer, .. } => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Stdout(writer) => writer.flush(),
            Target::Device(writer) => writer.flush(),
            Target::File { writer, .. } => writer.flush(),
        }
    }
}

/// Writes a whole file beside its name and renames it.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut output = Output::file(path)?;
    output
        .write_all(bytes)
        .map_err(|error| output.explain(error))?;
    output.finish()
}

/// Prints text and is done.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut output = Output::stdout();
    output.text(text)?;
    output.finish()
}

/// Makes a folder for results, with those above it.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)
        .with_context(|| format!("cannot make the folder {}", path.display()))
        .hint("choose a folder that you may write to, or free space on the disk")
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn cannot_write(name: &str, folder: &Path, error: io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::NotFound {
        let folder = folder.display();
        let message = format!("cannot write {name}: there is no folder {folder}");
        return failure(
            message,
            format!("make the folder {folder} first, or choose another"),
        );
    }
    explain(name, error)
}

/// What a failed write to a file of that name means.
pub(crate) fn explain(name: &str, error: io::Error) -> anyhow::Error {
    let hint = match error.kind() {
        io::ErrorKind::BrokenPipe => return error.into(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free space on the disk, or write to another one"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a folder that you may write to"
        }
        _ => "check the disk, or write to another place",
    };
    let result = Err::<(), _>(anyhow::Error::from(error).context(format!("cannot write {name}")));
    result.hint(hint).expect_err("made from an error")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        std::fs::write(&path, "old").unwrap();
        let mut output = Output::file(&path).unwrap();
        output.text("new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        output.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(Output::file(&path).unwrap());
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "given up without a trace"
        );
    }

    #[test]
    fn impossible_places_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no/such/out.txt");
        let error = Output::file(&missing).err().unwrap();
        assert!(error.to_string().contains("there is no folder"), "{error}");
        let error = Output::file(folder.path()).err().unwrap();
        assert!(error.to_string().contains("it is a folder"), "{error}");
    }
}
