//! Properties that hold for any picture, and slow but plain versions of what is written for speed.

use lekka_image::components::find_components;
use lekka_image::morphology::{
    close_horizontal, close_vertical, horizontal_runs, open_horizontal, open_vertical,
};
use lekka_image::normalize::{center_of_mass, ink_bounds, is_normalized};
use lekka_image::slant::shear;
use lekka_image::warp::warp_resized;
use lekka_image::{
    GrayImage, Perspective, Rect, binarize, connected_components, crop, median_filter,
    normalize_glyph, otsu_threshold, resize_area, resize_bilinear, sauvola, thin, to_text,
    warp_perspective,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Pictures with these values, from one pixel to 24 x 24.
fn pictures(
    values: impl Strategy<Value = u8> + Clone + 'static,
) -> impl Strategy<Value = GrayImage> {
    (1..24_u32, 1..24_u32).prop_flat_map(move |(width, height)| {
        prop::collection::vec(values.clone(), (width * height) as usize)
            .prop_map(move |pixels| GrayImage::from_raw(width, height, pixels).unwrap())
    })
}

fn gray() -> impl Strategy<Value = GrayImage> {
    pictures(any::<u8>())
}

fn binary() -> impl Strategy<Value = GrayImage> {
    pictures(prop_oneof![Just(0_u8), Just(255_u8)])
}

/// Thick strokes, so that there is something to thin.
fn strokes() -> impl Strategy<Value = GrayImage> {
    prop::collection::vec(
        (1..30_u32, 1..30_u32, 1..12_u32, 1..6_u32, any::<bool>()),
        1..7,
    )
    .prop_map(|bars| {
        GrayImage::from_fn(44, 44, |x, y| {
            let inked = bars.iter().any(|&(left, top, length, thickness, lying)| {
                let (w, h) = if lying {
                    (length, thickness)
                } else {
                    (thickness, length)
                };
                Rect::new(left, top, w, h).contains(x, y)
            });
            image::Luma([if inked { 255 } else { 0 }])
        })
    })
}

fn transposed(image: &GrayImage) -> GrayImage {
    GrayImage::from_fn(image.height(), image.width(), |x, y| *image.get_pixel(y, x))
}

/// The connected sets of pixels with a value, by flooding.
fn flooded(image: &GrayImage, inked: bool, corners: bool) -> Vec<BTreeSet<(u32, u32)>> {
    let is = |x: u32, y: u32| (image.get_pixel(x, y).0[0] > 0) == inked;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (x, y) in (0..image.height()).flat_map(|y| (0..image.width()).map(move |x| (x, y))) {
        if !is(x, y) || !seen.insert((x, y)) {
            continue;
        }
        let mut set = BTreeSet::from([(x, y)]);
        let mut open = vec![(x, y)];
        while let Some((x, y)) = open.pop() {
            for (dx, dy) in (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dx, dy))) {
                let (Some(nx), Some(ny)) = (x.checked_add_signed(dx), y.checked_add_signed(dy))
                else {
                    continue;
                };
                let near = corners || dx == 0 || dy == 0;
                let inside = nx < image.width() && ny < image.height();
                if near && inside && is(nx, ny) && seen.insert((nx, ny)) {
                    set.insert((nx, ny));
                    open.push((nx, ny));
                }
            }
        }
        found.push(set);
    }
    found
}

/// The values around a pixel, the border cut.
fn window(image: &GrayImage, x: u32, y: u32, radius: u32) -> Vec<u8> {
    let area = Rect::new(x, y, 1, 1).grown(radius, image.width(), image.height());
    crop(image, area).into_raw()
}

