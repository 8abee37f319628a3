//! Lines of digits that touch, with a classifier that knows rings only.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use lekka::numbers::NumberMethod;
use lekka::{
    Classifier, ClassifierError, FieldKind, PageReading, ReadOptions, Recognizer, Separator, Status,
};

/// Takes a round ring for a zero and knows nothing else.
struct Rings;

impl Classifier for Rings {
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
        logits.clear();
        for image in images.chunks_exact(28 * 28) {
            let ink: Vec<(f32, f32)> = (0..28 * 28)
                .filter(|&i| image[i] > 0.5)
                .map(|i| ((i % 28) as f32 - 13.5, (i / 28) as f32 - 13.5))
                .collect();
            let on_ring = |&&(x, y): &&(f32, f32)| (6.5..11.5).contains(&x.hypot(y));
            let all_around = [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)];
            let closed = all_around
                .iter()
                .all(|(dx, dy)| ink.iter().any(|(x, y)| x * dx + y * dy > 8.0));
            let share = ink.iter().filter(on_ring).count() as f32 / ink.len().max(1) as f32;
            let mut ten = [0.0; 10];
            if closed && share > 0.93 {
                ten[0] = 12.0;
            }
            logits.extend(ten);
        }
        Ok(())
    }
}

/// Rings on white paper, and other ink.
fn read(centers: &[f64], more: impl Fn(u32, u32) -> bool) -> PageReading {
    read_by(NumberMethod::Both, centers, more)
}

fn read_by(method: NumberMethod, centers: &[f64], more: impl Fn(u32, u32) -> bool) -> PageReading {
    let page = GrayImage::from_fn(460, 160, |x, y| {
        let ring = centers.iter().any(|center| {
            let away = (f64::from(x) - center).hypot(f64::from(y) - 80.0);
            (25.0..30.0).contains(&away)
        });
        Luma([if ring || more(x, y) { 20 } else { 240 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    page.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    let recognizer = Recognizer::with_classifier(Rings).with_number_method(method);
    let pages = recognizer.read(bytes.get_ref(), "rings.png", &ReadOptions::default());
    pages.expect("a reading").remove(0)
}

#[test]
fn touching_digits_are_read_one_by_one() {
    let centers = [70.0, 129.0, 188.0, 290.0];
    let page = read_by(NumberMethod::Segmentation, &centers, |_, _| false);
    assert_eq!(page.fields.len(), 1);
    let field = &page.fields[0];
    assert_eq!(
        (field.ascii.as_str(), field.kind),
        ("0000", FieldKind::Number)
    );
    assert_eq!((field.columns, field.status), (4, Status::Ok));
    for (digit, center) in field.digits.iter().zip([70, 129, 188, 290]) {
        let [x, _, width, height] = digit.bounds;
        assert!((x + width / 2).abs_diff(center) <= 4, "{digit:?}");
        assert!(
            (50..=70).contains(&width) && (50..=62).contains(&height),
            "{digit:?}"
        );
        assert_eq!(digit.alternatives.len(), 3);
    }
}

#[test]
fn separators_are_kept_apart() {
    let hyphen = |x: u32, y: u32| (135..160).contains(&x) && (77..83).contains(&y);
    let point = |x: u32, y: u32| (291..299).contains(&x) && (101..109).contains(&y);
    let page = read(&[70.0, 220.0, 360.0], |x, y| hyphen(x, y) || point(x, y));
    assert_eq!(page.fields.len(), 1);
    let field = &page.fields[0];
    assert_eq!(field.ascii, "000");
    let found: Vec<_> = field
        .separators
        .iter()
        .map(|s| (s.mark, s.before))
        .collect();
    assert_eq!(found, [(Separator::Hyphen, 1), (Separator::Point, 2)]);
    let json = serde_json::to_value(&page).expect("JSON");
    assert_eq!(json["fields"][0]["separators"][0]["mark"], "hyphen");
    assert_eq!(json["fields"][0]["separators"][0]["box"][0], 135);
    let plain = read(&[70.0, 160.0], |_, _| false);
    let json = serde_json::to_value(&plain).expect("JSON");
    assert!(json["fields"][0].get("separators").is_none(), "{json}");
}
