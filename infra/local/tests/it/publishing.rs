//! The merchant's side: publish, get every mistake, roll back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain_core::time::{MINUTE_MS, Time};
use edge_wire::identity::Kind;
use edge_wire::routes::{Caller, ROUTES};
use infra_local::demo;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::client::{add, new_cart, session};
use crate::shop::{Reply, Shop};

/// A small product whose rules a test may change.
pub(crate) fn lamp() -> Value {
    json!({
        "product": "lamp", "title": "Lamp", "currency": "EUR", "base_price": 4_000,
        "options": [
            {"id": "shade", "values": [
                {"id": "paper", "price": 0}, {"id": "glass", "price": 2_000}]},
            {"id": "cord", "values": [
                {"id": "black", "price": 0}, {"id": "red", "price": 500},
                {"id": "steel", "price": 3_000}]},
            {"id": "plug", "values": [{"id": "eu"}, {"id": "uk"}]},
        ],
        "variants": [
            {"selection": {"shade": "paper"}, "sku": "L-P", "variant_id": "77"},
            {"selection": {"shade": "glass"}, "sku": "L-G", "variant_id": "78"}],
    })
}

pub(crate) fn publish(shop: &Shop, document: &Value) -> Reply {
    let product = document["product"].as_str().unwrap();
    shop.request("PUT", &format!("/v1/admin/configurators/{product}"))
        .bearer(demo::STAFF_TOKEN)
        .json(document)
        .send()
}

pub(crate) fn activate(shop: &Shop, product: &str, version: u64, token: &str) -> Reply {
    let path = format!("/v1/admin/configurators/{product}/versions/{version}/activate");
    shop.request("POST", &path).bearer(token).send()
}

fn versions(shop: &Shop, product: &str) -> Reply {
    let path = format!("/v1/admin/configurators/{product}/versions");
    shop.get(&path).bearer(demo::STAFF_TOKEN).send()
}

#[test]
fn a_merchant_goes_back_to_a_version_and_on_from_there() {
    let shop = Shop::open();
    for title in ["One", "Two"] {
        let mut lamp = lamp();
        lamp["title"] = json!(title);
        let published = publish(&shop, &lamp);
        assert_eq!(published.status, 200, "{}", published.text);
    }
    let back = activate(&shop, "lamp", 1, demo::STAFF_TOKEN);
    assert_eq!((back.status, back.header("etag")), (200, "\"1\""), "{}", back.text);
    let listed = versions(&shop, "lamp");
    assert_eq!(listed.header("etag"), "\"1\"");
    let listed = listed.json();
    let field = |at: usize, name: &str| listed["versions"][at][name].clone();
    assert_eq!((&listed["active"], field(0, "version")), (&json!("1"), json!("2")));
    assert_eq!((field(0, "active"), field(1, "active")), (json!(false), json!(true)));
    assert!(field(1, "published_at").as_str().unwrap().ends_with('Z'));
    assert_eq!(shop.get("/v1/configurator/lamp").send().json()["title"], "One");
    let current = shop.get("/v1/admin/configurators/lamp").bearer(demo::STAFF_TOKEN).send();
    assert_eq!((current.header("etag"), current.json()["title"].clone()), ("\"1\"", json!("One")));
    assert_eq!(publish(&shop, &lamp()).json()["version"], "3");
}

#[test]
fn a_withdrawn_product_is_gone_for_shoppers_and_can_be_published_again() {
    let shop = Shop::open();
    publish(&shop, &lamp());
    let path = "/v1/admin/configurators/lamp";
    let delete = |etag: &str| {
        shop.request("DELETE", path).bearer(demo::STAFF_TOKEN).header("if-match", etag).send()
    };
    let stale = delete("\"7\"").expect_problem(412, "version-mismatch");
    assert_eq!(stale, ["header:if-match"]);
    for _ in 0..2 {
        let gone = delete("\"1\"");
        assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    }
    shop.get("/v1/configurator/lamp").send().expect_problem(404, "product-unknown");
    let current = shop.get(path).bearer(demo::STAFF_TOKEN).send();
    current.expect_problem(404, "product-unknown");
    let listed = versions(&shop, "lamp");
    let listed = (listed.header("etag"), listed.json());
    assert_eq!((listed.0, &listed.1["withdrawn"]), ("\"0\"", &json!(true)));
    assert_eq!(listed.1["versions"][0]["active"], false);
    assert_eq!(publish(&shop, &lamp()).json()["version"], "2");
    let unknown = shop.request("DELETE", "/v1/admin/configurators/skis").bearer(demo::STAFF_TOKEN);
    unknown.send().expect_problem(404, "product-unknown");
}

