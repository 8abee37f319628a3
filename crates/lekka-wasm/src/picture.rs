//! Pages as a browser can show them.

use lekka::{DecodeLimits, Stage};
use lekka_image::decode::pages;
use lekka_image::{GrayImage, Picture, resize_area};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::WasmError;

/// A page of a file as the recogniser sees it: upright and grey, whatever the format of the file.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Preview {
    png: Vec<u8>,
    width: u32,
    height: u32,
    orientation: u8,
}

#[wasm_bindgen]
impl Preview {
    /// The page as PNG, reduced where it was larger than asked for.
    #[wasm_bindgen(getter)]
    pub fn png(&self) -> Vec<u8> {
        self.png.clone()
    }

    /// Columns of the upright page before it was reduced.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows of the upright page before it was reduced.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How the stored picture, in whose pixels boxes are, was turned upright: EXIF's number, 1 to 8.
    #[wasm_bindgen(getter)]
    pub fn orientation(&self) -> u8 {
        self.orientation
    }
}

/// One of the pictures that a page goes through before its digits are read.
#[wasm_bindgen]
#[derive(Debug)]
pub struct StagePicture {
    name: String,
    note: String,
    png: Option<Vec<u8>>,
}

#[wasm_bindgen]
impl StagePicture {
    /// The name of the step, a word that does not change between versions.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// What was done and why, for people.
    #[wasm_bindgen(getter)]
    pub fn note(&self) -> String {
        self.note.clone()
    }

    /// The picture after it as PNG, reduced where it was larger than asked for; none where the step
    /// left it as it was.
    #[wasm_bindgen(getter)]
    pub fn png(&self) -> Option<Vec<u8>> {
        self.png.clone()
    }
}

impl StagePicture {
    pub(crate) fn of(stage: Stage, max_side: u32) -> Result<Self, WasmError> {
        let png = stage.image.map(|image| png_of(&reduced(image, max_side)));
        Ok(Self {
            name: stage.name.to_owned(),
            note: stage.note,
            png: png.transpose()?,
        })
    }
}

impl Preview {
    /// A page with its longer side at most `max_side` pixels.
    ///
    /// # Errors
    ///
    /// When it cannot be written as PNG.
    pub fn of(picture: Picture, max_side: u32) -> Result<Self, WasmError> {
        let (width, height) = picture.gray.dimensions();
        Ok(Self {
            png: png_of(&reduced(picture.gray, max_side))?,
            width,
            height,
            orientation: picture.orientation.to_exif(),
        })
    }
}

/// The page `page` of a file, from 1.
///
/// # Errors
///
/// When the file cannot be decoded so far, or has fewer pages.
pub(crate) fn page_of(
    bytes: &[u8],
    file: &str,
    limits: &DecodeLimits,
    page: usize,
) -> Result<Picture, WasmError> {
    let refused = |source| WasmError::Decode {
        file: file.to_owned(),
        source,
    };
    let mut count = 0;
    for picture in pages(bytes, limits).map_err(refused)? {
        let picture = picture.map_err(refused)?;
        count += 1;
        if count == page {
            return Ok(picture);
        }
    }
    Err(WasmError::Page {
        file: file.to_owned(),
        page,
        pages: count,
    })
}

fn reduced(gray: GrayImage, max_side: u32) -> GrayImage {
    let (width, height) = gray.dimensions();
    let longer = width.max(height);
    if longer <= max_side.max(1) {
        return gray;
    }
    let side = |length: u32| {
        let reduced = u64::from(length) * u64::from(max_side.max(1)) / u64::from(longer);
        (reduced as u32).max(1)
    };
    resize_area(&gray, side(width), side(height))
}

/// A grey picture as PNG, written fast rather than small: it goes no further than the screen.
pub(crate) fn png_of(gray: &GrayImage) -> Result<Vec<u8>, WasmError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, gray.width(), gray.height());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(gray.as_raw())?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_reduced_to_the_side_asked_for() {
        let pgm = b"P2 4 2 255  0 0 255 255  0 0 255 255";
        let limits = DecodeLimits::default();
        let first = page_of(pgm, "a.pgm", &limits, 1).unwrap();
        let reduced = Preview::of(first, 2).unwrap();
        assert_eq!(
            (reduced.width, reduced.height, reduced.orientation),
            (4, 2, 1)
        );
        let shown = lekka_image::decode::decode(&reduced.png, &limits).unwrap();
        assert_eq!(shown[0].gray.dimensions(), (2, 1));
        assert_eq!(shown[0].gray.as_raw(), &[0, 255]);
        let error = page_of(pgm, "a.pgm", &limits, 2).unwrap_err().to_string();
        assert_eq!(error, "a.pgm: there is no page 2, the file has 1");
    }
}
