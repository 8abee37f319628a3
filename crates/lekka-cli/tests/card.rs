//! The model card in the documentation is the one that the shipped weights print.

mod common;

use std::path::Path;

/// `LEKKA_RENEW=1` writes down what is printed now.
#[test]
fn the_documented_card_is_that_of_the_shipped_weights() {
    let printed = common::run_in(Path::new("."), "model card");
    assert_eq!(printed.status, Some(0), "{}", printed.stderr);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/model-card.md");
    if std::env::var_os("LEKKA_RENEW").is_some() {
        std::fs::write(&file, &printed.stdout).unwrap();
    }
    let documented = std::fs::read_to_string(&file).unwrap();
    assert!(
        documented == printed.stdout,
        "{} is not what `lekka model card` prints; LEKKA_RENEW=1 writes it anew",
        file.display()
    );
    let picture = file.with_file_name("images/look-alikes.png");
    assert!(picture.is_file(), "the card shows {}", picture.display());
}
