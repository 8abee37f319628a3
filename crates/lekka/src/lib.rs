//! Reads handwritten Kannada digits from scans.
