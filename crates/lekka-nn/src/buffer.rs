//! Buffers of floats aligned to cache lines.

/// One cache line of sixteen floats.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

const LINE: usize = 16;

/// A growing buffer of `f32` that starts on a 64-byte boundary, so that aligned vectors of eight or
/// sixteen lanes never straddle two cache lines.
#[derive(Clone, Default)]
pub(crate) struct AlignedBuffer {
    lines: Vec<Line>,
}

impl AlignedBuffer {
    /// The first `len` floats, grown with zeros if there are fewer. The contents of earlier uses
    /// stay as they were.
    pub(crate) fn grow(&mut self, len: usize) -> &mut [f32] {
        let lines = len.div_ceil(LINE);
        if self.lines.len() < lines {
            self.lines.resize(lines, Line([0.0; LINE]));
        }
        &mut self.as_mut_slice()[..len]
    }

    /// All floats.
    pub(crate) fn as_slice(&self) -> &[f32] {
        #[expect(unsafe_code, reason = "view of the lines as plain floats")]
        // SAFETY: as in `as_mut_slice`, shared.
        unsafe {
            std::slice::from_raw_parts(self.lines.as_ptr().cast::<f32>(), self.lines.len() * LINE)
        }
    }

    /// All floats.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [f32] {
        #[expect(unsafe_code, reason = "view of the lines as plain floats")]
        // SAFETY: `Line` is `repr(C)` around `[f32; 16]` with size 64 and no padding, so `len`
        // lines are `16 * len` initialised floats; the borrow of `self` is exclusive.
        unsafe {
            std::slice::from_raw_parts_mut(
                self.lines.as_mut_ptr().cast::<f32>(),
                self.lines.len() * LINE,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_zeroed_aligned_and_keeps_contents() {
        let mut buffer = AlignedBuffer::default();
        buffer.grow(17).fill(2.0);
        assert_eq!(buffer.as_mut_slice().len(), 32);
        let grown = buffer.grow(100);
        assert_eq!(grown.len(), 100);
        assert_eq!(grown[16..18], [2.0, 0.0]);
        assert_eq!(grown.as_ptr().addr() % 64, 0);
    }
}