#[test]
fn a_roll_back_needs_the_current_version_and_an_existing_target() {
    let shop = Shop::open();
    publish(&shop, &lamp());
    let mut second = lamp();
    second["title"] = json!("Second lamp");
    publish(&shop, &second);
    let path = "/v1/admin/configurators/lamp/versions/1/activate";
    let post = |etag: &str| {
        shop.request("POST", path).bearer(demo::STAFF_TOKEN).header("if-match", etag).send()
    };
    let stale = post("\"1\"").expect_problem(412, "version-mismatch");
    assert_eq!(stale, ["header:if-match"]);
    post("two").expect_problem(400, "malformed");
    assert_eq!(post("\"2\"").status, 200);
    activate(&shop, "lamp", 3, demo::STAFF_TOKEN).expect_problem(404, "version-unknown");
    activate(&shop, "skis", 1, demo::STAFF_TOKEN).expect_problem(404, "version-unknown");
    versions(&shop, "skis").expect_problem(404, "product-unknown");
}

#[test]
fn every_mistake_is_listed_and_the_active_version_stays() {
    let shop = Shop::open();
    let mut invalid = lamp();
    publish(&shop, &invalid);
    invalid["options"][1]["id"] = json!("2nd");
    invalid["rules"] = json!([
        {"id": "r", "assert": {"shade": ["tin"]}},
        {"id": "r", "assert": {"shade": ["paper"]}}]);
    let fields = publish(&shop, &invalid).expect_problem(422, "configurator-invalid");
    assert_eq!(fields, ["/options/1/id", "/rules/0/assert/shade/0", "/rules/1/id"]);
    let mut foreign = lamp();
    foreign["currency"] = json!("USD");
    foreign["options"][0]["id"] = json!("utm_shade");
    foreign["options"][1]["id"] = json!("gclid");
    foreign["variants"] = json!([]);
    let fields = publish(&shop, &foreign).expect_problem(422, "configurator-invalid");
    assert_eq!(fields, ["/currency", "/options/0/id", "/options/1/id"]);
    let mut impossible = lamp();
    impossible["rules"] = json!([
        {"id": "no-paper", "assert": {"not": {"shade": ["paper"]}}},
        {"id": "free", "assert": {"plug": ["eu", "uk"]}},
        {"id": "no-glass", "assert": {"not": {"shade": ["glass"]}}}]);
    let fields = publish(&shop, &impossible).expect_problem(422, "configurator-invalid");
    assert_eq!(fields, ["/rules/0", "/rules/2"]);
    assert_eq!(versions(&shop, "lamp").json()["active"], "1");
}

/// The field and message of one error.
type FieldError = (String, String);

/// Invalid parts of a lamp, each with the expected errors.
fn invalid_parts() -> Vec<(&'static str, Value, Vec<FieldError>)> {
    let error = |field: &str, message: &str| (field.to_owned(), message.to_owned());
    let option = |at: usize| json!({"id": format!("o{at}"), "values": [{"id": "x"}]});
    let many: Vec<Value> = (0..401).map(option).collect();
    let of_advertisers = |id: &'static str| {
        let message = format!(
            "{id:?} is what links carry for advertisers, so the edge drops it from every query; \
             take another id"
        );
        ("/options/0/id", json!(id), vec![error("/options/0/id", &message)])
    };
    let unsatisfiable = "no configuration satisfies all of these rules: no-paper, no-glass";
    let none_left = json!([
        {"id": "no-paper", "assert": {"not": {"shade": ["paper"]}}},
        {"id": "free", "assert": {"plug": ["eu", "uk"]}},
        {"id": "no-glass", "assert": {"not": {"shade": ["glass"]}}}]);
    let unknown =
        json!([{"id": "r", "requires": {"if": {"shade": ["tin"]}, "then": {"bulb": ["e27"]}}}]);
    let overlapping = json!([
        {"selection": {"shade": "paper"}, "sku": "P", "variant_id": "77"},
        {"selection": {"cord": "red"}, "sku": "R", "variant_id": "78"}]);
    let overlap = error("/variants/1/selection", "overlaps variant 0: a configuration is both");
    let unknown_value =
        error("/rules/0/requires/if/shade/0", "option \"shade\" has no value \"tin\"");
    let unknown_option = error("/rules/0/requires/then/bulb", "there is no option \"bulb\"");
    let path = error("/product", "is `torch`, the path says `lamp`");
    let twice = error("/options/2/id", "option 1 has this id already");
    let limit = error("/options", "401 items; at most 400 are possible");
    vec![
        ("/currency", json!("USD"), vec![error("/currency", "the shop's currency is EUR")]),
        ("/product", json!("torch"), vec![path]),
        of_advertisers("gclid"),
        of_advertisers("fbclid"),
        of_advertisers("utm_x"),
        ("/options/1/id", json!("plug"), vec![twice]),
        ("/options", json!(many), vec![limit]),
        ("/rules", unknown, vec![unknown_value, unknown_option]),
        (
            "/rules",
            none_left,
            vec![error("/rules/0", unsatisfiable), error("/rules/2", unsatisfiable)],
        ),
        ("/variants", overlapping, vec![overlap]),
    ]
}

