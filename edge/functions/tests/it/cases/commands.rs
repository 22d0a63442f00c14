//! Commands and their names.

use edge_functions::event::Request;
use edge_wire::problem::Code;

use super::{Case, forwards, refuses};
use crate::fixture::{KEY, STAFF_TOKEN, Viewer, asks};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const FIELD: &str = "header:idempotency-key";

pub(super) fn cases() -> Vec<Case> {
    let lines = || asks("POST", "/v1/cart/lines").cart("cart-1");
    let staff = format!("Bearer {STAFF_TOKEN}");
    let mut cases: Vec<Case> = commands()
        .map(|(method, path)| {
            forwards(format!("{method} {path}"), asks(method, path).cart("cart-1").keyed(), path)
                .by_cart("cart-1")
                .has(IDEMPOTENCY_KEY, KEY)
        })
        .collect();
    cases.extend(keys().map(|(name, key)| {
        refuses(name, lines().with("Idempotency-Key", key), Code::IdempotencyKeyInvalid)
            .blames(FIELD)
    }));
    cases.extend([
        refuses("a command without a name", lines(), Code::IdempotencyKeyMissing).blames(FIELD),
        refuses("a command with two names", lines().keyed().keyed(), Code::IdempotencyKeyInvalid)
            .blames(FIELD),
        refuses("a command of nobody", asks("POST", "/v1/cart/lines").keyed(), Code::TokenMissing)
            .blames("header:forecourt-cart"),
    ]);
    cases.extend(merges());
    cases.extend([
        forwards("a new cart needs no name", asks("POST", "/v1/carts").keyed(), "/v1/carts"),
        forwards(
            "saving a selection needs neither name nor token",
            asks("POST", "/v1/configurator/bike/selections"),
            "/v1/configurator/bike/selections",
        ),
        forwards(
            "publishing needs no name",
            asks("PUT", "/v1/admin/configurators/bike").keyed().with("Authorization", &staff),
            "/v1/admin/configurators/bike",
        )
        .by_staff(),
        forwards("a read has no name", asks("GET", "/v1/cart").cart("cart-1").keyed(), "/v1/cart")
            .by_cart("cart-1"),
        forwards(
            "the hand-over to checkout has no name",
            asks("GET", "/v1/cart/checkout").cart("cart-1").keyed(),
            "/v1/cart/checkout",
        )
        .by_cart("cart-1"),
        refuses(
            "the hand-over of nobody's cart",
            asks("GET", "/v1/cart/checkout"),
            Code::TokenMissing,
        )
        .blames("header:forecourt-cart"),
        forwards(
            "a command of 128 characters",
            lines().with("Idempotency-Key", &"aZ09-_xy".repeat(16)),
            "/v1/cart/lines",
        )
        .by_cart("cart-1")
        .has(IDEMPOTENCY_KEY, &"aZ09-_xy".repeat(16)),
    ]);
    cases.extend(bodies());
    cases.extend(loyalty());
    cases
}

fn merges() -> [Case; 3] {
    [
        refuses(
            "a merge by nobody the shop knows",
            asks("POST", "/v1/cart/merge").cart("customer-1001").keyed(),
            Code::TokenMissing,
        )
        .blames("header:authorization"),
        refuses(
            "a merge into no cart",
            asks("POST", "/v1/cart/merge").customer("1001").keyed(),
            Code::TokenMissing,
        )
        .blames("header:forecourt-cart"),
        refuses(
            "a merge without a name",
            asks("POST", "/v1/cart/merge").cart("customer-1001").customer("1001"),
            Code::IdempotencyKeyMissing,
        )
        .blames(FIELD),
    ]
}

fn loyalty() -> Vec<Case> {
    const REDEMPTIONS: &str = "/v1/loyalty/redemptions";
    const REDEMPTION: &str = "/v1/loyalty/redemptions/0123456789abcdef0123456789abcdef";
    const ADJUSTMENTS: &str = "/v1/admin/loyalty/customers/1001/adjustments";
    let staff = format!("Bearer {STAFF_TOKEN}");
    let redeem = || asks("POST", REDEMPTIONS).customer("1001");
    let adjust = || asks("POST", ADJUSTMENTS).with("Authorization", &staff);
    vec![
        forwards("a redemption", redeem().keyed(), REDEMPTIONS)
            .by_customer("1001")
            .has(IDEMPOTENCY_KEY, KEY),
        refuses("a redemption without a name", redeem(), Code::IdempotencyKeyMissing).blames(FIELD),
        refuses("a redemption of nobody", asks("POST", REDEMPTIONS).keyed(), Code::TokenMissing)
            .blames("header:authorization"),
        forwards(
            "what became of a redemption",
            asks("GET", REDEMPTION).customer("1001"),
            REDEMPTION,
        )
        .by_customer("1001"),
        refuses("somebody's redemption", asks("GET", REDEMPTION), Code::TokenMissing)
            .blames("header:authorization"),
        forwards("an adjustment", adjust().keyed(), ADJUSTMENTS)
            .by_staff()
            .has(IDEMPOTENCY_KEY, KEY),
        refuses("an adjustment without a name", adjust(), Code::IdempotencyKeyMissing)
            .blames(FIELD),
        refuses("an adjustment of nobody", asks("POST", ADJUSTMENTS).keyed(), Code::TokenMissing)
            .blames("header:authorization"),
    ]
}

fn commands() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        ("POST", "/v1/cart/lines"),
        ("DELETE", "/v1/cart/lines"),
        ("PATCH", "/v1/cart/lines/l-1"),
        ("DELETE", "/v1/cart/lines/l-1"),
        ("PATCH", "/v1/cart/attributes"),
    ]
    .into_iter()
}

fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        ("an empty name", ""),
        ("a name of 15 characters", "0123456789abcde"),
        ("a name with a dot", "0123456789abcde."),
        ("a name with a comma", "0123456789abcdef,0123456789abcdef"),
        ("a name with a blank", "01234567 89abcdef"),
        ("a name that is not ASCII", "0123456789abcdéf"),
    ]
    .into_iter()
}

fn bodies() -> impl Iterator<Item = Case> {
    let product = |name: &str, value: &str| -> Request {
        asks("GET", "/v1/configurator/bike").with(name, value)
    };
    [
        forwards("a body of nothing", product("Content-Length", "0"), "/v1/configurator/bike"),
        refuses("a body on GET", product("Content-Length", "2"), Code::BodyNotAllowed),
        refuses(
            "a chunked body on GET",
            product("Transfer-Encoding", "chunked"),
            Code::BodyNotAllowed,
        ),
        refuses("a body of an odd length", product("Content-Length", "0x0"), Code::BodyNotAllowed),
        refuses(
            "two lengths on GET",
            product("Content-Length", "0").with("Content-Length", "2"),
            Code::BodyNotAllowed,
        ),
        refuses(
            "a body on HEAD",
            asks("HEAD", "/v1/configurator/bike").with("Content-Length", "2"),
            Code::BodyNotAllowed,
        ),
        refuses(
            "a fat GET for a cart",
            asks("GET", "/v1/cart").cart("cart-1").with("Content-Length", "17"),
            Code::BodyNotAllowed,
        ),
    ]
    .into_iter()
}
