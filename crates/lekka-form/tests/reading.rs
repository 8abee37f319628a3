//! Forms drawn, scanned and found again.

mod common;

use common::scan::{Conditions, scan};
use lekka::{Classifier, ClassifierError, Recognizer, Status};
use lekka_form::{
    Form, FormOptions, LocateError, Registration, Template, locate, to_html, to_pdf, to_picture,
    to_png,
};
use lekka_image::rotate::{Canvas, rotate};
use lekka_image::{GrayImage, Perspective, Rect, warp_perspective};
use lekka_strokes::Rng;
use proptest::prelude::*;
use std::fmt::Write;

/// Takes every digit for a seven.
struct Sevens;

impl Classifier for Sevens {
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
        logits.clear();
        for _ in images.chunks_exact(28 * 28) {
            logits.extend([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 20.0, 0.0, 0.0]);
        }
        Ok(())
    }
}

/// How far the map is off the upper left corner of a field, at most, in millimetres; `truth` gives pixels.
fn worst(form: &Form, picture: &GrayImage, truth: impl Fn(f64, f64) -> (f64, f64)) -> f64 {
    let found = locate(picture, form).unwrap_or_else(|error| panic!("{error}"));
    let points = form.template().fields.iter().map(|field| field.rect);
    let off = points.map(|[x, y, ..]| {
        let (a, b) = (found.map.apply((x, y)), truth(x, y));
        (a.0 - b.0).hypot(a.1 - b.1) / found.scale
    });
    off.fold(0.0, f64::max)
}

#[test]
fn forms_are_found_however_they_lie() {
    for name in ["marks-sheet", "paying-in-slip"] {
        let form = common::form(name);
        let page = to_picture(&form, 150.0).unwrap();
        for degrees in [0.0, 2.5, -3.0, 90.0, 180.0, 270.0, 33.0] {
            let turned = rotate(&page, degrees, Canvas::Enlarged, 255);
            let off = worst(&form, &turned.image, |x, y| {
                let scale = 150.0 / 25.4;
                turned.map.apply((x * scale - 0.5, y * scale - 0.5))
            });
            assert!(off < 0.3, "{name} turned by {degrees}: {off:.2} mm off");
        }
    }
}

#[test]
fn a_page_without_marks_is_found_by_its_boxes() {
    let form = common::form("pin-envelope");
    let page = to_picture(&form, 200.0).unwrap();
    for degrees in [0.0, 2.0, -2.0, 90.0, 180.0, 270.0] {
        // Only a picture that is turned by quarters still shows the page and nothing else.
        let canvas = if degrees % 90.0 == 0.0 {
            Canvas::Enlarged
        } else {
            Canvas::Same
        };
        let turned = rotate(&page, degrees, canvas, 255);
        let off = worst(&form, &turned.image, |x, y| {
            let scale = 200.0 / 25.4;
            turned.map.apply((x * scale - 0.5, y * scale - 0.5))
        });
        assert!(off < 0.5, "turned by {degrees}: {off:.2} mm off");
    }
}

#[test]
fn forms_photographed_by_hand_are_seen_straight() {
    for name in ["marks-sheet", "paying-in-slip"] {
        let form = common::form(name);
        let page = to_picture(&form, 150.0).unwrap();
        let (w, h) = (f64::from(page.width()), f64::from(page.height()));
        let paper = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
        // Where the corners are on a photo of a dark table, in parts of its sides: from below, from the right, askew.
        for corners in [
            [(0.12, 0.1), (0.88, 0.1), (0.96, 0.93), (0.04, 0.93)],
            [(0.05, 0.12), (0.93, 0.05), (0.93, 0.95), (0.05, 0.86)],
            [(0.15, 0.05), (0.95, 0.16), (0.86, 0.96), (0.04, 0.83)],
        ] {
            let (width, height) = (1.2 * w, 1.2 * h);
            let seen = corners.map(|(x, y)| (x * width, y * height));
            let map = Perspective::between(&paper, &seen).unwrap();
            let photo = warp_perspective(
                &page,
                &map,
                Rect::new(0, 0, width as u32, height as u32),
                70,
            );
            let off = worst(&form, &photo, |x, y| {
                let scale = 150.0 / 25.4;
                map.apply((x * scale - 0.5, y * scale - 0.5))
            });
            assert!(off < 0.5, "{name} {corners:?}: {off:.2} mm off");
        }
    }
}

