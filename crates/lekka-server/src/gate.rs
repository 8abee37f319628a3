//! Who may compute now, who waits, who is refused.

use crate::limits::Limits;
use crate::metrics::{Counted, Metrics};
use crate::problem::Problem;
use crate::ticket::Ticket;
use std::sync::Arc;
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
        let task = tokio::task::spawn_blocking(move || {
            let _held = held;
            work(ticket)
        });
        tokio::time::timeout_at(until, task)
            .await
            .map_err(too_long)?
            .map_err(|error| Problem::internal(format!("the work ended early: {error}")))
    }
}
