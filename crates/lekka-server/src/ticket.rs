//! Whether anybody still waits for an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by a request and the work that is done for it. Work that was begun cannot be interrupted
/// at any point; it asks here before each page and each batch of the network.
#[derive(Debug, Clone, Default)]
pub struct Ticket(Arc<AtomicBool>);

impl Ticket {
    /// A ticket whose answer is waited for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nobody waits any more.
    pub fn give_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work can be left undone.
    pub fn is_given_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Gives up when it is dropped: axum drops the future of a request whose client went away.
    pub(crate) fn guard(&self) -> Guard {
        Guard(self.clone())
    }
}

pub(crate) struct Guard(Ticket);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.give_up();
    }
}
