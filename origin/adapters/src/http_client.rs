//! The HTTP client a Lambda uses.

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// The roots AWS endpoints chain to, from Mozilla's list
/// (<https://www.amazontrust.com/repository/>).
const AMAZON_ROOTS: [&[u8]; 4] = [
    include_bytes!("../roots/amazon-root-ca-1.pem"),
    include_bytes!("../roots/amazon-root-ca-2.pem"),
    include_bytes!("../roots/amazon-root-ca-3.pem"),
    include_bytes!("../roots/amazon-root-ca-4.pem"),
];

/// The client for AWS itself: rustls on ring, trusting only Amazon's four roots. Loading
/// the system's hundred-odd certificates would double a cold start.
///
/// # Panics
/// Never: the certificates are part of the program.
#[must_use]
pub fn lambda_http_client() -> SharedHttpClient {
    let trusted = AMAZON_ROOTS
        .into_iter()
        .fold(TrustStore::empty(), |store, root| store.with_pem_certificate(root));
    let tls = TlsContext::builder()
        .with_trust_store(trusted)
        .build()
        .expect("the four roots are well-formed certificates");
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https()
}
