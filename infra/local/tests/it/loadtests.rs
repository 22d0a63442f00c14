//! Load tests break their promises when the shop does: each promise of `loadtests/` about consistency and caches with
//! a fault that it must find, by real k6. Ignored where k6 is not installed; `.ci/run` runs them with `FORECOURT_K6`.

use infra_local::wiring::{CART_QUEUE, LOYALTY_QUEUE};
use serde_json::Value;

use crate::doctor::faulty_proxy::{Fault, Origin, ProxyRequest, ProxyResponse};
use crate::loadtests_run::{RATE, broken, has, run};
use crate::shop::Shop;

/// The reads of a cart in one visit with its bookmarks.
const READS: usize = 3;

fn is_read_of_cart(request: &ProxyRequest) -> Option<String> {
    let cart = request.headers.get("forecourt-cart")?.to_str().unwrap().to_owned();
    (request.method == "GET" && request.path() == "/v1/cart").then_some(cart)
}

/// Changes the body of an answer.
fn changed(mut answer: ProxyResponse, change: impl FnOnce(&mut Value)) -> ProxyResponse {
    let mut body: Value = serde_json::from_str(&answer.body).unwrap();
    change(&mut body);
    answer.body = body.to_string();
    answer
}

/// Keeps no line: of every answer about a cart the lines are missing.
fn without_lines(origin: &Origin, request: ProxyRequest) -> ProxyResponse {
    let is_about_lines = ["/v1/cart", "/v1/cart/lines"].contains(&request.path());
    let answer = origin.forward(request);
    if is_about_lines {
        changed(answer, |cart| cart["lines"] = Value::Array(vec![]))
    } else {
        answer
    }
}

