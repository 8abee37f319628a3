//! `lekka serve` on a real socket, as a user runs it.

#![cfg(all(feature = "serve", unix))]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use common::{lekka, run_in, samples};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_mins(1);

/// A server that is ended with the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(arguments: &str) -> Self {
        let mut child = lekka()
            .args("serve --port 0 --threads 2".split_whitespace())
            .args(arguments.split_whitespace())
            .current_dir(samples())
            .env_remove("LEKKA_TOKENS")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line.trim().split_once("://").map(|(_, rest)| rest);
        let Some(address) = address else {
            let output = child.wait_with_output().unwrap();
            panic!("no address: {}", String::from_utf8_lossy(&output.stderr));
        };
        Self {
            address: address.trim_end_matches('/').to_owned(),
            child,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("the server listens");
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = self.connect();
        send(&mut stream, method, path, body);
        answer(stream)
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Asks the server to end; its status and its log.
    fn end(mut self) -> (Option<i32>, String) {
        self.signal("-TERM");
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(stream: &mut TcpStream, method: &str, path: &str, body: &[u8]) {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Who is refused early is not listened to any more.
    let _ = stream.write_all(body);
}

/// Status and body of an answer that ends with the connection.
fn answer(mut stream: TcpStream) -> (u16, Vec<u8>) {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(&bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (
        status.unwrap_or_else(|| panic!("no status: {head}")),
        bytes[end + 4..].to_vec(),
    )
}

fn sample_names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(samples())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "png"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn readings_are_those_of_the_command_line() {
    let server = Server::start("");
    for format in ["json", "csv", "text", "alto", "hocr"] {
        for name in sample_names() {
            let run = run_in(
                &samples(),
                &format!("read {name} --format {format} --threads 2"),
            );
            let bytes = std::fs::read(samples().join(&name)).unwrap();
            let (status, body) = server.ask(
                "POST",
                &format!("/v1/read?source={name}&format={format}"),
                &bytes,
            );
            assert_eq!(status, 200, "{name}");
            assert_eq!(
                String::from_utf8(body).unwrap(),
                run.stdout,
                "{name} as {format}"
            );
        }
    }
    let (status, body) = server.ask("GET", "/v1/model", b"");
    let info = run_in(&samples(), "model info --format json").stdout;
    assert_eq!((status, String::from_utf8(body).unwrap()), (200, info));
    let (status, log) = server.end();
    assert_eq!(status, Some(0), "{log}");
    assert!(
        log.contains("/v1/read") && log.contains("status=200"),
        "{log}"
    );
}

/// Digits of many clients at a time: everybody gets their own, whatever was computed together.
#[test]
fn clients_at_the_same_time_get_their_own_readings() {
    let server = Server::start("--queue 1000 --log-level error");
    let names = sample_names();
    let expected: Vec<(Vec<u8>, String)> = names
        .iter()
        .map(|name| {
            let bytes = std::fs::read(samples().join(name)).unwrap();
            let (_, text) = server.ask("POST", "/v1/read?format=text", &bytes);
            (bytes, String::from_utf8(text).unwrap())
        })
        .collect();
    std::thread::scope(|scope| {
        for client in 0..12 {
            let (server, expected) = (&server, &expected);
            scope.spawn(move || {
                for round in 0..8 {
                    let (bytes, text) = &expected[(client * 5 + round) % expected.len()];
                    let (status, body) = server.ask("POST", "/v1/read?format=text", bytes);
                    assert_eq!(
                        (status, String::from_utf8(body).unwrap()),
                        (200, text.clone())
                    );
                }
            });
        }
    });
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn what_was_taken_is_finished_before_the_end() {
    let server = Server::start("");
    let sheet = std::fs::read(samples().join("sheet.png")).unwrap();
    let head = format!(
        "POST /v1/read HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n",
        sheet.len()
    );
    let mut under_way = server.connect();
    under_way.write_all(head.as_bytes()).unwrap();
    under_way.write_all(&sheet[..1000]).unwrap();
    let idle = server.connect();
    std::thread::sleep(Duration::from_millis(300));
    server.signal("-TERM");
    let start = Instant::now();
    while TcpStream::connect(&server.address).is_ok() {
        assert!(start.elapsed() < LONG, "it still takes connections");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The rest of the body comes after the server was asked to end.
    under_way.write_all(&sheet[1000..]).unwrap();
    let (status, body) = answer(under_way);
    assert_eq!(status, 200);
    assert!(
        String::from_utf8(body)
            .unwrap()
            .contains("\"kind\":\"grid\"")
    );
    drop(idle);
    let mut server = server;
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn slow_clients_and_cut_connections_do_no_harm() {
    let server = Server::start("--body-time 1 --idle-time 1 --concurrency 1 --queue 1");
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut headers = server.connect();
        headers
            .write_all(b"POST /v1/read HTTP/1.1\r\nhost:")
            .unwrap();
        let mut body = server.connect();
        body.write_all(b"POST /v1/read HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\nP2")
            .unwrap();
        slow.push((headers, body));
        // Gone in the middle of a body, or without waiting for the answer.
        let mut cut = server.connect();
        cut.write_all(b"POST /v1/read HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\nP2")
            .unwrap();
        drop(cut);
    }
    let sheet = std::fs::read(samples().join("sheet.png")).unwrap();
    for _ in 0..3 {
        let mut left = server.connect();
        send(&mut left, "POST", "/v1/read", &sheet);
        left.shutdown(Shutdown::Both).unwrap();
    }
    // Those who are slow hold no place: others are read meanwhile.
    let digit = std::fs::read(samples().join("digit-7.png")).unwrap();
    let start = Instant::now();
    loop {
        let (status, body) = server.ask("POST", "/v1/read?format=text&script=ascii", &digit);
        if status == 200 {
            assert_eq!(body, b"7\n");
            break;
        }
        // The work of those who left may take the one place for a moment.
        assert!(status == 429 && start.elapsed() < LONG, "{status}");
        std::thread::sleep(Duration::from_millis(20));
    }
    for (headers, body) in slow {
        let mut bytes = Vec::new();
        let mut headers = headers;
        headers.read_to_end(&mut bytes).unwrap();
        assert!(
            bytes.is_empty() || bytes.starts_with(b"HTTP/1.1 408"),
            "{bytes:?}"
        );
        let mut body = body;
        bytes.clear();
        body.read_to_end(&mut bytes).unwrap();
        assert!(
            bytes.starts_with(b"HTTP/1.1 408"),
            "{}",
            String::from_utf8_lossy(&bytes)
        );
    }
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn hostile_requests_are_refused_and_survived() {
    let server = Server::start("--max-body 0.1");
    let (status, body) = server.ask("POST", "/v1/read", &vec![0; 200_000]);
    assert_eq!(status, 413, "{}", String::from_utf8_lossy(&body));
    for request in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/read HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/read HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"POST /v1/read HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/read HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"GET /%00%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    ] {
        let mut stream = server.connect();
        stream.write_all(request).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut bytes = Vec::new();
        // A reset is an answer too.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        assert!(bytes.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    let mut long = b"GET / HTTP/1.1\r\n".to_vec();
    for _ in 0..1000 {
        long.extend(b"x-header: 0123456789012345678901234567890123456789\r\n");
    }
    long.extend(b"\r\n");
    let mut stream = server.connect();
    let _ = stream.write_all(&long);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    assert!(
        bytes.is_empty() || bytes.starts_with(b"HTTP/1.1 431"),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    assert_eq!(server.ask("GET", "/healthz", b""), (200, b"ok\n".to_vec()));
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn logs_are_for_programs_too() {
    let server = Server::start("--log-format json");
    server.ask("GET", "/gone", b"");
    let (_, log) = server.end();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"));
    let lines: Vec<serde_json::Value> = lines.collect();
    let request = lines
        .iter()
        .find(|line| line["path"] == "/gone")
        .expect("the request");
    assert_eq!(
        (&request["status"], &request["code"]),
        (&404.into(), &"no_such_route".into())
    );
    assert!(
        request["peer"].as_str().unwrap().starts_with("127.0.0.1:"),
        "{request}"
    );
}

#[test]
fn what_cannot_be_served_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path: PathBuf = folder.path().join(name);
        std::fs::write(path, text).unwrap();
    };
    file("tokens.txt", "short\n");
    file("cert.pem", "no certificate");
    std::fs::create_dir(folder.path().join("forms")).unwrap();
    file("forms/bad.toml", "name = 1");
    for (arguments, part) in [
        (format!("--port {port}"), "cannot listen on 127.0.0.1"),
        (
            "--tokens tokens.txt".to_owned(),
            "the token in line 1 has 5 characters",
        ),
        ("--tokens gone.txt".to_owned(), "gone.txt"),
        (
            "--tls-certificate cert.pem --tls-key cert.pem".to_owned(),
            "cert.pem",
        ),
        ("--tls-certificate cert.pem".to_owned(), "--tls-key"),
        ("--forms gone".to_owned(), "cannot read gone"),
        ("--forms forms".to_owned(), "bad.toml"),
        ("--forms .".to_owned(), "there is no template in ."),
        (
            "--cors-origin example.org".to_owned(),
            "`example.org` is no origin",
        ),
        ("--weights cert.pem".to_owned(), "cert.pem"),
        ("--host example.org".to_owned(), "--host"),
    ] {
        let port = if arguments.contains("--port") {
            ""
        } else {
            "--port 0"
        };
        let run = run_in(folder.path(), &format!("serve {port} {arguments}"));
        assert_eq!(run.status, Some(2), "{arguments}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{part} is not in {}", run.stderr);
    }
}

#[test]
fn tokens_come_from_a_file_or_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.txt");
    std::fs::write(&path, "# office\nabcdefghijklmnop\n").unwrap();
    let server = Server::start(&format!("--tokens {}", path.display()));
    assert_eq!(server.ask("GET", "/v1/model", b"").0, 401);
    let mut stream = server.connect();
    stream
        .write_all(b"GET /v1/model HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer abcdefghijklmnop\r\n\r\n")
        .unwrap();
    assert_eq!(answer(stream).0, 200);
    let mut command = lekka();
    command
        .args(["serve", "--port", "0"])
        .env("LEKKA_TOKENS", "short");
    let run = command.current_dir(Path::new(".")).output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("LEKKA_TOKENS"));
}

/// The example that watches a folder, when there is a Python to run it.
#[test]
fn a_watched_folder_gets_its_answers() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no python3");
        return;
    }
    let server = Server::start("");
    let folder = tempfile::tempdir().unwrap();
    let now = std::time::SystemTime::now();
    let earlier = now - Duration::from_mins(1);
    for (name, bytes, modified) in [
        (
            "digit-7.png",
            std::fs::read(samples().join("digit-7.png")).unwrap(),
            earlier,
        ),
        ("letter.png", b"no picture".to_vec(), earlier),
        // Just written, however slow the machine is: it may not be whole.
        ("new.png", Vec::new(), now + Duration::from_mins(10)),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(modified)
            .unwrap();
    }
    let script = samples().join("../examples/server/watch.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(folder.path())
        .args(["--once", "--url", &format!("http://{}", server.address)])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let at = |name: &str| std::fs::read_to_string(folder.path().join(name));
    assert_eq!(
        at("digit-7.png.json").unwrap(),
        run_in(&samples(), "read digit-7.png --format json").stdout
    );
    assert!(
        at("letter.png.error.json")
            .unwrap()
            .contains("not_a_picture")
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
}
