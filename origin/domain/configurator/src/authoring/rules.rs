//! Reader of rules: conditions and nested assertions.

use std::collections::HashMap;

use domain_core::authoring::Place;
use domain_core::authoring::is_id;

use super::json::Json;
use super::reader::Reader;
use super::tables::TableReader;
use crate::product::{Condition, Expression, Names, OneOf, PriceRule, Rule, RuleKind};

/// Deepest nesting of `any`, `all` and `not`; it bounds every recursion over an expression.
pub const NESTING_MAX: usize = 32;

/// Most parts of one `any`, `all` or `excludes`.
const PARTS_MAX: usize = 10_000;

const KINDS: [&str; 5] = ["requires", "excludes", "allowed", "forbidden", "assert"];

/// Reads rules against the names of a product.
pub(super) struct RuleReader<'r> {
    pub(super) reader: &'r mut Reader,
    pub(super) names: &'r Names,
    pub(super) tables: TableReader<'r>,
}

// === impl RuleReader ===

impl RuleReader<'_> {
    pub(super) fn rules(&mut self, place: &Place<'_>, items: &[Json<'_>]) -> Vec<Rule> {
        let mut indices = HashMap::new();
        let mut rules = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let place = place.index(index);
            let Some(rule) = self.rule(&place, item) else { continue };
            if let Some(first) = indices.insert(rule.id.clone(), index) {
                self.reader.mistake(&place.key("id"), format!("rule {first} has this id already"));
            }
            rules.push(rule);
        }
        rules
    }

    fn rule(&mut self, place: &Place<'_>, json: &Json<'_>) -> Option<Rule> {
        let known = ["id", "message", "requires", "excludes", "allowed", "forbidden", "assert"];
        let fields = self.reader.fields(place, json, &known, &["id"])?;
        let id = self.reader.text_of(place, &fields, "id");
        if let Some(id) = id.filter(|id| !is_id(id)) {
            self.reader.mistake(&place.key("id"), format!("{id:?} is not an id"));
        }
        let message = self.reader.text_of(place, &fields, "message").map(str::to_owned);
        let stated: Vec<_> =
            KINDS.iter().filter_map(|kind| Some((*kind, fields.get(kind)?))).collect();
        let [(kind, body)] = stated[..] else {
            let message = format!("a rule states exactly one of {}", KINDS.join(", "));
            self.reader.mistake(place, message);
            return None;
        };
        let place = place.key(kind);
        let kind = match kind {
            "requires" => self.requires(&place, body)?,
            "excludes" => RuleKind::Excludes(self.conditions(&place, body)),
            "allowed" => RuleKind::Allowed(self.tables.table(self.reader, &place, body)?),
            "forbidden" => RuleKind::Forbidden(self.tables.table(self.reader, &place, body)?),
            _ => RuleKind::Assert(self.expression(&place, body, NESTING_MAX)?),
        };
        Some(Rule { id: id?.to_owned(), message, kind })
    }

    fn requires(&mut self, place: &Place<'_>, json: &Json<'_>) -> Option<RuleKind> {
        let fields = self.reader.fields(place, json, &["if", "then"], &["if", "then"])?;
        let condition = self.condition(&place.key("if"), fields.get("if")?);
        let consequence = self.condition(&place.key("then"), fields.get("then")?);
        Some(RuleKind::Requires { condition, consequence })
    }

    fn conditions(&mut self, place: &Place<'_>, json: &Json<'_>) -> Vec<Condition> {
        let items = self.reader.list(place, Some(json), PARTS_MAX);
        if items.is_empty() && matches!(json, Json::List(_)) {
            self.reader.mistake(place, "nothing is listed, so nothing could ever be chosen");
        }
        let one = |(index, item)| self.condition(&place.index(index), item);
        items.iter().enumerate().map(one).collect()
    }

    /// A conjunction of options that each take one of some values.
    pub(super) fn condition(&mut self, place: &Place<'_>, json: &Json<'_>) -> Condition {
        let mut parts = Vec::new();
        for (key, values) in self.reader.object(place, json).unwrap_or_default() {
            let place = place.key(key);
            let Some(option) = self.names.option(key) else {
                self.reader.mistake(&place, format!("there is no option {key:?}"));
                continue;
            };
            let mut chosen = Vec::new();
            for (index, item) in
                self.reader.list(&place, Some(values), PARTS_MAX).iter().enumerate()
            {
                chosen.extend(self.value(&place.index(index), key, item));
            }
            chosen.sort_unstable();
            chosen.dedup();
            parts.push(OneOf { option, values: chosen });
        }
        parts.sort_unstable_by_key(|part| part.option);
        Condition(parts)
    }

    fn value(&mut self, place: &Place<'_>, option: &str, json: &Json<'_>) -> Option<u16> {
        let value = self.reader.text(place, json)?;
        let (_, index) = self.names.choice(option, value)?;
        if index.is_none() {
            self.reader.mistake(place, format!("option {option:?} has no value {value:?}"));
        }
        index
    }

    /// `any`, `all` and `not` are operators unless they read as a condition on an option of that
    /// name: an option's values are texts, an operator's parts are objects.
    fn expression(
        &mut self,
        place: &Place<'_>,
        json: &Json<'_>,
        nesting_left: usize,
    ) -> Option<Expression> {
        let Some(nesting_left) = nesting_left.checked_sub(1) else {
            self.reader.mistake(place, format!("nested deeper than {NESTING_MAX}"));
            return None;
        };
        let Json::Object(entries) = json else {
            self.reader.mistake(place, format!("expected an object, found {}", json.kind()));
            return None;
        };
        let [(key, body)] = &entries[..] else {
            return Some(Expression::Is(self.condition(place, json)));
        };
        let is_operator = match body {
            Json::List(items) => !items.iter().any(|item| matches!(item, Json::Text(_))),
            _ => true,
        };
        let inner_place = place.key(key);
        match &**key {
            "any" if is_operator => {
                Some(Expression::Any(self.expressions(&inner_place, body, nesting_left)))
            }
            "all" if is_operator => {
                Some(Expression::All(self.expressions(&inner_place, body, nesting_left)))
            }
            "not" if matches!(body, Json::Object(_)) => {
                let inner = self.expression(&inner_place, body, nesting_left)?;
                Some(Expression::Not(Box::new(inner)))
            }
            _ => Some(Expression::Is(self.condition(place, json))),
        }
    }

    fn expressions(
        &mut self,
        place: &Place<'_>,
        json: &Json<'_>,
        nesting_left: usize,
    ) -> Vec<Expression> {
        let items = self.reader.list(place, Some(json), PARTS_MAX);
        let one = |(index, item)| self.expression(&place.index(index), item, nesting_left);
        items.iter().enumerate().filter_map(one).collect()
    }

    pub(super) fn price_rule(&mut self, place: &Place<'_>, json: &Json<'_>) -> Option<PriceRule> {
        let names = ["if", "add"];
        let fields = self.reader.fields(place, json, &names, &names)?;
        let add = self.reader.amount_of(place, &fields, "add");
        let condition = self.condition(&place.key("if"), fields.get("if")?);
        Some(PriceRule { condition, add: add? })
    }
}
