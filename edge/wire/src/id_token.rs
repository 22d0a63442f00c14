//! Shopify's ID token: which person of the merchant's staff sends a request from the admin inside
//! Shopify. A JSON Web Token (RFC 7519) with one algorithm, HS256 under the app's client secret.
//!
//! Nothing is parsed before its MAC has verified, so what a client can't sign it can't have parsed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::grammar::is_shopify_id;
use crate::secrets::ShopifySecrets;

/// Longest ID token read: Shopify's have some 600 bytes.
pub const ID_TOKEN_BYTES_MAX: usize = 2_048;
/// Longest header of a token, encoded: `{"alg":"HS256","typ":"JWT"}` takes 36 bytes.
pub const HEADER_BYTES_MAX: usize = 256;
/// How far Shopify's clock may be from ours. Its libraries allow the same; tokens whose `nbf` is
/// 1 to 3 s ahead are common.
pub const LEEWAY_S: u64 = 10;

/// The only algorithm. `none` and all others are rejected, whoever signed them.
const ALGORITHM: &str = "HS256";
/// Largest time read, the largest integer that JavaScript represents exactly: the form of this
/// function in JavaScript reads the same tokens.
const TIME_MAX: u64 = (1 << 53) - 1;

/// For which app and shop tokens are accepted.
#[derive(Debug, Clone, Copy)]
pub struct Audience<'a> {
    /// The client id of the app. `None`: the app is not set up, and no token is accepted.
    pub client_id: Option<&'a str>,
    /// The shop's `*.myshopify.com` domain.
    pub shop: &'a str,
    /// The app's client secrets, two while rotating.
    pub secrets: &'a ShopifySecrets,
}

/// Why an ID token is rejected. For logs and tests: a client learns only whether it has expired or
/// is another shop's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdTokenError {
    /// The app has no client id yet.
    NotConfigured,
    /// Longer than [`ID_TOKEN_BYTES_MAX`], or its header than [`HEADER_BYTES_MAX`].
    TooLong,
    /// Not three parts in base64url without padding.
    Malformed,
    /// Not signed with one of the app's secrets.
    Signature,
    /// A header that is not a JSON object with `alg`, or one that demands an extension (`crit`).
    Header,
    /// Another algorithm than HS256.
    Algorithm,
    /// Claims that are not a JSON object, or one that is absent or of another type.
    Claims,
    /// `iss` is not `https://{host}/admin`.
    Issuer,
    /// `dest` is not the host of `iss`.
    Destination,
    /// For another shop.
    Shop,
    /// For another app.
    App,
    /// `exp` has passed.
    Expired,
    /// `nbf` is in the future.
    NotYetValid,
    /// `iat` is in the future.
    IssuedLater,
    /// `sub` is not the id of a person.
    Subject,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that a reader must understand (RFC 7515 section 4.1.11): we understand none.
    crit: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    dest: String,
    aud: String,
    sub: String,
    exp: u64,
    nbf: u64,
    iat: u64,
}

/// Whether a bearer token has the form of an ID token. Our own tokens have another number of parts.
#[must_use]
pub fn is_id_token(token: &str) -> bool {
    token.split('.').count() == 3
}

/// The person a token is for: `sub`, Shopify's id of a staff member.
///
/// # Errors
/// [`IdTokenError`].
pub fn verify(
    token: &str,
    audience: &Audience<'_>,
    now_unix_s: u64,
) -> Result<String, IdTokenError> {
    let client_id = audience.client_id.ok_or(IdTokenError::NotConfigured)?;
    let (header, claims) = signed_parts(token, audience.secrets)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| IdTokenError::Header)?;
    if header.crit.is_some() {
        return Err(IdTokenError::Header);
    }
    if header.alg != ALGORITHM {
        return Err(IdTokenError::Algorithm);
    }
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| IdTokenError::Claims)?;
    if [claims.exp, claims.nbf, claims.iat].iter().any(|time| *time > TIME_MAX) {
        return Err(IdTokenError::Claims);
    }
    check_shop(&claims, audience.shop)?;
    if claims.aud != client_id {
        return Err(IdTokenError::App);
    }
    check_times(&claims, now_unix_s)?;
    if is_shopify_id(&claims.sub) { Ok(claims.sub) } else { Err(IdTokenError::Subject) }
}

/// A token as Shopify signs it, for tests and the local shop.
#[must_use]
pub fn sign(header: &str, claims: &str, secrets: &ShopifySecrets) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mac = URL_SAFE_NO_PAD.encode(secrets.sign(signed.as_bytes()));
    format!("{signed}.{mac}")
}

/// Header and claims of a token whose MAC verifies.
fn signed_parts(token: &str, secrets: &ShopifySecrets) -> Result<(Vec<u8>, Vec<u8>), IdTokenError> {
    if token.len() > ID_TOKEN_BYTES_MAX {
        return Err(IdTokenError::TooLong);
    }
    let (signed, mac) = token.rsplit_once('.').ok_or(IdTokenError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(IdTokenError::Malformed)?;
    if header.len() > HEADER_BYTES_MAX {
        return Err(IdTokenError::TooLong);
    }
    let decode = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| IdTokenError::Malformed);
    let (header, claims, mac) = (decode(header)?, decode(claims)?, decode(mac)?);
    if secrets.is_signed(signed.as_bytes(), &mac) {
        Ok((header, claims))
    } else {
        Err(IdTokenError::Signature)
    }
}

fn check_shop(claims: &Claims, shop: &str) -> Result<(), IdTokenError> {
    let issuer = claims.iss.strip_prefix("https://").and_then(|rest| rest.strip_suffix("/admin"));
    let issuer = issuer.ok_or(IdTokenError::Issuer)?;
    if claims.dest.strip_prefix("https://") != Some(issuer) {
        return Err(IdTokenError::Destination);
    }
    if issuer == shop { Ok(()) } else { Err(IdTokenError::Shop) }
}

fn check_times(claims: &Claims, now_unix_s: u64) -> Result<(), IdTokenError> {
    let Claims { exp, nbf, iat, .. } = *claims;
    let latest = now_unix_s.saturating_add(LEEWAY_S);
    if exp.saturating_add(LEEWAY_S) <= now_unix_s {
        return Err(IdTokenError::Expired);
    }
    if nbf > latest {
        return Err(IdTokenError::NotYetValid);
    }
    if iat > latest { Err(IdTokenError::IssuedLater) } else { Ok(()) }
}

// === impl IdTokenError ===

impl std::fmt::Display for IdTokenError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::NotConfigured => "the app has no client id",
            Self::TooLong => "the token or its header is too long",
            Self::Malformed => "not three parts in base64url",
            Self::Signature => "not signed with the app's secret",
            Self::Header => "the header can't be read",
            Self::Algorithm => "the algorithm is not HS256",
            Self::Claims => "the claims can't be read",
            Self::Issuer => "`iss` is not a shop's admin",
            Self::Destination => "`dest` is not the host of `iss`",
            Self::Shop => "for another shop",
            Self::App => "for another app",
            Self::Expired => "`exp` has passed",
            Self::NotYetValid => "`nbf` is in the future",
            Self::IssuedLater => "`iat` is in the future",
            Self::Subject => "`sub` is not the id of a person",
        })
    }
}

impl std::error::Error for IdTokenError {}
