//! How far a page is turned, by the Fourier transform of its picture.
//!
//! Lines of the page, ruled or written, gather the power of the spectrum on the ray at right angles
//! to them. The angle at which the rays of both directions of a page carry most is its skew.
//!
//! The picture is scaled down to at most 512 pixels and faded out towards its borders (which would
//! be lines too, never skewed). Each frequency counts the same, by its power relative to the mean
//! of the ring of frequencies it belongs to, so that neither large blots nor a single period
//! decides.

use crate::resize_area;
use image::GrayImage;
use rayon::prelude::*;
use rustfft::{Fft, num_complex::Complex};
use std::f64::consts::PI;
use std::sync::Arc;

/// The skew of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkewEstimate {
    /// How far the content is turned, in degrees, positive counter-clockwise; -45 to 45.
    pub degrees: f64,
    /// How much the best angle stands out from all others, from 0 (not at all) to 1. Ruled sheets
    /// have 0.5 and more, written lines less, single digits hardly any.
    pub confidence: f64,
}

impl SkewEstimate {
    /// An estimate of no turn, without any confidence.
    pub const UNKNOWN: Self = Self {
        degrees: 0.0,
        confidence: 0.0,
    };

    /// The angle when it is sure enough to turn the page by it, else 0.
    pub fn trusted(&self) -> f64 {
        if self.confidence >= CONFIDENT {
            self.degrees
        } else {
            0.0
        }
    }
}

/// From this confidence on a page may be turned.
const CONFIDENT: f64 = 0.25;

/// Pictures with a shorter side than this have no lines to speak of.
const SMALLEST: u32 = 64;

/// The longer side of the picture that is transformed, at most.
const LARGEST: u32 = 512;

/// Fewer periods than this across the picture are shades, not lines.
const LOWEST_FREQUENCY: usize = 8;

/// Steps of the first search, in degrees.
const STEP: f64 = 0.125;

/// Angles within this of the best one belong to the same peak.
const PEAK: f64 = 4.0;

/// Estimates how far a page is turned, by its lines, from -45 to 45 degrees.
///
/// Right to within a tenth of a degree, on ruled sheets mostly half of that. Light on dark or dark
/// on light does not matter.
///
/// ```
/// use lekka_image::{GrayImage, deskew::estimate_skew, rotate::{Canvas, rotate}};
/// let ruled = GrayImage::from_fn(300, 200, |x, y| {
///     image::Luma([if x % 30 < 2 || y % 20 < 2 { 0 } else { 255 }])
/// });
/// let turned = rotate(&ruled, 7.0, Canvas::Enlarged, 255).image;
/// let skew = estimate_skew(&turned);
/// assert!((skew.degrees - 7.0).abs() < 0.2 && skew.confidence > 0.25);
/// ```
pub fn estimate_skew(image: &GrayImage) -> SkewEstimate {
    if image.width().min(image.height()) < SMALLEST {
        return SkewEstimate::UNKNOWN;
    }
    let Some(spectrum) = Spectrum::of(&reduced(image)) else {
        return SkewEstimate::UNKNOWN;
    };
    let steps = (90.0 / STEP) as usize;
    let angle = |i: usize| -45.0 + STEP * i as f64;
    let scores: Vec<f64> = (0..steps)
        .into_par_iter()
        .map(|i| spectrum.score(angle(i)))
        .collect();
    let Some(best) = (0..steps).max_by(|&a, &b| scores[a].total_cmp(&scores[b])) else {
        return SkewEstimate::UNKNOWN;
    };
    // Angles repeat after a quarter turn.
    let apart = |i: usize| {
        let distance = STEP * i.abs_diff(best) as f64;
        distance.min(90.0 - distance)
    };
    let elsewhere = (0..steps)
        .filter(|&i| apart(i) > PEAK)
        .map(|i| scores[i])
        .fold(0.0, f64::max);
    let best = (angle(best), scores[best]);
    let confidence = if best.1 > 0.0 {
        (1.0 - elsewhere / best.1).max(0.0)
    } else {
        0.0
    };
    let degrees = refine(&spectrum, best.0);
    SkewEstimate {
        degrees: if degrees < -45.0 {
            degrees + 90.0
        } else {
            degrees
        },
        confidence,
    }
}

