//! `lekka serve`: the server.

mod log;

use crate::args::Threads;
use crate::commands::read::megapixels;
use crate::failure::{Exit, Hint, failure};
use crate::inputs::read_file;
use crate::output::print;
use crate::terminal::Console;
use crate::weights;
use anyhow::{Context, Result};
use clap::Args;
use lekka_server::tls::Acceptor;
use lekka_server::{AppState, Forms, Limits, Serving, Settings, Tokens};
use log::{LogFormat, LogLevel};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// Where tokens may stand in the environment.
const TOKENS_VARIABLE: &str = "LEKKA_TOKENS";

/// Options of `lekka serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "The address is printed on standard output when the server takes connections; the log goes \
to standard error. http://127.0.0.1:8080/ is a page to read with, /docs has all routes to try, \
/openapi.json describes them. Ctrl-C or SIGTERM ends the server when what it has taken is done; \
a second one ends it at once.

Examples:
  lekka serve
  lekka serve --port 0 --forms templates/
  lekka serve --host 0.0.0.0 --tokens tokens.txt --tls-certificate cert.pem --tls-key key.pem
  curl --data-binary @sheet.png http://127.0.0.1:8080/v1/read"
)]
pub(crate) struct ServeArgs {
    /// Address to listen on; others than loopback are reached by other machines
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 is a free one
    #[arg(long, short, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// Weights in place of the built-in ones
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Folder with templates of forms; NAME.toml is read at /v1/forms/NAME
    #[arg(long, value_name = "DIR")]
    forms: Option<PathBuf>,
    /// File with tokens, one a line, of which requests must have one; `LEKKA_TOKENS` in the environment is the
    /// same
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Certificate for TLS, with those that vouch for it, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Let pages of this origin call the server from a browser, such as `https://example.org`; * is all
    #[arg(long, value_name = "ORIGIN")]
    cors_origin: Vec<String>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Form of the log
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// What is logged; --quiet is the same as `error`
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: LogLevel,
    #[command(flatten)]
    threads: Threads,
}

/// Bounds on what is asked and done.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Refuse larger bodies of requests
    #[arg(long, value_name = "MB", default_value_t = 32.0, value_parser = positive)]
    max_body: f64,
    /// Memory for the bodies of all requests together
    #[arg(long, value_name = "MB", default_value_t = 512.0, value_parser = positive)]
    max_buffered: f64,
    /// Refuse pictures with more pixels
    #[arg(long, value_name = "N", default_value_t = 40.0, value_parser = megapixels)]
    max_megapixels: f64,
    /// Read no more pages of a file
    #[arg(long, value_name = "N", default_value = "50")]
    max_pages: NonZeroUsize,
    /// Refuse requests with more pictures
    #[arg(long, value_name = "N", default_value = "100")]
    max_pictures: NonZeroUsize,
    /// Refuse larger batches of digits
    #[arg(long, value_name = "N", default_value = "10000")]
    max_digits: NonZeroUsize,
    /// Time for a body to arrive
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = positive)]
    body_time: f64,
    /// Time for an answer, with waiting
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = positive)]
    work_time: f64,
    /// Time for headers to arrive, and for a client that is silent
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = positive)]
    idle_time: f64,
    /// Time for what was taken to be finished when the server ends
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = positive)]
    grace: f64,
    /// Requests that are computed at a time; four times as many as threads by default
    #[arg(long, value_name = "N")]
    concurrency: Option<NonZeroUsize>,
    /// Requests that wait for their turn; further ones are answered 429
    #[arg(long, value_name = "N", default_value_t = 64)]
    queue: usize,
    /// Connections at a time; further ones wait
    #[arg(long, value_name = "N", default_value = "1000")]
    max_connections: NonZeroUsize,
    /// Digits of all requests that go through the network together
    #[arg(long, value_name = "N", default_value = "64")]
    batch: NonZeroUsize,
    /// How long digits wait for those of other requests under way; a lone request never waits
    #[arg(long, value_name = "MS", default_value_t = 1.0, value_parser = milliseconds)]
    batch_wait: f64,
}

fn positive(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|n| *n > 0.0 && *n <= 1e6);
    value.ok_or_else(|| "a number above 0, at most 1000000".to_owned())
}

fn milliseconds(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|n| (0.0..=1000.0).contains(n));
    value.ok_or_else(|| "a number from 0 to 1000".to_owned())
}

