//! Vectors of floats: sixteen with AVX-512, eight with AVX2, four with WebAssembly's SIMD128, and
//! plain arrays that the compiler vectorises everywhere else (SSE2, NEON).
//!
//! A computation is a [`Kernel`], written once over [`Lanes`] and compiled once per
//! [`InstructionSet`]; everything it calls must be `#[inline(always)]`, or it is compiled without
//! the instructions. The number of lanes and of rows worked at once must not change the order of
//! any sum: AVX2 and AVX-512 give the same bits.

#![expect(
    unsafe_code,
    reason = "vector instructions and unchecked memory access of the kernels"
)]
#![allow(
    clippy::inline_always,
    reason = "code that is not inlined is compiled without the instructions"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod memory;
mod pair;
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

#[cfg(target_arch = "x86_64")]
use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use avx512::Avx512;
pub(crate) use memory::{Source, Target};
use pair::Pair;
pub(crate) use portable::Portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128::Simd128;
use std::ops::{Add, Mul, Sub};
use std::sync::OnceLock;

/// Channels, or columns of a matrix, that lie and are worked together: a multiple of the lanes of
/// every vector.
pub(crate) const PANEL: usize = 16;

/// A vector of floats.
pub(crate) trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    /// How many floats: a divisor of [`PANEL`].
    const LANES: usize;

    /// Rows of a matrix product that are summed at once, a [`Panel`](Self::Panel) each: as many as
    /// leave room in the registers for a panel and a factor. At most twelve: see `with_rows`.
    const ROWS: usize;

    /// [`PANEL`] floats: this vector itself, or a pair of it.
    type Panel: Lanes;

    /// All lanes the same.
    ///
    /// # Safety
    /// The processor has the instruction set.
    unsafe fn splat(value: f32) -> Self;

    /// # Safety
    /// The processor has the instruction set and that many floats can be read from `source`.
    unsafe fn load(source: *const f32) -> Self;

    /// # Safety
    /// As many floats can be written to `target`.
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

/// Expands to a call with a number of rows as a constant, one to a constant of at most
/// twelve.
macro_rules! with_rows {
    ($rows:expr, $most:expr, $constant:ident => $call:expr) => {
        $crate::simd::with_rows!(
            @ $rows, $most, $constant, $call, 1 2 3 4 5 6 7 8 9 10 11 12
        )
    };
    (@ $rows:expr, $most:expr, $constant:ident, $call:expr, $($number:literal)*) => {
        match $rows {
            $($number if $most >= $number => {
                const $constant: usize = $number;
                $call
            })*
            rows => debug_assert_eq!(rows, 0, "more than the most rows"),
        }
    };
}
pub(crate) use with_rows;

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

/// Name of the vector instructions that the kernels of this process use: `avx512`, `avx2`, `simd128` or
/// `portable`.
///
/// Chosen once, the best that the processor has. `LEKKA_INSTRUCTIONS` in the environment limits it
/// to `portable` or `avx2`, to measure or to test these paths; other values are ignored, and so is
/// `avx2` on a processor without it.
pub fn instruction_set() -> &'static str {
    match InstructionSet::detect() {
        InstructionSet::Portable => "portable",
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => "avx2",
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => "avx512",
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        InstructionSet::Simd128 => "simd128",
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
    /// 512-bit vectors, and twice as many registers.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 128-bit vectors of WebAssembly.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
}

