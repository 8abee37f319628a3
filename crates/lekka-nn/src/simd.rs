//! Vectors of eight floats: AVX2 where the processor has it, plain arrays that the compiler
//! vectorises everywhere else (SSE2, NEON, wasm SIMD128).
//!
//! A computation is a [`Kernel`], written once over [`Lanes`] and compiled once per
//! [`InstructionSet`]; everything it calls must be `#[inline(always)]`, or it is compiled without
//! the instructions.

#![expect(
    unsafe_code,
    reason = "vector instructions and unchecked memory access of the kernels"
)]
#![allow(
    clippy::inline_always,
    reason = "code that is not inlined is compiled without the instructions"
)]

use std::marker::PhantomData;
use std::ops::{Add, Mul, Sub};
use std::sync::OnceLock;

/// Lanes of a vector.
pub(crate) const LANES: usize = 8;

/// A vector of eight floats.
pub(crate) trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    /// Rows of a matrix product that are summed at once, two vectors each: as many as leave room
    /// for three more in the registers.
    const ROWS: usize;

    /// All lanes the same.
    ///
    /// # Safety
    /// The processor has the instruction set.
    unsafe fn splat(value: f32) -> Self;

    /// # Safety
    /// The processor has the instruction set and eight floats can be read from `source`.
    unsafe fn load(source: *const f32) -> Self;

    /// # Safety
    /// Eight floats can be written to `target`.
    unsafe fn store(self, target: *mut f32);

    /// Asks for the cache line at `address`, where the processor can be asked. Any address will do.
    #[inline(always)]
    fn prefetch(_address: *const f32) {}

    /// All lanes the same. A vector at hand proves that the processor has the instruction set.
    fn filled(self, value: f32) -> Self;

    /// `self * factor + summand`.
    fn mul_add(self, factor: Self, summand: Self) -> Self;

    /// `minuend - self * factor`.
    fn neg_mul_add(self, factor: Self, minuend: Self) -> Self;

    /// `self` where it is greater than `other`, else `other`: not a number if `other` is not.
    fn greater_of(self, other: Self) -> Self;

    /// `self` where `mask > 0`, else zero.
    fn where_positive(self, mask: Self) -> Self;
}

/// Splits `rows` into blocks of at most `max` rows that differ by one at most, as pairs of first row
/// and number of rows: a last block of a row or two would leave most of the processor idle.
#[inline(always)]
pub(crate) fn balanced_blocks(rows: usize, max: usize) -> impl Iterator<Item = (usize, usize)> {
    let blocks = rows.div_ceil(max).max(1);
    let (small, larger) = (rows / blocks, rows % blocks);
    (0..blocks).map(move |block| {
        (
            block * small + block.min(larger),
            small + usize::from(block < larger),
        )
    })
}

/// A computation compiled for each instruction set.
pub(crate) trait Kernel {
    /// What it returns.
    type Output;

    /// Must be `#[inline(always)]`, with all it calls.
    ///
    /// # Safety
    /// The processor has the instruction set of `V`; and what the kernel's own type demands.
    unsafe fn run<V: Lanes>(self) -> Self::Output;
}

/// The environment variable that [`instruction_set`] tells of.
const INSTRUCTIONS_VARIABLE: &str = "LEKKA_INSTRUCTIONS";

/// Name of the vector instructions that the kernels of this process use: `avx2` or `portable`.
///
/// Chosen once, by what the processor has; with `LEKKA_INSTRUCTIONS=portable` in the environment it
/// is the portable path on every processor, to measure or to test it.
pub fn instruction_set() -> &'static str {
    match InstructionSet::detect() {
        InstructionSet::Portable => "portable",
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => "avx2",
    }
}

/// Which vectors the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// What the target always has, vectorised by the compiler.
    Portable,
    /// 256-bit vectors with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl InstructionSet {
    /// The best of this processor, or [`Portable`](Self::Portable) where the environment asks for
    /// it: see [`instruction_set`].
    pub(crate) fn detect() -> Self {
        static DETECTED: OnceLock<InstructionSet> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            if std::env::var_os(INSTRUCTIONS_VARIABLE).is_some_and(|value| value == "portable") {
                return Self::Portable;
            }
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Self::Avx2;
            }
            Self::Portable
        })
    }

    /// Runs the kernel with these instructions.
    ///
    /// # Safety
    /// What the kernel's type demands; `self` comes from [`detect`](Self::detect) or is
    /// [`Portable`](Self::Portable).
    #[inline]
    pub(crate) unsafe fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            // SAFETY: passed on to the caller.
            Self::Portable => unsafe { kernel.run::<Portable>() },
            // SAFETY: `detect` found AVX2 and FMA; the rest is passed on to the caller.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { run_avx2(kernel) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function's own condition is the instruction set; the rest is the caller's.
    unsafe { kernel.run::<Avx2>() }
}