#[test]
fn one_corner_mark_may_be_missing() {
    let form = common::form("marks-sheet");
    let page = to_picture(&form, 150.0).unwrap();
    let (width, height) = page.dimensions();
    for (left, top) in [(true, true), (false, true), (false, false), (true, false)] {
        let torn = GrayImage::from_fn(width, height, |x, y| {
            let near = |v: u32, size: u32, low: bool| if low { v < 100 } else { v + 100 > size };
            let gone = near(x, width, left) && near(y, height, top);
            if gone {
                image::Luma([255])
            } else {
                *page.get_pixel(x, y)
            }
        });
        let off = worst(&form, &torn, |x, y| {
            (x * 150.0 / 25.4 - 0.5, y * 150.0 / 25.4 - 0.5)
        });
        assert!(off < 0.3, "{left} {top}: {off:.2} mm off");
    }
}

#[test]
fn what_is_no_such_form_is_refused() {
    let form = common::form("marks-sheet");
    let blank = GrayImage::from_pixel(800, 1100, image::Luma([250]));
    assert!(matches!(
        locate(&blank, &form),
        Err(LocateError::NotFound { .. })
    ));
    // The same page and marks, other boxes.
    let text = "name = \"other\"\npage = \"A5\"\n[[field]]\nname = \"a\"\nrect = [20, 95, 108, 12]\ndigits = 9";
    let other = Form::new(Template::parse(text, "other").unwrap()).unwrap();
    let page = to_picture(&form, 120.0).unwrap();
    let error = locate(&page, &other).unwrap_err();
    assert!(matches!(error, LocateError::OtherForm { .. }), "{error}");
    let coarse = to_picture(&form, 70.0).unwrap();
    let error = locate(&coarse, &form).unwrap_err();
    assert!(matches!(error, LocateError::Coarse { .. }), "{error}");
    assert!(locate(&GrayImage::new(0, 0), &form).is_err());
}

#[test]
fn of_several_forms_on_a_picture_none_is_lost_silently() {
    for name in ["marks-sheet", "paying-in-slip"] {
        let form = common::form(name);
        let page = to_picture(&form, 110.0).unwrap();
        let (width, height) = page.dimensions();
        for (dx, dy) in [(width + 30, 40), (20, height + 30)] {
            let mut both = GrayImage::from_pixel(
                width + dx.max(20) + 20,
                height + dy.max(20) + 20,
                image::Luma([255]),
            );
            image::imageops::replace(&mut both, &page, 10, 10);
            image::imageops::replace(&mut both, &page, i64::from(dx), i64::from(dy));
            let error = locate(&both, &form).unwrap_err();
            assert_eq!(error, LocateError::Several { count: 2 }, "{name} {dx} {dy}");
        }
    }
}

#[test]
fn blank_forms_read_as_blank_in_every_condition() {
    let recognizer = Recognizer::with_classifier(Sevens);
    let mut rng = Rng::new(5);
    for name in common::FORMS {
        let form = common::form(name);
        let page = to_picture(&form, 200.0).unwrap();
        let mut conditions = Conditions::random(&mut rng);
        if form.template().registration == Registration::None {
            conditions.bed_mm = 0.0;
        }
        let picture = scan(&page, 200.0, &conditions, &mut rng);
        let reading = form
            .read_page(&recognizer, &picture, name, 1, &FormOptions::default())
            .unwrap();
        assert_eq!(reading.error, None, "{name} {conditions:?}");
        for field in &reading.fields {
            assert_eq!(field.value, None, "{name} {} {conditions:?}", field.name);
        }
    }
}

#[test]
fn the_review_page_is_whole_and_shows_what_is_doubtful() {
    let form = common::form("paying-in-slip");
    let recognizer = Recognizer::with_classifier(Sevens);
    let page = to_picture(&form, 150.0).unwrap();
    let options = FormOptions {
        keep_pictures: true,
        ..FormOptions::default()
    };
    let reading = form
        .read_page(&recognizer, &page, "a</script>\".png", 1, &options)
        .unwrap();
    assert!(
        reading
            .fields
            .iter()
            .any(|field| field.status == Status::Review)
    );
    let html = to_html(&form, &[reading]).unwrap();
    assert!(html.contains("data:image/png;base64,") && html.contains("aria-live=\"polite\""));
    // The source's name does not end the script, nothing is fetched, nothing is left to fill in.
    assert_eq!(html.matches("</script>").count(), 2);
    for part in [
        "http://",
        "https://",
        "src=\"",
        "/* STYLE */",
        "/* DATA */",
        "/* SCRIPT */",
    ] {
        assert!(!html.contains(part), "{part}");
    }
}

