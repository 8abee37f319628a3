//! Ruled sheets of many kinds.

mod common;

use common::{digit, unit};
use lekka_image::{GrayImage, binarize::invert};
use lekka_page::{
    CellProportions, CellView, FieldKind, FieldLayout, PageOptions, analyze, extract_grid_tensors,
    extract_grid_views,
};

/// A ruled sheet to be drawn. Lengths are in pixels.
#[derive(Clone, Debug)]
struct Sheet {
    rows: usize,
    columns: usize,
    /// Width and height of a cell.
    cell: (f64, f64),
    /// How far the sheet is turned, in degrees counter-clockwise.
    turned: f64,
    /// Thickness of the rules.
    thickness: f64,
    /// How far the middle of a horizontal rule hangs through.
    sag: f64,
    /// Share of the rules left out, in stretches of some pixels.
    broken: f64,
    /// Share of pixels that are inverted.
    noise: f64,
    /// Room around the grid.
    border: f64,
    /// Cells without a digit.
    blank: Vec<(usize, usize)>,
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            rows: 6,
            columns: 5,
            cell: (90.0, 60.0),
            turned: 0.0,
            thickness: 3.0,
            sag: 0.0,
            broken: 0.0,
            noise: 0.0,
            border: 40.0,
            blank: Vec::new(),
        }
    }
}

/// The digit drawn in a cell: rings, bars and hooks in turn.
fn shape_of(row: usize, column: usize) -> usize {
    (row + 2 * column) % 3
}

impl Sheet {
    /// The sheet as a scan: black ink on white paper.
    fn draw(&self) -> GrayImage {
        let (grid_width, grid_height) = (
            self.columns as f64 * self.cell.0,
            self.rows as f64 * self.cell.1,
        );
        let (sin, cos) = self.turned.to_radians().sin_cos();
        let width = grid_width * cos + grid_height * sin.abs() + 2.0 * self.border;
        let height = grid_height * cos + grid_width * sin.abs() + 2.0 * self.border + self.sag;
        let (width, height) = (width as u32, height as u32);
        GrayImage::from_fn(width, height, |px, py| {
            let (dx, dy) = (
                f64::from(px) - f64::from(width) / 2.0,
                f64::from(py) - f64::from(height) / 2.0,
            );
            // Back to the upright sheet: y points down, so counter-clockwise is clockwise in the formula.
            let x = dx * cos - dy * sin + grid_width / 2.0;
            let y = dx * sin + dy * cos + grid_height / 2.0;
            let along = (x / grid_width - 0.5) * 2.0;
            let y = y - self.sag * (1.0 - along * along);
            let mut ink = self.is_rule(x, y) || self.is_digit(x, y);
            if unit(u64::from(px) << 32 | u64::from(py)) < self.noise {
                ink = !ink;
            }
            image::Luma([if ink { 0 } else { 255 }])
        })
    }

    fn is_rule(&self, x: f64, y: f64) -> bool {
        let half = self.thickness / 2.0;
        let (across, down) = (
            self.columns as f64 * self.cell.0,
            self.rows as f64 * self.cell.1,
        );
        if x < -half || y < -half || x > across + half || y > down + half {
            return false;
        }
        let (column, row) = ((x / self.cell.0).round(), (y / self.cell.1).round());
        let vertical = (x - column * self.cell.0).abs() <= half;
        let horizontal = (y - row * self.cell.1).abs() <= half;
        let gone = |line: f64, along: f64| {
            let stretch = (along / 7.0).floor() as i64 as u64;
            unit(stretch.wrapping_mul(31).wrapping_add(line as u64 + 1000)) < self.broken
        };
        (vertical && !gone(column, y)) || (horizontal && !gone(row + 500.0, x))
    }

