//! The HTTP client of the deployment under examination.

use std::cell::OnceCell;
use std::time::Duration;

use domain_core::id::hex;
use edge_wire::headers::CART;
use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::shop::system_random;
use serde_json::Value;

use super::super::CliError;
use super::super::args::DoctorArgs;
use super::super::http::{Client, Reply};
use super::report::CheckError;
use super::secrets::Secrets;
use crate::profile::Profile;

/// How long one answer may take: CloudFront itself gives up on an origin after 30 s.
const TIMEOUT: Duration = Duration::from_secs(35);
/// Longest part of an answer that is quoted.
const QUOTED_MAX: usize = 120;

/// A client of one deployment, with the settings of the checks.
pub(super) struct TargetClient {
    client: Client,
    url: String,
    pub(super) product: String,
    pub(super) secrets: Secrets,
    pub(super) origins: Vec<String>,
    pub(super) may_write: bool,
    pub(super) requests: usize,
    pub(super) patience: Duration,
    pub(super) clock: Clock,
    carts: OnceCell<[Cart; 2]>,
}

/// A guest's cart, which costs no write.
#[derive(Debug)]
pub(super) struct Cart {
    pub(super) token: String,
    pub(super) id: String,
    pub(super) bookmark: String,
}

// === impl TargetClient ===

impl TargetClient {
    pub(super) fn new(args: &DoctorArgs, profile: &Profile) -> Result<Self, CliError> {
        Ok(Self {
            client: Client::new(TIMEOUT),
            product: args.product.clone(),
            secrets: Secrets::of(profile)?,
            origins: args.origin.clone(),
            may_write: args.write,
            requests: args.requests,
            patience: Duration::from_secs(args.patience),
            clock: Clock::system(),
            carts: OnceCell::new(),
            url: profile.url().to_owned(),
        })
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }

    /// The same address without TLS.
    pub(super) fn plain_url(&self) -> String {
        self.url.replacen("https://", "http://", 1)
    }

    pub(super) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Reply, CheckError> {
        self.send("GET", path, headers, b"")
    }

    /// Sends a request to the edge.
    pub(super) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, CheckError> {
        self.send_to(method, &format!("{}{path}", self.url), headers, body)
    }

    /// Sends a request to this address.
    pub(super) fn send_to(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, CheckError> {
        let result = self.client.send(method, url, headers, body);
        result.map_err(|CliError(error)| format!("{method} {url}: {error}"))
    }

    /// Two carts of two guests.
    pub(super) fn carts(&self) -> Result<&[Cart; 2], CheckError> {
        if let Some(carts) = self.carts.get() {
            return Ok(carts);
        }
        let carts = [self.new_cart()?, self.new_cart()?];
        Ok(self.carts.get_or_init(|| carts))
    }

    /// A new cart.
    pub(super) fn new_cart(&self) -> Result<Cart, CheckError> {
        let created = self.send("POST", "/v1/carts", &[], b"")?;
        expect(&created, 201, "POST /v1/carts")?;
        let body = json(&created)?;
        let text = |at: &str| body.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let fields = (text("/token"), text("/cart/id"), text("/cart/bookmark"));
        match fields {
            (Some(token), Some(id), Some(bookmark)) => Ok(Cart { token, id, bookmark }),
            _ => Err(format!("POST /v1/carts answers {}", quoted(&created.body))),
        }
    }

    pub(super) fn cart(&self, cart: &Cart) -> Result<Reply, CheckError> {
        self.get("/v1/cart", &[(CART, &cart.token)])
    }

    /// A random id that is not in use.
    pub(super) fn random(&self) -> String {
        hex(&system_random())
    }

    /// Shopify's secrets and the shop, if both are configured.
    pub(super) fn shopify(&self) -> Option<(&ShopifySecrets, &str)> {
        self.secrets.shopify.as_ref().zip(self.secrets.shop.as_deref())
    }

    pub(super) fn keys(&self) -> Option<&KeyRing> {
        self.secrets.keys.as_ref()
    }
}

/// Expects this status.
pub(super) fn expect(reply: &Reply, status: u16, request: &str) -> Result<(), CheckError> {
    if reply.status == status {
        return Ok(());
    }
    Err(format!("{request} is {}, not {status}: {}", reply.status, quoted(&reply.body)))
}

/// Expects a problem with this status and code.
pub(super) fn expect_problem(
    reply: &Reply,
    status: u16,
    code: &str,
    request: &str,
) -> Result<(), CheckError> {
    expect(reply, status, request)?;
    let actual = json(reply)?["code"].as_str().unwrap_or_default().to_owned();
    if actual == code {
        Ok(())
    } else {
        Err(format!("{request} has the code {actual:?}, not {code}"))
    }
}

pub(super) fn json(reply: &Reply) -> Result<Value, CheckError> {
    let read = serde_json::from_str(&reply.body);
    read.map_err(|error| format!("the answer is not JSON ({error}): {}", quoted(&reply.body)))
}

/// The first characters of an answer, in one line.
pub(super) fn quoted(body: &str) -> String {
    let line: String = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
