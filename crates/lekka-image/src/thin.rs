//! Strokes reduced to lines one pixel wide.

use image::GrayImage;

/// The skeleton of white ink on black (anything above 0 is ink): lines one pixel wide in the middle
/// of the strokes, hanging together as the strokes do, with as many holes.
///
/// Source: Z. Guo, R. W. Hall, *Parallel thinning with two-subiteration algorithms*, Comm. ACM
/// 32(3), 1989, algorithm A1. Unlike the better known one of Zhang and Suen it does not lose 2 x 2
/// squares and thins slanted lines fully.
///
/// ```
/// use lekka_image::{grid, thin, to_text};
/// let stroke = grid(&["..###...", "..###...", "..###...", "..######", "..######", "..######"]);
/// assert_eq!(
///     to_text(&thin(&stroke)),
///     "........\n...#....\n...#....\n...#....\n....###.\n........\n",
/// );
/// ```
pub fn thin(image: &GrayImage) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    // A frame of background saves asking for the border at every pixel.
    let stride = width + 2;
    let mut ink = vec![false; stride * (height + 2)];
    let mut left = Vec::new();
    for (y, row) in image.as_raw().chunks_exact(width.max(1)).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|&(_, &value)| value > 0) {
            let i = (y + 1) * stride + x + 1;
            ink[i] = true;
            left.push(i);
        }
    }
    let tables = [Pass::First, Pass::Second].map(deletions);
    let mut deleted: Vec<usize> = Vec::new();
    loop {
        let before = left.len();
        for table in &tables {
            deleted.clear();
            deleted.extend(left.iter().filter(|&&i| table[neighbours(&ink, stride, i)]));
            for &i in &deleted {
                ink[i] = false;
            }
            left.retain(|&i| ink[i]);
        }
        if left.len() == before {
            break;
        }
    }
    let mut out = GrayImage::new(image.width(), image.height());
    let pixels: &mut [u8] = &mut out;
    for i in left {
        pixels[(i / stride - 1) * width + i % stride - 1] = 255;
    }
    out
}

/// The eight neighbours as bits, from the one above clockwise.
fn neighbours(ink: &[bool], stride: usize, i: usize) -> usize {
    [
        i - stride,
        i - stride + 1,
        i + 1,
        i + stride + 1,
        i + stride,
        i + stride - 1,
        i - 1,
        i - stride - 1,
    ]
    .iter()
    .enumerate()
    .map(|(bit, &j)| usize::from(ink[j]) << bit)
    .sum()
}

/// The two passes peel from opposite sides.
#[derive(Clone, Copy)]
enum Pass {
    First,
    Second,
}

/// For each neighbourhood, whether the pixel in its middle goes.
fn deletions(pass: Pass) -> [bool; 256] {
    std::array::from_fn(|bits| {
        // p2 .. p9 of the paper.
        let [n, ne, e, se, s, sw, w, nw] = std::array::from_fn(|bit| bits >> bit & 1 == 1);
        let pairs = |a: [bool; 8]| a.chunks_exact(2).filter(|pair| pair[0] || pair[1]).count();
        // The number of strokes that meet here.
        let crossings = [(n, ne, e), (e, se, s), (s, sw, w), (w, nw, n)]
            .iter()
            .filter(|&&(a, b, c)| !a && (b || c))
            .count();
        let filled = pairs([nw, n, ne, e, se, s, sw, w]).min(pairs([n, ne, e, se, s, sw, w, nw]));
        let kept_side = match pass {
            Pass::First => (n || ne || !se) && e,
            Pass::Second => (s || sw || !nw) && w,
        };
        crossings == 1 && (2..=3).contains(&filled) && !kept_side
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{connected_components, grid, to_text};

    #[test]
    fn a_ring_stays_a_ring() {
        let ring = grid(&[
            "..#####..",
            ".#######.",
            "###...###",
            "###...###",
            "###...###",
            ".#######.",
            "..#####..",
        ]);
        let thinned = thin(&ring);
        let holes = crate::binarize::invert(&thinned);
        assert_eq!(connected_components(&thinned).len(), 1);
        assert!(
            thinned.as_raw().iter().filter(|&&v| v > 0).count() <= 18,
            "{}",
            to_text(&thinned)
        );
        // Paper inside and outside.
        assert!(holes.get_pixel(4, 3).0[0] > 0 && holes.get_pixel(0, 0).0[0] > 0);
    }

    #[test]
    fn what_is_thin_already_stays() {
        for rows in [
            &["#"][..],
            &["#...", ".#..", "..#."],
            &["####"],
            &["....", "...."],
            &[],
        ] {
            let picture = grid(rows);
            assert_eq!(thin(&picture), picture, "{rows:?}");
        }
    }

    #[test]
    fn a_square_does_not_vanish() {
        for side in 1..9 {
            let square = GrayImage::from_pixel(side, side, image::Luma([255]));
            assert_eq!(connected_components(&thin(&square)).len(), 1, "{side}");
        }
    }
}
