//! Memory that kernels read and write without bounds checks in release builds.

use super::Lanes;
use std::marker::PhantomData;

/// Floats that a kernel reads without bounds checks in release builds.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    start: *const f32,
    len: usize,
    lifetime: PhantomData<&'a [f32]>,
}

// SAFETY: stands for a shared slice, or for the shared reading of a `Target`, whose users answer
// for not writing at the same time.
unsafe impl Send for Source<'_> {}
// SAFETY: as above.
unsafe impl Sync for Source<'_> {}

impl<'a> Source<'a> {
    pub(crate) fn new(values: &'a [f32]) -> Self {
        Self {
            start: values.as_ptr(),
            len: values.len(),
            lifetime: PhantomData,
        }
    }

    /// Pointer to `count` floats from `index` on.
    ///
    /// # Safety
    /// They are inside.
    #[inline(always)]
    pub(crate) unsafe fn at(self, index: usize, count: usize) -> *const f32 {
        debug_assert!(
            index + count <= self.len,
            "{index} + {count} in {}",
            self.len
        );
        // SAFETY: inside the slice, as the caller promises.
        unsafe { self.start.add(index) }
    }

    /// The floats from `index` on, as many as the vector has.
    ///
    /// # Safety
    /// They are inside, and the processor has the instruction set of `V`.
    #[inline(always)]
    pub(crate) unsafe fn load<V: Lanes>(self, index: usize) -> V {
        // SAFETY: the caller's.
        unsafe { V::load(self.at(index, V::LANES)) }
    }
}

/// Floats that kernels write without bounds checks in release builds; several threads may write
/// different parts at once.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    start: *mut f32,
    len: usize,
    lifetime: PhantomData<&'a mut [f32]>,
}

// SAFETY: every access is unsafe, and its caller promises that no other thread touches that part.
unsafe impl Send for Target<'_> {}
// SAFETY: as above.
unsafe impl Sync for Target<'_> {}

impl<'a> Target<'a> {
    pub(crate) fn new(values: &'a mut [f32]) -> Self {
        Self {
            start: values.as_mut_ptr(),
            len: values.len(),
            lifetime: PhantomData,
        }
    }

    /// Pointer to `count` floats from `index` on.
    ///
    /// # Safety
    /// They are inside, and nobody else uses them.
    #[inline(always)]
    pub(crate) unsafe fn at(self, index: usize, count: usize) -> *mut f32 {
        debug_assert!(
            index + count <= self.len,
            "{index} + {count} in {}",
            self.len
        );
        // SAFETY: inside the slice, as the caller promises.
        unsafe { self.start.add(index) }
    }

    /// Writes the vector's floats from `index` on.
    ///
    /// # Safety
    /// They are inside, and nobody else uses them.
    #[inline(always)]
    pub(crate) unsafe fn store<V: Lanes>(self, index: usize, value: V) {
        // SAFETY: the caller's.
        unsafe { value.store(self.at(index, V::LANES)) }
    }

    /// Reads the vector's floats from `index` on.
    ///
    /// # Safety
    /// They are inside, nobody writes them, and the processor has the instruction set of `V`.
    #[inline(always)]
    pub(crate) unsafe fn load<V: Lanes>(self, index: usize) -> V {
        // SAFETY: the caller's.
        unsafe { V::load(self.at(index, V::LANES)) }
    }

    /// For reading what was written.
    ///
    /// # Safety
    /// Nobody writes what is read through it.
    pub(crate) unsafe fn source(self) -> Source<'a> {
        Source {
            start: self.start,
            len: self.len,
            lifetime: PhantomData,
        }
    }
}
