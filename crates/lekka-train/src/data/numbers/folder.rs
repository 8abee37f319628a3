//! Composed numbers as a folder: a PNG for each, and `numbers.jsonl` with what they say.

use super::Spacing;
use super::compose::ComposedNumber;
use super::separators::SeparatorMark;
use crate::data::error::{DataError, DataErrorKind};
use crate::data::file::write_beside_and_rename;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file with a line for each number.
const INDEX: &str = "numbers.jsonl";

/// What is known of the picture of a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberEntry {
    /// Name of the picture in the folder.
    pub file: String,
    /// The digits, in ASCII.
    pub text: String,
    /// The writer.
    pub writer: String,
    /// How near the digits stand.
    pub spacing: Spacing,
    /// The box around each digit's ink: left, top, width and height in pixels.
    pub boxes: Vec<[u32; 4]>,
    /// Separators: the index of the digit behind each, and which it is.
    #[serde(default)]
    pub separators: Vec<(usize, SeparatorMark)>,
}

impl NumberEntry {
    fn new(file: String, number: &ComposedNumber) -> Self {
        let margin = number.margin();
        let on_picture = |bounds: &lekka_image::Rect| {
            [
                bounds.x + margin,
                bounds.y + margin,
                bounds.width,
                bounds.height,
            ]
        };
        Self {
            file,
            text: number.text(),
            writer: number.writer.clone(),
            spacing: number.spacing,
            boxes: number.boxes.iter().map(on_picture).collect(),
            separators: number.separators.clone(),
        }
    }
}

/// Writes numbers as they come into a folder that is there; gives how many.
///
/// # Errors
/// When one cannot be composed or a file cannot be written.
pub fn write_numbers(
    folder: &Path,
    numbers: impl Iterator<Item = Result<ComposedNumber, DataError>>,
) -> Result<usize, DataError> {
    let refuse = |path: &Path, error: std::io::Error| {
        DataError::new(path.display().to_string(), error.into())
    };
    let (mut index, mut count) = (String::new(), 0);
    for number in numbers {
        let number = number?;
        let file = format!("{count:06}.png");
        let path = folder.join(&file);
        let mut bytes = std::io::Cursor::new(Vec::new());
        number
            .picture()
            .write_to(&mut bytes, image::ImageFormat::Png)
            .map_err(|error| refuse(&path, std::io::Error::other(error)))?;
        write_beside_and_rename(&path, bytes.get_ref()).map_err(|error| refuse(&path, error))?;
        let entry = serde_json::to_string(&NumberEntry::new(file, &number))
            .map_err(|error| refuse(&path, error.into()))?;
        index.push_str(&entry);
        index.push('\n');
        count += 1;
    }
    let path = folder.join(INDEX);
    write_beside_and_rename(&path, index.as_bytes()).map_err(|error| refuse(&path, error))?;
    Ok(count)
}

/// Reads the index of a folder of numbers.
///
/// # Errors
/// When it is not there, a line of it is damaged, or it names a file outside of the folder.
pub fn read_numbers(folder: &Path) -> Result<Vec<NumberEntry>, DataError> {
    let path = folder.join(INDEX);
    let file = path.display().to_string();
    let text =
        std::fs::read_to_string(&path).map_err(|error| DataError::new(&*file, error.into()))?;
    parse_numbers(&file, &text)
}

/// Reads the index of a folder of numbers from its text; `file` is its name for errors.
///
/// # Errors
/// When a line is damaged, or names a file outside of the folder.
pub fn parse_numbers(file: &str, text: &str) -> Result<Vec<NumberEntry>, DataError> {
    parse_index(text).map_err(|reason| DataError::new(file, DataErrorKind::Sheet(reason)))
}

fn parse_index(text: &str) -> Result<Vec<NumberEntry>, String> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let entry = |(number, line): (usize, &str)| {
        let entry: NumberEntry =
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        let name = Path::new(&entry.file);
        if name.file_name() != Some(name.as_os_str()) {
            return Err(format!(
                "line {}: {} is no name of a file in the folder",
                number + 1,
                entry.file
            ));
        }
        if !entry.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!(
                "line {}: the text {:?} is not of digits only",
                number + 1,
                entry.text
            ));
        }
        Ok(entry)
    };
    lines.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_lines_are_named() {
        let good = r#"{"file":"0.png","text":"12","writer":"a","spacing":"close","boxes":[]}"#;
        assert_eq!(parse_index(good).unwrap()[0].spacing, Spacing::Close);
        for (line, expected) in [
            ("{", "line 2"),
            (&good.replace("0.png", "../0.png"), "no name of a file"),
            (&good.replace("12", "1x"), "not of digits"),
        ] {
            let error = parse_index(&format!("{good}\n{line}")).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
