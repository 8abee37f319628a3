//! The same pixels as `OpenCV`: the data set was made with it. `make_opencv_reference.py` wrote the
//! reference.

use lekka_image::warp::{Perspective, warp_perspective};
use lekka_image::{
    GrayImage, Rect, binarize, median_filter, otsu_threshold, resize_area, resize_bilinear,
};
use std::collections::BTreeMap;

fn reference() -> BTreeMap<&'static str, GrayImage> {
    let read = |line: &'static str| {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let mut size = || words.next().unwrap().parse().unwrap();
        let (width, height) = (size(), size());
        let pixels = words.map(|word| word.parse().unwrap()).collect();
        (name, GrayImage::from_raw(width, height, pixels).unwrap())
    };
    include_str!("opencv.txt").lines().map(read).collect()
}

#[test]
fn resizing_is_the_same_to_the_bit() {
    let reference = reference();
    let source = &reference["source"];
    for (name, expected) in &reference {
        let (width, height) = expected.dimensions();
        if name.starts_with("linear") {
            assert_eq!(
                resize_bilinear(source, width, height).as_raw(),
                expected.as_raw(),
                "{name}"
            );
        } else if name.starts_with("area") {
            assert_eq!(&resize_area(source, width, height), expected, "{name}");
        }
    }
    assert_eq!(
        resize_bilinear(&reference["even"], 8, 6),
        reference["halved"]
    );
}

#[test]
fn warping_is_the_same_to_the_bit() {
    let reference = reference();
    let corners = [(1.0, 2.0), (14.0, 1.0), (15.0, 11.0), (2.0, 10.0)];
    let square = [(0.0, 0.0), (19.0, 0.0), (19.0, 15.0), (0.0, 15.0)];
    let map = Perspective::between(&corners, &square).unwrap();
    let whole = warp_perspective(&reference["source"], &map, Rect::new(0, 0, 20, 16), 0);
    assert_eq!(whole, reference["warped"]);
}

#[test]
fn thresholds_and_medians_are_the_same() {
    let reference = reference();
    let source = &reference["source"];
    assert_eq!(binarize(source, otsu_threshold(source)), reference["otsu"]);
    assert_eq!(median_filter(source), reference["median"]);
}
