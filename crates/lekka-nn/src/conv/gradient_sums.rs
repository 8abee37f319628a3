//! Gradients of kernel and bias, summed over the pictures of a batch.

use super::Conv2dShape;
use super::workspace::{Worker, Workspace};
use crate::threads;

/// They are summed in this many groups of pictures, whatever the number of threads, so that the sum is always the same.
const GROUPS: usize = 8;

/// Sets the gradients of kernel and bias to their sums over all pictures. `work` adds those of one picture, given it and
/// the gradient of its output, to the sums of kernel and bias, one behind the other.
pub(super) fn sum_over_pictures(
    shape: &Conv2dShape,
    [input, d_output]: [&[f32]; 2],
    [d_kernel, d_bias]: [&mut [f32]; 2],
    workspace: &mut Workspace,
    work: impl Fn(&mut Worker, [&[f32]; 2], &mut [f32]) + Sync,
) {
    let batch = input.len() / shape.input_len();
    d_kernel.fill(0.0);
    d_bias.fill(0.0);
    if batch == 0 {
        return;
    }
    let per_group = batch.div_ceil(GROUPS);
    let groups = batch.div_ceil(per_group);
    let group_len = shape.kernel_len() + shape.out_channels;
    let (workers, sums) = workspace.parts(groups, groups * group_len);
    sums.fill(0.0);
    let items = input
        .chunks(per_group * shape.input_len())
        .zip(d_output.chunks(per_group * shape.output_len()))
        .zip(sums.chunks_exact_mut(group_len));
    threads::for_each(workers, items, |worker, ((pictures, gradients), sums)| {
        let pictures = pictures.chunks_exact(shape.input_len());
        for (picture, gradient) in pictures.zip(gradients.chunks_exact(shape.output_len())) {
            work(worker, [picture, gradient], sums);
        }
    });
    for sums in sums.chunks_exact(group_len) {
        let totals = d_kernel.iter_mut().chain(&mut *d_bias);
        for (total, &value) in totals.zip(sums) {
            *total += value;
        }
    }
}
