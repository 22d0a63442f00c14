//! The three example programs, with exact points.

use domain_core::money::Money;
use domain_loyalty::{Earned, Figures, Paid, PaidLine, Points, Program, RewardKind};

use super::world::time;

const POINTS_PER_EURO: &str = include_str!("../../../../../infra/local/demo/program.json");
const SPEND_TIERS: &str = include_str!("../../../../../infra/local/demo/program-spend-tiers.json");
const CATEGORIES: &str = include_str!("../../../../../infra/local/demo/program-categories.json");

/// A Friday in November.
const FRIDAY: &str = "2026-11-20T17:04:09Z";
const SATURDAY: &str = "2026-11-21T00:00:00Z";

fn program(text: &str) -> Program {
    Program::parse(text).unwrap()
}

fn spent(euros: i64) -> Figures {
    Figures { points: Points(euros), spend: Money(euros * 100), orders: euros.min(1) }
}

/// An order of SKUs at cents.
fn order(at: &str, lines: &[(&str, i64)]) -> Paid {
    let lines = lines.iter().enumerate().map(|(index, (sku, cents))| PaidLine {
        id: (index + 1).to_string(),
        quantity: 1,
        amount: Money(*cents),
        sku: Some((*sku).to_owned()),
        ..PaidLine::default()
    });
    Paid { at: time(at), currency: "EUR".into(), lines: lines.collect(), ..Paid::default() }
}

fn rules(earned: &Earned) -> Vec<(&str, i64)> {
    earned.rules.iter().map(|rule| (&*rule.rule, rule.points.0)).collect()
}

#[test]
fn points_per_euro_gives_a_point_for_every_whole_euro_and_three_tiers() {
    let program = program(POINTS_PER_EURO);
    let order = order(FRIDAY, &[("BIKE-1", 129_999), ("BELL", 1_495)]);
    let earned = program.earned(&order, &spent(0)).unwrap();
    assert_eq!(rules(&earned), [("euro", 1_314)]);
    for (points, tier, next) in [
        (0, "bronze", Some(500)),
        (499, "bronze", Some(1)),
        (500, "silver", Some(1_000)),
        (1_500, "gold", None),
    ] {
        let figures = Figures { points: Points(points), ..Figures::default() };
        let reached = program.tier(&figures);
        assert_eq!(reached.id, tier, "{points}");
        assert_eq!(program.next_tier(reached, &figures).map(|next| next.remaining), next);
    }
    assert_eq!(program.reward("five-euro").unwrap().kind, RewardKind::AmountOff(Money(500)));
    assert_eq!(program.reward("pony"), None);
}

#[test]
fn spend_tiers_give_more_points_in_a_higher_tier() {
    let program = program(SPEND_TIERS);
    let order = order(FRIDAY, &[("BELL", 1_995), ("PUMP", 2_010)]);
    for (euros, tier, expected) in [
        (0, "member", &[("euro", 40)][..]),
        (499, "member", &[("euro", 40)]),
        (500, "silver", &[("euro", 40), ("silver", 10)]),
        (1_999, "silver", &[("euro", 40), ("silver", 10)]),
        (2_000, "gold", &[("euro", 40), ("gold", 20)]),
    ] {
        assert_eq!(program.tier(&spent(euros)).id, tier, "{euros}");
        assert_eq!(rules(&program.earned(&order, &spent(euros)).unwrap()), expected, "{euros}");
    }
}

#[test]
fn a_birthday_is_a_tag_that_names_its_month() {
    let program = program(SPEND_TIERS);
    for (tags, at, bonus) in [
        (&["birthday-11"][..], FRIDAY, 200),
        (&["vip", "birthday-11"], FRIDAY, 200),
        (&["birthday-1"], FRIDAY, 0),
        (&["birthday-11"], "2026-12-01T00:00:00Z", 0),
        (&[], FRIDAY, 0),
    ] {
        let mut order = order(at, &[("BELL", 1_000)]);
        order.customer_tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let earned = program.earned(&order, &spent(0)).unwrap();
        assert_eq!(earned.points(), Points(10 + bonus), "{tags:?} {at}");
    }
}

#[test]
fn categories_count_for_more_and_some_for_nothing() {
    let program = program(CATEGORIES);
    let regular = spent(100);
    let mut mixed =
        order(FRIDAY, &[("HELMET-M", 5_995), ("SERVICE-1", 4_900), ("BAG", 1_050), ("X", 1_001)]);
    mixed.lines[2].vendor = Some("Bellwether".into());
    let earned = program.earned(&mixed, &regular).unwrap();
    // 3 × 59.95 + 2 × 10.50 + 10.01 = 210.86, and one full 100 euros of 129.46.
    assert_eq!(rules(&earned), [("euro", 210), ("large", 50)]);
    mixed.at = time(SATURDAY);
    let earned = program.earned(&mixed, &regular).unwrap();
    assert_eq!(rules(&earned), [("euro", 210), ("weekend", 210), ("large", 50)]);
}

#[test]
fn a_bike_with_its_helmet_and_a_first_order_get_their_bonus() {
    let program = program(CATEGORIES);
    let both = order(FRIDAY, &[("BIKE-7", 129_900), ("HELMET-M", 6_000)]);
    let earned = program.earned(&both, &spent(0)).unwrap();
    assert_eq!(
        rules(&earned),
        [("euro", 1_299 + 180), ("hello", 100), ("set", 300), ("large", 250)]
    );
    let bike = order(FRIDAY, &[("BIKE-7", 129_900)]);
    assert_eq!(
        rules(&program.earned(&bike, &spent(1)).unwrap()),
        [("euro", 1_299), ("large", 250)]
    );
    let bell = order(FRIDAY, &[("BELL", 99)]);
    assert_eq!(rules(&program.earned(&bell, &spent(1)).unwrap()), []);
}
