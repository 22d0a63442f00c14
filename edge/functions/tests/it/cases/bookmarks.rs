//! Bookmarks on their way to the origin.

use edge_wire::problem::Code;
use edge_wire::resource::Resource;

use super::{TestCase, forwards, rejects};
use crate::fixture::{PLAIN, ROTATED, ROTATING, STAFF_TOKEN, Viewer, get, request_to};

const BOOKMARK: &str = "forecourt-bookmark";
const FIELD: &str = "header:forecourt-bookmark";

fn mine(floor: u64) -> String {
    PLAIN.cart_bookmark("cart-1", floor)
}

fn joined(mut bookmarks: Vec<String>) -> String {
    bookmarks.sort();
    bookmarks.join(",")
}

pub(super) fn cases() -> Vec<TestCase> {
    let mut cases = forwarded();
    cases.extend(dropped());
    cases.extend(rejected());
    cases
}

fn forwarded() -> Vec<TestCase> {
    let cart = |value: &str| get("/v1/cart").cart("cart-1").with("Forecourt-Bookmark", value);
    let goes_on = |name: &str, value: &str, form: &str| {
        forwards(name, cart(value), "/v1/cart").by_cart("cart-1").has(BOOKMARK, form)
    };
    let four = joined((1..=4).map(mine).collect());
    let yesterday = joined(vec![mine(1), ROTATED.cart_bookmark("cart-1", 2)]);
    let (one, two) = (mine(1), mine(2));
    let both = joined(vec![one.clone(), two.clone()]);
    let account = PLAIN.loyalty_bookmark("1001", 1);
    let own = PLAIN.cart_bookmark("customer-1001", 7);
    vec![
        goes_on("a bookmark", &one, &one),
        goes_on("two bookmarks", &both, &both),
        goes_on("two bookmarks the other way round", &reversed(&both), &both),
        goes_on("blanks and empty places between bookmarks", &format!(" {two} ,, {one},"), &both),
        goes_on("a bookmark twice", &format!("{one},{two},{one}"), &both),
        goes_on("four bookmarks", &four, &four),
        forwards("bookmarks in two lines", cart(&two).with("Forecourt-Bookmark", &one), "/v1/cart")
            .by_cart("cart-1")
            .has(BOOKMARK, &both),
        forwards(
            "a balance with its bookmark",
            get("/v1/loyalty").customer("1001").with("Forecourt-Bookmark", &account),
            "/v1/loyalty",
        )
        .by_customer("1001")
        .has(BOOKMARK, &account),
        forwards("an old bookmark while rotating", cart(&yesterday), "/v1/cart")
            .by_cart("cart-1")
            .has(BOOKMARK, &yesterday)
            .under(&ROTATING),
        forwards(
            "bookmarks of a customer's carts, whichever it will be",
            request_to("POST", "/v1/carts")
                .customer("1001")
                .with("Forecourt-Bookmark", &format!("{one},{account}")),
            "/v1/carts",
        )
        .by_customer("1001")
        .has(BOOKMARK, &joined(vec![one.clone(), account])),
        forwards(
            "bookmarks of both carts that are merged",
            request_to("POST", "/v1/cart/merge")
                .cart("customer-1001")
                .customer("1001")
                .keyed()
                .with("Forecourt-Bookmark", &format!("{one},{own}")),
            "/v1/cart/merge",
        )
        .by_cart("customer-1001")
        .by_customer("1001")
        .has("idempotency-key", crate::fixture::KEY)
        .has(BOOKMARK, &joined(vec![one.clone(), own])),
        forwards(
            "a command with its bookmark",
            request_to("POST", "/v1/cart/lines")
                .cart("cart-1")
                .keyed()
                .with("Forecourt-Bookmark", &one),
            "/v1/cart/lines",
        )
        .by_cart("cart-1")
        .has("idempotency-key", crate::fixture::KEY)
        .has(BOOKMARK, &one),
    ]
}

fn reversed(list: &str) -> String {
    let mut bookmarks: Vec<&str> = list.split(',').collect();
    bookmarks.reverse();
    bookmarks.join(",")
}

