//! A ruled page of cells.

use crate::alphabet::Point;
use crate::hand::Hand;
use crate::noise::add_speckles;
use crate::random::Rng;
use crate::raster::draw_polyline;
use crate::text::{draw_glyph, kannada_digit};
use image::{GrayImage, Luma};

/// A ruled page with at most one digit in a cell.
///
/// ```
/// use lekka_strokes::Sheet;
///
/// let sheet = Sheet { cells: vec![vec![Some(1), None], vec![Some(3), Some(4)]], ..Sheet::default() };
/// assert_eq!(lekka_strokes::cell_text(&sheet.cells), "1_\n34");
/// let picture = sheet.draw(1);
/// assert!(picture.width() > picture.height());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The digits, row by row; `None` is a cell left empty.
    pub cells: Vec<Vec<Option<u8>>>,
    /// Width and height of a cell in pixels.
    pub cell_size: [f32; 2],
    /// White around the grid in pixels.
    pub margin: f32,
    /// How far the content is turned, counter-clockwise, in degrees.
    pub skew_degrees: f32,
    /// Width of the ruling in pixels; 0 draws none.
    pub rule_thickness: f32,
    /// Side of a digit's unit box relative to the height of a cell.
    pub digit_size: f32,
    /// Grey of the paper.
    pub paper: u8,
    /// Grey of ink and ruling; above `paper` for light on dark.
    pub ink: u8,
    /// Dust, in specks for a million pixels.
    pub speckles: f32,
}

impl Default for Sheet {
    /// An empty page with cells of the proportions of the Kannada-MNIST sheets.
    fn default() -> Self {
        Self {
            cells: Vec::new(),
            cell_size: [104.0, 62.0],
            margin: 50.0,
            skew_degrees: 0.0,
            rule_thickness: 2.0,
            digit_size: 0.72,
            paper: 255,
            ink: 0,
            speckles: 60.0,
        }
    }
}

impl Sheet {
    /// Draws the page as one writer fills it; the same seed draws the same page.
    pub fn draw(&self, seed: u64) -> GrayImage {
        let rows = self.cells.len();
        let columns = self.cells.iter().map(Vec::len).max().unwrap_or(0);
        let [cell_width, cell_height] = self.cell_size;
        let grid = [columns as f32 * cell_width, rows as f32 * cell_height];
        let (sin, cos) = (-self.skew_degrees).to_radians().sin_cos();
        // The page holds the turned grid and the margin.
        let width = (grid[0] * cos.abs() + grid[1] * sin.abs() + 2.0 * self.margin)
            .ceil()
            .max(1.0);
        let height = (grid[0] * sin.abs() + grid[1] * cos.abs() + 2.0 * self.margin)
            .ceil()
            .max(1.0);
        let turn = |x: f32, y: f32| -> Point {
            let [x, y] = [x - grid[0] / 2.0, y - grid[1] / 2.0];
            [
                width / 2.0 + cos * x - sin * y,
                height / 2.0 + sin * x + cos * y,
            ]
        };
        let mut picture = GrayImage::from_pixel(width as u32, height as u32, Luma([self.paper]));
        if self.rule_thickness > 0.0 {
            for row in 0..=rows {
                let y = row as f32 * cell_height;
                let line = [turn(0.0, y), turn(grid[0], y)];
                draw_ruling(&mut picture, line, self.rule_thickness, self.ink);
            }
            for column in 0..=columns {
                let x = column as f32 * cell_width;
                let line = [turn(x, 0.0), turn(x, grid[1])];
                draw_ruling(&mut picture, line, self.rule_thickness, self.ink);
            }
        }
        let mut rng = Rng::new(seed);
        let writer = Hand::random(cell_height * self.digit_size, &mut rng);
        for (row, cells) in self.cells.iter().enumerate() {
            for (column, digit) in cells.iter().enumerate() {
                // Drawn for blank cells too: what one cell holds does not move the others' ink.
                let mut rng = Rng::new(rng.next_u64());
                let Some(digit) = digit.and_then(kannada_digit) else {
                    continue;
                };
                let mut hand = writer.vary(&mut rng);
                hand.rotation_degrees += self.skew_degrees;
                let x = (column as f32 + 0.5 + 0.06 * rng.normal()) * cell_width;
                let y = (row as f32 + 0.5) * cell_height + 0.03 * cell_height * rng.normal();
                let variant = rng.below(64);
                draw_glyph(
                    &mut picture,
                    digit,
                    variant,
                    turn(x, y),
                    &hand,
                    self.ink,
                    &mut rng,
                );
            }
        }
        add_speckles(&mut picture, self.speckles, &mut rng);
        picture
    }
}

/// A long line in short pieces, whose masks are small.
fn draw_ruling(picture: &mut GrayImage, [a, b]: [Point; 2], thickness: f32, ink: u8) {
    let pieces = ((b[0] - a[0]).hypot(b[1] - a[1]) / 64.0).ceil().max(1.0) as usize;
    let points: Vec<Point> = (0..=pieces)
        .map(|i| i as f32 / pieces as f32)
        .map(|t| [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])])
        .collect();
    draw_polyline(picture, &points, thickness, ink);
}

/// The digits of a grid as ASCII, `_` for blank, a line for each row.
pub fn cell_text(cells: &[Vec<Option<u8>>]) -> String {
    let row = |row: &Vec<Option<u8>>| {
        row.iter()
            .map(|d| d.map_or('_', |d| char::from(b'0' + d % 10)))
            .collect::<String>()
    };
    cells.iter().map(row).collect::<Vec<_>>().join("\n")
}
