//! Commands and their idempotency keys.

use edge_functions::event::Request;
use edge_wire::problem::Code;

use super::{TestCase, forwards, rejects};
use crate::fixture::{KEY, STAFF_TOKEN, Viewer, request_to};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const FIELD: &str = "header:idempotency-key";

pub(super) fn cases() -> Vec<TestCase> {
    let lines = || request_to("POST", "/v1/cart/lines").cart("cart-1");
    let checkout = || request_to("GET", "/v1/cart/checkout");
    let staff = format!("Bearer {STAFF_TOKEN}");
    let mut cases: Vec<TestCase> = commands()
        .map(|(method, path)| {
            forwards(
                format!("{method} {path}"),
                request_to(method, path).cart("cart-1").keyed(),
                path,
            )
            .by_cart("cart-1")
            .has(IDEMPOTENCY_KEY, KEY)
        })
        .collect();
    cases.extend(keys().map(|(title, key)| {
        rejects(title, lines().with("Idempotency-Key", key), Code::IdempotencyKeyInvalid)
            .at_field(FIELD)
    }));
    cases.extend([
        rejects("a command without a key", lines(), Code::IdempotencyKeyMissing).at_field(FIELD),
        rejects("a command with two keys", lines().keyed().keyed(), Code::IdempotencyKeyInvalid)
            .at_field(FIELD),
        rejects(
            "a command without a token",
            request_to("POST", "/v1/cart/lines").keyed(),
            Code::TokenMissing,
        )
        .at_field("header:forecourt-cart"),
    ]);
    cases.extend(merges());
    cases.extend([
        forwards("a new cart needs no key", request_to("POST", "/v1/carts").keyed(), "/v1/carts"),
        forwards(
            "saving a selection needs neither key nor token",
            request_to("POST", "/v1/configurator/bike/selections"),
            "/v1/configurator/bike/selections",
        ),
        forwards(
            "publishing needs no key",
            request_to("PUT", "/v1/admin/configurators/bike").keyed().with("Authorization", &staff),
            "/v1/admin/configurators/bike",
        )
        .by_staff(),
        forwards(
            "a read has no key",
            request_to("GET", "/v1/cart").cart("cart-1").keyed(),
            "/v1/cart",
        )
        .by_cart("cart-1"),
        forwards(
            "the hand-over to checkout has no key",
            checkout().cart("cart-1").keyed(),
            "/v1/cart/checkout",
        )
        .by_cart("cart-1"),
        rejects("the hand-over without a token", checkout(), Code::TokenMissing)
            .at_field("header:forecourt-cart"),
        forwards(
            "a key of 128 characters",
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

fn merges() -> [TestCase; 3] {
    [
        rejects(
            "a merge without a customer's token",
            request_to("POST", "/v1/cart/merge").cart("customer-1001").keyed(),
            Code::TokenMissing,
        )
        .at_field("header:authorization"),
        rejects(
            "a merge without a cart's token",
            request_to("POST", "/v1/cart/merge").customer("1001").keyed(),
            Code::TokenMissing,
        )
        .at_field("header:forecourt-cart"),
        rejects(
            "a merge without a key",
            request_to("POST", "/v1/cart/merge").cart("customer-1001").customer("1001"),
            Code::IdempotencyKeyMissing,
        )
        .at_field(FIELD),
    ]
}

fn loyalty() -> Vec<TestCase> {
    const REDEMPTIONS: &str = "/v1/loyalty/redemptions";
    const REDEMPTION: &str = "/v1/loyalty/redemptions/0123456789abcdef0123456789abcdef";
    const ADJUSTMENTS: &str = "/v1/admin/loyalty/customers/1001/adjustments";
    let staff = format!("Bearer {STAFF_TOKEN}");
    let redeem = || request_to("POST", REDEMPTIONS).customer("1001");
    let adjust = || request_to("POST", ADJUSTMENTS).with("Authorization", &staff);
    vec![
        forwards("a redemption", redeem().keyed(), REDEMPTIONS)
            .by_customer("1001")
            .has(IDEMPOTENCY_KEY, KEY),
        rejects("a redemption without a key", redeem(), Code::IdempotencyKeyMissing)
            .at_field(FIELD),
        rejects(
            "a redemption command without a token",
            request_to("POST", REDEMPTIONS).keyed(),
            Code::TokenMissing,
        )
        .at_field("header:authorization"),
        forwards(
            "the state of a redemption",
            request_to("GET", REDEMPTION).customer("1001"),
            REDEMPTION,
        )
        .by_customer("1001"),
        rejects("a redemption without a token", request_to("GET", REDEMPTION), Code::TokenMissing)
            .at_field("header:authorization"),
        forwards("an adjustment", adjust().keyed(), ADJUSTMENTS)
            .by_staff()
            .has(IDEMPOTENCY_KEY, KEY),
        rejects("an adjustment without a key", adjust(), Code::IdempotencyKeyMissing)
            .at_field(FIELD),
        rejects(
            "an adjustment without a token",
            request_to("POST", ADJUSTMENTS).keyed(),
            Code::TokenMissing,
        )
        .at_field("header:authorization"),
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
        ("an empty key", ""),
        ("a key of 15 characters", "0123456789abcde"),
        ("a key with a dot", "0123456789abcde."),
        ("a key with a comma", "0123456789abcdef,0123456789abcdef"),
        ("a key with a blank", "01234567 89abcdef"),
        ("a key that is not ASCII", "0123456789abcdéf"),
    ]
    .into_iter()
}

fn bodies() -> impl Iterator<Item = TestCase> {
    let product = |name: &str, value: &str| -> Request {
        request_to("GET", "/v1/configurator/bike").with(name, value)
    };
    [
        forwards("a body of nothing", product("Content-Length", "0"), "/v1/configurator/bike"),
        rejects("a body on GET", product("Content-Length", "2"), Code::BodyNotAllowed),
        rejects(
            "a chunked body on GET",
            product("Transfer-Encoding", "chunked"),
            Code::BodyNotAllowed,
        ),
        rejects("a body of an odd length", product("Content-Length", "0x0"), Code::BodyNotAllowed),
        rejects(
            "two lengths on GET",
            product("Content-Length", "0").with("Content-Length", "2"),
            Code::BodyNotAllowed,
        ),
        rejects(
            "a body on HEAD",
            request_to("HEAD", "/v1/configurator/bike").with("Content-Length", "2"),
            Code::BodyNotAllowed,
        ),
        rejects(
            "a fat GET for a cart",
            request_to("GET", "/v1/cart").cart("cart-1").with("Content-Length", "17"),
            Code::BodyNotAllowed,
        ),
    ]
    .into_iter()
}
