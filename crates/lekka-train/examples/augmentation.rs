//! Draws what augmentation makes of the training images: `augmentation DATA_FOLDER OUT.png`. Each
//! row is one digit, first as it is, then as the preset `default` changes it in twelve epochs.

use image::{GrayImage, Luma};
use lekka_train::augment::Augmenter;
use lekka_train::data::{DataFolder, Split};
use lekka_train::training::preset;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: augmentation DATA_FOLDER OUT.png";
    let set = DataFolder::open(&arguments.next().ok_or(usage)?)?.read(Split::Train)?;
    let augmentation = preset("default")
        .ok_or("no such preset")?
        .config()
        .augmentation;
    let augmenter = Augmenter::new(augmentation)?;
    let mut sheet = GrayImage::from_pixel(13 * 30, 20 * 30, Luma([90]));
    for row in 0..20 {
        // Images of different digits and writers.
        let index = row as usize * 1281 % set.len();
        for column in 0..13 {
            let mut picture = vec![0.0; 784];
            if column == 0 {
                for (value, &byte) in picture.iter_mut().zip(set.image(index)) {
                    *value = f32::from(byte) / 255.0;
                }
            } else {
                augmenter.apply(
                    set.image(index),
                    u64::from(column + 100 * row),
                    &mut picture,
                );
            }
            for (pixel, value) in (0_u32..).zip(picture) {
                let (x, y) = (column * 30 + 1 + pixel % 28, row * 30 + 1 + pixel / 28);
                sheet.put_pixel(x, y, Luma([(value * 255.0) as u8]));
            }
        }
    }
    sheet.save(arguments.next().ok_or(usage)?)?;
    Ok(())
}
