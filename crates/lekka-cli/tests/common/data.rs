//! A data set that is made up.

use std::path::Path;

/// Writes so many images of a bar of pixels whose height tells the label, and the labels, as an official part of the
/// data set such as `kannada_MNIST_train`. `ink` is the brightness of the bar of an image.
pub(crate) fn write_bars(folder: &Path, part: &str, count: u32, ink: impl Fn(u32) -> u8) {
    let label = |index: u32| (index % 10) as u8;
    let mut images = vec![0, 0, 8, 3];
    for size in [count, 28, 28] {
        images.extend(size.to_be_bytes());
    }
    let mut labels = vec![0, 0, 8, 1];
    labels.extend(count.to_be_bytes());
    for index in 0..count {
        labels.push(label(index));
        let lit = |pixel: u32| pixel / 28 / 2 == u32::from(label(index));
        let ink = ink(index);
        images.extend((0..784).map(|pixel| if lit(pixel) { ink } else { 0 }));
    }
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(format!("X_{part}-idx3-ubyte")), images).unwrap();
    std::fs::write(folder.join(format!("y_{part}-idx1-ubyte")), labels).unwrap();
}
