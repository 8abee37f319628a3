//! Even spacing of points: the period of their positions, and the even grid of places that they stand at.

use crate::rules::median;

/// A point `(x, y)`.
type Point = (f64, f64);

/// Positions at equal distances: `offset + k * period`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Comb {
    pub(crate) period: f64,
    pub(crate) offset: f64,
    /// How well positions keep to it, 0 to 1: the mean resultant length of their phases (Rayleigh's test for a
    /// period). Positions scattered by `s` around their places have `exp(-2 (pi s / period)^2)`.
    pub(crate) strength: f64,
}

/// The period between `shortest` and `longest` that positions keep to best.
pub(crate) fn find_comb(positions: &[f64], shortest: f64, longest: f64) -> Option<Comb> {
    let low = positions.iter().copied().fold(f64::INFINITY, f64::min);
    let high = positions.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let extent = high - low;
    if positions.len() < 3 || !(extent > 0.0 && shortest > 0.0) {
        return None;
    }
    // From one frequency to the next the phase at the far end turns by a sixth of a turn.
    let step = 1.0 / (6.0 * extent);
    let (first, last) = (1.0 / longest.min(extent), 1.0 / shortest);
    let count = ((last - first) / step).clamp(0.0, 20_000.0) as usize;
    let comb = |frequency: f64| {
        let (mut cos, mut sin) = (0.0, 0.0);
        for position in positions {
            let (s, c) = (std::f64::consts::TAU * frequency * (position - low)).sin_cos();
            cos += c;
            sin += s;
        }
        let period = 1.0 / frequency;
        Comb {
            period,
            offset: low + sin.atan2(cos) / std::f64::consts::TAU * period,
            strength: cos.hypot(sin) / positions.len() as f64,
        }
    };
    (0..=count)
        .map(|k| comb(first + k as f64 * step))
        .max_by(|a, b| a.strength.total_cmp(&b.strength))
}

/// The slope at which points lie in the sharpest rows, up to 5 degrees either way; `grain` is the thickness of a row.
pub(crate) fn row_slope(points: &[Point], grain: f64) -> f64 {
    const STEPS: i32 = 60;
    const STEEPEST: f64 = 0.0875;
    let Some(left) = points.iter().map(|p| p.0).min_by(f64::total_cmp) else {
        return 0.0;
    };
    let sharpness = |slope: f64| {
        let across = |p: &Point| (p.1 - slope * (p.0 - left)) / grain.max(1.0);
        let low = points.iter().map(across).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(across).fold(f64::NEG_INFINITY, f64::max);
        let mut counts = vec![0.0; ((high - low) as usize).min(100_000) + 3];
        for point in points {
            // Shared between two neighbours, so that the borders between them do not matter.
            let at = across(point) - low;
            let (whole, part) = (at as usize, at.fract());
            if let Some([a, b]) = counts.get_mut(whole..whole + 2) {
                *a += 1.0 - part;
                *b += part;
            }
        }
        counts.iter().map(|n: &f64| n * n).sum::<f64>()
    };
    let slopes = (-STEPS..=STEPS).map(|k| f64::from(k) * STEEPEST / f64::from(STEPS));
    slopes
        .map(|slope| (sharpness(slope), slope))
        // Of equally sharp ones the most level.
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.abs().total_cmp(&a.1.abs())))
        .map_or(0.0, |best| best.1)
}

/// Places in rows and columns that need be neither upright nor quite even.
#[derive(Clone, Debug)]
pub(crate) struct PlaceGrid {
    /// `x = a + b column + c row + d row column`.
    x: [f64; 4],
    /// The same for `y`.
    y: [f64; 4],
    /// What is added to the `x` of each column.
    column_shift: Vec<f64>,
    /// What is added to the `y` of each row.
    row_shift: Vec<f64>,
}

