//! Digits of many requests, put through the network together.

use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::ticket::Ticket;
use lekka::{Classifier, ClassifierError};
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};
use thiserror::Error;

/// Values of one image.
const PIXELS: usize = 28 * 28;
/// Logits of one image.
const CLASSES: usize = 10;

/// A thread that owns the network. Whoever has digits hands them over and waits; what has come
/// while a batch was computed makes the next one, so that batches grow with the load and a digit
/// that comes alone is computed at once.
///
/// A batch takes its digits from all who wait, the same number from each as far as they have them:
/// a digit does not wait for a page of a thousand to be done.
#[derive(Debug, Clone)]
pub struct Batcher {
    jobs: SyncSender<Job>,
    coming: Arc<AtomicUsize>,
}

/// The digits of one caller.
struct Job {
    images: Vec<f32>,
    logits: Vec<f32>,
    ticket: Ticket,
    reply: SyncSender<Result<Vec<f32>, Failure>>,
}

/// Why a batch gave no logits. Everybody in the batch is told.
#[derive(Debug, Clone, Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Classifier(String),
    #[error("the thread of the network has ended; start the server again")]
    Ended,
    #[error("nobody waits for the answer any more")]
    GivenUp,
}

impl Job {
    fn digits_left(&self) -> usize {
        self.images.len() / PIXELS - self.logits.len() / CLASSES
    }

    /// The next images, `count` of them.
    fn next(&self, count: usize) -> &[f32] {
        let done = self.logits.len() / CLASSES;
        &self.images[done * PIXELS..(done + count) * PIXELS]
    }

    fn answer(self, result: Result<(), Failure>) {
        // Who gave up has closed the channel.
        let _ = self.reply.send(result.map(|()| self.logits));
    }
}

impl Batcher {
    /// Starts the thread, with a pool of `threads` for the arithmetic (0: one for each core).
    ///
    /// # Errors
    ///
    /// When the system gives no threads.
    pub fn start(
        classifier: Box<dyn Classifier>,
        threads: usize,
        limits: &Limits,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<Self> {
        // As many as can wait at all: who computes has one job.
        let (jobs, receiver) = sync_channel(limits.concurrency.get());
        let coming = Arc::new(AtomicUsize::new(0));
        let worker = Worker {
            classifier,
            most: limits.batch,
            wait: limits.batch_wait,
            coming: coming.clone(),
            metrics,
            waiting: VecDeque::new(),
        };
        let (ready, started) = sync_channel(1);
        std::thread::Builder::new()
            .name("network".to_owned())
            .spawn(move || {
                // This thread is one of the pool: a lone digit is computed without a hand-over.
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .thread_name(|index| format!("network-{index}"))
                    .use_current_thread()
                    .build();
                let failed = pool
                    .as_ref()
                    .err()
                    .map(|error| std::io::Error::other(error.to_string()));
                let _ = ready.send(failed.map_or(Ok(()), Err));
                if let Ok(_pool) = pool {
                    worker.run(&receiver);
                }
            })?;
        started.recv().map_err(std::io::Error::other)??;
        Ok(Self { jobs, coming })
    }

    /// The network for one request. While it lives, its digits are expected.
    pub fn classifier(&self, ticket: Ticket) -> impl Classifier + use<> {
        self.coming.fetch_add(1, Ordering::Relaxed);
        Caller {
            batcher: self.clone(),
            ticket,
        }
    }
}

/// One request's way to the network.
struct Caller {
    batcher: Batcher,
    ticket: Ticket,
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.batcher.coming.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Classifier for Caller {
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
        if self.ticket.is_given_up() {
            return Err(Failure::GivenUp.into());
        }
        let (reply, answer) = sync_channel(1);
        let job = Job {
            images: images.to_vec(),
            logits: Vec::with_capacity(images.len() / PIXELS * CLASSES),
            ticket: self.ticket.clone(),
            reply,
        };
        self.batcher.jobs.send(job).map_err(|_| Failure::Ended)?;
        *logits = answer.recv().map_err(|_| Failure::Ended)??;
        Ok(())
    }
}

struct Worker {
    classifier: Box<dyn Classifier>,
    most: NonZeroUsize,
    wait: Duration,
    /// Requests that are being worked on, those whose digits are here among them.
    coming: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
    waiting: VecDeque<Job>,
}

impl Worker {
    /// Until nobody can hand over digits any more.
    fn run(mut self, jobs: &Receiver<Job>) {
        let (mut images, mut logits) = (Vec::new(), Vec::new());
        while self.collect(jobs) {
            self.waiting.retain(|job| !job.ticket.is_given_up());
            let taken = self.take(&mut images);
            if taken.is_empty() {
                continue;
            }
            let start = Instant::now();
            let result = self.classify(&images, &mut logits);
            self.metrics.batch(images.len() / PIXELS, start.elapsed());
            self.give(&taken, &logits, &result);
        }
    }

