//! An invalid profile or price file gives an error with its place and a fix.

use infra_cost::{PriceFile, Profile, estimate};
use serde_json::{Value, json};

use crate::month::{month, parsed, quiet};

fn error_of(change: impl FnOnce(&mut Value)) -> String {
    let mut profile = quiet();
    change(&mut profile);
    Profile::parse("mine.json", &profile.to_string()).unwrap_err().to_string()
}

#[test]
fn an_error_in_a_profile_names_its_place() {
    let error = error_of(|it| it["reads"]["cart"]["a_month"] = json!("many"));
    assert!(error.starts_with("mine.json: `reads.cart.a_month`: invalid type: string"), "{error}");
    assert!(error.ends_with("`forecourt cost orders --show` prints a profile to start from"));
    let error = error_of(|it| it["reads"]["cart"]["edge_hits_percent"] = json!(101));
    let expected =
        "mine.json: `reads.cart.edge_hits_percent`: is 101; write a number from 0 to 100";
    assert_eq!(error, expected);
    let error = error_of(|it| it["writes"]["gadgets"] = json!(1));
    assert!(error.contains("unknown field `gadgets`"), "{error}");
    let error = error_of(|it| it["architecture"] = json!("sparc"));
    assert!(error.contains("`architecture`: unknown variant `sparc`"), "{error}");
    let error = error_of(|it| {
        it["claim"] = json!({"currency": "EUR", "from": "1", "to": "2", "says": "so"});
    });
    assert_eq!(error, "mine.json: `claim.currency`: is \"EUR\"; write USD or INR");
    let error = Profile::parse("mine.json", "{").unwrap_err().to_string();
    assert!(error.contains("EOF"), "{error}");
}

#[test]
fn an_unknown_region_is_an_error_that_lists_the_known_ones() {
    let mut profile = quiet();
    profile["region"] = json!("eu-central-1");
    let error = estimate(&parsed(&profile), &PriceFile::built_in(), None).unwrap_err().to_string();
    assert_eq!(
        error,
        "the price file has no region `eu-central-1`, only ap-south-1, us-east-1; add its prices \
         to a copy (--prices)"
    );
}

fn prices(change: impl FnOnce(&mut Value)) -> String {
    let mut file = serde_json::to_value(PriceFile::built_in()).unwrap();
    change(&mut file);
    file.to_string()
}

#[test]
fn a_price_in_another_unit_or_without_a_date_is_an_error() {
    let at = "/regions/us-east-1/prices/events";
    let text = prices(|file| file.pointer_mut(at).unwrap()["per"] = json!("10,000 events"));
    let error = PriceFile::parse("mine.json", &text).unwrap_err().to_string();
    assert_eq!(
        error,
        "mine.json: `regions.us-east-1.prices.events.per`: is \"10,000 events\"; write the price \
         per million"
    );
    let text = prices(|file| file.pointer_mut(at).unwrap()["date"] = json!("recently"));
    let error = PriceFile::parse("mine.json", &text).unwrap_err().to_string();
    assert!(error.contains("prices.events.date`: a price needs a source and a date"), "{error}");
    let text = prices(|file| file.pointer_mut(at).unwrap()["usd"] = json!("one"));
    let error = PriceFile::parse("mine.json", &text).unwrap_err().to_string();
    assert!(error.contains("`regions.us-east-1.prices.events.usd`: is not a number"), "{error}");
}

#[test]
fn a_missing_price_is_an_error_only_if_it_is_needed() {
    let text = prices(|file| {
        let prices = file.pointer_mut("/regions/us-east-1/prices").unwrap();
        prices.as_object_mut().unwrap().remove("edge-requests");
    });
    let file = PriceFile::parse("mine.json", &text).unwrap();
    assert!(infra_cost::Bill::of(&infra_cost::Usage::of(&month(&[])), &file, "us-east-1").is_ok());
    let read = month(&[("/reads/product/a_month", 1)]);
    let error = estimate(&read, &file, None).unwrap_err().to_string();
    assert_eq!(
        error,
        "the price file has no `edge-requests` for us-east-1; add it, in USD per 10,000 requests"
    );
}

#[test]
fn every_built_in_price_has_a_source_and_every_region_has_them_all() {
    let file = PriceFile::built_in();
    for (region, book) in &file.regions {
        let missing: Vec<_> =
            infra_cost::Item::ALL.iter().filter(|item| !book.prices.contains_key(item)).collect();
        assert!(missing.is_empty(), "{region}: {missing:?}");
        assert_eq!(book.quotas.len(), 10, "{region}");
    }
    for (name, text) in infra_cost::BUILT_IN {
        let profile = Profile::parse(name, text).unwrap();
        assert!(file.book(&profile.region).is_ok(), "{name}");
        assert!(profile.claim.is_some(), "{name}");
    }
}
