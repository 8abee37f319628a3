//! Sharing work between the threads of rayon's current pool, with results that do not depend on
//! how many there are.
//!
//! The rule that keeps results the same: work is cut into items by the size of the problem, never by
//! the number of threads; an item writes only its own output; sums over items are added in the order
//! of the items afterwards.

use std::sync::{Mutex, PoisonError};

/// Number of threads of rayon's current pool.
pub(crate) fn thread_count() -> usize {
    if cfg!(miri) {
        // Miri stops at what rayon's queues do with pointers; the kernels are the same on one.
        return 1;
    }
    rayon::current_num_threads()
}

/// Runs `work` on a thread of rayon's current pool, where sharing work is cheaper than from outside;
/// on the calling thread if it is of the pool already or the only one.
pub(crate) fn in_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if thread_count() == 1 {
        work()
    } else {
        rayon::scope(|_| work())
    }
}

/// Runs `work(worker, item)` for every item of `items`; each worker (scratch memory of one thread)
/// takes the next item when it is done with one. With one worker all runs on the calling thread.
pub(crate) fn for_each<W, I, F>(workers: &mut [W], items: I, work: F)
where
    W: Send,
    I: Iterator + Send,
    F: Fn(&mut W, I::Item) + Sync,
{
    if let [worker] = workers {
        for item in items {
            work(worker, item);
        }
        return;
    }
    let queue = Mutex::new(items);
    let drain = |worker: &mut W| {
        loop {
            // A panic in another worker is passed on by rayon; the queue itself stays whole.
            let item = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            match item {
                Some(item) => work(worker, item),
                None => break,
            }
        }
    };
    for_each_worker(workers, &drain);
}

/// Runs `work(index)` for every index below `count` on all threads.
pub(crate) fn for_each_index(count: usize, work: impl Fn(usize) + Sync) {
    // Workers without memory of their own: the vector does not allocate.
    let mut workers = vec![(); thread_count().min(count)];
    for_each(&mut workers, 0..count, |(), index| work(index));
}

/// `rayon::join` over halves rather than a parallel iterator: it does not allocate.
fn for_each_worker<W: Send, F: Fn(&mut W) + Sync>(workers: &mut [W], run: &F) {
    match workers {
        [] => {}
        [worker] => run(worker),
        _ => {
            let (left, right) = workers.split_at_mut(workers.len() / 2);
            rayon::join(
                || for_each_worker(left, run),
                || for_each_worker(right, run),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_once() {
        for worker_count in [1, 2, 3, 8] {
            let mut workers = vec![0usize; worker_count];
            let mut out = vec![0usize; 100];
            for_each(
                &mut workers,
                out.iter_mut().enumerate(),
                |worker, (index, value)| {
                    *worker += 1;
                    *value += index;
                },
            );
            assert_eq!(workers.iter().sum::<usize>(), 100);
            assert!(out.iter().enumerate().all(|(index, &value)| index == value));
        }
    }
}
