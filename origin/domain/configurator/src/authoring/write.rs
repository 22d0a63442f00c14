//! Writer of the authoring format. It turns an imported product into a document that its author can
//! read, change and publish.

use serde_json::{Map, Value, json};

use crate::product::{
    Condition, Expression, OneOf, OptionValue, PriceRule, Product, ProductOption, Rule, RuleKind,
    Table, Variant,
};

// === impl Product ===

impl Product {
    /// The document of this product, which [`Product::parse`] reads back.
    #[must_use]
    pub fn to_document(&self) -> Value {
        let names = Names(&self.options);
        let price_rule =
            |rule: &PriceRule| json!({ "if": names.condition(&rule.condition), "add": rule.add });
        json!({
            "product": self.id,
            "title": self.title,
            "currency": self.currency,
            "base_price": self.base_price,
            "options": self.options.iter().map(option).collect::<Value>(),
            "rules": self.rules.iter().map(|rule| names.rule(rule)).collect::<Value>(),
            "price_rules": self.price_rules.iter().map(price_rule).collect::<Value>(),
            "variants": self.variants.iter().map(variant).collect::<Value>(),
        })
    }
}

fn option(option: &ProductOption) -> Value {
    let value =
        |value: &OptionValue| json!({ "id": value.id, "title": value.title, "price": value.price });
    let mut document = json!({
        "id": option.id,
        "title": option.title,
        "values": option.values.iter().map(value).collect::<Value>(),
    });
    if option.default > 0 {
        document["default"] = json!(option.values[usize::from(option.default)].id);
    }
    document
}

fn variant(variant: &Variant) -> Value {
    let mut document = json!({
        "selection": variant.selection,
        "sku": variant.sku,
        "variant_id": variant.variant_id,
    });
    if let Some(price) = variant.price {
        document["price"] = json!(price);
    }
    if !variant.available {
        document["available"] = json!(false);
    }
    document
}

/// Maps indices to ids.
struct Names<'p>(&'p [ProductOption]);

// === impl Names ===

impl Names<'_> {
    fn rule(&self, rule: &Rule) -> Value {
        let mut document = json!({ "id": rule.id });
        if let Some(message) = &rule.message {
            document["message"] = json!(message);
        }
        let (kind, body) = match &rule.kind {
            RuleKind::Requires { condition, consequence } => {
                let (condition, consequence) =
                    (self.condition(condition), self.condition(consequence));
                ("requires", json!({ "if": condition, "then": consequence }))
            }
            RuleKind::Excludes(conditions) => {
                ("excludes", conditions.iter().map(|one| self.condition(one)).collect())
            }
            RuleKind::Allowed(table) => ("allowed", self.table(table)),
            RuleKind::Forbidden(table) => ("forbidden", self.table(table)),
            RuleKind::Assert(expression) => ("assert", self.expression(expression)),
        };
        document[kind] = body;
        document
    }

    fn condition(&self, condition: &Condition) -> Value {
        let part = |part: &OneOf| {
            let values = part.values.iter().map(|value| self.value(part.option, *value));
            (self.option(part.option).id.to_string(), values.collect())
        };
        Value::Object(condition.0.iter().map(part).collect::<Map<_, _>>())
    }

    fn table(&self, table: &Table) -> Value {
        let row = |row: &[u16]| -> Value {
            let cells = table.options.iter().zip(row);
            cells.map(|(option, value)| self.value(*option, *value)).collect()
        };
        let ids = table.options.iter().map(|option| json!(self.option(*option).id));
        json!({
            "options": ids.collect::<Value>(),
            "tuples": table.rows().map(row).collect::<Value>(),
        })
    }

    fn expression(&self, expression: &Expression) -> Value {
        let all = |parts: &[Expression]| -> Value {
            parts.iter().map(|part| self.expression(part)).collect()
        };
        match expression {
            Expression::Any(parts) => json!({ "any": all(parts) }),
            Expression::All(parts) => json!({ "all": all(parts) }),
            Expression::Not(part) => json!({ "not": self.expression(part) }),
            Expression::Is(condition) => self.condition(condition),
        }
    }

    fn option(&self, option: u16) -> &ProductOption {
        &self.0[usize::from(option)]
    }

    fn value(&self, option: u16, value: u16) -> Value {
        json!(self.option(option).values[usize::from(value)].id)
    }
}
