//! From samples of any depth and colour to luma.

/// What the samples of a pixel mean, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// Colour already laid over black, so that only the paper's share is to be added.
    PremultipliedGrayAlpha,
    PremultipliedRgba,
    /// Ink amounts, 0 is no ink.
    Cmyk,
    CmykAlpha,
}

impl Channels {
    pub(super) const fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha | Self::PremultipliedGrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::PremultipliedRgba | Self::Cmyk => 4,
            Self::CmykAlpha => 5,
        }
    }
}

/// Luma by ITU-R BT.601, rounded: the weights of JPEG, `OpenCV` and Pillow.
pub(super) fn luma([r, g, b]: [u8; 3]) -> u8 {
    let sum = 19595 * u32::from(r) + 38470 * u32::from(g) + 7471 * u32::from(b);
    ((sum + 0x8000) >> 16) as u8
}

/// `a * b / 255`, rounded.
fn scale(a: u8, b: u8) -> u8 {
    ((u32::from(a) * u32::from(b) + 127) / 255) as u8
}

/// A value laid over white with this opacity.
pub(super) fn over_white(value: u8, alpha: u8) -> u8 {
    let sum = u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
    ((sum + 127) / 255) as u8
}

/// A 16-bit sample as the nearest of 8 bits.
pub(super) fn narrow(sample: u16) -> u8 {
    ((u32::from(sample) * 255 + 32767) / 65535) as u8
}

/// Turns whole pixels of 8-bit samples into luma.
pub(super) fn fold(channels: Channels, samples: &[u8], out: &mut [u8]) {
    match channels {
        Channels::Gray => out.iter_mut().zip(samples).for_each(|(out, &v)| *out = v),
        Channels::GrayAlpha => each(samples, out, |[v, a]| over_white(v, a)),
        Channels::PremultipliedGrayAlpha => each(samples, out, |[v, a]| v.saturating_add(255 - a)),
        Channels::Rgb => each(samples, out, luma),
        Channels::Rgba => each(samples, out, |[r, g, b, a]| over_white(luma([r, g, b]), a)),
        Channels::PremultipliedRgba => {
            each(samples, out, |[r, g, b, a]| {
                luma([r, g, b]).saturating_add(255 - a)
            });
        }
        Channels::Cmyk => each(samples, out, |[c, m, y, k]| cmyk(c, m, y, k)),
        Channels::CmykAlpha => each(samples, out, |[c, m, y, k, a]| {
            over_white(cmyk(c, m, y, k), a)
        }),
    }
}

fn cmyk(c: u8, m: u8, y: u8, k: u8) -> u8 {
    luma([c, m, y].map(|ink| scale(255 - ink, 255 - k)))
}

fn each<const N: usize>(samples: &[u8], out: &mut [u8], f: impl Fn([u8; N]) -> u8) {
    for (out, &pixel) in out.iter_mut().zip(samples.as_chunks::<N>().0) {
        *out = f(pixel);
    }
}

/// 16-bit samples as 8-bit samples; `read` knows their byte order.
pub(super) fn narrow_all(samples: &[u8], read: fn([u8; 2]) -> u16, out: &mut Vec<u8>) {
    out.clear();
    out.extend(
        samples
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&bytes| narrow(read(bytes))),
    );
}

/// The luma of every possible sample of up to 8 bits: grey scales, palettes, transparent values.
pub(super) type Table = Box<[u8; 256]>;

/// The table for grey samples of `bits` bits, 0 black.
pub(super) fn gray_table(bits: u8) -> Table {
    let highest = (1_u32 << bits) - 1;
    Box::new(std::array::from_fn(|value| {
        ((value as u32).min(highest) * 255 / highest) as u8
    }))
}

/// Turns packed samples of 1, 2, 4 or 8 bits, the leftmost in the highest bits, into luma by a
/// table.
pub(super) struct Unpacker {
    bits: usize,
    table: Table,
    /// What each byte of eight 1-bit samples becomes.
    bytes: Vec<[u8; 8]>,
}

impl Unpacker {
    pub(super) fn new(bits: u8, table: Table) -> Self {
        let bytes = if bits == 1 {
            (0..256_usize)
                .map(|byte| std::array::from_fn(|i| table[byte >> (7 - i) & 1]))
                .collect()
        } else {
            Vec::new()
        };
        Self {
            bits: usize::from(bits),
            table,
            bytes,
        }
    }

    pub(super) fn unpack(&self, row: &[u8], out: &mut [u8]) {
        match self.bits {
            1 => {
                let (eights, rest) = out.as_chunks_mut::<8>();
                for (out, &byte) in eights.iter_mut().zip(row) {
                    *out = self.bytes[usize::from(byte)];
                }
                if let Some(&byte) = row.get(eights.len()) {
                    rest.copy_from_slice(&self.bytes[usize::from(byte)][..rest.len()]);
                }
            }
            8 => out
                .iter_mut()
                .zip(row)
                .for_each(|(out, &v)| *out = self.table[usize::from(v)]),
            bits => {
                let (per_byte, mask) = (8 / bits, (1 << bits) - 1);
                for (out, &byte) in out.chunks_mut(per_byte).zip(row) {
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = self.table[usize::from(byte) >> (8 - bits * (i + 1)) & mask];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_and_black_stay_so_in_every_colour_model() {
        let cases: [(Channels, &[u8], u8); 13] = [
            (Channels::Gray, &[255], 255),
            (Channels::GrayAlpha, &[0, 255], 0),
            (Channels::GrayAlpha, &[0, 0], 255),
            (Channels::PremultipliedGrayAlpha, &[0, 0], 255),
            (Channels::Rgb, &[255, 255, 255], 255),
            (Channels::Rgb, &[255, 0, 0], 76),
            (Channels::Rgba, &[0, 0, 0, 0], 255),
            (Channels::Rgba, &[0, 0, 0, 128], 127),
            (Channels::PremultipliedRgba, &[100, 100, 100, 155], 200),
            (Channels::Cmyk, &[0, 0, 0, 0], 255),
            (Channels::Cmyk, &[0, 0, 0, 255], 0),
            (Channels::Cmyk, &[255, 255, 255, 0], 0),
            (Channels::CmykAlpha, &[0, 0, 0, 255, 0], 255),
        ];
        for (channels, samples, expected) in cases {
            let mut out = [7];
            fold(channels, samples, &mut out);
            assert_eq!(out[0], expected, "{channels:?} {samples:?}");
            assert_eq!(samples.len(), channels.count());
        }
    }

    #[test]
    fn sixteen_bits_are_rounded() {
        for (sample, expected) in [
            (0, 0),
            (128, 0),
            (129, 1),
            (0x7fff, 127),
            (0x8000, 128),
            (65406, 254),
            (65535, 255),
        ] {
            assert_eq!(narrow(sample), expected, "{sample}");
        }
    }

    #[test]
    fn packed_samples_start_in_the_high_bits() {
        let row = [0b1010_0110, 0b1100_0000];
        for (bits, expected) in [
            (1, vec![255, 0, 255, 0, 0, 255, 255, 0, 255, 255]),
            (2, vec![170, 170, 85, 170, 255]),
            (4, vec![170, 102, 204]),
            (8, vec![166, 192]),
        ] {
            let mut out = vec![9; expected.len()];
            Unpacker::new(bits, gray_table(bits)).unpack(&row, &mut out);
            assert_eq!(out, expected, "{bits} bits");
        }
    }
}
