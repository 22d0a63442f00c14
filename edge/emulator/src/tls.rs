//! The certificate with which an edge speaks TLS, and the protocols that it offers.

use std::fmt;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{CipherSuite, ProtocolVersion, ServerConfig, ServerConnection};

/// HTTP/2 before HTTP/1.1, as CloudFront prefers it.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate with its key.
#[derive(Clone)]
pub struct Certificate {
    pub(crate) config: Arc<ServerConfig>,
    leaf: CertificateDer<'static>,
}

/// The version and the ciphers of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TlsSession {
    version: ProtocolVersion,
    suite: CipherSuite,
}

/// Why a certificate can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The text has no certificate or key, or an unreadable one.
    #[error("no {what} in PEM form: {error}")]
    Pem {
        /// `certificate` or `private key`.
        what: &'static str,
        /// What the text lacks.
        error: pem::Error,
    },
    /// Certificate and key do not belong together, or the key's kind is unknown.
    #[error("certificate and key can't be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// A name that no certificate can have.
    #[error("no certificate can be made: {0}")]
    Made(#[from] rcgen::Error),
}

// === impl Certificate ===

impl Certificate {
    /// The certificates of `chain`, the edge's own first, and the key of that one, as PEM.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let of = |what| move |error| CertificateError::Pem { what, error };
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(of("certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(of("private key"))?;
        Self::new(chain, key)
    }

    /// A certificate made now, for these host names and addresses, and signed by itself: no client
    /// trusts it unless it is configured to.
    pub fn self_signed(names: &[&str]) -> Result<Self, CertificateError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        Self::new(vec![cert.der().clone()], key.into())
    }

    /// The edge's own certificate, for clients that shall trust it.
    pub fn der(&self) -> &[u8] {
        &self.leaf
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, CertificateError> {
        let none = CertificateError::Pem { what: "certificate", error: pem::Error::NoItemsFound };
        let leaf = chain.first().ok_or(none)?.clone();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Ok(Self { config: Arc::new(config), leaf })
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

// === impl TlsSession ===

impl TlsSession {
    /// None before the end of the handshake.
    pub(crate) fn of(connection: &ServerConnection) -> Option<Self> {
        let suite = connection.negotiated_cipher_suite()?.suite();
        Some(Self { version: connection.protocol_version()?, suite })
    }

    /// The version as CloudFront's logs have it.
    pub(crate) fn protocol(self) -> &'static str {
        match self.version {
            ProtocolVersion::TLSv1_3 => "TLSv1.3",
            _ => "TLSv1.2",
        }
    }

    /// The cipher suite by OpenSSL's name, as CloudFront's logs have it.
    pub(crate) fn cipher(self) -> String {
        let name = self.suite.as_str().unwrap_or("-");
        match name.strip_prefix("TLS13_") {
            Some(name) => format!("TLS_{name}"),
            None => name
                .trim_start_matches("TLS_")
                .replace("_WITH_", "-")
                .replace("AES_", "AES")
                .replace("POLY1305_SHA256", "POLY1305")
                .replace('_', "-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cipher_suite_is_logged_by_the_name_of_openssl() {
        use CipherSuite as Suite;
        for (version, suite, expected) in [
            (ProtocolVersion::TLSv1_3, Suite::TLS13_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"),
            (
                ProtocolVersion::TLSv1_2,
                Suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                "ECDHE-ECDSA-AES256-GCM-SHA384",
            ),
            (
                ProtocolVersion::TLSv1_2,
                Suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
                "ECDHE-RSA-CHACHA20-POLY1305",
            ),
        ] {
            assert_eq!(TlsSession { version, suite }.cipher(), expected);
        }
    }

    #[test]
    fn a_certificate_that_cannot_be_used_says_why() {
        let message = |chain: &str, key: &str| {
            Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err().to_string()
        };
        let pem = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let (certificate, key) = (pem("CERTIFICATE"), pem("PRIVATE KEY"));
        assert!(message(&certificate, "").starts_with("no private key in PEM form: "));
        assert!(message("", &key).starts_with("no certificate in PEM form: "));
        let unusable = "certificate and key can't be used: ";
        assert!(message(&certificate, &key).starts_with(unusable));
        let name = Certificate::self_signed(&["\u{e4}"]).unwrap_err().to_string();
        assert!(name.starts_with("no certificate can be made: "), "{name}");
    }
}
