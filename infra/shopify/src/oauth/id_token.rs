//! ID tokens (formerly session tokens): the JWT that App Bridge puts on each request of the
//! embedded admin. HS256 with the app's client secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::signing::Credentials;

/// How long an ID token lives.
pub const ID_TOKEN_LIFE_S: u64 = 60;
/// Longest token read.
const TOKEN_BYTES_MAX: usize = 8_192;

/// What an ID token says, in Shopify's order.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Claims {
    /// The shop's admin: `https://{shop}/admin`.
    pub iss: String,
    /// The shop: `https://{shop}`.
    pub dest: String,
    /// The app's client id.
    pub aud: String,
    /// The member of staff: a numeric id as text.
    pub sub: String,
    /// The end of its life, Unix seconds.
    pub exp: u64,
    /// The start of its life.
    pub nbf: u64,
    /// When it was made.
    pub iat: u64,
    /// The id of this token.
    pub jti: String,
    /// The id of the session in the admin.
    pub sid: String,
}

/// Why an ID token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// It is no JWT with an ID token's claims.
    #[error("is not an ID token")]
    Malformed,
    /// It names another algorithm than HS256.
    #[error("is not signed with HS256")]
    Algorithm,
    /// Its signature is not the app's.
    #[error("is not signed with a secret of this app")]
    Signature,
    /// It is for another app.
    #[error("is for another app")]
    Audience,
    /// It is for another shop.
    #[error("is for another shop")]
    Shop,
    /// Its life has not begun or is over.
    #[error("is expired or not yet valid")]
    Time,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

// === impl Claims ===

impl Claims {
    /// What the admin of `shop` says about its member of staff `user_id` from `now_s` on. `ids` are
    /// the ids of the token and of the session.
    #[must_use]
    pub fn of_staff(
        shop: &str,
        client_id: &str,
        user_id: u64,
        now_s: u64,
        ids: (String, String),
    ) -> Self {
        Self {
            iss: format!("https://{shop}/admin"),
            dest: format!("https://{shop}"),
            aud: client_id.to_owned(),
            sub: user_id.to_string(),
            exp: now_s.saturating_add(ID_TOKEN_LIFE_S),
            nbf: now_s,
            iat: now_s,
            jti: ids.0,
            sid: ids.1,
        }
    }
}

/// Signs an ID token.
#[must_use]
pub fn mint(credentials: &Credentials, claims: &Claims) -> String {
    // Texts and whole numbers always serialize.
    let claims = serde_json::to_vec(claims).unwrap_or_default();
    let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let mac = URL_SAFE_NO_PAD.encode(credentials.sign(signed.as_bytes()));
    format!("{signed}.{mac}")
}

/// Reads an ID token for `shop`, or for any shop without one.
///
/// # Errors
/// [`IdTokenError`]. Shopify signed it by its own clock, so there is no leeway.
pub fn verify(
    token: &str,
    credentials: &Credentials,
    shop: Option<&str>,
    now_s: u64,
) -> Result<Claims, IdTokenError> {
    let (signed, mac) = token
        .rsplit_once('.')
        .filter(|_| token.len() <= TOKEN_BYTES_MAX)
        .ok_or(IdTokenError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(IdTokenError::Malformed)?;
    if part::<Header>(header)?.alg != "HS256" {
        return Err(IdTokenError::Algorithm);
    }
    let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| IdTokenError::Malformed)?;
    if !credentials.is_signed(signed.as_bytes(), &mac) {
        return Err(IdTokenError::Signature);
    }
    let claims: Claims = part(claims)?;
    if claims.aud != credentials.client_id() {
        return Err(IdTokenError::Audience);
    }
    let is_of_one_shop = claims.iss == format!("{}/admin", claims.dest);
    let is_shop = |shop: &str| claims.dest == format!("https://{shop}");
    if !is_of_one_shop || !shop.is_none_or(is_shop) {
        return Err(IdTokenError::Shop);
    }
    if now_s < claims.nbf || now_s >= claims.exp {
        return Err(IdTokenError::Time);
    }
    Ok(claims)
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, IdTokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| IdTokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| IdTokenError::Malformed)
}
