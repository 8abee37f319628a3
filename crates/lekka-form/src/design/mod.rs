//! The blank form: where its parts are, and what is printed there, as a PDF or a picture.

#[cfg(feature = "design")]
mod pdf;
#[cfg(feature = "design")]
mod picture;
#[cfg(feature = "design")]
mod shapes;
#[cfg(feature = "design")]
mod text;

use crate::template::{Field, FieldKind, Template};

#[cfg(feature = "design")]
pub use pdf::to_pdf;
#[cfg(feature = "design")]
pub use picture::{PictureError, to_picture, to_png};
#[cfg(feature = "design")]
pub(crate) use shapes::{PrintedText, texts};

/// Side of a corner mark, in millimetres.
pub(crate) const MARK: f64 = 6.0;
/// Distance of a corner mark, or of the frame, from the edge of the page.
pub(crate) const INSET: f64 = 8.0;
/// Side of the hole in the lower right mark.
pub(crate) const HOLE: f64 = 3.0;
/// Thickness of the frame.
pub(crate) const FRAME_LINE: f64 = 0.7;
/// Thickness of the lines of boxes.
pub(crate) const BOX_LINE: f64 = 0.25;

/// Left, top, right and bottom, in millimetres.
pub(crate) type Bounds = [f64; 4];

/// The corner marks: upper left, upper right, lower right, lower left.
pub(crate) fn marks(template: &Template) -> [Bounds; 4] {
    let (right, bottom) = (template.page.width - INSET, template.page.height - INSET);
    let at = |x: f64, y: f64| [x, y, x + MARK, y + MARK];
    [
        at(INSET, INSET),
        at(right - MARK, INSET),
        at(right - MARK, bottom - MARK),
        at(INSET, bottom - MARK),
    ]
}

/// The middles of the printed frame's lines.
pub(crate) fn frame(template: &Template) -> Bounds {
    let half = FRAME_LINE / 2.0;
    [
        INSET + half,
        INSET + half,
        template.page.width - INSET - half,
        template.page.height - INSET - half,
    ]
}

/// Where the vertical lines of a field's boxes are.
pub(crate) fn box_lines(field: &Field) -> Vec<f64> {
    let [x, _, width, _] = field.rect;
    let boxes = match field.kind {
        FieldKind::Boxes => field.digits.most.max(1),
        FieldKind::Area => 1,
    };
    (0..=boxes)
        .map(|i| x + width * i as f64 / boxes as f64)
        .collect()
}
