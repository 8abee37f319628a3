//! Builds the crate again when a file of the pages is added: the compiler knows only of those that
//! were there before.

fn main() {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=pages");
}
