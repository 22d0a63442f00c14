//! Origins that are more trusting than ours and wrap ours. Each is one change of an edge.

use bytes::Bytes;
use edge_wire::bookmark::{seal, verify};
use edge_wire::identity::{Identity, Kind, encode};
use edge_wire::keys::KeyRing;
use edge_wire::query::parse;
use edge_wire::resource::Resource;
use edge_wire::token::mint_cart;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue, Response};
use infra_local::demo;

use super::wiring::Wiring;

/// Answers contain the values of these headers.
pub(super) fn shows_headers(wiring: Wiring) -> Wiring {
    const REFLECTED: [&str; 13] = [
        "x-forwarded-host",
        "x-forwarded-scheme",
        "x-forwarded-port",
        "x-forwarded-for",
        "x-host",
        "forwarded",
        "x-original-host",
        "cookie",
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        "x-body",
        "user-agent",
    ];
    /// CloudFront's own values of two of them.
    const EDGES_OWN: [&str; 2] = ["Amazon CloudFront", "127.0.0.1"];
    wiring.origin(
        |request| request,
        |request, answer| {
            let values = REFLECTED.iter().filter_map(|name| request.headers().get(*name));
            match values.into_iter().find(|value| !EDGES_OWN.iter().any(|own| value == own)) {
                Some(value) => with_body(answer, format!("you said {value:?}")),
                None => answer,
            }
        },
    )
}

/// A path in a header replaces the request's path.
pub(super) fn obeys_paths_in_headers(wiring: Wiring) -> Wiring {
    wiring.origin(
        |mut request| {
            let named = ["x-original-url", "x-rewrite-url", "x-forwarded-path"]
                .iter()
                .find_map(|name| request.headers().get(*name));
            if let Some(uri) = named.and_then(|value| value.to_str().ok()?.parse().ok()) {
                *request.uri_mut() = uri;
            }
            request
        },
        |_, answer| answer,
    )
}

/// Answers contain an undeclared parameter, separated by `&` or `;`.
pub(super) fn shows_parameters(wiring: Wiring) -> Wiring {
    wiring.origin(
        |mut request| {
            *request.uri_mut() = request.uri().path().parse().unwrap();
            request
        },
        |request, answer| {
            let query = request.uri().query().unwrap_or_default();
            let reflected = query.split(['&', ';']).find(|pair| pair.contains("evil"));
            match reflected {
                Some(pair) => with_body(answer, format!("you said {pair}")),
                None => answer,
            }
        },
    )
}

/// Odd headers cause an error that may be cached.
pub(super) fn fails_on_odd_headers(wiring: Wiring) -> Wiring {
    const HEADER_BYTES_MAX: usize = 4_096;
    wiring.origin(
        |request| request,
        |request, mut answer| {
            let is_odd = |value: &HeaderValue| {
                value.len() > HEADER_BYTES_MAX
                    || value.to_str().is_err()
                    || value.as_bytes().contains(&b'\t')
            };
            if request.headers().values().any(is_odd) {
                *answer.status_mut() = http::StatusCode::BAD_REQUEST;
                let cacheable = HeaderValue::from_static("s-maxage=60");
                answer.headers_mut().insert(CACHE_CONTROL, cacheable);
                return with_body(answer, "too much".to_owned());
            }
            answer
        },
    )
}

/// Parameters are written into the response headers without escaping.
pub(super) fn splits_responses(wiring: Wiring) -> Wiring {
    wiring.origin(
        |mut request| {
            *request.uri_mut() = request.uri().path().parse().unwrap();
            request
        },
        |request, mut answer| {
            let pairs = parse(request.uri().query().unwrap_or_default()).unwrap_or_default();
            for (_, value) in pairs {
                let lines = value.split(['\r', '\n']).skip(1);
                for (name, value) in lines.filter_map(|line| line.split_once(':')) {
                    let name = name.trim().parse::<HeaderName>().unwrap();
                    answer.headers_mut().insert(name, value.trim().parse().unwrap());
                }
            }
            answer
        },
    )
}

/// The identity header is trusted: its MAC is not verified.
pub(super) fn signs_any_identity(wiring: Wiring) -> Wiring {
    let keys = KeyRing::parse(demo::KEYS).unwrap();
    wiring.origin(
        move |mut request| {
            let claimed = request.headers().get("forecourt-identity");
            let claimed = claimed.and_then(|value| value.to_str().ok()).unwrap_or_default();
            let identities: Vec<Identity> = claimed.split(',').filter_map(identity).collect();
            if !identities.is_empty() {
                let trusted = encode(&keys, &identities).parse().unwrap();
                request.headers_mut().insert("forecourt-identity", trusted);
            }
            request
        },
        |_, answer| answer,
    )
}

