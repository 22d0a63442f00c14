//! A month without traffic, to which a test adds one kind at a time.

use infra_cost::{Bill, Item, PriceFile, Profile, Usage};
use serde_json::{Value, json};

/// A month without reads, writes or stored data.
pub(crate) fn quiet() -> Value {
    let read = json!({"a_month": 0, "edge_hits_percent": 0, "memory_hits_percent": 0, "bytes": 0});
    json!({
        "title": "quiet", "region": "us-east-1", "architecture": "x86_64",
        "edge": "cloudfront-function",
        "reads": {"product": read, "cart": read, "loyalty": read},
        "writes": {"cart_commands": 0, "tokens": 0, "checkouts": 0, "selections": 0,
            "redemptions": 0, "bytes_in": 0, "bytes_out": 0, "preflights_percent": 0},
        "webhooks": {"orders": {"a_month": 0, "from_carts_percent": 0}, "refunds": 0,
            "others": 0, "bytes": 0},
        "publications": 0, "peak_factor": 1,
        "warm": {"environments": 0, "campaign_environments": 0, "campaign_hours": 0},
        "assumed": {"own_ms": 2, "table_call_ms": 5, "publish_ms": 25, "edge_ms": 1,
            "messages_per_batch": 1, "logged_percent": 0},
        "fixed": {"table_bytes": 0, "alarms": 0, "dashboards": 0, "secrets": 0}
    })
}

/// A quiet month with these values, by JSON Pointer.
pub(crate) fn month(busy: &[(&str, u64)]) -> Profile {
    let mut profile = quiet();
    for (at, number) in busy {
        *profile.pointer_mut(at).unwrap() = (*number).into();
    }
    parsed(&profile)
}

pub(crate) fn parsed(profile: &Value) -> Profile {
    Profile::parse("mine", &profile.to_string()).unwrap()
}

/// The bill of a month, with the built-in prices.
pub(crate) fn bill(profile: &Profile) -> Bill {
    Bill::of(&Usage::of(profile), &PriceFile::built_in(), &profile.region).unwrap()
}

/// Dollars of a line with all decimals, or an empty text.
pub(crate) fn usd(bill: &Bill, item: Item) -> String {
    let line = bill.lines.iter().find(|line| line.item == item);
    line.map(|line| serde_json::to_value(line.usd).unwrap().as_str().unwrap().to_owned())
        .unwrap_or_default()
}
