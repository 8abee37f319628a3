//! Fills the forms of `examples/forms` in our own strokes and scans them: the picture of each and the table that reading
//! it must give.
//!
//! ```text
//! cargo run -p lekka-form --example specimens -- [FOLDER]
//! ```

#[path = "../tests/common/mod.rs"]
mod common;

use common::fill::{Strokes, fill, values};
use common::scan::{Conditions, scan};
use lekka_form::table::columns;
use lekka_form::to_picture;
use lekka_strokes::Rng;
use std::path::PathBuf;

/// Dots per inch of the drawn page and of its scan.
const PAGE_DPI: f64 = 300.0;
const SCAN_DPI: f64 = 150.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(common::examples, PathBuf::from);
    for (seed, name) in (1..).zip(common::FORMS) {
        let form = common::form(name);
        let mut rng = Rng::new(seed);
        let values = values(&form, &mut rng);
        let mut page = to_picture(&form, PAGE_DPI)?;
        fill(
            &mut page,
            PAGE_DPI,
            &form,
            &values,
            &mut Strokes::new(),
            &mut rng,
        );
        let conditions = Conditions {
            skew_degrees: f64::from(rng.between(-1.5, 1.5)),
            ..Conditions::clean(SCAN_DPI)
        };
        let mut picture = scan(&page, PAGE_DPI, &conditions, &mut rng);
        // Sixteen greys, which keep the file small.
        for pixel in picture.pixels_mut() {
            pixel.0[0] = (pixel.0[0] / 16) * 17;
        }
        picture.save(folder.join(format!("{name}.png")))?;
        let mut cells = vec![format!("{name}.png"), "1".to_owned()];
        cells.extend(values.into_iter().map(Option::unwrap_or_default));
        cells.extend([String::new(), String::new()]);
        let table = format!("{}\n{}\n", columns(&form).join(","), cells.join(","));
        std::fs::write(folder.join(format!("{name}.csv")), table)?;
    }
    Ok(())
}