/// Every bookmark is accepted for its sender's resource.
pub(super) fn takes_any_bookmark(wiring: Wiring) -> Wiring {
    let keys = KeyRing::parse(demo::KEYS).unwrap();
    wiring.origin(
        move |mut request| {
            let text = |name: &str| {
                let value = request.headers().get(name).and_then(|value| value.to_str().ok());
                value.unwrap_or_default().to_owned()
            };
            let own = identity(&text("forecourt-identity")).map(|it| match it.kind {
                Kind::Cart => Resource::Cart(it.id),
                _ => Resource::Loyalty(it.id),
            });
            let bookmarks = text("forecourt-bookmark");
            let resealed = bookmarks.split(',').filter_map(|bookmark| {
                let payload = verify(&keys, bookmark).ok()?.open().ok()?;
                Some(seal(&keys, own.as_ref()?, &payload))
            });
            let resealed: Vec<String> = resealed.collect();
            if !resealed.is_empty() {
                let resealed = resealed.join(",").parse().unwrap();
                request.headers_mut().insert("forecourt-bookmark", resealed);
            }
            request
        },
        |_, answer| answer,
    )
}

/// A merge accepts the cart that a token names: its MAC is not verified.
pub(super) fn takes_any_cart(wiring: Wiring) -> Wiring {
    let keys = KeyRing::parse(demo::KEYS).unwrap();
    wiring.origin(
        move |mut request| {
            let named = serde_json::from_slice::<serde_json::Value>(request.body()).ok();
            let named = named.as_ref().and_then(|body| body["from"].as_str()?.split('.').nth(2));
            if let Some(cart) = named.filter(|_| request.uri().path() == "/v1/cart/merge") {
                let trusted = serde_json::json!({"from": mint_cart(&keys, cart)});
                *request.body_mut() = trusted.to_string().into();
                request.headers_mut().remove(http::header::CONTENT_LENGTH);
            }
            request
        },
        |_, answer| answer,
    )
}

/// The holder of a customer's cart token is authenticated as that customer.
pub(super) fn treats_cart_holders_as_customers(wiring: Wiring) -> Wiring {
    let keys = KeyRing::parse(demo::KEYS).unwrap();
    wiring.origin(
        move |mut request| {
            let header = request.headers().get("forecourt-identity");
            let header = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
            let cart = header.split(',').filter_map(identity).find(|it| it.kind == Kind::Cart);
            let owner = cart.as_ref().and_then(|cart| cart.id.strip_prefix("customer-"));
            if let Some(owner) = owner.map(str::to_owned) {
                let customer = Identity { kind: Kind::Customer, id: owner };
                let trusted = encode(&keys, &[cart.unwrap(), customer]).parse().unwrap();
                request.headers_mut().insert("forecourt-identity", trusted);
                request.headers_mut().remove("forecourt-session");
            }
            request
        },
        |_, answer| answer,
    )
}

/// Personal answers omit `stale-if-error=0`.
pub(super) fn forgets_stale_if_error(wiring: Wiring) -> Wiring {
    wiring.origin(
        |request| request,
        |_, mut answer| {
            if answer
                .headers()
                .get(CACHE_CONTROL)
                .is_some_and(|it| it == "s-maxage=5, stale-if-error=0")
            {
                answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("s-maxage=5"));
            }
            answer
        },
    )
}

/// Errors may be cached.
pub(super) fn marks_errors_cacheable(wiring: Wiring) -> Wiring {
    wiring.origin(
        |request| request,
        |_, mut answer| {
            if answer.status().as_u16() >= 400 {
                answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("s-maxage=60"));
            }
            answer
        },
    )
}

fn identity(part: &str) -> Option<Identity> {
    let mut parts = part.trim().split(':');
    let kind = match parts.next()? {
        "cart" => Kind::Cart,
        "customer" => Kind::Customer,
        _ => return None,
    };
    Some(Identity { kind, id: parts.next()?.to_owned() })
}

fn with_body(mut answer: Response<Bytes>, body: String) -> Response<Bytes> {
    answer.headers_mut().remove(http::header::CONTENT_LENGTH);
    answer.map(|_| Bytes::from(body))
}
