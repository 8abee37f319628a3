//! Downloading the official files from where their author publishes them.

use super::error::{DataError, DataErrorKind};
use super::file::write_beside_and_rename;
use super::folder::Split;
use super::sums::{OFFICIAL_SUMS, OfficialFile, content_sum};
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Where the author of Kannada-MNIST publishes the files.
pub const OFFICIAL_SOURCE: &str = "https://raw.githubusercontent.com/vinayprabhu/Kannada_MNIST/\
                                   master/data/output_tensors/MNIST_format";

/// The largest file that is taken: the official ones are below 8 MB.
const MAXIMUM_DOWNLOAD: u64 = 64 << 20;

/// A file to be downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchItem {
    /// Where from.
    pub url: String,
    /// Its name in the folder.
    pub file_name: String,
    /// The official file.
    pub official: OfficialFile,
}

/// What happens while files are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchEvent<'a> {
    /// The file is there already and is the official one.
    Present(&'a Path),
    /// A download begins.
    Downloading(&'a FetchItem),
    /// The file is in its place, its sum checked.
    Saved {
        /// The file.
        path: &'a Path,
        /// Its size.
        bytes: usize,
    },
}

/// The files of these splits, below `source` (such as [`OFFICIAL_SOURCE`]).
pub fn fetch_plan(source: &str, splits: &[Split]) -> Vec<FetchItem> {
    OFFICIAL_SUMS
        .into_iter()
        .filter(|official| splits.contains(&official.split))
        .map(|official| {
            let file_name = format!("{}.gz", official.name);
            let url = format!("{}/{file_name}", source.trim_end_matches('/'));
            FetchItem {
                url,
                file_name,
                official,
            }
        })
        .collect()
}

/// Downloads the files of a plan that a folder lacks. `open` gives the content of an address, or
/// says why it cannot; [`download`] does so over the network. Each file is checked before it is
/// put in its place.
///
/// # Errors
/// When an address is not reachable or gives something else, or the folder cannot be written. The
/// message says what to place where by hand.
pub fn fetch(
    folder: &Path,
    plan: &[FetchItem],
    mut open: impl FnMut(&str) -> Result<Box<dyn Read>, String>,
    mut on_event: impl FnMut(FetchEvent),
) -> Result<Vec<PathBuf>, DataError> {
    let io_error = |path: &Path, error| DataError::new(path.display().to_string(), error);
    fs::create_dir_all(folder).map_err(|e| io_error(folder, DataErrorKind::Io(e)))?;
    let mut paths = Vec::new();
    for item in plan {
        let path = folder.join(&item.file_name);
        if is_official(&path, item) {
            on_event(FetchEvent::Present(&path));
            paths.push(path);
            continue;
        }
        on_event(FetchEvent::Downloading(item));
        let by_hand = |reason: String| {
            let text = format!(
                "cannot be downloaded from {} ({reason}); without a network, place this file \
                 there by hand, or Kaggle's {} of the same data",
                item.url,
                item.official.split.csv_name()
            );
            io_error(&path, DataErrorKind::Fetch(text))
        };
        let mut bytes = Vec::new();
        let source = open(&item.url).map_err(by_hand)?;
        source
            .take(MAXIMUM_DOWNLOAD + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| by_hand(e.to_string()))?;
        if bytes.len() as u64 > MAXIMUM_DOWNLOAD {
            return Err(by_hand(format!("more than {MAXIMUM_DOWNLOAD} bytes")));
        }
        let found = content_sum(&bytes[..])
            .map_err(|e| by_hand(format!("what comes is not the gzip file: {e}")))?;
        if found != item.official.sha256 {
            let expected = item.official.sha256.to_owned();
            return Err(io_error(&path, DataErrorKind::Sum { found, expected }));
        }
        write_beside_and_rename(&path, &bytes).map_err(|e| io_error(&path, e.into()))?;
        on_event(FetchEvent::Saved {
            path: &path,
            bytes: bytes.len(),
        });
        paths.push(path);
    }
    Ok(paths)
}

fn is_official(path: &Path, item: &FetchItem) -> bool {
    File::open(path)
        .and_then(|file| content_sum(BufReader::new(file)))
        .is_ok_and(|sum| sum == item.official.sha256)
}

/// Opens an address over HTTPS (or HTTP), waiting at most half a minute for an answer. Proxies are
/// taken from the environment.
///
/// # Errors
/// When it cannot be reached or answers with an error.
#[cfg(feature = "fetch")]
pub fn download(url: &str) -> Result<Box<dyn Read>, String> {
    use std::time::Duration;
    use ureq::tls::{TlsConfig, TlsProvider};
    let provider = if cfg!(any(windows, target_os = "macos")) {
        TlsProvider::NativeTls
    } else {
        TlsProvider::Rustls
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(TlsConfig::builder().provider(provider).build())
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_global(Some(Duration::from_mins(10)))
        .build()
        .into();
    let response = agent.get(url).call().map_err(|error| error.to_string())?;
    Ok(Box::new(response.into_body().into_reader()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sha256_hex;

    fn item() -> FetchItem {
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let official = OfficialFile {
            split: Split::Train,
            name: "x",
            sha256,
        };
        FetchItem {
            url: "http://e/x.gz".to_owned(),
            file_name: "x.gz".to_owned(),
            official,
        }
    }

    #[test]
    fn plan_names_the_official_addresses() {
        let plan = fetch_plan(OFFICIAL_SOURCE, &[Split::Dig]);
        assert_eq!(plan.len(), 2);
        assert_eq!(
            plan[0].url,
            "https://raw.githubusercontent.com/vinayprabhu/Kannada_MNIST/master/data/\
             output_tensors/MNIST_format/X_dig_MNIST-idx3-ubyte.gz"
        );
    }

    #[test]
    fn right_files_are_kept_wrong_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let content = |bytes: &'static [u8]| move |_: &str| Ok(Box::new(bytes) as Box<dyn Read>);
        let wrong = fetch(folder.path(), &[item()], content(b"abd"), |_| ()).unwrap_err();
        assert!(wrong.to_string().contains(&sha256_hex(b"abd")), "{wrong}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut events = 0;
        fetch(folder.path(), &[item()], content(b"abc"), |_| events += 1).unwrap();
        assert_eq!(
            (fs::read(folder.path().join("x.gz")).unwrap(), events),
            (b"abc".to_vec(), 2)
        );

        let fail = |_: &str| Err("not reached".to_owned());
        fetch(folder.path(), &[item()], fail, |event| {
            assert!(matches!(event, FetchEvent::Present(_)));
        })
        .unwrap();
    }

    #[test]
    fn unreachable_addresses_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let fail = |_: &str| Err("no route to host".to_owned());
        let message = fetch(folder.path(), &[item()], fail, |_| ())
            .unwrap_err()
            .to_string();
        for part in [
            "x.gz: cannot be downloaded",
            "no route to host",
            "by hand",
            "train.csv",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[cfg(feature = "fetch")]
    #[test]
    fn downloads_over_http() {
        use std::io::Write;
        use std::net::TcpListener;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x.gz", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
                .unwrap();
        });
        let mut bytes = Vec::new();
        download(&url).unwrap().read_to_end(&mut bytes).unwrap();
        server.join().unwrap();
        assert_eq!(bytes, b"abc");
        // Nobody listens there any more.
        assert!(download(&url).is_err());
    }
}