/// The angle near a first guess.
///
/// Scanners shear: rows and columns of a page differ by some tenths of a degree, and the better of
/// two peaks is a matter of chance. So both directions are measured, and averaged by their weight.
fn refine(spectrum: &Spectrum, around: f64) -> f64 {
    let peaks = [Direction::Rows, Direction::Columns].map(|direction| {
        let score = |degrees: f64| spectrum.ray(direction, degrees);
        let wide = (-8..=8).map(|i| around + STEP * f64::from(i));
        let mut best =
            wide.map(|degrees| (degrees, score(degrees)))
                .fold(
                    (around, 0.0),
                    |best, new| if new.1 > best.1 { new } else { best },
                );
        let mut step = STEP / 2.0;
        while step > 0.002 {
            for degrees in [best.0 - step, best.0 + step] {
                let score = score(degrees);
                if score > best.1 {
                    best = (degrees, score);
                }
            }
            step /= 2.0;
        }
        // What is as strong as the mean of all angles is no peak.
        (best.0, (best.1 - 1.0).max(0.0))
    });
    let weight: f64 = peaks.iter().map(|peak| peak.1).sum();
    if weight > 0.0 {
        peaks.iter().map(|peak| peak.0 * peak.1).sum::<f64>() / weight
    } else {
        around
    }
}

/// The picture with a longer side of at most [`LARGEST`].
fn reduced(image: &GrayImage) -> GrayImage {
    let (width, height) = image.dimensions();
    let longer = width.max(height);
    if longer <= LARGEST {
        return image.clone();
    }
    let scale = |side: u32| {
        let scaled = f64::from(side) * f64::from(LARGEST) / f64::from(longer);
        (scaled.round() as u32).max(1)
    };
    resize_area(image, scale(width), scale(height))
}

/// The power of a picture's frequencies, each relative to the mean of its ring.
struct Spectrum {
    /// Frequencies in x from 0 to half the size, in y all of them, wrapped around; those in y next
    /// to each other. The other half is the same, mirrored at the middle.
    power: Vec<f32>,
    size: usize,
    rings: Vec<Ring>,
}

/// The lines that are looked for.
#[derive(Clone, Copy)]
enum Direction {
    /// Lying ones.
    Rows,
    /// Standing ones.
    Columns,
}

/// Frequencies of one distance from the middle.
struct Ring {
    radius: f64,
    /// One over the mean power around the ring; 0 when there is no power.
    inverse_mean: f64,
}

impl Spectrum {
    /// `None` when the picture is even.
    fn of(image: &GrayImage) -> Option<Self> {
        // Twice the picture's size, so that the power can be read between frequencies: with the
        // picture's own size it seems lower there, and angles are drawn to 0 and 45 degrees.
        let longer = image.width().max(image.height()) as usize;
        let size = 2 * longer.div_ceil(128) * 128;
        let mut rows = faded(image, size);
        transform_rows(&mut rows, size);
        let mut columns = first_columns(&rows, size);
        transform_rows(&mut columns, size);
        let power: Vec<f32> = columns.par_iter().map(Complex::norm_sqr).collect();
        let mut spectrum = Self {
            power,
            size,
            rings: Vec::new(),
        };
        // The outermost frequencies are the noise of scaling and of the scanner.
        let radii = (2 * LOWEST_FREQUENCY..size * 2 / 5).step_by(2);
        spectrum.rings = radii.map(|radius| spectrum.ring(radius as f64)).collect();
        spectrum
            .rings
            .iter()
            .any(|ring| ring.inverse_mean > 0.0)
            .then_some(spectrum)
    }

    fn ring(&self, radius: f64) -> Ring {
        const SAMPLES: u32 = 180;
        let sum: f64 = (0..SAMPLES)
            .map(|i| {
                let (sin, cos) = (PI * f64::from(i) / f64::from(SAMPLES)).sin_cos();
                self.at(radius * sin, radius * cos)
            })
            .sum();
        let inverse_mean = if sum > f64::MIN_POSITIVE {
            f64::from(SAMPLES) / sum
        } else {
            0.0
        };
        Ring {
            radius,
            inverse_mean,
        }
    }

    /// The relative power on the rays of both directions of a page turned by `degrees`.
    fn score(&self, degrees: f64) -> f64 {
        self.ray(Direction::Rows, degrees) + self.ray(Direction::Columns, degrees)
    }

    /// The mean relative power on the ray at right angles to lines turned by `degrees`.
    fn ray(&self, direction: Direction, degrees: f64) -> f64 {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (x, y) = match direction {
            Direction::Rows => (sin, cos),
            Direction::Columns => (cos, -sin),
        };
        let power = |ring: &Ring| self.at(ring.radius * x, ring.radius * y) * ring.inverse_mean;
        self.rings.iter().map(power).sum::<f64>() / self.rings.len().max(1) as f64
    }

    /// The power at a frequency, between the four around it.
    fn at(&self, x: f64, y: f64) -> f64 {
        let (x, y) = if x < 0.0 { (-x, -y) } else { (x, y) };
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        // Negative frequencies wrap around.
        let row = |y: f64| {
            if y < 0.0 {
                (y + self.size as f64) as usize
            } else {
                y as usize
            }
        };
        let (upper, lower) = (row(top), row(top + 1.0));
        let between = |column: usize| {
            let column = &self.power[column * self.size..][..self.size];
            f64::from(column[upper]) * (1.0 - fy) + f64::from(column[lower]) * fy
        };
        between(left as usize) * (1.0 - fx) + between(left as usize + 1) * fx
    }
}