#[test]
fn json_has_the_documented_members() {
    let form = common::form("pin-envelope");
    let page = to_picture(&form, 150.0).unwrap();
    let recognizer = Recognizer::with_classifier(Sevens);
    let reading = form
        .read_page(&recognizer, &page, "a.png", 1, &FormOptions::default())
        .unwrap();
    let mut json = Vec::new();
    lekka_form::table::write_json(&reading, &mut json).unwrap();
    insta::assert_snapshot!(String::from_utf8(json).unwrap(), @r#"{"source":"a.png","page":1,"fields":[{"name":"pin","value":null,"status":"review","probability":1.0,"readings":[],"reason":"it is blank, but must be filled in","settled_by":[]},{"name":"sender_pin","value":null,"status":"blank","probability":1.0,"readings":[],"reason":null,"settled_by":[]}],"error":null}"#);
}

#[test]
fn pdf_and_png_are_of_the_size_of_the_paper() {
    let form = common::form("tax-form");
    let pdf = to_pdf(&form);
    let text = String::from_utf8_lossy(&pdf);
    assert!(
        text.contains("/MediaBox [0 0 595.2756 841.8898]"),
        "{}",
        &text[..400]
    );
    assert!(text.trim_end().ends_with("%%EOF"));
    assert!(pdf.len() < 150_000, "{}", pdf.len());
    let png = to_png(&form, 100.0).unwrap();
    let picture = lekka_image::decode(&png, &lekka_image::DecodeLimits::default()).unwrap();
    assert_eq!(picture[0].gray.dimensions(), (827, 1169));
    assert!(to_picture(&form, 3000.0).is_err() && to_picture(&form, f64::NAN).is_err());
}

/// A template of a few fields at random places.
fn templates() -> impl Strategy<Value = String> {
    let field = (
        5_u32..90,
        5_u32..130,
        1_usize..8,
        5.0_f64..12.0,
        5.0_f64..12.0,
        any::<[bool; 3]>(),
    );
    let registration = prop::sample::select(vec!["corners", "frame", "none"]);
    (registration, prop::collection::vec(field, 1..6)).prop_map(|(registration, fields)| {
        let mut text = format!("name = \"f\"\npage = \"A6\"\nregistration = \"{registration}\"\n");
        for (i, (x, y, digits, width, height, [area, required, label])) in fields.into_iter().enumerate() {
            let kind = if area { "area" } else { "boxes" };
            let label = if label { "label = \"ಒಟ್ಟು Total\"\n" } else { "" };
            write!(
                text,
                "[[field]]\nname = \"f{i}\"\nrect = [{x}, {y}, {:.1}, {height:.1}]\nkind = \"{kind}\"\n\
                 digits = {digits}\nrequired = {required}\n{label}",
                width * digits as f64,
            )
            .expect("a string takes all");
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn what_check_accepts_is_drawn_and_its_blank_print_reads_as_blank(text in templates()) {
        let template = Template::parse(&text, "f").unwrap();
        let problems = template.check();
        let Ok(form) = Form::new(template) else {
            prop_assert!(!problems.is_empty());
            return Err(TestCaseError::reject("overlaps"));
        };
        prop_assert!(to_pdf(&form).starts_with(b"%PDF"));
        let page = to_picture(&form, 150.0).unwrap();
        let recognizer = Recognizer::with_classifier(Sevens);
        let reading = form.read_page(&recognizer, &page, "f", 1, &FormOptions::default()).unwrap();
        prop_assert_eq!(&reading.error, &None, "{}", text);
        for (value, field) in reading.fields.iter().zip(&form.template().fields) {
            prop_assert_eq!(&value.value, &None, "{} in {}", value.name, text);
            let status = if field.required { Status::Review } else { Status::Blank };
            prop_assert_eq!(value.status, status);
        }
    }

    #[test]
    fn any_text_is_a_template_or_an_error(text in "(name|\\[\\[field\\]\\]|rect|digits|=|\\[|\\]|\"|[a-z0-9.,\n ]){0,60}") {
        match Template::parse(&text, "f") {
            Ok(template) => drop(template.check()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
