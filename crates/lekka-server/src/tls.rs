//! TLS by rustls, with cryptography that Cargo builds alone.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

pub use provider::Acceptor;

/// Why there is no TLS.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file that is not in PEM, or not there.
    #[error("cannot read {what} from {path}: {reason}; give a file in PEM", path = path.display())]
    File {
        /// What should be in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Certificate and key that do not fit, or are of a kind that is not known.
    #[error("the certificate and its key cannot be used: {0}; give the two of one another")]
    Pair(String),
    /// The processor has not what the cryptography needs.
    #[error(
        "this processor has not the instructions for TLS (AES, AVX2, ADX and BMI2, or those of \
         ARMv8's cryptography); leave TLS to a proxy in front of the server"
    )]
    Processor,
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod provider {
    use super::{TlsError, io};
    use std::path::Path;
    use std::sync::Arc;
    use tokio::net::TcpStream;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::server::TlsStream;

    /// Makes connections secure.
    #[derive(Clone)]
    pub struct Acceptor(TlsAcceptor);

    impl std::fmt::Debug for Acceptor {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Acceptor")
        }
    }

    impl Acceptor {
        /// Reads a certificate, with those that vouch for it behind it, and its key.
        ///
        /// # Errors
        ///
        /// When one cannot be read, they do not fit, or the processor lacks instructions.
        pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
            if !is_able() {
                return Err(TlsError::Processor);
            }
            let failed = |what, path: &Path, reason: String| TlsError::File {
                what,
                path: path.to_path_buf(),
                reason,
            };
            let chain = CertificateDer::pem_file_iter(certificate)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| failed("a certificate", certificate, error.to_string()))?;
            if chain.is_empty() {
                let reason = "there is none in it".to_owned();
                return Err(failed("a certificate", certificate, reason));
            }
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| failed("a private key", key, error.to_string()))?;
            let pair = |error: tokio_rustls::rustls::Error| TlsError::Pair(error.to_string());
            let provider = Arc::new(rustls_graviola::default_provider());
            let mut config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(pair)?
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .map_err(pair)?;
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Ok(Self(TlsAcceptor::from(Arc::new(config))))
        }

        pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
            self.0.accept(stream).await
        }
    }

    /// What the cryptography asserts on its first use.
    #[cfg(target_arch = "x86_64")]
    fn is_able() -> bool {
        use std::arch::is_x86_feature_detected as has;
        has!("aes")
            && has!("ssse3")
            && has!("pclmulqdq")
            && has!("bmi1")
            && has!("bmi2")
            && has!("adx")
            && has!("avx")
            && has!("avx2")
    }

    #[cfg(target_arch = "aarch64")]
    fn is_able() -> bool {
        use std::arch::is_aarch64_feature_detected as has;
        has!("neon") && has!("aes") && has!("sha2") && has!("pmull")
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod provider {
    use super::{TlsError, io};
    use std::path::Path;
    use tokio::net::TcpStream;

    /// There is no TLS on this kind of processor.
    #[derive(Debug, Clone)]
    pub enum Acceptor {}

    impl Acceptor {
        /// Says that there is no TLS on this kind of processor.
        ///
        /// # Errors
        ///
        /// Always.
        pub fn load(_: &Path, _: &Path) -> Result<Self, TlsError> {
            Err(TlsError::Processor)
        }

        pub(crate) async fn accept(&self, _: TcpStream) -> io::Result<TcpStream> {
            match *self {}
        }
    }
}
