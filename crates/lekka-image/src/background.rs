//! The paper behind the ink: how bright it is where, and making it even.

use image::GrayImage;
use rayon::prelude::*;

/// Tiles along the longer side of a picture.
const TILES: u32 = 48;

/// The smallest tile, in pixels: a few strokes must leave most of it paper.
const SMALLEST: u32 = 16;

/// Paper is not lightened by more than this factor: what is darker is no paper.
const MOST_GAIN: f32 = 4.0;

/// Shares of a tile's pixels that are darker than its [`Tile`] values.
const SHARES: [f64; 3] = [0.05, 0.5, 0.85];

/// The grey values of one tile of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tile {
    /// 5 % of its pixels are at most this: ink, where there is any.
    dark: u8,
    /// The median.
    middle: u8,
    /// 85 % are at most this: paper, unless the tile is full of ink.
    light: u8,
}

/// How bright the paper of a picture with dark ink is, tile by tile.
///
/// The paper of a tile is its 85th percentile; a tile full of ink counts as the tiles around it (a
/// median of 3 x 3 tiles).
#[derive(Clone, Debug)]
pub struct Background {
    side: u32,
    columns: usize,
    tiles: Vec<Tile>,
    /// The brightness of the paper, smoothed.
    paper: Vec<u8>,
}

impl Background {
    /// Measures a picture with dark ink on light paper; `None` when it has no pixels.
    pub fn of(image: &GrayImage) -> Option<Self> {
        Self::in_tiles(image, 0)
    }

    /// The same with tiles of at least `least` pixels, for writing with thick strokes: tiles should
    /// be several strokes wide. Without it they are a 48th of the longer side, at least 16 pixels.
    pub fn in_tiles(image: &GrayImage, least: u32) -> Option<Self> {
        if image.is_empty() {
            return None;
        }
        let (width, height) = image.dimensions();
        let longer = width.max(height);
        let side = (longer / TILES).max(SMALLEST).max(least.min(longer));
        let columns = width.div_ceil(side) as usize;
        let band = width as usize * side as usize;
        let tiles: Vec<Tile> = image
            .as_raw()
            .par_chunks(band)
            .flat_map_iter(|rows| tiles_of(rows, width as usize, side as usize))
            .collect();
        let paper = smoothed(&tiles, columns);
        Some(Self {
            side,
            columns,
            tiles,
            paper,
        })
    }

    /// How uneven the light is, 0 to 1: how much darker the darkest twentieth of the paper is than
    /// the brightest.
    pub fn unevenness(&self) -> f64 {
        let mut sorted = self.paper.clone();
        sorted.sort_unstable();
        let at = |share: f64| f64::from(sorted[((sorted.len() - 1) as f64 * share) as usize]);
        let (dark, light) = (at(0.05), at(0.95));
        if light > 0.0 { 1.0 - dark / light } else { 0.0 }
    }

    /// The share of the tiles, 0 to 1, of which more than half is at most `threshold`: much more
    /// than writing covers. A good threshold has hardly any.
    pub fn mostly_below(&self, threshold: u8) -> f64 {
        let below = self.tiles.iter().filter(|tile| tile.middle <= threshold);
        below.count() as f64 / self.tiles.len().max(1) as f64
    }

    /// Whether the rarer values of the tiles are their darker ones, as ink is on paper; `None` when
    /// no tile has any contrast. Unlike [`polarity`](crate::polarity::polarity) it is not misled by
    /// shadows.
    pub fn has_dark_ink(&self) -> Option<bool> {
        let (mut dark, mut light) = (0, 0);
        for tile in &self.tiles {
            if tile.light.saturating_sub(tile.dark) < 24 {
                continue;
            }
            if tile.light - tile.middle <= tile.middle - tile.dark {
                dark += 1;
            } else {
                light += 1;
            }
        }
        (dark + light > 0).then_some(dark >= light)
    }

