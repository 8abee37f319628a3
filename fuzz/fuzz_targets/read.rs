//! The whole way from the bytes of a picture to JSON, with a classifier that needs no weights.
#![no_main]

use std::sync::LazyLock;

use lekka::{Classifier, ClassifierError, DecodeLimits, PageReading, ReadOptions, Recognizer};
use libfuzzer_sys::fuzz_target;

/// Takes a digit for the number of its bright pixels, modulo ten.
struct Counter;

impl Classifier for Counter {
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
        assert!(images.iter().all(|value| (0.0..=1.0).contains(value)));
        logits.clear();
        for image in images.chunks_exact(28 * 28) {
            let bright = image.iter().filter(|&&value| value > 0.5).count();
            logits.extend((0..10).map(|digit| if bright % 10 == digit { 5.0 } else { 0.0 }));
        }
        Ok(())
    }
}

static RECOGNIZER: LazyLock<Recognizer> = LazyLock::new(|| Recognizer::with_classifier(Counter));

fuzz_target!(|bytes: &[u8]| {
    let options = ReadOptions {
        limits: DecodeLimits {
            max_pixels: 1 << 18,
            max_pages: 2,
        },
        ..ReadOptions::default()
    };
    let Ok(pages) = RECOGNIZER.read(bytes, "fuzz", &options) else {
        return;
    };
    for page in &pages {
        check(page);
        let json = serde_json::to_string(page).expect("readings serialise");
        let again: PageReading = serde_json::from_str(&json).expect("the JSON is readable");
        assert_eq!(again.fields.len(), page.fields.len());
    }
});

/// What must hold for every reading, whatever is on the page.
fn check(page: &PageReading) {
    let inside = |[x, y, width, height]: [u32; 4]| {
        x.checked_add(width).is_some_and(|right| right <= page.width)
            && y.checked_add(height).is_some_and(|bottom| bottom <= page.height)
    };
    assert!(page.skew_degrees.is_finite());
    for field in &page.fields {
        assert!(inside(field.bounds), "{:?}", field.bounds);
        assert_eq!(field.digits.len(), field.rows * field.columns);
        assert_eq!(field.text.chars().count(), field.ascii.chars().count());
        for digit in &field.digits {
            assert!(inside(digit.bounds), "{:?}", digit.bounds);
            assert!((0.0..=1.0).contains(&digit.probability));
            assert!(digit.row < field.rows && digit.column < field.columns);
        }
    }
}
