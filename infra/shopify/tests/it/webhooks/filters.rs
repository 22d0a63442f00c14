use infra_shopify::webhooks::Filter;

use super::*;

fn product() -> Value {
    json!({
        "id": 9_554_194_432_293_u64,
        "status": "active",
        "product_type": "Shirts",
        "tags": "cotton",
        "published_at": null,
        "updated_at": "2027-01-15T08:00:00Z",
        "variants": [{ "price": "9.99", "taxable": true }, { "price": "29.90", "taxable": false }],
    })
}

#[test]
fn a_filter_decides_by_the_payload() {
    let table = [
        ("status:active", true),
        ("status:ACTIVE", true),
        ("status:draft", false),
        ("variants.price:>=29.9", true),
        ("variants.price:>29.900", false),
        ("variants.price:<10", true),
        ("variants.price:<=9.98", false),
        ("variants.taxable:false", true),
        ("id:*", true),
        ("id:9554194432293", true),
        ("id:>9554194432292", true),
        ("published_at:*", false),
        ("variants.sku:*", false),
        ("product_type:Shi*", true),
        ("product_type:\"Shi*\"", false),
        ("updated_at:>'2027-01-14'", true),
        ("status:active AND tags:wool", false),
        ("status:active tags:wool", false),
        ("status:draft OR tags:cotton", true),
        ("status:draft AND tags:wool OR tags:cotton", true),
        ("status:draft AND (tags:wool OR tags:cotton)", false),
        ("NOT status:draft", true),
        ("-status:active", false),
        ("id:* AND status:active AND (product_type:Music OR product_type:Shirts)", true),
    ];
    for (text, expected) in table {
        assert_eq!(Filter::parse(text).unwrap().matches(&product()), expected, "{text}");
    }
}

#[test]
fn a_number_below_zero_or_of_many_digits_is_compared_exactly() {
    let payload = json!({ "amount": "-0.10", "id": "9007199254740993", "none": "-0.0" });
    let table = [
        ("amount:<-0.05", true),
        ("amount:>-0.2", true),
        ("amount:-0.1", true),
        ("id:9007199254740992", false),
        ("id:>9007199254740992", true),
        ("none:0", true),
    ];
    for (text, expected) in table {
        assert_eq!(Filter::parse(text).unwrap().matches(&payload), expected, "{text}");
    }
}

#[test]
fn a_filter_that_cannot_be_read_says_where() {
    let table = [
        ("", "has no field at byte 0"),
        ("price", "has no colon after the field at byte 5"),
        ("price:", "has no value at byte 6"),
        ("a:1 AND", "has no colon after the field at byte 7"),
        ("(a:1", "has no closing parenthesis at byte 4"),
        ("a:1)", "has a parenthesis too many at byte 3"),
        ("a:\"1", "has no closing quote at byte 2"),
    ];
    for (text, expected) in table {
        assert_eq!(Filter::parse(text).unwrap_err().to_string(), expected, "{text}");
    }
    let deep = format!("{}a:1{}", "(".repeat(40), ")".repeat(40));
    assert!(Filter::parse(&deep).unwrap_err().to_string().contains("too deep a nesting"));
    let long = "a:1 ".repeat(2_049);
    assert!(Filter::parse(&long).unwrap_err().to_string().contains("too many bytes"));
}