impl PlaceGrid {
    /// Through points near the crossings of two combs, the rows rising by `slope`.
    pub(crate) fn fit(points: &[Point], rows: Comb, columns: Comb, slope: f64) -> Option<Self> {
        let mut grid = Self {
            x: [columns.offset, columns.period, -slope * rows.period, 0.0],
            y: [rows.offset, slope * columns.period, rows.period, 0.0],
            column_shift: Vec::new(),
            row_shift: Vec::new(),
        };
        for _ in 0..6 {
            let mut places = Vec::with_capacity(points.len());
            for &point in points {
                let (row, column) = grid.index_of(point);
                let (whole_row, whole_column) = (row.round(), column.round());
                // What stands between two places says nothing about either.
                if (row - whole_row).abs() < 0.4 && (column - whole_column).abs() < 0.4 {
                    places.push((whole_row, whole_column, point));
                }
            }
            grid.x = least_squares(places.iter().map(|p| (p.0, p.1, p.2.0)))?;
            grid.y = least_squares(places.iter().map(|p| (p.0, p.1, p.2.1)))?;
        }
        Some(grid)
    }

    /// Numbers rows and columns anew, so that the given ones become the first, and lets each row and column be off
    /// its even place by what the points in it are.
    pub(crate) fn settle(&mut self, first: (i64, i64), size: (usize, usize), points: &[Point]) {
        let (row, column) = (first.0 as f64, first.1 as f64);
        for axis in [&mut self.x, &mut self.y] {
            let [a, b, c, d] = *axis;
            *axis = [
                a + b * column + c * row + d * row * column,
                b + d * row,
                c + d * column,
                d,
            ];
        }
        let mut off_rows = vec![Vec::new(); size.0];
        let mut off_columns = vec![Vec::new(); size.1];
        for &point in points {
            let (row, column) = self.index_of(point);
            let (row, column) = (row.round(), column.round());
            if row >= 0.0 && column >= 0.0 && (row as usize) < size.0 && (column as usize) < size.1
            {
                let place = self.place(row, column);
                off_rows[row as usize].push(point.1 - place.1);
                off_columns[column as usize].push(point.0 - place.0);
            }
        }
        let usual = |values: Vec<Vec<f64>>| -> Vec<f64> {
            let few = |v: &Vec<f64>| v.len() < 5;
            let middle = |v: Vec<f64>| {
                if few(&v) {
                    0.0
                } else {
                    median(v.into_iter()).unwrap_or(0.0)
                }
            };
            values.into_iter().map(middle).collect()
        };
        self.row_shift = usual(off_rows);
        self.column_shift = usual(off_columns);
    }

    /// Where the place of a row and column is, parts of them included.
    pub(crate) fn place(&self, row: f64, column: f64) -> Point {
        let at =
            |axis: &[f64; 4]| axis[0] + axis[1] * column + axis[2] * row + axis[3] * row * column;
        (
            at(&self.x) + shift_at(&self.column_shift, column),
            at(&self.y) + shift_at(&self.row_shift, row),
        )
    }

    /// The row and column, parts of them included, of a point.
    pub(crate) fn index_of(&self, point: Point) -> (f64, f64) {
        let (mut row, mut column) = (0.0, 0.0);
        for _ in 0..6 {
            let (x, y) = self.place(row, column);
            let (dx, dy) = (point.0 - x, point.1 - y);
            let (x_column, x_row) = (self.x[1] + self.x[3] * row, self.x[2] + self.x[3] * column);
            let (y_column, y_row) = (self.y[1] + self.y[3] * row, self.y[2] + self.y[3] * column);
            let determinant = x_column * y_row - x_row * y_column;
            if determinant.abs() < 1e-9 {
                break;
            }
            column += (dx * y_row - x_row * dy) / determinant;
            row += (x_column * dy - dx * y_column) / determinant;
        }
        (row, column)
    }

    /// Width and height of a usual cell.
    pub(crate) fn pitch(&self) -> (f64, f64) {
        (self.x[1].abs().max(1.0), self.y[2].abs().max(1.0))
    }

    /// The slope of its rows.
    pub(crate) fn slope(&self) -> f64 {
        self.y[1] / self.x[1]
    }
}

/// The shift at a row or column, straight between whole ones.
fn shift_at(shifts: &[f64], at: f64) -> f64 {
    let Some(last) = shifts.len().checked_sub(1) else {
        return 0.0;
    };
    let at = at.clamp(0.0, last as f64);
    let (whole, part) = (at as usize, at.fract());
    let next = shifts[(whole + 1).min(last)];
    shifts[whole] + part * (next - shifts[whole])
}