    /// Takes what has come, and waits for it if nothing has. False when nobody is left.
    fn collect(&mut self, jobs: &Receiver<Job>) -> bool {
        if self.waiting.is_empty() {
            match jobs.recv() {
                Ok(job) => self.waiting.push_back(job),
                Err(_) => return false,
            }
        }
        let mut until = None;
        loop {
            match jobs.try_recv() {
                Ok(job) => {
                    self.waiting.push_back(job);
                    continue;
                }
                Err(TryRecvError::Disconnected) => return true,
                Err(TryRecvError::Empty) => {}
            }
            let digits: usize = self.waiting.iter().map(Job::digits_left).sum();
            let others = self.coming.load(Ordering::Relaxed) > self.waiting.len();
            if digits >= self.most.get() || !others {
                return true;
            }
            let until = *until.get_or_insert_with(|| Instant::now() + self.wait);
            match jobs.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(job) => self.waiting.push_back(job),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return true,
            }
        }
    }

    /// Fills a batch: the number of digits from each job, in the order of the jobs.
    fn take(&self, images: &mut Vec<f32>) -> Vec<usize> {
        images.clear();
        let left: Vec<usize> = self.waiting.iter().map(Job::digits_left).collect();
        let shares = shares(&left, self.most.get());
        for (job, &count) in self.waiting.iter().zip(&shares) {
            images.extend_from_slice(job.next(count));
        }
        shares
    }

    fn classify(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), Failure> {
        logits.clear();
        if images.is_empty() {
            return Ok(());
        }
        // The thread serves everybody: it outlives a classifier that breaks on one batch.
        let run = AssertUnwindSafe(|| self.classifier.logits(images, logits));
        match catch_unwind(run) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Failure::Classifier(error.to_string())),
            Err(_) => return Err(Failure::Classifier("it panicked".to_owned())),
        }
        let expected = images.len() / PIXELS * CLASSES;
        if logits.len() != expected {
            let found = logits.len();
            let message = format!("it gave {found} logits, ten per digit are {expected}");
            return Err(Failure::Classifier(message));
        }
        Ok(())
    }

    /// Hands out the logits; jobs that are done leave, the others move to the end.
    fn give(&mut self, taken: &[usize], logits: &[f32], result: &Result<(), Failure>) {
        let mut rest = logits;
        for &count in taken {
            let Some(mut job) = self.waiting.pop_front() else {
                return;
            };
            if let (Err(failure), true) = (result, count > 0) {
                job.answer(Err(failure.clone()));
                continue;
            }
            let (own, others) = rest.split_at(count * CLASSES);
            rest = others;
            job.logits.extend_from_slice(own);
            if job.digits_left() == 0 {
                job.answer(Ok(()));
            } else {
                self.waiting.push_back(job);
            }
        }
    }
}

/// Divides `most` places evenly: what one does not need goes to the others.
fn shares(wanted: &[usize], most: usize) -> Vec<usize> {
    let mut shares = vec![0; wanted.len()];
    let mut places = most;
    loop {
        let hungry = (0..wanted.len()).filter(|&i| shares[i] < wanted[i]);
        let hungry: Vec<usize> = hungry.collect();
        if places == 0 || hungry.is_empty() {
            return shares;
        }
        let each = (places / hungry.len()).max(1);
        for index in hungry {
            let more = each.min(wanted[index] - shares[index]).min(places);
            shares[index] += more;
            places -= more;
        }
    }
}

#[cfg(test)]
mod tests;