proptest! {
    #[test]
    fn components_are_what_flooding_finds(picture in binary()) {
        let found = find_components(&picture);
        let expected = flooded(&picture, true, true);
        prop_assert_eq!(found.components.len(), expected.len());
        for (i, (component, set)) in found.components.iter().zip(&expected).enumerate() {
            prop_assert_eq!(component.area, set.len() as u64);
            let drawn = found.draw(&[i], Rect::of(&picture));
            prop_assert_eq!(ink_bounds(&drawn), Some(component.bounds));
            prop_assert!(set.iter().all(|&(x, y)| drawn.get_pixel(x, y).0[0] == 255));
            let x = set.iter().map(|p| f64::from(p.0)).sum::<f64>() / set.len() as f64;
            prop_assert!((component.centroid.0 - x).abs() < 1e-9);
        }
        let runs: usize = (0..expected.len()).map(|i| found.runs(i).len()).sum();
        prop_assert_eq!(runs, horizontal_runs(&picture, 1).len());
    }

    #[test]
    fn thinning_keeps_pieces_and_holes(picture in prop_oneof![strokes(), binary()]) {
        let framed = |image: &GrayImage| GrayImage::from_fn(
            image.width() + 2,
            image.height() + 2,
            |x, y| match (x.checked_sub(1), y.checked_sub(1)) {
                (Some(x), Some(y)) if x < image.width() && y < image.height() => *image.get_pixel(x, y),
                _ => image::Luma([0]),
            },
        );
        let thinned = thin(&picture);
        prop_assert_eq!(
            connected_components(&thinned).len(),
            connected_components(&picture).len(),
            "\n{}\n{}", to_text(&picture), to_text(&thinned)
        );
        prop_assert_eq!(
            flooded(&framed(&thinned), false, false).len(),
            flooded(&framed(&picture), false, false).len(),
            "\n{}\n{}", to_text(&picture), to_text(&thinned)
        );
        prop_assert!(thinned.as_raw().iter().zip(picture.as_raw()).all(|(t, p)| t <= p));
        prop_assert_eq!(thin(&thinned), thinned);
    }

    #[test]
    fn the_median_is_in_the_middle(picture in gray()) {
        let filtered = median_filter(&picture);
        for (x, y, pixel) in filtered.enumerate_pixels() {
            let at = |d: i32, v: u32, size: u32| (v as i32 + d).clamp(0, size as i32 - 1) as u32;
            let mut nine: Vec<u8> = (0..9)
                .map(|i| {
                    let (x, y) = (at(i % 3 - 1, x, picture.width()), at(i / 3 - 1, y, picture.height()));
                    picture.get_pixel(x, y).0[0]
                })
                .collect();
            nine.sort_unstable();
            prop_assert_eq!(pixel.0[0], nine[4]);
        }
    }

    #[test]
    fn sauvola_follows_its_formula(picture in gray(), radius in 0..9_u32) {
        let found = sauvola(&picture, radius, 0.3);
        for (x, y, pixel) in found.enumerate_pixels() {
            let values = window(&picture, x, y, radius);
            let n = values.len() as f64;
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            let square = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / n;
            let deviation = (square - mean * mean).max(0.0).sqrt();
            let threshold = mean * (1.0 + 0.3 * (deviation / 128.0 - 1.0));
            let value = f64::from(picture.get_pixel(x, y).0[0]);
            // Ties are a matter of rounding.
            if (value - threshold).abs() > 1e-6 {
                prop_assert_eq!(pixel.0[0] == 255, value > threshold);
            }
        }
    }

    #[test]
    fn otsu_has_the_least_spread_within(picture in gray()) {
        let within = |threshold: u8| -> f64 {
            let (low, high): (Vec<u8>, Vec<u8>) =
                picture.as_raw().iter().partition(|&&v| v <= threshold);
            [low, high]
                .iter()
                .map(|class| {
                    let mean = class.iter().map(|&v| f64::from(v)).sum::<f64>() / class.len().max(1) as f64;
                    class.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>()
                })
                .sum()
        };
        let found = within(otsu_threshold(&picture));
        for threshold in 0..=255 {
            prop_assert!(found <= within(threshold) * (1.0 + 1e-9) + 1e-6, "{}", threshold);
        }
    }

    #[test]
    fn lines_are_the_same_lying_and_standing(picture in binary(), length in 0..8_u32) {
        let turned = transposed(&picture);
        prop_assert_eq!(transposed(&open_vertical(&turned, length)), open_horizontal(&picture, length));
        prop_assert_eq!(transposed(&close_vertical(&turned, length)), close_horizontal(&picture, length));
        // Opened twice is opened once, and only takes away; closing only adds.
        let opened = open_horizontal(&picture, length);
        prop_assert_eq!(&open_horizontal(&opened, length), &opened);
        prop_assert!(opened.as_raw().iter().zip(picture.as_raw()).all(|(a, b)| a <= b));
        let closed = close_horizontal(&picture, length);
        prop_assert!(closed.as_raw().iter().zip(picture.as_raw()).all(|(a, b)| a >= b));
    }

    #[test]
    fn resizing_is_near_the_exact_mean(picture in gray(), width in 1..40_u32, height in 1..40_u32) {
        let area = resize_area(&picture, width, height);
        let (sx, sy) = (
            f64::from(picture.width()) / f64::from(width),
            f64::from(picture.height()) / f64::from(height),
        );
        let overlap = |a: f64, b: f64, i: u32| (b.min(f64::from(i) + 1.0) - a.max(f64::from(i))).max(0.0);
        for (x, y, pixel) in area.enumerate_pixels() {
            let (x0, y0) = (f64::from(x) * sx, f64::from(y) * sy);
            let sum: f64 = picture
                .enumerate_pixels()
                .map(|(u, v, p)| f64::from(p.0[0]) * overlap(x0, x0 + sx, u) * overlap(y0, y0 + sy, v))
                .sum();
            prop_assert!((f64::from(pixel.0[0]) - sum / (sx * sy)).abs() < 0.51);
        }
        let least = picture.as_raw().iter().min();
        let most = picture.as_raw().iter().max();
        let linear = resize_bilinear(&picture, width, height);
        prop_assert_eq!(linear.dimensions(), (width, height));
        // The steps of the fixed-point arithmetic may lose one.
        prop_assert!(linear.as_raw().iter().min().map(|v| v.saturating_add(1)) >= least.copied());
        prop_assert!(linear.as_raw().iter().max() <= most);
    }

    #[test]
    fn a_resized_view_is_the_view_resized(
        picture in gray(),
        numbers in prop::collection::vec(-1.0..1.0_f64, 9),
        size in (1..40_u32, 1..40_u32),
        target in (1..20_u32, 1..20_u32),
    ) {
        let mut matrix = [2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0];
        for (i, number) in numbers.iter().enumerate() {
            matrix[i] += number * if i < 6 { 0.7 } else { 0.01 };
        }
        let map = Perspective::from_matrix(matrix);
        let window = Rect::new(0, 2, size.0, size.1);
        prop_assert_eq!(
            warp_resized(&picture, &map, window, target.0, target.1, 7),
            resize_bilinear(&warp_perspective(&picture, &map, window, 7), target.0, target.1)
        );
    }

    #[test]
    fn digits_end_in_the_form_of_the_data_set(picture in prop_oneof![strokes(), gray()]) {
        let Some(glyph) = normalize_glyph(&picture) else {
            return Ok(());
        };
        let binary = binarize(&picture, otsu_threshold(&picture));
        let tight = crop(&binary, ink_bounds(&binary).unwrap());
        let longer = f64::from(tight.width().max(tight.height()));
        let scale = |side: u32| ((f64::from(side) * 20.0 / longer).round_ties_even() as u32).max(1);
        let scaled = resize_bilinear(&tight, scale(tight.width()), scale(tight.height()));
        let mass = |pixels: &[u8]| pixels.iter().map(|&v| u32::from(v)).sum::<u32>();
        // What is shifted out of the picture takes its mass along.
        if mass(scaled.as_raw()) == mass(&glyph) {
            let (x, y) = center_of_mass(&glyph).unwrap();
            prop_assert!((x - 14.0).abs() <= 0.5 && (y - 14.0).abs() <= 0.5, "{} {}", x, y);
            let image = GrayImage::from_raw(28, 28, glyph.to_vec()).unwrap();
            let bounds = ink_bounds(&image).unwrap();
            prop_assert!(bounds.width.max(bounds.height) <= 20);
            if bounds.width.max(bounds.height) >= 19 {
                prop_assert_eq!(is_normalized(&image), Some(glyph));
            }
        }
    }

    #[test]
    fn paper_around_a_digit_does_not_matter(picture in strokes(), margin in 0..20_u32) {
        let ink = binarize(&picture, 127);
        let wider = GrayImage::from_fn(44 + margin, 44 + 2 * margin, |x, y| {
            match (x.checked_sub(margin), y.checked_sub(margin)) {
                (Some(x), Some(y)) if x < 44 && y < 44 => *ink.get_pixel(x, y),
                _ => image::Luma([0]),
            }
        });
        prop_assert_eq!(normalize_glyph(&wider), normalize_glyph(&ink));
    }

    #[test]
    fn shearing_moves_rows_only(picture in gray(), degrees in -60.0..60.0_f64) {
        let leaning = shear(&picture, degrees);
        prop_assert_eq!(leaning.height(), picture.height());
        for (before, after) in picture.rows().zip(leaning.rows()) {
            let sum = |row: &mut dyn Iterator<Item = u8>| row.map(u32::from).sum::<u32>();
            prop_assert_eq!(sum(&mut before.map(|p| p.0[0])), sum(&mut after.map(|p| p.0[0])));
        }
    }
}
