//! Batches of composed numbers as pictures of lines.

use super::batches::Batch;
use super::config::NumbersConfig;
use crate::augment::LineAugmentation;
use crate::data::{ComposeOptions, ComposedNumber, GlyphBank, Spacing, compose};
use lekka_nn::random::{Random, derive_seed};
use lekka_nn::sequence::padded_width;
use lekka_page::{LINE_HEIGHT, line_picture};
use std::sync::mpsc::{Receiver, SyncSender};

/// Batches that are composed together, so that lines of about the same width come into one batch.
const GROUP: usize = 8;

/// Lines wider than this are not trained on: they would need much memory and are few.
const MOST_WIDTH: u32 = 448;

/// What the lines of a batch say.
#[derive(Debug, Default)]
pub(crate) struct LineLabels {
    /// Width of all pictures, in pixels.
    pub(crate) width: usize,
    /// How wide each line is.
    pub(crate) widths: Vec<usize>,
    pub(crate) labels: Vec<Vec<u8>>,
}

/// A line as the network wants it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) pixels: Vec<f32>,
    pub(crate) width: usize,
    pub(crate) digits: Vec<u8>,
    pub(crate) spacing: Spacing,
}

/// Composes the lines of every epoch.
#[derive(Debug)]
pub(crate) struct LineBatches<'a> {
    bank: &'a GlyphBank,
    config: &'a NumbersConfig,
    seed: u64,
}

impl<'a> LineBatches<'a> {
    pub(crate) fn new(bank: &'a GlyphBank, config: &'a NumbersConfig, seed: u64) -> Self {
        Self { bank, config, seed }
    }

    pub(crate) fn per_epoch(&self) -> usize {
        self.config.per_epoch
    }

    /// Sends the batches of an epoch from a step on, until nobody takes them.
    pub(crate) fn send(
        &self,
        epoch: u32,
        first_step: usize,
        steps: usize,
        batch_size: usize,
        sender: &SyncSender<Batch>,
        recycled: &Receiver<Batch>,
    ) {
        for group in first_step / GROUP..steps.div_ceil(GROUP) {
            let first = group * GROUP;
            let count = GROUP.min(steps - first);
            let batches = self.group(epoch, first, count, batch_size);
            for lines in batches.iter().skip(first_step.saturating_sub(first)) {
                let mut batch = recycled.try_recv().unwrap_or_default();
                fill(lines, &mut batch);
                if sender.send(batch).is_err() {
                    return;
                }
            }
        }
    }

    /// Some batches, each of lines of about the same width, in random order.
    fn group(&self, epoch: u32, first: usize, count: usize, batch_size: usize) -> Vec<Vec<Line>> {
        let from = first * batch_size;
        let to = ((first + count) * batch_size).min(self.config.per_epoch);
        let mut lines: Vec<Line> = (from..to)
            .filter_map(|index| {
                let seed = derive_seed(self.seed, "line", &[u64::from(epoch), index as u64]);
                let NumbersConfig {
                    compose,
                    augmentation,
                    ..
                } = self.config;
                line(self.bank, compose, *augmentation, seed, MOST_WIDTH)
            })
            .collect();
        lines.sort_by_key(|line| line.width);
        let size = lines.len().div_ceil(count.max(1)).max(1);
        let mut batches: Vec<Vec<Line>> = lines.chunks(size).map(<[Line]>::to_vec).collect();
        // An empty batch keeps the number of steps where lines were left out.
        batches.resize_with(count, Vec::new);
        let numbers = [u64::from(epoch), first as u64];
        Random::stream(self.seed, "order of lines", &numbers).shuffle(&mut batches);
        batches
    }
}

/// A composed number as a line; `None` when it is too wide.
pub(crate) fn line(
    bank: &GlyphBank,
    options: &ComposeOptions,
    augmentation: LineAugmentation,
    seed: u64,
    most: u32,
) -> Option<Line> {
    let number = compose(bank, options, seed).ok()?;
    let random = &mut Random::stream(seed, "line picture", &[]);
    let picture = line_picture(&scaled(&number, augmentation, random), (0, 0))?.image;
    if picture.width() > most {
        return None;
    }
    let width = picture.width() as usize;
    let values = picture.as_raw().iter();
    let mut pixels: Vec<f32> = values.map(|&value| f32::from(value) / 255.0).collect();
    augmentation.apply(&mut pixels, width, random);
    Some(Line {
        pixels,
        width,
        digits: number.digits,
        spacing: number.spacing,
    })
}

/// The ink of a number with the edges and the proportions that another scan or hand may give it.
fn scaled(
    number: &ComposedNumber,
    augmentation: LineAugmentation,
    random: &mut Random,
) -> image::GrayImage {
    let Some(factors) = augmentation.draw_scale(random) else {
        return number.ink.clone();
    };
    let (width, height) = number.ink.dimensions();
    let side = |length: u32, factor: f32| (length as f32 * factor).round().max(1.0) as u32;
    let (width, height) = (side(width, factors[0]), side(height, factors[1]));
    if factors[0] > 1.0 {
        lekka_image::resize_bilinear(&number.ink, width, height)
    } else {
        lekka_image::resize_area(&number.ink, width, height)
    }
}

fn fill(lines: &[Line], batch: &mut Batch) {
    let width = padded_width(lines.iter().map(|line| line.width).max().unwrap_or(0));
    let height = LINE_HEIGHT as usize;
    batch.images.clear();
    batch.images.resize(lines.len() * height * width, 0.0);
    batch.labels.clear();
    batch.lines.width = width;
    batch.lines.widths.clear();
    batch.lines.labels.clear();
    for (line, image) in lines
        .iter()
        .zip(batch.images.chunks_exact_mut(height * width))
    {
        for (from, to) in line
            .pixels
            .chunks_exact(line.width)
            .zip(image.chunks_exact_mut(width))
        {
            to[..line.width].copy_from_slice(from);
        }
        batch.lines.widths.push(line.width);
        batch.lines.labels.push(line.digits.clone());
    }
}