    fn is_digit(&self, x: f64, y: f64) -> bool {
        if x < 0.0 || y < 0.0 {
            return false;
        }
        let (column, row) = ((x / self.cell.0) as usize, (y / self.cell.1) as usize);
        if column >= self.columns || row >= self.rows || self.blank.contains(&(row, column)) {
            return false;
        }
        let (u, v) = (x / self.cell.0 % 1.0 - 0.5, y / self.cell.1 % 1.0 - 0.5);
        // In pixels, so that strokes are round.
        let (u, v) = (u * self.cell.0, v * self.cell.1);
        let size = 0.28 * self.cell.0.min(self.cell.1);
        digit(shape_of(row, column), u / size, v / size, 0.18)
    }
}

/// The grid of a sheet, checked for size, turn and blank cells.
fn grid_of(sheet: &Sheet) -> FieldLayout {
    let layout = analyze(&sheet.draw(), &PageOptions::default());
    let sizes: Vec<_> = layout
        .fields
        .iter()
        .map(|f| (f.kind, f.rows, f.columns))
        .collect();
    assert_eq!(
        sizes,
        [(FieldKind::Grid, sheet.rows, sheet.columns)],
        "{sheet:?}"
    );
    assert!(
        (layout.skew_degrees - sheet.turned).abs() < 0.2,
        "turned {} found {}",
        sheet.turned,
        layout.skew_degrees
    );
    let grid = layout.fields.into_iter().next().unwrap();
    let blank: Vec<_> = grid
        .glyphs
        .iter()
        .filter(|glyph| glyph.pixels.is_none())
        .map(|glyph| (glyph.row, glyph.column))
        .collect();
    assert_eq!(blank, sheet.blank, "{sheet:?}");
    grid
}

#[test]
fn grids_of_any_size_are_found() {
    for (rows, columns) in [
        (1, 2),
        (1, 5),
        (2, 1),
        (2, 2),
        (3, 12),
        (9, 1),
        (12, 3),
        (20, 16),
    ] {
        grid_of(&Sheet {
            rows,
            columns,
            ..Sheet::default()
        });
    }
}

#[test]
fn cells_of_any_shape_are_found() {
    for cell in [(40.0, 40.0), (60.0, 120.0), (150.0, 80.0), (220.0, 240.0)] {
        grid_of(&Sheet {
            cell,
            ..Sheet::default()
        });
    }
}

#[test]
fn turned_sheets_are_found() {
    for turned in [-3.0, -1.3, 0.4, 2.0, 3.0] {
        grid_of(&Sheet {
            turned,
            rows: 10,
            columns: 8,
            ..Sheet::default()
        });
    }
}

#[test]
fn rules_may_be_thin_heavy_broken_or_bent() {
    for thickness in [1.0, 6.0, 9.0] {
        grid_of(&Sheet {
            thickness,
            ..Sheet::default()
        });
    }
    for broken in [0.1, 0.2] {
        grid_of(&Sheet {
            broken,
            turned: 0.7,
            rows: 8,
            columns: 8,
            ..Sheet::default()
        });
    }
    grid_of(&Sheet {
        sag: 12.0,
        columns: 10,
        ..Sheet::default()
    });
}

#[test]
fn noise_and_empty_cells_give_no_digits() {
    let sheet = Sheet {
        noise: 0.01,
        blank: vec![(0, 0), (1, 3), (5, 4)],
        ..Sheet::default()
    };
    grid_of(&sheet);
    let empty = Sheet {
        rows: 3,
        columns: 2,
        blank: vec![(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)],
        ..Sheet::default()
    };
    grid_of(&empty);
}

#[test]
fn the_cells_lie_where_they_were_drawn() {
    let sheet = Sheet::default();
    let grid = grid_of(&sheet);
    for glyph in &grid.glyphs {
        let (x, y) = glyph.bounds.center();
        let expected = (
            sheet.border + (glyph.column as f64 + 0.5) * sheet.cell.0,
            sheet.border + (glyph.row as f64 + 0.5) * sheet.cell.1,
        );
        assert!(
            (x - expected.0).abs() <= 2.0 && (y - expected.1).abs() <= 2.0,
            "{:?} is not around {expected:?}",
            glyph.bounds
        );
    }
}

