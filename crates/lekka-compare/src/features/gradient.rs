//! The slope of the grey values.

/// Horizontal and vertical slope of each pixel: the difference of its two neighbours, halved so
/// that it lies in -1 to 1 (rightwards and downwards brighter is positive). Beyond its border a
/// picture goes on as it ends there.
pub(super) fn gradients(pixels: &[u8], width: usize, height: usize) -> Vec<(f32, f32)> {
    let at = |x: usize, y: usize| f32::from(pixels[y * width + x]) / 255.0;
    let mut slopes = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let across = at((x + 1).min(width - 1), y) - at(x.saturating_sub(1), y);
            let down = at(x, (y + 1).min(height - 1)) - at(x, y.saturating_sub(1));
            slopes.push((across / 2.0, down / 2.0));
        }
    }
    slopes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_of_a_corner() {
        #[rustfmt::skip]
        let pixels = [
            255, 255, 0,
            255,   0, 0,
              0,   0, 0,
        ];
        #[rustfmt::skip]
        let expected = [
            (0.0,  0.0), (-0.5, -0.5), (-0.5,  0.0),
            (-0.5, -0.5), (-0.5, -0.5), (0.0,  0.0),
            (0.0, -0.5), (0.0,  0.0), (0.0,  0.0),
        ];
        assert_eq!(gradients(&pixels, 3, 3), expected);
    }
}
