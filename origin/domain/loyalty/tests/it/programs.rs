//! Programs that a merchant may publish, and the mistakes reported for all others.

use domain_core::money::Money;
use domain_loyalty::{DOCUMENT_BYTES_MAX, POINTS_MAX, Program, RewardKind, TierUnit};
use serde_json::{Value, json};

use super::world::{changed, program, program_document};

fn mistakes(document: &Value) -> Vec<(String, String)> {
    let mistakes = Program::parse(&document.to_string()).unwrap_err();
    mistakes.into_iter().map(|mistake| (mistake.field, mistake.message)).collect()
}

#[test]
fn a_program_is_read_with_all_its_members() {
    let program = program();
    assert_eq!((&*program.title, &*program.currency), ("Riders", "EUR"));
    assert_eq!(
        (program.pending_days, program.expiry_days, program.window_days),
        (14, Some(365), 365)
    );
    let earning = &program.earning;
    assert_eq!((&*earning.rules[0].id, earning.rules[0].per), ("euro", 100));
    assert_eq!((earning.gift_cards, earning.test_orders), (false, false));
    let tiers: Vec<(&str, i64)> = program.tiers().map(|tier| (&*tier.id, tier.threshold)).collect();
    assert_eq!(tiers, [("bronze", 0), ("silver", 500), ("gold", 1_500)]);
    assert_eq!((&*program.rewards[0].id, program.rewards[0].points.0), ("bell", 250));
    assert_eq!(program.rewards[0].kind, RewardKind::Other);
    assert_eq!(
        (program.hold_ms, program.tier_keep_days, program.tiers_by.unit),
        (30 * 60_000, 0, TierUnit::Points)
    );
}

#[test]
fn a_reward_has_a_kind() {
    let kind = |reward: Value| {
        let mut whole = json!({"id": "r", "title": "R", "points": 1});
        whole.as_object_mut().unwrap().extend(reward.as_object().unwrap().clone());
        let document = changed(&program_document(), "/rewards", json!([whole]));
        Program::parse(&document.to_string()).map(|program| program.rewards[0].kind)
    };
    assert_eq!(
        kind(json!({"kind": "amount_off", "amount": 500})),
        Ok(RewardKind::AmountOff(Money(500)))
    );
    assert_eq!(kind(json!({"kind": "percent_off", "percent": 10})), Ok(RewardKind::PercentOff(10)));
    assert_eq!(kind(json!({"kind": "free_shipping"})), Ok(RewardKind::FreeShipping));
    assert_eq!(kind(json!({"kind": "other"})), Ok(RewardKind::Other));
    for (reward, field) in [
        (json!({"kind": "amount_off"}), "/rewards/0/amount"),
        (json!({"kind": "amount_off", "amount": 500, "percent": 1}), "/rewards/0/percent"),
        (json!({"kind": "percent_off", "percent": 101}), "/rewards/0/percent"),
        (json!({"kind": "free_shipping", "amount": 1}), "/rewards/0/amount"),
        (json!({"kind": "pony"}), "/rewards/0/kind"),
        (json!({"kind": 1}), "/rewards/0/kind"),
    ] {
        let fields = kind(reward.clone()).unwrap_err();
        let fields: Vec<String> = fields.into_iter().map(|mistake| mistake.field).collect();
        assert_eq!(fields, [field], "{reward}");
    }
}

#[test]
fn expiry_days_is_optional() {
    let mut document = changed(&program_document(), "/expiry_days", json!(null));
    assert_eq!(Program::parse(&document.to_string()).unwrap().expiry_days, None);
    document.as_object_mut().unwrap().remove("expiry_days");
    assert_eq!(Program::parse(&document.to_string()).unwrap().expiry_days, None);
}

