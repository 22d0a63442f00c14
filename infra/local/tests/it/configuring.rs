//! Explanations, completions and saved selections.

use infra_local::demo;
use infra_local::wiring::PUBLISHED_QUEUE;
use serde_json::{Value, json};

use crate::publishing::{activate, lamp, publish};
use crate::shop::{Reply, Shop};

const BIKE: &str = "/v1/configurator/bike";

fn ok(shop: &Shop, path: &str) -> Value {
    let reply = shop.get(path).send();
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn save(shop: &Shop, product: &str, selection: &Value) -> Reply {
    let path = format!("/v1/configurator/{product}/selections");
    shop.request("POST", &path).json(&json!({"selection": selection})).send()
}

#[test]
fn an_explanation_names_the_rules_against_a_value_and_a_repair() {
    let shop = Shop::open();
    let why = ok(&shop, &format!("{BIKE}/explanation?frame=carbon&fork=carbon&_why=motor:mid"));
    let rule = json!({"id": "light-frames-take-no-mid-motor",
        "message": "The mid motor needs a steel or aluminium frame."});
    assert_eq!(
        why,
        json!({"product": "bike", "version": "1", "option": "motor", "value": "mid",
            "possible": false, "choices": {"frame": "carbon"}, "rules": [rule],
            "repair": {"changes": {"frame": "steel"}, "price": 319_900}})
    );
    let possible = ok(&shop, &format!("{BIKE}/explanation?frame=steel&_why=motor:mid"));
    assert_eq!((&possible["possible"], &possible["rules"]), (&json!(true), &json!([])));
}

/// Counted by eliminating one option after the other, in another language.
#[test]
fn ninety_five_trillion_guitars_are_counted_exactly() {
    let shop = Shop::open();
    let guitar = ok(&shop, "/v1/configurator/guitar/resolution");
    assert_eq!(guitar["configurations"], "95287995202176");
    let why = ok(&shop, "/v1/configurator/guitar/explanation?nut=locking&_why=tuners:headless");
    assert_eq!(why["choices"], json!({"nut": "locking"}));
    assert_eq!(why["repair"]["changes"], json!({"nut": "graphite"}));
}

#[test]
fn in_stock_limits_a_resolution_to_variants_in_stock() {
    let shop = Shop::open();
    let stocked = |product: &str, paper: bool, glass: bool| {
        let mut lamp = lamp();
        lamp["product"] = json!(product);
        for (at, available) in [paper, glass].into_iter().enumerate() {
            lamp["variants"][at]["available"] = json!(available);
            lamp["variants"][at]["variant_id"] = json!(format!("{product}-{at}"));
        }
        assert_eq!(publish(&shop, &lamp).status, 200);
        let path = format!("/v1/configurator/{product}/resolution");
        (ok(&shop, &format!("{path}?_in_stock=true")), ok(&shop, &path))
    };
    let states = |answer: &Value| {
        let values = answer["options"][0]["values"].as_array().unwrap().clone();
        values.iter().map(|value| value["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (some, all) = stocked("some", true, false);
    assert_eq!((&some["configurations"], &all["configurations"]), (&json!("6"), &json!("12")));
    assert_eq!(
        (states(&some), &states(&all)[..]),
        (
            vec!["available".to_owned(), "impossible".to_owned()],
            &["available", "available"].map(str::to_owned)[..]
        )
    );
    assert_eq!(some["price"], json!({"min": 4_000, "max": 7_000}));
    let (every, all) = stocked("every", true, true);
    assert_eq!(every, all);
    let (none, _) = stocked("none", false, false);
    assert_eq!((&none["configurations"], &none["consistent"]), (&json!("0"), &json!(false)));
    assert_eq!(states(&none), ["impossible", "impossible"]);
    let path = "/v1/configurator/none/resolution";
    let filtered = ok(&shop, &format!("{path}?_in_stock&_only=shade&cord=red&shade=glass"));
    assert_eq!(states(&filtered), ["impossible", "selected"]);
    assert_eq!(filtered["options"].as_array().unwrap().len(), 1);
    let perhaps = shop.get(&format!("{path}?_in_stock=perhaps")).send();
    assert_eq!(perhaps.expect_problem(400, "parameter-invalid"), ["query:_in_stock"]);
}

#[test]
fn in_stock_applies_to_explanations_and_completions() {
    let shop = Shop::open();
    let lamps = |product: &str, in_stock: [bool; 2]| {
        let mut lamp = lamp();
        lamp["product"] = json!(product);
        let variant = |(at, available): (usize, bool)| {
            let shade = if at == 0 { "paper" } else { "glass" };
            json!({"selection": {"shade": shade, "cord": "black"}, "sku": shade,
                "variant_id": format!("{product}-{at}"), "available": available})
        };
        lamp["variants"] = in_stock.into_iter().enumerate().map(variant).collect();
        let published = publish(&shop, &lamp);
        assert_eq!(published.status, 200, "{}", published.text);
        format!("/v1/configurator/{product}")
    };
    let not_in_stock = json!([{"id": "shop:in-stock", "message": "This is not in stock."}]);
    let some = lamps("some", [false, true]);
    let why = |query: &str| ok(&shop, &format!("{some}/explanation?{query}"));
    let never = why("cord=black&_why=shade:paper&_in_stock");
    assert_eq!((&never["possible"], &never["rules"]), (&json!(false), &not_in_stock));
    assert_eq!((&never["choices"], &never["repair"]), (&json!({}), &json!(null)));
    assert_eq!(why("cord=red&_why=shade:paper")["possible"], true, "it can be ordered");
    let red = why("shade=glass&_why=cord:black&_in_stock=true");
    assert_eq!((&red["possible"], &red["rules"]), (&json!(true), &json!([])));

    let completed = |query: &str| ok(&shop, &format!("{some}/completion?{query}"));
    assert_eq!(completed("_by=price")["selection"]["shade"], "paper");
    let stocked = completed("_by=price&_in_stock=true&shade=paper");
    assert_eq!(stocked["selection"], json!({"shade": "glass", "cord": "black", "plug": "eu"}));
    assert_eq!(
        (&stocked["changes"], &stocked["price"]),
        (&json!({"shade": "glass"}), &json!(6_000))
    );
    assert_eq!(stocked["variant"], json!({"sku": "glass", "variant_id": "some-1"}));

    let none = lamps("none", [false, false]);
    let why = ok(&shop, &format!("{none}/explanation?shade=glass&_why=cord:black&_in_stock"));
    assert_eq!((&why["rules"], &why["repair"]), (&not_in_stock, &json!(null)));
    let nothing = shop.get(&format!("{none}/completion?_in_stock=true")).send();
    let fields = nothing.expect_problem(422, "selection-impossible");
    assert_eq!(fields, ["query:_in_stock"]);
    let unknown = shop.get(&format!("{none}/completion?_in_stock=true&shade=tin")).send();
    assert_eq!(unknown.expect_problem(422, "choice-unknown"), ["query:shade"]);
}

#[test]
fn invalid_parameters_are_reported_by_field() {
    let shop = Shop::open();
    let explanation = |query: &str| shop.get(&format!("{BIKE}/explanation?{query}")).send();
    let why = ["query:_why"];
    assert_eq!(explanation("frame=steel").expect_problem(400, "parameter-invalid"), why);
    assert_eq!(explanation("_why=motor").expect_problem(400, "parameter-invalid"), why);
    assert_eq!(
        explanation("_why=motor:jet").expect_problem(422, "choice-unknown"),
        ["query:motor"]
    );
    let unknown = explanation("frame=gold&_why=engine:v8").expect_problem(422, "choice-unknown");
    assert_eq!(unknown, ["query:frame", "query:engine"]);
    let by = shop.get(&format!("{BIKE}/completion?_by=weight")).send();
    assert_eq!(by.expect_problem(400, "parameter-invalid"), ["query:_by"]);
}

#[test]
fn a_selection_is_completed_by_price_or_by_defaults_with_the_fewest_changes() {
    let shop = Shop::open();
    let cheapest = ok(&shop, &format!("{BIKE}/completion?frame=carbon&_by=price"));
    assert_eq!((&cheapest["price"], &cheapest["changes"]), (&json!(232_900), &json!({})));
    assert_eq!(cheapest["selection"].as_object().unwrap().len(), 14);
    let nearest = ok(&shop, &format!("{BIKE}/completion?size=xl&_by=defaults"));
    assert_eq!(nearest["price"], 133_900);
    assert_eq!(nearest["variant"]["sku"], "B-ST-XL-N");
    let repaired = ok(&shop, &format!("{BIKE}/completion?fork=coil&frame=carbon"));
    assert_eq!(repaired["changes"], json!({"frame": "steel"}));
    assert_eq!(repaired["price"], 149_400);
    let again = shop.get(&format!("{BIKE}/completion?frame=carbon&fork=coil")).send();
    assert_eq!(again.header("x-cache"), "Hit from cloudfront", "one object in any order");
}

#[test]
fn a_selection_saved_twice_has_one_id_and_reads_back_unchanged() {
    let shop = Shop::open();
    let chosen = json!({"frame": "carbon", "fork": "carbon"});
    let first = save(&shop, "bike", &chosen);
    assert_eq!(first.status, 201, "{}", first.text);
    let id = first.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(first.header("location"), format!("/v1/selections/{id}"));
    assert_eq!(save(&shop, "bike", &chosen).json(), first.json());
    let other = save(&shop, "bike", &json!({"frame": "carbon"})).json();
    assert_ne!(other["id"], id);
    let read = shop.get(&format!("/v1/selections/{id}")).send();
    assert_eq!(
        read.json(),
        json!({"id": id, "product": "bike", "version": "1", "saved": chosen, "selection": chosen,
            "dropped": {}, "consistent": true, "complete": false,
            "price": {"min": 232_900, "max": read.json()["price"]["max"]}, "repair": null})
    );
    let again = shop.get(&format!("/v1/selections/{id}")).send();
    assert_eq!(again.header("x-cache"), "Hit from cloudfront");
}

#[test]
fn invalid_and_unknown_saved_selections_are_rejected() {
    let shop = Shop::open();
    let unknown = save(&shop, "bike", &json!({"frame": "gold", "engine": "v8"}));
    let fields = unknown.expect_problem(422, "choice-unknown");
    assert_eq!(fields, ["/selection/engine", "/selection/frame"]);
    save(&shop, "skis", &json!({})).expect_problem(404, "product-unknown");
    let path = format!("{BIKE}/selections");
    let malformed = shop.request("POST", &path).json(&json!({"selection": {"frame": 1}})).send();
    malformed.expect_problem(400, "malformed");
    let plain = shop.request("POST", &path).header("content-type", "text/plain").body("{}").send();
    plain.expect_problem(415, "content-type-unsupported");
    shop.get("/v1/selections/0123456789abcdef").send().expect_problem(404, "selection-unknown");
}

#[test]
fn a_saved_selection_survives_a_change_of_rules_and_a_roll_back_makes_it_whole() {
    let shop = Shop::open();
    assert_eq!(publish(&shop, &lamp()).json()["version"], "1");
    let chosen = json!({"shade": "glass", "cord": "red", "plug": "uk"});
    let saved = save(&shop, "lamp", &chosen).json();
    let path = format!("/v1/selections/{}", saved["id"].as_str().unwrap());

    let mut stricter = lamp();
    stricter["options"][2]["values"].as_array_mut().unwrap().pop();
    stricter["rules"] = json!([{"id": "glass-is-heavy",
        "requires": {"if": {"shade": ["glass"]}, "then": {"cord": ["steel"]}}}]);
    assert_eq!(publish(&shop, &stricter).json()["version"], "2");
    let read = ok(&shop, &path);
    assert_eq!((&read["version"], &read["saved"]), (&json!("2"), &chosen));
    assert_eq!(read["selection"], json!({"shade": "glass", "cord": "red"}));
    assert_eq!(read["dropped"], json!({"plug": "uk"}));
    assert_eq!((&read["consistent"], &read["price"]), (&json!(false), &Value::Null));
    assert_eq!(read["repair"]["changes"], json!({"shade": "paper"}));
    assert_eq!(read["repair"]["price"], 4_500);

    let back = activate(&shop, "lamp", 1, demo::STAFF_TOKEN);
    assert_eq!(back.json(), json!({"product": "lamp", "version": "1"}));
    shop.drained(PUBLISHED_QUEUE);
    let read = ok(&shop, &path);
    assert_eq!((&read["version"], &read["consistent"]), (&json!("1"), &json!(true)));
    assert_eq!((&read["selection"], &read["repair"]), (&chosen, &Value::Null));
    assert_eq!(read["price"], json!({"min": 6_500, "max": 6_500}));
}
