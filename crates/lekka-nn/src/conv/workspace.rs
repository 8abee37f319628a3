//! Scratch memory of the convolutions.

use crate::buffer::AlignedBuffer;
use crate::threads;

/// Scratch memory for [`Conv2dKernel`](super::Conv2dKernel), reused from call to call and from
/// kernel to kernel: nothing is allocated once it has grown to what the largest of them needs.
#[derive(Default)]
pub struct Workspace {
    sequential: bool,
    workers: Vec<Worker>,
    shared: AlignedBuffer,
    /// Outputs before pooling, where that is not done on the way.
    pub(super) unpooled: AlignedBuffer,
}

/// Scratch memory of one thread.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) a: AlignedBuffer,
    pub(super) b: AlignedBuffer,
}

impl Workspace {
    /// For calls that use all threads of rayon's current pool.
    pub fn new() -> Self {
        Self::default()
    }

    /// For calls that stay on the calling thread, as when the caller itself is parallel over
    /// pictures.
    pub fn sequential() -> Self {
        Self {
            sequential: true,
            ..Self::default()
        }
    }

    /// Threads that calls may use.
    pub(super) fn threads(&self) -> usize {
        if self.sequential {
            1
        } else {
            threads::thread_count()
        }
    }

    /// Scratch memory of at most `items` threads, and `shared_len` floats for all together.
    pub(super) fn parts(&mut self, items: usize, shared_len: usize) -> (&mut [Worker], &mut [f32]) {
        let count = self.threads().min(items).max(1);
        if self.workers.len() < count {
            self.workers.resize_with(count, Worker::default);
        }
        (&mut self.workers[..count], self.shared.grow(shared_len))
    }
}
