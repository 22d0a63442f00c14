//! Access tokens and scopes.

use super::failure::Failure;

/// What a token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The token, which has a bucket of points of its own.
    pub token: String,
    /// Granted scopes; nothing if scopes are not checked.
    pub scopes: Option<Vec<String>>,
}

/// Knows the tokens of the shop.
pub trait Access: Send + Sync {
    /// The grant of a token that is valid now, or nothing.
    fn grant(&self, token: &str) -> Option<Grant>;
}

/// Accepts every token, with all scopes.
#[derive(Clone, Copy, Debug)]
pub struct AnyToken;

impl Access for AnyToken {
    fn grant(&self, token: &str) -> Option<Grant> {
        (!token.is_empty()).then(|| Grant { token: token.to_owned(), scopes: None })
    }
}

/// The scope of each group of root fields: the first prefix that fits. Reads need `read_…` or
/// `write_…`, mutations `write_…`.
const GROUPS: [(&str, &str); 22] = [
    ("metafieldsSet", ""),
    ("customer", "customers"),
    ("draftOrder", "draft_orders"),
    ("orderEdit", "order_edits"),
    ("order", "orders"),
    ("refund", "orders"),
    ("product", "products"),
    ("collection", "products"),
    ("inventory", "inventory"),
    ("location", "locations"),
    ("discount", "discounts"),
    ("codeDiscount", "discounts"),
    ("automaticDiscount", "discounts"),
    ("giftCard", "gift_cards"),
    ("storeCreditAccountCredit", "store_credit_account_transactions"),
    ("storeCreditAccountDebit", "store_credit_account_transactions"),
    ("storeCredit", "store_credit_accounts"),
    ("cartTransform", "cart_transforms"),
    ("validation", "validations"),
    ("compan", "companies"),
    ("customerMerge", "customer_merge"),
    ("priceList", "products"),
];
/// Endings of the names of mutations.
const ACTS: [&str; 17] = [
    "Create",
    "Update",
    "Delete",
    "Set",
    "Merge",
    "Cancel",
    "Complete",
    "Add",
    "Activate",
    "Deactivate",
    "Credit",
    "Debit",
    "Begin",
    "Commit",
    "Paid",
    "Quantity",
    "FromOrder",
];

/// Whether a token with these scopes may use a root field.
pub(super) fn check_scope(field: &str, scopes: &[String]) -> Result<(), Failure> {
    let fitting = GROUPS.iter().filter(|(prefix, _)| field.starts_with(prefix));
    let Some((_, group)) = fitting.max_by_key(|(prefix, _)| prefix.len()) else { return Ok(()) };
    let has = |action: &str| scopes.iter().any(|scope| *scope == format!("{action}_{group}"));
    let is_act = ACTS.iter().any(|act| field.ends_with(act));
    if group.is_empty() || has("write") || (!is_act && has("read")) {
        return Ok(());
    }
    let action = if is_act { "write" } else { "read" };
    Err(Failure {
        message: format!(
            "Access denied for {field} field. Required access: `{action}_{group}` access scope."
        ),
        code: "ACCESS_DENIED",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_scope_reads_and_a_write_scope_does_both() {
        let scopes = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(check_scope("customers", &scopes(&["read_customers"])), Ok(()));
        assert_eq!(check_scope("customerCreate", &scopes(&["write_customers"])), Ok(()));
        assert_eq!(check_scope("shop", &[]), Ok(()));
        let denied = check_scope("customerCreate", &scopes(&["read_customers"])).unwrap_err();
        assert_eq!(
            denied.message,
            "Access denied for customerCreate field. Required access: `write_customers` access scope."
        );
    }
}