impl LimitArgs {
    fn limits(&self, threads: usize) -> Limits {
        let defaults = NonZeroUsize::new(threads).map_or_else(Limits::default, Limits::for_threads);
        Limits {
            max_body: (self.max_body * 1e6) as usize,
            max_buffered: (self.max_buffered * 1e6) as usize,
            max_pixels: (self.max_megapixels * 1e6) as u64,
            max_pages: self.max_pages.get(),
            max_pictures: self.max_pictures.get(),
            max_digits: self.max_digits.get(),
            body_time: Duration::from_secs_f64(self.body_time),
            work_time: Duration::from_secs_f64(self.work_time),
            concurrency: self.concurrency.unwrap_or(defaults.concurrency),
            queue: self.queue,
            batch: self.batch,
            batch_wait: Duration::from_secs_f64(self.batch_wait / 1e3),
        }
    }

    fn serving(&self, tls: Option<Acceptor>) -> Serving {
        let idle = Duration::from_secs_f64(self.idle_time);
        Serving {
            max_connections: self.max_connections.get(),
            header_time: idle,
            write_time: idle,
            grace: Duration::from_secs_f64(self.grace),
            tls,
        }
    }
}

pub(crate) fn run(args: &ServeArgs, console: &Console) -> Result<Exit> {
    let threads = args.threads.count();
    // Pages are looked through here, the network has threads of its own: the thread that starts
    // the server computes nothing.
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .context("cannot start the threads; fewer may do: --threads 1")?;
    let tokens = tokens(args)?;
    let tls = match (&args.tls_certificate, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(Acceptor::load(certificate, key)?),
        _ => None,
    };
    let forms = args.forms.as_deref().map(Forms::load).transpose()?;
    let model = weights::load(args.weights.as_deref())?;
    log::start(args.log_format, args.log_level, console);
    if !args.host.is_loopback() && tokens.is_empty() {
        tracing::warn!("everybody who reaches this machine can read; --tokens asks for a token");
    }
    if !args.host.is_loopback() && tls.is_none() {
        tracing::warn!("pictures and tokens travel in the clear; --tls-certificate encrypts them");
    }
    let settings = Settings {
        limits: args.limits.limits(threads),
        tokens,
        forms: forms.unwrap_or_default(),
        cors_origins: origins(&args.cors_origin)?,
        threads,
    };
    let state = AppState::new(&model, settings)?;
    let serving = args.limits.serving(tls);
    let address = SocketAddr::new(args.host, args.port);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads for connections")?;
    let result = runtime.block_on(serve(address, state, serving));
    // Work that nobody waits for any more is not waited for here either.
    runtime.shutdown_background();
    result.map(|()| Exit::Success)
}

async fn serve(address: SocketAddr, state: AppState, serving: Serving) -> Result<()> {
    let signal = lekka_server::signal().context("cannot listen for Ctrl-C")?;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
        .hint("end the program that uses the port, or choose another: --port 0 is a free one")?;
    let scheme = if serving.tls.is_some() {
        "https"
    } else {
        "http"
    };
    print(&format!("{scheme}://{}/\n", listener.local_addr()?))?;
    lekka_server::serve(listener, state, serving, signal)
        .await
        .hint("--grace gives them more time, --work-time bounds them")
}

/// The tokens of the file, or of the environment.
fn tokens(args: &ServeArgs) -> Result<Tokens> {
    let parsed = |text: &str, name: String| {
        Tokens::parse(text).with_context(|| format!("the tokens of {name} cannot be used"))
    };
    if let Some(path) = &args.tokens {
        let name = path.display().to_string();
        let text = String::from_utf8(read_file(path)?);
        let text = text.map_err(|_| failure(format!("{name} is no text"), "give one token a line"));
        return parsed(&text?, name);
    }
    match std::env::var(TOKENS_VARIABLE) {
        Ok(text) => parsed(&text, TOKENS_VARIABLE.to_owned()),
        Err(std::env::VarError::NotPresent) => Ok(Tokens::default()),
        Err(error) => Err(failure(
            format!("{TOKENS_VARIABLE}: {error}"),
            "give one token a line",
        )),
    }
}

fn origins(origins: &[String]) -> Result<Vec<lekka_server::Origin>> {
    let parsed = origins.iter().map(|origin| origin.parse());
    let parsed: Result<_, lekka_server::OriginError> = parsed.collect();
    Ok(parsed?)
}
