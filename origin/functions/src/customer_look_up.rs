//! Customers by their e-mail addresses, which only Shopify has.

use domain_core::time::Time;
use origin_shopify::admin_api::operations::CustomerByEmail;
use origin_shopify::admin_api::{AdminApi, AdminError};

/// The id of the shop's customer with this address, if there is one.
pub(crate) async fn customer_by_email(
    api: &AdminApi,
    email: &str,
    until: Time,
) -> Result<Option<String>, AdminError> {
    let operation = CustomerByEmail { email: email.to_owned() };
    let answer = api.call(&operation, until).await?;
    Ok(answer.customer_by_identifier.map(|customer| customer.number().to_owned()))
}
