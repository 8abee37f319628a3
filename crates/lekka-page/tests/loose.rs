//! Pictures of digits without a grid, and of nothing.

mod common;

use common::{digit, unit};
use image::{GrayImage, Luma};
use lekka_image::{binarize::invert, normalize::ink_bounds};
use lekka_page::{FieldKind, PageLayout, PageOptions, analyze};
use proptest::prelude::*;

/// White paper with a made-up digit at each of the centres, `size` pixels from the middle to the edge.
fn paper(width: u32, height: u32, centers: &[(f64, f64)], size: f64) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let ink = centers.iter().enumerate().any(|(i, c)| {
            digit(
                i % 3,
                (f64::from(x) - c.0) / size,
                (f64::from(y) - c.1) / size,
                0.18,
            )
        });
        Luma([if ink { 30 } else { 240 }])
    })
}

fn look(page: &GrayImage) -> PageLayout {
    analyze(page, &PageOptions::default())
}

fn kinds(layout: &PageLayout) -> Vec<(FieldKind, usize)> {
    layout
        .fields
        .iter()
        .map(|field| (field.kind, field.columns))
        .collect()
}

#[test]
fn one_digit_of_any_size_is_a_digit() {
    for (width, height, size) in [
        (30, 34, 10.0),
        (60, 60, 20.0),
        (300, 200, 60.0),
        (900, 1200, 300.0),
    ] {
        let page = paper(
            width,
            height,
            &[(f64::from(width) / 2.0, f64::from(height) / 2.0)],
            size,
        );
        for page in [invert(&page), page] {
            let layout = look(&page);
            assert_eq!(kinds(&layout), [(FieldKind::Digit, 1)], "{width}x{height}");
            let glyph = &layout.fields[0].glyphs[0];
            let side = f64::from(glyph.bounds.width);
            assert!(
                (side - 2.0 * 0.98 * size).abs() <= 3.0,
                "{:?}",
                glyph.bounds
            );
            // A ring is as wide as high.
            let picture = GrayImage::from_raw(28, 28, glyph.pixels.unwrap().to_vec()).unwrap();
            let ink = ink_bounds(&picture).unwrap();
            assert_eq!((ink.width, ink.height), (20, 20), "{width}x{height}");
        }
    }
}

#[test]
fn a_picture_in_normal_form_is_taken_as_it_is() {
    let found = look(&paper(100, 100, &[(50.0, 50.0)], 30.0));
    let pixels = found.fields[0].glyphs[0].pixels.unwrap();
    let tensor = GrayImage::from_raw(28, 28, pixels.to_vec()).unwrap();
    for picture in [invert(&tensor), tensor] {
        let layout = look(&picture);
        assert_eq!(kinds(&layout), [(FieldKind::Digit, 1)]);
        assert_eq!(layout.fields[0].glyphs[0].pixels, Some(pixels));
    }
}

#[test]
fn digits_side_by_side_are_a_number() {
    let line: Vec<(f64, f64)> = (0..5).map(|i| (40.0 + 60.0 * f64::from(i), 50.0)).collect();
    let layout = look(&paper(330, 100, &line, 22.0));
    assert_eq!(kinds(&layout), [(FieldKind::Number, 5)]);
    let columns: Vec<_> = layout.fields[0]
        .glyphs
        .iter()
        .map(|g| (g.row, g.column))
        .collect();
    assert_eq!(columns, [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]);
    assert!(
        layout.fields[0]
            .glyphs
            .is_sorted_by_key(|glyph| glyph.bounds.x)
    );
}

#[test]
fn lines_come_from_top_to_bottom() {
    let mut centers = Vec::new();
    for (row, count) in [(0, 3), (1, 7), (2, 1)] {
        for i in 0..count {
            // A little uphill, as people write.
            let x = 40.0 + 60.0 * f64::from(i);
            centers.push((x, 60.0 + 90.0 * f64::from(row) - 0.02 * x));
        }
    }
    let layout = look(&paper(480, 320, &centers, 22.0));
    assert_eq!(
        kinds(&layout),
        [
            (FieldKind::Number, 3),
            (FieldKind::Number, 7),
            (FieldKind::Digit, 1)
        ]
    );
    assert!(
        (layout.skew_degrees - 1.15).abs() < 0.6,
        "{}",
        layout.skew_degrees
    );
}

