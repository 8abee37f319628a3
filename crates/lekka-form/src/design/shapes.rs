//! All that is printed, as outlines.

use super::text::text_line;
use super::{BOX_LINE, Bounds, FRAME_LINE, HOLE, INSET, MARK, box_lines, frame, marks};
use crate::check::Form;
use crate::template::{Align, Registration, Side, Template};

/// How dark the lines of boxes are, 1 being black: lighter than ink, so that ink stands out, and dark enough for every
/// scanner.
const BOX_DARKNESS: f64 = 0.7;
/// Size of the letters of a title and of labels.
const TITLE_SIZE: f64 = 5.0;
const LABEL_SIZE: f64 = 3.0;

/// A part of an outline, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Segment {
    Move([f64; 2]),
    Line([f64; 2]),
    Quadratic([f64; 2], [f64; 2]),
    Cubic([f64; 2], [f64; 2], [f64; 2]),
    Close,
}

impl Segment {
    fn map(self, f: impl Fn([f64; 2]) -> [f64; 2]) -> Self {
        match self {
            Self::Move(p) => Self::Move(f(p)),
            Self::Line(p) => Self::Line(f(p)),
            Self::Quadratic(c, p) => Self::Quadratic(f(c), f(p)),
            Self::Cubic(a, b, p) => Self::Cubic(f(a), f(b), f(p)),
            Self::Close => Self::Close,
        }
    }

    fn points(self) -> impl Iterator<Item = [f64; 2]> {
        let points = match self {
            Self::Move(p) | Self::Line(p) => [Some(p), None, None],
            Self::Quadratic(c, p) => [Some(c), Some(p), None],
            Self::Cubic(a, b, p) => [Some(a), Some(b), Some(p)],
            Self::Close => [None; 3],
        };
        points.into_iter().flatten()
    }
}

/// A filled outline (inside where it winds around).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) segments: Vec<Segment>,
    /// 0 is white, 1 black.
    pub(crate) darkness: f64,
}

impl Shape {
    fn rectangle([left, top, right, bottom]: Bounds, darkness: f64) -> Self {
        Self {
            segments: vec![
                Segment::Move([left, top]),
                Segment::Line([right, top]),
                Segment::Line([right, bottom]),
                Segment::Line([left, bottom]),
                Segment::Close,
            ],
            darkness,
        }
    }

    /// A straight line with square ends.
    fn line(from: [f64; 2], to: [f64; 2], thickness: f64, darkness: f64) -> Self {
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let length = dx.hypot(dy).max(1e-9);
        let half = thickness / 2.0;
        let [ux, uy] = [dx / length * half, dy / length * half];
        let corner = |p: [f64; 2], along: f64, across: f64| {
            [
                p[0] + along * ux - across * uy,
                p[1] + along * uy + across * ux,
            ]
        };
        Self {
            segments: vec![
                Segment::Move(corner(from, -1.0, -1.0)),
                Segment::Line(corner(to, 1.0, -1.0)),
                Segment::Line(corner(to, 1.0, 1.0)),
                Segment::Line(corner(from, -1.0, 1.0)),
                Segment::Close,
            ],
            darkness,
        }
    }

    /// The box around it; `None` when it is empty.
    pub(crate) fn bounds(&self) -> Option<Bounds> {
        self.segments
            .iter()
            .flat_map(|segment| segment.points())
            .map(|[x, y]| [x, y, x, y])
            .reduce(|a, b| {
                [
                    a[0].min(b[0]),
                    a[1].min(b[1]),
                    a[2].max(b[2]),
                    a[3].max(b[3]),
                ]
            })
    }
}

/// A printed text with what it is, for checking.
#[derive(Debug, Clone)]
pub(crate) struct PrintedText {
    /// Such as ``the label of `total` ``.
    pub(crate) what: String,
    /// Where in the template it is written.
    pub(crate) at: Option<usize>,
    pub(crate) shape: Shape,
    pub(crate) missing: Vec<char>,
}

fn printed(
    what: String,
    at: Option<usize>,
    text: &str,
    size: f64,
    place: [f64; 2],
    align: Align,
) -> PrintedText {
    let line = text_line(text, size);
    let left = place[0]
        - match align {
            Align::Left => 0.0,
            Align::Center => line.advance / 2.0,
            Align::Right => line.advance,
        };
    let segments = line.segments.into_iter();
    PrintedText {
        what,
        at,
        shape: Shape {
            segments: segments
                .map(|segment| segment.map(|[x, y]| [x + left, y + place[1]]))
                .collect(),
            darkness: 1.0,
        },
        missing: line.missing,
    }
}

/// Everything that is printed as letters.
pub(crate) fn texts(template: &Template) -> Vec<PrintedText> {
    let mut texts = Vec::new();
    if let Some(title) = &template.title {
        let place = [template.page.width / 2.0, INSET + MARK];
        texts.push(printed(
            "the title".to_owned(),
            None,
            title,
            TITLE_SIZE,
            place,
            Align::Center,
        ));
    }
    for field in &template.fields {
        let Some(label) = &field.label else { continue };
        let [x, y, _, height] = field.rect;
        // Marks below Kannada letters reach down, some by a third of the letters' size, some by more.
        let line = text_line(label, LABEL_SIZE);
        let points = line.segments.iter().flat_map(|segment| segment.points());
        let below = points.map(|[_, y]| y).fold(LABEL_SIZE / 3.0, f64::max);
        let (place, align) = match field.label_side {
            Side::Above => ([x, y - 1.1 - below], Align::Left),
            Side::Left => (
                [x - 3.0, y + height / 2.0 + 0.35 * LABEL_SIZE],
                Align::Right,
            ),
        };
        let what = format!("the label of `{}`", field.name());
        texts.push(printed(
            what,
            Some(field.name.span().start),
            label,
            LABEL_SIZE,
            place,
            align,
        ));
    }
    for text in &template.texts {
        let (at, words) = (text.text.span().start, text.text.get_ref());
        let what = format!("the text `{words}`");
        texts.push(printed(
            what,
            Some(at),
            words,
            text.size,
            text.at,
            text.align,
        ));
    }
    texts
}

/// All that is printed of a form, in order.
pub(crate) fn shapes(form: &Form) -> Vec<Shape> {
    let template = form.template();
    let mut shapes = Vec::new();
    match template.registration {
        Registration::Corners => {
            let marks = marks(template);
            shapes.extend(marks.map(|mark| Shape::rectangle(mark, 1.0)));
            let inner = (MARK - HOLE) / 2.0;
            let [left, top, right, bottom] = marks[2];
            let hole = [left + inner, top + inner, right - inner, bottom - inner];
            shapes.push(Shape::rectangle(hole, 0.0));
        }
        Registration::Frame => {
            let [left, top, right, bottom] = frame(template);
            let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
            for i in 0..4 {
                shapes.push(Shape::line(
                    corners[i],
                    corners[(i + 1) % 4],
                    FRAME_LINE,
                    1.0,
                ));
            }
        }
        Registration::None => {}
    }
    for line in &template.lines {
        shapes.push(Shape::line(line.from, line.to, line.thickness, 1.0));
    }
    for field in &template.fields {
        let [x, y, width, height] = field.rect;
        for y in [y, y + height] {
            shapes.push(Shape::line([x, y], [x + width, y], BOX_LINE, BOX_DARKNESS));
        }
        for x in box_lines(field) {
            shapes.push(Shape::line([x, y], [x, y + height], BOX_LINE, BOX_DARKNESS));
        }
    }
    shapes.extend(texts(template).into_iter().map(|text| text.shape));
    shapes
}
