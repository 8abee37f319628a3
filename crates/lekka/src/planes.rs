//! Halves of numbers apart, for weights in a module that a browser loads.
//!
//! First the low byte of each number, then the high byte, which has its sign and exponent. Low bytes are noise, high
//! bytes are much alike, and compression that sees one kind at a time saves 7 % of both together.

/// The bytes at even places, then those at odd ones.
#[allow(dead_code, reason = "build.rs does it, the library only in tests")]
pub(crate) fn split(bytes: &[u8]) -> Vec<u8> {
    let odd = bytes.iter().skip(1).step_by(2);
    bytes.iter().step_by(2).chain(odd).copied().collect()
}

/// The bytes as they were before they were [`split`].
#[allow(dead_code, reason = "not in build.rs")]
pub(crate) fn joined(planes: &[u8]) -> Vec<u8> {
    let (low, high) = planes.split_at(planes.len().div_ceil(2));
    let mut bytes = vec![0; planes.len()];
    for (at, plane) in [low, high].into_iter().enumerate() {
        for (byte, &half) in bytes.iter_mut().skip(at).step_by(2).zip(plane) {
            *byte = half;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_joined_to_what_was_split() {
        assert_eq!(split(b"aAbBc"), b"abcAB");
        assert_eq!(joined(b"abcAB"), b"aAbBc");
        assert_eq!(joined(&split(b"aAbB")), b"aAbB");
        assert!(joined(&[]).is_empty());
    }
}