/// `a, b, c, d` of `value = a + b column + c row + d row column`, for triples of row, column and value; `None` when
/// they do not determine it.
fn least_squares(samples: impl Iterator<Item = (f64, f64, f64)>) -> Option<[f64; 4]> {
    let mut system = [[0.0_f64; 5]; 4];
    for (row, column, value) in samples {
        let terms = [1.0, column, row, row * column, value];
        for (i, equation) in system.iter_mut().enumerate() {
            for (sum, term) in equation.iter_mut().zip(terms) {
                *sum += terms[i] * term;
            }
        }
    }
    for i in 0..4 {
        let pivot = (i..4).max_by(|&a, &b| system[a][i].abs().total_cmp(&system[b][i].abs()))?;
        system.swap(i, pivot);
        if system[i][i].abs() < 1e-9 {
            return None;
        }
        for other in 0..4 {
            if other != i {
                let factor = system[other][i] / system[i][i];
                let pivot_row = system[i];
                for (value, of_pivot) in system[other].iter_mut().zip(pivot_row).skip(i) {
                    *value -= factor * of_pivot;
                }
            }
        }
    }
    let solution = std::array::from_fn(|i| system[i][4] / system[i][i]);
    solution.iter().all(|v| v.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_of_positions_is_found() {
        let positions: Vec<f64> = (0..30)
            .filter(|k| k % 7 != 3)
            .map(|k| 12.0 + 49.3 * f64::from(k) + f64::from(k * 37 % 11) - 5.0)
            .collect();
        let comb = find_comb(&positions, 20.0, 200.0).unwrap();
        assert!((comb.period - 49.3).abs() < 0.3, "{comb:?}");
        assert!(comb.strength > 0.8, "{comb:?}");
        // Without a period nothing fits well.
        let scattered: Vec<f64> = (0..200_u32)
            .map(|k| f64::from(k * k * 7919 % 1999))
            .collect();
        assert!(find_comb(&scattered, 20.0, 200.0).unwrap().strength < 0.4);
        assert_eq!(find_comb(&[1.0, 1.0, 1.0], 2.0, 3.0), None);
    }

    #[test]
    fn the_slope_of_rows_is_found() {
        let points: Vec<Point> = (0..100)
            .map(|k| {
                (
                    f64::from(k % 20) * 50.0,
                    f64::from(k / 20) * 40.0 + f64::from(k % 20),
                )
            })
            .collect();
        assert!((row_slope(&points, 5.0) - 0.02).abs() < 0.003);
        assert!(row_slope(&[], 5.0).abs() < 1e-9);
    }

    #[test]
    fn places_follow_a_sheet_that_is_turned_and_wedged() {
        let at = |row: f64, column: f64| {
            (
                100.0 + 50.0 * column - 1.5 * row + 0.02 * row * column,
                80.0 + 1.2 * column + 40.0 * row,
            )
        };
        let points: Vec<Point> = (0..300)
            .map(|k| at(f64::from(k / 20), f64::from(k % 20)))
            .collect();
        let slope = row_slope(&points, 5.0);
        let level: Vec<f64> = points.iter().map(|p| p.1 - slope * p.0).collect();
        let upright: Vec<f64> = points.iter().map(|p| p.0 + slope * p.1).collect();
        let rows = find_comb(&level, 20.0, 200.0).unwrap();
        let columns = find_comb(&upright, 20.0, 200.0).unwrap();
        let mut grid = PlaceGrid::fit(&points, rows, columns, slope).unwrap();
        let first = grid.index_of(points[0]);
        grid.settle(
            (first.0.round() as i64, first.1.round() as i64),
            (15, 20),
            &points,
        );
        for (k, &point) in points.iter().enumerate() {
            let (row, column) = grid.index_of(point);
            assert!((row - (k / 20) as f64).abs() < 0.02, "{k}: {row}");
            assert!((column - (k % 20) as f64).abs() < 0.02, "{k}: {column}");
            let (x, y) = grid.place(row, column);
            assert!((x - point.0).hypot(y - point.1) < 0.1);
        }
    }
}
