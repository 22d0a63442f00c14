//! Search queries: the language of [`Filter`] with words beside terms `field:value`. A word is looked
//! for in all texts of a record. Which fields there are depends on the kind of the record; a field that
//! is not listed here is an error, because no result would look like an answer.

mod fields;

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, format_description};

use self::fields::{Source, source};
use super::failure::Failure;
use super::session::View;
use crate::webhooks::{Comparison, Filter};

/// A query for records of one kind.
#[derive(Debug)]
pub(crate) struct Search<'k> {
    kind: &'k str,
    filter: Option<Filter>,
}

// === impl Search ===

impl<'k> Search<'k> {
    /// Reads a query for records of a kind.
    pub(crate) fn parse(kind: &'k str, query: &str) -> Result<Self, Failure> {
        if query.trim().is_empty() {
            return Ok(Self { kind, filter: None });
        }
        let filter = Filter::parse_search(query)
            .map_err(|error| Failure::bad_request(format!("The search query {error}.")))?;
        check(kind, &filter)?;
        Ok(Self { kind, filter: Some(filter) })
    }

    /// Whether a record is found.
    pub(crate) fn matches(&self, view: &View<'_>, value: &Value) -> bool {
        let has = |field: &str, comparison, operand: &str| match source(self.kind, field) {
            Some(source) => source.holds(view, value, comparison, operand),
            None => texts(value, operand),
        };
        self.filter.as_ref().is_none_or(|filter| filter.holds(&has))
    }
}

/// Whether all fields of a filter are known, and all moments are moments.
fn check(kind: &str, filter: &Filter) -> Result<(), Failure> {
    match filter {
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter().try_for_each(|filter| check(kind, filter))
        }
        Filter::Not(filter) => check(kind, filter),
        Filter::Term { field, .. } if field.is_empty() => Ok(()),
        Filter::Term { field, comparison, value } => match source(kind, field) {
            None => Err(Failure::not_emulated(&format!("searching {kind} by {field}"))),
            Some(Source::Time(_))
                if *comparison != Comparison::Exists && Moment::parse(value).is_none() =>
            {
                Err(Failure::bad_request(format!("{field}: {value:?} is no date or time")))
            }
            Some(_) => Ok(()),
        },
    }
}

/// A moment, or a whole day, of a query. Without an offset it is in UTC.
struct Moment {
    from: OffsetDateTime,
    /// Exclusive.
    until: OffsetDateTime,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let instant = |from| Self { from, until: from + Duration::SECOND };
        if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
            return Some(instant(at));
        }
        let seconds = "[year]-[month]-[day]T[hour]:[minute]:[second]";
        let seconds = format_description::parse_borrowed::<2>(seconds).ok()?;
        if let Ok(at) = PrimitiveDateTime::parse(text, &seconds) {
            return Some(instant(at.assume_utc()));
        }
        let day = format_description::parse_borrowed::<2>("[year]-[month]-[day]").ok()?;
        let from = Date::parse(text, &day).ok()?.midnight().assume_utc();
        Some(Self { from, until: from + Duration::DAY })
    }

    fn holds(&self, at: OffsetDateTime, comparison: Comparison) -> bool {
        match comparison {
            Comparison::Exists => true,
            Comparison::Equal | Comparison::Prefix => self.from <= at && at < self.until,
            Comparison::Greater => at > self.from,
            Comparison::AtLeast => at >= self.from,
            Comparison::Less => at < self.from,
            Comparison::AtMost => at <= self.from,
        }
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
    use crate::store::{Settings, Shop};
    use serde_json::json;

    fn is_found(value: &Value, query: &str) -> bool {
        let shop = Shop::new(Settings::default());
        let view = View { shop: &shop, now: OffsetDateTime::UNIX_EPOCH };
        Search::parse("Order", query).unwrap().matches(&view, value)
    }

    #[test]
    fn terms_have_fields_comparisons_and_prefixes() {
        let order = json!({ "id": "gid://shopify/Order/7", "updatedAt": "2026-07-03T10:00:00Z",
            "tags": ["VIP"], "email": "ann@example.com", "name": "#1007" });
        for query in [
            "tag:vip",
            "id:7",
            "updated_at:>='2026-07-03T09:00:00Z'",
            "updated_at:<'2026-07-03T03:00:00-08:00'",
            "updated_at:2026-07-03",
            "email:ann*",
            "ann",
            "tag:vip AND id:7",
            "tag:none OR id:7",
            "NOT tag:none",
            "-tag:none",
            "id:>=7 id:<8",
            "(id:7 OR id:8) AND name:#1007",
            "status:any",
            "status:open,closed",
            "financial_status:paid",
        ] {
            assert!(is_found(&order, query), "{query}");
        }
        for query in [
            "tag:none",
            "id:8",
            "updated_at:>2026-07-04",
            "updated_at:<'2026-07-03T01:00:00-08:00'",
            "tag:vip id:8",
            "-tag:vip",
            "(id:7 OR id:8) AND name:#1008",
            "status:cancelled",
        ] {
            assert!(!is_found(&order, query), "{query}");
        }
    }

    #[test]
    fn a_field_that_is_not_emulated_and_a_time_that_is_none_are_errors() {
        let error = |query: &str| Search::parse("Order", query).unwrap_err();
        assert_eq!(error("risk_level:high").code, "NOT_EMULATED");
        assert_eq!(error("id:7 OR (risk_level:high)").code, "NOT_EMULATED");
        assert_eq!(error("updated_at:>yesterday").code, "BAD_REQUEST");
        assert_eq!(error("(id:7").code, "BAD_REQUEST");
    }
}
