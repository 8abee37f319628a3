//! The router on a socket.

use crate::metrics::Counted;
use crate::observe::Peer;
use crate::routes::app;
use crate::state::AppState;
use crate::tls::Acceptor;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::Service;

/// After an error that is the machine's own, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Bounds on connections, and how they are secured.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Connections at the same time; further ones wait with the system. 1,000 by default.
    pub max_connections: usize,
    /// For the headers of a request and for the pause before them; 30 s by default.
    pub header_time: Duration,
    /// For a client to take a part of an answer; 30 s by default.
    pub write_time: Duration,
    /// For the requests that are on their way when the server ends; 30 s by default.
    pub grace: Duration,
    /// TLS; none by default.
    pub tls: Option<Acceptor>,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            max_connections: 1000,
            header_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            tls: None,
        }
    }
}

/// Why serving ended badly.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Requests were not finished in time.
    #[error(
        "the requests under way were not finished within {} s; give them longer or bound the time \
         of a request",
        grace.as_secs_f64()
    )]
    Unfinished {
        /// How long they had.
        grace: Duration,
    },
}

/// Serves until `shutdown` is ready; then takes no connection any more and finishes the requests
/// that it has taken.
///
/// # Errors
///
/// When they are not finished within [`Serving::grace`].
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    serving: Serving,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let places = Arc::new(Semaphore::new(
        serving.max_connections.clamp(1, Semaphore::MAX_PERMITS),
    ));
    let graceful = GracefulShutdown::new();
    let router = app(state.clone());
    let grace = serving.grace;
    let serving = Arc::new(serving);
    tokio::pin!(shutdown);
    loop {
        let next = async {
            // Never closed.
            let place = places.clone().acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                refused(&error).await;
                continue;
            }
        };
        let connection = Connection {
            router: router.clone(),
            serving: serving.clone(),
            watcher: graceful.watcher(),
            peer,
        };
        let metrics = state.metrics().clone();
        tokio::spawn(async move {
            let _held = (place, Counted::new(&metrics.connections));
            connection.run(stream).await;
        });
    }
    drop(listener);
    state.end();
    tracing::info!("ending; finishing what was taken");
    tokio::time::timeout(grace, graceful.shutdown())
        .await
        .map_err(|_| ServeError::Unfinished { grace })
}

/// A client that left while it was accepted is nothing; out of files, there is nothing to do but
/// to wait until some are closed.
async fn refused(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        return;
    }
    tracing::error!(%error, "cannot accept connections");
    tokio::time::sleep(PAUSE).await;
}

struct Connection {
    router: Router,
    serving: Arc<Serving>,
    watcher: Watcher,
    peer: SocketAddr,
}

impl Connection {
    async fn run(self, stream: TcpStream) {
        // An answer is one piece: waiting for more of it only delays.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.serving.tls else {
            return self.http(stream).await;
        };
        match tokio::time::timeout(self.serving.header_time, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream).await,
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "no TLS"),
            Err(_) => tracing::debug!(peer = %self.peer, "TLS took too long"),
        }
    }

    async fn http(self, stream: impl AsyncRead + AsyncWrite + Send + 'static) {
        let peer = Peer(self.peer);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.serving.write_time));
        let router = self.router;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            router.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.serving.header_time)
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(peer = %self.peer, %error, "the connection broke off");
        }
    }
}

/// Ready when the program is asked to end, by Ctrl-C or SIGTERM. A second time ends it at once.
///
/// # Errors
///
/// When the system does not let it listen.
pub fn signal() -> io::Result<impl Future<Output = ()>> {
    let mut requests = Requests::new()?;
    Ok(async move {
        requests.next().await;
        tokio::spawn(async move {
            requests.next().await;
            // As shells number it: 128 and the number of SIGINT.
            std::process::exit(130);
        });
    })
}

#[cfg(unix)]
struct Requests {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Requests {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Requests(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Requests {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
