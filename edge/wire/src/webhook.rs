//! Shopify's webhook signature: base64 of HMAC-SHA256 over the raw body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secrets::ShopifySecrets;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-shopify-hmac-sha256";

/// Whether `signature` is one of these raw bytes, in constant time. White space around it is
/// ignored: some encoders end base64 with a line break.
#[must_use]
pub fn verify(secrets: &ShopifySecrets, body: &[u8], signature: &str) -> bool {
    let presented = STANDARD.decode(signature.trim_ascii());
    presented.is_ok_and(|presented| secrets.is_signed(body, &presented))
}

/// The signature Shopify would send with this body.
#[must_use]
pub fn sign(secrets: &ShopifySecrets, body: &[u8]) -> String {
    STANDARD.encode(secrets.sign(body))
}
