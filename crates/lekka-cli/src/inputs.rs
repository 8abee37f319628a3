//! From arguments to pictures: files, folders, patterns, standard input.

use crate::failure::{Hint, failure};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Endings of files that are taken for pictures in a folder, in lower case.
const PICTURE_ENDINGS: [&str; 16] = [
    "png", "jpg", "jpeg", "jpe", "jfif", "tif", "tiff", "bmp", "dib", "gif", "webp", "pnm", "pbm",
    "pgm", "ppm", "pdf",
];

/// Bytes after which standard input is no picture any more.
const STDIN_LIMIT: u64 = 1 << 30;

/// The size of a file and when it was changed last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Its size.
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: u64,
}

/// One picture to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// The bytes on standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// The one input that an argument names.
    pub(crate) fn of(argument: &Path) -> Result<Self> {
        let mut inputs = expand(&[argument.to_path_buf()], false);
        match (inputs.pop(), inputs.is_empty()) {
            (Some(input), true) => input,
            _ => Err(failure(
                format!("{} is more than one picture", argument.display()),
                "give one picture",
            )),
        }
    }

    /// The name under which results stand: the path as given, `-` for standard input.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// What tells whether a file is still the one that it was; of standard input nothing does.
    pub(crate) fn stamp(&self) -> Stamp {
        let Self::File(path) = self else {
            return Stamp::default();
        };
        let Ok(data) = path.metadata() else {
            return Stamp::default();
        };
        let modified = data.modified().ok();
        let modified = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        Stamp {
            bytes: data.len(),
            modified: modified.map_or(0, |time| time.as_nanos() as u64),
        }
    }

    /// The bytes.
    pub(crate) fn read(&self) -> Result<Vec<u8>> {
        match self {
            Self::Stdin => {
                let mut bytes = Vec::new();
                std::io::stdin()
                    .lock()
                    .take(STDIN_LIMIT)
                    .read_to_end(&mut bytes)
                    .context("cannot read standard input")?;
                Ok(bytes)
            }
            Self::File(path) => read_file(path),
        }
    }
}

/// Reads a file; an error names it.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>> {
    use std::io::ErrorKind;
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) => {
            let hint = match error.kind() {
                ErrorKind::NotFound => "check the name and the folder",
                ErrorKind::PermissionDenied => "give yourself the right to read the file",
                ErrorKind::IsADirectory => "name a file in it",
                _ => "check the file and the disk that it is on",
            };
            Err(error)
                .with_context(|| format!("cannot read {}", path.display()))
                .hint(hint)
        }
    }
}

/// Expands arguments into pictures, in the order given; those of a folder or pattern sorted by
/// name. Arguments that lead nowhere are errors in their place; the others are still read.
pub(crate) fn expand(arguments: &[PathBuf], recursive: bool) -> Vec<Result<Input>> {
    let mut inputs = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            inputs.push(Ok(Input::Stdin));
        } else if argument.is_dir() {
            add_folder(argument, recursive, &mut inputs);
        } else if argument.exists() {
            inputs.push(Ok(Input::File(argument.clone())));
        } else {
            add_pattern(argument, recursive, &mut inputs);
        }
    }
    inputs
}

fn add_folder(folder: &Path, recursive: bool, inputs: &mut Vec<Result<Input>>) {
    let mut pictures = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    let mut below = false;
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                let error = Err(error)
                    .with_context(|| format!("cannot list the folder {}", folder.display()))
                    .hint("give yourself the right to read the folder");
                inputs.push(error);
                continue;
            }
        };
        for path in entries.filter_map(|entry| entry.ok().map(|e| e.path())) {
            // A linked folder may lead back to one that was already listed.
            let link = path.symlink_metadata().is_ok_and(|data| data.is_symlink());
            if path.is_dir() {
                below = true;
                if recursive && !link {
                    folders.push(path);
                }
            } else if is_picture(&path) {
                pictures.push(path);
            }
        }
    }
    if pictures.is_empty() {
        let mut hint = format!("pictures end in {}", PICTURE_ENDINGS.join(", "));
        if below && !recursive {
            hint.push_str("; --recursive looks in the folders below too");
        }
        let message = format!("there are no pictures in the folder {}", folder.display());
        inputs.push(Err(failure(message, hint)));
    }
    pictures.sort();
    inputs.extend(pictures.into_iter().map(|path| Ok(Input::File(path))));
}

/// Shells on Windows hand `*.png` over as it is.
fn add_pattern(argument: &Path, recursive: bool, inputs: &mut Vec<Result<Input>>) {
    let text = argument.to_string_lossy();
    let missing = || {
        let message = format!("cannot read {text}: there is no such file or folder");
        Err(failure(message, "check the name and the folder"))
    };
    if !text.contains(['*', '?', '[']) {
        inputs.push(missing());
        return;
    }
    let Ok(paths) = glob::glob(&text) else {
        inputs.push(missing());
        return;
    };
    let mut any = false;
    for path in paths.filter_map(Result::ok) {
        any = true;
        if path.is_dir() {
            if recursive {
                add_folder(&path, recursive, inputs);
            }
        } else {
            inputs.push(Ok(Input::File(path)));
        }
    }
    if !any {
        let message = format!("no file fits the pattern {text}");
        inputs.push(Err(failure(message, "check the pattern and the folder")));
    }
}

fn is_picture(path: &Path) -> bool {
    // What begins with a dot is hidden: half-written files and macOS's `._` companions.
    let hidden = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    !hidden && ending.is_some_and(|e| PICTURE_ENDINGS.contains(&e.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::hint_of;

    #[test]
    fn folders_patterns_and_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["b.PNG", "a.jpg", "notes.txt", ".hidden.png"] {
            std::fs::write(at(name), "").unwrap();
        }
        std::fs::create_dir(at("below")).unwrap();
        std::fs::write(at("below/c.tif"), "").unwrap();
        let names = |argument: PathBuf, recursive| -> Vec<String> {
            expand(&[argument], recursive)
                .into_iter()
                .map(|input| match input {
                    Ok(Input::File(path)) => path
                        .strip_prefix(folder.path())
                        .unwrap()
                        .display()
                        .to_string(),
                    Ok(Input::Stdin) => "-".to_owned(),
                    Err(error) => format!("error: {}", hint_of(&error).unwrap_or_default()),
                })
                .collect()
        };
        assert_eq!(names(folder.path().into(), false), ["a.jpg", "b.PNG"]);
        assert_eq!(names(folder.path().into(), true).len(), 3);
        assert_eq!(names(at("*.jpg"), false), ["a.jpg"]);
        assert_eq!(names(at("notes.txt"), false), ["notes.txt"]);
        assert_eq!(names("-".into(), false), ["-"]);
        assert_eq!(
            names(at("x*.jpg"), false),
            ["error: check the pattern and the folder"]
        );
        assert_eq!(
            names(at("gone.png"), false),
            ["error: check the name and the folder"]
        );
        std::fs::create_dir_all(at("empty/below")).unwrap();
        assert!(names(at("empty"), false)[0].contains("--recursive"));
    }
}
