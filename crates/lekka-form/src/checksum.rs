//! Check digits: numbers that prove most misreadings of themselves wrong.

use crate::template::Checksum;

/// Multiplication in the dihedral group of the pentagon.
const DIHEDRAL: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];

/// Verhoeff's permutation, once.
const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

impl Checksum {
    /// Whether a number, digits 0 to 9 from the left, ends with the right check digits.
    ///
    /// ```
    /// use lekka_form::Checksum;
    /// assert!(Checksum::Luhn.holds(&[7, 9, 9, 2, 7, 3, 9, 8, 7, 1, 3]));
    /// assert!(Checksum::Verhoeff.holds(&[2, 3, 6, 3]));
    /// assert!(!Checksum::Verhoeff.holds(&[2, 3, 6, 4]));
    /// ```
    pub fn holds(self, digits: &[u8]) -> bool {
        let from_right = || digits.iter().rev().enumerate();
        match self {
            Self::Luhn => {
                let sum: u32 = from_right()
                    .map(|(place, &digit)| {
                        let doubled = u32::from(digit) << (place % 2);
                        doubled / 10 + doubled % 10
                    })
                    .sum();
                sum.is_multiple_of(10)
            }
            Self::Mod11 => {
                let sum: u32 = (1..)
                    .zip(digits.iter().rev())
                    .map(|(weight, &digit)| weight * u32::from(digit))
                    .sum();
                sum.is_multiple_of(11)
            }
            Self::Mod97 => {
                digits
                    .iter()
                    .fold(0, |rest, &digit| (rest * 10 + u32::from(digit)) % 97)
                    == 1
            }
            Self::Verhoeff => {
                let permuted = |times: usize, digit: u8| {
                    (0..times % 8).fold(digit, |d, _| PERMUTATION[usize::from(d % 10)])
                };
                from_right().fold(0_u8, |sum, (place, &digit)| {
                    DIHEDRAL[usize::from(sum)][usize::from(permuted(place, digit) % 10)]
                }) == 0
            }
        }
    }

    /// Of how many numbers one has the right check digits.
    pub const fn modulus(self) -> u32 {
        match self {
            Self::Luhn | Self::Verhoeff => 10,
            Self::Mod11 => 11,
            Self::Mod97 => 97,
        }
    }

    /// How many digits at the end are check digits.
    pub const fn digits(self) -> usize {
        match self {
            Self::Luhn | Self::Mod11 | Self::Verhoeff => 1,
            Self::Mod97 => 2,
        }
    }

    /// The name in templates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Luhn => "luhn",
            Self::Mod11 => "mod11",
            Self::Mod97 => "mod97",
            Self::Verhoeff => "verhoeff",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Checksum; 4] = [
        Checksum::Luhn,
        Checksum::Mod11,
        Checksum::Mod97,
        Checksum::Verhoeff,
    ];

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    #[test]
    fn published_examples_hold() {
        for (checksum, number) in [
            (Checksum::Luhn, "4539148803436467"),
            (Checksum::Mod11, "0306406152"),
            (Checksum::Mod11, "0131103628"),
            // ISO 7064 MOD 97-10, the example of the standard: 794 and the check digits 44.
            (Checksum::Mod97, "79444"),
            (Checksum::Verhoeff, "123451"),
            (Checksum::Verhoeff, "1428570"),
        ] {
            assert!(checksum.holds(&digits(number)), "{checksum:?} {number}");
        }
    }

    proptest! {
        #[test]
        fn every_single_misreading_is_found(
            number in prop::collection::vec(0_u8..10, 2..10),
            place in any::<prop::sample::Index>(),
            shift in 1_u8..10,
        ) {
            for checksum in ALL {
                // Of all check digits that may be put behind the number, those that are right.
                let ends = 10_usize.pow(checksum.digits() as u32);
                for end in 0..ends {
                    let mut whole = number.clone();
                    if checksum.digits() == 2 {
                        whole.push((end / 10) as u8);
                    }
                    whole.push((end % 10) as u8);
                    if !checksum.holds(&whole) {
                        continue;
                    }
                    let at = place.index(whole.len());
                    whole[at] = (whole[at] + shift) % 10;
                    // Mod 11 with more than ten digits has a weight of 11, which sees nothing.
                    prop_assert!(!checksum.holds(&whole), "{checksum:?} {whole:?}");
                }
            }
        }
    }
}
