//! What can be wrong with a data file, said with the file's name and what to do.

/// A data file that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {kind}")]
pub struct DataError {
    file: String,
    #[source]
    kind: DataErrorKind,
}

impl DataError {
    /// The error `kind` in the file of this name.
    pub fn new(file: impl Into<String>, kind: DataErrorKind) -> Self {
        Self {
            file: file.into(),
            kind,
        }
    }

    /// The file, or pair of files, that the error is about.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What is wrong with it.
    pub fn kind(&self) -> &DataErrorKind {
        &self.kind
    }
}

/// The reasons for which a data file is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataErrorKind {
    /// The operating system refused to read or write.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The gzip stream is broken.
    #[error("the gzip stream is damaged ({0}); fetch the file again")]
    Gzip(std::io::Error),
    /// Neither IDX nor CSV.
    #[error("not a data file: {0}; expected IDX (plain or gzip) or Kaggle's CSV")]
    UnknownFormat(String),
    /// An IDX file of another element type or number of dimensions.
    #[error(
        "IDX magic number {found:#010x} is not supported; expected 0x00000803 (images) or \
         0x00000801 (labels)"
    )]
    IdxMagic {
        /// The first four bytes of the file, big endian.
        found: u32,
    },
    /// The file ends within the IDX header.
    #[error("the IDX header needs {expected} bytes, the file has {found}; it is truncated")]
    IdxHeader {
        /// Bytes of a whole header.
        expected: usize,
        /// Bytes of the file.
        found: usize,
    },
    /// The header promises another amount of data than there is.
    #[error(
        "the header says {count} items, {expected} bytes of data, but {found} follow; the file \
         is truncated, has bytes to spare, or its header is wrong"
    )]
    IdxLength {
        /// Items according to the header.
        count: u64,
        /// Bytes of data according to the header.
        expected: u64,
        /// Bytes that are there, counted up to one more than expected.
        found: u64,
    },
    /// More than this program is willing to hold.
    #[error("{bytes} bytes of data are more than the limit of {limit}; split the file")]
    TooLarge {
        /// Bytes that the file unpacks to, or claims to.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Images of another size than the network takes.
    #[error("images are {width}x{height} pixels; this network takes 28x28")]
    ImageSize {
        /// Width in pixels.
        width: u64,
        /// Height in pixels.
        height: u64,
    },
    /// Labels where images were expected, or the reverse.
    #[error("holds {found}, but {expected} are needed here; are the two files swapped?")]
    WrongContent {
        /// What the file holds.
        found: &'static str,
        /// What was asked for.
        expected: &'static str,
    },
    /// Images and labels of different number.
    #[error("{images} images but {labels} labels; they do not belong together")]
    CountMismatch {
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A label that is no digit.
    #[error("label {label} of item {index} (counted from 0) is not a digit 0 to 9")]
    Label {
        /// The label.
        label: u64,
        /// The item's index.
        index: usize,
    },
    /// Nothing in it.
    #[error("holds no images")]
    Empty,
    /// No labels although they are needed.
    #[error("has no labels, which are needed here; give a labelled set")]
    Unlabelled,
    /// The CSV header lacks a column.
    #[error(
        "column '{column}' is missing; the header must be label (or id) and pixel0 to pixel783"
    )]
    MissingColumn {
        /// The column's name.
        column: String,
    },
    /// A CSV row with too few or too many fields.
    #[error("line {line}: {found} fields, but the header has {expected}")]
    Ragged {
        /// Line, counted from 1.
        line: u64,
        /// Fields of the header.
        expected: u64,
        /// Fields of this line.
        found: u64,
    },
    /// A CSV field that is not a number in range.
    #[error("line {line}, column '{column}': '{value}' is not a whole number from 0 to {maximum}")]
    Field {
        /// Line, counted from 1.
        line: u64,
        /// The column's name.
        column: String,
        /// The field, shortened if long.
        value: String,
        /// The largest value allowed.
        maximum: u64,
    },
    /// A CSV file that the CSV reader refuses.
    #[error("not readable as CSV: {0}")]
    Csv(String),
    /// A writers' table that contradicts itself or the data.
    #[error("{0}")]
    Writers(String),
    /// A folder without the files of a split.
    #[error("{0}")]
    NotFound(String),
    /// A split that cannot be made.
    #[error("{0}")]
    Split(String),
    /// The decompressed content is not the official one.
    #[error(
        "the content has the SHA-256 sum {found}, but {expected} is expected; fetch the file again"
    )]
    Sum {
        /// Sum of the content.
        found: String,
        /// Sum that it should have.
        expected: String,
    },
    /// A download that failed.
    #[error("{0}")]
    Fetch(String),
    /// A page that does not hold what was expected of it.
    #[error("{0}")]
    Sheet(String),
}
