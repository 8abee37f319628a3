//! Batches with classifiers that need no weights.

use super::*;
use proptest::prelude::*;
use std::sync::Mutex;
use std::sync::mpsc;

/// Takes a digit for its first pixel times ten, and writes down how large the batches were.
struct FirstPixel {
    sizes: Arc<Mutex<Vec<usize>>>,
    /// Each batch waits for a word from here.
    gate: Option<Mutex<mpsc::Receiver<()>>>,
}

impl Classifier for FirstPixel {
    fn logits(&self, images: &[f32], logits: &mut Vec<f32>) -> Result<(), ClassifierError> {
        if let Some(gate) = &self.gate {
            gate.lock().unwrap().recv()?;
        }
        self.sizes.lock().unwrap().push(images.len() / PIXELS);
        for image in images.chunks_exact(PIXELS) {
            match image[0] {
                x if x < 0.0 => return Err("a negative pixel".into()),
                x if x > 1.0 => panic!("a pixel over 1"),
                x => logits.extend((0..CLASSES).map(|class| f32::from(class as u8) * x)),
            }
        }
        Ok(())
    }
}

type Sizes = Arc<Mutex<Vec<usize>>>;

fn start(limits: &Limits, gate: Option<mpsc::Receiver<()>>) -> (Batcher, Sizes) {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let classifier = FirstPixel {
        sizes: sizes.clone(),
        gate: gate.map(Mutex::new),
    };
    let metrics = Arc::new(Metrics::new("test"));
    let batcher = Batcher::start(Box::new(classifier), 1, limits, metrics).unwrap();
    (batcher, sizes)
}

fn limits(batch: usize) -> Limits {
    Limits {
        batch: NonZeroUsize::new(batch).unwrap(),
        concurrency: NonZeroUsize::new(64).unwrap(),
        batch_wait: Duration::ZERO,
        ..Limits::default()
    }
}

/// Images that all have the same first pixel, and the logits of one.
fn images(count: usize, first: f32) -> Vec<f32> {
    let mut images = vec![0.0; count * PIXELS];
    for image in images.chunks_exact_mut(PIXELS) {
        image[0] = first;
    }
    images
}

fn ask(batcher: &Batcher, images: &[f32]) -> Result<Vec<f32>, String> {
    let classifier = batcher.classifier(Ticket::new());
    let mut logits = Vec::new();
    let result = classifier.logits(images, &mut logits);
    result.map(|()| logits).map_err(|error| error.to_string())
}

#[test]
fn everybody_gets_their_own_answer() {
    let (batcher, sizes) = start(&limits(8), None);
    std::thread::scope(|scope| {
        for client in 0..16 {
            let batcher = &batcher;
            scope.spawn(move || {
                for round in 0..50 {
                    let (count, first) = ((client + round) % 13, client as f32 / 16.0);
                    let logits = ask(batcher, &images(count, first)).unwrap();
                    assert_eq!(logits.len(), count * CLASSES);
                    for logits in logits.chunks(CLASSES) {
                        assert!((logits[1] - first).abs() < 1e-6, "{logits:?} for {first}");
                    }
                }
            });
        }
    });
    let sizes = sizes.lock().unwrap();
    assert!(
        sizes.iter().all(|&size| (1..=8).contains(&size)),
        "{sizes:?}"
    );
}

#[test]
fn what_waits_is_computed_together_and_evenly() {
    let (open, gate) = mpsc::channel();
    let (batcher, sizes) = start(&limits(8), Some(gate));
    let (done, finished) = mpsc::channel();
    std::thread::scope(|scope| {
        let client = |name: &'static str, count| {
            let (batcher, done) = (batcher.clone(), done.clone());
            scope.spawn(move || {
                ask(&batcher, &images(count, 0.5)).unwrap();
                done.send(name).unwrap();
            });
            // So that they stand in the queue in this order.
            std::thread::sleep(Duration::from_millis(50));
        };
        client("first", 1);
        client("page", 20);
        client("digit", 1);
        client("pair", 2);
        for _ in 0..2 {
            open.send(()).unwrap();
        }
        let mut early: Vec<_> = finished.iter().take(3).collect();
        early.sort_unstable();
        assert_eq!(early, ["digit", "first", "pair"]);
        for _ in 0..2 {
            open.send(()).unwrap();
        }
    });
    // The first was alone; then the page's share is what the small ones leave.
    assert_eq!(*sizes.lock().unwrap(), [1, 8, 8, 7]);
    assert_eq!(finished.recv(), Ok("page"));
}

#[test]
fn company_that_is_coming_is_waited_for_and_nobody_else() {
    let patient = Limits {
        batch_wait: Duration::from_secs(20),
        ..limits(2)
    };
    let (batcher, sizes) = start(&patient, None);
    let start = Instant::now();
    ask(&batcher, &images(1, 0.5)).unwrap();
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "alone, it waited"
    );

    // Two that are known of: the first waits for the second.
    let (one, two) = (
        batcher.classifier(Ticket::new()),
        batcher.classifier(Ticket::new()),
    );
    std::thread::scope(|scope| {
        scope.spawn(|| one.logits(&images(1, 0.5), &mut Vec::new()).unwrap());
        std::thread::sleep(Duration::from_millis(50));
        scope.spawn(|| two.logits(&images(1, 0.5), &mut Vec::new()).unwrap());
    });
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "they waited longer"
    );
    assert_eq!(*sizes.lock().unwrap(), [1, 2]);
}

#[test]
fn a_failure_is_told_and_survived() {
    let (batcher, _) = start(&limits(8), None);
    let error = ask(&batcher, &images(1, -1.0)).unwrap_err();
    assert!(error.contains("a negative pixel"), "{error}");
    let error = ask(&batcher, &images(1, 2.0)).unwrap_err();
    assert!(error.contains("panicked"), "{error}");
    assert_eq!(ask(&batcher, &images(2, 0.1)).unwrap().len(), 2 * CLASSES);
    assert_eq!(ask(&batcher, &[]).unwrap().len(), 0);
}

#[test]
fn who_gives_up_is_not_computed() {
    let (open, gate) = mpsc::channel();
    let (batcher, sizes) = start(&limits(8), Some(gate));
    let ticket = Ticket::new();
    std::thread::scope(|scope| {
        scope.spawn(|| ask(&batcher, &images(1, 0.5)).unwrap());
        std::thread::sleep(Duration::from_millis(50));
        let classifier = batcher.classifier(ticket.clone());
        scope.spawn(move || {
            let error = classifier.logits(&images(5, 0.5), &mut Vec::new());
            assert!(error.is_err());
        });
        std::thread::sleep(Duration::from_millis(50));
        ticket.give_up();
        open.send(()).unwrap();
    });
    let error = batcher
        .classifier(ticket)
        .logits(&images(1, 0.5), &mut Vec::new());
    assert!(error.unwrap_err().to_string().contains("nobody waits"));
    assert_eq!(*sizes.lock().unwrap(), [1]);
}

proptest! {
    #[test]
    fn shares_fill_the_batch_evenly(
        wanted in prop::collection::vec(0_usize..40, 0..12),
        most in 1_usize..64,
    ) {
        let shares = shares(&wanted, most);
        let total: usize = wanted.iter().sum();
        prop_assert_eq!(shares.iter().sum::<usize>(), total.min(most));
        for (share, wanted) in shares.iter().zip(&wanted) {
            prop_assert!(share <= wanted);
            // Who got less than they wanted got no less than anybody else, but for one.
            if share < wanted {
                prop_assert!(shares.iter().all(|other| *other <= share + 1));
            }
        }
    }
}
