//! Each limit, and what becomes of those who go over it.

mod common;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use common::{Answer, BLANK, Waiting, get, parts, post, real, send, tensor, waiting};
use futures_util::StreamExt;
use lekka_server::{Limits, Settings};
use std::io::Cursor;
use std::num::NonZeroUsize;
use std::time::Duration;
use tokio::task::JoinHandle;

const LONG: Duration = Duration::from_secs(30);

fn settings(limits: Limits) -> Settings {
    Settings {
        limits,
        threads: 1,
        ..Settings::default()
    }
}

fn with(change: impl FnOnce(&mut Limits)) -> Settings {
    let mut limits = Limits::default();
    change(&mut limits);
    settings(limits)
}

async fn refused(settings: Settings, path: &str, body: impl Into<Body>) -> (StatusCode, String) {
    let answer = post(&real(settings), path, body).await;
    (answer.status, answer.problem())
}

/// A body that comes in pieces, of which nobody says how many there will be.
fn pieces(piece: &'static [u8], count: usize) -> Body {
    let pieces = (0..count).map(move |_| Ok::<_, std::io::Error>(Bytes::from_static(piece)));
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[tokio::test]
async fn bodies_have_a_size_announced_or_not() {
    let small = || with(|limits| limits.max_body = 1000);
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "too_large".to_owned());
    assert_eq!(refused(small(), "/v1/read", vec![0; 1001]).await, too_large);
    assert_eq!(
        refused(small(), "/v1/digits", pieces(&[0; 100], 11)).await,
        too_large
    );
    // Its first byte is not waited for.
    let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let request = Request::post("/v1/read").header("content-length", "1001");
    let answer = send(&real(small()), request.body(never).unwrap()).await;
    assert_eq!((answer.status, answer.problem()), too_large);
    let answer = post(&real(small()), "/v1/digits", pieces(&[0; 112], 7)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_have_a_time_and_may_break_off() {
    let quick = || with(|limits| limits.body_time = Duration::from_millis(100));
    let first = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"P2 4"))]);
    let slow = Body::from_stream(first.chain(futures_util::stream::pending()));
    let answer = refused(quick(), "/v1/read", slow).await;
    assert_eq!(
        answer,
        (StatusCode::REQUEST_TIMEOUT, "slow_body".to_owned())
    );
    let parts = [
        Ok(Bytes::from_static(b"P2 4")),
        Err(std::io::Error::other("cut")),
    ];
    let cut = Body::from_stream(futures_util::stream::iter(parts));
    let answer = refused(quick(), "/v1/read", cut).await;
    assert_eq!(answer, (StatusCode::BAD_REQUEST, "broken_body".to_owned()));
}

