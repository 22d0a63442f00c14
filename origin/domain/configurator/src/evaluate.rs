//! Direct evaluation of a rule on a complete configuration, without a diagram.

use super::product::{Condition, Expression, RuleKind, Table};

// === impl RuleKind ===

impl RuleKind {
    /// Whether a configuration, which has a value for each option, satisfies the rule.
    pub(super) fn is_satisfied(&self, configuration: &[u16]) -> bool {
        match self {
            Self::Requires { condition, consequence } => {
                !condition.holds(configuration) || consequence.holds(configuration)
            }
            Self::Excludes(conditions) => {
                !conditions.iter().all(|condition| condition.holds(configuration))
            }
            Self::Allowed(table) => table.has(configuration),
            Self::Forbidden(table) => !table.has(configuration),
            Self::Assert(expression) => expression.holds(configuration),
        }
    }
}

// === impl Condition ===

impl Condition {
    fn holds(&self, configuration: &[u16]) -> bool {
        self.0
            .iter()
            .all(|part| part.values.binary_search(&configuration[usize::from(part.option)]).is_ok())
    }
}

// === impl Expression ===

impl Expression {
    fn holds(&self, configuration: &[u16]) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(configuration)),
            Self::All(parts) => parts.iter().all(|part| part.holds(configuration)),
            Self::Not(part) => !part.holds(configuration),
            Self::Is(condition) => condition.holds(configuration),
        }
    }
}

// === impl Table ===

impl Table {
    /// Whether a row equals the configuration's values for these options. The rows are sorted.
    fn has(&self, configuration: &[u16]) -> bool {
        let values = self.options.iter().map(|option| configuration[usize::from(*option)]);
        let width = self.options.len();
        let row = |at: usize| &self.cells[at * width..(at + 1) * width];
        let (mut low, mut high) = (0, self.cells.len() / width);
        while low < high {
            let middle = low + (high - low) / 2;
            match row(middle).iter().copied().cmp(values.clone()) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        false
    }
}
