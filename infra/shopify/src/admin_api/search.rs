//! Search queries: terms `field:value` joined by spaces, `AND`, `OR`, `NOT` and `-`, with comparisons
//! and a prefix star. Terms without a field are looked for in all texts of a record.

use serde_json::Value;
use time::OffsetDateTime;

use super::discounts;
use crate::store::{Fields, legacy_id};

/// Whether a record is found. Some fields depend on the time: a discount expires.
pub(crate) fn matches(value: &Value, query: &str, now: OffsetDateTime) -> bool {
    let mut is_any = false;
    let mut is_all = true;
    let mut is_negated = false;
    for term in terms(query) {
        match term.as_str() {
            "AND" | "(" | ")" => {}
            "OR" => {
                is_any |= is_all;
                is_all = true;
            }
            "NOT" => is_negated = true,
            term => {
                let (term, minus) =
                    term.strip_prefix('-').map_or((term, false), |rest| (rest, true));
                is_all &= has_term(value, term, now) != (minus || is_negated);
                is_negated = false;
            }
        }
    }
    is_any || is_all
}

/// The words of a query; quotes keep spaces.
pub(crate) fn terms(query: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut term = String::new();
    let mut quote = None;
    for letter in query.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), letter) => term.push(letter),
            (None, '"' | '\'') => quote = Some(letter),
            (None, letter) if letter.is_whitespace() || "()".contains(letter) => {
                terms.extend((!term.is_empty()).then(|| std::mem::take(&mut term)));
            }
            (None, letter) => term.push(letter),
        }
    }
    terms.extend((!term.is_empty()).then_some(term));
    terms
}

fn has_term(value: &Value, term: &str, now: OffsetDateTime) -> bool {
    let Some((field, operand)) = term.split_once(':') else { return texts(value, term) };
    let (comparison, operand) = ["<=", ">=", "<", ">"]
        .into_iter()
        .find_map(|sign| Some((sign, operand.strip_prefix(sign)?)))
        .unwrap_or(("=", operand));
    let actual = field_values(value, field, now);
    actual.iter().any(|actual| compare(actual, comparison, operand))
}

/// The values of a field of the search language, which has names of its own.
fn field_values(value: &Value, field: &str, now: OffsetDateTime) -> Vec<String> {
    let text = |name: &str| match value.get(name) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![other.to_string()],
    };
    match field {
        "id" => vec![legacy_id(value.text("id")).to_owned()],
        "tag" | "tags" => {
            value.list("tags").iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        "code" | "discount_code" => {
            let codes = value.list("discountCodes").iter().filter_map(Value::as_str);
            codes.map(str::to_owned).chain(text("code")).collect()
        }
        "financial_status" => text("displayFinancialStatus"),
        "fulfillment_status" => text("displayFulfillmentStatus"),
        "status" => {
            let discount = discounts::of_node(value);
            discount
                .map_or_else(|| text("status"), |one| vec![discounts::status(&one, now).to_owned()])
        }
        "title" if value.get("codeDiscount").is_some() => {
            vec![value["codeDiscount"].text("title").to_owned()]
        }
        field => {
            let mut words = field.split('_');
            let first = words.next().unwrap_or_default().to_owned();
            let name = words.fold(first, |name, word| {
                let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
                name + &initial.to_uppercase() + rest
            });
            text(&name)
        }
    }
}

fn compare(actual: &str, comparison: &str, operand: &str) -> bool {
    let (actual, operand) = (actual.to_lowercase(), operand.to_lowercase());
    if comparison == "=" {
        return match operand.strip_suffix('*') {
            Some(prefix) => actual.starts_with(prefix),
            None => actual == operand,
        };
    }
    let order = match (actual.parse::<i64>(), operand.parse::<i64>()) {
        (Ok(actual), Ok(operand)) => actual.cmp(&operand),
        _ => actual.cmp(&operand),
    };
    match comparison {
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        _ => order.is_gt(),
    }
}

/// Whether a text of the record contains the words.
fn texts(value: &Value, operand: &str) -> bool {
    let operand = operand.trim_end_matches('*').to_lowercase();
    let contains =
        |value: &Value| value.as_str().is_some_and(|text| text.to_lowercase().contains(&operand));
    value.as_object().is_some_and(|fields| {
        fields.values().any(|field| {
            contains(field) || field.as_array().is_some_and(|items| items.iter().any(contains))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn terms_have_fields_comparisons_and_prefixes() {
        let order = json!({ "id": "gid://shopify/Order/7", "updatedAt": "2026-07-03T10:00:00Z",
            "tags": ["VIP"], "email": "ann@example.com" });
        for query in [
            "tag:vip",
            "id:7",
            "updated_at:>='2026-07-03T09:00:00Z'",
            "email:ann*",
            "ann",
            "tag:vip AND id:7",
            "tag:none OR id:7",
            "NOT tag:none",
            "-tag:none",
            "id:>=7 id:<8",
        ] {
            assert!(matches(&order, query, OffsetDateTime::UNIX_EPOCH), "{query}");
        }
        for query in ["tag:none", "id:8", "updated_at:>2026-07-04", "tag:vip id:8", "-tag:vip"] {
            assert!(!matches(&order, query, OffsetDateTime::UNIX_EPOCH), "{query}");
        }
    }
}
