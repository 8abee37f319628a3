//! The way from a cell on the page to the cell of the data set.
//!
//! The official digits were made by warping the outline of the grid to a square of some 4724 pixels and dividing that
//! into 32 x 40 equal cells, whatever the shape of the page. A cell of any grid is given the same size here, which is
//! what stretches a digit in it as the official ones are stretched.

use crate::lattice::{Lattice, Point};
use crate::refine::RuledGrid;
use lekka_image::Perspective;

/// Width and height of an official cell, in pixels of the official square.
pub(crate) const CELL: (f64, f64) = (4724.0 / 32.0, 4724.0 / 40.0);

/// What was left out on each side of an official cell, in pixels of the official square.
pub(crate) const MARGIN: f64 = 18.0;

/// How far a rule may be off its place in an even grid, in parts of a cell, for the grid to count as even.
const EVEN: f64 = 0.06;

/// Maps from the page to official cells.
pub(crate) struct Frames {
    columns: usize,
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
}

impl Frames {
    /// The frames of a grid: one view of the whole when its cells are even, as the official procedure has it, and one
    /// for each cell when the rules are bent or unevenly spaced.
    pub(crate) fn of(grid: &RuledGrid) -> Self {
        let lattice = &grid.lattice;
        let (rows, columns) = (lattice.rows(), lattice.columns());
        let whole = Perspective::between(&outline(grid), &square(rows, columns))
            .filter(|map| is_even(lattice, map));
        let maps = match whole {
            Some(map) => vec![map],
            None => (0..rows * columns)
                .map(|i| cell_map(lattice, i / columns, i % columns))
                .collect(),
        };
        Self { columns, maps }
    }

    pub(crate) fn cell(&self, row: usize, column: usize) -> CellFrame {
        match self.maps.as_slice() {
            [map] => CellFrame {
                map: *map,
                origin: (column as f64 * CELL.0, row as f64 * CELL.1),
            },
            maps => CellFrame {
                map: maps
                    .get(row * self.columns + column)
                    .copied()
                    .unwrap_or(Perspective::IDENTITY),
                origin: (0.0, 0.0),
            },
        }
    }
}

/// The corners of the grid's outline with its rules' ink, as the official procedure took them.
fn outline(grid: &RuledGrid) -> [Point; 4] {
    let half = |thickness: Option<&f64>| thickness.copied().unwrap_or(1.0) / 2.0 + 1.0;
    let (top, bottom) = (
        half(grid.row_thickness.first()),
        half(grid.row_thickness.last()),
    );
    let (left, right) = (
        half(grid.column_thickness.first()),
        half(grid.column_thickness.last()),
    );
    let [a, b, c, d] = grid.lattice.corners();
    [
        (a.0 - left, a.1 - top),
        (b.0 + right, b.1 - top),
        (c.0 + right, c.1 + bottom),
        (d.0 - left, d.1 + bottom),
    ]
}

fn square(rows: usize, columns: usize) -> [Point; 4] {
    let (right, bottom) = (columns as f64 * CELL.0 - 1.0, rows as f64 * CELL.1 - 1.0);
    [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)]
}

/// Whether the rules cross where the view of the whole would have them.
fn is_even(lattice: &Lattice, map: &Perspective) -> bool {
    (0..=lattice.rows()).all(|row| {
        (0..=lattice.columns()).all(|column| {
            let (x, y) = map.apply(lattice.node(row, column));
            (x / CELL.0 - column as f64).abs() <= EVEN && (y / CELL.1 - row as f64).abs() <= EVEN
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
    Perspective::between(&corners, &square(1, 1)).unwrap_or(Perspective::IDENTITY)
}