#[test]
fn each_mistake_has_its_field_and_message() {
    let shop = Shop::open();
    assert_eq!(publish(&shop, &lamp()).status, 200);
    for (place, value, expected) in invalid_parts() {
        let mut invalid = lamp();
        invalid["rules"] = json!([]);
        if place.starts_with("/options") {
            invalid["variants"] = json!([]);
        }
        *invalid.pointer_mut(place).unwrap() = value;
        let lamp = shop.request("PUT", "/v1/admin/configurators/lamp").bearer(demo::STAFF_TOKEN);
        let rejected = lamp.json(&invalid).send();
        rejected.expect_problem(422, "configurator-invalid");
        let errors = rejected.json()["errors"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let actual: Vec<FieldError> =
            errors.iter().map(|error| (text(&error["field"]), text(&error["message"]))).collect();
        assert_eq!(actual, expected, "{place}");
    }
    assert_eq!(versions(&shop, "lamp").json()["active"], "1");
}

#[test]
fn suspicious_rules_are_published_with_warnings() {
    let shop = Shop::open();
    let mut odd = lamp();
    odd["rules"] = json!([
        {"id": "paper-only", "assert": {"shade": ["paper"]}},
        {"id": "glass-in-red", "requires": {"if": {"shade": ["glass"]}, "then": {"cord": ["red"]}}}]);
    odd["price_rules"] = json!([
        {"if": {"shade": ["glass"], "cord": ["red"]}, "add": -100},
        {"if": {"shade": ["paper"], "cord": ["red"]}, "add": -5_000}]);
    let published = publish(&shop, &odd).json();
    assert_eq!(published["version"], "1");
    let warnings: Vec<_> = published["warnings"].as_array().unwrap().iter().collect();
    let actual: Vec<_> = warnings.iter().map(|one| (&one["kind"], &one["field"])).collect();
    let expected = [
        (json!("unusable_value"), json!("/options/0/values/1")),
        (json!("unreachable_variant"), json!("/variants/1")),
        (json!("negative_price"), json!("/base_price")),
        (json!("rule_without_effect"), json!("/rules/1")),
        (json!("price_rule_without_effect"), json!("/price_rules/0")),
    ];
    assert_eq!(actual, expected.iter().map(|(kind, field)| (kind, field)).collect::<Vec<_>>());
}

#[test]
fn variants_belong_to_one_product_even_after_a_roll_back() {
    let shop = Shop::open();
    publish(&shop, &lamp());
    let mut without = lamp();
    without["variants"] = json!([]);
    publish(&shop, &without);
    let mut torch = lamp();
    torch["product"] = json!("torch");
    assert_eq!(publish(&shop, &torch).status, 200);
    let rejected = activate(&shop, "lamp", 1, demo::STAFF_TOKEN);
    let fields = rejected.expect_problem(422, "configurator-invalid");
    assert_eq!(fields, ["/variants", "/variants"]);
    assert_eq!(versions(&shop, "lamp").json()["active"], "2");
}

#[test]
fn only_staff_may_publish_list_or_roll_back() {
    let shop = Shop::open();
    let customer = session(&shop, "1001");
    let staff = ROUTES.iter().filter(|route| route.callers == [Caller::Must(Kind::Staff)]);
    let mut tried = 0;
    for route in staff {
        let path = route.path.replace("{product}", "bike").replace("{version}", "1");
        let path = path.replace("{id}", "1001");
        let path = path.replace("{customer}", "1001").replace("{person}", "1001");
        let request = || shop.request(route.method, &path);
        request().send().expect_problem(401, "token-missing");
        request()
            .bearer(&demo::STAFF_TOKEN.replace('0', "1"))
            .send()
            .expect_problem(401, "token-invalid");
        request().bearer(&customer).send().expect_problem(403, "not-staff");
        tried += 1;
    }
    assert!(tried >= 4, "only {tried} routes were tried");
    assert_eq!(versions(&shop, "bike").json()["active"], "1");
}

#[test]
fn a_retry_is_answered_as_before_although_the_item_is_no_longer_sold() {
    let time = Arc::new(AtomicU64::new(Clock::system().now().0));
    let read = Arc::clone(&time);
    let clock = Clock::new(move || Time(read.load(Ordering::Relaxed)));
    let shop = Shop::open_at(tempfile::tempdir().unwrap(), clock);
    let mut lamp = lamp();
    lamp["options"].as_array_mut().unwrap().truncate(1);
    assert_eq!(publish(&shop, &lamp).status, 200);
    let (token, bookmark) = new_cart(&shop);
    let glass = json!({"variant_id": "78", "quantity": 1});
    let first = add(&shop, &token, &bookmark, "glass", &glass);
    assert_eq!(first.status, 202, "{}", first.text);
    lamp["variants"].as_array_mut().unwrap().pop();
    assert_eq!(publish(&shop, &lamp).status, 200);
    // No instance answers with the earlier version any more.
    time.fetch_add(MINUTE_MS, Ordering::Relaxed);
    let retry = add(&shop, &token, &bookmark, "glass", &glass);
    assert_eq!((retry.status, &retry.json()["lines"]), (202, &first.json()["lines"]));
    add(&shop, &token, &bookmark, "again", &glass).expect_problem(422, "variant-unknown");
}
