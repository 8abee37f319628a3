//! Random numbers without hidden state.
//!
//! Every stream is derived from a seed, a purpose and some numbers (epoch, index), so a run that
//! is resumed, or that uses another number of threads, draws exactly the same values without a
//! generator's state having to be saved.

/// The increment of SplitMix64: 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Scrambles 64 bits: the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
///
/// ```
/// // The first output of SplitMix64 for seed 0.
/// assert_eq!(lekka_nn::random::mix(0x9e37_79b9_7f4a_7c15), 0xe220_a839_7b1d_cdaf);
/// ```
#[inline]
pub const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The `index`-th output (from 0) of SplitMix64 seeded with `seed`, in constant time.
#[inline]
pub const fn at(seed: u64, index: u64) -> u64 {
    mix(seed.wrapping_add(GOLDEN.wrapping_mul(index.wrapping_add(1))))
}

/// A seed for one use of randomness, from the run's seed, the name of the use and numbers such as
/// the epoch and the index of an image.
///
/// ```
/// use lekka_nn::random::derive_seed;
/// assert_ne!(derive_seed(1, "shuffle", &[0]), derive_seed(1, "shuffle", &[1]));
/// assert_ne!(derive_seed(1, "shuffle", &[0]), derive_seed(1, "augment", &[0]));
/// ```
pub fn derive_seed(seed: u64, purpose: &str, numbers: &[u64]) -> u64 {
    // FNV-1a of the name; the numbers are mixed in one by one.
    let name = purpose
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let start = mix(mix(seed.wrapping_add(GOLDEN)) ^ name);
    numbers.iter().fold(start, |hash, &number| {
        mix(hash.wrapping_add(GOLDEN) ^ mix(number))
    })
}

/// A SplitMix64 generator. Fast, 64 bits of state, good enough for training; not for secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The generator of SplitMix64 with this seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The generator for one use: see [`derive_seed`].
    pub fn stream(seed: u64, purpose: &str, numbers: &[u64]) -> Self {
        Self::new(derive_seed(seed, purpose, numbers))
    }

    /// The next 64 bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in `0..1`, with 24 bits, so that the value is exact in `f32` and never 1.
    #[inline]
    pub fn uniform(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// Uniform in `0..1` with 53 bits.
    #[inline]
    pub fn uniform_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `low..high`.
    #[inline]
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// Uniform integer in `0..bound`; 0 when `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        // Multiply-shift: the bias is below 2^-40 for any bound that fits a picture or data set.
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f32 {
        // 1 - u lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.uniform_f64()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.uniform_f64();
        (radius * angle.cos()) as f32
    }

    /// Shuffles in place (Fisher and Yates): every order equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_published_splitmix64() {
        // Outputs for seed 1234567 as printed at https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
        let mut random = Random::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        for (index, value) in expected.into_iter().enumerate() {
            assert_eq!(random.next_u64(), value);
            assert_eq!(at(1_234_567, index as u64), value);
        }
    }

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let mut random = Random::new(7);
        let count = 100_000;
        let (mut sum, mut normal_sum, mut normal_squares) = (0.0_f64, 0.0_f64, 0.0_f64);
        for _ in 0..count {
            let value = random.uniform();
            assert!((0.0..1.0).contains(&value));
            sum += f64::from(value);
            let value = f64::from(random.normal());
            normal_sum += value;
            normal_squares += value * value;
        }
        let count = f64::from(count);
        assert!((sum / count - 0.5).abs() < 0.005);
        assert!((normal_sum / count).abs() < 0.015);
        assert!((normal_squares / count - 1.0).abs() < 0.02);
    }

    #[test]
    fn shuffle_permutes() {
        let mut items: Vec<usize> = (0..1000).collect();
        Random::new(3).shuffle(&mut items);
        assert_ne!(items[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        items.sort_unstable();
        assert!(items.iter().enumerate().all(|(index, &item)| index == item));
    }

    #[test]
    fn below_of_zero_is_zero() {
        assert_eq!(Random::new(1).below(0), 0);
    }
}
