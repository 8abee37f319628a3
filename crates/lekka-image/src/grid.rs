//! Pictures written as text, for examples and tests.

use image::GrayImage;

/// A picture from rows of characters: `.` or a space is 0, `#` is 255, and `0`..`9`, `a`..`f` are
/// sixteenths (`8` is 136, `f` is 255). Any other character counts as 0; short rows are filled with
/// 0.
///
/// ```
/// use lekka_image::grid;
/// let picture = grid(&[".#", "8"]);
/// assert_eq!(picture.dimensions(), (2, 2));
/// assert_eq!(picture.as_raw(), &[0, 255, 136, 0]);
/// ```
pub fn grid(rows: &[&str]) -> GrayImage {
    let width = rows
        .iter()
        .map(|row| row.chars().count())
        .max()
        .unwrap_or(0);
    let mut pixels = Vec::with_capacity(width * rows.len());
    for row in rows {
        let values = row.chars().map(|c| match c {
            '#' => 255,
            other => other.to_digit(16).map_or(0, |digit| (digit * 17) as u8),
        });
        pixels.extend(values.chain(std::iter::repeat(0)).take(width));
    }
    crate::from_pixels(width as u32, rows.len() as u32, pixels)
}

/// The rows of a picture as text, the inverse of [`grid`] rounded to sixteenths: 0 is `.`, 255 is
/// `#`.
///
/// ```
/// use lekka_image::{grid, to_text};
/// assert_eq!(to_text(&grid(&[".#", "80"])), ".#\n8.\n");
/// ```
pub fn to_text(image: &GrayImage) -> String {
    let mut text = String::new();
    for row in image.rows() {
        for pixel in row {
            text.push(match pixel.0[0] {
                0 => '.',
                255 => '#',
                value => char::from_digit((u32::from(value) + 8) / 17, 16).unwrap_or('?'),
            });
        }
        text.push('\n');
    }
    text
}