impl InstructionSet {
    /// The best of this processor, or less where the environment asks for it: see
    /// [`instruction_set`].
    pub(crate) fn detect() -> Self {
        static DETECTED: OnceLock<InstructionSet> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let most = match std::env::var(INSTRUCTIONS_VARIABLE).as_deref() {
                Ok("portable") => 1,
                Ok("avx2") => 2,
                _ => usize::MAX,
            };
            let best = Self::available().take(most).last();
            best.unwrap_or(Self::Portable)
        })
    }

    /// All that this processor has, the best last.
    pub(crate) fn available() -> impl Iterator<Item = Self> {
        let sets = [
            Some(Self::Portable),
            #[cfg(target_arch = "x86_64")]
            (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"))
                .then_some(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            (is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl"))
            .then_some(Self::Avx512),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Some(Self::Simd128),
        ];
        sets.into_iter().flatten()
    }

    /// Runs the kernel with these instructions.
    ///
    /// # Safety
    /// What the kernel's type demands; `self` comes from [`detect`](Self::detect) or
    /// [`available`](Self::available), or is [`Portable`](Self::Portable).
    #[inline]
    pub(crate) unsafe fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            // SAFETY: passed on to the caller.
            Self::Portable => unsafe { kernel.run::<Portable>() },
            // SAFETY: `available` found AVX2 and FMA; the rest is passed on to the caller.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { run_avx2(kernel) },
            // SAFETY: `available` found AVX-512F and VL besides; the rest is passed on to the
            // caller.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { run_avx512(kernel) },
            // SAFETY: passed on to the caller.
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128 => unsafe { kernel.run::<Simd128>() },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function's own condition is the instruction set; the rest is the caller's.
    unsafe { kernel.run::<Avx2>() }
}

// VL, so that what remains in smaller vectors has all 32 registers too.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl")]
unsafe fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function's own condition is the instruction set; the rest is the caller's.
    unsafe { kernel.run::<Avx512>() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Arithmetic<'a> {
        a: &'a [f32; PANEL],
        b: &'a [f32; PANEL],
    }

    impl Arithmetic<'_> {
        #[inline(always)]
        unsafe fn compute<V: Lanes>(&self, at: usize, results: &mut [[f32; PANEL]]) {
            // SAFETY: the arrays hold as many floats from `at` on.
            unsafe {
                let a = V::load(self.a.as_ptr().add(at));
                let b = V::load(self.b.as_ptr().add(at));
                let two = V::splat(2.0);
                let computed = [
                    a + b,
                    a - b,
                    a * b,
                    a.mul_add(b, two),
                    a.neg_mul_add(b, a.filled(2.0)),
                    a.greater_of(b),
                    a.where_positive(b),
                ];
                for (result, computed) in results.iter_mut().zip(computed) {
                    computed.store(result.as_mut_ptr().add(at));
                }
            }
        }
    }

    impl Kernel for Arithmetic<'_> {
        type Output = Vec<[f32; PANEL]>;

        #[inline(always)]
        unsafe fn run<V: Lanes>(self) -> Self::Output {
            let mut results = vec![[0.0; PANEL]; 14];
            let (vectors, panels) = results.split_at_mut(7);
            // SAFETY: the arrays hold a panel.
            unsafe {
                for at in (0..PANEL).step_by(V::LANES) {
                    self.compute::<V>(at, vectors);
                }
                self.compute::<V::Panel>(0, panels);
            }
            results
        }
    }

    #[test]
    fn instruction_sets_agree() {
        let a = [
            1.0,
            -2.0,
            3.0,
            0.5,
            -0.25,
            8.0,
            0.0,
            f32::NAN,
            5.0,
            6.0,
            -7.0,
            1.5,
            2.5,
            -4.0,
            16.0,
            9.0,
        ];
        let b = [
            2.0, 2.0, -1.0, 4.0, -8.0, 0.0, 1.0, 1.0, -3.0, 0.0, 2.0, 6.0, -0.5, -4.0, 0.25, 8.0,
        ];
        for set in InstructionSet::available() {
            // SAFETY: the kernel demands nothing else.
            let results = unsafe { set.run(Arithmetic { a: &a, b: &b }) };
            for lane in (0..PANEL).filter(|&lane| lane != 7) {
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
                let expected = expected.iter().chain(&expected);
                for (result, expected) in results.iter().zip(expected) {
                    let bits = (result[lane].to_bits(), expected.to_bits());
                    assert_eq!(bits.0, bits.1, "{set:?}, lane {lane}");
                }
            }
            assert!(results[0][7].is_nan());
            assert_eq!(results[5][7], 1.0, "the other where one is not a number");
            assert_eq!(results[12][7], 1.0, "the same of a panel");
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
