//! The form as a PDF of one page.

use super::shapes::{Segment, shapes};
use crate::check::Form;
use flate2::{Compression, write::ZlibEncoder};
use pdf_writer::{Content, Filter, Pdf, Rect, Ref, TextStr};
use std::io::Write;

/// Points of a PDF in a millimetre.
const POINTS: f64 = 72.0 / 25.4;

/// The blank form as a PDF of one page of the template's size.
///
/// Letters are outlines, so that no printer needs a font; print it at 100 %, not "fit to page".
pub fn to_pdf(form: &Form) -> Vec<u8> {
    let page_size = form.template().page;
    let mut content = Content::new();
    // To a hundredth of a point, 4 thousandths of a millimetre; more figures only make the file longer.
    let rounded = |points: f64| ((points * 100.0).round() / 100.0) as f32;
    let point = |[x, y]: [f64; 2]| {
        let up = page_size.height - y;
        (rounded(x * POINTS), rounded(up * POINTS))
    };
    for shape in shapes(form) {
        if shape.segments.is_empty() {
            continue;
        }
        content.set_fill_gray(1.0 - shape.darkness as f32);
        let mut pen = [0.0; 2];
        for segment in shape.segments {
            match segment {
                Segment::Move(p) => {
                    let (x, y) = point(p);
                    content.move_to(x, y);
                    pen = p;
                }
                Segment::Line(p) => {
                    let (x, y) = point(p);
                    content.line_to(x, y);
                    pen = p;
                }
                Segment::Quadratic(control, p) => {
                    // The same curve with the two control points that PDF wants.
                    let toward = |from: [f64; 2]| {
                        [0, 1].map(|i| from[i] + (control[i] - from[i]) * 2.0 / 3.0)
                    };
                    cubic(&mut content, [toward(pen), toward(p), p].map(point));
                    pen = p;
                }
                Segment::Cubic(a, b, p) => {
                    cubic(&mut content, [a, b, p].map(point));
                    pen = p;
                }
                Segment::Close => {
                    content.close_path();
                }
            }
        }
        content.fill_nonzero();
    }
    let content = content.finish();
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    // A vector takes all that is written to it.
    let packed = packed.write_all(&content).and_then(|()| packed.finish());

    let (catalog, pages, page, contents, info) = (
        Ref::new(1),
        Ref::new(2),
        Ref::new(3),
        Ref::new(4),
        Ref::new(5),
    );
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let size = (
        (page_size.width * POINTS) as f32,
        (page_size.height * POINTS) as f32,
    );
    let mut only = pdf.page(page);
    only.parent(pages)
        .media_box(Rect::new(0.0, 0.0, size.0, size.1))
        .contents(contents);
    only.resources();
    drop(only);
    match packed {
        Ok(packed) => {
            pdf.stream(contents, &packed).filter(Filter::FlateDecode);
        }
        Err(_) => {
            pdf.stream(contents, &content);
        }
    }
    let title = form
        .template()
        .title
        .as_ref()
        .unwrap_or(&form.template().name);
    pdf.document_info(info)
        .title(TextStr(title))
        .producer(TextStr(concat!("Lekka ", env!("CARGO_PKG_VERSION"))));
    pdf.finish()
}

fn cubic(content: &mut Content, [a, b, p]: [(f32, f32); 3]) {
    content.cubic_to(a.0, a.1, b.0, b.1, p.0, p.1);
}
