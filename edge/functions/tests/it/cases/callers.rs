//! Which callers a route accepts.

use edge_wire::problem::Code;

use super::{TestCase, forwards, rejects};
use crate::fixture::{NOW, PLAIN, ROTATED, ROTATING, STAFF_TOKEN, Viewer, get, request_to};

const AUTHORIZATION: &str = "header:authorization";
const CART: &str = "header:forecourt-cart";
const ADMIN: &str = "/v1/admin/configurators/bike";
/// A dry run of a program on past orders.
const TRIAL: &str = "/v1/admin/loyalty/program?dry_run=true&cursor=1795251600000-7001";

pub(super) fn cases() -> Vec<TestCase> {
    let mut cases = carts();
    cases.extend(own_carts());
    cases.extend(sessions());
    cases.extend(customers());
    cases.extend(optional());
    cases.extend(staff());
    cases.extend(programs());
    cases.extend(rotation());
    cases
}

fn carts() -> Vec<TestCase> {
    let token = PLAIN.cart_token("cart-1");
    let broken = |name: &str, value: &str| {
        rejects(name, get("/v1/cart").with("Forecourt-Cart", value), Code::TokenInvalid)
            .at_field(CART)
    };
    vec![
        forwards("a cart by its token", get("/v1/cart").cart("cart-1"), "/v1/cart")
            .by_cart("cart-1"),
        rejects("a cart without a token", get("/v1/cart"), Code::TokenMissing).at_field(CART),
        rejects(
            "a cart with a customer's token only",
            get("/v1/cart").customer("1001"),
            Code::TokenMissing,
        )
        .at_field(CART),
        broken("an empty cart token", ""),
        broken("half a cart token", &token[..token.len() / 2]),
        broken("a cart token without its last character", &token[..token.len() - 1]),
        broken("a cart token with one more part", &format!("{token}.x")),
        broken("another cart's MAC", &token.replace("cart-1", "cart-2")),
        broken("a cart token of an unknown key", &token.replace("k1", "k9")),
        broken("a cart token of another version", &token.replace("c1.", "c2.")),
        broken("a customer token for a cart", &PLAIN.customer_token("1001")),
        broken("a bookmark for a cart token", &PLAIN.cart_bookmark("cart-1", 1)),
        broken("a cart token of 600 bytes", &"c".repeat(600)),
        broken("two cart tokens in one line", &format!("{token},{token}")),
        rejects(
            "two cart tokens",
            get("/v1/cart").cart("cart-1").cart("cart-2"),
            Code::TokenInvalid,
        )
        .at_field(CART),
        forwards(
            "a cart with a broken token of a kind that is not asked",
            get("/v1/cart").cart("cart-1").with("Authorization", "Bearer broken"),
            "/v1/cart",
        )
        .by_cart("cart-1"),
        forwards(
            "a product with broken tokens of every kind",
            get("/v1/configurator/bike")
                .with("Forecourt-Cart", "broken")
                .with("Authorization", "Bearer broken"),
            "/v1/configurator/bike",
        ),
    ]
}

fn own_carts() -> Vec<TestCase> {
    let own = || get("/v1/cart").cart("customer-1001");
    let account = PLAIN.loyalty_bookmark("1001", 1);
    let bookmark = PLAIN.cart_bookmark("customer-1001", 7);
    vec![
        forwards("an own cart with its customer", own().customer("1001"), "/v1/cart")
            .by_cart("customer-1001")
            .by_customer("1001"),
        rejects("an own cart without a customer", own(), Code::TokenMissing)
            .at_field(AUTHORIZATION),
        rejects("an own cart with another customer", own().customer("1002"), Code::TokenInvalid)
            .at_field(CART),
        rejects(
            "an own cart with a customer whose id begins alike",
            own().customer("100"),
            Code::TokenInvalid,
        )
        .at_field(CART),
        rejects(
            "an own cart with a broken customer token",
            own().with("Authorization", "Bearer broken"),
            Code::TokenInvalid,
        )
        .at_field(AUTHORIZATION),
        rejects(
            "an own cart after its customer's quarter of an hour",
            own().customer("1001"),
            Code::TokenExpired,
        )
        .at(NOW + 900)
        .at_field(AUTHORIZATION),
        forwards(
            "an own cart with bookmarks of cart and account",
            own().customer("1001").with("Forecourt-Bookmark", &format!("{bookmark},{account}")),
            "/v1/cart",
        )
        .by_cart("customer-1001")
        .by_customer("1001")
        .has("forecourt-bookmark", &bookmark),
        rejects(
            "a command to an own cart without a customer",
            request_to("POST", "/v1/cart/lines").cart("customer-1001").keyed(),
            Code::TokenMissing,
        )
        .at_field(AUTHORIZATION),
        rejects(
            "a fresh token for an own cart without a customer",
            request_to("POST", "/v1/carts").cart("customer-1001"),
            Code::TokenMissing,
        )
        .at_field(AUTHORIZATION),
        rejects(
            "a customer with another customer's own cart",
            request_to("POST", "/v1/carts").cart("customer-1001").customer("1002"),
            Code::TokenInvalid,
        )
        .at_field(CART),
    ]
}

