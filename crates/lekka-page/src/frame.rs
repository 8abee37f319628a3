//! The way from a cell on the page to the cell of the data set.
//!
//! The official digits were made by warping the outline of the grid to a square of some 4724 pixels and dividing that
//! into 32 x 40 equal cells, whatever the shape of the page. A cell of any grid is given the same size here, which is
//! what stretches a digit in it as the official ones are stretched.

use crate::ink::Ink;
use crate::lattice::{Lattice, Point};
use crate::outline::official_corners;
use crate::refine::RuledGrid;
use lekka_image::Perspective;

/// Width and height of an official cell, in pixels of the official square.
pub(crate) const CELL: (f64, f64) = (4724.0 / 32.0, 4724.0 / 40.0);

/// What was left out on each side of an official cell, in pixels of the official square.
pub(crate) const MARGIN: f64 = 18.0;

/// How far a rule may be off its place in an even grid, in parts of a cell, for the grid to count as even. The view
/// only decides the scale and the sampling; which ink belongs to a cell is decided by the rules where they are.
const EVEN: f64 = 0.2;

/// Maps from the page to official cells.
pub(crate) struct Frames {
    columns: usize,
    /// Width and height of a cell under the maps.
    cell: (f64, f64),
    /// One map to the whole official square, or one for each cell to an official cell.
    maps: Vec<Perspective>,
}

/// Where one cell lies in the official square.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellFrame {
    /// From the page to the square.
    pub(crate) map: Perspective,
    /// The cell's upper left corner in the square.
    pub(crate) origin: Point,
    /// The cell's width and height in the square.
    pub(crate) size: (f64, f64),
}

impl Frames {
    /// The frames of a grid: one view of the whole when its cells are even, as the official procedure has it, and one
    /// for each cell when the rules are bent or unevenly spaced.
    pub(crate) fn of(ink: &Ink, grid: &RuledGrid) -> Self {
        let lattice = &grid.lattice;
        let (rows, columns) = (lattice.rows(), lattice.columns());
        let corners = official_corners(ink, lattice.corners());
        let side = longest_side(&corners);
        let cell = cell_size(side.floor(), rows, columns);
        let (right, bottom) = if cell == CELL {
            (columns as f64 * cell.0 - 1.0, rows as f64 * cell.1 - 1.0)
        } else {
            (side - 1.0, side - 1.0)
        };
        let square = [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)];
        let whole =
            Perspective::between(&corners, &square).filter(|map| is_even(lattice, map, cell));
        match whole {
            Some(map) => Self {
                columns,
                cell,
                maps: vec![map],
            },
            None => Self {
                columns,
                cell: CELL,
                maps: (0..rows * columns)
                    .map(|i| cell_map(lattice, i / columns, i % columns))
                    .collect(),
            },
        }
    }

    pub(crate) fn cell(&self, row: usize, column: usize) -> CellFrame {
        let (map, origin) = match self.maps.as_slice() {
            [map] => (
                Some(map),
                (column as f64 * self.cell.0, row as f64 * self.cell.1),
            ),
            maps => (maps.get(row * self.columns + column), (0.0, 0.0)),
        };
        CellFrame {
            map: map.copied().unwrap_or(Perspective::IDENTITY),
            origin,
            size: self.cell,
        }
    }
}

fn longest_side(corners: &[Point; 4]) -> f64 {
    (0..4)
        .map(|i| {
            let (a, b) = (corners[i], corners[(i + 1) % 4]);
            (b.0 - a.0).hypot(b.1 - a.1)
        })
        .fold(0.0, f64::max)
}

/// The size of a cell in a square of this side: the official procedure took the longest side of the outline as the
/// side of the square. Where that gives cells of about the official size it is done here too; a grid of other
/// dimensions or resolution gets cells of exactly that size.
fn cell_size(side: f64, rows: usize, columns: usize) -> (f64, f64) {
    let own = (side / columns as f64, side / rows as f64);
    let near = |a: f64, b: f64| (a / b - 1.0).abs() <= 0.1;
    if near(own.0, CELL.0) && near(own.1, CELL.1) {
        own
    } else {
        CELL
    }
}

/// Whether the rules cross where the view of the whole would have them.
fn is_even(lattice: &Lattice, map: &Perspective, cell: (f64, f64)) -> bool {
    (0..=lattice.rows()).all(|row| {
        (0..=lattice.columns()).all(|column| {
            let (x, y) = map.apply(lattice.node(row, column));
            (x / cell.0 - column as f64).abs() <= EVEN && (y / cell.1 - row as f64).abs() <= EVEN
        })
    })
}

/// The map from one cell alone to an official cell.
fn cell_map(lattice: &Lattice, row: usize, column: usize) -> Perspective {
    let corners = [
        lattice.node(row, column),
        lattice.node(row, column + 1),
        lattice.node(row + 1, column + 1),
        lattice.node(row + 1, column),
    ];
    let official = [(0.0, 0.0), (CELL.0, 0.0), CELL, (0.0, CELL.1)];
    Perspective::between(&corners, &official).unwrap_or(Perspective::IDENTITY)
}
