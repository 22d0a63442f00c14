//! Decimals are exact, and rounding happens once.

use infra_cost::{Decimal, Dollars, ExchangeRate};
use proptest::prelude::*;

fn usd(text: &str) -> Dollars {
    Decimal::parse(text).unwrap().dollars()
}

#[test]
fn a_price_is_read_to_its_last_decimal() {
    assert_eq!(usd("0.0000166667"), Dollars(16_666_700));
    assert_eq!(usd("4.50"), Dollars(4_500_000_000_000));
    assert_eq!(usd("1000"), Dollars(1_000_000_000_000_000));
    for text in ["", ".5", "1.", "-1", "1e3", "1,5", "0.0000000000001", "9999999999999999"] {
        assert_eq!(Decimal::parse(text), None, "{text}");
    }
}

#[test]
fn the_cost_of_a_quantity_is_rounded_once_to_the_nearest_picodollar() {
    // 0.20 for a million: 200,000 picodollars each.
    assert_eq!(usd("0.20").for_quantity(3, 1_000_000), Dollars(600_000));
    // A third of a picodollar, then two thirds, then one and a half.
    assert_eq!(Dollars(1).for_quantity(1, 3), Dollars(0));
    assert_eq!(Dollars(1).for_quantity(2, 3), Dollars(1));
    assert_eq!(Dollars(3).for_quantity(1, 2), Dollars(2));
}

#[test]
fn cents_and_rupees_are_to_the_nearest() {
    assert_eq!(usd("1.005").to_string(), "1.01");
    assert_eq!(usd("1.0049").to_string(), "1.00");
    let rate = ExchangeRate::parse("88.75@2026-11-20").unwrap();
    assert_eq!(rate.date, "2026-11-20");
    // 4.50 x 88.75 = 399.375
    assert_eq!(usd("4.50").rupees(&rate), 399);
}

#[test]
fn a_rate_is_a_number_and_a_day() {
    for text in ["88.75", "88.75@", "88.75@yesterday", "0@2026-11-20", "x@2026-11-20"] {
        let error = ExchangeRate::parse(text).unwrap_err().to_string();
        assert!(error.contains("88.75@2026-11-20") && error.contains(text), "{error}");
    }
}

proptest! {
    #[test]
    fn a_decimal_survives_a_round_trip(whole in 0_u64..1_000_000, fraction in 0_u64..10_u64.pow(12)) {
        let read = Decimal::parse(&format!("{whole}.{fraction:012}")).unwrap();
        prop_assert_eq!(Decimal::parse(&read.to_string()), Some(read));
        prop_assert_eq!(read.dollars().0, i128::from(whole) * 10_i128.pow(12) + i128::from(fraction));
    }
}