fn dropped() -> Vec<TestCase> {
    let cart = |value: &str| get("/v1/cart").cart("cart-1").with("Forecourt-Bookmark", value);
    let yours = PLAIN.cart_bookmark("cart-2", 1);
    let account = PLAIN.loyalty_bookmark("1001", 1);
    // A customer whose id is also a cart's.
    let namesake = PLAIN.cart_bookmark("1001", 1);
    let staff = format!("Bearer {STAFF_TOKEN}");
    vec![
        forwards("an empty bookmark", cart(""), "/v1/cart").by_cart("cart-1"),
        forwards("another cart's bookmark", cart(&yours), "/v1/cart").by_cart("cart-1"),
        forwards("mine among others", cart(&format!("{yours},{},{account}", mine(1))), "/v1/cart")
            .by_cart("cart-1")
            .has(BOOKMARK, &mine(1)),
        forwards(
            "a namesake's bookmark",
            get("/v1/loyalty").customer("1001").with("Forecourt-Bookmark", &namesake),
            "/v1/loyalty",
        )
        .by_customer("1001"),
        forwards(
            "a bookmark on a public route",
            get("/v1/configurator/bike").with("Forecourt-Bookmark", &mine(1)),
            "/v1/configurator/bike",
        ),
        forwards(
            "a broken bookmark on a public route",
            get("/v1/configurator/bike").with("Forecourt-Bookmark", "broken"),
            "/v1/configurator/bike",
        ),
        forwards(
            "a bookmark on an admin route",
            get("/v1/admin/configurators/bike")
                .with("Authorization", &staff)
                .with("Forecourt-Bookmark", &mine(1)),
            "/v1/admin/configurators/bike",
        )
        .by_staff(),
    ]
}

fn rejected() -> Vec<TestCase> {
    let broken = |name: &str, value: &str| {
        let request = get("/v1/cart").cart("cart-1").with("Forecourt-Bookmark", value);
        rejects(name, request, Code::BookmarkInvalid).at_field(FIELD)
    };
    let one = mine(1);
    let parts: Vec<&str> = one.split('.').collect();
    let renamed = format!("b1.k1.{}.{}.{}", "Y2FydC9jYXJ0LTI", parts[3], parts[4]);
    let five = joined((1..=5).map(mine).collect());
    let nine: Vec<String> = (1..=3)
        .flat_map(|cart| (1..=3).map(move |floor| (cart, floor)))
        .map(|(cart, floor)| PLAIN.cart_bookmark(&format!("cart-{cart}"), floor))
        .collect();
    let wide = |cart: &str| PLAIN.bookmark(&Resource::Cart(cart.to_owned()), 1, 60);
    let heavy = joined(vec![wide("cart-1"), wide("cart-2"), wide("cart-3")]);
    vec![
        broken("a word for a bookmark", "broken"),
        broken("a bookmark cut short", &one[..one.len() - 1]),
        broken("a bookmark with another MAC", &format!("{one}A")),
        broken("a bookmark renamed to another cart", &renamed),
        broken("a bookmark of another version", &one.replace("b1.", "b2.")),
        broken("a bookmark of an unknown key", &one.replace(".k1.", ".k9.")),
        broken("a cart token for a bookmark", &PLAIN.cart_token("cart-1")),
        broken("a broken bookmark behind a good one", &format!("{one},broken")),
        broken("another cart's broken bookmark", "b1.k1.Y2FydC9jYXJ0LTI.AA.AAAAAAAAAAAAAAAAAAAAAA"),
        broken("five bookmarks of one cart", &five),
        broken("five times one bookmark", &vec![one.clone(); 5].join(",")),
        broken("nine bookmarks", &nine.join(",")),
        broken("bookmarks of more than 6 KB", &heavy),
        broken("bookmarks joined as behind the proxy", &format!("{one}~{}", mine(2))),
        rejects(
            "an old bookmark when its key is gone",
            get("/v1/cart")
                .with("Forecourt-Cart", &ROTATED.cart_token("cart-1"))
                .with("Forecourt-Bookmark", &one),
            Code::BookmarkInvalid,
        )
        .at_field(FIELD)
        .under(&ROTATED),
    ]
}