    /// The picture (the one that was measured) with paper that is everywhere as bright as where it
    /// is brightest: each pixel divided by the paper around it. Shadows and stains go, the contrast
    /// of ink in them is restored.
    ///
    /// Between the middles of tiles the brightness of the paper is interpolated linearly. A picture
    /// of another size than the one measured is returned as it is.
    ///
    /// ```
    /// use lekka_image::{GrayImage, background::Background};
    /// // Light that falls off to the right; every eighth column is ink.
    /// let page = GrayImage::from_fn(160, 64, |x, _| {
    ///     image::Luma([if x % 8 == 0 { 20 } else { 240 - x as u8 / 2 }])
    /// });
    /// let even = Background::of(&page).unwrap().flatten(&page);
    /// let paper = |x| even.get_pixel(x, 30).0[0];
    /// assert!(paper(11) > 225 && paper(147) > 225 && paper(80) < 60);
    /// ```
    pub fn flatten(&self, image: &GrayImage) -> GrayImage {
        let (width, height) = image.dimensions();
        let rows = self.tiles.len() / self.columns.max(1);
        let fits = width.div_ceil(self.side) as usize == self.columns
            && height.div_ceil(self.side) as usize == rows;
        if !fits || image.is_empty() {
            return image.clone();
        }
        let target = f32::from(self.brightest());
        // What each pixel of a row is multiplied with, between two rows of tiles.
        let across: Vec<(usize, usize, f32)> =
            (0..width).map(|x| self.between(x, self.columns)).collect();
        let mut pixels = vec![0; image.as_raw().len()];
        pixels
            .par_chunks_mut(width as usize)
            .zip(image.as_raw().par_chunks(width as usize))
            .enumerate()
            .with_min_len(16)
            .for_each_init(
                || vec![0.0_f32; self.columns],
                |levels, (y, (out, source))| {
                    let (upper, lower, part) = self.between(y as u32, rows);
                    for (column, level) in levels.iter_mut().enumerate() {
                        let at = |row: usize| f32::from(self.paper[row * self.columns + column]);
                        *level = at(upper) * (1.0 - part) + at(lower) * part;
                    }
                    for ((out, &value), &(left, right, part)) in
                        out.iter_mut().zip(source).zip(&across)
                    {
                        let level = levels[left] * (1.0 - part) + levels[right] * part;
                        let gain = (target / level.max(1.0)).clamp(1.0 / MOST_GAIN, MOST_GAIN);
                        *out = (f32::from(value) * gain + 0.5).min(255.0) as u8;
                    }
                },
            );
        crate::from_pixels(width, height, pixels)
    }

    /// The brightness of the paper where it is brightest, leaving out a twentieth; that is what all of
    /// it gets.
    pub fn brightest(&self) -> u8 {
        let mut sorted = self.paper.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() - 1) * 19 / 20]
    }

    /// Side of a tile, in pixels.
    pub const fn tile_side(&self) -> u32 {
        self.side
    }

    /// The two tiles along an axis whose middles are around a pixel, and how near it is to the
    /// second.
    fn between(&self, pixel: u32, count: usize) -> (usize, usize, f32) {
        let at = (pixel as f32 + 0.5) / self.side as f32 - 0.5;
        let first = at.floor();
        let inside = |tile: f32| (tile.max(0.0) as usize).min(count - 1);
        (inside(first), inside(first + 1.0), at - first)
    }
}

/// The tiles of a band of rows.
fn tiles_of(rows: &[u8], width: usize, side: usize) -> Vec<Tile> {
    // A sample is enough for percentiles.
    let step = (side / 32).max(1);
    let columns = width.div_ceil(side);
    let mut counts = vec![[0_u32; 256]; columns];
    for row in rows.chunks_exact(width).step_by(step) {
        for (counts, part) in counts.iter_mut().zip(row.chunks(side)) {
            for &value in part {
                counts[usize::from(value)] += 1;
            }
        }
    }
    counts
        .iter()
        .map(|counts| {
            let total: u32 = counts.iter().sum();
            let [dark, middle, light] = SHARES.map(|share| {
                let wanted = (f64::from(total) * share) as u32;
                let mut sum = 0;
                let reached = counts.iter().position(|&count| {
                    sum += count;
                    sum > wanted
                });
                reached.unwrap_or(255) as u8
            });
            Tile {
                dark,
                middle,
                light,
            }
        })
        .collect()
}