#[test]
fn a_published_program_is_read_even_if_it_would_be_rejected_today() {
    let rules = json!([{"id": "r", "title": "R", "each": "order", "points": "9 / customer.spend"}]);
    let document = changed(&program_document(), "/earning/rules", rules).to_string();
    let mistakes = Program::parse(&document).unwrap_err();
    assert_eq!(mistakes[0].field, "/earning/rules/0");
    assert_eq!(
        mistakes[0].message,
        "divides by zero on a customer's first order: guard it with `… ? … : …`"
    );
    assert_eq!(mistakes.len(), 1);
    assert!(Program::stored(&document).is_some());
    assert_eq!(Program::stored("{}"), None);
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
        ("/earning/rules", json!([]), "needs at least one way to earn points"),
        ("/earning/rules/0/per", json!(0), "must be a whole number from 1 to 1000000000"),
        ("/earning/rules/0/per", json!(1.5), "must be a whole number from 1 to 1000000000"),
        ("/earning/rules/0/each", json!("cart"), "must be line or order"),
        ("/earning/rules/0/points", json!(1), "must be a text of 1 to 1000 bytes"),
        ("/earning/rules/0/points", json!("true"), "must be a whole number, and is true or false"),
        ("/earning/rules/0/if", json!("1"), "must be true or false, and is a whole number"),
        ("/earning/rules/0/id", json!("a b"), id),
        ("/hold_minutes", json!(0), "must be a whole number from 1 to 1440"),
        ("/tier_keep_days", json!(-1), "must be a whole number from 0 to 366"),
        ("/tiers_by", json!(1), "must be a text: a formula"),
        (
            "/tiers_by",
            json!("customer.tier"),
            "`customer.tier` is unknown; `customer` has points, spend, orders",
        ),
        ("/tiers_by", json!("order.amount"), "`order` is unknown here; known are customer"),
        (
            "/tiers_by",
            json!("9 / customer.points"),
            "divides by zero on a customer's first order: guard it with `… ? … : …`",
        ),
        ("/earning/gift_cards", json!("no"), "must be true or false"),
        (
            "/earning/rate",
            json!(2),
            "is unknown; known are description, gift_cards, test_orders, multipliers, rules",
        ),
        ("/pending_days", json!(-1), "must be a whole number from 0 to 3650"),
        ("/expiry_days", json!(0), days),
        ("/window_days", json!(3_651), days),
        ("/tiers", json!([]), "needs at least the tier of every customer"),
        ("/tiers", json!({}), "must be a list"),
        ("/tiers", json!(vec![0; 21]), "must not have more than 20 elements"),
        ("/tiers/0/threshold", json!(1), "must be 0: it is every customer's tier"),
        ("/tiers/2/threshold", json!(500), "must be above 500, the tier before"),
        ("/tiers/1/id", json!("bronze"), "is repeated"),
        ("/tiers/1/id", json!("_silver"), id),
        ("/tiers/1", json!("silver"), "must be an object"),
        ("/rewards/0/points", json!(0), &points),
        ("/rewards", json!(7), "must be a list"),
        (
            "/a~b",
            json!(7),
            "is unknown; known are title, currency, earning, pending_days, expiry_days, \
            hold_minutes, window_days, tiers_by, tier_keep_days, tiers, rewards",
        ),
    ] {
        let field = pointer.replace('~', "~0");
        let actual = mistakes(&changed(&program_document(), pointer, value.clone()));
        assert_eq!(actual, [(field, message.to_owned())], "{pointer} {value}");
    }
}

#[test]
fn a_formula_of_the_tiers_that_fails_is_listed_beside_rules_that_earn_too_much() {
    let document = changed(&program_document(), "/tiers_by", json!("9 / customer.points"));
    let document = changed(&document, "/earning/rules/0/points", json!("900000000000000"));
    let expected = [
        ("/tiers_by", "divides by zero on a customer's first order: guard it with `… ? … : …`"),
        (
            "/earning/rules",
            "the order would earn more than 1000000000000 points on a customer's first order: \
            guard it with `… ? … : …`",
        ),
    ];
    let expected = expected.map(|(field, message)| (field.to_owned(), message.to_owned()));
    assert_eq!(mistakes(&document), expected);
}

#[test]
fn every_mistake_is_listed_at_once() {
    let document = json!({"title": 1, "earning": {"rules": [{"points": "a"}]}, "tiers": [{"id": "a"}, 7], "x": 1});
    let fields: Vec<String> = mistakes(&document).into_iter().map(|(field, _)| field).collect();
    let expected = [
        "/x",
        "/title",
        "/currency",
        "/earning/description",
        "/earning/rules/0/id",
        "/earning/rules/0/title",
        "/earning/rules/0/each",
        "/earning/rules/0/points",
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
fn an_unreadable_document_is_one_mistake() {
    for text in ["", "{", "[1,2", "\u{feff}{}"] {
        let mistakes = Program::parse(text).unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].field.is_empty() && mistakes[0].message.starts_with("is not JSON"));
    }
    assert_eq!(mistakes(&json!([])), [(String::new(), "must be an object".to_owned())]);
    let long = " ".repeat(DOCUMENT_BYTES_MAX + 1);
    assert_eq!(Program::parse(&long).unwrap_err()[0].message, "is longer than 262144 bytes");
    let deep = "[".repeat(100_000);
    assert_eq!(Program::parse(&deep).unwrap_err().len(), 1);
}