/// Eight floats as the compiler likes them.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f32; LANES]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, operation: impl Fn(f32, f32) -> f32) -> Self {
        let mut result = self.0;
        for (value, other) in result.iter_mut().zip(other.0) {
            *value = operation(*value, other);
        }
        Self(result)
    }
}

impl Add for Portable {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for Portable {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl Mul for Portable {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

/// Fused where the target has an instruction for it; a library call would be far slower than two
/// roundings.
#[inline(always)]
fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

impl Lanes for Portable {
    // 32 registers of four lanes on aarch64, sixteen elsewhere.
    const ROWS: usize = if cfg!(target_arch = "aarch64") { 6 } else { 3 };

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller's; an array of floats is aligned like a float.
        unsafe { Self(source.cast::<[f32; LANES]>().read()) }
    }

    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller's; an array of floats is aligned like a float.
        unsafe { target.cast::<[f32; LANES]>().write(self.0) }
    }

    #[inline(always)]
    fn filled(self, value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        let mut result = summand.0;
        for ((value, a), b) in result.iter_mut().zip(self.0).zip(factor.0) {
            *value = multiply_add(a, b, *value);
        }
        Self(result)
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, minuend: Self) -> Self {
        let mut result = minuend.0;
        for ((value, a), b) in result.iter_mut().zip(self.0).zip(factor.0) {
            *value = multiply_add(-a, b, *value);
        }
        Self(result)
    }

    #[inline(always)]
    fn greater_of(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn where_positive(self, mask: Self) -> Self {
        self.zip(mask, |value, mask| if mask > 0.0 { value } else { 0.0 })
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Add, Lanes, Mul, Sub};
    use std::arch::x86_64::{
        __m256, _CMP_GT_OQ, _MM_HINT_T0, _mm_prefetch, _mm256_add_ps, _mm256_and_ps, _mm256_cmp_ps,
        _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_mul_ps,
        _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm256_sub_ps,
    };

    /// One AVX register. Exists only where the processor has AVX2 and FMA: the functions that make
    /// one from nothing are unsafe for that reason.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(__m256);

    impl Add for Avx2 {
        type Output = Self;
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: an `Avx2` exists, so the processor has the instruction.
            unsafe { Self(_mm256_add_ps(self.0, other.0)) }
        }
    }

    impl Sub for Avx2 {
        type Output = Self;
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: an `Avx2` exists, so the processor has the instruction.
            unsafe { Self(_mm256_sub_ps(self.0, other.0)) }
        }
    }

