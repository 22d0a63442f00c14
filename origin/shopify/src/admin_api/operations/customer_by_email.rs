//! The customer with an e-mail address. Needs the approval for protected customer data, with e-mail.

use serde::{Deserialize, Serialize};

use super::super::operation::Operation;
use super::order::Reference;

/// The operation.
#[derive(Clone, Serialize)]
pub struct CustomerByEmail {
    /// The address.
    pub email: String,
}

/// Its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerByEmailAnswer {
    /// The customer, if there is one.
    pub customer_by_identifier: Option<Reference>,
}

// === impl CustomerByEmail ===

impl Operation for CustomerByEmail {
    const DOCUMENT: &'static str = include_str!("customer_by_email.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = CustomerByEmailAnswer;
}