/// The paper of each tile: the median of it and its neighbours.
fn smoothed(tiles: &[Tile], columns: usize) -> Vec<u8> {
    let rows = tiles.len() / columns.max(1);
    (0..tiles.len())
        .map(|i| {
            let (row, column) = (i / columns, i % columns);
            let mut around: Vec<u8> = (row.saturating_sub(1)..(row + 2).min(rows))
                .flat_map(|row| {
                    (column.saturating_sub(1)..(column + 2).min(columns))
                        .map(move |column| (row, column))
                })
                .map(|(row, column)| tiles[row * columns + column].light)
                .collect();
            around.sort_unstable();
            around[around.len() / 2]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars of ink, 3 of 16 pixels wide, on paper as bright as `paper` says.
    fn page(paper: impl Fn(u32, u32) -> f64) -> GrayImage {
        GrayImage::from_fn(600, 400, |x, y| {
            let ink = if x % 16 < 3 && y % 40 > 10 { 0.2 } else { 1.0 };
            image::Luma([(paper(x, y) * ink) as u8])
        })
    }

    fn background(page: &GrayImage) -> Background {
        Background::of(page).unwrap()
    }

    #[test]
    fn even_paper_is_even() {
        let even = page(|_, _| 230.0);
        assert!(background(&even).unevenness() < 0.01);
        assert_eq!(background(&even).flatten(&even), even);
    }

    #[test]
    fn shadows_go_and_ink_stays() {
        let shaded = page(|x, _| 240.0 - 0.25 * f64::from(x));
        let measured = background(&shaded);
        assert!(measured.unevenness() > 0.4, "{}", measured.unevenness());
        // One threshold for the whole page does not do.
        assert!(shaded.get_pixel(599, 5).0[0] < 100);
        let flat = measured.flatten(&shaded);
        for (x, y, pixel) in flat.enumerate_pixels() {
            let inked = x % 16 < 3 && y % 40 > 10;
            assert_eq!(pixel.0[0] < 128, inked, "{x} {y}: {}", pixel.0[0]);
        }
        assert!(background(&flat).unevenness() < 0.05);
    }

    #[test]
    fn ink_is_what_is_rarer_in_each_place() {
        // Most of the page is in the dark.
        let dim = page(|x, _| if x < 150 { 230.0 } else { 90.0 });
        assert_eq!(background(&dim).has_dark_ink(), Some(true));
        let light = crate::binarize::invert(&page(|_, _| 240.0));
        assert_eq!(background(&light).has_dark_ink(), Some(false));
        let empty = GrayImage::from_pixel(50, 50, image::Luma([200]));
        assert_eq!(background(&empty).has_dark_ink(), None);
    }

    #[test]
    fn a_threshold_above_the_paper_shows() {
        let stepped = page(|x, _| if x < 300 { 230.0 } else { 100.0 });
        let measured = background(&stepped);
        assert!(measured.mostly_below(128) > 0.4);
        assert!(measured.mostly_below(60) < 0.01);
    }

    #[test]
    fn tiny_and_empty_pictures() {
        assert!(Background::of(&GrayImage::new(0, 3)).is_none());
        let dot = GrayImage::from_pixel(1, 1, image::Luma([7]));
        assert_eq!(background(&dot).flatten(&dot), dot);
        let other = GrayImage::new(100, 100);
        assert_eq!(
            background(&dot).flatten(&other),
            other,
            "not what was measured"
        );
    }
}
