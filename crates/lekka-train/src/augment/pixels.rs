//! Changes of the finished picture: blur, faded ink, noise.

use super::config::Noise;
use crate::data::IMAGE_SIDE;
use lekka_nn::random::Random;

/// Blurs, fades and disturbs a picture, each by chance.
pub(crate) fn disturb(config: &Noise, random: &mut Random, picture: &mut [f32]) {
    if random.uniform() < config.probability {
        blur(random.range(0.0, config.blur), picture);
    }
    if random.uniform() < config.probability {
        let brightness = random.range(config.fade, 1.0);
        for value in picture.iter_mut() {
            *value *= brightness;
        }
    }
    if random.uniform() < config.probability {
        let deviation = random.range(0.0, config.deviation);
        for value in picture.iter_mut() {
            *value = (*value + deviation * random.normal()).clamp(0.0, 1.0);
        }
    }
}

/// Mixes a picture with its 3x3 binomial blur.
fn blur(share: f32, picture: &mut [f32]) {
    let before = picture.to_vec();
    let at = |x: usize, y: usize| {
        if (1..=IMAGE_SIDE).contains(&x) && (1..=IMAGE_SIDE).contains(&y) {
            before[(y - 1) * IMAGE_SIDE + x - 1]
        } else {
            0.0
        }
    };
    for (index, value) in picture.iter_mut().enumerate() {
        let (x, y) = (index % IMAGE_SIDE + 1, index / IMAGE_SIDE + 1);
        let row = |y: usize| at(x - 1, y) + 2.0 * at(x, y) + at(x + 1, y);
        let blurred = (row(y - 1) + 2.0 * row(y) + row(y + 1)) / 16.0;
        *value += share * (blurred - *value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_spreads_ink_without_losing_it() {
        let mut picture = vec![0.0; 784];
        picture[14 * 28 + 14] = 1.0;
        blur(1.0, &mut picture);
        assert_eq!(picture[14 * 28 + 14], 0.25);
        assert_eq!(picture[14 * 28 + 13], 0.125);
        assert_eq!(picture[13 * 28 + 13], 0.0625);
        assert!((picture.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
