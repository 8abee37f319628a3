//! How much is done at a time, and how much a request may ask for.

use std::num::NonZeroUsize;
use std::time::Duration;

/// Bounds on requests and on the server as a whole.
///
/// ```
/// let small = lekka_server::Limits { max_body: 1 << 20, ..Default::default() };
/// assert_eq!(small.max_pages, 50);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of a request's body; 32 MiB by default.
    pub max_body: usize,
    /// Bytes of all bodies that are in memory at the same time; 512 MiB by default.
    pub max_buffered: usize,
    /// Pixels of a picture; 40 million by default, a page of A4 at 600 dpi.
    pub max_pixels: u64,
    /// Pages of a file; 50 by default.
    pub max_pages: usize,
    /// Pictures of a request in parts; 100 by default.
    pub max_pictures: usize,
    /// Digits of a request to `/v1/digits`; 10,000 by default.
    pub max_digits: usize,
    /// From a request's headers to the end of its body; 30 s by default.
    pub body_time: Duration,
    /// From the end of the body to the answer, with waiting; 60 s by default.
    pub work_time: Duration,
    /// Requests that are computed at the same time; by default four times as many as there
    /// are threads, so that many wait for the network together while others look for digits.
    pub concurrency: NonZeroUsize,
    /// Requests that wait for their turn; further ones are refused with 429. 64 by default.
    pub queue: usize,
    /// Digits that go through the network together; 64 by default.
    pub batch: NonZeroUsize,
    /// How long digits wait for company when the network is free and other requests are about to
    /// bring some; 1 ms by default. With no other request they never wait.
    pub batch_wait: Duration,
}

impl Default for Limits {
    /// Those of [`Limits::for_threads`] with as many threads as the machine has cores.
    fn default() -> Self {
        Self::for_threads(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

impl Limits {
    /// The defaults of a server that computes with so many threads.
    pub fn for_threads(threads: NonZeroUsize) -> Self {
        Self {
            max_body: 32 << 20,
            max_buffered: 512 << 20,
            max_pixels: 40_000_000,
            max_pages: 50,
            max_pictures: 100,
            max_digits: 10_000,
            body_time: Duration::from_secs(30),
            work_time: Duration::from_mins(1),
            concurrency: threads.saturating_mul(NonZeroUsize::MIN.saturating_add(3)),
            queue: 64,
            batch: NonZeroUsize::MIN.saturating_add(63),
            batch_wait: Duration::from_millis(1),
        }
    }
}