    impl Mul for Avx2 {
        type Output = Self;
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: an `Avx2` exists, so the processor has the instruction.
            unsafe { Self(_mm256_mul_ps(self.0, other.0)) }
        }
    }

    impl Lanes for Avx2 {
        const ROWS: usize = 6;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            // SAFETY: the caller's.
            unsafe { Self(_mm256_set1_ps(value)) }
        }

        #[inline(always)]
        unsafe fn load(source: *const f32) -> Self {
            // SAFETY: the caller's.
            unsafe { Self(_mm256_loadu_ps(source)) }
        }

        #[inline(always)]
        unsafe fn store(self, target: *mut f32) {
            // SAFETY: the caller's.
            unsafe { _mm256_storeu_ps(target, self.0) }
        }

        #[inline(always)]
        fn prefetch(address: *const f32) {
            // SAFETY: a hint, which touches no memory; SSE is part of x86-64.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
        }

        #[inline(always)]
        fn filled(self, value: f32) -> Self {
            // SAFETY: an `Avx2` exists, so the processor has the instruction.
            unsafe { Self(_mm256_set1_ps(value)) }
        }

        #[inline(always)]
        fn mul_add(self, factor: Self, summand: Self) -> Self {
            // SAFETY: an `Avx2` exists, so the processor has the instruction.
            unsafe { Self(_mm256_fmadd_ps(self.0, factor.0, summand.0)) }
        }

        #[inline(always)]
        fn neg_mul_add(self, factor: Self, minuend: Self) -> Self {
            // SAFETY: an `Avx2` exists, so the processor has the instruction.
            unsafe { Self(_mm256_fnmadd_ps(self.0, factor.0, minuend.0)) }
        }

        #[inline(always)]
        fn greater_of(self, other: Self) -> Self {
            // SAFETY: an `Avx2` exists, so the processor has the instruction.
            unsafe { Self(_mm256_max_ps(self.0, other.0)) }
        }

        #[inline(always)]
        fn where_positive(self, mask: Self) -> Self {
            // SAFETY: an `Avx2` exists, so the processor has the instructions.
            unsafe {
                let positive = _mm256_cmp_ps::<_CMP_GT_OQ>(mask.0, _mm256_setzero_ps());
                Self(_mm256_and_ps(self.0, positive))
            }
        }
    }
}

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

    /// The eight floats from `index` on.
    ///
    /// # Safety
    /// They are inside, and the processor has the instruction set of `V`.
    #[inline(always)]
    pub(crate) unsafe fn load<V: Lanes>(self, index: usize) -> V {
        // SAFETY: the caller's.
        unsafe { V::load(self.at(index, LANES)) }
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

    /// Writes eight floats from `index` on.
    ///
    /// # Safety
    /// They are inside, and nobody else uses them.
    #[inline(always)]
    pub(crate) unsafe fn store<V: Lanes>(self, index: usize, value: V) {
        // SAFETY: the caller's.
        unsafe { value.store(self.at(index, LANES)) }
    }

    /// Reads eight floats from `index` on.
    ///
    /// # Safety
    /// They are inside, nobody writes them, and the processor has the instruction set of `V`.
    #[inline(always)]
    pub(crate) unsafe fn load<V: Lanes>(self, index: usize) -> V {
        // SAFETY: the caller's.
        unsafe { V::load(self.at(index, LANES)) }
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Arithmetic<'a> {
        a: &'a [f32; LANES],
        b: &'a [f32; LANES],
    }

    impl Kernel for Arithmetic<'_> {
        type Output = Vec<[f32; LANES]>;

        #[inline(always)]
        unsafe fn run<V: Lanes>(self) -> Self::Output {
            // SAFETY: the slices hold eight floats.
            unsafe {
                let (a, b) = (V::load(self.a.as_ptr()), V::load(self.b.as_ptr()));
                let two = V::splat(2.0);
                let results = [
                    a + b,
                    a - b,
                    a * b,
                    a.mul_add(b, two),
                    a.neg_mul_add(b, a.filled(2.0)),
                    a.greater_of(b),
                    a.where_positive(b),
                ];
                results
                    .into_iter()
                    .map(|result| {
                        let mut out = [0.0; LANES];
                        result.store(out.as_mut_ptr());
                        out
                    })
                    .collect()
            }
        }
    }

    #[test]
    fn instruction_sets_agree() {
        let a = [1.0, -2.0, 3.0, 0.5, -0.25, 8.0, 0.0, f32::NAN];
        let b = [2.0, 2.0, -1.0, 4.0, -8.0, 0.0, 1.0, 1.0];
        for set in [InstructionSet::Portable, InstructionSet::detect()] {
            // SAFETY: the kernel demands nothing else.
            let results = unsafe { set.run(Arithmetic { a: &a, b: &b }) };
            for lane in 0..LANES - 1 {
                let (a, b) = (a[lane], b[lane]);
                let expected = [
                    a + b,
                    a - b,
                    a * b,
                    a * b + 2.0,
                    2.0 - a * b,
                    a.max(b),
                    if b > 0.0 { a } else { 0.0 },
                ];
                for (result, expected) in results.iter().zip(expected) {
                    assert_eq!(result[lane].to_bits(), expected.to_bits(), "lane {lane}");
                }
            }
            assert!(results[0][7].is_nan());
            assert_eq!(results[5][7], 1.0, "the other where one is not a number");
        }
    }

    #[test]
    fn blocks_are_balanced() {
        let blocks = |rows, max| balanced_blocks(rows, max).collect::<Vec<_>>();
        assert_eq!(blocks(7, 6), [(0, 4), (4, 3)]);
        assert_eq!(blocks(13, 6), [(0, 5), (5, 4), (9, 4)]);
        assert_eq!(blocks(6, 6), [(0, 6)]);
        assert_eq!(blocks(0, 6), [(0, 0)]);
    }
}