#[tokio::test]
async fn memory_for_bodies_is_shared() {
    let state = with(|limits| limits.max_buffered = 4 << 10);
    let router = real(state);
    let answer = post(&router, "/v1/read", vec![0; 5000]).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "buffers_full")
    );
    assert_eq!(answer.header("retry-after"), "1");
    // What was refused is given back.
    for _ in 0..10 {
        assert_eq!(
            post(&router, "/v1/read", BLANK).await.status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn pictures_pages_and_batches_have_a_size() {
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "too_large".to_owned());
    let answer = refused(with(|limits| limits.max_pixels = 7), "/v1/read", BLANK).await;
    assert_eq!(answer, too_large);
    let answer = refused(
        with(|limits| limits.max_digits = 2),
        "/v1/digits",
        vec![0; 3 * 784],
    )
    .await;
    assert_eq!(answer, too_large);
    let router = real(with(|limits| limits.max_pictures = 2));
    let answer = send(&router, parts(&[("a", BLANK), ("b", BLANK), ("c", BLANK)])).await;
    assert_eq!((answer.status, answer.problem()), too_large);

    let mut file = Vec::new();
    let mut tiff = tiff::encoder::TiffEncoder::new(Cursor::new(&mut file)).unwrap();
    for _ in 0..3 {
        tiff.write_image::<tiff::encoder::colortype::Gray8>(2, 2, &[255; 4])
            .unwrap();
    }
    let answer = post(&real(with(|limits| limits.max_pages = 2)), "/v1/read", file).await;
    // The pages within the limit are read, as on the command line.
    assert_eq!(
        (answer.status, answer.text().lines().count()),
        (StatusCode::OK, 3)
    );
    let last = answer.text().lines().last().unwrap();
    assert!(last.contains("has more than 2 pages; split it"), "{last}");
}

fn narrow(concurrency: usize, queue: usize) -> Settings {
    with(|limits| {
        limits.concurrency = NonZeroUsize::new(concurrency).unwrap();
        limits.queue = queue;
    })
}

fn ask(router: &Router, digit: u8) -> JoinHandle<Answer> {
    let router = router.clone();
    tokio::spawn(async move { post(&router, "/v1/digits", tensor(digit)).await })
}

fn digit(answer: &Answer) -> u64 {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["digits"][0]["digit"].as_u64().unwrap()
}

/// Waits until the counter stands at the value.
async fn until(router: &Router, counter: &str) {
    for _ in 0..3000 {
        if get(router, "/metrics")
            .await
            .text()
            .lines()
            .any(|line| line == counter)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!(
        "{counter} was never so:\n{}",
        get(router, "/metrics").await.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_the_queue_full_is_told_to_come_again() {
    let Waiting {
        router,
        entered,
        open,
        ..
    } = waiting(narrow(1, 1));
    let first = ask(&router, 1);
    assert_eq!(entered.recv_timeout(LONG), Ok(1));
    let second = ask(&router, 2);
    until(&router, "lekka_waiting 1").await;
    for path in ["/v1/digits", "/v1/read"] {
        let third = post(&router, path, tensor(3)).await;
        assert_eq!(
            (third.status, third.problem().as_str()),
            (StatusCode::TOO_MANY_REQUESTS, "busy")
        );
        assert_eq!(third.header("retry-after"), "1");
    }
    assert_eq!(get(&router, "/readyz").await.problem(), "not_ready");
    assert_eq!(get(&router, "/healthz").await.status, StatusCode::OK);
    open.send(()).unwrap();
    open.send(()).unwrap();
    assert_eq!(digit(&first.await.unwrap()), 1);
    assert_eq!(digit(&second.await.unwrap()), 2);
    assert_eq!(get(&router, "/readyz").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn digits_of_several_requests_are_one_batch() {
    let Waiting {
        router,
        entered,
        open,
        ..
    } = waiting(narrow(8, 0));
    let first = ask(&router, 9);
    assert_eq!(entered.recv_timeout(LONG), Ok(1));
    let others: Vec<_> = (1..=5).map(|digit| ask(&router, digit)).collect();
    until(&router, "lekka_computing 6").await;
    // They are all on their way; give them time to stand in the queue of the network.
    tokio::time::sleep(Duration::from_millis(200)).await;
    open.send(()).unwrap();
    assert_eq!(entered.recv_timeout(LONG), Ok(5));
    open.send(()).unwrap();
    assert_eq!(digit(&first.await.unwrap()), 9);
    for (expected, answer) in (1..=5).zip(others) {
        assert_eq!(digit(&answer.await.unwrap()), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_a_time_and_its_place_is_taken_until_the_work_ends() {
    let mut settings = narrow(1, 0);
    settings.limits.work_time = Duration::from_millis(200);
    let Waiting {
        router,
        entered,
        open,
        ..
    } = waiting(settings);
    let first = ask(&router, 1);
    assert_eq!(entered.recv_timeout(LONG), Ok(1));
    let first = first.await.unwrap();
    assert_eq!(
        (first.status, first.problem().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "too_long")
    );
    assert_eq!(
        post(&router, "/v1/digits", tensor(2)).await.problem(),
        "busy"
    );
    open.send(()).unwrap();
    until(&router, "lekka_computing 0").await;
    open.send(()).unwrap();
    assert_eq!(digit(&post(&router, "/v1/digits", tensor(2)).await), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_work_of_a_client_that_left_is_given_up() {
    let Waiting {
        router,
        entered,
        open,
        ..
    } = waiting(narrow(2, 4));
    let first = ask(&router, 1);
    assert_eq!(entered.recv_timeout(LONG), Ok(1));
    let second = ask(&router, 2);
    until(&router, "lekka_computing 2").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    until(&router, "lekka_http_in_flight 2").await;
    open.send(()).unwrap();
    assert_eq!(digit(&first.await.unwrap()), 1);
    until(&router, "lekka_computing 0").await;
    // The second never came to the network.
    assert!(entered.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_says_that_it_is_not_ready() {
    let Waiting { router, state, .. } = waiting(narrow(1, 1));
    assert!(state.is_ready());
    assert_eq!(get(&router, "/readyz").await.text(), "ready\n");
    state.end();
    let answer = get(&router, "/readyz").await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    );
}