/// The picture less its mean, faded out towards its borders (Hann window), each row followed by
/// zeros up to `size`.
fn faded(image: &GrayImage, size: usize) -> Vec<Complex<f32>> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let pixels = image.as_raw();
    let sum: u64 = pixels.iter().map(|&v| u64::from(v)).sum();
    let mean = sum as f64 / pixels.len() as f64;
    let fade = |length: usize| -> Vec<f32> {
        (0..length)
            .map(|i| (PI * (i as f64 + 0.5) / length as f64).sin().powi(2) as f32)
            .collect()
    };
    let (fade_x, fade_y) = (fade(width), fade(height));
    let mut field = vec![Complex::default(); size * height];
    let rows = field.chunks_exact_mut(size).zip(pixels.chunks_exact(width));
    for ((out, row), fade_y) in rows.zip(fade_y) {
        for ((out, &value), fade_x) in out.iter_mut().zip(row).zip(&fade_x) {
            out.re = (f64::from(value) - mean) as f32 * fade_x * fade_y;
        }
    }
    field
}

/// The transform of a length that is a power of two, once or three times.
#[cfg(not(target_arch = "wasm32"))]
fn transform(size: usize) -> Arc<dyn Fft<f32>> {
    rustfft::FftPlanner::new().plan_fft_forward(size)
}

/// The same without the planner, which has the code for all lengths in it: a quarter of a megabyte to load.
#[cfg(target_arch = "wasm32")]
fn transform(size: usize) -> Arc<dyn Fft<f32>> {
    use rustfft::FftDirection::Forward;
    use rustfft::algorithm::{MixedRadix, Radix4, butterflies::Butterfly3};
    if size.is_power_of_two() {
        return Arc::new(Radix4::new(size, Forward));
    }
    let third = Arc::new(Radix4::new(size / 3, Forward));
    Arc::new(MixedRadix::new(Arc::new(Butterfly3::new(Forward)), third))
}

fn transform_rows(field: &mut [Complex<f32>], size: usize) {
    let fft = transform(size);
    let scratch = || vec![Complex::default(); fft.get_inplace_scratch_len()];
    field
        .par_chunks_exact_mut(size)
        .with_min_len(16)
        .for_each_init(scratch, |scratch, row| {
            fft.process_with_scratch(row, scratch);
        });
}

/// The left half of the columns as rows, each followed by zeros up to `size`.
fn first_columns(rows: &[Complex<f32>], size: usize) -> Vec<Complex<f32>> {
    const BLOCK: usize = 16;
    let mut out = vec![Complex::default(); (size / 2 + 1) * size];
    out.par_chunks_mut(size * BLOCK)
        .enumerate()
        .for_each(|(block, columns)| {
            let count = columns.len() / size;
            for (y, row) in rows.chunks_exact(size).enumerate() {
                for (i, &value) in row[block * BLOCK..][..count].iter().enumerate() {
                    columns[i * size + y] = value;
                }
            }
        });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rotate::{Canvas, rotate};

    fn ruled() -> GrayImage {
        GrayImage::from_fn(500, 400, |x, y| {
            image::Luma([if x % 40 < 2 || y % 25 < 2 { 30 } else { 220 }])
        })
    }

    #[test]
    fn ruled_pages_are_measured_at_any_angle() {
        for degrees in [-44.0, -30.0, -9.7, -1.3, -0.4, 0.0, 0.2, 3.1, 15.0, 44.0] {
            let turned = rotate(&ruled(), degrees, Canvas::Enlarged, 220).image;
            let skew = estimate_skew(&turned);
            assert!((skew.degrees - degrees).abs() < 0.1, "{degrees}: {skew:?}");
            assert!(skew.confidence > CONFIDENT, "{degrees}: {skew:?}");
        }
    }

    #[test]
    fn without_lines_nothing_is_turned() {
        let even = GrayImage::from_pixel(300, 300, image::Luma([200]));
        assert_eq!(estimate_skew(&even), SkewEstimate::UNKNOWN);
        let disc = GrayImage::from_fn(300, 300, |x, y| {
            let (dx, dy) = (f64::from(x) - 150.0, f64::from(y) - 140.0);
            image::Luma([if dx.hypot(dy) < 60.0 { 0 } else { 255 }])
        });
        assert!(
            estimate_skew(&disc).confidence < CONFIDENT,
            "{:?}",
            estimate_skew(&disc)
        );
        assert_eq!(
            estimate_skew(&GrayImage::new(28, 28)),
            SkewEstimate::UNKNOWN
        );
    }
}
