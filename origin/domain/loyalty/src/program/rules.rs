//! Reading how points are earned: rules and multipliers with their expressions.

use domain_shopify::ORDER_LINES_MAX;
use serde_json::Value;

use super::definition::{Each, Earning, Multiplier, Rule};
use super::document::{Members, Reader};
use super::formula::{EXPRESSION_BYTES_MAX, STEPS_MAX, View, condition, formula};
use super::publishing::{DESCRIPTION_BYTES_MAX, PERCENT_MAX, TITLE_BYTES_MAX};

/// Most rules. With more, it is hard to predict what an order earns, and each has its cost.
pub const RULES_MAX: usize = 50;
/// Most multipliers: a merchant's categories.
pub const MULTIPLIERS_MAX: usize = 50;
/// Largest divisor of a rule.
const PER_MAX: u32 = 1_000_000_000;

// === impl Reader ===

impl Reader {
    pub(super) fn earning(&mut self, all: &Members<'_>) -> Option<Earning> {
        const KNOWN: [&str; 5] =
            ["description", "gift_cards", "test_orders", "multipliers", "rules"];
        let value = self.required(all, "earning")?;
        let earning = self.members(&all.pointer_of("earning"), value, &KNOWN)?;
        let description = self.text(&earning, "description", DESCRIPTION_BYTES_MAX);
        let gift_cards = self.flag(&earning, "gift_cards");
        let test_orders = self.flag(&earning, "test_orders");
        let multipliers = if earning.members.contains_key("multipliers") {
            self.list(&earning, "multipliers", MULTIPLIERS_MAX, Self::multiplier)
        } else {
            Vec::new()
        };
        let rules = self.list(&earning, "rules", RULES_MAX, Self::rule);
        if rules.is_empty() {
            self.report(earning.pointer_of("rules"), "needs at least one way to earn points");
        }
        self.check_earning_ids(&earning, &multipliers, &rules);
        Some(Earning {
            description: description?,
            gift_cards: gift_cards?,
            test_orders: test_orders?,
            multipliers: multipliers.into_iter().collect::<Option<_>>()?,
            rules: rules.into_iter().collect::<Option<_>>()?,
        })
    }

    /// Rules and multipliers share one set of ids, because a failure names only the id.
    fn check_earning_ids(
        &mut self,
        earning: &Members<'_>,
        multipliers: &[Option<Multiplier>],
        rules: &[Option<Rule>],
    ) {
        let multiplier_ids: Vec<Option<&str>> =
            multipliers.iter().map(|one| one.as_ref().map(|one| &*one.id)).collect();
        let rule_ids: Vec<Option<&str>> =
            rules.iter().map(|one| one.as_ref().map(|one| &*one.id)).collect();
        self.check_ids(&earning.pointer_of("multipliers"), multiplier_ids.iter().copied());
        self.check_ids(&earning.pointer_of("rules"), rule_ids.iter().copied());
        for (index, id) in rule_ids.into_iter().enumerate() {
            if id.is_some() && multiplier_ids.contains(&id) {
                let pointer = format!("{}/{index}/id", earning.pointer_of("rules"));
                self.report(pointer, "is a multiplier's id, too");
            }
        }
    }

    fn multiplier(&mut self, pointer: &str, value: &Value) -> Option<Multiplier> {
        let all = self.members(pointer, value, &["id", "title", "if", "percent"])?;
        let id = self.id(&all);
        let title = self.text(&all, "title", TITLE_BYTES_MAX);
        let source = self.text(&all, "if", EXPRESSION_BYTES_MAX);
        let condition = source
            .and_then(|source| self.checked(all.pointer_of("if"), condition(&source, View::Line)));
        let percent = self.whole(&all, "percent", 0, PERCENT_MAX);
        if let Some(condition) = &condition {
            self.check_steps(&all, "if", per_line(condition.steps_max()));
        }
        Some(Multiplier { id: id?, title: title?, condition: condition?, percent: percent? })
    }

    fn rule(&mut self, pointer: &str, value: &Value) -> Option<Rule> {
        let all = self.members(pointer, value, &["id", "title", "each", "if", "points", "per"])?;
        let id = self.id(&all);
        let title = self.text(&all, "title", TITLE_BYTES_MAX);
        let each = self.each(&all);
        let view = if each == Some(Each::Order) { View::Order } else { View::Line };
        let condition = match all.members.get("if") {
            None => Some(None),
            Some(_) => self.text(&all, "if", EXPRESSION_BYTES_MAX).and_then(|source| {
                self.checked(all.pointer_of("if"), condition(&source, view)).map(Some)
            }),
        };
        let points = self
            .text(&all, "points", EXPRESSION_BYTES_MAX)
            .and_then(|source| self.checked(all.pointer_of("points"), formula(&source, view)));
        let per = self.whole_or(&all, "per", 1, PER_MAX);
        let (id, title, each) = (id?, title?, each?);
        let rule = Rule { id, title, each, condition: condition?, points: points?, per: per? };
        self.check_rule_steps(&all, &rule);
        Some(rule)
    }

    fn each(&mut self, all: &Members<'_>) -> Option<Each> {
        match self.required(all, "each")?.as_str() {
            Some("line") => Some(Each::Line),
            Some("order") => Some(Each::Order),
            _ => {
                self.report(all.pointer_of("each"), "must be line or order");
                None
            }
        }
    }

    fn check_rule_steps(&mut self, all: &Members<'_>, rule: &Rule) {
        let steps_of = |names_line: bool, steps: u64| match rule.each {
            Each::Line if names_line => per_line(steps),
            _ => steps,
        };
        self.check_steps(all, "points", steps_of(true, rule.points.steps_max()));
        if let Some(condition) = &rule.condition {
            self.check_steps(all, "if", steps_of(condition.names_line(), condition.steps_max()));
        }
    }

    fn check_steps(&mut self, all: &Members<'_>, key: &str, steps: u64) {
        if steps > STEPS_MAX {
            let message = format!(
                "takes up to {steps} steps on an order of {ORDER_LINES_MAX} lines, and {STEPS_MAX} \
                 are allowed: move a loop over `order.lines` to an `if` that does not name \
                 `line`, or to a rule for each order"
            );
            self.report(all.pointer_of(key), message);
        }
    }
}

fn per_line(steps: u64) -> u64 {
    steps.saturating_mul(ORDER_LINES_MAX as u64)
}