/// Answers as an edge whose cache holds nothing and collapses nothing.
fn without_cache(origin: &Origin, request: ProxyRequest) -> ProxyResponse {
    origin.forward(request).set("x-cache", "Miss from cloudfront")
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_shop_without_faults_meets_every_promise_of_consistency() {
    let outcome = run("smoke", &Shop::open(), None, &[]);
    let printed = outcome.printed();
    assert_eq!(outcome.broken_but_speed(), [""; 0], "{printed}");
    assert!(printed.contains("promises met"), "{printed}");
    assert!(outcome.count("http_reqs") > 100, "{printed}");
    for oracle in ["wrong_answer", "stale_after_write", "lost_write", "cross_user", "wrong_ledger"]
    {
        assert_eq!(outcome.count(oracle), 0, "{oracle}: {printed}");
        assert!(outcome.count(&format!("looked{{oracle:{oracle}}}")) > 0, "{oracle}: {printed}");
    }
    for route in ["checkout", "webhook"] {
        let promised = format!("latency{{route:{route},cache:miss}}");
        assert!(outcome.count(&promised) > 0, "{printed}");
        assert!(outcome.figures["metrics"][promised]["thresholds"].is_object(), "{printed}");
    }
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn profiles_of_the_caches_meet_their_promises_without_faults() {
    let shop = Shop::open();
    for profile in ["hits", "stampede", "cold", "writes"] {
        let outcome = run(profile, &shop, None, &[RATE]);
        assert_eq!(outcome.broken_but_speed(), [""; 0], "{}", outcome.printed());
        assert!(outcome.count("http_reqs") > 100, "{}", outcome.printed());
    }
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_server_that_keeps_no_line_is_stale() {
    let shop = Shop::open();
    for profile in ["writes", "smoke"] {
        let broken = broken(profile, &shop, Some(without_lines));
        assert!(has(&broken, "stale_after_write"), "{profile}: {broken:?}");
        assert!(!has(&broken, "errors"), "{profile}: {broken:?}");
    }
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn an_empty_page_of_a_product_and_one_of_another_product_are_wrong_answers() {
    let shop = Shop::open();
    let empty: Fault = |origin, request| {
        let is_product = request.path().starts_with("/v1/configurator/");
        let answer = origin.forward(request);
        if is_product { ProxyResponse { body: String::new(), ..answer } } else { answer }
    };
    let other: Fault = |origin, request| {
        let is_product = request.path().starts_with("/v1/configurator/");
        let answer = origin.forward(request);
        if is_product { changed(answer, |body| body["product"] = "another".into()) } else { answer }
    };
    for (profile, fault) in [("hits", empty), ("smoke", other)] {
        let broken = broken(profile, &shop, Some(fault));
        assert!(has(&broken, "wrong_answer"), "{profile}: {broken:?}");
        assert!(!has(&broken, "errors"), "{profile}: {broken:?}");
    }
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_hand_over_with_other_quantities_is_a_lost_write() {
    let broken = broken(
        "smoke",
        &Shop::open(),
        Some(|origin, request| {
            let is_hand_over = request.path() == "/v1/cart/checkout";
            let answer = origin.forward(request);
            if is_hand_over {
                changed(answer, |body| body["cart_add"]["items"][0]["quantity"] = 7.into())
            } else {
                answer
            }
        }),
    );
    assert!(has(&broken, "lost_write"), "{broken:?}");
    assert!(!has(&broken, "errors"), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_redirect_is_an_error() {
    let broken = broken(
        "cold",
        &Shop::open(),
        Some(|origin, request| {
            let place = request.path().to_owned();
            let answer = origin.forward(request);
            if place.ends_with("/resolution") {
                ProxyResponse { status: 302, ..answer }.set("location", &format!("{place}?again"))
            } else {
                answer
            }
        }),
    );
    assert!(has(&broken, "errors"), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn an_answer_without_the_member_that_is_compared_is_an_error() {
    let broken = broken(
        "writes",
        &Shop::open(),
        Some(|origin, request| {
            let is_add = request.method == "POST" && request.path() == "/v1/cart/lines";
            let answer = origin.forward(request);
            if is_add { changed(answer, |cart| cart["lines"] = Value::Null) } else { answer }
        }),
    );
    assert!(has(&broken, "errors"), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_cart_cached_without_its_bookmark_is_stale() {
    let broken = broken(
        "smoke",
        &Shop::open(),
        Some(|origin, request| match is_read_of_cart(&request) {
            None => origin.forward(request),
            Some(cart) => {
                let answer = origin.forward(request);
                origin.memory.lock().unwrap().entry(cart).or_insert(answer).clone()
            }
        }),
    );
    assert!(has(&broken, "stale_after_write"), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_line_that_vanishes_later_is_a_lost_write() {
    let broken = broken(
        "smoke",
        &Shop::open(),
        Some(|origin, request| match is_read_of_cart(&request) {
            None => origin.forward(request),
            Some(cart) => {
                let answer = origin.forward(request);
                let mut memory = origin.memory.lock().unwrap();
                let reads = memory.keys().filter(|key| key.starts_with(&cart)).count() + 1;
                memory.insert(format!("{cart}/{reads}"), answer.clone());
                if reads == READS {
                    changed(answer, |cart| drop(cart["lines"].as_array_mut().unwrap().pop()))
                } else {
                    answer
                }
            }
        }),
    );
    assert!(has(&broken, "lost_write"), "{broken:?}");
    assert!(!has(&broken, "stale_after_write"), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn carts_whose_commands_no_consumer_applies_are_lost_writes() {
    let shop = Shop::open();
    shop.pause(CART_QUEUE);
    let broken = broken("smoke", &shop, None);
    shop.resume(CART_QUEUE);
    assert!(has(&broken, "lost_write"), "{broken:?}");
    assert!(!has(&broken, "stale_after_write"), "{broken:?}");
    assert!(!has(&broken, "wrong_ledger"), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn orders_that_no_consumer_counts_are_missing_in_the_ledger() {
    let shop = Shop::open();
    shop.pause(LOYALTY_QUEUE);
    let broken = broken("smoke", &shop, None);
    shop.resume(LOYALTY_QUEUE);
    assert!(has(&broken, "wrong_ledger"), "{broken:?}");
    assert!(!has(&broken, "lost_write"), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn an_answer_cached_without_its_identity_is_another_customers() {
    let broken = broken(
        "smoke",
        &Shop::open(),
        Some(|origin, request| {
            if request.path() != "/v1/loyalty" || request.has("forecourt-bookmark") {
                return origin.forward(request);
            }
            let answer = origin.forward(request);
            origin.memory.lock().unwrap().entry("points".to_owned()).or_insert(answer).clone()
        }),
    );
    assert!(has(&broken, "cross_user"), "{broken:?}");
}

/// Acknowledges deliveries whose id `is_lost` picks, and drops them.
fn losing(origin: &Origin, request: ProxyRequest, is_lost: fn(&str) -> bool) -> ProxyResponse {
    let id = request.headers.get("x-shopify-webhook-id").map(|id| id.to_str().unwrap().to_owned());
    match id.is_some_and(|id| is_lost(&id)) {
        true => origin.forward(request.at("/health")).status(200),
        false => origin.forward(request),
    }
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn an_order_acknowledged_and_lost_is_missing_in_the_ledger() {
    let faults: [(&str, Fault); 2] = [
        ("webhooks", |origin, request| {
            losing(origin, request, |id| id.ends_with('5') && !id.contains("course"))
        }),
        ("smoke", |origin, request| losing(origin, request, |id| id.starts_with("visit"))),
    ];
    for (profile, fault) in faults {
        let broken = broken(profile, &Shop::open(), Some(fault));
        assert!(has(&broken, "wrong_ledger"), "{profile}: {broken:?}");
    }
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_stampede_that_is_not_collapsed_reaches_the_origin_too_often() {
    let broken = broken("stampede", &Shop::open(), Some(without_cache));
    assert!(has(&broken, "edge_misses{route:resolution}"), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_cache_that_never_hits_breaks_the_promised_share() {
    let shop = Shop::open();
    for (profile, promise) in
        [("hits", "edge_hits{route:product}"), ("smoke", "edge_hits{route:product,stage:held}")]
    {
        let broken = broken(profile, &shop, Some(without_cache));
        assert!(has(&broken, promise), "{profile}: {broken:?}");
    }
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn cold_reads_that_a_cache_answers_do_not_measure_the_origin() {
    let broken = broken(
        "cold",
        &Shop::open(),
        Some(|origin, request| origin.forward(request).set("x-cache", "Hit from cloudfront")),
    );
    assert!(has(&broken, "edge_hits{route:resolution}"), "{broken:?}");
}
