//! Who is one person: the shop may have merged several customers into one. A demand about any of them
//! is about all of them.

use domain_core::port::{Consistency, PortError};
use domain_core::resource::Source;
use domain_loyalty::{Account, OrderItem};

/// The ids of all customers who are one person with this one: the one who remains comes first.
///
/// # Errors
/// The port's.
pub async fn one_person(
    ledger: &impl Source<Account>,
    customer: &str,
) -> Result<Vec<String>, PortError> {
    let account = ledger.item(customer, Consistency::Strong).await?;
    Ok(account.map_or_else(|| vec![customer.to_owned()], |account| account.customers()))
}

/// Whether an order has its points in the ledger of one of these customers.
pub(crate) fn is_of(order: &OrderItem, customers: &[String]) -> bool {
    order.facts.account().is_some_and(|own| customers.iter().any(|one| one == own))
}
