//! What a merchant may promise, and what they are told about everything else.

use origin_domain::loyalty::{POINTS_MAX, Program};
use serde_json::{Value, json};

use super::world::{changed, program, program_document};

fn mistakes(document: &Value) -> Vec<(String, String)> {
    let mistakes = Program::parse(&document.to_string()).unwrap_err();
    mistakes.into_iter().map(|mistake| (mistake.field, mistake.message)).collect()
}

#[test]
fn a_programme_is_read_as_it_was_meant() {
    let program = program();
    assert_eq!((&*program.title, &*program.currency), ("Riders", "EUR"));
    assert_eq!(
        (program.pending_days, program.expiry_days, program.window_days),
        (14, Some(365), 365)
    );
    let earning = &program.earning;
    assert_eq!((earning.points, earning.per_amount.0), (1, 100));
    assert_eq!((earning.gift_cards, earning.test_orders), (false, false));
    let tiers: Vec<(&str, i64)> =
        program.tiers().map(|tier| (&*tier.id, tier.threshold.0)).collect();
    assert_eq!(tiers, [("bronze", 0), ("silver", 500), ("gold", 1_500)]);
    assert_eq!((&*program.rewards[0].id, program.rewards[0].points.0), ("bell", 250));
}

#[test]
fn points_that_never_expire_need_no_word_about_it() {
    let mut document = changed(&program_document(), "/expiry_days", json!(null));
    assert_eq!(Program::parse(&document.to_string()).unwrap().expiry_days, None);
    document.as_object_mut().unwrap().remove("expiry_days");
    assert_eq!(Program::parse(&document.to_string()).unwrap().expiry_days, None);
}

#[test]
fn a_stored_programme_comes_back_as_it_was() {
    let stored = rmp_serde::to_vec_named(&program()).unwrap();
    assert_eq!(rmp_serde::from_slice::<Program>(&stored).unwrap(), program());
}

#[test]
fn each_mistake_is_named_with_its_place() {
    let days = "must be a whole number from 1 to 3650";
    let points = format!("must be a whole number from 1 to {POINTS_MAX}");
    let id = "must be 1 to 64 of A-Z a-z 0-9 _ . -, the first a letter or digit";
    for (pointer, value, message) in [
        ("/title", json!(""), "must be a text of 1 to 200 bytes"),
        ("/title", json!("x".repeat(201)), "must be a text of 1 to 200 bytes"),
        ("/currency", json!("euro"), "must be an ISO 4217 code such as EUR"),
        ("/earning", json!([]), "must be an object"),
        ("/earning/points", json!(0), "must be a whole number from 1 to 1000000"),
        ("/earning/points", json!(1.5), "must be a whole number from 1 to 1000000"),
        ("/earning/points", json!("1"), "must be a whole number from 1 to 1000000"),
        ("/earning/per_amount", json!(-1), "must be a whole number from 1 to 1000000000"),
        ("/earning/gift_cards", json!("no"), "must be true or false"),
        (
            "/earning/rate",
            json!(2),
            "is unknown; known are points, per_amount, description, gift_cards, test_orders",
        ),
        ("/pending_days", json!(-1), "must be a whole number from 0 to 3650"),
        ("/expiry_days", json!(0), days),
        ("/window_days", json!(3_651), days),
        ("/tiers", json!([]), "needs at least the tier of everybody"),
        ("/tiers", json!({}), "must be a list"),
        ("/tiers", json!(vec![0; 21]), "must not have more than 20 elements"),
        ("/tiers/0/threshold", json!(1), "must be 0: it is everybody's tier"),
        ("/tiers/2/threshold", json!(500), "must be above 500, the tier before"),
        ("/tiers/1/id", json!("bronze"), "is there more than once"),
        ("/tiers/1/id", json!("_silver"), id),
        ("/tiers/1", json!("silver"), "must be an object"),
        ("/rewards/0/points", json!(0), &points),
        ("/rewards", json!(7), "must be a list"),
        (
            "/a~b",
            json!(7),
            "is unknown; known are title, currency, earning, pending_days, \
            expiry_days, window_days, tiers, rewards",
        ),
    ] {
        let pointer_told = pointer.replace('~', "~0");
        let told = mistakes(&changed(&program_document(), pointer, value.clone()));
        assert_eq!(told, [(pointer_told, message.to_owned())], "{pointer} {value}");
    }
}

#[test]
fn every_mistake_is_listed_at_once() {
    let document = json!({"title": 1, "earning": {"points": 0}, "tiers": [{"id": "a"}, 7], "x": 1});
    let fields: Vec<String> = mistakes(&document).into_iter().map(|(field, _)| field).collect();
    let expected = [
        "/x",
        "/title",
        "/currency",
        "/earning/points",
        "/earning/per_amount",
        "/earning/description",
        "/pending_days",
        "/window_days",
        "/tiers/0/title",
        "/tiers/0/threshold",
        "/tiers/1",
        "/rewards",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn what_is_no_document_is_one_mistake() {
    for text in ["", "{", "[1,2", "\u{feff}{}"] {
        let mistakes = Program::parse(text).unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].field.is_empty() && mistakes[0].message.starts_with("is not JSON"));
    }
    assert_eq!(mistakes(&json!([])), [(String::new(), "must be an object".to_owned())]);
    let deep = "[".repeat(100_000);
    assert_eq!(Program::parse(&deep).unwrap_err().len(), 1);
}
