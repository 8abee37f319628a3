//! TLS on a real socket, and an end that finishes what was taken.

#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

mod common;

use common::{tensor, waiting};
use lekka_server::tls::{Acceptor, TlsError};
use lekka_server::{AppState, ServeError, Serving, Settings, serve};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const LONG: Duration = Duration::from_secs(30);

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// A server on a free port; what makes it end, and its end.
async fn start(
    state: AppState,
    serving: Serving,
) -> (
    SocketAddr,
    oneshot::Sender<()>,
    JoinHandle<Result<(), ServeError>>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel();
    let shutdown = async { ended.await.unwrap() };
    let running = tokio::spawn(serve(listener, state, serving, shutdown));
    (address, end, running)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

fn secured(stream: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(data("localhost.cert.pem")).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls_graviola::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, stream)
}

fn ask(stream: &mut impl Write, digit: u8) {
    let head = "POST /v1/digits HTTP/1.1\r\nhost: localhost\r\ncontent-length: 784\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&tensor(digit)).unwrap();
    stream.flush().unwrap();
}

/// What comes until the body of an answer is there, or the connection ends.
fn answer(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut part) {
        bytes.extend(&part[..length]);
        if bytes.ends_with(b"]}]}") {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_come_through_tls() {
    let tls = Acceptor::load(&data("localhost.cert.pem"), &data("localhost.key.pem")).unwrap();
    let server = waiting(Settings::default());
    server.open.send(()).unwrap();
    let serving = Serving {
        tls: Some(tls),
        header_time: Duration::from_millis(500),
        ..Serving::default()
    };
    let (address, end, running) = start(server.state, serving).await;
    // Whoever speaks no TLS, or nothing at all, is cut off.
    for first in [&b"GET / HTTP/1.1\r\n\r\n"[..], b""] {
        let mut plain = connect(address);
        plain.write_all(first).unwrap();
        let said = answer(&mut plain);
        assert!(!said.starts_with("HTTP"), "{said}");
    }
    let mut stream = secured(connect(address));
    ask(&mut stream, 7);
    let said = answer(&mut stream);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert!(said.contains("\"digit\":7"), "{said}");
    end.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[test]
fn what_is_no_certificate_or_does_not_fit_is_told() {
    let load =
        |certificate: &str, key: &str| Acceptor::load(&data(certificate), &data(key)).unwrap_err();
    for (certificate, key, part) in [
        ("gone.pem", "localhost.key.pem", "gone.pem"),
        (
            "localhost.key.pem",
            "localhost.key.pem",
            "there is none in it",
        ),
        ("localhost.cert.pem", "localhost.cert.pem", "a private key"),
        ("README.md", "localhost.key.pem", "README.md"),
    ] {
        let error = load(certificate, key).to_string();
        assert!(error.contains(part), "{part} is not in {error}");
    }
    assert!(matches!(
        load("localhost.cert.pem", "other.key.pem"),
        TlsError::Pair(_)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_waits_for_what_was_taken_but_not_for_ever() {
    for (opens, grace) in [(true, 30.0), (false, 0.3)] {
        let server = waiting(Settings::default());
        let state = server.state.clone();
        let serving = Serving {
            grace: Duration::from_secs_f64(grace),
            ..Serving::default()
        };
        let (address, end, running) = start(state.clone(), serving).await;
        let mut stream = connect(address);
        ask(&mut stream, 4);
        assert_eq!(server.entered.recv_timeout(LONG), Ok(1));
        end.send(()).unwrap();
        if opens {
            while state.is_ready() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(TcpStream::connect(address).is_err(), "no more connections");
            server.open.send(()).unwrap();
            let said = answer(&mut stream);
            assert!(said.contains("\"digit\":4"), "{said}");
            assert_eq!(
                answer(&mut stream),
                "",
                "the connection ends with the answer"
            );
            running.await.unwrap().unwrap();
        } else {
            let error = running.await.unwrap().unwrap_err();
            assert!(matches!(error, ServeError::Unfinished { .. }), "{error}");
            server.open.send(()).unwrap();
        }
    }
}
