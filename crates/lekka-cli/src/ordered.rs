//! Work by all threads whose results come in order.

use anyhow::Result;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Takes items one by one with `next`, works on each with `work` on whatever thread is free, and hands the results to
/// `take` in the order of the items.
///
/// No more items are being worked on than there are threads, and no more than `window` results wait for an earlier one,
/// so that memory does not grow with the number of items. An item is taken only when a thread is free to work on it,
/// and is worked on by the thread that took it. The first error of `take` ends the work.
///
/// The threads are those of rayon's pool: what `work` itself divides among them is done by those that wait for nothing
/// else, so one item alone has all of them.
pub(crate) fn in_order<T, R: Send>(
    window: usize,
    next: impl FnMut() -> Option<T> + Send,
    work: impl Fn(T) -> R + Sync,
    take: impl FnMut(R) -> Result<()> + Send,
) -> Result<()> {
    let queue = Mutex::new(Queue { taken: 0, next });
    let line = Line {
        state: Mutex::new(State {
            handed_on: 0,
            waiting: BTreeMap::new(),
            take,
            stopped: false,
            error: None,
        }),
        moved: Condvar::new(),
    };
    rayon::broadcast(|_| {
        let _guard = StopOnPanic(&line);
        loop {
            let (index, item) = {
                let mut queue = lock(&queue);
                // Whoever waits here holds the queue, and the others want to wait for the same.
                if !line.has_room(queue.taken, window) {
                    return;
                }
                let Some(item) = (queue.next)() else { return };
                queue.taken += 1;
                (queue.taken - 1, item)
            };
            line.join(index, work(item));
        }
    });
    let state = line.state.into_inner();
    match state.unwrap_or_else(PoisonError::into_inner).error {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

struct Queue<F> {
    taken: usize,
    next: F,
}

/// Results on their way out.
struct Line<R, F> {
    state: Mutex<State<R, F>>,
    moved: Condvar,
}

struct State<R, F> {
    handed_on: usize,
    waiting: BTreeMap<usize, R>,
    take: F,
    stopped: bool,
    error: Option<anyhow::Error>,
}

impl<R, F: FnMut(R) -> Result<()>> Line<R, F> {
    /// Waits until the item of this index may be worked on; not at all when the work has ended.
    fn has_room(&self, index: usize, window: usize) -> bool {
        let full = |state: &mut State<R, F>| {
            !state.stopped && index >= state.handed_on.saturating_add(window.max(1))
        };
        let state = self.moved.wait_while(lock(&self.state), full);
        !state.unwrap_or_else(PoisonError::into_inner).stopped
    }

    /// Puts a result into the line and hands on what is at its head.
    fn join(&self, index: usize, result: R) {
        let mut state = lock(&self.state);
        let state = &mut *state;
        state.waiting.insert(index, result);
        while !state.stopped
            && let Some(result) = state.waiting.remove(&state.handed_on)
        {
            state.handed_on += 1;
            if let Err(error) = (state.take)(result) {
                state.stopped = true;
                state.error = Some(error);
            }
        }
        self.moved.notify_all();
    }
}

/// Lets the other threads go when one panics: they would wait for its result for ever.
struct StopOnPanic<'a, R, F>(&'a Line<R, F>);

impl<R, F> Drop for StopOnPanic<'_, R, F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.state).stopped = true;
            self.0.moved.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn pool<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(run)
    }

    #[test]
    fn results_come_in_order_and_few_wait() {
        for threads in [1, 2, 5] {
            let started = AtomicUsize::new(0);
            let handed_on = AtomicUsize::new(0);
            let mut items = 0..100_usize;
            let mut seen = Vec::new();
            pool(threads, || {
                in_order(
                    4,
                    || items.next(),
                    |item| {
                        let ahead = started.fetch_add(1, Ordering::SeqCst)
                            - handed_on.load(Ordering::SeqCst);
                        // The first items are slow: those behind must not run away.
                        if item % 7 == 0 {
                            std::thread::sleep(Duration::from_millis(3));
                        }
                        (item, ahead)
                    },
                    |result| {
                        handed_on.fetch_add(1, Ordering::SeqCst);
                        seen.push(result);
                        Ok(())
                    },
                )
            })
            .unwrap();
            assert!(seen.iter().map(|seen| seen.0).eq(0..100), "{seen:?}");
            let most = seen.iter().map(|seen| seen.1).max().unwrap();
            assert!(most <= 4, "{most} ahead with {threads} threads");
        }
    }

    #[test]
    fn the_first_error_ends_the_work() {
        let mut items = 0..1000_usize;
        let mut seen = 0;
        let error = pool(3, || {
            in_order(
                2,
                || items.next(),
                |item| item,
                |item| {
                    seen += 1;
                    anyhow::ensure!(item < 10, "item {item} is one too many");
                    Ok(())
                },
            )
        })
        .unwrap_err();
        assert_eq!(error.to_string(), "item 10 is one too many");
        assert_eq!(seen, 11);
        assert!(items.next().unwrap() < 20, "nothing was taken after it");
    }

    #[test]
    fn a_panic_is_passed_on_and_nobody_waits_for_ever() {
        let result = std::panic::catch_unwind(|| {
            let mut items = 0..1000_usize;
            pool(3, || {
                in_order(
                    2,
                    || items.next(),
                    |item| assert_ne!(item, 5, "a mistake of ours"),
                    |()| Ok(()),
                )
            })
        });
        assert!(result.is_err());
    }

    #[test]
    fn one_item_has_all_threads() {
        use rayon::prelude::*;
        let mut items = 0..1;
        let mut sum = 0_u64;
        pool(4, || {
            in_order(
                1,
                || items.next(),
                |_| (0..10_000_u64).into_par_iter().sum::<u64>(),
                |part| {
                    sum += part;
                    Ok(())
                },
            )
        })
        .unwrap();
        assert_eq!(sum, 49_995_000);
    }
}