#[test]
fn equal_digits_give_nearly_equal_pictures() {
    for turned in [0.0, 2.0] {
        let grid = grid_of(&Sheet {
            turned,
            cell: (120.0, 80.0),
            ..Sheet::default()
        });
        let of =
            |row: usize, column: usize| grid.glyphs[row * grid.columns + column].pixels.unwrap();
        for glyph in &grid.glyphs {
            // The first row of each shape is the pattern for the others.
            let column = (0..5)
                .find(|&c| shape_of(0, c) == shape_of(glyph.row, glyph.column))
                .unwrap();
            let difference: f64 = of(0, column)
                .iter()
                .zip(&glyph.pixels.unwrap())
                .map(|(&a, &b)| f64::from(a.abs_diff(b)))
                .sum();
            assert!(
                difference / 784.0 < 25.0,
                "{},{}: {difference}",
                glyph.row,
                glyph.column
            );
        }
    }
}

#[test]
fn light_ink_on_a_dark_ground_gives_the_same() {
    let page = Sheet::default().draw();
    let options = PageOptions::default();
    assert_eq!(analyze(&page, &options), analyze(&invert(&page), &options));
}

#[test]
fn a_frame_around_the_page_is_no_grid() {
    let sheet = Sheet {
        border: 80.0,
        ..Sheet::default()
    };
    let mut page = sheet.draw();
    let (width, height) = page.dimensions();
    for (x, y, pixel) in page.enumerate_pixels_mut() {
        let edge = x.min(y).min(width - 1 - x).min(height - 1 - y);
        if (20..24).contains(&edge) {
            pixel.0 = [0];
        }
    }
    let layout = analyze(&page, &PageOptions::default());
    let sizes: Vec<_> = layout
        .fields
        .iter()
        .map(|f| (f.kind, f.rows, f.columns))
        .collect();
    assert_eq!(sizes, [(FieldKind::Grid, 6, 5)]);
}

#[test]
fn two_grids_are_two_fields() {
    let (upper, lower) = (
        Sheet::default().draw(),
        Sheet {
            rows: 2,
            columns: 7,
            ..Sheet::default()
        }
        .draw(),
    );
    let width = upper.width().max(lower.width());
    let mut page =
        image::GrayImage::from_pixel(width, upper.height() + lower.height(), image::Luma([255]));
    image::imageops::replace(&mut page, &upper, 0, 0);
    image::imageops::replace(&mut page, &lower, 0, i64::from(upper.height()));
    let layout = analyze(&page, &PageOptions::default());
    let sizes: Vec<_> = layout
        .fields
        .iter()
        .map(|f| (f.kind, f.rows, f.columns))
        .collect();
    assert_eq!(sizes, [(FieldKind::Grid, 6, 5), (FieldKind::Grid, 2, 7)]);
}

#[test]
fn digits_in_cells_keep_the_proportions_of_the_paper_when_asked() {
    // Cells wider than high are squeezed in width by the official procedure.
    let page = Sheet::default().draw();
    let height_to_width = |cells| {
        let options = PageOptions::default().with_cells(cells);
        let tensors = extract_grid_tensors(&page, 6, 5, &options).unwrap();
        let (width, height) = extent(&tensors[0].unwrap());
        height as f64 / width as f64
    };
    let paper = height_to_width(CellProportions::Paper);
    let official = height_to_width(CellProportions::Official);
    // The frame of the sheet is 450 x 360, its cells 90 x 60: a square of cells stretches by 1.25 or more.
    assert!(official > 1.2 * paper, "{official} and {paper}");
}

#[test]
fn tensors_of_a_sheet_are_its_cells() {
    let sheet = Sheet::default();
    let tensors = extract_grid_tensors(&sheet.draw(), 6, 5, &PageOptions::default()).unwrap();
    let grid = grid_of(&sheet);
    assert!(
        tensors
            .iter()
            .eq(grid.glyphs.iter().map(|glyph| &glyph.pixels))
    );
    let error = extract_grid_tensors(&sheet.draw(), 40, 32, &PageOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no grid of 40 rows x 32 columns on the page, found 6 x 5; \
         check that the whole sheet is on the picture and upright"
    );
}

