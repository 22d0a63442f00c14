//! The tokens, bookmarks and parameters of a request: from headers when it comes directly, from the
//! signed query when it comes through the App Proxy, where headers may get lost.

use std::borrow::Cow;

use edge_wire::headers;
use edge_wire::problem::{Code, Problem};
use edge_wire::proxy::{self, ProxyError};
use edge_wire::query::{Pairs, parse};
use edge_wire::routes::Route;

use crate::config::EdgeConfig;
use crate::event::{Headers, Request};
use crate::query::{invalid, unreadable};
use crate::rejection::Rejection;

/// The tokens, bookmarks and parameters of a request.
#[derive(Debug)]
pub(crate) struct ClientInputs<'a> {
    /// The cart token.
    pub(crate) cart: Claim<'a>,
    /// The customer or staff.
    pub(crate) account: Account<'a>,
    /// Lists of bookmarks, as they came.
    pub(crate) bookmarks: Vec<Cow<'a, str>>,
    /// The client's name for this command.
    pub(crate) idempotency_key: Claim<'a>,
    /// The route's own parameters.
    pub(crate) parameters: Pairs<'a>,
    /// The names of these places, for rejections.
    pub(crate) places: &'static Places,
}

/// A header or parameter that has one value if it is there.
#[derive(Debug)]
pub(crate) enum Claim<'a> {
    /// Absent.
    Absent,
    /// Present, once.
    One(Cow<'a, str>),
    /// Present, and not readable as one value.
    Unreadable,
}

/// How a customer or staff authenticate.
#[derive(Debug)]
pub(crate) enum Account<'a> {
    /// By a bearer token.
    Bearer(Claim<'a>),
    /// By Shopify's signature, which was verified: the customer, if one is logged in.
    Signed(Option<String>),
}

/// The names of the places in rejections, and the separator of bookmarks.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) cart: &'static str,
    pub(crate) account: &'static str,
    pub(crate) bookmarks: &'static str,
    pub(crate) bookmark_separator: char,
    pub(crate) idempotency_key: &'static str,
}

const IN_HEADERS: Places = Places {
    cart: "header:forecourt-cart",
    account: "header:authorization",
    bookmarks: "header:forecourt-bookmark",
    bookmark_separator: ',',
    idempotency_key: "header:idempotency-key",
};
/// Base64url, `.` and `~` need no escape in a query; a comma might get one on the way.
const IN_QUERY: Places = Places {
    cart: "query:cart",
    account: "query:logged_in_customer_id",
    bookmarks: "query:bookmark",
    bookmark_separator: '~',
    idempotency_key: "query:idempotency_key",
};

/// The parameters that stand for headers behind the App Proxy.
const CART: &str = "cart";
const BOOKMARK: &str = "bookmark";
const IDEMPOTENCY_KEY: &str = "idempotency_key";

// === impl ClientInputs ===

impl<'a> ClientInputs<'a> {
    /// Reads a direct request.
    pub(crate) fn direct(request: &'a Request) -> Result<Self, Rejection> {
        let headers = &request.headers;
        let bookmarks = headers.get(headers::BOOKMARK).into_iter().flatten();
        Ok(Self {
            cart: Claim::header(headers, headers::CART),
            account: Account::Bearer(Claim::header(headers, "authorization").bearer()),
            bookmarks: bookmarks.map(|header| header.value.as_str().into()).collect(),
            idempotency_key: Claim::header(headers, headers::IDEMPOTENCY_KEY),
            parameters: parse(&request.querystring).map_err(unreadable)?,
            places: &IN_HEADERS,
        })
    }

    /// Reads a request through the App Proxy, if Shopify signed it for this shop just now. Its
    /// headers are ignored: a client that can set them can also set the query, and one place is
    /// enough to check.
    pub(crate) fn proxied(
        request: &'a Request,
        route: &Route,
        config: &EdgeConfig,
        now_unix_s: u64,
    ) -> Result<Self, Rejection> {
        let (secrets, shop) = (&config.shopify_secrets, config.shop.as_str());
        let signed = proxy::verify(&request.querystring, secrets, shop, now_unix_s)
            .map_err(proxy_rejection)?;
        let mut parameters = signed.rest;
        // Shopify may add parameters at any time: an unknown one among its own is not the client's
        // mistake.
        parameters.extend(signed.appended.into_iter().filter(|(name, _)| is_known(route, name)));
        Ok(Self {
            cart: take(&mut parameters, CART)?,
            account: Account::Signed(signed.customer),
            bookmarks: match take(&mut parameters, BOOKMARK)? {
                Claim::One(list) => vec![list],
                Claim::Absent | Claim::Unreadable => Vec::new(),
            },
            idempotency_key: take(&mut parameters, IDEMPOTENCY_KEY)?,
            parameters,
            places: &IN_QUERY,
        })
    }

    /// The bookmarks, one by one.
    pub(crate) fn bookmarks(&self) -> impl Iterator<Item = &str> {
        let separator = self.places.bookmark_separator;
        let lists = self.bookmarks.iter().flat_map(move |list| list.split(separator));
        lists.map(str::trim_ascii).filter(|text| !text.is_empty())
    }
}

// === impl Claim ===

impl<'a> Claim<'a> {
    fn header(headers: &'a Headers, name: &str) -> Self {
        match headers.get(name).map(Vec::as_slice) {
            None | Some([]) => Self::Absent,
            Some([header]) => Self::One(header.value.as_str().into()),
            Some(_) => Self::Unreadable,
        }
    }

    fn bearer(self) -> Self {
        let Self::One(Cow::Borrowed(value)) = self else { return self };
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Self::One(token.into())
            }
            _ => Self::Unreadable,
        }
    }
}

fn is_known(route: &Route, name: &str) -> bool {
    let names = route.names();
    names.contains(&name) || [CART, BOOKMARK, IDEMPOTENCY_KEY].contains(&name)
}

fn take<'a>(pairs: &mut Pairs<'a>, name: &'static str) -> Result<Claim<'a>, Rejection> {
    let Some(at) = pairs.iter().position(|(other, _)| other == name) else {
        return Ok(Claim::Absent);
    };
    let (_, value) = pairs.remove(at);
    if pairs.iter().any(|(other, _)| other == name) {
        return Err(invalid(name, "stands twice"));
    }
    Ok(Claim::One(value))
}

fn proxy_rejection(error: ProxyError) -> Rejection {
    let message = error.to_string();
    let unsigned = |field| {
        Problem::new(Code::SignatureInvalid, "Shopify signs what it forwards, for 90 seconds.")
            .at(field, message.clone())
            .into()
    };
    match error {
        ProxyError::Malformed => unreadable(message),
        ProxyError::Repeated(name) => invalid(name, "stands twice"),
        ProxyError::Customer => invalid("logged_in_customer_id", "is not a Shopify id"),
        ProxyError::Unsigned => unsigned("query:signature"),
        ProxyError::Stale => unsigned("query:timestamp"),
        ProxyError::Foreign => {
            Problem::new(Code::ShopForeign, "Shopify signed this for another shop.")
                .at("query:shop", "is another shop")
                .into()
        }
    }
}
