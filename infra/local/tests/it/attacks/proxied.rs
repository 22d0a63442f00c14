//! Class 20: the App Proxy, where Shopify drops cookies and signs only the query.

use infra_local::demo;
use origin_functions::runtime::clock::Clock;

use super::matrix::{attack, check};
use super::naive::believes_unsigned_queries;
use super::scene::{RequestBuilder, Visit, Who, proxied};
use crate::client::signed;

/// Forges a query from a path and the URL signed for Ben.
type Forgery = fn(&str, &str) -> String;

/// The path and query as Shopify signs them for a customer.
fn signed_for(customer: Option<&str>, path: &str) -> String {
    let url = signed(path, customer, Clock::system().now().unix_s());
    url.strip_prefix(demo::URL).unwrap().to_owned()
}

#[test]
fn an_unsigned_query_names_no_customer() {
    let forgeries: [(&str, Forgery); 10] = [
        ("unsigned", |path, _| format!("{path}?logged_in_customer_id=1001")),
        ("empty signature", |path, _| format!("{path}?logged_in_customer_id=1001&signature=")),
        ("replaced", |_, signed| signed.replace("1002", "1001")),
        ("appended", |_, signed| format!("{signed}&logged_in_customer_id=1001")),
        ("prefixed", |_, signed| signed.replacen('?', "?logged_in_customer_id=1001&", 1)),
        ("escaped name", |_, signed| format!("{signed}&%6cogged_in_customer_id=1001")),
        ("array", |_, signed| format!("{signed}&logged_in_customer_id[]=1001")),
        ("behind a semicolon", |_, signed| format!("{signed};logged_in_customer_id=1001")),
        ("glued to a value", |_, signed| {
            signed.replacen('?', "?limit=1logged_in_customer_id%3D1001&", 1)
        }),
        ("signature twice", |_, signed| {
            format!("{signed}&signature={}&logged_in_customer_id=1001", "0".repeat(64))
        }),
    ];
    let attacks = proxied().into_iter().flat_map(|path| {
        forgeries.map(|(name, forge)| {
            let path = path.clone();
            attack(format!("{name} at {path}"), move |visit| {
                let target = forge(&path, &signed_for(Some("1002"), &path));
                expect_nothing_of_adas(visit, &target);
            })
        })
    });
    check(&[], &[believes_unsigned_queries], &attacks.collect::<Vec<_>>());
}

fn expect_nothing_of_adas(visit: &Visit<'_>, target: &str) {
    let request =
        RequestBuilder::get(target).with("Cookie", "customer=1001; logged_in_customer_id=1001");
    let answer = visit.send(Who::Ben, &request).unwrap();
    if answer.status < 400 && !target.contains("cart") {
        visit.note(format!("{target} was accepted: {}", answer.text()));
    }
    visit.send(Who::Anonymous, &request);
}

#[test]
fn a_query_signed_for_one_customer_is_answered_to_that_customer_only() {
    let attacks = proxied().into_iter().map(|path| {
        attack(path.clone(), move |visit| {
            for (who, customer) in
                [(Who::Ada, Some("1001")), (Who::Ben, Some("1002")), (Who::Anonymous, None)]
            {
                let Some(person) = visit.scene.person(who) else {
                    visit.send(who, &RequestBuilder::get(signed_for(customer, &path)));
                    continue;
                };
                let with_cart = format!("{path}?cart={}", person.cart_token);
                let target = if path.ends_with("/cart") { &with_cart } else { &path };
                // Only the query counts: the headers are another customer's.
                let other = if who == Who::Ada { &visit.scene.ben } else { &visit.scene.ada };
                let request = RequestBuilder::get(signed_for(customer, target))
                    .with("Authorization", format!("Bearer {}", other.token))
                    .with("Forecourt-Cart", other.cart_token.as_str());
                visit.send_as_is(who, &request);
            }
        })
    });
    check(&[], &[super::naive::unkeys_identity], &attacks.collect::<Vec<_>>());
}
