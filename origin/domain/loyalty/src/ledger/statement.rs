//! Statements of a payment: what one delivery says was paid for. An edit of the order, or a customer
//! named later, makes another one. All of them together are the payment, whatever their order of
//! arrival: each line as the greatest statement has it, the other fields from the first one by
//! size. An import's row is a statement, too, but knows no lines: it counts while there is no other.

use std::collections::BTreeMap;

use domain_core::id::digest;
use domain_core::money::Money;
use domain_core::time::Time;
use serde::{Deserialize, Serialize};

use super::paid::{Paid, PaidLine};

/// Most statements of one order.
pub const STATEMENTS_MAX: usize = 50;

/// What identifies a statement. The shop's own come first, then those that name a customer, then the
/// smallest: what was bought before any edit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Statement {
    /// When the order was placed as an import has it, if it is an import's: the shop may say another
    /// moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<Time>,
    /// Whether it names no customer.
    pub is_guest: bool,
    /// The sum of its lines.
    pub amount: Money,
    /// A digest of its lines.
    pub digest: u64,
}

// === impl Statement ===

impl Statement {
    pub(super) fn of(customer: Option<&str>, paid: &Paid) -> Self {
        let mut lines: Vec<String> = paid.lines.iter().map(identity).collect();
        lines.sort_unstable();
        let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        let digest = digest("forecourt/paid/1", &lines);
        let amount = paid.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount.0));
        Self {
            imported_at: paid.is_imported.then_some(paid.at),
            is_guest: customer.is_none(),
            amount: Money(amount),
            digest: u64::from_be_bytes(std::array::from_fn(|index| digest[index])),
        }
    }
}

fn identity(line: &PaidLine) -> String {
    format!("{} {} {}", line.id, line.quantity, line.amount.0)
}

// === impl Paid ===

impl Paid {
    /// This payment together with what another statement adds. What the shop states replaces what an
    /// import does.
    pub(super) fn joined(self, other: Self) -> Self {
        match (self.is_imported, other.is_imported) {
            (false, true) => return self,
            (true, false) => return other,
            _ => {}
        }
        let mut lines: BTreeMap<(usize, String), PaidLine> = BTreeMap::new();
        for line in self.lines.into_iter().chain(other.lines) {
            // By number: ids are decimal texts.
            match lines.entry((line.id.len(), line.id.clone())) {
                std::collections::btree_map::Entry::Vacant(entry) => _ = entry.insert(line),
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    if *entry.get() < line {
                        entry.insert(line);
                    }
                }
            }
        }
        let tax = self.tax.max(other.tax);
        Self { lines: lines.into_values().collect(), tax, ..self }
    }
}
