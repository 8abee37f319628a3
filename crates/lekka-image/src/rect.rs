//! Axis-parallel boxes in pixels.

use image::GrayImage;

/// A box of whole pixels: columns `x .. x + width`, rows `y .. y + height`, from the upper left
/// corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rect {
    /// The leftmost column.
    pub x: u32,
    /// The topmost row.
    pub y: u32,
    /// The number of columns.
    pub width: u32,
    /// The number of rows.
    pub height: u32,
}

impl Rect {
    /// A box from its upper left corner and its size.
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// The box that holds a whole picture.
    pub fn of(image: &GrayImage) -> Self {
        Self::new(0, 0, image.width(), image.height())
    }

    /// The box between two corners; `right` and `bottom` are exclusive. Empty when they are not
    /// beyond `x` and `y`.
    pub const fn from_corners(x: u32, y: u32, right: u32, bottom: u32) -> Self {
        Self::new(x, y, right.saturating_sub(x), bottom.saturating_sub(y))
    }

    /// The first column right of the box.
    pub const fn right(&self) -> u32 {
        self.x.saturating_add(self.width)
    }

    /// The first row below the box.
    pub const fn bottom(&self) -> u32 {
        self.y.saturating_add(self.height)
    }

    /// The number of pixels.
    pub const fn area(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Whether the box holds no pixel.
    pub const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The middle of the box as `(x, y)`; pixel `i` reaches from `i` to `i + 1`.
    pub fn center(&self) -> (f64, f64) {
        (
            f64::from(self.x) + f64::from(self.width) / 2.0,
            f64::from(self.y) + f64::from(self.height) / 2.0,
        )
    }

    /// Whether the pixel `(x, y)` is in the box.
    pub const fn contains(&self, x: u32, y: u32) -> bool {
        x >= self.x && x < self.right() && y >= self.y && y < self.bottom()
    }

    /// The pixels that both boxes hold; `None` when there is none.
    ///
    /// ```
    /// use lekka_image::Rect;
    /// let a = Rect::new(0, 0, 4, 4);
    /// assert_eq!(a.intersection(&Rect::new(2, 1, 9, 2)), Some(Rect::new(2, 1, 2, 2)));
    /// assert_eq!(a.intersection(&Rect::new(4, 0, 1, 1)), None);
    /// ```
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let common = Self::from_corners(
            self.x.max(other.x),
            self.y.max(other.y),
            self.right().min(other.right()),
            self.bottom().min(other.bottom()),
        );
        (!common.is_empty()).then_some(common)
    }

    /// The smallest box around both; an empty box adds nothing.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        Self::from_corners(
            self.x.min(other.x),
            self.y.min(other.y),
            self.right().max(other.right()),
            self.bottom().max(other.bottom()),
        )
    }

    /// The box grown by `margin` on every side and cut at the borders of a `width` x `height`
    /// picture.
    #[must_use]
    pub fn grown(&self, margin: u32, width: u32, height: u32) -> Self {
        Self::from_corners(
            self.x.saturating_sub(margin),
            self.y.saturating_sub(margin),
            self.right().saturating_add(margin).min(width),
            self.bottom().saturating_add(margin).min(height),
        )
    }

    /// The box less `margin` on every side; empty (but in place) when nothing is left.
    #[must_use]
    pub fn shrunk(&self, margin: u32) -> Self {
        Self::from_corners(
            self.x.saturating_add(margin),
            self.y.saturating_add(margin),
            self.right().saturating_sub(margin),
            self.bottom().saturating_sub(margin),
        )
    }
}

/// The part of a picture inside a box, as a picture of its own. What the box holds beyond the
/// picture is left out.
///
/// ```
/// use lekka_image::{Rect, crop, grid};
/// let picture = grid(&["....", ".##.", "...#"]);
/// assert_eq!(crop(&picture, Rect::new(1, 1, 9, 9)), grid(&["##.", "..#"]));
/// ```
pub fn crop(image: &GrayImage, part: Rect) -> GrayImage {
    let Some(part) = part.intersection(&Rect::of(image)) else {
        return GrayImage::new(0, 0);
    };
    let stride = image.width() as usize;
    let pixels = image.as_raw();
    let mut out = Vec::with_capacity(part.area() as usize);
    for y in part.y..part.bottom() {
        let start = y as usize * stride + part.x as usize;
        out.extend_from_slice(&pixels[start..start + part.width as usize]);
    }
    crate::from_pixels(part.width, part.height, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn union_ignores_empty_boxes() {
        let a = Rect::new(3, 4, 5, 6);
        assert_eq!(a.union(&Rect::default()), a);
        assert_eq!(Rect::default().union(&a), a);
        assert_eq!(a.union(&Rect::new(0, 9, 1, 3)), Rect::new(0, 4, 8, 8));
    }

    #[test]
    fn growing_stops_at_the_border_and_shrinking_at_nothing() {
        let a = Rect::new(1, 2, 3, 4);
        assert_eq!(a.grown(2, 5, 7), Rect::new(0, 0, 5, 7));
        assert_eq!(a.shrunk(1), Rect::new(2, 3, 1, 2));
        assert!(a.shrunk(2).is_empty());
    }

    #[test]
    fn huge_boxes_do_not_overflow() {
        let a = Rect::new(u32::MAX, u32::MAX, u32::MAX, u32::MAX);
        assert_eq!(a.right(), u32::MAX);
        assert!(crop(&GrayImage::new(3, 3), a).is_empty());
    }
}
