//! Finds where the digits are on a scanned page: ruled grids, single digits.
