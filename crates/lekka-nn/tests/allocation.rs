//! A step of training and a prediction allocate nothing once they have run.

#![expect(unsafe_code, reason = "an allocator is unsafe to implement")]

mod common;

use common::{crnn, pictures};
use lekka_nn::{Network, Optimizer, OptimizerSpec, Predictor, StepOptions};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The only test of this file: the counter is one for all threads.
#[test]
fn nothing_is_allocated_after_the_first_time() {
    let spec = crnn(0.25);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    // Inside the pool, since handing work to it from outside queues, and so allocates.
    pool.install(|| {
        let mut network = Network::new(&spec, 1).unwrap();
        let mut optimizer = Optimizer::new(&OptimizerSpec::default(), network.parameters());
        let predictor = Predictor::new(&spec, network.parameters()).unwrap();
        let (images, labels) = pictures(&spec, 20);
        let mut logits = Vec::new();
        let mut run = |seed| {
            let options = StepOptions {
                label_smoothing: 0.1,
                dropout_seed: seed,
            };
            network
                .train_step(&images, &labels, &options, &mut optimizer, 1e-3)
                .unwrap();
            predictor.logits(&images, &mut logits).unwrap();
        };
        run(0);
        run(1);
        let before = ALLOCATED.load(Ordering::Relaxed);
        for seed in 2..5 {
            run(seed);
        }
        assert_eq!(ALLOCATED.load(Ordering::Relaxed) - before, 0);
    });
}
