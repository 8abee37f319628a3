//! Lines of digits that touch, are broken, or have marks between them.

mod common;

use common::unit;
use image::{GrayImage, Luma};
use lekka_page::{NumberLine, PageLayout, PageOptions, analyze};
use proptest::prelude::*;

/// White paper with rings at these centres, 30 pixels from the middle to the edge.
fn rings(width: u32, centers: &[f64]) -> GrayImage {
    GrayImage::from_fn(width, 160, |x, y| {
        let ink = centers.iter().any(|center| {
            let away = (f64::from(x) - center).hypot(f64::from(y) - 80.0);
            (25.0..30.0).contains(&away)
        });
        Luma([if ink { 20 } else { 240 }])
    })
}

fn line(page: &GrayImage) -> (PageLayout, NumberLine) {
    let layout = analyze(page, &PageOptions::default());
    assert_eq!(layout.lines.len(), 1, "{:?}", layout.fields);
    let line = layout.lines[0].clone();
    (layout, line)
}

#[test]
fn touching_rings_can_be_read_one_by_one() {
    // The first three touch.
    let page = rings(400, &[80.0, 139.0, 198.0, 290.0]);
    let (layout, line) = line(&page);
    assert!(layout.fields[0].columns < 4);
    let lattice = line.lattice(&[]).unwrap();
    for center in [80.0_f64, 139.0, 198.0, 290.0] {
        let near = lattice.candidates.iter().any(|candidate| {
            let (x, _) = candidate.bounds.center();
            (x - center).abs() < 4.0 && (50..=68).contains(&candidate.bounds.width)
        });
        assert!(near, "no candidate for the ring at {center}");
    }
    let ends: Vec<usize> = lattice
        .candidates
        .iter()
        .map(|candidate| candidate.end)
        .collect();
    assert!((1..=lattice.segments).all(|end| ends.contains(&end)));
}

#[test]
fn what_is_sure_is_neither_cut_nor_joined() {
    let (layout, line) = line(&rings(400, &[80.0, 146.0, 212.0]));
    assert_eq!(layout.fields[0].columns, 3);
    let free = line.lattice(&[]).unwrap();
    assert!(free.candidates.len() > 3, "neighbours may be joined");
    let sure = line.lattice(&[true; 3]).unwrap();
    assert_eq!((sure.segments, sure.candidates.len()), (3, 3));
    let glyphs: Vec<_> = sure
        .candidates
        .iter()
        .map(|candidate| candidate.glyph)
        .collect();
    assert_eq!(glyphs, [Some(0), Some(1), Some(2)]);
    for (candidate, glyph) in sure.candidates.iter().zip(&layout.fields[0].glyphs) {
        assert_eq!(Some(candidate.pixels), glyph.pixels);
        assert_eq!(candidate.bounds, glyph.bounds);
        assert!(
            (candidate.shape.spread - 1.0).abs() < 0.05,
            "a ring is round"
        );
    }
}

#[test]
fn a_point_between_digits_belongs_to_the_line() {
    let mut page = rings(400, &[80.0, 190.0, 260.0]);
    for y in 100..108 {
        for x in 131..139 {
            page.put_pixel(x, y, Luma([20]));
        }
    }
    let (layout, line) = line(&page);
    assert_eq!(layout.fields[0].columns, 3);
    assert!(line.has_more_ink());
    let lattice = line.lattice(&[true; 3]).unwrap();
    assert_eq!(lattice.segments, 4);
    let point = lattice
        .candidates
        .iter()
        .find(|candidate| candidate.glyph.is_none());
    let point = point.unwrap();
    assert!(point.shape.width < 0.2 && point.middle > 0.7, "{point:?}");
}

#[test]
fn the_picture_of_a_line_has_all_its_ink() {
    let (_, line) = line(&rings(400, &[80.0, 139.0, 290.0]));
    let picture = line.picture().unwrap();
    let ink = picture
        .image
        .as_raw()
        .iter()
        .filter(|&&value| value > 100)
        .count();
    assert!(ink > 200 && picture.image.height() == lekka_page::LINE_HEIGHT);
    let (left, top, right, bottom) = picture.on_page(4.0, f64::from(picture.image.width()) - 4.0);
    assert!(
        (left - 50.0).abs() < 3.0 && (right - 320.0).abs() < 4.0,
        "{left} {right}"
    );
    assert!(
        (top - 50.0).abs() < 3.0 && (bottom - 110.0).abs() < 3.0,
        "{top} {bottom}"
    );
    let second = line.ink_between(108.0, 200.0).unwrap();
    assert!(second.x >= 108 && second.right() <= 172);
    assert_eq!(line.ink_between(200.0, 240.0), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_ink_gives_a_lattice_within_the_page(
        width in 1_u32..160,
        height in 1_u32..60,
        ink in 0.0..0.8_f64,
        seed in any::<u32>(),
    ) {
        let page = GrayImage::from_fn(width, height, |x, y| {
            let value = unit(u64::from(seed) << 32 | u64::from(x / 3 * 100 + y / 3));
            Luma([if value < ink { 10 } else { 230 }])
        });
        for line in analyze(&page, &PageOptions::default()).lines {
            line.picture();
            for candidate in line.lattice(&[]).unwrap_or_default().candidates {
                let bounds = candidate.bounds;
                prop_assert!(bounds.right() <= width && bounds.bottom() <= height && !bounds.is_empty());
                prop_assert!(candidate.first < candidate.end);
            }
        }
    }
}