/// The extent of the ink of a digit, in pixels: width and height.
fn extent(glyph: &[u8; 784]) -> (usize, usize) {
    let span = |of: fn(usize) -> usize| {
        let inked = (0..784).filter(|&i| glyph[i] > 100).map(of);
        inked.clone().max().unwrap() - inked.min().unwrap() + 1
    };
    (span(|i| i % 28), span(|i| i / 28))
}

#[test]
fn the_official_view_of_a_cell_is_its_tensor() {
    let page = Sheet::default().draw();
    let options = PageOptions::default();
    let tensors = extract_grid_tensors(&page, 6, 5, &options).unwrap();
    let views = extract_grid_views(&page, 6, 5, &options, |_, _| vec![CellView::OFFICIAL]).unwrap();
    // Nothing but the digit lies inside of the margins of this sheet.
    for (cell, (tensor, views)) in tensors.iter().zip(&views).enumerate() {
        let off = |a: &[u8; 784], b: &[u8; 784]| -> u64 {
            let pairs = a.iter().zip(b);
            pairs.map(|(&a, &b)| u64::from(a.abs_diff(b))).sum()
        };
        match (tensor, views[0]) {
            (Some(tensor), Some(view)) => {
                let ink: u64 = tensor.iter().map(|&v| u64::from(v)).sum();
                assert!(off(tensor, &view) * 4 < ink, "cell {cell}");
            }
            (tensor, view) => assert_eq!(tensor.is_some(), view.is_some(), "cell {cell}"),
        }
    }
}

#[test]
fn a_view_is_another_hand_and_another_cut() {
    let page = Sheet::default().draw();
    let wide = CellView {
        hand: [1.2, 0.0, 0.0, 0.7],
        ..CellView::OFFICIAL
    };
    // So far off that the rule to the left comes into view.
    let off = CellView {
        offset: (-22.0, 0.0),
        ..CellView::OFFICIAL
    };
    let views = extract_grid_views(&page, 6, 5, &PageOptions::default(), |_, _| {
        vec![CellView::OFFICIAL, wide, off]
    })
    .unwrap();
    let [own, wide, off] = [0, 1, 2].map(|view| extent(&views[0][view].unwrap()));
    let ratio = |(width, height): (usize, usize)| width as f64 / height as f64;
    assert!(ratio(wide) > 1.4 * ratio(own), "{wide:?} and {own:?}");
    assert!(off.1 == 20 && off.0 > own.0 / 2, "{off:?} and {own:?}");
    assert_ne!(views[0][0], views[0][2]);

    let none = extract_grid_views(&page, 40, 32, &PageOptions::default(), |_, _| Vec::new());
    assert!(none.unwrap_err().to_string().contains("found 6 x 5"));
}

#[test]
fn strokes_that_cross_on_a_page_of_writing_are_no_grid() {
    // Rings of 50 pixels, and among them strokes like a grid of 2 x 3 cells of 41 x 23.
    let page = GrayImage::from_fn(1700, 1200, |x, y| {
        let ring = {
            let distance = f64::hypot(f64::from(x % 100) - 45.0, f64::from(y % 100) - 45.0);
            (21.0..25.0).contains(&distance)
        };
        let cross = (300..430).contains(&x)
            && (300..350).contains(&y)
            && ((x - 300) % 42 < 4 || (y - 300) % 23 < 4);
        let free = (280..450).contains(&x) && (280..370).contains(&y);
        image::Luma([if cross || (ring && !free) { 30 } else { 230 }])
    });
    let found = |page: &GrayImage| {
        let fields = analyze(page, &PageOptions::default()).fields;
        fields
            .iter()
            .any(|field| (field.rows, field.columns) == (2, 3))
    };
    assert!(!found(&page));
    // The same alone on its paper is one.
    let alone = lekka_image::crop(&page, lekka_image::Rect::new(285, 285, 160, 80));
    assert!(found(&alone));
}
