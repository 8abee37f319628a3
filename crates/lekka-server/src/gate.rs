//! Who may compute now, who waits, who is refused.

use crate::limits::Limits;
use crate::metrics::{Counted, Metrics};
use crate::problem::Problem;
use crate::ticket::Ticket;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Lets in so many requests at a time; a few more wait, the rest is told to come again.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    /// One for each request that computes or waits.
    places: Arc<Semaphore>,
    /// One for each request that computes.
    work: Arc<Semaphore>,
    concurrency: usize,
    singles: Arc<Singles>,
    work_time: Duration,
    metrics: Arc<Metrics>,
}

impl Gate {
    pub(crate) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let concurrency = limits.concurrency.get().min(Semaphore::MAX_PERMITS / 2);
        let queue = limits.queue.min(Semaphore::MAX_PERMITS / 2);
        Self {
            places: Arc::new(Semaphore::new(concurrency + queue)),
            work: Arc::new(Semaphore::new(concurrency)),
            concurrency,
            singles: Arc::default(),
            work_time: limits.work_time,
            metrics,
        }
    }

    /// Whether a request that came now would be refused.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.places.available_permits() == 0 {
            return Err(Problem::busy());
        }
        Ok(())
    }

    /// Computes on a thread of its own, when it is its turn. Work whose client goes away, or that
    /// takes too long, is left at the next page; its place is free when it has really ended.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Ticket) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| Problem::busy())?;
        let ticket = Ticket::new();
        let _guard = ticket.guard();
        let until = Instant::now() + self.work_time;
        let too_long = |_| Problem::too_long(self.work_time);
        let waiting = Counted::new(&self.metrics.waiting);
        let turn = tokio::time::timeout_at(until, self.work.clone().acquire_owned()).await;
        drop(waiting);
        let turn = turn
            .map_err(too_long)?
            .map_err(|_| Problem::internal("the server is ending"))?;
        let held = (place, turn, Counted::new(&self.metrics.computing));
        let beside_others = self.work.available_permits() + 1 < self.concurrency;
        let singles = self.singles.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _held = held;
            if beside_others {
                singles.run(|| work(ticket))
            } else {
                work(ticket)
            }
        });
        tokio::time::timeout_at(until, task)
            .await
            .map_err(too_long)?
            .map_err(|error| Problem::internal(format!("the work ended early: {error}")))
    }
}

/// Pools of one thread each. A request alone has all threads for its page; where several compute, the cores are busy
/// anyway, and to divide each page among the same threads costs more than it gains.
#[derive(Debug, Default)]
struct Singles {
    idle: Mutex<Vec<rayon::ThreadPool>>,
}

impl Singles {
    /// Works in an idle pool, or a new one; there are never more than requests that compute.
    fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let pool = match idle {
            Some(pool) => pool,
            None => match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
                Ok(pool) => pool,
                // The system gives no thread: the work is done all the same.
                Err(_) => return work(),
            },
        };
        let result = pool.install(work);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(pool);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_works_on_one_thread_and_pools_are_used_again() {
        let singles = Singles::default();
        for _ in 0..3 {
            assert_eq!(singles.run(rayon::current_num_threads), 1);
        }
        // Work within work has a pool of its own.
        singles.run(|| singles.run(|| ()));
        let idle = singles.idle.into_inner().expect("nothing panicked");
        assert_eq!(idle.len(), 2);
    }
}
