//! Discounts with redeem codes: created, looked up by a code, and given more codes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::operation::Operation;
use super::order::Reference;

/// The discount that a code belongs to. Shopify ignores the case of the code.
#[derive(Clone, Serialize)]
pub struct DiscountByCode {
    /// The code.
    pub code: String,
}

/// The answer to [`DiscountByCode`].
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscountByCodeAnswer {
    /// The discount, if the shop has such a code.
    pub code_discount_node_by_code: Option<Reference>,
}

/// Creates a discount on orders.
#[derive(Clone, Serialize)]
pub struct DiscountCodeBasicCreate {
    /// A `DiscountCodeBasicInput`.
    pub discount: Value,
}

/// Creates free shipping.
#[derive(Clone, Serialize)]
pub struct DiscountCodeFreeShippingCreate {
    /// A `DiscountCodeFreeShippingInput`.
    pub discount: Value,
}

/// The answer to both.
#[derive(Debug, Clone, Deserialize)]
pub struct DiscountCreatedAnswer {
    /// The member of the mutation.
    pub created: DiscountCreated,
}

/// A discount that was created.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscountCreated {
    /// The discount.
    pub code_discount_node: Option<Reference>,
}

/// Begins to add codes to a discount, at most 250.
#[derive(Clone, Serialize)]
pub struct DiscountRedeemCodesAdd {
    /// The global id of the discount.
    pub discount: String,
    /// The codes.
    pub codes: Vec<RedeemCode>,
}

/// A code to add.
#[derive(Clone, Serialize)]
pub struct RedeemCode {
    /// The code.
    pub code: String,
}

/// The answer to [`DiscountRedeemCodesAdd`].
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscountRedeemCodesAddAnswer {
    /// The member of the mutation.
    pub discount_redeem_code_bulk_add: RedeemCodesAdded,
}

/// A batch that Shopify has accepted.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedeemCodesAdded {
    /// Its import.
    pub bulk_creation: Option<Reference>,
}

/// The state of an import of codes.
#[derive(Debug, Clone, Serialize)]
pub struct DiscountRedeemCodeCreation {
    /// Its global id.
    pub id: String,
}

/// The answer to [`DiscountRedeemCodeCreation`].
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscountRedeemCodeCreationAnswer {
    /// The import; `None` if no import has this id.
    pub discount_redeem_code_bulk_creation: Option<RedeemCodeCreation>,
}

/// An import of codes.
#[derive(Clone, Deserialize)]
pub struct RedeemCodeCreation {
    /// Whether it is finished.
    pub done: bool,
    /// Its codes.
    pub codes: ImportedCodes,
}

/// The codes of an import: all of them, since a batch is one page.
#[derive(Clone, Deserialize)]
pub struct ImportedCodes {
    /// The codes.
    pub nodes: Vec<ImportedCode>,
}

/// A code of an import.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedCode {
    /// The code.
    pub code: String,
    /// The redeem code; `None` if it could not be made.
    pub discount_redeem_code: Option<Reference>,
}

// === impl Operation ===

impl Operation for DiscountByCode {
    const DOCUMENT: &'static str = include_str!("discount_by_code.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = DiscountByCodeAnswer;
}

impl Operation for DiscountCodeBasicCreate {
    const DOCUMENT: &'static str = include_str!("discount_code_basic_create.graphql");
    const IS_REPEATABLE: bool = false;
    type Answer = DiscountCreatedAnswer;
}

impl Operation for DiscountCodeFreeShippingCreate {
    const DOCUMENT: &'static str = include_str!("discount_code_free_shipping_create.graphql");
    const IS_REPEATABLE: bool = false;
    type Answer = DiscountCreatedAnswer;
}

/// Not repeatable by itself: the second request finds the codes of the first one taken.
impl Operation for DiscountRedeemCodesAdd {
    const DOCUMENT: &'static str = include_str!("discount_redeem_codes_add.graphql");
    const IS_REPEATABLE: bool = false;
    type Answer = DiscountRedeemCodesAddAnswer;
}

impl Operation for DiscountRedeemCodeCreation {
    const DOCUMENT: &'static str = include_str!("discount_redeem_code_creation.graphql");
    const IS_REPEATABLE: bool = true;
    type Answer = DiscountRedeemCodeCreationAnswer;
}
