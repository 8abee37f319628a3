//! The program `lekka`.

fn main() {}