fn sessions() -> Vec<TestCase> {
    vec![
        forwards("log-out", request_to("DELETE", "/v1/session").customer("1001"), "/v1/session")
            .by_customer("1001"),
        rejects("log-out without a token", request_to("DELETE", "/v1/session"), Code::TokenMissing)
            .at_field(AUTHORIZATION),
        forwards(
            "a viewer's session beside a token",
            get("/v1/loyalty").customer("1001").with("Forecourt-Session", "1:AAAA"),
            "/v1/loyalty",
        )
        .by_customer("1001"),
        forwards(
            "a viewer's session beside a guest's cart",
            get("/v1/cart").cart("cart-1").with("Forecourt-Session", "1:AAAA"),
            "/v1/cart",
        )
        .by_cart("cart-1"),
    ]
}

fn customers() -> Vec<TestCase> {
    let token = PLAIN.customer_token("1001");
    let loyalty = |value: &str| get("/v1/loyalty").with("Authorization", value);
    let broken = |name: &str, value: &str| {
        rejects(name, loyalty(value), Code::TokenInvalid).at_field(AUTHORIZATION)
    };
    vec![
        forwards("a balance", get("/v1/loyalty").customer("1001"), "/v1/loyalty")
            .by_customer("1001"),
        forwards(
            "a balance of an id above 2^53",
            get("/v1/loyalty").customer("820982911946154508"),
            "/v1/loyalty",
        )
        .by_customer("820982911946154508"),
        forwards("a bearer in small letters", loyalty(&format!("bearer {token}")), "/v1/loyalty")
            .by_customer("1001"),
        forwards("the last second of a token", get("/v1/loyalty").customer("1001"), "/v1/loyalty")
            .by_customer("1001")
            .at(NOW + 899),
        rejects("the second after it", get("/v1/loyalty").customer("1001"), Code::TokenExpired)
            .at_field(AUTHORIZATION)
            .at(NOW + 900),
        rejects("a balance of nobody", get("/v1/loyalty"), Code::TokenMissing)
            .at_field(AUTHORIZATION),
        rejects("HEAD of nobody's balance", request_to("HEAD", "/v1/loyalty"), Code::TokenMissing),
        rejects(
            "a cart token for a balance",
            get("/v1/loyalty").cart("cart-1"),
            Code::TokenMissing,
        )
        .at_field(AUTHORIZATION),
        broken("an empty authorization", ""),
        broken("a bearer of nothing", "Bearer"),
        broken("a bearer of blanks", "Bearer  "),
        broken("a bearer and two blanks", &format!("Bearer  {token}")),
        broken("a bearer and a tab", &format!("Bearer\t{token}")),
        broken("basic authorization", "Basic MTAwMTpwYXNz"),
        broken("a token without bearer", &token),
        broken("a staff token for a balance", &format!("Bearer {STAFF_TOKEN}")),
        broken("a cart token as bearer", &format!("Bearer {}", PLAIN.cart_token("1001"))),
        broken("another customer's MAC", &format!("Bearer {}", token.replace("1001", "1002"))),
        broken(
            "a token made to last",
            &format!("Bearer {}", token.replace("1700000900", "1800000900")),
        ),
        broken("an unsigned JWT", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMDAxIn0."),
        rejects(
            "two authorizations",
            get("/v1/loyalty").customer("1001").customer("1002"),
            Code::TokenInvalid,
        )
        .at_field(AUTHORIZATION),
    ]
}

fn optional() -> Vec<TestCase> {
    vec![
        forwards("a new cart for anybody", request_to("POST", "/v1/carts"), "/v1/carts"),
        forwards(
            "a new cart for a customer",
            request_to("POST", "/v1/carts").customer("1001"),
            "/v1/carts",
        )
        .by_customer("1001"),
        forwards(
            "a fresh token for a cart",
            request_to("POST", "/v1/carts").cart("cart-1"),
            "/v1/carts",
        )
        .by_cart("cart-1"),
        forwards(
            "a new cart for a customer who has one",
            request_to("POST", "/v1/carts").customer("1001").cart("cart-1"),
            "/v1/carts",
        )
        .by_cart("cart-1")
        .by_customer("1001"),
        rejects(
            "a new cart with a broken token",
            request_to("POST", "/v1/carts").with("Authorization", "Bearer broken"),
            Code::TokenInvalid,
        )
        .at_field(AUTHORIZATION),
        rejects(
            "a new cart with an expired token",
            request_to("POST", "/v1/carts").customer("1001"),
            Code::TokenExpired,
        )
        .at_field(AUTHORIZATION)
        .at(NOW + 901),
        rejects(
            "a new cart with a broken cart token",
            request_to("POST", "/v1/carts").customer("1001").with("Forecourt-Cart", "broken"),
            Code::TokenInvalid,
        )
        .at_field(CART),
    ]
}

fn programs() -> Vec<TestCase> {
    vec![
        forwards(
            "a programme tried on past orders",
            request_to("PUT", TRIAL).with("Authorization", &format!("Bearer {STAFF_TOKEN}")),
            "/v1/admin/loyalty/program?cursor=1795251600000-7001&dry_run=true",
        )
        .by_staff(),
        rejects("nobody tries a programme", request_to("PUT", TRIAL), Code::TokenMissing)
            .at_field(AUTHORIZATION),
        rejects(
            "a customer tries a programme",
            request_to("PUT", TRIAL).customer("1001"),
            Code::NotStaff,
        )
        .at_field(AUTHORIZATION),
        rejects(
            "a programme tried with a parameter the route does not have",
            request_to("PUT", "/v1/admin/loyalty/program?force=true")
                .with("Authorization", &format!("Bearer {STAFF_TOKEN}")),
            Code::ParameterInvalid,
        )
        .at_field("query:force"),
    ]
}

fn staff() -> Vec<TestCase> {
    let bearer = |token: &str| get(ADMIN).with("Authorization", &format!("Bearer {token}"));
    vec![
        forwards("staff", bearer(STAFF_TOKEN), ADMIN).by_staff(),
        forwards(
            "staff publishing",
            request_to("PUT", ADMIN).with("Authorization", &format!("Bearer {STAFF_TOKEN}")),
            ADMIN,
        )
        .by_staff(),
        forwards(
            "staff listing versions",
            bearer(STAFF_TOKEN).at(&format!("{ADMIN}/versions")),
            &format!("{ADMIN}/versions"),
        )
        .by_staff(),
        forwards(
            "staff rolling back",
            request_to("POST", &format!("{ADMIN}/versions/1/activate"))
                .with("Authorization", &format!("Bearer {STAFF_TOKEN}")),
            &format!("{ADMIN}/versions/1/activate"),
        )
        .by_staff(),
        rejects(
            "nobody rolling back",
            request_to("POST", &format!("{ADMIN}/versions/1/activate")),
            Code::TokenMissing,
        )
        .at_field(AUTHORIZATION),
        rejects("a customer on an admin route", get(ADMIN).customer("1001"), Code::NotStaff)
            .at_field(AUTHORIZATION),
        rejects(
            "a former customer on an admin route",
            get(ADMIN).customer("1001"),
            Code::TokenExpired,
        )
        .at_field(AUTHORIZATION)
        .at(NOW + 901),
        rejects("nobody on an admin route", get(ADMIN), Code::TokenMissing).at_field(AUTHORIZATION),
        rejects("a cart on an admin route", get(ADMIN).cart("cart-1"), Code::TokenMissing)
            .at_field(AUTHORIZATION),
        rejects("a staff token cut short", bearer(&STAFF_TOKEN[..31]), Code::TokenInvalid)
            .at_field(AUTHORIZATION),
        rejects("a staff token and more", bearer(&format!("{STAFF_TOKEN}0")), Code::TokenInvalid)
            .at_field(AUTHORIZATION),
        rejects(
            "a staff token twice",
            bearer(STAFF_TOKEN).with("Authorization", &format!("Bearer {STAFF_TOKEN}")),
            Code::TokenInvalid,
        )
        .at_field(AUTHORIZATION),
        rejects(
            "a staff token unasked for",
            get(ADMIN).with("Authorization", STAFF_TOKEN),
            Code::TokenInvalid,
        )
        .at_field(AUTHORIZATION),
    ]
}

fn rotation() -> Vec<TestCase> {
    let old_cart = || get("/v1/cart").cart("cart-1");
    let old_customer = || get("/v1/loyalty").customer("1001");
    let staff = |token: &str| get(ADMIN).with("Authorization", &format!("Bearer {token}"));
    let next = "next-staff-token-000000000000000";
    vec![
        forwards("an old cart token while rotating", old_cart(), "/v1/cart")
            .by_cart("cart-1")
            .under(&ROTATING),
        forwards("an old customer token while rotating", old_customer(), "/v1/loyalty")
            .by_customer("1001")
            .under(&ROTATING),
        forwards(
            "a new cart token while rotating",
            get("/v1/cart").with("Forecourt-Cart", &ROTATED.cart_token("cart-1")),
            "/v1/cart",
        )
        .by_cart("cart-1")
        .under(&ROTATING),
        forwards("an old staff token while rotating", staff(STAFF_TOKEN), ADMIN)
            .by_staff()
            .under(&ROTATING),
        forwards("a new staff token while rotating", staff(next), ADMIN)
            .by_staff()
            .under(&ROTATING),
        rejects("an old cart token when its key is gone", old_cart(), Code::TokenInvalid)
            .at_field(CART)
            .under(&ROTATED),
        rejects("an old customer token when its key is gone", old_customer(), Code::TokenInvalid)
            .at_field(AUTHORIZATION)
            .under(&ROTATED),
        rejects("an old staff token when it is gone", staff(STAFF_TOKEN), Code::TokenInvalid)
            .at_field(AUTHORIZATION)
            .under(&ROTATED),
    ]
}