#[test]
fn a_broken_stroke_is_still_one_digit() {
    let mut page = paper(200, 200, &[(100.0, 100.0)], 60.0);
    for y in 0..200 {
        for x in 138..142 {
            page.put_pixel(x, y, Luma([240]));
        }
    }
    let layout = look(&page);
    assert_eq!(kinds(&layout), [(FieldKind::Digit, 1)]);
    assert!(layout.fields[0].bounds.width > 100);
}

#[test]
fn the_foot_of_a_digit_whose_pen_was_lifted_is_in_its_line() {
    let stroke = |left: u32, top: u32, width: u32| {
        let mut page = paper(
            420,
            200,
            &[(60.0, 80.0), (150.0, 80.0), (240.0, 80.0)],
            30.0,
        );
        for y in top..top + 7 {
            for x in left..left + width {
                page.put_pixel(x, y, Luma([30]));
            }
        }
        look(&page)
    };
    // Below the middle of the line, beyond its last digit: a foot.
    let layout = stroke(274, 106, 45);
    assert_eq!(kinds(&layout), [(FieldKind::Number, 4)]);
    assert_eq!(layout.fields[0].glyphs[3].bounds.x, 274);
    // Far below the line it is none.
    let layout = stroke(274, 150, 45);
    assert_eq!(
        kinds(&layout),
        [(FieldKind::Number, 3), (FieldKind::Digit, 1)]
    );
}

#[test]
fn empty_and_noisy_paper_has_no_fields() {
    for value in [0, 90, 255] {
        assert_eq!(
            look(&GrayImage::from_pixel(300, 200, Luma([value]))),
            PageLayout::default()
        );
    }
    let grain = GrayImage::from_fn(400, 300, |x, y| {
        Luma([(235.0 + 16.0 * unit(u64::from(x * 1000 + y))) as u8])
    });
    assert_eq!(look(&grain), PageLayout::default());
    let specks = GrayImage::from_fn(1200, 900, |x, y| {
        Luma([if unit(u64::from(x * 1000 + y)) < 0.002 {
            0
        } else {
            255
        }])
    });
    assert_eq!(look(&specks), PageLayout::default());
}

#[test]
fn specks_around_a_digit_are_left_out() {
    let mut page = paper(300, 200, &[(150.0, 100.0)], 50.0);
    for (x, y, pixel) in page.enumerate_pixels_mut() {
        if unit(u64::from(x * 1000 + y)) < 0.003 {
            pixel.0 = [30];
        }
    }
    let layout = look(&page);
    assert_eq!(kinds(&layout), [(FieldKind::Digit, 1)]);
    assert!(
        layout.fields[0].bounds.width < 112,
        "{:?}",
        layout.fields[0].bounds
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_picture_gives_fields_within_it(
        width in 0_u32..70,
        height in 0_u32..70,
        ink in 0.0..1.0_f64,
        seed in any::<u32>(),
    ) {
        let page = GrayImage::from_fn(width, height, |x, y| {
            let value = unit(u64::from(seed) << 32 | u64::from(x * 100 + y));
            Luma([if value < ink { (value * 200.0) as u8 } else { 230 }])
        });
        for field in look(&page).fields {
            prop_assert_eq!(field.glyphs.len(), field.rows * field.columns);
            prop_assert!(field.bounds.right() <= width && field.bounds.bottom() <= height);
            for glyph in &field.glyphs {
                prop_assert!(glyph.bounds.right() <= width && glyph.bounds.bottom() <= height);
                prop_assert!(!glyph.bounds.is_empty());
            }
        }
    }

    #[test]
    fn stripes_and_checks_do_not_break_anything(
        width in 1_u32..200,
        height in 1_u32..200,
        across in 1_u32..40,
        down in 1_u32..40,
        thick in 1_u32..12,
    ) {
        let page = GrayImage::from_fn(width, height, |x, y| {
            Luma([if x % across < thick || y % down < thick { 0 } else { 255 }])
        });
        for field in look(&page).fields {
            prop_assert_eq!(field.glyphs.len(), field.rows * field.columns);
            prop_assert!(field.bounds.right() <= width && field.bounds.bottom() <= height);
        }
    }
}
