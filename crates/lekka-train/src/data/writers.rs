//! Who wrote which image: `writers.csv`, a table of runs of images by one writer.

use super::error::{DataError, DataErrorKind};
use std::collections::HashMap;

/// The writer of each image of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writers {
    names: Vec<String>,
    of: Vec<u16>,
}

/// One line of `writers.csv`: images `first..first + count` of `split` are by `writer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterRun {
    /// `train` or `test`.
    pub split: String,
    /// Index of the first image.
    pub first: usize,
    /// Number of images.
    pub count: usize,
    /// The writer's page, as written in the table.
    pub writer: String,
}

impl Writers {
    /// Writers from the name of each image's writer.
    ///
    /// # Errors
    /// When there are more than 65,536 different names.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, DataErrorKind> {
        let mut indices: HashMap<&str, u16> = HashMap::new();
        let mut known = Vec::new();
        let mut of = Vec::new();
        for name in names {
            let index = if let Some(&index) = indices.get(name) {
                index
            } else {
                let index = u16::try_from(known.len()).map_err(|_| {
                    DataErrorKind::Writers("more than 65,536 different writers".to_owned())
                })?;
                indices.insert(name, index);
                known.push(name.to_owned());
                index
            };
            of.push(index);
        }
        Ok(Self { names: known, of })
    }

    /// Writers named `run_00`, `run_01`, ... of `run` images each: the official sets are in page
    /// order with 1,280 images a page, so this tells writers apart even without their table.
    ///
    /// # Panics
    /// When `run` is 0 or so small that there are more than 65,536 runs.
    pub fn in_runs_of(run: usize, images: usize) -> Self {
        let of: Vec<u16> = (0..images)
            .map(|index| u16::try_from(index / run).expect("at most 65,536 runs"))
            .collect();
        let names = (0..images.div_ceil(run))
            .map(|index| format!("run_{index:02}"))
            .collect();
        Self { names, of }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The names, in order of appearance.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Name of the writer of one image.
    ///
    /// # Panics
    /// When `index` is not below [`Writers::len`].
    pub fn name_of(&self, index: usize) -> &str {
        &self.names[self.of[index] as usize]
    }

    /// Position among [`Writers::names`] of the writer of one image.
    ///
    /// # Panics
    /// When `index` is not below [`Writers::len`].
    pub fn number_of(&self, index: usize) -> usize {
        self.of[index] as usize
    }

    /// Images of each writer, in order of appearance.
    pub fn counts(&self) -> Vec<(String, usize)> {
        let mut counts = vec![0; self.names.len()];
        for &writer in &self.of {
            counts[writer as usize] += 1;
        }
        self.names.iter().cloned().zip(counts).collect()
    }

    /// The writers of these images; writers without an image are left out.
    ///
    /// # Panics
    /// When an index is not below [`Writers::len`].
    #[must_use]
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self::from_names(indices.iter().map(|&index| self.name_of(index)))
            .expect("no more names than before")
    }

    /// These writers followed by others; equal names are the same writer.
    ///
    /// # Panics
    /// When both together are more than 65,536 different writers.
    #[must_use]
    pub fn followed_by(&self, other: &Self) -> Self {
        let names = |writers: &'_ Self| -> Vec<String> {
            (0..writers.len())
                .map(|index| writers.name_of(index).to_owned())
                .collect()
        };
        let all = [names(self), names(other)].concat();
        Self::from_names(all.iter().map(String::as_str)).expect("at most 65,536 writers")
    }

    /// Reads `writers.csv` (header `split,first_index,count,writer_page`).
    ///
    /// # Errors
    /// When a column is missing or a field is not a number, with the line.
    pub fn parse_table(file: &str, text: &[u8]) -> Result<Vec<WriterRun>, DataError> {
        let refuse = |kind| DataError::new(file, kind);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text);
        let header = reader
            .headers()
            .map_err(|e| refuse(DataErrorKind::Csv(e.to_string())))?
            .clone();
        let mut columns = [0; 4];
        for (column, name) in
            columns
                .iter_mut()
                .zip(["split", "first_index", "count", "writer_page"])
        {
            *column = header
                .iter()
                .position(|field| field == name)
                .ok_or_else(|| {
                    let text = format!(
                        "column '{name}' is missing; the header must be \
                     split,first_index,count,writer_page"
                    );
                    refuse(DataErrorKind::Writers(text))
                })?;
        }
        let mut runs = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| refuse(DataErrorKind::Csv(e.to_string())))?;
            let line = record.position().map_or(0, csv::Position::line);
            let number = |column: usize| {
                record[column]
                    .parse::<u32>()
                    .map(|value| value as usize)
                    .map_err(|_| {
                        refuse(DataErrorKind::Field {
                            line,
                            column: header[column].to_owned(),
                            value: super::csv_format::shorten(&record[column]),
                            maximum: u32::MAX as u64,
                        })
                    })
            };
            runs.push(WriterRun {
                split: record[columns[0]].to_owned(),
                first: number(columns[1])?,
                count: number(columns[2])?,
                writer: record[columns[3]].to_owned(),
            });
        }
        Ok(runs)
    }

    /// These writers as `writers.csv`, their images being those of one split.
    pub fn to_table(&self, split: &str) -> String {
        use std::fmt::Write;
        let mut text = String::from("split,first_index,count,writer_page\n");
        let mut first = 0;
        for run in self.of.chunk_by(|a, b| a == b) {
            let name = &self.names[run[0] as usize];
            let name = if name.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", name.replace('"', "\"\""))
            } else {
                name.clone()
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{split},{first},{},{name}", run.len());
            first += run.len();
        }
        text
    }

    /// The writers of the `images` images of one split, from the table's runs.
    ///
    /// # Errors
    /// When the runs of the split are not gapless, in order, and of that many images together.
    pub fn from_runs(
        file: &str,
        runs: &[WriterRun],
        split: &str,
        images: usize,
    ) -> Result<Self, DataError> {
        let refuse = |text| Err(DataError::new(file, DataErrorKind::Writers(text)));
        let mut next = 0;
        let mut names = Vec::new();
        for run in runs.iter().filter(|run| run.split == split) {
            if run.first != next {
                return refuse(format!(
                    "the run of writer {} begins at {} of '{split}', expected {next}",
                    run.writer, run.first
                ));
            }
            next += run.count;
            if next > images {
                break;
            }
            names.extend(std::iter::repeat_n(run.writer.as_str(), run.count));
        }
        if next != images {
            return refuse(format!(
                "covers {next} images of '{split}', but there are {images}"
            ));
        }
        Self::from_names(names).map_err(|kind| DataError::new(file, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "split,first_index,count,writer_page\ntrain,0,2,07\ntest,0,1,03\n\
                         train,2,1,05\n";

    #[test]
    fn table_gives_the_writer_of_each_image() {
        let runs = Writers::parse_table("w", TABLE.as_bytes()).unwrap();
        let writers = Writers::from_runs("w", &runs, "train", 3).unwrap();
        assert_eq!(
            (0..3).map(|i| writers.name_of(i)).collect::<Vec<_>>(),
            ["07", "07", "05"]
        );
        let table = writers.to_table("train");
        assert_eq!(table, TABLE.replace("test,0,1,03\n", ""));
    }

    #[test]
    fn wrong_tables_are_refused() {
        let cases = [
            (
                "split,first_index,count\n",
                "column 'writer_page' is missing",
            ),
            (
                "split,first_index,count,writer_page\ntrain,x,2,07\n",
                "line 2, column 'first_index'",
            ),
            (
                "split,first_index,count,writer_page\ntrain,1,2,07\n",
                "begins at 1",
            ),
            (
                "split,first_index,count,writer_page\ntrain,0,4,07\n",
                "covers 4 images",
            ),
            (
                "split,first_index,count,writer_page\ntrain,0,4294967295,07\n",
                "covers 4294967295",
            ),
        ];
        for (text, expected) in cases {
            let message = Writers::parse_table("w", text.as_bytes())
                .and_then(|runs| Writers::from_runs("w", &runs, "train", 3))
                .unwrap_err()
                .to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
