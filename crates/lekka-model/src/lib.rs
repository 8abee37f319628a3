//! Networks as data: specifications, weight files and what is known about them.
