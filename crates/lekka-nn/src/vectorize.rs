//! Loops compiled for wider vectors than the target always has.

/// Defines a function that is compiled twice, for the target as it is and with AVX2, and picks one
/// at run time. What it calls must be inlined to profit. Products and sums are not fused, so both
/// give the same bits.
macro_rules! vectorized {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block
    ) => {
        $(#[$attribute])*
        $visibility fn $name($($argument: $kind),*) {
            #[allow(clippy::inline_always, reason = "to be compiled as part of both callers")]
            #[inline(always)]
            fn portable($($argument: $kind),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $kind),*) {
                    portable($($argument),*);
                }
                if $crate::simd::InstructionSet::detect() != $crate::simd::InstructionSet::Portable {
                    #[expect(unsafe_code, reason = "needs a processor with AVX2")]
                    // SAFETY: `detect` found that the processor has it.
                    unsafe {
                        avx2($($argument),*);
                    }
                    return;
                }
            }
            portable($($argument),*);
        }
    };
}

pub(crate) use vectorized;

#[cfg(test)]
mod tests {
    vectorized! {
        /// Doubles.
        fn double(values: &mut [f32], by: f32) {
            for value in values {
                *value *= by;
            }
        }
    }

    #[test]
    fn runs() {
        let mut values = [1.0; 9];
        double(&mut values, 2.0);
        assert_eq!(values, [2.0; 9]);
    }
}
